"""Scenarios in which the same is written otherwise, or what looks the same is not: as the programs' own parsers do."""

from tests.system.scenario import Scenario, Settings, fails, passes, unknown
from tests.system.scenarios_records import sudoers
from tests.system.scenarios_ssh import dropin, first, last, without
from tests.system.scenarios_system import at_boot

_FILES: Settings = {"view": "configured"}
_LAB: Settings = {"exceptions": frozenset({"lab-sudo"})}
_SSHD = "/etc/ssh/sshd_config"
_RULES = "/etc/audit/rules.d"
_MODPROBE = "/etc/modprobe.d"
_FAILLOCK = "/etc/security/faillock.conf"
_QUALITY = "/etc/security/pwquality.conf"
_TIMEOUT = "/etc/profile.d/good.sh"
_JOURNAL = "/etc/systemd/journald.conf"
_UPGRADES = "/etc/apt/apt.conf.d"


def watched(rule: str) -> str:
    """Return a script that has another rule instead of the watch on passwd; no newline ends it."""
    return f"sed -i '\\|/etc/passwd|d' {_RULES}/50-good.rules; printf -- '{rule}' >{_RULES}/60-lab.rules"


def without_lines(word: str, file: str, more: str) -> str:
    """Return a script that takes the lines with a word out of a file, and adds others."""
    return f"sed -i '/{word}/d' {file}; printf '{more}' >>{file}"


def checked(line: str) -> str:
    """Return a script that writes the line of pam_pwquality otherwise."""
    return f"sed -i 's#.*pwquality.*#{line}#' /etc/pam.d/common-password"


SCENARIOS: tuple[Scenario, ...] = (
    # sshd
    passes("ssh.root-login", last("Match User *,!root", "PermitRootLogin yes"), why="for all but root"),
    fails(
        "ssh.password-login",
        last("Match User bob", "Include more") + "; echo PasswordAuthentication yes >/etc/ssh/more",
        why="an Include within Match",
    ),
    fails(
        "ssh.root-login",
        f"sed -i '/^Include/d;/^PermitRoot/d' {_SSHD}; {dropin('PermitRootLogin no')}",
        why="no Include, so a drop-in does nothing",
    ),
    passes("ssh.root-login", f"sed -i 's/$/\\r/' {_SSHD}", why="carriage returns"),
    unknown("ssh.root-login", first("PermitRootLogin maybe"), why="sshd itself cannot read it"),
    fails("ssh.ciphers", first("Ciphers +3des-cbc"), why="added to the default"),
    fails(
        "ssh.access-limited",
        f"{without('AllowUsers')}; {last('Match Address 192.0.2.0/24', 'AllowUsers ada')}",
        why="named for some addresses only",
    ),
    # sudo
    fails("sudo.use-pty", sudoers("Defaults \\\\\\n  !use_pty"), why="on a continued line"),
    passes("sudo.use-pty", sudoers("Defaults !use_pty", "own~"), why="sudo passes over a backup"),
    fails(
        "sudo.use-pty",
        "cd /etc; echo 'Defaults !use_pty' >sudoers.lab; chmod 440 sudoers.lab; echo '#include sudoers.lab' >>sudoers",
        why="#include is no comment, and relative",
    ),
    passes("sudo.use-pty", sudoers("Defaults@other !use_pty"), why="not on this host"),
    fails("sudo.use-pty", sudoers("Defaults>root !use_pty"), why="for a target"),
    fails("sudo.password-asked", sudoers("#1000 ALL=(ALL) NOPASSWD: ALL"), _LAB, why="a user id is no comment"),
    fails("sudo.password-asked", sudoers("%ada ALL=(ALL) NOPASSWD:SETENV: /bin/ls"), _LAB, why="a group, and two tags"),
    # passwords
    fails("passwords.length", f"printf 'minlen 8' >>{_QUALITY}", why="no sign of equality, no newline"),
    passes(
        "passwords.length",
        checked("-PASSWORD requisite /lib/security/pam_pwquality.so minlen=8 minlen=20"),
        why="of two arguments the last counts",
    ),
    passes(
        "passwords.length",
        checked("password requisite pam_pwquality.so retry=3 \\# minlen=8"),
        why="an argument in a comment",
    ),
    passes("passwords.length", "echo 'password substack common-password' >/etc/pam.d/passwd", why="a substack"),
    passes("passwords.unlock-time", f"echo unlock_time=0 >>{_FAILLOCK}", why="0 is never"),
    fails(
        "passwords.root-lockout",
        without_lines("even_deny", _FAILLOCK, "root_unlock_time=900\\n"),
        why="pam_faillock looks for even_deny_root alone",
    ),
    fails(
        "passwords.lockout",
        "sed -i 's/preauth/& deny=20/;s/authfail/& deny=20/' /etc/pam.d/common-auth",
        why="an argument loosens",
    ),
    passes(
        "passwords.default-max-age", "sed -i 's/^PASS_MAX_DAYS.*/PASS_MAX_DAYS\\t\"90\"/' /etc/login.defs", why="quotes"
    ),
    fails("passwords.default-max-age", "sed -i s/^PASS_MAX/pass_max/ /etc/login.defs", why="case counts"),
    # the kernel
    fails("kernel.aslr", at_boot("kernel/randomize_va_space=0"), why="with slashes"),
    passes("kernel.aslr", at_boot("kernel.randomize_va_space=0", "/etc/sysctl.d/99-lab.txt"), why="not a .conf"),
    passes(
        "kernel.aslr",
        "echo kernel.randomize_va_space=0 >/usr/lib/sysctl.d/99-lab.conf; ln -s /dev/null /etc/sysctl.d/99-lab.conf",
        why="masked by a link to /dev/null",
    ),
    fails(
        "modules.udf",
        f"echo 'install udf /sbin/modprobe --ignore-install udf' >{_MODPROBE}/00-lab.conf",
        why="of two commands the first counts",
    ),
    passes(
        "modules.udf",
        f"echo 'install udf /sbin/modprobe --ignore-install udf' >{_MODPROBE}/zz-lab.conf",
        why="a second command is not run",
    ),
    passes(
        "modules.udf",
        without_lines("install udf", f"{_MODPROBE}/good.conf", "install ud* \\\\\\n /bin/true"),
        why="a pattern, and a continued line",
    ),
    passes(
        "modules.usb-storage", f"sed -i s/usb-storage/usb_storage/ {_MODPROBE}/good.conf", why="an underscore is a dash"
    ),
    fails("modules.udf", f"mv {_MODPROBE}/good.conf {_MODPROBE}/good", why="not a .conf"),
    # what is recorded
    passes(
        "audit.account-files",
        watched("-a exit,always -F path=/etc/passwd -F perm=wa -F key=id"),
        _FILES,
        why="as a rule on a path",
    ),
    fails(
        "audit.account-files",
        f"echo '-a never,exit -F path=/etc/passwd' >{_RULES}/10-lab.rules",
        _FILES,
        why="an earlier rule says never",
    ),
    passes("audit.account-files", f"echo -D >{_RULES}/60-lab.rules", _FILES, why="augenrules moves -D to the top"),
    fails("audit.account-files", watched("-w /etc/passwd- -p wa"), _FILES, why="another file"),
    passes(
        "audit.sudo-rules",
        f"sed -i 's|/sudoers.d/* |/sudoers.d |' {_RULES}/50-good.rules",
        _FILES,
        why="a folder without a slash",
    ),
    fails("logging.forwarded", "sed -i '1i *.* stop' /etc/rsyslog.conf", why="thrown away before"),
    fails(
        "logging.forwarded",
        "echo '$IncludeConfig /etc/rsyslog.d/*.conf' >/etc/rsyslog.conf; echo '*.* @h' >/etc/rsyslog.d/a.conf.bak",
        why="a backup is not included",
    ),
    unknown(
        "logging.persistent",
        f"sed -i s/=persistent/=Persistent/ {_JOURNAL}",
        why="journald passes over what it does not know",
    ),
    passes(
        "logging.persistent",
        "cd /usr/lib/systemd; mkdir -p journald.conf.d; printf '[Journal]\\nStorage=none' >journald.conf.d/lab.conf; "
        f"mkdir -p {_JOURNAL}.d; ln -s /dev/null {_JOURNAL}.d/lab.conf",
        why="a masked drop-in",
    ),
    passes(
        "time.servers",
        "cd /etc/chrony; mkdir -p sources.d; echo 'SourceDir /etc/chrony/sources.d' >chrony.conf; "
        "printf 'server ntp.example' >sources.d/lab.sources",
        why="in a sourcedir",
    ),
    fails(
        "time.servers",
        "printf '! server ntp.example\\n%% pool ntp.example\\n' >/etc/chrony/chrony.conf",
        why="chrony's own comments",
    ),
    # sessions, files, upkeep
    fails("sessions.timeout", "echo unset TMOUT >/etc/profile.d/zz.sh; echo TMOUT=900 >" + _TIMEOUT, why="unset again"),
    passes(
        "sessions.timeout", f"printf 'TMOUT=600\\nreadonly TMOUT\\nexport TMOUT' >{_TIMEOUT}", why="one thing a line"
    ),
    fails("sessions.timeout", f"mv {_TIMEOUT} {_TIMEOUT}.bak", why="not a .sh"),
    passes("sessions.umask", "printf 'umask 0027' >/etc/profile.d/zz.sh", why="four digits"),
    fails(
        "accounts.home-permissions",
        "mv /home/ada /srv/ada; chmod 777 /srv/ada; ln -s /srv/ada /home/ada",
        why="behind a link",
    ),
    fails(
        "files.password-hashes",
        "mv /etc/shadow /etc/real; chmod 644 /etc/real; ln -s real /etc/shadow",
        why="behind a link",
    ),
    fails("updates.unattended", f"echo 'APT::Periodic::Enable \"0\";' >{_UPGRADES}/99-lab", why="all of it is off"),
    passes(
        "updates.unattended",
        f"echo 'APT::Periodic::Unattended-Upgrade \"0\";' >{_UPGRADES}/99-lab.bak",
        why="apt passes over a backup",
    ),
    passes(
        "boot.audited", "sed -i 's/audit=1/audit=0 &/' /srv/cmdline /boot/grub/grub.cfg", why="the last word counts"
    ),
    fails("boot.audited", "sed -i 's/audit=1/& audit=0/' /srv/cmdline /boot/grub/grub.cfg", why="the last word counts"),
    passes("coredumps.limited", "printf '*\\thard\\tcore\\t0' >/etc/security/limits.conf", why="tabs, no newline"),
)
