"""What is read of the keyboard: Ctrl-Alt-Del and maintenance shells."""

import pytest

from auditor.errors import NotPresent, Unreadable
from auditor.facts.console import Console, console
from tests.make import fact, refused

ETC, USR = "/etc/systemd/system", "/usr/lib/systemd/system"
# As systemd 252 ships it.
RESCUE = "[Service]\nEnvironment=HOME=/root\nExecStart=-/lib/systemd/systemd-sulogin-shell rescue\n"
SHIPPED = {f"{USR}/rescue.service": RESCUE, f"{USR}/emergency.service": RESCUE.replace("rescue", "emergency")}
KEYS = f"[keys {USR}/ctrl-alt-del.target]\n"


def text(files: dict[str, str], *, keys: str = KEYS, systemd: str = "[systemd]\n") -> str:
    shown = "".join(
        f"[file {path}]\n" + "".join(f"|{line}\n" for line in content.splitlines()) for path, content in files.items()
    )
    return f"{systemd}{keys}[console]\n{shown}[end]\n"


def read(files: dict[str, str], *, keys: str = KEYS, systemd: str = "[systemd]\n") -> Console:
    found = fact(console, text(files, keys=keys, systemd=systemd))
    assert isinstance(found, Console)
    return found


@pytest.mark.parametrize(("keys", "does"), [(KEYS, "ctrl-alt-del.target"), ("[keys masked]\n", ""), ("", "")])
def test_what_the_keys_do(keys: str, does: str) -> None:
    """They restart unless the target is masked or not there."""
    assert does == read({}, keys=keys).keys


@pytest.mark.parametrize(
    ("files", "burst"),
    [
        ({}, "reboot-force"),
        ({"/etc/systemd/system.conf": "[Manager]\n#CtrlAltDelBurstAction=none"}, "reboot-force"),
        ({"/etc/systemd/system.conf": "[Manager]\nCtrlAltDelBurstAction=none"}, "none"),
        (
            {
                "/etc/systemd/system.conf": "[Manager]\nCtrlAltDelBurstAction=none",
                "/etc/systemd/system.conf.d/a.conf": "[Manager]\nCtrlAltDelBurstAction=poweroff-force",
            },
            "poweroff-force",
        ),
        ({"/etc/systemd/system.conf": "[Service]\nCtrlAltDelBurstAction=none"}, "reboot-force"),
    ],
)
def test_what_pressing_them_often_does(files: dict[str, str], burst: str) -> None:
    """Systemd's default restarts; drop-ins count, and comments and other sections do not."""
    assert burst == read(files).burst


@pytest.mark.parametrize(
    ("files", "commands"),
    [
        (SHIPPED, ("-/lib/systemd/systemd-sulogin-shell rescue",)),
        ({**SHIPPED, f"{ETC}/rescue.service": "[Service]\nExecStart=/bin/bash\n"}, ("/bin/bash",)),
        (
            {**SHIPPED, f"{ETC}/rescue.service.d/a.conf": "[Service]\nExecStart=\nExecStart=-/bin/sh\n"},
            ("-/bin/sh",),
        ),
        (
            {**SHIPPED, f"{ETC}/rescue.service.d/a.conf": "[Service]\nExecStart=-/bin/sh\n"},
            ("-/lib/systemd/systemd-sulogin-shell rescue", "-/bin/sh"),
        ),
    ],
)
def test_what_maintenance_runs(files: dict[str, str], commands: tuple[str, ...]) -> None:
    """A unit in /etc replaces the vendor's, a drop-in adds, and an empty line takes back."""
    assert commands == read(files).shells["rescue"]


def test_a_masked_mode_is_none() -> None:
    """An empty file, or a link to /dev/null."""
    assert set(read({**SHIPPED, f"{ETC}/rescue.service": ""}).shells) == {"emergency"}


@pytest.mark.parametrize(
    ("line", "forced"),
    [
        ("Environment=SYSTEMD_SULOGIN_FORCE=1", True),
        ('Environment="A=b" "SYSTEMD_SULOGIN_FORCE=yes"', True),
        ("Environment=SYSTEMD_SULOGIN_FORCE=0", False),
        ("Environment=SYSTEMD_SULOGIN_FORCE=1\nEnvironment=", False),
        ("#Environment=SYSTEMD_SULOGIN_FORCE=1", False),
    ],
)
def test_a_shell_without_a_password(line: str, *, forced: bool) -> None:
    """Where root has none, this gives a shell to anybody."""
    files = {**SHIPPED, f"{ETC}/emergency.service.d/a.conf": f"[Service]\n{line}\n"}

    assert (("emergency",) if forced else ()) == read(files).forced


@pytest.mark.parametrize(
    ("inittab", "keys"),
    [
        ("::ctrlaltdel:/sbin/reboot\n", "/sbin/reboot"),
        ("ca:12345:ctrlaltdel:/sbin/shutdown -t1 -a -r now\n", "/sbin/shutdown -t1 -a -r now"),
        ("#::ctrlaltdel:/sbin/reboot\n::respawn:/sbin/getty\n", ""),
    ],
)
def test_without_systemd_inittab_decides(inittab: str, keys: str) -> None:
    """Of busybox and of sysvinit."""
    assert Console(keys) == read({"/etc/inittab": inittab}, keys="", systemd="")


def test_no_init_system_at_all() -> None:
    """A container runs one program."""
    assert isinstance(refused(console, text({}, keys="", systemd="")), NotPresent)
    assert isinstance(refused(console, text({}, keys="[unread /etc/inittab]\n", systemd="")), Unreadable)


@pytest.mark.parametrize("broken", ["", "<html>", text(SHIPPED)[:-6], "[systemd]\n[end]\n"])
def test_anything_else_is_unknown(broken: str) -> None:
    """Half an answer proves nothing."""
    assert isinstance(refused(console, broken), Unreadable)
