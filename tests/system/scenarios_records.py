"""Scenarios about what is recorded, who may act as root, sessions, scheduled jobs and logs (good_records.sh)."""

from tests.system.scenario import UNKNOWN, Scenario, Settings, fails, passes

_FILES: Settings = {"view": "configured"}  # which rules are loaded is the machine's, not the root's
_RULES = "/etc/audit/rules.d/50-good.rules"
_LAB: Settings = {"exceptions": frozenset({"lab-sudo"})}
_ADMINS: Settings = {"admins": frozenset({"root", "lab-sudo"})}
_DAEMON = "/etc/audit/auditd.conf"
_UNIT = "/usr/lib/systemd/system/auditd.service"


def without(word: str, more: str = "") -> str:
    """Return a script that takes the audit rules out that hold a word, and adds lines."""
    return f"sed -i '\\|{word}|d' {_RULES}; printf '%b' '{more}' >>{_RULES}"


def daemon(line: str) -> str:
    """Return a script that puts a line at the end of auditd.conf."""
    return f"echo '{line}' >>{_DAEMON}"


def sudoers(line: str, file: str = "own") -> str:
    """Return a script that adds a file of sudo's rules."""
    return f"printf '%b\\n' '{line}' >/etc/sudoers.d/{file}; chmod 440 /etc/sudoers.d/{file}"


def profile(line: str, file: str = "/etc/profile.d/own.sh") -> str:
    """Return a script that puts a line at the end of a start file."""
    return f"printf '%b\\n' '{line}' >>{file}"


_AUDIT = (
    fails("audit.kernel-modules", without("init_module"), {**_FILES, "programs": frozenset()}, UNKNOWN),
    passes(
        "audit.kernel-modules", without("init_module", "-a always,exit -S all\\n"), {**_FILES, "programs": frozenset()}
    ),
    fails("audit.sudo-rules", without("/etc/sudoers.d"), _FILES, UNKNOWN),
    passes(
        "audit.sudo-rules", without("/etc/sudoers", "-w /etc/ -p wa\\n"), _FILES, why="the whole of /etc is watched"
    ),
    fails("audit.account-files", without("/etc/shadow", "-w /etc/shadow -p r\\n"), _FILES, UNKNOWN, "only reading"),
    fails("audit.account-files", without("/etc/shadow", "#-w /etc/shadow -p wa\\n"), _FILES, UNKNOWN, "a comment"),
    fails("audit.time-change", without("arch=b32 -S adjtimex"), _FILES, UNKNOWN),
    fails("audit.time-change", f"sed -i '1i -a never,task' {_RULES}", _FILES, UNKNOWN, "nothing is audited"),
    fails("audit.mounts", f"sed -i '/mount/s/auid>=1000/auid>=5000/' {_RULES}", _FILES, UNKNOWN, "some people"),
    passes("audit.mounts", f"sed -i '/mount/s/auid!=unset/auid!=-1/' {_RULES}", _FILES, UNKNOWN, "another spelling"),
    fails("audit.locked", "echo '-e 1' >/etc/audit/rules.d/99-finalize.rules", _FILES, UNKNOWN),
    fails("audit.locked", "mv /etc/audit/rules.d/99-finalize.rules /etc/audit/rules.d/99.conf", _FILES, UNKNOWN),
    passes("audit.locked", "echo '-w /etc/x -p wa' >/etc/audit/rules.d/zz.rules", _FILES, UNKNOWN, "-e comes last"),
    fails(
        "audit.locked",
        f"sed -i 's%^ExecStartPost=.*%ExecStartPost=/sbin/auditctl -R /etc/audit/audit.rules%' {_UNIT}",
        _FILES,
        UNKNOWN,
        "another file is loaded",
    ),
    fails("audit.logs-kept", daemon("max_log_file_action = rotate"), without=UNKNOWN),
    passes("audit.logs-kept", daemon("MAX_LOG_FILE_ACTION = Keep_Logs"), without=UNKNOWN, why="in any case"),
    fails("audit.log-size", daemon("max_log_file = 4"), without=UNKNOWN),
    fails("audit.low-space", daemon("space_left_action = ignore"), without=UNKNOWN),
    fails("audit.no-space", daemon("disk_full_action = suspend"), without=UNKNOWN),
    fails("audit.records-written", daemon("write_logs = no"), without=UNKNOWN),
    fails("audit.warns-somebody", daemon("action_mail_acct = nobody"), without=UNKNOWN),
    fails("files.audit-tools", "chmod 775 /usr/sbin/auditctl; chgrp adm /usr/sbin/auditctl"),
    fails("files.audit-logs", "touch /var/log/audit/audit.log; chmod 644 /var/log/audit/audit.log", without=UNKNOWN),
)
_SUDO = (
    fails("sudo.use-pty", sudoers("Defaults !use_pty"), without=UNKNOWN),
    fails("sudo.use-pty", sudoers("Defaults:ada !use_pty"), without=UNKNOWN),
    passes("sudo.use-pty", sudoers("Defaults !use_pty", "own.bak"), without=UNKNOWN, why="sudo passes over the name"),
    fails("sudo.log-file", "sed -i 's/logfile=[^,]*, //' /etc/sudoers", without=UNKNOWN),
    fails("sudo.log-file", "sed -i 's/^Defaults logfile/Defaultsx logfile/' /etc/sudoers", without=UNKNOWN),
    passes("sudo.log-file", "sed -i 's/logfile=/noexec,logfile  =  /' /etc/sudoers", without=UNKNOWN),
    fails("sudo.password-asked", sudoers("ada ALL=(ALL) NOPASSWD: /bin/ls"), _LAB, UNKNOWN),
    passes("sudo.password-asked", sudoers("ada ALL=(ALL) NOPASSWD: PASSWD: ALL"), _LAB, UNKNOWN, "taken back"),
    passes("sudo.password-asked", sudoers("ada other=(ALL) NOPASSWD: ALL"), _LAB, UNKNOWN, "on another host"),
    fails("sudo.authenticate", sudoers("Defaults !authenticate"), without=UNKNOWN),
    fails("sudo.timeout", sudoers("Defaults timestamp_timeout=-1"), without=UNKNOWN),
    fails("sudo.administrators", sudoers("User_Alias STAFF = ada\\nSTAFF ALL = ALL"), _ADMINS, UNKNOWN),
    passes("sudo.administrators", sudoers("ada ALL=(ada) ALL"), _ADMINS, UNKNOWN, "not as root"),
    fails("sudo.no-exclusions", sudoers("ada ALL=(ALL) ALL, !/bin/su"), without=UNKNOWN),
    fails("sudo.environment", sudoers('Defaults env_keep += "LD_PRELOAD"'), without=UNKNOWN),
    fails("sudo.secure-path", "sed -i 's/secure_path=[^,]*, //' /etc/sudoers", without=UNKNOWN),
    fails("sudo.own-password", sudoers("Defaults targetpw"), without=UNKNOWN),
    fails("sudo.ticket-per-terminal", sudoers("Defaults timestamp_type=global"), without=UNKNOWN),
    fails("sudo.readable-rules", sudoers("ada ALL=(ALL) ls"), without=UNKNOWN),
    fails("sudo.readable-rules", "chmod 666 /etc/sudoers.d/lab", without=UNKNOWN, why="sudo does not read it so"),
    fails("accounts.su-limited", "sed -i /pam_wheel/d /etc/pam.d/su-l"),
    fails("accounts.su-limited", "sed -i '/pam_wheel/s/required/sufficient/' /etc/pam.d/su"),
)
_SESSIONS = (
    fails("sessions.timeout", profile("TMOUT=0", "/etc/profile")),
    fails("sessions.timeout", "sed -i /TMOUT/d /etc/profile.d/good.sh"),
    fails("sessions.timeout", "mv /etc/profile.d/good.sh /etc/profile.d/good.txt", why="no shell reads it"),
    passes("sessions.timeout", "sed -i 's/.*TMOUT.*/declare -xr TMOUT=600/' /etc/profile.d/good.sh"),
    fails("sessions.umask", profile("umask 022")),
    passes("sessions.umask", profile("# umask 022\\numask u=rwx,go=")),
    fails("sessions.root-umask", profile("umask 002", "/root/.bashrc"), without=UNKNOWN),
    fails("sessions.no-shell-unlisted", "echo /usr/sbin/nologin >>/etc/shells"),
    fails("banners.console", "echo '\\S \\r' >/etc/issue"),
    fails("banners.console", ": >/etc/issue"),
    fails("banners.network", "echo 'Lab OS 1' >/etc/issue.net"),
    passes("banners.after-login", "rm /etc/motd"),
    fails("banners.after-login", "echo 'Welcome to lab-os' >/etc/motd"),
    fails("accounts.root-path", profile("PATH=.:$PATH", "/root/.profile"), without=UNKNOWN),
    fails("accounts.root-path", "mkdir -m 777 /opt/w; " + profile("export PATH=$PATH:/opt/w"), without=UNKNOWN),
    fails("accounts.dot-files", "touch /home/ada/.profile; chmod 666 /home/ada/.profile", without=UNKNOWN),
    fails("accounts.dot-files", "touch /home/ada/.profile; chown daemon /home/ada/.profile", without=UNKNOWN),
    fails("accounts.no-trusted-hosts", "touch /home/ada/.rhosts", without=UNKNOWN),
    fails("accounts.dormant", '"$(command -v lastlog2 || command -v lastlog)" -C -u ada', without=UNKNOWN),
    fails("passwords.empty-refused", "sed -i 's/pam_unix.so/& nullok/' /etc/pam.d/common-auth"),
    fails("passwords.checked-is-stored", "sed -i 's/ use_authtok//' /etc/pam.d/common-password"),
    fails("passwords.failure-window", "echo fail_interval=60 >>/etc/security/faillock.conf"),
)
_JOBS_AND_LOGS = (
    fails("cron.users", "rm /etc/cron.allow; touch /etc/cron.deny"),
    fails("cron.runs", "mv /etc/rc2.d/S01cron /etc/rc2.d/S01ssh; rm /etc/systemd/system/*.wants/cron.service"),
    fails("cron.programs-guarded", "chown ada /etc/cron.daily/logrotate", without=UNKNOWN),
    fails("files.scheduler-access", "chmod 644 /etc/cron.allow"),
    fails("logging.forward-encrypted", "sed -i 's/StreamDriverMode=.1.//' /etc/rsyslog.conf"),
    fails(
        "logging.no-reception",
        'echo \'input(type="imtcp" port="514")\' >/etc/rsyslog.d/own.conf; '
        "echo '$IncludeConfig /etc/rsyslog.d/*.conf' >>/etc/rsyslog.conf",
    ),
    passes(
        "logging.no-reception", 'echo \'input(type="imtcp" port="514")\' >/etc/rsyslog.d/own.conf', why="not included"
    ),
    fails("logging.file-mode", "printf '%s\\n' '$FileCreateMode 0644' '*.* /var/log/all' >>/etc/rsyslog.conf"),
    fails("logging.file-permissions", "touch /var/log/auth.log; chmod 644 /var/log/auth.log", without=UNKNOWN),
    fails("logging.journal-kept", "echo MaxRetentionSec=1week >>/etc/systemd/journald.conf"),
    fails("logging.journal-compressed", "echo Compress=no >>/etc/systemd/journald.conf"),
    fails("logging.rotated", "rm /usr/sbin/logrotate"),
)
SCENARIOS: tuple[Scenario, ...] = (*_AUDIT, *_SUDO, *_SESSIONS, *_JOBS_AND_LOGS)
