"""Verdicts on kernel parameters: a hardened host, and one thing changed at a time."""

from dataclasses import replace

import pytest

from auditor.facts.coredumps import Prelink
from auditor.facts.kernel import KernelAtBoot, KernelNow
from auditor.facts.sysctl import Assignment
from tests.make import UNKNOWN, Case, Verdict, checks, names

network, memory, users = checks("kernel"), checks("kernel_memory"), checks("kernel_users")

PASS, FAIL, DONT_KNOW, NOT_HERE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE

HARDENED = {
    "kernel/randomize_va_space": 2,
    "kernel/yama/ptrace_scope": 1,
    "kernel/dmesg_restrict": 1,
    "kernel/kptr_restrict": 1,
    "kernel/unprivileged_bpf_disabled": 2,
    "kernel/kexec_load_disabled": 1,
    "kernel/perf_event_paranoid": 3,
    "kernel/sysrq": 0,
    "dev/tty/ldisc_autoload": 0,
    "net/core/bpf_jit_harden": 2,
    "vm/mmap_min_addr": 65536,
    "user/max_user_namespaces": 0,
    "fs/protected_fifos": 2,
    "fs/protected_regular": 2,
    "fs/suid_dumpable": 0,
    "fs/protected_hardlinks": 1,
    "fs/protected_symlinks": 1,
    "net/ipv4/ip_forward": 0,
    "net/ipv4/tcp_syncookies": 1,
    "net/ipv4/icmp_echo_ignore_broadcasts": 1,
    "net/ipv4/icmp_ignore_bogus_error_responses": 1,
    **{f"net/ipv4/conf/{name}/accept_redirects": 0 for name in ("all", "default", "eth0")},
    **{f"net/ipv4/conf/{name}/accept_source_route": 0 for name in ("all", "default", "eth0")},
    **{f"net/ipv4/conf/{name}/forwarding": 0 for name in ("all", "default", "eth0")},
    **{f"net/ipv4/conf/{name}/log_martians": 1 for name in ("all", "default", "eth0")},
    **{f"net/ipv4/conf/{name}/rp_filter": 1 for name in ("all", "default", "eth0")},
    **{f"net/ipv4/conf/{name}/secure_redirects": 0 for name in ("all", "default", "eth0")},
    **{f"net/ipv4/conf/{name}/send_redirects": 0 for name in ("all", "default", "eth0")},
    **{f"net/ipv6/conf/{name}/accept_ra": 0 for name in ("all", "default", "eth0")},
    **{f"net/ipv6/conf/{name}/accept_redirects": 0 for name in ("all", "default", "eth0")},
    **{f"net/ipv6/conf/{name}/accept_source_route": 0 for name in ("all", "default", "eth0")},
    **{f"net/ipv6/conf/{name}/disable_ipv6": 0 for name in ("all", "default", "eth0")},
    **{f"net/ipv6/conf/{name}/forwarding": 0 for name in ("all", "default", "eth0")},
}


def now(**changed: int | None) -> KernelNow:
    """Return the hardened kernel with parameters changed, or gone where None; two underscores stand for a slash."""
    values = {**HARDENED, **{name.replace("__", "/"): value for name, value in changed.items()}}
    return KernelNow({path: str(value) for path, value in values.items() if value is not None})


def boot(*unset: str, **changed: int) -> KernelAtBoot:
    """Return files that set the hardened values, without some of them and with others changed."""
    values = {**HARDENED, **{name.replace("__", "/"): value for name, value in changed.items()}}
    lines = (
        Assignment(path, str(value), "/etc/sysctl.d/60-hardening.conf:1")
        for path, value in values.items()
        if path not in unset and "/eth0/" not in path and path != "net/ipv4/conf/all/forwarding"  # same as ip_forward
    )
    return KernelAtBoot(tuple(lines))


RUNNING = {"view": "running"}

FILE = "/etc/sysctl.d/60-hardening.conf:1"
UNREAD = KernelAtBoot((), unread=("/etc/sysctl.d/99-local.conf",))
WRITTEN = {"view": "effective and written"}
FORWARDING = {"name": "net.ipv4.ip_forward", "allowed": frozenset({0})}


def files(*lines: tuple[str, str], idle: tuple[Assignment, ...] = ()) -> KernelAtBoot:
    """Return files that set net.ipv4.ip_forward: value and place of each line."""
    return KernelAtBoot(tuple(Assignment("net/ipv4/ip_forward", text, place) for text, place in lines), idle=idle)


UFW = (Assignment("net/ipv4/ip_forward", "1", "/etc/ufw/sysctl.conf:1"),)
WRITINGS = [
    Case(network.parameter, (now(), files(("0", FILE))), PASS, settings={**FORWARDING, **WRITTEN}),
    Case(network.parameter, (now(), files()), PASS, settings=FORWARDING, why="the kernel starts with it"),
    Case(network.parameter, (now(), files()), FAIL, settings={**FORWARDING, **WRITTEN}, why="it is not written down"),
    Case(
        network.parameter,
        (now(), files(("1", "/etc/sysctl.d/10.conf:1"), ("0", FILE))),
        FAIL,
        settings={**FORWARDING, **WRITTEN},
        why="two files contradict each other",
    ),
    Case(
        network.parameter,
        (now(), files(("1", "/etc/sysctl.d/10.conf:1"), ("0", FILE))),
        PASS,
        settings=FORWARDING,
        why="the last one counts",
    ),
    Case(
        network.parameter,
        (now(), files(("1", "/usr/lib/sysctl.d/10.conf:1"), ("0", FILE))),
        PASS,
        settings={**FORWARDING, **WRITTEN},
        why="the vendor's line gives way",
    ),
    Case(
        network.parameter,
        (now(), files(("0", FILE), idle=UFW)),
        FAIL,
        settings={**FORWARDING, **WRITTEN},
        why="ufw would change it once it is switched on",
    ),
    Case(network.parameter, (now(), UNREAD), DONT_KNOW, settings={**FORWARDING, **WRITTEN}, why="a file was not read"),
    Case(network.parameter, (now(), files(("yes", FILE))), DONT_KNOW, settings=FORWARDING, why="yes is no number"),
    Case(network.parameter, (now(net__ipv4__ip_forward=1), files(("0", FILE))), FAIL, settings=FORWARDING),
    Case(network.parameter, (now(), files()), NOT_HERE, why="the policy names nothing"),
    Case(
        network.parameter,
        (now(), files()),
        DONT_KNOW,
        settings={"name": "kernel.no_such", "allowed": frozenset({1})},
        why="it is not asked for",
    ),
    Case(network.parameter, (UNKNOWN, files()), DONT_KNOW, settings=FORWARDING),
]

ONES = [
    (network.ip_forwarding, "net__ipv4__ip_forward", 1),
    (network.syn_cookies, "net__ipv4__tcp_syncookies", 0),
    (network.broadcast_echo, "net__ipv4__icmp_echo_ignore_broadcasts", 0),
    (network.bogus_icmp, "net__ipv4__icmp_ignore_bogus_error_responses", 0),
    (memory.aslr, "kernel__randomize_va_space", 1),
    (memory.ptrace, "kernel__yama__ptrace_scope", 0),
    (memory.dmesg, "kernel__dmesg_restrict", 0),
    (memory.pointers, "kernel__kptr_restrict", 0),
    (memory.core_dumps_suid, "fs__suid_dumpable", 1),
    (memory.hard_links, "fs__protected_hardlinks", 0),
    (memory.symbolic_links, "fs__protected_symlinks", 0),
    (memory.unprivileged_bpf, "kernel__unprivileged_bpf_disabled", 0),
    (users.kexec, "kernel__kexec_load_disabled", 0),
    (users.performance_events, "kernel__perf_event_paranoid", -1),
    (users.shared_pipes, "fs__protected_fifos", 0),
    (users.shared_files, "fs__protected_regular", 0),
    (users.magic_keys, "kernel__sysrq", 1),
    (users.bpf_hardening, "net__core__bpf_jit_harden", 1),
    (users.low_memory, "vm__mmap_min_addr", 4096),
    (users.line_disciplines, "dev__tty__ldisc_autoload", 1),
    (users.secure_redirects, "net__ipv4__conf__default__secure_redirects", 1),
    (users.user_namespaces, "user__max_user_namespaces", 31231),
    (network.redirects_ignored, "net__ipv4__conf__default__accept_redirects", 1),
    (network.redirects_not_sent, "net__ipv4__conf__all__send_redirects", 1),
    (network.reverse_path, "net__ipv4__conf__all__rp_filter", 3),
    (network.ipv6_router_advertisements, "net__ipv6__conf__default__accept_ra", 1),
]

IN_GENERAL = [
    *(Case(check, (now(), boot()), PASS) for check, *_ in ONES),
    *(Case(check, (now(**{name: bad}), boot()), FAIL, why="it is wrong now") for check, name, bad in ONES),
    *(Case(check, (now(), boot(**{name: bad})), FAIL, why="it is wrong after a reboot") for check, name, bad in ONES),
    *(
        Case(check, (now(), boot(**{name: bad})), PASS, settings=RUNNING, why="only what runs is demanded")
        for check, name, bad in ONES
    ),
    *(Case(check, (UNKNOWN, boot()), DONT_KNOW) for check, *_ in ONES),
    *(Case(check, (now(), UNREAD), DONT_KNOW, why="a file cannot be read") for check, *_ in ONES),
]

ALL, OWN = "net__ipv4__conf__all__", "net__ipv4__conf__eth0__"

INTERFACES = [
    Case(network.ip_forwarding, (now(**{f"{OWN}forwarding": 1}), boot()), FAIL, ("net.ipv4.conf.eth0.forwarding",)),
    Case(
        network.ip_forwarding,
        (now(net__ipv4__ip_forward=1), boot()),
        NOT_HERE,
        settings={"router": True},
        why="it is a router",
    ),
    Case(network.ip_forwarding, (now(net__ipv6__conf__all__forwarding=1), boot()), FAIL, why="IPv6 is forwarded"),
    Case(
        network.redirects_ignored,
        (now(**{f"{OWN}accept_redirects": 1}), boot()),
        FAIL,
        ("net.ipv4.conf.eth0.accept_redirects",),
        why="one interface takes them, and the host does not forward",
    ),
    Case(
        network.redirects_ignored,
        (now(**{f"{OWN}accept_redirects": 1, "net__ipv4__ip_forward": 1}), boot()),
        PASS,
        why="a router needs both values to take them",
    ),
    Case(
        network.redirects_ignored,
        (now(net__ipv6__conf__eth0__accept_redirects=1), boot()),
        FAIL,
        ("net.ipv6.conf.eth0.accept_redirects",),
        why="for IPv6 the interface's own value counts",
    ),
    Case(
        network.redirects_not_sent,
        (now(**{f"{OWN}send_redirects": 1}), boot()),
        FAIL,
        ("net.ipv4.conf.eth0.send_redirects",),
        why="either value sends them",
    ),
    Case(network.source_route, (now(), boot()), PASS),
    Case(network.source_route, (now(**{f"{OWN}accept_source_route": 1}), boot()), PASS, why="both values are needed"),
    Case(
        network.source_route,
        (now(**{f"{OWN}accept_source_route": 1, f"{ALL}accept_source_route": 1}), boot()),
        FAIL,
        ("net.ipv4.conf.eth0.accept_source_route",),
    ),
    Case(network.source_route, (now(net__ipv6__conf__all__accept_source_route=-1), boot()), PASS, why="IPv6: -1"),
    Case(network.source_route, (now(), UNREAD), DONT_KNOW, why="a file cannot be read"),
    Case(network.reverse_path, (now(**{f"{OWN}rp_filter": 0}), boot()), PASS, why="the larger value counts"),
    Case(
        network.reverse_path,
        (now(**{f"{ALL}rp_filter": 0, f"{OWN}rp_filter": 0}), boot()),
        FAIL,
        ("net.ipv4.conf.eth0.rp_filter",),
        why="neither value is set",
    ),
    Case(
        network.reverse_path,
        (now(**{f"{OWN}rp_filter": 2}), boot()),
        FAIL,
        ("net.ipv4.conf.eth0.rp_filter",),
        settings={"modes": frozenset({1})},
        why="loose is larger than strict",
    ),
    Case(network.martians_logged, (now(), boot()), PASS),
    Case(network.martians_logged, (now(**{f"{OWN}log_martians": 0}), boot()), PASS, why="either value logs"),
    Case(network.martians_logged, (now(**{f"{OWN}log_martians": 0, f"{ALL}log_martians": 0}), boot()), FAIL),
    Case(network.martians_logged, (now(**{f"{ALL}log_martians": None}), boot()), DONT_KNOW, why="`all` is not shown"),
    Case(
        network.ipv6_router_advertisements,
        (now(**{f"net__ipv6__conf__{name}__disable_ipv6": 1 for name in ("all", "default", "eth0")}), boot()),
        NOT_HERE,
        why="IPv6 is off",
    ),
    Case(
        network.ipv6_router_advertisements,
        (now(net__ipv6__conf__eth0__accept_ra=2, net__ipv6__conf__all__forwarding=1), boot()),
        FAIL,
        ("net.ipv6.conf.eth0.accept_ra",),
        why="2 takes them on a router too",
    ),
]

VALUES = [
    Case(memory.ptrace, (now(kernel__yama__ptrace_scope=3), boot()), PASS, why="stricter than demanded"),
    Case(memory.ptrace, (now(kernel__yama__ptrace_scope=None), boot()), FAIL, why="the kernel has no Yama"),
    Case(memory.ptrace, (now(), boot("kernel/yama/ptrace_scope")), DONT_KNOW, why="no file keeps it"),
    Case(memory.aslr, (now(), boot("kernel/randomize_va_space")), PASS, why="the kernel's own default is right"),
    Case(
        network.redirects_not_sent,
        (now(), boot("net/ipv4/conf/all/send_redirects")),
        FAIL,
        ("net.ipv4.conf.default.send_redirects after a reboot",),
        why="no file keeps it",
    ),
    Case(
        memory.core_dumps_suid,
        (now(fs__suid_dumpable=2), boot(fs__suid_dumpable=2)),
        PASS,
        settings={"allowed": frozenset({0, 2})},
        why="the policy allows images for root",
    ),
    Case(memory.unprivileged_bpf, (now(kernel__unprivileged_bpf_disabled=None), boot()), NOT_HERE, why="no bpf"),
    Case(
        memory.unprivileged_bpf,
        (KernelNow({}, refused=frozenset({"kernel/unprivileged_bpf_disabled"})), boot()),
        DONT_KNOW,
        why="it may not be read",
    ),
]

IPV6_OFF = {f"net__ipv6__conf__{name}__disable_ipv6": 1 for name in ("all", "default", "eth0")}
OFF_AT_BOOT = boot("net/ipv6/conf/default/disable_ipv6", net__ipv6__conf__all__disable_ipv6=1)
CLONE, APPARMOR = "kernel__unprivileged_userns_clone", "kernel__apparmor_restrict_unprivileged_userns"
OTHER_WAYS = {"user__max_user_namespaces": 31231, CLONE: 0}
USERS = [
    Case(memory.prelink_absent, (Prelink(()),), PASS),
    Case(memory.prelink_absent, (Prelink(("/usr/sbin/prelink",)),), FAIL, ("/usr/sbin/prelink",)),
    Case(memory.prelink_absent, (UNKNOWN,), DONT_KNOW),
    Case(users.kexec, (now(kernel__kexec_load_disabled=None), boot()), NOT_HERE, why="no kexec"),
    Case(users.kexec, (now(), boot("kernel/kexec_load_disabled")), FAIL, why="no file keeps it"),
    Case(users.performance_events, (now(), boot("kernel/perf_event_paranoid")), PASS, why="the kernel starts with 2"),
    Case(users.performance_events, (now(kernel__perf_event_paranoid=None), boot()), NOT_HERE, why="no such events"),
    Case(users.performance_events, (now(kernel__perf_event_paranoid=2), boot()), FAIL, settings={"at_least": 3}),
    Case(users.shared_pipes, (now(), boot("fs/protected_fifos")), FAIL, why="no file keeps it"),
    Case(users.shared_files, (now(fs__protected_regular=None), boot()), FAIL, why="the kernel is too old"),
    Case(users.magic_keys, (now(kernel__sysrq=None), boot()), NOT_HERE, why="no such keys"),
    Case(users.magic_keys, (now(kernel__sysrq=176), boot(kernel__sysrq=16)), PASS, settings={"functions": 176}),
    Case(users.magic_keys, (now(kernel__sysrq=438), boot()), FAIL, settings={"functions": 176}, why="more are on"),
    Case(users.magic_keys, (now(kernel__sysrq=1), boot()), FAIL, settings={"functions": 177}, why="1 is all of them"),
    Case(users.magic_keys, (now(kernel__sysrq=1), boot()), PASS, settings={"functions": 1}, why="all are allowed"),
    Case(users.magic_keys, (now(), boot("kernel/sysrq")), DONT_KNOW, why="what the kernel starts with is not known"),
    Case(
        users.magic_keys,
        (now(), replace(boot("kernel/sysrq"), starts={"kernel/sysrq": 0x1B6})),
        FAIL,
        ("kernel.sysrq after a reboot",),
        why="the kernel was built with them",
    ),
    Case(users.bpf_hardening, (now(net__core__bpf_jit_harden=None), boot()), NOT_HERE, why="no compiler"),
    Case(
        users.bpf_hardening,
        (KernelNow({}, refused=frozenset({"net/core/bpf_jit_harden"})), boot()),
        DONT_KNOW,
        why="only root may read it",
    ),
    Case(users.secure_redirects, (now(**{f"{OWN}secure_redirects": 1}), boot()), FAIL, why="either value is heeded"),
    Case(users.secure_redirects, (now(), boot("net/ipv4/conf/all/secure_redirects")), FAIL, why="it starts with 1"),
    Case(users.ipv6_off, (now(**IPV6_OFF), OFF_AT_BOOT), PASS),
    Case(users.ipv6_off, (now(), boot()), FAIL, why="it is on"),
    Case(users.ipv6_off, (now(**{**IPV6_OFF, "net__ipv6__conf__eth0__disable_ipv6": 0}), OFF_AT_BOOT), FAIL, ("eth0",)),
    Case(users.ipv6_off, (now(**{**IPV6_OFF, "net__ipv6__conf__default__disable_ipv6": None}), OFF_AT_BOOT), DONT_KNOW),
    Case(users.ipv6_off, (now(**IPV6_OFF), boot(net__ipv6__conf__all__disable_ipv6=1)), FAIL, why="default is 0 again"),
    Case(users.ipv6_off, (now(**IPV6_OFF), boot()), FAIL, why="a file switches it on"),
    Case(users.ipv6_off, (KernelNow({}), boot()), NOT_HERE, why="the kernel has no IPv6"),
    Case(users.ipv6_off, (UNKNOWN, boot()), DONT_KNOW),
    Case(users.user_namespaces, (now(**OTHER_WAYS), boot(**OTHER_WAYS)), PASS, why="Debian's own way is taken"),
    Case(
        users.user_namespaces,
        (now(**{**OTHER_WAYS, CLONE: 1, APPARMOR: 1}), boot(**{**OTHER_WAYS, CLONE: 1, APPARMOR: 1})),
        PASS,
        why="AppArmor decides",
    ),
    Case(users.user_namespaces, (now(**{**OTHER_WAYS, CLONE: 1}), boot()), FAIL, ("user namespaces",)),
    Case(users.user_namespaces, (now(), boot("user/max_user_namespaces")), FAIL, why="it starts with thousands"),
    Case(
        users.user_namespaces,
        (now(**OTHER_WAYS), boot("user/max_user_namespaces")),
        DONT_KNOW,
        why="what the kernel starts with is not known",
    ),
    Case(users.user_namespaces, (now(user__max_user_namespaces=None), boot()), NOT_HERE, why="no namespaces"),
]

CASES: list[Case] = [*IN_GENERAL, *INTERFACES, *VALUES, *WRITINGS, *USERS]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case):
    """Each case has the verdict that is right."""
    case.assert_right()
