"""What is read of sudo: which files count, in which order, and what visudo says of them."""

import pytest

from auditor.errors import NotPresent, Unreadable
from auditor.facts.sudo import Sudo, sudo
from tests.make import fact, refused

MAIN = "/etc/sudoers"
DEBIAN = {MAIN: "Defaults env_reset\nroot ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n"}
OK = "[visudo 0]\n|/etc/sudoers: parsed OK\n"
VERSION = "[version]\n|visudo version 1.9.13p3\n"
PROGRAMS = "|755|0|0|directory|/usr/bin\n|755|0|0|regular file|/usr/bin/id\n"


def text(files: dict[str, str], more: str = "", told: str = OK + VERSION, programs: str = PROGRAMS) -> str:
    """Return what the request prints on a host with these files."""
    shown = "".join(
        f"[file {path}]\n" + "".join(f"|{line}\n" for line in content.split("\n")) for path, content in files.items()
    )
    return f"[sudo yes]\n[host web-01.example]\n{more}{shown}[programs]\n{programs}{told}[end]\n"


def host(files: dict[str, str], more: str = "", told: str = OK + VERSION, programs: str = PROGRAMS) -> Sudo:
    read = fact(sudo, text(files, more, told, programs))
    assert isinstance(read, Sudo)
    return read


def users(files: dict[str, str], more: str = "") -> list[str]:
    """Return whom the rules are for, in reading order."""
    return [user for rule in host(files, more).rules for user in rule.users]


def test_a_folder_is_read_where_it_is_included():
    """In the order of the names; those with a dot or a ~ at the end are not."""
    files = {
        MAIN: "a ALL=ALL\n#includedir /etc/sudoers.d\nz ALL=ALL\n",
        "/etc/sudoers.d/20": "c ALL=ALL",
        "/etc/sudoers.d/10": "b ALL=ALL",
        "/etc/sudoers.d/10.bak": "x ALL=ALL",
        "/etc/sudoers.d/10~": "x ALL=ALL",
        "/etc/sudoers.d/Z": "d ALL=ALL",
    }

    assert users(files) == ["a", "b", "c", "d", "z"]


def test_a_folder_that_is_not_included_does_not_count():
    """A comment with a blank includes nothing."""
    files = {MAIN: "# includedir /etc/sudoers.d\na ALL=ALL\n", "/etc/sudoers.d/10": "b ALL=ALL"}

    assert users(files) == ["a"]


@pytest.mark.parametrize(
    ("line", "path", "asked"),
    [
        ("@include /opt/sudo/rules", "/opt/sudo/rules", "/opt/sudo/rules"),
        ("#include local", "/etc/local", "/etc/local"),
        ('@include "/opt/sudo/rules"', "/opt/sudo/rules", "/opt/sudo/rules"),
        ("@include /etc/sudoers.%h", "/etc/sudoers.web-01", "/etc/sudoers.web-01"),
        ("  @includedir /opt/sudo", "/opt/sudo/rules", "/opt/sudo"),
    ],
)
def test_other_files_are_included_too(line: str, path: str, asked: str):
    """Relative to the file that includes, with the host's short name for %h."""
    assert users({MAIN: f"{line}\n", path: "a ALL=ALL"}, f"[included {asked}]\n") == ["a"]


def test_what_is_included_and_was_not_looked_at_is_in_doubt():
    """It may say anything."""
    assert host({MAIN: "@include /opt/deep"}).doubts == ("/opt/deep could not be read",)
    assert host({MAIN: "@includedir /opt/deep"}).doubts == ("/opt/deep could not be read",)
    assert not host({MAIN: "@include /opt/gone"}, "[included /opt/gone]\n").doubts
    assert host(DEBIAN, "[unread /etc/sudoers.d/secret]\n").doubts


def test_a_file_that_includes_itself_is_unreadable():
    """Sudo gives up too."""
    assert isinstance(refused(sudo, text({MAIN: "@include /etc/sudoers"})), Unreadable)


def test_a_line_that_is_not_understood_is_in_doubt_unless_visudo_minds_it_too():
    """Then sudo passes it over as well."""
    files = {MAIN: "alice ALL = ls\nb ALL=ALL"}

    assert host(files).doubts == ("/etc/sudoers:1 is not understood",)
    complained = host(files, told=f"[visudo 1]\n|/etc/sudoers:1:13: syntax error\n|alice\n|    ^\n{VERSION}")
    assert not complained.doubts
    assert complained.complaints == ("/etc/sudoers:1:13: syntax error", "alice", "^")
    assert host(files, told="").complaints is None


@pytest.mark.parametrize(
    ("told", "kind", "version"),
    [
        ("visudo version 1.9.13p3", "sudo", (1, 9, 13)),
        ("visudo version 1.8.31", "sudo", (1, 8, 31)),
        ("visudo-rs 0.2.8", "sudo-rs", (0, 2, 8)),
        ("something else", "sudo", None),
    ],
)
def test_which_sudo_it_is(told: str, kind: str, version: tuple[int, ...] | None):
    """By its visudo, which starts nothing."""
    read = host(DEBIAN, told=f"{OK}[version]\n|{told}\n")

    assert (read.kind, read.version) == (kind, version)


def test_the_rewritten_sudo_reads_a_file_of_its_own_first():
    """Where there is one."""
    files = {MAIN: "a ALL=ALL", "/etc/sudoers-rs": "b ALL=ALL"}
    read = host(files, told=f"{OK}[version]\n|visudo-rs 0.2.8\n")

    assert [rule.users for rule in read.rules] == [("b",)]
    assert users(files) == ["a"]


def test_the_vendors_file_counts_where_there_is_no_other():
    """As on SUSE."""
    assert users({"/usr/etc/sudoers": "@includedir /usr/etc/sudoers.d", "/usr/etc/sudoers.d/a": "a ALL=ALL"}) == ["a"]


def test_the_last_setting_counts():
    """Also one for this host; not one for another."""
    read = host({MAIN: "Defaults use_pty\nDefaults@web-01 !use_pty\nDefaults@web-02 use_pty\nDefaults:bob use_pty\n"})

    assert read.value("use_pty") == "off"
    assert read.scoped("use_pty") == {":bob": "on"}
    assert read.value("logfile") is None


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        ("ALL", True),
        ("web-01", True),
        ("WEB-01.example", True),
        ("web-*", True),
        ("web-02", False),
        ("ALL, !web-01", False),
        ("!web-01, ALL", True),
        ("192.0.2.0/24", None),
        ("+servers", None),
        ("192.0.2.0/24, web-01", True),
    ],
)
def test_which_host_a_rule_is_for(hosts: str, expected: bool | None):  # noqa: FBT001
    """The last name that fits decides; addresses are not looked up."""
    read = host({MAIN: f"a {hosts} = ALL"})

    assert read.here(read.rules[0]) is expected


def test_programs_that_rules_name_are_looked_at():
    """Owner, group, mode."""
    program = host(DEBIAN).programs["/usr/bin/id"]

    assert (program.owner, program.mode, program.is_folder) == (0, 0o755, False)
    assert isinstance(refused(sudo, text(DEBIAN, programs="|stat: bad\n")), Unreadable)


def test_without_sudo_there_is_nothing_to_judge():
    """Rules that were left behind allow nothing."""
    left = text(DEBIAN).replace("[sudo yes]", "[sudo no]")

    assert isinstance(refused(sudo, left), NotPresent)


def test_hidden_rules_are_not_none():
    """Nor is a host without any file of them one without rules."""
    assert isinstance(refused(sudo, text({}, more="[unread /etc/sudoers]\n")), Unreadable)
    assert isinstance(refused(sudo, text({})), Unreadable)
