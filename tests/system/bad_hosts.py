"""What makes hosts hard to ask, as scripts for a root that is otherwise good, or broken in every place at once."""

from dataclasses import dataclass
from typing import Final

from tests.system.good import MOUNTED
from tests.system.outcome import DAEMONS
from tests.system.scenario import FAIL, Settings
from tests.system.scenarios import SCENARIOS

_NOT_IN_GOOD: Final = {"kernel.parameter", "kernel.ipv6-off"}  # needs a parameter's name; the good root has IPv6
_FIRST: Final = {
    check: min((one for one in SCENARIOS if one.check == check), key=lambda one: one.verdict is not FAIL)
    for check in sorted({one.check for one in SCENARIOS} - _NOT_IN_GOOD)
}
WANTED: Final[dict[str, Settings]] = {check: one.settings for check, one in _FIRST.items()}
"""Every check that is tried in roots -> the settings that it is asked with."""

# Where one change gets into another's way the first one stays: what the whole comes to is asked before it is disturbed.
ROOTS: Final = {
    "good": MOUNTED + DAEMONS,
    "broken": "\n".join(f"( {one.does}\n)" for one in _FIRST.values() if one.verdict is FAIL) + f"\n{DAEMONS}",
}
BUSYBOX: Final = "busybox"
"""The program that is beside a script."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a host, which roots it befalls, and who asks.

    `reason` is what every verdict that becomes unknown has to say, as a regular expression; nothing where none may.
    `absent` are the beginnings of the checks that have nothing to judge any more, and why.
    """

    name: str
    does: str
    reason: str = ""
    roots: tuple[str, ...] = tuple(ROOTS)
    account: str = "root"
    absent: tuple[str, ...] = ()
    absent_why: str = ""


def _login(shell: str) -> str:
    """Return a script that gives everybody who may log in another shell."""
    return f"sed -i -E '/^(root|lab-)/s,[^:]*$,{shell},' /etc/passwd\n"


def _program(path: str, text: str) -> str:
    return f"cat >{path} <<'END'\n#!/bin/sh\n{text}END\nchmod 755 {path}\n"


_PROFILES: Final = "/root/.bashrc /root/.profile /etc/profile.d/noise.sh"
_NOISE: Final = r"""
echo "Welcome to $(hostname)"
echo 'mesg: ttyname failed: not a terminal' >&2
printf '\033[2Jno newline at the end'
trap 'echo Goodbye; echo Goodbye >&2' EXIT
"""
_ENDLESS: Final = f"{_NOISE}while :; do echo Welcome to the machine, welcome; done\n"
_LOCALE: Final = "export LANG=de_DE.UTF-8 LC_ALL=tr_TR.UTF-8 LANGUAGE=de:fr"
_LINES: Final = "awk 'BEGIN { for (i = 0; i < %d; i++) printf \"%s\", i, i, i, i }' >>%s\n"
_PACKAGE: Final = (
    "\\nPackage: lab-%d\\nStatus: install ok installed\\nMaintainer: Lab <lab@lab.example>\\nArchitecture: all\\n"
    "Source: lab-source (1.0-%d)\\nVersion: 1.0-%d\\nDescription: number %d\\n"
)
_BUSYBOX: Final = f"""
b=/bin/{BUSYBOX}
cp /.lab/beside/{BUSYBOX} $b
for applet in $($b --list | $b grep -Evx 'busybox|sh|su|passwd|login|sulogin|init|reboot|halt|poweroff'); do
  for place in /usr/sbin /usr/bin; do [ -e $place/$applet ] && break; done
  $b ln -sf $b $place/$applet
done
$b rm -f /usr/bin/getent /usr/bin/perl* /usr/bin/?awk /usr/bin/bash /usr/bin/rbash
$b ln -sf $b /usr/bin/sh
$b sed -i s,/bin/bash,/bin/sh, /etc/passwd
"""
# No PAM, no systemd, no shadow tools, and apk and OpenRC as they look (apk-policy(8), rc-update(8)).
_ALPINE: Final = f"""{_BUSYBOX}
$b rm -rf /etc/pam.d /etc/security /etc/login.defs /etc/default /usr/lib/systemd /etc/systemd /usr/bin/systemctl \\
  /usr/bin/journalctl /etc/rc?.d /usr/bin/dpkg* /var/lib/dpkg /usr/bin/apt* /etc/apt /var/lib/apt /usr/bin/chage
$b mkdir -p /lib/apk/db /etc/apk /var/cache/apk /etc/init.d
$b touch /var/cache/apk/APKINDEX.lab.tar.gz
printf 'P:musl\\nV:1.2.5-r0\\nA:x86_64\\no:musl\\n\\n' >/lib/apk/db/installed
cat >/sbin/apk <<'END'
#!/bin/sh
case $1 in version) echo 'Installed:   Available:' ;; info) echo musl ;; policy) echo 'musl policy:' ;; esac
END
echo https://mirror.example/alpine/v3.21/main >/etc/apk/repositories
cp /etc/nftables.conf /etc/nftables.nft
cat >/sbin/rc-update <<'END'
#!/bin/sh
for service in chronyd cron nftables; do printf '%20s | default\\n' $service; done
END
chmod 755 /sbin/apk /sbin/rc-update
"""
_NO_SHELL: Final = "(root|lab-sudo) runs no POSIX shell there: "

TROUBLES: Final = (
    Trouble(
        "no sshd of OpenSSH",
        "rm -rf /usr/sbin/sshd /etc/ssh/sshd_config /etc/ssh/sshd_config.d\n",
        absent=("ssh.", "files.ssh-server-configuration"),
        absent_why="OpenSSH's server is not installed|none of these files exists here",
    ),
    Trouble(
        "no sudo",
        "rm -f /usr/bin/sudo\n",
        "needs root: sudo is not installed here, and the account is not root|this account",
        account="sudo",
    ),
    Trouble(
        "sudo without further programs",
        "sed -i '1i Defaults noexec' /etc/sudoers\n",
        r"needs root: sudo lets no program start another one \(noexec\)|this account",
        ("good",),
        "sudo",
    ),
    Trouble("no rights in sudo", "rm -f /etc/sudoers.d/lab\n", "needs root: sudo refused|this account", account="sudo"),
    Trouble("a restricted shell", _login("/bin/rbash"), f"{_NO_SHELL}.*restricted", ("good",)),
    Trouble("no login", _login("/usr/sbin/nologin"), f"{_NO_SHELL}This account is currently not available", ("good",)),
    Trouble(
        "a menu that ends",
        _program("/usr/local/bin/menu", "echo '1) status  2) reboot'\nprintf 'Choose: '\n")
        + _login("/usr/local/bin/menu"),
        f"{_NO_SHELL}Choose:",
        ("good",),
        "sudo",
    ),
    Trouble(
        "a menu that asks",
        _program("/usr/local/bin/menu", 'while read -r choice; do echo "No such choice"; done\n')
        + _login("/usr/local/bin/menu"),
        f"{_NO_SHELL}No such choice",
        ("good",),
    ),
    Trouble(
        "a forced command",
        "echo 'ForceCommand internal-sftp' >>/.lab/sshd_config\n",
        f"{_NO_SHELL}This service allows sftp connections only",
        ("good",),
    ),
    Trouble("a read-only disk", "echo read-only >/srv/disk\n", "Read-only file system"),
    Trouble("a full disk", "echo full >/srv/disk\n", "No space left on device"),
    Trouble("no bash", "rm -f /usr/bin/bash /usr/bin/rbash; sed -i s,/bin/bash,/bin/sh, /etc/passwd\n"),
    Trouble("tools of busybox", _BUSYBOX),
    Trouble(
        "Alpine's layout",
        _ALPINE,
        "there is no /etc/login.defs|no PAM stack for|which program would update this host by itself is not known",
        roots=("good",),  # what is broken in the other is what Alpine does not have
        absent=(
            *("accounts.su-limited", "console.keys-off", "console.maintenance-password", "coredumps.limited"),
            *("coredumps.not-", "files.old-passwords", "logging.journal-", "logging.persistent"),
            *("updates.security-source", "packages.own-keys"),
        ),
        absent_why="PAM|apk (?:keeps no keys by source|gets security updates)|no init system here|systemd|"
        "none of these files exists",
    ),
    Trouble(
        "a foreign locale",
        f"for file in {_PROFILES} /etc/default/locale /etc/environment; do echo '{_LOCALE}' >>$file; done\n",
    ),
    Trouble("a noisy profile", f"for file in {_PROFILES}; do cat >>$file <<'END'{_NOISE}END\ndone\n"),
    Trouble(
        "a banner",
        "yes 'Use is monitored.' | head -n 500 >/.lab/banner; echo 'Banner /.lab/banner' >>/.lab/sshd_config\n",
        roots=("good",),
    ),
    Trouble(
        "a profile without end",
        f"for file in {_PROFILES}; do cat >>$file <<'END'{_ENDLESS}END\ndone\n",
        "more than 65536 bytes came before the shell's first word: Welcome to the machine",
        ("good",),
    ),
    Trouble(
        "50,000 packages",
        _LINES % (50_000, _PACKAGE, "/var/lib/dpkg/status"),
        "gave no complete answer within",  # where the machine that tests is busy with others
        ("good",),
    ),
    Trouble(
        "a million accounts",
        _LINES % (1_000_000, "u%d:x:1%06d:1%06d::/home/u%d:/usr/sbin/nologin\\n", "/etc/passwd"),
        "the answer was cut off after [0-9]+ bytes|gave no complete answer within",
        ("broken",),
    ),
)
