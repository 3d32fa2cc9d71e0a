"""What goes wrong when a Cisco IOS configuration is read line by line, and does not go wrong here."""

import pytest

from auditor.errors import Unreadable
from auditor.facts.ios_config import Banner, ConfigTree, parse

GOOD = """version 17.9
hostname rt-01
!
interface GigabitEthernet0/0/0
 description uplink
 ip address 192.0.2.1 255.255.255.0
!
line vty 0 4
 transport input ssh
!
end
"""


def texts(tree: ConfigTree, prefix: str) -> list[str]:
    """Return what stands under the first statement that begins so."""
    return [child.text for child in tree.starting(prefix)[0].children]


def refusal(text: str) -> str:
    """Return why a text is not read, or nothing."""
    try:
        parse(text)
    except Unreadable as why:
        return str(why)
    return ""


def test_blocks_names_and_lines_are_read() -> None:
    """The tree has the file's own line numbers."""
    tree = parse(GOOD)

    assert (tree.version, tree.hostname) == ("17.9", "rt-01")
    assert [statement.line for statement in tree.statements] == [1, 2, 4, 8]
    assert texts(tree, "interface") == ["description uplink", "ip address 192.0.2.1 255.255.255.0"]


def test_blocks_nest() -> None:
    """Statements under statements under statements, and back out again."""
    nested = "archive\n log config\n  logging enable\n path flash:x\nip ssh version 2\n"

    tree = parse(GOOD.replace("line vty 0 4\n", nested + "line vty 0 4\n"))

    (archive,) = tree.starting("archive")
    assert [(child.text, [inner.text for inner in child.children]) for child in archive.children] == [
        ("log config", ["logging enable"]),
        ("path flash:x", []),
    ]
    assert tree.starting("ip ssh version")[0].text == "ip ssh version 2"


@pytest.mark.parametrize(
    ("banner", "text"),
    [
        (
            "banner motd ^C\nline vty 0 4\n transport input telnet\nend\n^C",
            "line vty 0 4\n transport input telnet\nend",
        ),
        ("banner motd ^CC\nHello\n^C", "C\nHello"),
        ("banner motd \x03\nHello\n\x03", "Hello"),
        ("banner motd #\n! Hello\n#", "! Hello"),
        ("banner motd ^\nHello ^", "Hello"),
        ("banner motd ^Could you\nplease\n^", "Could you\nplease"),
        ("banner motd ^CHello^C", "Hello"),
        ("banner motd z\nHello\nz", "Hello"),
        (
            "banner motd ^C\nversion 12.0(1)\nfeature telnet\nhostname x\n^C",
            "version 12.0(1)\nfeature telnet\nhostname x",
        ),
    ],
)
def test_banners_are_text_whatever_is_in_them(banner: str, text: str) -> None:
    """Delimiters of any sort; statements, ends and other systems' words inside are only words."""
    tree = parse(GOOD.replace("!\n", f"{banner}\n", 1))

    assert tree.banners == (Banner("motd", 3, text),)
    assert texts(tree, "line vty") == ["transport input ssh"]


@pytest.mark.parametrize(
    "opaque",
    [
        "crypto pki certificate chain TP\n certificate self-signed 01\n  3082 0330\n  0DEAD0 BEEF\n  \tquit",
        "aaa authentication banner ^C\nline vty 0 4\n transport input telnet\n^C",
        "crypto isakmp client configuration group VPN\n banner ^Cline vty 0 4\n transport input telnet\n^C",
        "macro name desk\nline vty 0 4\n transport input telnet\n@",
        "menu OPS title ^C\nline vty 0 4\n transport input telnet\n^C",
    ],
    ids=["certificate", "AAA banner", "VPN banner", "macro", "menu"],
)
def test_other_free_text_is_no_statement_either(opaque: str) -> None:
    """What looks like a management line inside is none."""
    tree = parse(GOOD.replace("!\n", f"{opaque}\n", 1))

    assert [statement.text for statement in tree.starting("line")] == ["line vty 0 4"]
    assert texts(tree, "line vty") == ["transport input ssh"]


def test_a_description_cannot_open_free_text() -> None:
    """A control character in a description hides nothing that follows."""
    tree = parse(GOOD.replace("description uplink", "description see banner ^C here"))

    assert texts(tree, "line vty") == ["transport input ssh"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "neither a version nor a hostname"),
        ("lorem ipsum\nend\n", "neither a version nor a hostname"),
        (GOOD.replace("end\n", ""), "cut off"),
        (GOOD[: GOOD.index("line vty")], "cut off"),
        (GOOD.replace("\nend", "\n end"), "cut off"),
        (GOOD.replace("!\n", "banner motd ^C\nHello\n", 1), "never ends"),
        (GOOD + GOOD, "more text follows"),
        (GOOD.replace("end\n", "") + GOOD, "one file for each"),
        (GOOD + "interface Vlan1\n", "more text follows"),
        (GOOD.replace("interface", "\n --More-- \ninterface"), "pager"),
        ("<html><body>401</body></html>", "web page"),
        ("! device: sw1 (vEOS, EOS-4.29.2F)\n" + GOOD, "Arista EOS"),
        (GOOD.replace("!\n", "feature telnet\n", 1), "NX-OS"),
        ("!! IOS XR Configuration 7.1.1\n" + GOOD, "IOS XR"),
        (": Saved\nASA Version 9.16\nhostname fw\n: end\n", "ASA"),
        ("frr version 8.1\nhostname x\nend\n", "FRRouting"),
        ("set system host-name x\nend\n", "Junos"),
    ],
)  # fmt: skip
def test_what_is_not_one_whole_configuration_is_refused(text: str, reason: str) -> None:
    """Halves, doubles, other systems and garbage give a reason, never a tree with things missing."""
    assert reason in refusal(text)


def test_every_cut_of_a_configuration_is_refused() -> None:
    """However much is missing at the end, it never reads as a whole."""
    assert [at for at in range(len(GOOD) - 1) if not refusal(GOOD[:at])] == []


@pytest.mark.parametrize(
    "spoiled",
    [
        GOOD.replace("\n", "\r\n"),
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n", 3),
        GOOD.replace("\nline vty", "\n --More-- \b\b\b\b\b\b\b\b\b        \b\b\b\b\b\b\b\b\bline vty"),
        GOOD.replace("interface", "\x1b[Kinterface"),
        "rt-01#show running-config\nBuilding configuration...\n\nCurrent configuration : 99 bytes\n!\n" + GOOD,
        GOOD + "\nrt-01#exit\n",
        GOOD + "\n\n",
        GOOD.replace("\n ", "\n\t"),
    ],
    ids=["CRLF", "mark", "mixed", "pager", "ANSI", "header", "prompt behind", "blank lines", "tabs"],
)
def test_what_terminals_add_does_not_matter(spoiled: str) -> None:
    """Line ends, marks, pagers, headers and prompts: the statements are the same."""
    assert [(s.text, texts(parse(spoiled), s.text)) for s in parse(spoiled).statements] == [
        (s.text, texts(parse(GOOD), s.text)) for s in parse(GOOD).statements
    ]


def test_an_indented_interface_behind_a_separator_is_a_block_of_its_own() -> None:
    """Old switches print it one column too far right."""
    tree = parse(GOOD.replace("line vty", " interface Vlan1\n shutdown\n!\nline vty"))

    assert [s.text for s in tree.starting("interface")] == ["interface GigabitEthernet0/0/0", "interface Vlan1"]


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        ("", None),
        ("ip http server\n", True),
        ("no ip http server\n", False),
        ("ip http server\nno ip http server\n", False),
        ("no ip http server\nip http server\n", True),
        ("ip http server\ndefault ip http server\n", None),
        ("ip http server-name x\n", None),
        ("interface Vlan1\n ip http server\n", None),
    ],
)
def test_the_last_word_counts(lines: str, state: bool | None) -> None:  # noqa: FBT001
    """Whole words at the top level, switched on, off, and back to the default."""
    assert parse(GOOD.replace("!\n", lines or "!\n", 1)).switched("ip http server") is state


def test_hostile_indentation_does_not_overflow() -> None:
    """A thousand columns deep is read like any other text."""
    deep = "".join(" " * depth + "x\n" for depth in range(2000))

    assert parse(GOOD.replace("line vty", deep + "line vty")).hostname == "rt-01"


def test_ten_thousand_acl_lines_take_no_time() -> None:
    """A big firewall's configuration is read in well under a second or two."""
    acl = "ip access-list extended BIG\n" + "".join(
        f" permit tcp host 192.0.2.{n % 250} any eq {n}\n" for n in range(10_000)
    )

    assert len(parse(GOOD.replace("line vty", acl + "line vty")).starting("ip access-list")[0].children) == 10_000
