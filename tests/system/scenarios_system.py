"""Scenarios about files, the kernel and its modules."""

from tests.system.scenario import UNKNOWN, WRITTEN, Scenario, fails, passes

_FILES = (
    fails("files.account-databases", "chmod 666 /etc/passwd"),
    fails("files.account-databases", "chown ada /etc/group-"),
    fails("files.password-hashes", "chmod 644 /etc/shadow"),
    fails("files.password-hashes", "chgrp ada /etc/gshadow"),
    passes("files.password-hashes", "chmod 000 /etc/shadow; chgrp root /etc/shadow", why="stricter"),
    passes("files.password-hashes", "rm /etc/gshadow-", why="what is not there cannot be wrong"),
    fails("files.old-passwords", "chmod 644 /etc/security/opasswd"),
    fails("files.shells", "chmod 664 /etc/shells"),
    fails("files.ssh-server-configuration", "chmod 666 /etc/ssh/sshd_config"),
    fails(
        "files.ssh-server-configuration", "touch /etc/ssh/sshd_config.d/a.conf; chown ada /etc/ssh/sshd_config.d/a.conf"
    ),
    fails("files.ssh-host-keys", "chmod 644 /etc/ssh/ssh_host_ed25519_key"),
    fails("files.ssh-public-keys", "chmod 666 /etc/ssh/ssh_host_ed25519_key.pub"),
    passes("files.ssh-public-keys", "chmod 400 /etc/ssh/ssh_host_ed25519_key.pub"),
    fails("files.scheduled-jobs", "chmod 644 /etc/crontab"),
    fails("files.scheduled-jobs", "chmod 755 /etc/cron.d"),
    passes("files.scheduled-jobs", "chmod 400 /etc/crontab; chmod 500 /etc/cron.d"),
    fails("files.sudo-rules", "chmod 644 /etc/sudoers"),
    fails("files.sudo-rules", "chmod 664 /etc/sudoers.d/lab"),
    fails("files.boot-loader", "chmod 644 /boot/grub/grub.cfg"),
    fails("files.login-notices", "chmod 666 /etc/motd"),
    fails("files.login-notices", "echo x >/srv/motd; chmod 666 /srv/motd; ln -sf /srv/motd /etc/motd", why="by a link"),
    fails("files.audit-configuration", "chmod 644 /etc/audit/auditd.conf"),
    fails("files.program-folders", "chmod 777 /usr/local/bin"),
    fails("files.program-folders", "chown ada /usr/local/sbin"),
    fails("files.program-folders", "chmod 777 /root/bin", without=UNKNOWN),
    fails("files.shared-folders", "chmod 777 /tmp"),
    fails("files.root-home", "chmod 755 /root"),
    passes("files.root-home", "chmod 500 /root"),
)

_LOOSE = {
    "kernel.aslr": ("kernel.randomize_va_space", 1),
    "kernel.ptrace": ("kernel.yama.ptrace_scope", 0),
    "kernel.dmesg": ("kernel.dmesg_restrict", 0),
    "kernel.pointers": ("kernel.kptr_restrict", 0),
    "kernel.core-dumps-suid": ("fs.suid_dumpable", 1),
    "kernel.hard-links": ("fs.protected_hardlinks", 0),
    "kernel.symbolic-links": ("fs.protected_symlinks", 0),
    "kernel.unprivileged-bpf": ("kernel.unprivileged_bpf_disabled", 0),
    "kernel.ip-forwarding": ("net.ipv4.ip_forward", 1),
    "kernel.redirects-ignored": ("net.ipv4.conf.default.accept_redirects", 1),
    "kernel.redirects-not-sent": ("net.ipv4.conf.all.send_redirects", 1),
    "kernel.source-route": ("net.ipv4.conf.all.accept_source_route", 1),
    "kernel.reverse-path": ("net.ipv4.conf.all.rp_filter", 0),
    "kernel.syn-cookies": ("net.ipv4.tcp_syncookies", 0),
    "kernel.martians-logged": ("net.ipv4.conf.all.log_martians", 0),
    "kernel.broadcast-echo": ("net.ipv4.icmp_echo_ignore_broadcasts", 0),
    "kernel.bogus-icmp": ("net.ipv4.icmp_ignore_bogus_error_responses", 0),
    "kernel.ipv6-router-advertisements": ("net.ipv6.conf.default.accept_ra", 1),
}
# Where `all` and an interface's own value work together, the interfaces' have to be loose too for a host to be loose.
_TOGETHER = {
    "kernel.source-route": "net.ipv4.conf.eth0.accept_source_route=1 net.ipv4.conf.default.accept_source_route=1",
    "kernel.reverse-path": "net.ipv4.conf.eth0.rp_filter=0 net.ipv4.conf.default.rp_filter=0",
    "kernel.martians-logged": "net.ipv4.conf.eth0.log_martians=0 net.ipv4.conf.default.log_martians=0",
}

_EARLIER = "/etc/sysctl.d/10-lab.conf"


def now(*pairs: str) -> str:
    """Return a script that sets parameters of the running kernel."""
    return f"for p in {' '.join(pairs)}; do n=${{p%=*}}; echo ${{p#*=}} >/proc/sys/$(echo $n | tr . /); done"


def at_boot(line: str, file: str = "/etc/sysctl.d/99-lab.conf") -> str:
    """Return a script that writes a line into a file of sysctl.d."""
    return f"mkdir -p {file.rpartition('/')[0]}; printf -- '{line}\\n' >>{file}"


def everywhere(check: str, name: str, value: int) -> list[str]:
    """Return the parameters that have to be loose for a host to be loose."""
    return [f"{name}={value}", *_TOGETHER.get(check, "").split()]


_KERNEL = (
    *(
        fails(check, now(*everywhere(check, name, value)), why=f"{name} as it runs")
        for check, (name, value) in _LOOSE.items()
    ),
    *(
        fails(check, at_boot("\\n".join(everywhere(check, name, value))), why=f"{name} after a reboot")
        for check, (name, value) in _LOOSE.items()
    ),
    passes("kernel.aslr", at_boot("#kernel.randomize_va_space = 1\\n;kernel.randomize_va_space = 1"), why="comments"),
    passes("kernel.aslr", at_boot("kernel.randomize_va_space=0", _EARLIER), why="a later file counts"),
    fails("kernel.aslr", at_boot("kernel.randomize_va_space=0", _EARLIER), WRITTEN, why="an earlier file contradicts"),
    passes(
        "kernel.aslr",
        at_boot("kernel.randomize_va_space=0", "/usr/lib/sysctl.d/60-good.conf"),
        why="a file of the same name in /etc replaces it",
    ),
    fails("kernel.aslr", at_boot("kernel/randomize_va_space = 1 # less", "/run/sysctl.d/99-lab.conf"), why="in /run"),
    fails("kernel.aslr", at_boot("-kernel.randomize_va_space = 1"), why="errors ignored, value set"),
    fails("kernel.dmesg", at_boot("kernel.dmesg_restrict = 0x0"), why="hexadecimal"),
    fails(
        "kernel.aslr",
        "echo kernel.randomize_va_space = 0 >/etc/sysctl.conf; ln -s ../sysctl.conf /etc/sysctl.d/99-sysctl.conf",
        why="sysctl.conf by a link",
    ),
    passes("kernel.reverse-path", now("net.ipv4.conf.all.rp_filter=2"), why="loose mode, and the larger counts"),
    fails(
        "kernel.reverse-path", now("net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.eth0.rp_filter=0"), why="on eth0"
    ),
    fails("kernel.redirects-not-sent", now("net.ipv4.conf.eth0.send_redirects=1"), why="on eth0 only"),
    fails("kernel.parameter", now("vm.mmap_min_addr=0"), {"name": "vm.mmap_min_addr", "allowed": {65536}}),
    passes("kernel.parameter", now("kernel.sysrq=0") + "; " + at_boot("kernel.sysrq=0"),
           {"name": "kernel.sysrq", "allowed": {0, 4}}),
    fails("modules.disabled", "sed -i '/install udf/d' /etc/modprobe.d/good.conf"),
    fails("modules.disabled", "sed -i 's/^install udf/#&/' /etc/modprobe.d/good.conf", why="a comment"),
    fails("modules.disabled", "echo 'install sctp modprobe -i sctp' >/etc/modprobe.d/a.conf", why="an earlier file"),
    passes("modules.disabled", "sed -i '/install udf/d' /etc/modprobe.d/good.conf; mkdir -p /run/modprobe.d; "
           "echo 'install udf /bin/true' >/run/modprobe.d/a.conf", why="in /run"),
    fails("modules.disabled", "mv /etc/modprobe.d/good.conf /etc/modprobe.d/good", why="not called *.conf"),
    fails("modules.disabled", "sed -i '/blacklist udf/d' /etc/modprobe.d/good.conf", {"blacklisted": True}),
)  # fmt: skip
SCENARIOS: tuple[Scenario, ...] = (*_FILES, *_KERNEL)
