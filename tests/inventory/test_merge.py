"""One thing is one asset, whatever its sources call it."""

from dataclasses import replace
from random import Random

import pytest

from auditor.errors import ContentError, Place
from auditor.inventory.listing import Listed, listed
from auditor.inventory.merge import merged
from auditor.inventory.words import identity
from auditor.model.asset import Access, Asset, Channel, Criticality, Kind, Platform


def entry(name: str, *identities: str, line: int = 1, **fields: object) -> Listed:
    return listed(Asset(name=name, identities=frozenset(identities), declared_at=Place("f", line), **fields))  # type: ignore[arg-type]


def test_one_serial_is_one_asset_and_keeps_both_names() -> None:
    """The first source's name is the name."""
    (one,) = merged([entry("web-01", "serial:ABC1"), entry("WEB01.example.com", "serial:ABC1")])

    assert (one.name, one.aliases) == ("web-01", frozenset({"WEB01.example.com"}))


def test_one_name_is_one_asset_letter_case_aside() -> None:
    """Host names are the same in any case."""
    (one,) = merged([entry("web-01", addresses=("192.0.2.1",)), entry("Web-01", addresses=("192.0.2.1", "192.0.2.2"))])

    assert (one.addresses, one.aliases) == (("192.0.2.1", "192.0.2.2"), frozenset())


def test_matches_reach_through_a_third_entry() -> None:
    """The middle one knows both identities."""
    found = merged(
        [
            entry("a", "serial:ABC1"),
            entry("b", "imei:350000000000001"),
            entry("c", "serial:ABC1", "imei:350000000000001"),
        ]
    )

    assert [(asset.name, asset.aliases) for asset in found] == [("a", frozenset({"b", "c"}))]


def test_one_name_with_two_serials_is_an_error() -> None:
    """Replaced, or two things? Only a person knows."""
    with pytest.raises(ContentError) as caught:
        merged([entry("web-01", "serial:ABC1", line=3), entry("web-01", "serial:XYZ9", line=8)])

    assert str(caught.value).startswith(
        "f:8: web-01 (serial:XYZ9) and web-01 (serial:ABC1, at f:3) are one asset by name"
    )


def test_a_contradiction_is_found_among_many_that_are_alike() -> None:
    """An export may list one device a thousand times over; the first of the like is named."""
    alike = [entry("web-01", "serial:ABC1", line=line) for line in range(1, 1000)]

    assert merged(alike)[0].declared_at == Place("f", 1)
    with pytest.raises(ContentError, match=r"f:2000: web-01 \(serial:XYZ9\) and web-01 \(serial:ABC1, at f:1\)"):
        merged([*alike, entry("web-01", "serial:XYZ9", line=2000)])


def test_a_phone_with_two_sim_cards_is_one_asset() -> None:
    """The serial number decides before the IMEI."""
    assert len(merged([entry("p", "serial:ABC1", "imei:1" * 1), entry("p", "serial:ABC1", "imei:2")])) == 1


def test_a_stack_with_several_serials_is_one_asset() -> None:
    """One in common is enough."""
    assert len(merged([entry("sw", "serial:A111", "serial:B222"), entry("sw2", "serial:B222")])) == 1


def test_a_mac_address_decides_nothing() -> None:
    """Docking stations lend theirs to every laptop."""
    assert len(merged([entry("a", "mac:00:11:22:33:44:55"), entry("b", "mac:00:11:22:33:44:55")])) == 2


def test_the_first_statement_wins_and_a_statement_wins_over_a_default() -> None:
    """An explicit medium stands against a later critical; a default does not."""
    said = Listed(Asset(name="a", criticality=Criticality.MEDIUM, site="HQ"), frozenset({"criticality"}))
    later = entry("a", criticality=Criticality.CRITICAL, site="Branch", kind=Kind.SERVER)

    (one,) = merged([said, later])
    assert (one.criticality, one.site, one.kind) == (Criticality.MEDIUM, "Branch", Kind.SERVER)


def test_ways_of_asking_are_joined_by_channel() -> None:
    """The port of one source and the credential of the other make one transport."""
    first = entry("a", accesses=(Access(channel=Channel.SSH, credential="c"),))
    second = entry("a", accesses=(Access(channel=Channel.SSH, port=2222, credential="d"), Access(channel=Channel.NMAP)))

    (one,) = merged([first, second])
    assert one.accesses == (Access(channel=Channel.SSH, port=2222, credential="c"), Access(channel=Channel.NMAP))


def test_records_of_two_exports_stay_two_ways() -> None:
    """Each is evidence of its own."""

    def record(path: str) -> Listed:
        return entry(
            "a", "serial:ABC1", accesses=(Access(channel=Channel.FILE, holds="device-record", path=path, key="ABC1"),)
        )

    (one,) = merged([record("intune.csv"), record("jamf.json")])
    assert [access.path for access in one.accesses] == ["intune.csv", "jamf.json"]


def test_the_order_within_a_source_does_not_matter_for_who_is_one() -> None:
    """Groups are the same in any order of entries."""
    entries = [entry(f"n{i}", f"serial:S{i % 7:04}", f"device-id:{i % 5}-{i % 7}") for i in range(40)]
    shuffled = entries.copy()
    Random(7).shuffle(shuffled)

    def groups(found: tuple[Asset, ...]) -> set[frozenset[str]]:
        return {asset.aliases | {asset.name} for asset in found}

    assert groups(merged(shuffled)) == groups(merged(entries))
    assert len(merged(entries)) == 7


def test_the_same_twice_is_the_same() -> None:
    """Merging is idempotent."""
    one = entry("a", "serial:ABC1", platform=Platform.LINUX, tags=frozenset({"x"}))

    assert merged([one, one]) == (replace(one.asset),)


@pytest.mark.parametrize(
    "placeholder",
    ["To be filled by O.E.M.", "To Be Filled By O.E.M.", "None", "0000000", "Default string", "System Serial Number",
     "N/A", "n/a", "-", "", "Not Specified", "XXXXXXXX", "123456789", "0", "3.56938E+14", "unknown", "   "],
)  # fmt: skip
def test_a_placeholder_is_no_identity(placeholder: str) -> None:
    """Machines of one maker would become one asset."""
    assert identity("serial", placeholder) is None


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("serial", "fcz1234 ", "FCZ1234"),
        ("imei", "35-693803-564380-9", "356938035643809"),
        ("engine-id", "0x80001F8880", "80:00:1f:88:80"),
        ("mac", "00-1F-3C-87-66-50", "001f.3c87.6650"),
        ("udid", "00008110-ABCDEF", "00008110-abcdef"),
    ],
)
def test_an_identity_is_the_same_in_any_spelling(kind: str, one: str, other: str) -> None:
    """Tools write the same number differently."""
    assert (identity(kind, one), identity(kind, one) is None) == (identity(kind, other), False)


def test_host_keys_differ_by_case() -> None:
    """They are base64."""
    assert identity("host-key", "SHA256:abc") != identity("host-key", "SHA256:ABC")
