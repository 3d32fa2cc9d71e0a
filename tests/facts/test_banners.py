"""What is read of the notices before and after a login."""

import pytest

from auditor.errors import Unreadable
from auditor.facts.banners import Banners, banners, tells_system
from tests.facts.test_sessions import shown
from tests.make import fact, refused

RELEASE = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n'
DEBIAN = {
    "/etc/issue": "Debian GNU/Linux 12 \\n \\l\n",
    "/etc/issue.net": "Debian GNU/Linux 12\n",
    "/etc/motd": "\nThe programs are free software\n",
    "/etc/os-release": RELEASE,
}


def host(files: dict[str, str]) -> Banners:
    read = fact(banners, shown(files))
    assert isinstance(read, Banners)
    return read


def test_debians_notices():
    """As they are shipped."""
    read = host(DEBIAN)

    assert read.console == "Debian GNU/Linux 12 \\n \\l\n"
    assert read.network == "Debian GNU/Linux 12\n"
    assert "free software" in read.after_login
    assert read.names == ("debian", "Debian GNU/Linux", "Debian GNU/Linux 12 (bookworm)")


def test_what_does_not_exist_shows_nothing():
    """No more than an empty file does."""
    read = host({"/etc/issue": "", "/etc/os-release": RELEASE})

    assert (read.console, read.network, read.after_login) == ("", "", "")


def test_the_first_issue_counts_and_its_folders_add_to_it():
    """As agetty has it."""
    files = {
        "/etc/issue.d/20-b.issue": "b",
        "/etc/issue.d/10-a.issue": "a",
        "/etc/issue.d/x.txt": "x",
        "/usr/lib/issue": "vendor's",
    }

    assert host({**files, "/etc/issue": "own"}).console == "own\na\nb"
    assert host(files).console == "vendor's\na\nb"
    assert host({"/etc/issue.d/a.issue": "a"}).console == "a"


def test_files_that_sshd_shows_are_kept_by_their_paths():
    """Those of common names; others were not looked at."""
    read = host({**DEBIAN, "/etc/ssh/sshd-banner": "Keep out.", "/etc/my_banner": "x"})

    assert set(read.files) == {"/etc/issue", "/etc/issue.net", "/etc/motd", "/etc/ssh/sshd-banner", "/etc/my_banner"}
    assert read.knows("/etc/ssh/banner.txt")
    assert not read.knows("/opt/notice")
    assert not read.knows("/etc/ssh/sshd_config")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Authorised users only.", ()),
        ("\\n on \\l", ()),
        ("\\S \\r", ("\\S", "\\r")),
        ("\\S{PRETTY_NAME} \\m \\v \\s", ("\\S{PRETTY_NAME}", "\\m", "\\v", "\\s")),
        ("Welcome to DEBIAN!", ("debian",)),
        ("Debian GNU/Linux 12", ("debian", "Debian GNU/Linux")),
        ("The debianised ones", ()),
    ],
)
def test_what_tells_the_system(text: str, expected: tuple[str, ...]):
    """Signs, and names as whole words in any case."""
    assert tells_system(text, ("debian", "Debian GNU/Linux")) == expected


def test_a_hidden_notice_is_unknown():
    """It may say anything."""
    assert isinstance(refused(banners, shown(DEBIAN, ("/etc/issue.d/own.issue",))), Unreadable)
