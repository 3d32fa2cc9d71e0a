"""What is read of kernel parameters, now and at boot."""

import pytest

from auditor.errors import Unreadable
from auditor.facts.kernel import KernelAtBoot, KernelNow, kernel_at_boot, kernel_now
from auditor.facts.sysctl import parameter_path
from tests.make import fact, refused

NOW = """[values]
|kernel/randomize_va_space:2
|fs/suid_dumpable:0
|net/ipv4/ip_forward:0
|net/ipv4/conf/all/rp_filter:0
|net/ipv4/conf/default/rp_filter:0
|net/ipv4/conf/eth0.100/rp_filter:1
|net/ipv4/conf/lo/rp_filter:0
|kernel/core_pattern:|/usr/lib/systemd/systemd-coredump %P %u %g %s %t %c %h
|grep: kernel/yama/ptrace_scope: No such file or directory
|grep: kernel/unprivileged_bpf_disabled: Permission denied
[end]
"""


def now(text: str = NOW) -> KernelNow:
    read = fact(kernel_now, text)
    assert isinstance(read, KernelNow)
    return read


def boot(files: dict[str, str], *more: str) -> KernelAtBoot:
    """Return what files set at boot, with these further lines in the answer."""
    shown = "".join(
        f"[file {path}]\n" + "".join(f"|{line}\n" for line in text.splitlines()) + "\n" for path, text in files.items()
    )
    read = fact(kernel_at_boot, "\n".join([*more, shown + "[built]", "[end]", ""]))
    assert isinstance(read, KernelAtBoot)
    return read


SYSTEMD = "[systemd /usr/lib/systemd/systemd-sysctl]"
ETC, USR = "/etc/sysctl.d", "/usr/lib/sysctl.d"
FORWARD, SUID = "net/ipv4/ip_forward", "fs/suid_dumpable"


def test_interfaces_keep_the_dots_in_their_names():
    """A VLAN interface is called eth0.100; splitting names at dots would lose it."""
    assert (now().interfaces("ipv4"), now().number("net/ipv4/conf/eth0.100/rp_filter")) == (("eth0.100",), 1)


def test_missing_and_refused_are_not_the_same():
    """A kernel without Yama, and an account that may not read."""
    read = now()

    assert read.number("kernel/yama/ptrace_scope") is None
    assert frozenset({"kernel/unprivileged_bpf_disabled"}) == read.refused


@pytest.mark.parametrize(
    "text",
    ["", "<html>", NOW[:80], "[values]\n|bash: grep: command not found\n[end]\n", "[values]\n[end]\n"],
)
def test_anything_else_is_unknown(text: str):
    """Never a kernel full of defaults."""
    assert isinstance(refused(kernel_now, text), Unreadable)


@pytest.mark.parametrize("text", ["", "<html>", "[built]\n", f"{SYSTEMD}\n[end]\n"])
def test_half_an_answer_tells_nothing_about_boot(text: str):
    """Each part that was asked for has to be there."""
    assert isinstance(refused(kernel_at_boot, text), Unreadable)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("net.ipv4.ip_forward", "net/ipv4/ip_forward"),
        ("net/ipv4/ip_forward", "net/ipv4/ip_forward"),
        ("net.ipv4.conf.eth0/100.rp_filter", "net/ipv4/conf/eth0.100/rp_filter"),
        ("net/ipv4/conf/eth0.100/rp_filter", "net/ipv4/conf/eth0.100/rp_filter"),
    ],
)
def test_names_are_spelled_with_dots_or_slashes(name: str, path: str):
    """The first separator decides (sysctl.d(5))."""
    assert path == parameter_path(name)


@pytest.mark.parametrize(
    ("files", "value"),
    [
        ({f"{ETC}/10-a.conf": "net.ipv4.ip_forward = 1"}, 1),
        ({f"{ETC}/10-a.conf": "net.ipv4.ip_forward=1\nnet.ipv4.ip_forward=0"}, 0),
        ({f"{ETC}/10-a.conf": "net.ipv4.ip_forward=0", f"{USR}/50-b.conf": "net/ipv4/ip_forward = 1"}, 1),
        ({f"{ETC}/50-a.conf": "net.ipv4.ip_forward=0", f"{USR}/50-a.conf": "net.ipv4.ip_forward=1"}, 0),
        ({f"{ETC}/50-a.conf": "", f"{USR}/50-a.conf": "net.ipv4.ip_forward=1"}, 0),
        ({f"{ETC}/9-a.conf": "net.ipv4.ip_forward=1", f"{ETC}/10-a.conf": "net.ipv4.ip_forward=0"}, 1),
        ({f"{ETC}/10-a.conf": "#net.ipv4.ip_forward=1\n ; net.ipv4.ip_forward=1"}, 0),
        ({f"{ETC}/10-a.conf": "-net.ipv4.ip_forward = 1 # router"}, 1),
        ({f"{ETC}/10-a": "net.ipv4.ip_forward=1", f"{ETC}/a.conf.bak": "net.ipv4.ip_forward=1"}, 0),
        ({f"{ETC}/10-a.conf": "net.ipv4.conf.all.forwarding=1"}, 1),
        ({f"{ETC}/10-a.conf": "net.ipv4.conf.all.forwarding=1\nnet.ipv4.ip_forward=0"}, 0),
        ({"/etc/sysctl.conf": "net.ipv4.ip_forward=1"}, 0),
    ],
)
def test_the_last_file_by_name_counts(files: dict[str, str], value: int):
    """Same name: the earlier directory replaces; else the order of the names; else the kernel's own default."""
    assert value == boot(files, SYSTEMD).number(FORWARD)


def test_sysctl_conf_is_read_last_without_systemd():
    """OpenRC and others run sysctl --system."""
    files = {f"{ETC}/99-z.conf": "net.ipv4.ip_forward=0", "/etc/sysctl.conf": "net.ipv4.ip_forward=1"}

    assert boot(files).number(FORWARD) == 1


def test_a_link_to_sysctl_conf_is_read_in_its_place():
    """Debian 12 has 99-sysctl.conf, which a later name overrules."""
    files = {f"{ETC}/99-sysctl.conf": "fs.suid_dumpable=2", f"{ETC}/99-z.conf": "fs.suid_dumpable=0"}

    assert boot({**files, "/etc/sysctl.conf": "fs.suid_dumpable=2"}, f"[linked {ETC}/99-sysctl.conf]").number(SUID) == 0


@pytest.mark.parametrize(
    ("lines", "interface", "value"),
    [
        ("net.ipv4.conf.*.rp_filter=2", "eth0", 2),
        ("net.ipv4.conf.*.rp_filter=2\n-net.ipv4.conf.all.rp_filter", "all", None),
        ("net.ipv4.conf.eth0.rp_filter=0\nnet.ipv4.conf.*.rp_filter=2", "eth0", 0),
        ("net.ipv4.conf.e*.rp_filter=1", "lo", None),
        ("net.ipv4.conf.eth[0-3].rp_filter=1", "eth2", 1),
        ("net.ipv4.conf.eth[0-3].rp_filter=1", "eth4", None),
        ("net.ipv4.conf.eth?.rp_filter=1", "eth0", 1),
        ("net.ipv4.*.rp_filter=1", "eth0", None),
    ],
)
def test_wildcards_yield_to_names(lines: str, interface: str, value: int | None):
    """An explicit name beats a wildcard whatever the order; a name after a minus is kept from it."""
    read = boot({f"{ETC}/50-default.conf": lines}, SYSTEMD)
    defaults = {"all": 0, "default": 0}

    assert (defaults.get(interface) if value is None else value) == read.number(f"net/ipv4/conf/{interface}/rp_filter")


def test_lines_of_files_that_nothing_applies_are_written_all_the_same():
    """A ufw that is off and a sysctl.conf without a link set nothing, and yet contradict what does."""
    read = boot(
        {
            f"{ETC}/60-a.conf": "net.ipv4.ip_forward=0",
            "/etc/sysctl.conf": "net.ipv4.ip_forward = 1 # by hand",
            "/etc/ufw/sysctl.conf": "net/ipv4/ip_forward=on",
        },
        SYSTEMD,
    )

    assert (0, (0, 1, None)) == (read.number(FORWARD), read.written(FORWARD))


def test_the_vendor_s_lines_give_way_to_the_host_s_own():
    """A line below /usr/lib says nothing where /etc has one; alone, or as a wildcard, it counts."""
    both = boot({f"{USR}/50-a.conf": f"{SUID}=2", f"{ETC}/60-a.conf": f"{SUID}=0"})
    alone = boot({f"{USR}/50-a.conf": f"{SUID}=2"})
    wild = boot({f"{USR}/50-a.conf": "net.ipv4.conf.*.rp_filter=2"})

    assert ((0,), (2,), (2,), ()) == (
        both.written(SUID),
        alone.written(SUID),
        wild.written("net/ipv4/conf/all/rp_filter"),
        wild.written(SUID),
    )


@pytest.mark.parametrize(("enabled", "value"), [("yes", 1), ("no", 0)])
def test_a_ufw_that_is_on_sets_parameters_after_all_others(enabled: str, value: int):
    """Its own file counts only when ufw is enabled and told to use it."""
    files = {
        f"{ETC}/99-z.conf": "net.ipv4.ip_forward=0",
        "/etc/ufw/ufw.conf": f"ENABLED={enabled}",
        "/etc/default/ufw": "IPT_SYSCTL=/etc/ufw/sysctl.conf",
        "/etc/ufw/sysctl.conf": "net/ipv4/ip_forward=1",
    }

    assert value == boot(files, SYSTEMD).number(FORWARD)


def test_what_is_not_configured_and_has_no_fixed_default_is_not_known():
    """Whether dmesg is restricted depends on how the kernel was built, which its build configuration tells."""
    text = f"{SYSTEMD}\n[built]\n|CONFIG_SECURITY_DMESG_RESTRICT=y\n[end]\n"
    read = fact(kernel_at_boot, text)
    assert isinstance(read, KernelAtBoot)

    assert (read.number("kernel/dmesg_restrict"), boot({}, SYSTEMD).number("kernel/dmesg_restrict")) == (1, None)


@pytest.mark.parametrize(
    ("line", "path", "value"),
    [
        ("CONFIG_DEFAULT_MMAP_MIN_ADDR=65536", "vm/mmap_min_addr", 65536),
        ("CONFIG_MAGIC_SYSRQ_DEFAULT_ENABLE=0x1b6", "kernel/sysrq", 438),
        ("# CONFIG_LDISC_AUTOLOAD is not set", "dev/tty/ldisc_autoload", 0),
        ("CONFIG_BPF_UNPRIV_DEFAULT_OFF=y", "kernel/unprivileged_bpf_disabled", 2),
        ("# CONFIG_BPF_UNPRIV_DEFAULT_OFF is not set", "kernel/unprivileged_bpf_disabled", 0),
        ("CONFIG_OTHER_LDISC_AUTOLOAD=y", "dev/tty/ldisc_autoload", None),
    ],
)
def test_a_kernel_s_build_configuration_tells_what_it_starts_with(line: str, path: str, value: int | None):
    """Numbers in both notations, switches, and one switch that stands for 2."""
    read = fact(kernel_at_boot, f"{SYSTEMD}\n[built]\n|{line}\n[end]\n")
    assert isinstance(read, KernelAtBoot)

    assert value == read.number(path)


def test_a_kernel_s_command_line_tells_what_it_starts_with():
    """Files are applied afterwards, and count."""
    more = (SYSTEMD, "[start net.ipv4.ip_forward=1]", "[start kernel/sysrq=0x10]", "[start kernel.sysrq_no=x]")

    assert (1, 16) == (boot({}, *more).number(FORWARD), boot({}, *more).number("kernel/sysrq"))
    assert boot({f"{ETC}/a.conf": "net.ipv4.ip_forward=0"}, *more).number(FORWARD) == 0


def test_a_file_that_cannot_be_read_is_named():
    """It may set anything."""
    assert (f"{ETC}/99-secret.conf",) == boot({}, SYSTEMD, f"[unread {ETC}/99-secret.conf]").unread


@pytest.mark.parametrize(("text", "value"), [("0x1", 1), ("010", 8), ("1 # on", 1), ("on", None), ("", None)])
def test_values_are_read_as_the_kernel_reads_them(text: str, value: int | None):
    """It stops at a blank, and takes hexadecimal and octal."""
    assert value == boot({f"{ETC}/a.conf": f"kernel.kptr_restrict={text}"}, SYSTEMD).number("kernel/kptr_restrict")
