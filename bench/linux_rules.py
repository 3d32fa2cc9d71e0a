"""Which check of ours answers a rule of the corpus, with which settings: by the rule's template, name or section.

A rule's template says what is asked for (`sysctl`, net.ipv4.ip_forward, 0), so rules that nobody has seen here are
mapped too. Settings are words as `auditor checks run --set` takes them.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from auditor.plugins import Content, load_content
from auditor.workspace import Workspace
from tests.lab.workspace import ROOT

Row = Mapping[str, str]
Words = dict[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A check and its settings. With `places` only what is found at these counts, where a check looks at several."""

    check: str
    settings: Words = field(default_factory=dict)
    places: tuple[str, ...] = ()


_NOTHING: Final = Asked("")


def asked(row: Row) -> Asked | None:
    """Return what a row of the manifest asks for in our words, or None where no check of ours is meant for it."""
    by_template = _TEMPLATES.get(row["template"])
    found = by_template(row, json.loads(row["template_vars"] or "{}")) if by_template else None
    found = found or _by_name(row) or _part_of_audit(row) or _by_section(row["cis_debian12"])
    return None if found is _NOTHING else found


def value_of(row: Row, default: str = "") -> str:
    """Return the value of the variable that the rule's title leaves open: as tailored, else as upstream has it."""
    for column in ("variables", "variable_defaults"):
        if "=" in row[column]:
            return row[column].partition("=")[2].strip()
    return default


# --- sshd: keyword -> check, and the setting that takes the value; "" where the check asks for that very value --------

_SSHD: Final = {
    "permitrootlogin": ("ssh.root-login", "allowed"),
    "passwordauthentication": ("ssh.password-login", ""),
    "permitemptypasswords": ("ssh.empty-passwords", ""),
    "hostbasedauthentication": ("ssh.host-based", ""),
    "ignorerhosts": ("ssh.rhosts", ""),
    "permituserenvironment": ("ssh.user-environment", ""),
    "usepam": ("ssh.pam", ""),
    "gssapiauthentication": ("ssh.gssapi", ""),
    "strictmodes": ("ssh.strict-modes", ""),
    "x11forwarding": ("ssh.x11-forwarding", ""),
    "allowtcpforwarding": ("ssh.tcp-forwarding", "allowed"),
    "banner": ("ssh.banner", "allowed"),
    "loglevel": ("ssh.log-level", "allowed"),
    "maxauthtries": ("ssh.max-tries", "at_most"),
    "maxsessions": ("ssh.max-sessions", "at_most"),
    "logingracetime": ("ssh.login-grace", "at_most"),
}


def _sshd(row: Row, given: Mapping[str, str]) -> Asked | None:
    check, setting = _SSHD.get(given["parameter"].lower(), ("", ""))
    value = given.get("value") or value_of(row)
    return Asked(check, {setting: value} if setting and value else {}) if check else None


def _sysctl(row: Row, given: Mapping[str, str | list[str]]) -> Asked:
    value = given.get("sysctlval") or value_of(row)
    allowed = ",".join(value) if isinstance(value, list) else value
    return Asked("kernel.parameter", {"name": str(given["sysctlvar"]), "allowed": allowed})


def _module(_row: Row, given: Mapping[str, str]) -> Asked:
    return Asked("modules.disabled", {"names": given["kernmodule"]})


# --- files: path -> check, and whether it is a folder; what the rule does not ask about is left wide open -------------

_FILES: Final = {
    **dict.fromkeys(("/etc/passwd", "/etc/passwd-", "/etc/group", "/etc/group-"), "files.account-databases"),
    **dict.fromkeys(("/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-"), "files.password-hashes"),
    **dict.fromkeys(("/etc/security/opasswd", "/etc/security/opasswd.old"), "files.old-passwords"),
    "/etc/shells": "files.shells",
    **dict.fromkeys(("/etc/sudoers", "/etc/sudoers.d"), "files.sudo-rules"),
    **dict.fromkeys(
        (f"/etc/{name}.{what}" for name in ("at", "cron") for what in ("allow", "deny")), "files.scheduler-access"
    ),
    **dict.fromkeys(
        (f"/sbin/{name}" for name in ("auditctl", "aureport", "ausearch", "autrace", "auditd", "augenrules")),
        "files.audit-tools",
    ),
    "/etc/crontab": "files.scheduled-jobs",
    **dict.fromkeys(
        (f"/etc/cron.{when}" for when in ("hourly", "daily", "weekly", "monthly", "d")), "files.scheduled-jobs"
    ),
    "/etc/ssh/sshd_config": "files.ssh-server-configuration",
    "/boot/grub/grub.cfg": "files.boot-loader",
    **dict.fromkeys(("/etc/issue", "/etc/issue.net", "/etc/motd"), "files.login-notices"),
    **dict.fromkeys(("/etc/audit/auditd.conf", "/etc/audit/rules.d"), "files.audit-configuration"),
}
_PLAIN_FILES: Final = ("/etc/crontab", "/etc/sudoers")
_KEYS: Final = {r"^.*\.pub$": "files.ssh-public-keys", r"^.*_key$": "files.ssh-host-keys"}


def _file(_row: Row, given: Mapping[str, str | list[str]]) -> Asked | None:
    paths, names = _several(given["filepath"]), _several(given.get("file_regex", ""))
    asked_of_keys = _KEYS.get(names[0]) if paths[0] == "/etc/ssh/" else None
    check = asked_of_keys or _FILES.get(paths[0].rstrip("/"))
    if check is None:
        return None
    mode = str(given.get("filemode", ""))
    folders = check in {"files.scheduled-jobs", "files.sudo-rules"} and paths[0].rstrip("/") not in _PLAIN_FILES
    settings = {"folders_at_most" if folders else "at_most": mode} if mode and check != "files.ssh-host-keys" else {}
    return Asked(check, settings, tuple(path.rstrip("/") for path in paths))


def _several(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


# --- passwords --------------------------------------------------------------------------------------------------------

_QUALITY: Final[Mapping[str, Callable[[str], Asked]]] = {
    "minlen": lambda value: Asked("passwords.length", {"characters": value}),
    "minclass": lambda value: Asked("passwords.complexity", {"classes": value}),
    "dcredit": lambda value: _credit("digits", value),
    "ucredit": lambda value: _credit("uppers", value),
    "lcredit": lambda value: _credit("lowers", value),
    "ocredit": lambda value: _credit("others", value),
    "difok": lambda value: Asked("passwords.difference", {"characters": value}),
    "maxrepeat": lambda value: Asked("passwords.repeats", {"most": value}),
    "maxsequence": lambda value: Asked("passwords.sequences", {"most": value}),
    "dictcheck": lambda _: Asked("passwords.dictionary"),
    "enforce_root": lambda _: Asked("passwords.root-quality"),
    "enforce_for_root": lambda _: Asked("passwords.root-quality"),
}


def _credit(setting: str, value: str) -> Asked:
    return Asked("passwords.complexity", {"classes": "0", setting: value.lstrip("-")})


def _quality(row: Row, given: Mapping[str, str]) -> Asked | None:
    by_name, value = _QUALITY.get(given["variable"]), value_of(row)
    return by_name(value) if by_name and value != "0" else _NOTHING  # 0 of something is no demand of ours


def _pam(row: Row, given: Mapping[str, object]) -> Asked | None:
    history = given.get("module") == "pam_pwhistory.so" and "remember" in str(given.get("arguments"))
    return Asked("passwords.history", {"remembered": value_of(row, "5")}) if history else None


# --- audit: the template's name is that of a kind of event, its variables name calls, files or programs ---------------

_CONFIGURED: Final = {"view": "configured"}  # the rules that a throw-away root has loaded are its machine's
_AUDIT: Final = {
    "audit_rules_kernel_module_loading": ("audit.kernel-modules", "calls", "programs"),
    "audit_rules_dac_modification": ("audit.permission-changes", "calls", ""),
    "audit_rules_file_deletion_events": ("audit.deletions", "calls", ""),
    "audit_rules_unsuccessful_file_modification": ("audit.denied-access", "calls", ""),
    "audit_rules_usergroup_modification": ("audit.account-files", "paths", ""),
    "audit_rules_login_events": ("audit.logins", "paths", ""),
}


_TIME_CALLS: Final = ("adjtimex", "settimeofday", "clock_settime")
_OF_AUDITD: Final = {
    "auditd_data_disk_full_action": ("audit.no-space", "disk_full_action"),
    "auditd_data_disk_error_action": ("audit.no-space", "disk_error_action"),
    "auditd_data_retention_space_left_action": ("audit.low-space", "space_left_action"),
    "auditd_data_retention_admin_space_left_action": ("audit.low-space", "admin_space_left_action"),
}


def _part_of_audit(row: Row) -> Asked | None:
    """Return the part of a check that a rule is about where the check looks at more."""
    check, place = _OF_AUDITD.get(row["rule"], ("", ""))
    if check:
        return Asked(check, {}, (place,))
    time = row["rule"].removeprefix("audit_rules_time_")
    if time in _TIME_CALLS:
        return Asked("audit.time-change", {**_CONFIGURED, "calls": time, "paths": ""})
    if time == "watch_localtime":
        return Asked("audit.time-change", {**_CONFIGURED, "calls": ""})
    path = str(json.loads(row["template_vars"] or "{}").get("path", ""))
    if path and row["rule"].startswith("audit_rules_execution_"):
        return Asked("audit.permission-tools", {**_CONFIGURED, "programs": path})
    if path and row["rule"].startswith("audit_rules_privileged_commands_"):
        return Asked("audit.privileged-programs", _CONFIGURED, (path,))
    return None


def _audit(row: Row, given: Mapping[str, str]) -> Asked:
    check, setting, other = _AUDIT[row["template"]]
    named = given.get("name") or given.get("attr") or given.get("path", "")
    return Asked(check, {**_CONFIGURED, setting: named, **({other: ""} if other else {})})


# --- mounts and the kernel's command line -----------------------------------------------------------------------------

_MOUNTS: Final = ("/tmp", "/var/tmp", "/dev/shm", "/home", "/var", "/var/log", "/var/log/audit")  # noqa: S108
_BOOT: Final = {"audit": ("boot.audited", ""), "audit_backlog_limit": ("boot.audit-backlog", "at_least")}


def _mount_option(_row: Row, given: Mapping[str, str]) -> Asked | None:
    place = given.get("mountpoint", "")
    separate = {"only_separate": "true" if given.get("mount_has_to_exist") == "no" else "false"}
    check = f"mounts.{place[1:].replace('/', '-')}"
    return Asked(check, {"options": given["mountoption"], **separate}) if place in _MOUNTS else None


def _mount(_row: Row, given: Mapping[str, str]) -> Asked | None:
    place = given["mountpoint"]
    return Asked("mounts.separate", {"places": place}) if place in _MOUNTS else None


def _boot_argument(_row: Row, given: Mapping[str, str]) -> Asked | None:
    check, setting = _BOOT.get(given["arg_name"], ("", ""))
    return Asked(check, {setting: given["arg_value"]} if setting else {}) if check else None


# --- packages, sudo, notices ------------------------------------------------------------------------------------------


def _package(row: Row, given: Mapping[str, str]) -> Asked:
    check = "packages.absent" if row["template"] == "package_removed" else "packages.present"
    return Asked(check, {"names": given["pkgname"]})


def _sudo(row: Row, given: Mapping[str, str]) -> Asked | None:
    return Asked("sudo.log-file", {"path": value_of(row)}) if given["option"] == "logfile" else None


def _banner(_row: Row, given: Mapping[str, str]) -> Asked | None:
    check = {
        "/etc/issue": "banners.console",
        "/etc/issue.net": "banners.network",
        "/etc/motd": "banners.after-login",
    }.get(given["filepath"])
    needed = given.get("banner_must_be_set", "false")
    return Asked(check, {"needed": needed}) if check else None


_TEMPLATES: Final[Mapping[str, Callable[..., Asked | None]]] = {
    "sshd_lineinfile": _sshd,
    "sysctl": _sysctl,
    "kernel_module_disabled": _module,
    "file_permissions": _file,
    "file_owner": _file,
    "file_groupowner": _file,
    "accounts_password": _quality,
    "pam_options": _pam,
    "package_removed": _package,
    "package_installed": _package,
    "sudo_defaults_option": _sudo,
    "cis_banner": _banner,
    "mount_option": _mount_option,
    "mount": _mount,
    "grub2_bootloader_argument": _boot_argument,
    **dict.fromkeys(_AUDIT, _audit),
}

RULES: Final[Mapping[str, tuple[str, str, Words]]] = {
    # rule -> check, the setting that takes the rule's variable, and settings that the rule implies
    "account_unique_id": ("accounts.unique-ids", "", {}),
    "account_unique_name": ("accounts.unique-names", "", {}),
    "group_unique_id": ("accounts.unique-group-ids", "", {}),
    "group_unique_name": ("accounts.unique-names", "", {}),
    "accounts_no_uid_except_zero": ("accounts.uid-zero", "", {}),
    "accounts_root_gid_zero": ("accounts.root-group", "", {}),
    "accounts_password_all_shadowed": ("accounts.shadowed", "", {}),
    "no_empty_passwords": ("passwords.empty-refused", "", {}),
    "sshd_set_max_startups": ("ssh.max-startups", "", {}),
    "accounts_passwords_pam_faillock_interval": ("passwords.failure-window", "", {}),
    "accounts_umask_etc_bashrc": ("sessions.umask", "at_least", {}),
    "no_rsh_trust_files": ("accounts.no-trusted-hosts", "", {}),
    "file_permission_user_init_files": ("accounts.dot-files", "", {}),
    "no_empty_passwords_etc_shadow": ("accounts.empty-passwords", "", {}),
    "gid_passwd_group_same": ("accounts.groups-exist", "", {}),
    "ensure_shadow_group_empty": ("accounts.shadow-group", "", {}),
    "no_shelllogin_for_systemaccounts": ("accounts.system-shells", "", {}),
    "accounts_user_interactive_home_directory_exists": ("accounts.home-directories", "", {}),
    "file_ownership_home_directories": ("accounts.home-directories", "", {}),
    "file_permissions_home_directories": ("accounts.home-permissions", "", {}),
    "accounts_umask_etc_login_defs": ("accounts.default-umask", "at_least", {}),
    "accounts_maximum_age_login_defs": ("passwords.default-max-age", "days", {}),
    "accounts_minimum_age_login_defs": ("passwords.default-min-age", "days", {}),
    "accounts_password_warn_age_login_defs": ("passwords.default-warn", "days", {}),
    "account_disable_post_pw_expiration": ("passwords.default-inactive", "days", {}),
    "accounts_password_set_max_life_existing": ("passwords.max-age", "days", {}),
    "accounts_password_set_min_life_existing": ("passwords.min-age", "days", {}),
    "accounts_password_set_warn_age_existing": ("passwords.warn", "days", {}),
    "accounts_set_post_pw_existing": ("passwords.inactive", "days", {}),
    "accounts_password_last_change_is_in_past": ("passwords.changed-in-past", "", {}),
    "accounts_passwords_pam_faillock_deny": ("passwords.lockout", "attempts", {}),
    "accounts_passwords_pam_faillock_unlock_time": ("passwords.unlock-time", "seconds", {}),
    "accounts_passwords_pam_faillock_deny_root": ("passwords.root-lockout", "", {}),
    "set_password_hashing_algorithm_logindefs": ("passwords.hash-method", "", {}),
    "set_password_hashing_algorithm_systemauth": ("passwords.hash-method", "", {}),
    "sshd_use_strong_kex": ("ssh.key-exchange", "only", {}),
    "sshd_use_strong_macs": ("ssh.macs", "only", {}),
    "sshd_use_approved_ciphers": ("ssh.ciphers", "only", {}),
    "sshd_use_approved_macs": ("ssh.macs", "only", {}),
    "rsyslog_remote_loghost": ("logging.forwarded", "", {"view": "configured"}),
    "journald_storage": ("logging.persistent", "", {}),
    "journald_compress": ("logging.journal-compressed", "", {}),
    "accounts_tmout": ("sessions.timeout", "seconds", {"readonly": "false"}),
    "accounts_umask_etc_profile": ("sessions.umask", "at_least", {}),
    "coredump_disable_storage": ("coredumps.not-stored", "", {}),
    "coredump_disable_backtraces": ("coredumps.not-processed", "", {}),
    "disable_users_coredumps": ("coredumps.limited", "", {}),
    "package_prelink_removed": ("kernel.prelink-absent", "", {}),
    "grub2_password": ("boot.password", "", {}),
    "grub2_uefi_password": ("boot.password", "", {}),
    "disable_ctrlaltdel_reboot": ("console.keys-off", "", {"burst_too": "false"}),
    "require_singleuser_auth": ("console.maintenance-password", "", {}),
    "require_emergency_target_auth": ("console.maintenance-password", "", {}),
    "service_debug-shell_disabled": ("console.no-debug-shell", "", {}),
    "service_autofs_disabled": ("mounts.automatic-off", "", {}),
    "service_bluetooth_disabled": ("machine.bluetooth-off", "", {}),
    "wireless_disable_interfaces": ("machine.wireless-off", "", {}),
    "encrypt_partitions": ("disks.encrypted", "", {}),
    "all_apparmor_profiles_enforced": ("confinement.apparmor-enforced", "", {}),
    "all_apparmor_profiles_in_enforce_complain_mode": (
        "confinement.apparmor-enforced",
        "",
        {"modes": "enforce,kill,complain"},
    ),
    "selinux_state": ("confinement.selinux-enforcing", "", {}),
    "selinux_policytype": ("confinement.selinux-policy", "allowed", {}),
    "dconf_gnome_screensaver_idle_delay": ("screen.idle", "at_most", {"locked": "false"}),
    "dconf_gnome_screensaver_lock_delay": ("screen.lock-delay", "at_most", {"locked": "false"}),
    "dconf_gnome_screensaver_lock_enabled": ("screen.locked", "", {}),
    "dconf_gnome_disable_user_list": ("screen.users-hidden", "", {}),
    "dconf_gnome_banner_enabled": ("screen.notice", "", {}),
    "gnome_gdm_disable_xdmcp": ("screen.no-network-logins", "", {}),
    "gnome_gdm_disable_automatic_login": ("screen.no-automatic-login", "", {}),
    "dir_perms_world_writable_sticky_bits": ("files.sticky-everywhere", "", {}),
    "file_permissions_unauthorized_world_writable": ("files.world-writable", "", {}),
    "file_permissions_ungroupowned": ("files.group-owned", "", {}),
    "no_files_unowned_by_user": ("files.owned", "", {}),
    "use_pam_wheel_group_for_su": ("accounts.su-limited", "", {}),
    "sudo_add_use_pty": ("sudo.use-pty", "", {}),
    "sudo_remove_nopasswd": ("sudo.password-asked", "", {}),
    "sudo_remove_no_authenticate": ("sudo.authenticate", "", {}),
    "sudo_require_authentication": ("sudo.password-asked", "", {}),
    "sudo_require_reauthentication": ("sudo.timeout", "minutes", {}),
    "audit_rules_immutable": ("audit.locked", "", _CONFIGURED),
    "audit_rules_sysadmin_actions": ("audit.sudo-rules", "", _CONFIGURED),
    "auditd_data_retention_max_log_file": ("audit.log-size", "at_least", {}),
    "auditd_data_retention_max_log_file_action": ("audit.logs-kept", "", {}),
}


def _by_name(row: Row) -> Asked | None:
    check, setting, implied = RULES.get(row["rule"], ("", "", {}))
    value = value_of(row)
    return Asked(check, {**implied, **({setting: value} if setting and value else {})}) if check else None


def _by_section(section: str) -> Asked | None:
    """Return the check that refers to a section of the CIS benchmark, where exactly one does."""
    found = [check for check in _content().checks.values() if f"cis-debian12:{section}" in check.references]
    if not section or len(found) != 1:
        return None
    of_rules = found[0].subject == "audit" and "view" in found[0].settings
    return Asked(found[0].id, _CONFIGURED if of_rules else {})


@cache
def _content() -> Content:
    return load_content(Workspace(ROOT))
