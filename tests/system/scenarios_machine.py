"""Scenarios about how a machine starts, what its kernel may load, what is mounted how, and what becomes of memory."""

from tests.system.good import MOUNTED
from tests.system.scenario import UNKNOWN, WRITTEN, Scenario, fails, passes
from tests.system.scenarios_system import now

_GRUB = "/boot/grub/grub.cfg"
_UNITS = "/etc/systemd/system"


def told(word: str) -> str:
    """Return a script after which the running kernel was told this."""
    return f"sed -i 's|quiet|{word}|' /srv/cmdline"


def will_be_told(word: str) -> str:
    """Return a script after which the kernel is told this at the next start."""
    return f"sed -i 's|quiet|{word}|' {_GRUB}"


def mounted(place: str, options: str) -> str:
    """Return a script after which a folder is mounted with other options; `-` for not by itself."""
    return f"{MOUNTED}sed -i '\\#^{place} #d' /srv/mounts" + (
        f"; echo {place} {options} >>/srv/mounts" if options != "-" else ""
    )


def to_be_mounted(place: str, options: str) -> str:
    """Return a script after which fstab gives a folder other options."""
    return f"{MOUNTED}sed -i '\\# {place} #s/ ext4 [^ ]*/ ext4 {options}/' /etc/fstab"


_KERNEL = (
    fails("kernel.secure-redirects", now("net.ipv4.conf.eth0.secure_redirects=1")),
    fails("kernel.ipv6-off", "true", why="it is on"),
    fails("kernel.prelink-absent", "touch /etc/prelink.cache"),
    passes(
        "modules.udf", "rm /etc/modprobe.d/good.conf; sed -i /udf/d /lib/modules/*/modules.dep", why="there is none"
    ),
    fails("modules.udf", "rm /etc/modprobe.d/good.conf; sed -i /udf/d /lib/modules/*/modules.dep", WRITTEN),
    fails("modules.udf", "echo kernel/lab/udf.ko >>/lib/modules/$(uname -r)/modules.builtin", why="built in"),
)
_START = (
    fails("boot.password", f"sed -i 's/^password_pbkdf2.*/password root letmein/' {_GRUB}", without=UNKNOWN),
    fails("boot.audited", "sed -i 's/audit=1//' /srv/cmdline"),
    fails("boot.audited", f"sed -i 's/audit=1//' {_GRUB}", without=UNKNOWN, why="after a reboot"),
    fails("boot.audit-backlog", "sed -i 's/8192/64/' /srv/cmdline"),
    fails("boot.mitigations-kept", told("mitigations=off")),
    fails("boot.mitigations-kept", will_be_told("mitigations=off"), without=UNKNOWN, why="after a reboot"),
    fails("boot.confinement-kept", told("apparmor=0")),
    fails("boot.no-shell", will_be_told("init=/bin/sh"), without=UNKNOWN),
    fails("console.keys-off", f"rm {_UNITS}/ctrl-alt-del.target; echo '[Unit]' >{_UNITS}/ctrl-alt-del.target"),
    fails("console.keys-off", "sed -i s/none/reboot-force/ /etc/systemd/system.conf", why="seven times at once"),
    fails("console.maintenance-password", f"printf '[Service]\\nExecStart=/bin/bash\\n' >{_UNITS}/rescue.service"),
    fails("console.no-debug-shell", f"printf '[Service]\\n' >{_UNITS}/debug-shell.service; mkdir -p "
          f"{_UNITS}/sysinit.target.wants; ln -s ../debug-shell.service {_UNITS}/sysinit.target.wants/; "
          "ln -s x /etc/rc2.d/S01debug-shell"),
    fails("coredumps.limited", ": >/etc/security/limits.conf"),
    fails("coredumps.limited", "sed -i 's/hard/soft/' /etc/security/limits.conf", why="users may raise it"),
    fails("coredumps.limited", "mkdir -p {0}; echo 'ada - core 1' >{0}/a.conf".format("/etc/security/limits.d")),
    fails("coredumps.limited", "sed -i /pam_limits/d /etc/pam.d/login", why="a log-in at the console reads none"),
    fails("coredumps.not-stored", "sed -i s/none/external/ /etc/systemd/coredump.conf"),
    fails("coredumps.not-stored", "mkdir /etc/systemd/coredump.conf.d; "
          "printf '[Coredump]\\nStorage=journal' >/etc/systemd/coredump.conf.d/a.conf", why="a drop-in"),
    passes("coredumps.not-stored", "mkdir /etc/systemd/coredump.conf.d; "
           "printf '[Journal]\\nStorage=journal' >/etc/systemd/coredump.conf.d/a.conf", why="another section"),
    fails("coredumps.not-processed", "sed -i /ProcessSizeMax/d /etc/systemd/coredump.conf"),
)  # fmt: skip
_MOUNTS = (
    *(
        fails(check, mounted(place, options), why=f"{place} as it is")
        for check, place, options in (
            ("mounts.tmp", "/tmp", "nosuid,nodev"),
            ("mounts.var-tmp", "/var/tmp", "nosuid,dev,noexec"),
            ("mounts.dev-shm", "/dev/shm", "noexec,nodev,suid"),
            ("mounts.home", "/home", "nodev"),
            ("mounts.var", "/var", "nosuid,dev"),
            ("mounts.var-log", "/var/log", "nosuid,nodev"),
            ("mounts.var-log-audit", "/var/log/audit", "nosuid,nodev,exec"),
        )
    ),
    fails("mounts.tmp", to_be_mounted("/tmp", "nosuid,nodev"), why="after a reboot"),
    fails("mounts.tmp", to_be_mounted("/tmp", "nosuid,nodev,noexec,exec"), why="the last option counts"),
    passes("mounts.tmp", to_be_mounted("/tmp", "users"), why="it stands for all three"),
    fails("mounts.home", to_be_mounted("/home", "defaults"), why="after a reboot"),
    fails("mounts.separate", mounted("/var/log", "-")),
)
SCENARIOS: tuple[Scenario, ...] = (*_KERNEL, *_START, *_MOUNTS)
