"""Scenarios about modules one by one, further kernel parameters, core dumps, how a system starts, and its keyboard."""

from typing import Final

from tests.system.scenario import UNKNOWN, WRITTEN, Scenario, fails, passes
from tests.system.scenarios_system import at_boot, now

_MODULES: Final = (
    *("bluetooth", "cramfs", "dccp", "freevxfs", "hfs", "hfsplus", "jffs2", "rds", "sctp", "squashfs", "tipc", "udf"),
    *("usb-storage", "firewire-core"),
)
_CONF: Final = "/etc/modprobe.d/good.conf"


def of_module(name: str) -> str:
    """Return the check for a module."""
    return f"modules.{name.removesuffix('-core')}"


_LOOSE: Final = {
    "kernel.kexec": ("kernel.kexec_load_disabled", 0),
    "kernel.performance-events": ("kernel.perf_event_paranoid", 1),
    "kernel.shared-pipes": ("fs.protected_fifos", 0),
    "kernel.shared-files": ("fs.protected_regular", 0),
    "kernel.magic-keys": ("kernel.sysrq", 176),
    "kernel.bpf-hardening": ("net.core.bpf_jit_harden", 1),
    "kernel.low-memory": ("vm.mmap_min_addr", 4096),
    "kernel.line-disciplines": ("dev.tty.ldisc_autoload", 1),
    "kernel.user-namespaces": ("user.max_user_namespaces", 1000),
    "kernel.secure-redirects": ("net.ipv4.conf.default.secure_redirects", 1),
}
_KERNEL: Final = (
    *(fails(of_module(name), f"sed -i '/install {name} /d' {_CONF}") for name in _MODULES),
    *(passes(of_module(name), f"sed -i 's/install {name} .*/& # rare/' {_CONF}") for name in _MODULES),
    *(
        fails(of_module(name), f"sed -i 's/install {name} .*/install {name} true || true/' {_CONF}")
        for name in _MODULES
    ),
    fails("modules.sctp", f"sed -i '/blacklist sctp/d' {_CONF}", {"blacklisted": True}),
    passes("modules.sctp", f"sed -i 's/install sctp/install sct*/' {_CONF}", WRITTEN, why="a pattern"),
    *(fails(check, now(f"{name}={value}"), why=f"{name} as it runs") for check, (name, value) in _LOOSE.items()),
    *(fails(check, at_boot(f"{name} = {value}"), why=f"{name} at boot") for check, (name, value) in _LOOSE.items()),
    *(
        passes(check, at_boot(f"#{name} = {value}"), why=f"{name} in a comment")
        for check, (name, value) in _LOOSE.items()
    ),
    passes("kernel.magic-keys", now("kernel.sysrq=16"), {"functions": 176}, why="fewer than allowed"),
    fails("kernel.secure-redirects", at_boot("net.ipv4.conf.eth[0-3].secure_redirects=1"), why="by a pattern"),
    fails("kernel.prelink-absent", "touch /usr/sbin/prelink"),
)

_LIMITS: Final = "/etc/security/limits"
_CORE: Final = "/etc/systemd/coredump.conf"
_DUMPS: Final = (
    fails("coredumps.limited", f"sed -i 's/^/#/' {_LIMITS}.conf", why="a comment"),
    fails("coredumps.limited", f"sed -i 's/hard/soft/' {_LIMITS}.conf", why="a soft limit can be raised"),
    fails(
        "coredumps.limited", f"mkdir {_LIMITS}.d; echo '* - core 9' >{_LIMITS}.d/a.conf", why="a drop-in comes later"
    ),
    fails("coredumps.limited", f"echo '@devs hard core unlimited' >>{_LIMITS}.conf", why="a group is excepted"),
    fails("coredumps.limited", "sed -i /limits/d /etc/pam.d/sshd", why="SSH applies no limits"),
    passes("coredumps.limited", f"mkdir {_LIMITS}.d; mv {_LIMITS}.conf {_LIMITS}.d/a.conf", why="in a drop-in"),
    passes("coredumps.limited", f"echo '* - Core 0 # none' >{_LIMITS}.conf", why="both limits, and a comment"),
    fails("coredumps.not-stored", f"sed -i 's/^Storage/#&/' {_CORE}", why="a comment"),
    fails("coredumps.not-stored", f"mkdir {_CORE}.d; printf '[Coredump]\\nStorage=journal\\n' >{_CORE}.d/a.conf"),
    passes("coredumps.not-stored", f"mkdir {_CORE}.d; printf 'Storage=journal\\n' >{_CORE}.d/a.conf", why="no section"),
    passes(
        "coredumps.not-stored",
        f"sed -i s/none/journal/ {_CORE}; mkdir {_CORE}.d; printf '[Coredump]\\nStorage=none\\n' >{_CORE}.d/a.conf",
        why="a drop-in counts",
    ),
    fails(
        "coredumps.not-stored",
        f"sed -i s/none/journal/ {_CORE}; mkdir {_CORE}.d; printf '[Coredump]\\nStorage=none\\n' >{_CORE}.d/a.conf",
        WRITTEN,
        why="a conflict",
    ),
    fails("coredumps.not-processed", f"sed -i s/ProcessSizeMax=0/ProcessSizeMax=1K/ {_CORE}"),
    passes("coredumps.not-processed", f"sed -i s/ProcessSizeMax=0/ProcessSizeMax=0G/ {_CORE}"),
    fails("coredumps.thrown-away", now("kernel.core_pattern=core"), why="as it runs"),
    fails("coredumps.thrown-away", at_boot("kernel.core_pattern=core"), why="at boot"),
)

_GRUB: Final = "/boot/grub/grub.cfg"
_SYSTEM: Final = "/etc/systemd/system"
_START: Final = (
    fails("boot.password", f"sed -i /superusers/d {_GRUB}", without=UNKNOWN),
    fails("boot.password", f"sed -i /password_pbkdf2/d {_GRUB}", without=UNKNOWN, why="no password"),
    fails("boot.password", f"sed -i 's/password_pbkdf2/#&/' {_GRUB}", without=UNKNOWN, why="a comment"),
    fails("boot.password", f"sed -i 's/pbkdf2 root .*/pbkdf2 root x/' {_GRUB}", without=UNKNOWN, why="no hash"),
    fails("boot.password", f"sed -i 's/superusers=.*/superusers=root,x/' {_GRUB}", without=UNKNOWN, why="one has none"),
    passes("boot.password", f"head -2 {_GRUB} >/boot/grub/custom.cfg; sed -i 1,2d {_GRUB}", without=UNKNOWN),
    fails("console.keys-off", f"rm {_SYSTEM}/ctrl-alt-del.target; touch /usr/lib/systemd/system/reboot.target; "
          "echo '[Unit]' >/usr/lib/systemd/system/ctrl-alt-del.target"),
    fails("console.keys-off", "sed -i 's/^Ctrl/#&/' /etc/systemd/system.conf", why="seven times"),
    fails("console.maintenance-password", f"printf '[Service]\\nExecStart=/bin/sh\\n' >{_SYSTEM}/rescue.service"),
    fails("console.maintenance-password", f"mkdir {_SYSTEM}/emergency.service.d; printf "
          f"'[Service]\\nEnvironment=SYSTEMD_SULOGIN_FORCE=1\\n' >{_SYSTEM}/emergency.service.d/a.conf"),
    passes("console.maintenance-password", f"ln -sf /dev/null {_SYSTEM}/rescue.service", why="one is masked"),
    fails("console.no-debug-shell", "ln -s ../init.d/debug-shell /etc/rc2.d/S02debug-shell"),
    fails("mounts.automatic-off", "ln -s ../init.d/autofs /etc/rc2.d/S02autofs"),
    fails("mounts.network", "echo 'files.example:/a /srv/a nfs4 nodev 0 0' >>/etc/fstab"),
    passes("mounts.network", "echo '#files.example:/a /srv/a nfs4 nodev 0 0' >>/etc/fstab", why="a comment"),
    passes("mounts.network", "echo 'files.example:/a /srv/a nfs4 users 0 0' >>/etc/fstab", why="`users` is both"),
    fails("mounts.network", "echo 'files.example:/a /srv/a nfs4 nodev, nosuid 0 0' >>/etc/fstab", why="after a blank"),
)  # fmt: skip
SCENARIOS: tuple[Scenario, ...] = (*_KERNEL, *_DUMPS, *_START)
