"""What is read of boot loaders and of the kernel's command line; the text is what awk leaves of the files."""

import shutil
import subprocess
from pathlib import Path

import pytest

from auditor.errors import NotPresent, Unreadable
from auditor.facts.boot import _AWK, BootLoader, Grub, KernelWords, boot_loader, kernel_words
from tests.make import fact, refused

HASH = f"grub.pbkdf2.sha512.10000.{'AB' * 64}.{'CD' * 64}"
HEADER = "[config /proc/cmdline]\n|linux audit=1\n"
GRUB = "/boot/grub/grub.cfg"
DEBIAN = (
    f'{HEADER}[config {GRUB}]\n|set superusers="root"\n|password_pbkdf2 root hashed\n'
    "|menuentry\n|linux audit=1\n[end]\n"
)
RHEL = (
    HEADER + '[config /boot/grub2/grub.cfg]\n|set superusers="root"\n|password_pbkdf2 root user.cfg\n|blscfg\n'
    "[config /boot/efi/EFI/redhat/grub.cfg]\n|configfile\n{}[end]\n"
)
USER_CFG = "[config /boot/grub2/user.cfg]\n|GRUB2_PASSWORD\n"
# A grub.cfg in the words of grub-mkconfig, with what people get wrong around it.
WRITTEN = f"""# set superusers="nobody"
if [ x$feature_default_font_path = xy ] ; then
   font=unicode
fi
\tset superusers="root admin"
export superusers
password_pbkdf2 root {HASH}
password_pbkdf2 admin grub.pbkpdf2.sha512.10000.AB.CD
#password_pbkdf2 admin {HASH}
password guest Summer2026
menuentry 'Debian GNU/Linux' --class debian --unrestricted {{
\tlinux\t/boot/vmlinuz-6.1.0-18-amd64 root=UUID=1 ro quiet audit=1 systemd.set_credential=a:b init=/bin/bash
}}
"""


def loader(text: str) -> BootLoader:
    read = fact(boot_loader, text)
    assert isinstance(read, BootLoader)
    return read


def words(text: str) -> KernelWords:
    read = fact(kernel_words, text)
    assert isinstance(read, KernelWords)
    return read


@pytest.mark.parametrize("program", [["awk"], ["mawk"], ["gawk"], ["busybox", "awk"]], ids=" ".join)
def test_what_awk_leaves_of_a_file(program: list[str], tmp_path: Path) -> None:
    """No hash, no password, no word that may be a secret; comments are no lines, and a misspelt hash is none."""
    if shutil.which(program[0]) is None:
        pytest.skip(f"{program[0]} is not installed")
    (tmp_path / "grub.cfg").write_text(WRITTEN)
    done = subprocess.run(
        [*program, _AWK, str(tmp_path / "grub.cfg")], capture_output=True, text=True, check=True, env={"LC_ALL": "C"}
    )

    assert done.stderr == ""
    assert done.stdout.splitlines()[1:] == [
        '|set superusers="root admin"',
        "|password_pbkdf2 root hashed",
        "|password_pbkdf2 admin unusable",
        "|password guest",
        "|menuentry",
        "|linux audit=1 init=/bin/bash",
    ]


def test_a_password_of_debian_stands_in_the_configuration() -> None:
    """Names in quotes, and the kind of each password."""
    assert (Grub(GRUB, ("root",), {"root": "hashed"}),) == loader(DEBIAN).grubs


@pytest.mark.parametrize(("beside", "kind"), [(USER_CFG, "hashed"), ("", "not usable")])
def test_a_password_of_rhel_stands_beside_it(beside: str, kind: str) -> None:
    """The variable is empty where user.cfg does not set it; the EFI file only leads on, and is none of its own."""
    assert (Grub("/boot/grub2/grub.cfg", ("root",), {"root": kind}),) == loader(RHEL.format(beside)).grubs  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("lines", "superusers"),
    [
        ("|set superusers=root,admin;ops|x&y\n", ("root", "admin", "ops", "x", "y")),
        ("|set superusers='root'\n|unset superusers\n", ()),
        ('|set superusers=""\n', ()),
        ('|set superusers="a"\n|set superusers="b"\n', ("b",)),
    ],
)
def test_who_may_edit(lines: str, superusers: tuple[str, ...]) -> None:
    """Each separator, the last line, and a name taken back."""
    assert superusers == loader(f"{HEADER}[config {GRUB}]\n{lines}|menuentry\n[end]\n").grubs[0].superusers


def test_a_custom_configuration_is_read_after_the_main_one() -> None:
    """GRUB sources it at the end."""
    read = loader(DEBIAN.replace("[end]", '[config /boot/grub/custom.cfg]\n|set superusers="x"\n|password x\n[end]'))

    assert read.grubs[0] == Grub(GRUB, ("x",), {"root": "hashed", "x": "in clear"})


@pytest.mark.parametrize(
    ("lines", "editor"), [("", True), ("|editor no\n", False), ("|editor no\n|editor yes\n", True)]
)
def test_systemd_boot_lets_anybody_edit_unless_told_otherwise(lines: str, *, editor: bool) -> None:
    """The last line counts."""
    read = loader(f"{HEADER}[config /boot/loader/loader.conf]\n{lines}[end]\n")

    assert (("/boot/loader/loader.conf",), editor) == (read.systemd_boot, bool(read.editable))


def test_no_boot_loader_at_all() -> None:
    """A container, or a virtual machine that its hypervisor starts."""
    assert isinstance(refused(boot_loader, f"{HEADER}[end]\n"), NotPresent)
    assert loader(f"{HEADER}[other /boot/extlinux.conf]\n[end]\n").others == ("/boot/extlinux.conf",)
    assert loader(f"{HEADER}[unread /boot/grub2]\n[end]\n").unread == ("/boot/grub2",)


def test_words_now_and_of_each_entry() -> None:
    """Also where a boot loader's entry takes them out of a variable."""
    entry = "[config /boot/loader/entries/a.conf]\n|linux $kernelopts init=/bin/sh\n"
    env = "[config /boot/grub2/grubenv]\n|kernelopts audit=1 selinux=0\n"

    assert (("audit=1",), ((GRUB, ("audit=1",)),)) == (words(DEBIAN).running, words(DEBIAN).entries)
    assert words(HEADER + env + entry + "[end]\n").entries[0][1] == ("audit=1", "selinux=0", "init=/bin/sh")
    assert words(HEADER + entry + "[end]\n").entries[0][1] is None


BROKEN = ["", "<html>", DEBIAN[:-6], f"{HEADER}[config {GRUB}]\n|search --no-floppy\n[end]\n"]


@pytest.mark.parametrize("broken", BROKEN)
def test_anything_else_is_unknown(broken: str) -> None:
    """Half an answer, or lines that awk would not have left."""
    assert isinstance(refused(boot_loader, broken), Unreadable)
    assert isinstance(refused(kernel_words, broken), Unreadable)


def test_a_kernel_that_does_not_show_its_command_line() -> None:
    """Then nothing is known of it."""
    assert isinstance(refused(kernel_words, f"[config {GRUB}]\n|menuentry\n[end]\n"), Unreadable)
