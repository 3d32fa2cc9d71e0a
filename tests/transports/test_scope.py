"""Nothing outside the scope list is ever connected to, however it is written or resolved."""

import socket
from ipaddress import ip_address, ip_network

import pytest

from auditor.documents import Document
from auditor.errors import ContentError, OutOfScope, Place, Unreachable, UsageError
from auditor.model.asset import Access, Channel
from auditor.transports.scope import Scope, network, resolved
from tests.make import asset

SCOPE = Scope.parse(["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"], ["10.9.0.0/16", "2001:db8:dead::/48"])


def names(**known: list[str]):
    """Return a resolver that knows these names, and writes down what it was asked."""

    def resolve(name: str) -> list[str]:
        resolve.asked.append(name)
        return known[name.replace("-", "_")]

    resolve.asked = []
    return resolve


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("2001:0DB8:0:0::1", "2001:db8::1"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("::ffff:a01:203", "10.1.2.3"),
    ],
)
def test_addresses_in_scope_are_admitted(host, address):
    """In whatever lawful spelling; an IPv4-mapped one is the IPv4 address."""
    assert SCOPE.admit(host) == ip_address(address)


@pytest.mark.parametrize(
    "host",
    [
        "11.0.0.1",
        "192.0.2.8",
        "2001:db9::1",
        "10.9.1.1",
        "2001:db8:dead::1",
        "::ffff:10.9.1.1",
        "::ffff:11.0.0.1",
        "64:ff9b::10.9.1.1",
        "2002:0a09:0101::1",
        "::10.9.1.1",
    ],
)
def test_addresses_out_of_scope_are_refused(host):
    """By either list, and in each form that reaches the same host by translation."""
    with pytest.raises(OutOfScope, match=r"scope\.(?:allow|deny)"):
        SCOPE.admit(host)


@pytest.mark.parametrize(
    "host",
    [
        "0177.0.0.1",
        "0177.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "010.1.2.3",
        "10.1.2.3.",
        "10.1.2.256",
        "1.2.3.4.5",
        "fe80::1%eth0",
        "2001:db8::1%1",
        "10.1.2.3/32",
        "10.1.2.3:22",
        "[2001:db8::1]",
        "-oProxyCommand=id",
        "a b",
        "a;b",
        "a\nb",
        "a\0b",
        "",
        ".",
        "a..b",
        "x" * 64,
        ".".join(["abc"] * 80),
        "user@host",
        "\u0661\u0660.1.1.1",
        "caf\u00e9.example",
    ],
)
def test_odd_spellings_are_refused_unresolved(host):
    """What only some programs read as an address, and what is neither an address nor a name."""
    resolve = names()

    with pytest.raises(OutOfScope):
        Scope().admit(host, resolve=resolve)

    assert resolve.asked == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "::ffff:0.0.0.0", "224.0.0.1", "ff02::1", "255.255.255.255"])  # noqa: S104
def test_addresses_of_no_single_host_are_refused(host):
    """0.0.0.0 would be this machine, whatever is denied."""
    with pytest.raises(OutOfScope, match="is no single host's address"):
        Scope().admit(host)


def test_name_is_resolved_once_and_pinned_to_its_address():
    """A name server that changes its mind afterwards changes nothing."""
    resolve = names(web_01=["10.1.1.1"])

    assert SCOPE.admit("web-01", resolve=resolve) == ip_address("10.1.1.1")
    assert resolve.asked == ["web-01"]


def test_name_with_several_addresses():
    """Only those in scope are used; one that is denied denies the host."""
    resolve = names(mixed=["203.0.113.5", "10.1.1.1", "2001:db8::1"], hidden=["10.1.1.1", "10.9.1.1"], none=[])

    assert SCOPE.admit_all("mixed", resolve=resolve) == (ip_address("10.1.1.1"), ip_address("2001:db8::1"))
    with pytest.raises(OutOfScope, match=r"hidden \(10\.9\.1\.1\) is denied by scope\.deny \(10\.9\.0\.0/16\)"):
        SCOPE.admit("hidden", resolve=resolve)
    with pytest.raises(Unreachable, match="has no address"):
        SCOPE.admit("none", resolve=resolve)


def test_rebinding_to_a_mapped_or_zoned_address_is_judged():
    """A resolver's answers are judged as what was written is."""
    resolve = names(mapped=["::ffff:10.9.1.1"], zoned=["fe80::1%2"], wild=["0.0.0.0"])  # noqa: S104

    for name in ("mapped", "zoned", "wild"):
        with pytest.raises(OutOfScope):
            Scope.parse([], ["10.9.0.0/16"]).admit(name, resolve=resolve)


def test_empty_scope_admits_everything():
    """Without lists there is no limit."""
    assert Scope().admit("203.0.113.5") == ip_address("203.0.113.5")


def test_system_resolver():
    """Names are resolved as this machine does, and one that is not there is unreachable."""
    assert set(resolved("localhost")) <= {"127.0.0.1", "::1"}
    with pytest.raises(Unreachable, match=r"no-such-host\.invalid does not resolve"):
        resolved("no-such-host.invalid")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("10.1.2.3", "10.1.2.3/32"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("10.0.0.0/255.0.0.0", "10.0.0.0/8"),
    ],
)
def test_networks(text, wanted):
    """Single addresses and both families."""
    assert network(text) == ip_network(wanted)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("10.0.0.5/24", "write 10.0.0.0/24"),
        ("10.0.0.0/33", "no address and no network"),
        ("010.0.0.0/8", "no address and no network"),
        ("web-01", "no address and no network"),
        ("fe80::1%eth0", "names an interface"),
        ("", "no address and no network"),
    ],
)
def test_wrong_networks_say_what_to_write(text, hint):
    """A network that would silently be another one is an error."""
    with pytest.raises(ValueError, match=hint):
        network(text)


def test_every_wrong_entry_is_placed():
    """With file and line, all at once."""
    document = Document("auditor.toml", {}, {("scope", "allow"): Place("auditor.toml", 7, 1)}.get)

    with pytest.raises(ContentError) as caught:
        Scope.parse(["10.0.0.5/24", "10.0.0.0/8"], ["x"], document)

    assert str(caught.value.place) == "auditor.toml:7:1"
    assert "10.0.0.0/24" in str(caught.value)
    assert "'x' is no address" in str(caught.value)


def test_two_scopes_admit_what_both_admit():
    """The narrower of two overlapping networks; an empty list limits nothing; nothing in common is an error."""
    both = Scope.both(SCOPE, Scope.parse(["10.1.0.0/16", "192.0.2.0/24"], ["10.1.1.0/24"]))

    assert {str(net) for net in both.allow} == {"10.1.0.0/16", "192.0.2.7/32"}
    assert both.admit("10.1.2.1") == ip_address("10.1.2.1")
    for host in ("10.2.0.1", "192.0.2.8", "10.1.1.1", "2001:db8::1"):
        with pytest.raises(OutOfScope):
            both.admit(host)
    assert Scope.both(Scope(), SCOPE) == SCOPE
    with pytest.raises(UsageError, match="no address in common"):
        Scope.both(SCOPE, Scope.parse(["172.16.0.0/12"], []))


def network_asset(name, *addresses, channel=Channel.SSH):
    return asset(name, addresses=addresses, accesses=(Access(channel=channel),))


PLACED = Document(
    "auditor.toml",
    {},
    {("scope", "allow"): Place("auditor.toml", 7, 1), ("scope", "deny"): Place("auditor.toml", 8, 1)}.get,
)


@pytest.mark.parametrize(
    ("allow", "deny", "addresses", "said"),
    [
        (
            ["10.0.0.0/8"],
            [],
            ["192.0.2.1", "0300.1"],
            ":7:1: the scope leaves nothing of this audit: 192.0.2.1 is not in scope.allow, and so on for 1 more",
        ),
        (
            [],
            ["192.0.2.0/24"],
            ["192.0.2.1"],
            ":8:1: the scope leaves nothing of this audit: 192.0.2.1 is denied by scope.deny",
        ),
        (
            ["192.0.2.0/24"],
            ["192.0.2.0/31"],
            ["192.0.2.1", "10.0.0.1"],
            ":7:1: the scope leaves nothing of this audit: 192.0.2.1 is denied",
        ),
    ],
)
def test_a_scope_that_excludes_every_asset(allow, deny, addresses, said):
    """Is an error at the line that excludes them."""
    scope = Scope.parse(allow, deny, PLACED)

    with pytest.raises(ContentError) as caught:
        scope.refuse_none_of(network_asset(f"a-{address}", address) for address in addresses)

    assert str(caught.value).startswith(f"auditor.toml{said}")


@pytest.mark.parametrize(
    "left",
    [
        network_asset("b", "198.51.100.1", "10.0.0.1"),
        network_asset("b", "somewhere.invalid"),
        network_asset("b", "198.51.100.1", channel=Channel.LOCAL),
        network_asset("b", channel=Channel.REPLAY),
        asset("b", addresses=("198.51.100.1",), accesses=(Access(channel=Channel.SSH), Access(channel=Channel.FILE))),
    ],
)
def test_a_scope_that_leaves_an_asset(left):
    """By one of its addresses, by a name that may lie inside, or because no packet is sent to it."""
    scope = Scope.parse(["10.0.0.0/8"], [], PLACED)

    scope.refuse_none_of([network_asset("a", "192.0.2.1"), left])
    with pytest.raises(ContentError):  # an asset that is not asked at all does not count
        scope.refuse_none_of([network_asset("a", "192.0.2.1"), asset("b", accesses=())])


def test_scopes_without_anything_in_common_name_both_lines():
    """Either may be the one to change."""
    other = Document("i.yaml", {}, {("scope", "allow"): Place("i.yaml", 2, 3)}.get)

    with pytest.raises(ContentError, match=r"^auditor\.toml:7:1: .*no address in common\n.*See i\.yaml:2:3 as well"):
        Scope.both(Scope.parse(["10.0.0.0/8"], [], PLACED), Scope.parse(["172.16.0.0/12"], [], other))


def test_no_asset_is_not_the_scope_s_fault():
    """What is not there is not excluded; one asset that is there and outside is."""
    scope = Scope.parse(["10.0.0.0/8"], [], PLACED)
    with pytest.raises(ContentError):
        scope.refuse_none_of([network_asset("a", "192.0.2.1")])

    assert scope.refuse_none_of([]) is None


def test_admitted_address_is_one_that_sockets_take():
    """And it is an address, so that nothing resolves it again."""
    address = Scope().admit("127.0.0.53")

    assert socket.inet_aton(str(address)) == address.packed
