"""What good looks like: a root in which every check that can be tried passes (*.sh), and its kernel parameters."""

from pathlib import Path
from typing import Final

from tests.lab.root import Lab

_SCRIPTS: Final = tuple(Path(__file__).with_name(name) for name in ("good.sh", "good_records.sh"))
_RULES: Final = Path(__file__).parent.parent / "facts/recorded/audit_configured.txt"
MOUNTED: Final = "mv /srv/good-mounts /srv/mounts\n"
"""What begins a script whose root is to have its folders mounted, each with the options that are good."""
_ON: Final = ("all", "default", "lo", "eth0")
SYSCTL: Final = {
    "kernel/randomize_va_space": "2",
    "kernel/dmesg_restrict": "1",
    "kernel/kptr_restrict": "1",
    "kernel/unprivileged_bpf_disabled": "1",
    "kernel/yama/ptrace_scope": "1",
    "kernel/core_pattern": "|/bin/false",
    "kernel/kexec_load_disabled": "1",
    "kernel/perf_event_paranoid": "3",
    "kernel/sysrq": "0",
    "dev/tty/ldisc_autoload": "0",
    "net/core/bpf_jit_harden": "2",
    "user/max_user_namespaces": "0",
    "vm/mmap_min_addr": "65536",
    "fs/suid_dumpable": "0",
    "fs/protected_fifos": "2",
    "fs/protected_regular": "2",
    "fs/protected_hardlinks": "1",
    "fs/protected_symlinks": "1",
    "net/ipv4/ip_forward": "0",
    "net/ipv4/tcp_syncookies": "1",
    "net/ipv4/icmp_echo_ignore_broadcasts": "1",
    "net/ipv4/icmp_ignore_bogus_error_responses": "1",
    **{f"net/ipv4/conf/{name}/accept_redirects": "0" for name in _ON},
    **{f"net/ipv4/conf/{name}/accept_source_route": "0" for name in _ON},
    **{f"net/ipv4/conf/{name}/forwarding": "0" for name in _ON},
    **{f"net/ipv4/conf/{name}/log_martians": "1" for name in _ON},
    **{f"net/ipv4/conf/{name}/rp_filter": "1" for name in _ON},
    **{f"net/ipv4/conf/{name}/secure_redirects": "0" for name in _ON},
    **{f"net/ipv4/conf/{name}/send_redirects": "0" for name in _ON},
    **{f"net/ipv6/conf/{name}/accept_ra": "0" for name in _ON},
    **{f"net/ipv6/conf/{name}/accept_redirects": "0" for name in _ON},
    **{f"net/ipv6/conf/{name}/accept_source_route": "0" for name in _ON},
    **{f"net/ipv6/conf/{name}/disable_ipv6": "0" for name in _ON},
    **{f"net/ipv6/conf/{name}/forwarding": "0" for name in _ON},
}
"""Path below /proc/sys -> what it is set to, as it runs and at the next boot."""


def good_layer(below: Path, folder: Path) -> Path:
    """Return what makes the system below good, as a tar in a folder for Lab(layer=...)."""
    (folder / "sysctl.conf").write_text("".join(f"{name} = {value}\n" for name, value in SYSCTL.items()))
    (folder / "audit.rules").write_text(_RULES.read_text())
    with Lab(below) as lab:
        return lab.changed_by("".join(script.read_text() for script in _SCRIPTS), folder / "good.tar", beside=folder)
