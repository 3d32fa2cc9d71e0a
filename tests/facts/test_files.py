"""What is read of files' owners and modes."""

import pytest

from auditor.errors import Unreadable
from auditor.facts.files import Files, files
from tests.make import fact, refused

SHOWN = """[files]
|644|0|0|root|root|regular file|/etc/passwd
|640|0|42|root|shadow|regular file|/etc/shadow
|1777|0|0|root|root|directory|/tmp
|2775|0|50|root|staff|directory|/usr/local/bin
|600|0|0|root|root|regular empty file|/etc/security/opasswd
|440|0|0|root|root|regular file|/etc/sudoers.d/a|b c
|stat: cannot statx '/etc/crontab': No such file or directory
|stat: can't stat '/etc/motd': No such file or directory
|stat: cannot statx '/boot/grub2/grub.cfg': Permission denied
|stat: can't stat '/etc/audit/auditd.conf': Permission denied
[marked]
|/etc/shadow
[hidden /etc/sudoers.d]
[end]
"""


def shown(text: str = SHOWN) -> Files:
    read = fact(files, text)
    assert isinstance(read, Files)
    return read


def test_modes_are_octal_and_keep_set_id_and_sticky():
    """Four digits where there are four."""
    found = shown().found

    assert (found["/etc/passwd"].mode, found["/tmp"].mode, found["/usr/local/bin"].mode) == (0o644, 0o1777, 0o2775)


def test_a_name_may_contain_the_separator():
    """The name stands last, so whatever it contains is part of it."""
    assert [file.path for file in shown().matching("/etc/sudoers.d/*")] == ["/etc/sudoers.d/a|b c"]


def test_missing_is_not_hidden():
    """GNU and busybox word it differently; both tell missing from forbidden."""
    read = shown()

    assert read.hidden == ("/etc/sudoers.d", "/boot/grub2/grub.cfg", "/etc/audit/auditd.conf")
    assert not list(read.matching("/etc/crontab", "/etc/motd"))


def test_what_lies_in_a_hidden_folder_is_hidden():
    """A pattern that finds nothing in a folder that cannot be listed proves nothing."""
    assert shown().hidden_of("/etc/sudoers.d/*") == ("/etc/sudoers.d",)


def test_access_control_lists_are_marked():
    """The mode shows only their mask."""
    found = shown().found

    assert (found["/etc/shadow"].acl, found["/etc/passwd"].acl) == (True, False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>502</html>",
        SHOWN[:60],
        "[files]\n[marked]\n[end]\n",
        "[files]\n|stat: invalid option -- 'L'\n[marked]\n[end]\n",
        "[files]\n|-rw-r--r-- 1 root root 1024 /etc/passwd\n[marked]\n[end]\n",
    ],
)
def test_anything_else_is_unknown(text: str):
    """A stat that does not know the options, half an answer, an error page."""
    assert isinstance(refused(files, text), Unreadable)
