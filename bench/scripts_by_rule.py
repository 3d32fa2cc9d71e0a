"""Scripts of our own in the spirit of the corpus's scenarios, for rules that stand alone."""

from collections.abc import Mapping, Sequence
from typing import Final

from bench.scripts_by_template import name_of

Scripts = dict[str, str]


def script(row: Mapping[str, str]) -> str:
    """Return a script for a row of the manifest, or nothing where none was written."""
    if row["rule"] == "sshd_use_strong_kex":
        return _key_exchange(name_of(row), row["variables"].partition("=")[2].split(","))
    return _SCRIPTS.get(row["rule"], {}).get(name_of(row), "")


def _key_exchange(name: str, allowed: Sequence[str]) -> str:
    lines = {
        "commented": f"#KexAlgorithms {','.join(allowed)}",
        "correct_value": f"KexAlgorithms {','.join(allowed)}",
        "correct_subset": f"KexAlgorithms {allowed[0]}",
        "correct_mixed": f"KexAlgorithms {','.join(reversed(allowed))}",
        "good_kex_sle": f"KexAlgorithms {','.join(allowed)}",
        "no_kex": "#",
        "weak_kex": f"KexAlgorithms {','.join(allowed)},diffie-hellman-group1-sha1",
    }
    config = "/etc/ssh/sshd_config"
    return f"sed -i '/^KexAlgorithms/d' {config}; echo '{lines[name]}' >>{config}" if name in lines else ""


# --- accounts and passwords -------------------------------------------------------------------------------------------


def _login_defs(name: str, value: str) -> str:
    return f"sed -i 's/^{name}.*/{name} {value}/' /etc/login.defs"


def _quality(name: str, good: str, bad: str) -> Scripts:
    conf = "/etc/security/pwquality.conf"
    clean = f"mkdir -p {conf}.d; sed -i '/{name}/d' {conf}\n"
    return {
        "commented": f"{clean}echo '# {name} = {good}' >>{conf}",
        "conflicting_values": f"{clean}printf '{name} = {good}\\n{name} = {bad}\\n' >>{conf}",
        "correct_value": f"{clean}echo '{name} = {good}' >>{conf}",
        "duplicated_values": f"{clean}printf '{name} = {good}\\n{name} = {good}\\n' >>{conf}",
        "wrong_value": f"{clean}echo '{name} = {bad}' >>{conf}",
        "wrong_value_directory": f"{clean}echo '{name} = {bad}' >{conf}.d/test_file.conf",
    }


def _history(arguments: str) -> str:
    """Return a script that enables pam_pwhistory by pam-auth-update, as Debian does."""
    return (
        "cat >/usr/share/pam-configs/pwhistory <<'END'\nName: pwhistory\nDefault: yes\nPriority: 1024\n"
        f"Password-Type: Primary\nPassword: requisite pam_pwhistory.so {arguments}\nEND\n"
        "DEBIAN_FRONTEND=noninteractive pam-auth-update --enable pwhistory"
    )


_TMOUT_FILE: Final = "/etc/profile.d/tmout.sh"
_TMOUT_CLEAN: Final = f"touch {_TMOUT_FILE}; sed -i '/TMOUT/d' /etc/profile /etc/profile.d/*\n"


def _tmout(where: str, file: str) -> Scripts:
    texts = {
        f"comment_{where}": "# declare -xr TMOUT=600\\n",
        f"correct_value_{where}": "declare -xr TMOUT=700\\n",
        f"supercompliance_{where}": "declare -xr TMOUT=500\\n",
        f"tmout_is_zero_{where}": "declare -xr TMOUT=0\\n",
        f"wrong_value_{where}": "declare -xr TMOUT=1234\\n",
        f"duplicate_correct_value_{where}": "declare -xr TMOUT=700\\n" * 2,
    }
    return {name: f"{_TMOUT_CLEAN}printf '{text}' >>{file}" for name, text in texts.items()}


_TMOUT: Final[Scripts] = {
    **_tmout("profile", "/etc/profile"),
    **_tmout("profile_d", _TMOUT_FILE),
    "line_not_there": _TMOUT_CLEAN,
    "correct_value_profile_declare": f"{_TMOUT_CLEAN}echo 'declare -xr TMOUT=700' >>/etc/profile",
    "conflicting_values_same_file": f"{_TMOUT_CLEAN}printf 'TMOUT=700\\nTMOUT=900\\n' >>/etc/profile",
    "conflicting_values_diff_file": f"{_TMOUT_CLEAN}echo TMOUT=700 >>/etc/profile; echo TMOUT=900 >>{_TMOUT_FILE}",
    "duplicate_correct_value_diff_files": f"{_TMOUT_CLEAN}echo export TMOUT=700 | tee -a /etc/profile >>{_TMOUT_FILE}",
}

# --- audit ------------------------------------------------------------------------------------------------------------

_RULES: Final = "/etc/audit/rules.d"
_AUDIT_CLEAN: Final = f"mkdir -p {_RULES}; rm -f {_RULES}/*; : >/etc/audit/audit.rules\n"
_BY_AUDITCTL: Final = (
    f"{_AUDIT_CLEAN}sed -i 's|^ExecStartPost=.*|ExecStartPost=-/sbin/auditctl -R /etc/audit/audit.rules|' "
    "/lib/systemd/system/auditd.service\n"
)
_CALLS: Final = "-S init_module,finit_module,delete_module,create_module,query_module"
_PEOPLE: Final = "-F auid>=1000 -F auid!=unset"


def _modules(rule: str) -> str:
    """Return a script that writes an audit rule for both word sizes; `$b` stands for the size."""
    file = f"{_RULES}/modules.rules"
    both = f'for b in b32 b64; do echo "{rule} -k modules" >>{file}; done'
    return f"{_AUDIT_CLEAN}{both}; cat {file} >/etc/audit/audit.rules"


def _watches(*watches: str) -> str:
    lines = "\\n".join(f"-w {watch}" for watch in watches)
    return f"{_AUDIT_CLEAN}printf -- '{lines}\\n' >{_RULES}/actions.rules"


# --- logs, sudo, memory images ----------------------------------------------------------------------------------------

_RSYSLOG_CLEAN: Final = "sed -i '/@/d;/omfwd/d' /etc/rsyslog.conf; rm -f /etc/rsyslog.d/*\n"
_OMFWD: Final = 'action(type="omfwd" target="192.0.2.9" port="514" protocol="tcp")'
_AGENT: Final = (
    '*.* action(type="omfwd"\n  template="RSYSLOG_TraditionalForwardFormat"\n  queue.type="LinkedList"\n'
    '  queue.filename="omfwd-agent"\n  target="127.0.0.1" Port="28330" Protocol="tcp")'
)
_SUDO_CLEAN: Final = (
    "sed -i '/logfile/d' /etc/sudoers; mkdir -p /etc/sudoers.d; rm -f /etc/sudoers.d/*; touch /etc/sudoers.d/empty\n"
)


def _sudo(line: str, file: str = "/etc/sudoers") -> str:
    return f"{_SUDO_CLEAN}echo '{line}' >>{file}"


def _coredump(main: str, **dropins: str) -> str:
    """Return a script that leaves coredump.conf and its drop-ins with these settings only."""
    conf = "/etc/systemd/coredump.conf"
    files = {conf: main, **{f"{conf}.d/{name}.conf": text for name, text in dropins.items()}}
    written = [f"printf '[Coredump]\\n{text}\\n' >{path}" for path, text in files.items() if text]
    return "\n".join([f"rm -rf {conf} {conf}.d; mkdir -p {conf}.d", *written])


_SCRIPTS: Final[Mapping[str, Mapping[str, str]]] = {
    "account_unique_id": {
        "correct_value": "true",
        "wrong_value": "echo twin:x:1:1::/:/usr/sbin/nologin >>/etc/passwd",
    },
    "accounts_no_uid_except_zero": {
        "only_root": "true",
        "other_user_uid_0": "useradd --non-unique --uid 0 root2",
        "locked_user_uid_0": "useradd --non-unique --uid 0 rootlocked; passwd -l rootlocked",
    },
    "accounts_password_pam_dcredit": _quality("dcredit", "-1", "2"),
    "accounts_password_pam_minclass": _quality("minclass", "3", "2"),
    "accounts_password_pam_pwhistory_remember": {
        "ubuntu_correct_value": _history("remember=5 use_authtok"),
        "ubuntu_wrong_value": _history("remember=1 use_authtok"),
        "ubuntu_argument_missing": _history("use_authtok"),
    },
    "accounts_password_warn_age_login_defs": {
        "bad_value": _login_defs("PASS_WARN_AGE", "6"),
        "commented": "sed -i 's/^PASS_WARN_AGE/#&/' /etc/login.defs",
        "correct": _login_defs("PASS_WARN_AGE", "7"),
        "disabled": _login_defs("PASS_WARN_AGE", "-1"),
        "line_missing": "sed -i '/^PASS_WARN_AGE/d' /etc/login.defs",
    },
    "accounts_tmout": _TMOUT,
    "accounts_umask_etc_login_defs": {
        "correct_value": _login_defs("UMASK", "027"),
        "missing": "sed -i '/^UMASK/d' /etc/login.defs",
        "super_compliance": _login_defs("UMASK", "077"),
        "wrong_configuration": _login_defs("UMASK", "022"),
    },
    "audit_rules_immutable": {
        "auditctl_correct": f"{_BY_AUDITCTL}echo '-e 2' >/etc/audit/audit.rules",
        "auditctl_missing": _BY_AUDITCTL,
        "auditctl_wrong_value": f"{_BY_AUDITCTL}echo '-e 1' >/etc/audit/audit.rules",
        "augen_correct": f"{_AUDIT_CLEAN}echo '-e 2' >{_RULES}/immutable.rules",
        "augen_missing": _AUDIT_CLEAN,
        "augen_wrong_value": f"{_AUDIT_CLEAN}echo '-e 1' >{_RULES}/immutable.rules",
    },
    "audit_rules_kernel_module_loading_init": {
        "correct_rules": _modules(f"-a always,exit -F arch=$b {_CALLS} {_PEOPLE}"),
        "default": "true",
        "rules_not_there": _AUDIT_CLEAN,
        "wrong_list_action": _modules(f"-a never,exit -F arch=$b {_CALLS} {_PEOPLE}"),
        "wrong_syscall": _modules(f"-a always,exit -F arch=$b -S chmod {_PEOPLE}"),
        "missing_auid_filter": _modules(f"-a always,exit -F arch=$b {_CALLS}"),
    },
    "audit_rules_sysadmin_actions": {
        "correct": _watches("/etc/sudoers -p wa -k actions", "/etc/sudoers.d/ -p wa -k actions"),
        "correct_without_key": _watches("/etc/sudoers -p wa", "/etc/sudoers.d/ -p wa"),
        "empty": _AUDIT_CLEAN,
        "missing_slash": _watches("/etc/sudoers -p wa -k actions", "/etc/sudoers.d -p wa -k actions"),
    },
    "banner_etc_issue_cis": {
        "cis_banner": "echo 'Authorized users only. All activity may be monitored and reported.' >/etc/issue",
        "custom_banner": "echo 'This computer belongs to the company.' >/etc/issue",
        "dne": "rm -f /etc/issue",
        "empty": ": >/etc/issue",
        "wrong": "echo '\\S \\r on \\m, kernel \\v' >/etc/issue",
    },
    "coredump_disable_storage": {
        "commented_out_correct_value_master": _coredump("#Storage=none"),
        "coredumps_storage_default": _coredump(""),
        "coredumps_storage_none": _coredump("Storage=none"),
        "coredumps_storage_none_dropin": _coredump("", private="Storage=none"),
        "coredumps_storage_persistent": _coredump("Storage=external"),
        "correct_dir": _coredump("", ssg="Storage=none"),
        "correct_dir_spaces": _coredump("", ssg="Storage = none"),
        "correct_master": _coredump("Storage=none"),
        "etc_systemd_coredump_conf_dne": _coredump(""),
        "multiple_vals": _coredump("Storage=none", gss="Storage=none", ssg="Storage=external"),
        "wrong_dir": _coredump("", ssg="Storage=external"),
        "wrong_dir_spaces": _coredump("", ssg="Storage = external"),
        "wrong_master": _coredump("Storage=external"),
    },
    "dir_perms_world_writable_sticky_bits": {
        "correct": "mkdir /test_dir_1 /test_dir_2; chmod 1777 /test_dir_1; chmod 755 /test_dir_2",
        "tmp_no_sticky": "chmod 777 /tmp",
    },
    "file_permissions_ungroupowned": {
        "all_owned": "true",
        "all_owned_nonutf": 'touch "$(printf "/etc/evil_\\377file")"',
        "unowned_in_sysroot": "mkdir -p /sysroot; touch /sysroot/test; chgrp 9999 /sysroot/test",
        "unowned_file": "touch /root/test; chgrp 9999 /root/test",
    },
    "no_shelllogin_for_systemaccounts": {
        "only_system_users": "sed -i -E '/^[^:]+:[^:]*:[0-9]{4,}:/{/^nobody/!d}' /etc/passwd",
        "system_user_with_shell": "usermod -s /bin/bash daemon",
        "no_sys_uids": "sed -i '/^SYS_UID/d' /etc/login.defs",
    },
    "rsyslog_remote_loghost": {
        "line_commented": f"{_RSYSLOG_CLEAN}echo '#*.* @@192.0.2.9' >>/etc/rsyslog.conf",
        "line_not_there": _RSYSLOG_CLEAN,
        "remote_configured": f"{_RSYSLOG_CLEAN}echo '*.* @@192.0.2.9' >>/etc/rsyslog.conf",
        "remote_configured_rainer": f"{_RSYSLOG_CLEAN}echo '*.* {_OMFWD}' >>/etc/rsyslog.conf",
        "remote_configured_rainer_multiline_azuremonitoragent": f"{_RSYSLOG_CLEAN}echo '{_AGENT}' >>/etc/rsyslog.conf",
    },
    "sudo_custom_logfile": {
        "broken_defaults": _sudo("Defaultslogfile=/var/log/sudo.log"),
        "logfile_absent": _SUDO_CLEAN,
        "logfile_enabled": _sudo("Defaults logfile=/var/log/sudo.log"),
        "logfile_enabled_dir": _sudo("Defaults logfile=/var/log/sudo.log", "/etc/sudoers.d/enable_logfile"),
        "logfile_enabled_quoted": _sudo('Defaults logfile="/var/log/sudo.log"'),
        "logfile_enabled_spaces": _sudo("Defaults logfile = /var/log/sudo.log"),
        "logfile_enabled_with_noexec": _sudo("Defaults noexec,logfile=/var/log/sudo.log"),
        "wrong_logfile": _sudo("Defaults logfile=/var/log/other.log"),
    },
}
