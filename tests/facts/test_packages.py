"""os-release as a shell would read it."""

import pytest

from auditor.errors import Unreadable
from auditor.facts.packages import operating_system
from tests.make import fact, refused

DEBIAN = """PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION_CODENAME=bookworm
ID=debian
"""


def host(text: str, path: str = "/etc/os-release", more: str = "") -> str:
    """Return what the request prints."""
    return f"\n#== file {path}\n{text}{more}\n#== file kernel\n6.1.0-18-amd64\n\n#== file machine\nx86_64\n\n#== end\n"


def test_debian() -> None:
    """Identity and kernel."""
    found = fact(operating_system, host(DEBIAN))

    assert (found.id, found.version, found.codename) == ("debian", "12", "bookworm")
    assert (found.kernel, found.machine) == ("6.1.0-18-amd64", "x86_64")


def test_single_quotes_no_quotes_escapes_and_comments() -> None:
    """os-release(5) allows what a shell allows; the last assignment wins."""
    found = fact(operating_system, host('# x\nID=\'ol\'\nVERSION_ID=8.9\nPRETTY_NAME="A \\"B\\""\nVERSION_ID="9.3"\n'))

    assert (found.id, found.version, found.name) == ("ol", "9.3", 'A "B"')


def test_a_development_branch_has_no_version() -> None:
    """Debian testing writes none; nothing is invented."""
    assert fact(operating_system, host("ID=debian\nPRETTY_NAME=x\n")).version == ""


def test_the_id_defaults_to_linux_and_is_compared_in_small_letters() -> None:
    """As os-release(5) says."""
    assert fact(operating_system, host("NAME=Thing\n")).id == "linux"
    assert fact(operating_system, host("ID=Rocky\nID_LIKE='RHEL centos'\n")).like == ("rhel", "centos")


def test_the_file_in_etc_goes_before_the_vendors() -> None:
    """And the vendor's is read where there is no other."""
    both = host(DEBIAN, more="\n#== file /usr/lib/os-release\nID=other\n")

    assert fact(operating_system, both).id == "debian"
    assert fact(operating_system, host(DEBIAN, "/usr/lib/os-release")).id == "debian"


def test_a_line_with_an_open_quote_is_left_out() -> None:
    """The rest still counts."""
    assert fact(operating_system, host('NAME="open\nID=debian\n')).id == "debian"


@pytest.mark.parametrize("text", ["", "<html>x=y</html>", host(""), host("hello\n"), host(DEBIAN)[:60]])
def test_garbage_and_half_an_answer_are_no_system(text: str) -> None:
    """Never `linux` by default for nothing."""
    assert isinstance(refused(operating_system, text), Unreadable)
