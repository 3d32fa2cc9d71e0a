"""What is read of kernel modules."""

import shlex
import subprocess

import pytest

from auditor.errors import NotPresent, Unreadable
from auditor.facts.modules import _AVAILABLE, ASKED, KernelModules, kernel_modules
from tests.make import fact, refused

ETC, USR = "/etc/modprobe.d", "/usr/lib/modprobe.d"
FALSE = "install sctp /bin/false"
LOADED = "[loaded]\n|nf_tables\n|uas\n"


def text(files: dict[str, str], loaded: str = LOADED, built: str = "", more: str = "") -> str:
    """Return an answer with these files, and these names below `[loaded]` and `[builtin]`."""
    shown = "".join(
        f"[file {path}]\n" + "".join(f"|{line}\n" for line in lines.split("\n")) for path, lines in files.items()
    )
    return f"{shown}{loaded}[builtin]\n{built}{more}[end]\n"


def modules(files: dict[str, str], **more: str) -> KernelModules:
    """Return the fact read from these files."""
    read = fact(kernel_modules, text(files, **more))
    assert isinstance(read, KernelModules)
    return read


@pytest.mark.parametrize(
    ("files", "refuses"),
    [
        ({f"{ETC}/a.conf": FALSE}, True),
        ({f"{USR}/a.conf": "\tinstall\tsctp  /usr/bin/true  "}, True),
        ({f"{ETC}/a.conf": "install sctp \\\n/bin/true"}, True),
        ({f"{ETC}/a.conf": f"#{FALSE}"}, False),
        ({f"{ETC}/a.conf": "INSTALL sctp /bin/false"}, False),
        ({f"{ETC}/a.conf": "install sctp_diag /bin/false"}, False),
        ({f"{ETC}/a.conf": "install sct* /bin/false"}, True),
        ({f"{ETC}/a.conf": "install sctp /bin/true || /sbin/insmod sctp.ko"}, False),
        ({f"{ETC}/a.conf": "install sctp /bin/false # nobody needs it"}, True),
        ({f"{ETC}/a.conf": 'install sctp "/bin/false"'}, True),
        ({f"{ETC}/a.conf": "install sctp /bin/false; /sbin/insmod sctp.ko"}, False),
        ({f"{ETC}/a.conf": "install sctp # /bin/false"}, False),
        ({f"{ETC}/a.conf": "install sctp '/bin/false"}, False),
        ({f"{ETC}/a.conf": "alias sctp off"}, False),
        ({f"{ETC}/a.conf": "install sctp"}, False),
        ({f"{ETC}/a.conf": "blacklist sctp"}, False),
        ({f"{ETC}/a.cfg": FALSE}, False),
        ({f"{USR}/a.conf": FALSE, f"{ETC}/a.conf": "# nothing"}, False),
        ({f"{ETC}/a.conf": "install sctp /sbin/modprobe -i sctp", f"{ETC}/b.conf": FALSE}, False),
        ({f"{ETC}/b.conf": "install sctp /sbin/modprobe -i sctp", f"{USR}/a.conf": FALSE}, True),
    ],
)
def test_what_modprobe_refuses_to_load(files: dict[str, str], refuses: bool) -> None:  # noqa: FBT001
    """The first line that fits counts, a nearer file hides one of its name, and only true and false refuse."""
    assert refuses is modules(files).refused("sctp")


def test_a_dash_is_an_underscore() -> None:
    """The kernel knows one spelling only."""
    read = modules({f"{ETC}/a.conf": "install usb-storage /bin/true"}, built="|kernel/fs/some-fs/some-fs.ko\n")

    assert (True, frozenset({"some_fs"})) == (read.refused("usb_storage"), read.built_in)


def test_what_is_loaded_and_unread() -> None:
    """Files that may not be read are named."""
    read = modules({}, more="[unread /etc/modprobe.d/a.conf]\n")

    assert ({"nf_tables", "uas"}, ("/etc/modprobe.d/a.conf",)) == (read.loaded, read.unread)


def test_what_the_kernel_does_not_have() -> None:
    """Its own list tells, with either spelling; without that list nothing is known to be absent."""
    listed = "[available]\n|usb-storage\n|udf\n"

    assert {"usb_storage", "udf"} == set(ASKED) - modules({}, more=listed).absent
    assert modules({}).absent == frozenset()


def test_what_the_kernel_s_command_line_bars() -> None:
    """Whatever asks for it."""
    assert {"sctp", "usb_storage", "udf"} == modules({}, more="[barred sctp,usb-storage]\n[barred udf]\n").barred


def test_only_modules_with_that_very_name_are_listed() -> None:
    """Tried with sed: dependencies and longer names are no lines of their own."""
    listing = (
        "kernel/net/sctp/sctp.ko.xz: kernel/fs/udf/udf.ko.xz\nkernel/net/sctp/sctp_diag.ko.xz: kernel/net/sctp.ko.xz\n"
        "kernel/drivers/usb/storage/usb-storage.ko.zst:\nextra/hfs.ko: \nkernel/x/hfs.ko/y.ko:\n"
    )
    done = subprocess.run(shlex.split(_AVAILABLE), input=listing, capture_output=True, text=True, check=True)

    assert ["|sctp", "|usb-storage", "|hfs"] == done.stdout.split()


def test_a_kernel_without_modules() -> None:
    """Then there is nothing to keep from loading; with modprobe the files still say what will be."""
    assert isinstance(refused(kernel_modules, text({}, loaded="")), NotPresent)
    assert fact(kernel_modules, text({}, loaded="", more="[modprobe /sbin/modprobe]\n")).loaded == frozenset()


@pytest.mark.parametrize("broken", ["", "<html>", text({})[:-6], text({}, loaded="[loaded]\n|<b>no</b>\n")])
def test_anything_else_is_unknown(broken: str) -> None:
    """Garbage is no empty list."""
    assert isinstance(refused(kernel_modules, broken), Unreadable)
