"""Scans: what nmap's XML says of hosts, and how little is claimed from it."""

import pytest

from auditor.errors import ContentError
from auditor.inventory.nmap_xml import parse
from auditor.model.asset import Access, Asset, Channel, Kind, Platform

HEAD = '<?xml version="1.0"?>\n<!DOCTYPE nmaprun>\n<nmaprun scanner="nmap" args="nmap -oX - x" version="7.93">\n'
UP = '<status state="up" reason="arp-response"/>'
SSH = '<port protocol="tcp" portid="22"><state state="open"/><service name="ssh" method="table"/></port>'


def scan(*hosts: str) -> str:
    return HEAD + "".join(f"<host>{host}</host>\n" for host in hosts) + "</nmaprun>\n"


def address(text: str, sort: str = "ipv4") -> str:
    return f'<address addr="{text}" addrtype="{sort}"/>'


def names(*words: str, sort: str = "PTR") -> str:
    return "<hostnames>" + "".join(f'<hostname name="{word}" type="{sort}"/>' for word in words) + "</hostnames>"


def match(vendor: str, family: str, *, sort: str = "general purpose", accuracy: int = 100) -> str:
    return (
        f'<osmatch name="x" accuracy="{accuracy}"><osclass type="{sort}" vendor="{vendor}" osfamily="{family}" '
        f'accuracy="{accuracy}"/></osmatch>'
    )


def assets(*hosts: str) -> list[Asset]:
    return [entry.asset for entry in parse(scan(*hosts), "scan.xml").listed]


def test_a_host_that_answered_is_an_asset() -> None:
    """Every address is kept, and the open SSH port suggests a transport."""
    (one,) = assets(
        UP + address("192.0.2.5") + address("2001:db8::5", "ipv6") + address("00:1F:3C:87:66:50", "mac")
        + names("web.example.com") + f"<ports>{SSH}</ports>"
    )  # fmt: skip

    assert (one.name, one.addresses) == ("web.example.com", ("192.0.2.5", "2001:db8::5"))
    assert one.identities == frozenset({"mac:00:1f:3c:87:66:50"})
    assert one.accesses == (Access(channel=Channel.SSH), Access(channel=Channel.NMAP))
    assert (one.kind, one.platform) == (Kind.OTHER, Platform.UNKNOWN)


def test_a_host_that_is_down_is_none() -> None:
    """Nmap lists them with -v."""
    assert assets('<status state="down" reason="no-response"/>' + address("192.0.2.6")) == []


def test_a_host_without_an_address_is_none() -> None:
    """There is nothing to call it by, and nothing to ask."""
    assert assets(UP + address("not an address")) == []


def test_a_host_that_is_up_because_we_said_so_counts_when_a_port_answers() -> None:
    """With -Pn every address of a network is "up"."""
    told = '<status state="up" reason="user-set"/>'
    silent = told + address("192.0.2.7") + '<ports><extraports state="filtered" count="1000"/></ports>'
    closed = told + address("192.0.2.8") + '<ports><extraports state="closed" count="1000"/></ports>'
    read = parse(scan(silent, closed), "scan.xml")

    assert [entry.asset.name for entry in read.listed] == ["192.0.2.8"]
    assert "1 hosts count as up only because" in read.warnings[0]


def test_a_reverse_name_that_several_addresses_share_names_none() -> None:
    """A provider's generic name would make one asset of many."""
    shared = names("dynamic.example.net")

    found = assets(UP + address("192.0.2.1") + shared, UP + address("192.0.2.2") + shared)
    assert [asset.name for asset in found] == ["192.0.2.1", "192.0.2.2"]


def test_the_name_that_was_scanned_wins_over_the_reverse_name() -> None:
    """A person wrote it."""
    both = (
        '<hostnames><hostname name="mail.example.com" type="user"/><hostname name="x.example" type="PTR"/></hostnames>'
    )

    assert assets(UP + address("192.0.2.1") + both)[0].name == "mail.example.com"


def test_a_hostile_reverse_name_is_no_name() -> None:
    """Whoever owns the reverse zone writes what they like."""
    found = assets(UP + address("192.0.2.1") + names("&lt;script&gt;alert(1)&lt;/script&gt;"))

    assert found[0].name == "192.0.2.1"


@pytest.mark.parametrize(
    ("matches", "platform", "kind"),
    [
        (match("Linux", "Linux"), Platform.LINUX, Kind.OTHER),
        (match("Linux", "Linux", accuracy=89), Platform.UNKNOWN, Kind.OTHER),
        (match("Linux", "Linux", sort="WAP"), Platform.UNKNOWN, Kind.ACCESS_POINT),
        (match("Cisco", "IOS", sort="router"), Platform.CISCO_IOS, Kind.ROUTER),
        (match("Apple", "iOS", sort="phone"), Platform.APPLE_IOS, Kind.PHONE),
        (match("Apple", "Mac OS X") + match("Apple", "iOS", sort="phone"), Platform.UNKNOWN, Kind.OTHER),
        (match("Microsoft", "Windows") + match("Microsoft", "Windows"), Platform.WINDOWS, Kind.OTHER),
        (match("Linux", "Linux") + match("Sony", "embedded", sort="media device"), Platform.UNKNOWN, Kind.OTHER),
    ],
)
def test_a_platform_is_taken_only_when_everything_agrees(matches: str, platform: Platform, kind: Kind) -> None:
    """Of the best matches, and at 90 % or more."""
    found = assets(UP + address("192.0.2.1") + f"<os>{matches}</os>")[0]

    assert (found.platform, found.kind) == (platform, kind)


def test_services_that_were_probed_tell_the_system() -> None:
    """What the table of ports says of a service tells nothing; a service against the match leaves it open."""
    probed = SSH.replace('method="table"', 'ostype="Linux" method="probed"')
    host = UP + address("192.0.2.1") + f"<ports>{probed}</ports>"

    assert [asset.platform for asset in assets(host, host + f"<os>{match('Microsoft', 'Windows')}</os>")] == [
        Platform.LINUX,
        Platform.UNKNOWN,
    ]


def test_only_an_open_snmp_port_suggests_snmp() -> None:
    """open|filtered is what nmap says of every silent UDP port."""

    def port(state: str) -> str:
        return f'<ports><port protocol="udp" portid="161"><state state="{state}"/></port></ports>'

    found = assets(UP + address("192.0.2.1") + port("open|filtered"), UP + address("192.0.2.2") + port("open"))
    assert [[access.channel for access in asset.accesses] for asset in found] == [
        [Channel.NMAP],
        [Channel.SNMP, Channel.NMAP],
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (scan(UP + address("192.0.2.1"))[:-20], "scan.xml:4:49: is not XML: unclosed token\n  Scan again"),
        ("<html><body>404</body></html>", "is not nmap's XML: it begins with <html>"),
        ("", "is not XML"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><nmaprun>&b;</nmaprun>', "declares XML entities"),
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><nmaprun>&b;</nmaprun>', "declares XML entities"),
    ],
)
def test_what_is_no_finished_scan_is_told(text: str, told: str) -> None:
    """Half a file is an error, not half an inventory."""
    with pytest.raises(ContentError) as caught:
        parse(text, "scan.xml")
    assert told in str(caught.value)
