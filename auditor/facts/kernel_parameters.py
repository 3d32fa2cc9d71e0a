"""Which kernel parameters are asked for, and what the kernel starts with where nothing sets them.

Sources: Documentation/admin-guide/sysctl and networking/ip-sysctl of Linux 6; the names of build options stand in the
Kconfig files beside the code that reads them.
"""

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Final

PARAMETERS: Final = (
    "dev/tty/ldisc_autoload",
    "kernel/randomize_va_space",
    "kernel/dmesg_restrict",
    "kernel/kptr_restrict",
    "kernel/unprivileged_bpf_disabled",
    "kernel/yama/ptrace_scope",
    "kernel/core_pattern",
    "kernel/core_uses_pid",
    "kernel/kexec_load_disabled",
    "kernel/modules_disabled",
    "kernel/panic_on_oops",
    "kernel/perf_cpu_time_max_percent",
    "kernel/perf_event_max_sample_rate",
    "kernel/perf_event_paranoid",
    "kernel/pid_max",
    "kernel/sysrq",
    "kernel/apparmor_restrict_unprivileged_userns",
    "kernel/unprivileged_userns_clone",
    "fs/suid_dumpable",
    "fs/protected_fifos",
    "fs/protected_hardlinks",
    "fs/protected_regular",
    "fs/protected_symlinks",
    "user/max_user_namespaces",
    "vm/mmap_min_addr",
    "vm/unprivileged_userfaultfd",
    "net/core/bpf_jit_harden",
    "net/ipv4/ip_forward",
    "net/ipv4/tcp_invalid_ratelimit",
    "net/ipv4/tcp_rfc1337",
    "net/ipv4/tcp_syncookies",
    "net/ipv4/tcp_timestamps",
    "net/ipv4/icmp_echo_ignore_broadcasts",
    "net/ipv4/icmp_ignore_bogus_error_responses",
    "net/ipv4/conf/*/accept_local",
    "net/ipv4/conf/*/accept_redirects",
    "net/ipv4/conf/*/accept_source_route",
    "net/ipv4/conf/*/arp_filter",
    "net/ipv4/conf/*/arp_ignore",
    "net/ipv4/conf/*/drop_gratuitous_arp",
    "net/ipv4/conf/*/forwarding",
    "net/ipv4/conf/*/log_martians",
    "net/ipv4/conf/*/route_localnet",
    "net/ipv4/conf/*/rp_filter",
    "net/ipv4/conf/*/secure_redirects",
    "net/ipv4/conf/*/send_redirects",
    "net/ipv4/conf/*/shared_media",
    "net/ipv6/conf/*/accept_ra",
    "net/ipv6/conf/*/accept_ra_defrtr",
    "net/ipv6/conf/*/accept_ra_pinfo",
    "net/ipv6/conf/*/accept_ra_rtr_pref",
    "net/ipv6/conf/*/accept_redirects",
    "net/ipv6/conf/*/accept_source_route",
    "net/ipv6/conf/*/autoconf",
    "net/ipv6/conf/*/disable_ipv6",
    "net/ipv6/conf/*/forwarding",
    "net/ipv6/conf/*/max_addresses",
    "net/ipv6/conf/*/router_solicitations",
)

DEFAULTS: Final[Mapping[str, int]] = {
    "kernel/randomize_va_space": 2,
    "kernel/core_uses_pid": 0,
    "kernel/kexec_load_disabled": 0,
    "kernel/modules_disabled": 0,
    "kernel/perf_event_paranoid": 2,
    "fs/protected_fifos": 0,
    "fs/protected_regular": 0,
    "net/core/bpf_jit_harden": 0,
    "net/ipv4/tcp_rfc1337": 0,
    "fs/suid_dumpable": 0,
    "net/ipv4/ip_forward": 0,
    "net/ipv4/tcp_syncookies": 1,
    "net/ipv4/icmp_echo_ignore_broadcasts": 1,
    "net/ipv4/icmp_ignore_bogus_error_responses": 1,
    "net/ipv4/conf/all/accept_redirects": 1,
    "net/ipv4/conf/default/accept_redirects": 1,
    "net/ipv4/conf/all/accept_source_route": 0,
    "net/ipv4/conf/default/accept_source_route": 1,
    "net/ipv4/conf/all/log_martians": 0,
    "net/ipv4/conf/default/log_martians": 0,
    "net/ipv4/conf/all/rp_filter": 0,
    "net/ipv4/conf/default/rp_filter": 0,
    "net/ipv4/conf/all/secure_redirects": 1,
    "net/ipv4/conf/default/secure_redirects": 1,
    "net/ipv4/conf/all/send_redirects": 1,
    "net/ipv4/conf/default/send_redirects": 1,
    "net/ipv4/conf/all/forwarding": 0,
    "net/ipv4/conf/default/forwarding": 0,
    "net/ipv6/conf/all/accept_ra": 1,
    "net/ipv6/conf/default/accept_ra": 1,
    "net/ipv6/conf/all/accept_redirects": 1,
    "net/ipv6/conf/default/accept_redirects": 1,
    "net/ipv6/conf/all/accept_source_route": 0,
    "net/ipv6/conf/default/accept_source_route": 0,
    "net/ipv6/conf/all/disable_ipv6": 0,
    "net/ipv6/conf/default/disable_ipv6": 0,
    "net/ipv6/conf/all/forwarding": 0,
    "net/ipv6/conf/default/forwarding": 0,
}
"""What the kernel starts with where no file says otherwise (Documentation/networking/ip-sysctl, admin-guide/sysctl);
only what does not depend on how the kernel was built."""

_OPTIONS: Final = {
    "SECURITY_DMESG_RESTRICT": "kernel/dmesg_restrict",
    "DEFAULT_MMAP_MIN_ADDR": "vm/mmap_min_addr",
    "MAGIC_SYSRQ_DEFAULT_ENABLE": "kernel/sysrq",
    "LDISC_AUTOLOAD": "dev/tty/ldisc_autoload",
    "PANIC_ON_OOPS_VALUE": "kernel/panic_on_oops",
    "BPF_UNPRIV_DEFAULT_OFF": "kernel/unprivileged_bpf_disabled",
}
_ON: Final = {"BPF_UNPRIV_DEFAULT_OFF": 2}  # what `y` stands for, where it is not 1
BUILD_OPTIONS: Final = "|".join(_OPTIONS)
"""The build options that decide what a parameter starts with, for a grep -E."""

_OPTION: Final = re.compile(rf"(?:# )?CONFIG_({BUILD_OPTIONS})(?: is (not) set|=(y|\d{{1,9}}|0x[0-9a-f]{{1,8}}))")


def asked(path: str) -> bool:
    """Whether a parameter, named by its path, is among those that are asked for."""
    return any(fnmatchcase(path, pattern) for pattern in PARAMETERS)


def built(lines: Iterable[str]) -> dict[str, int]:
    """Return what parameters start with by the lines of a kernel's build configuration."""
    found: dict[str, int] = {}
    for line in lines:
        if option := _OPTION.fullmatch(line.strip()):
            name, off, value = option.groups()
            on = _ON.get(name, 1) if value == "y" else int(value or "0", 0)
            found[_OPTIONS[name]] = 0 if off else on
    return found
