"""Whom access lists let reach the management lines: order, protocols, remarks and groups."""

import pytest

from auditor.facts.ios_management import access
from auditor.facts.router import AccessList
from tests.facts.routers import config


def lists(*lines: str) -> dict[str, AccessList]:
    """Return the access lists of a configuration."""
    return dict(access.read(config(*lines)).access_lists)


@pytest.mark.parametrize(
    ("lines", "anybody"),
    [
        (("access-list 10 permit 192.0.2.0 0.0.0.255",), False),
        (("access-list 10 permit any",), True),
        (("access-list 10 permit 0.0.0.0 255.255.255.255",), True),
        (("access-list 10 deny any", "access-list 10 permit any"), False),
        (("access-list 10 deny host 192.0.2.7", "access-list 10 permit any log"), True),
        (("ip access-list standard 10", " 10 permit host 192.0.2.1", " 20 deny any log"), False),
        (("ip access-list standard 10", " 10 permit host 192.0.2.1", " 20 permit any"), True),
        (("ip access-list extended 10", " permit tcp any any eq 22"), True),
        (("ip access-list extended 10", " permit ip any any"), True),
        (("ip access-list extended 10", " permit tcp 192.0.2.0 0.0.0.255 any eq 22", " deny ip any any log"), False),
        (("ip access-list extended 10", " permit tcp any any established"), False),
        (("ip access-list extended 10", " permit icmp any any", " permit udp any any"), False),
        (("ip access-list extended 10", " permit tcp any any eq 443"), None),
        (("ip access-list extended 10", " permit tcp object-group ADMINS any eq 22"), None),
        (("ip access-list extended 10", " permit tcp object-group ADMINS any", " deny ip any any"), None),
        (("ip access-list extended 10", " permit tcp object-group ADMINS any", " permit ip any any"), True),
        (("object-group network ADMINS", " 192.0.2.0 255.255.255.0", "ip access-list extended 10",
          " permit tcp object-group ADMINS any eq 22"), False),
        (("object-group network ALL", " any", "ip access-list extended 10", " permit ip object-group ALL any"), True),
        (("ip access-list standard 10", " remark nothing yet"), True),
        (("ipv6 access-list 10", " permit tcp 2001:db8::/32 any", " sequence 20 permit ipv6 any any"), True),
    ],
)  # fmt: skip
def test_an_access_list_lets_anybody_in_or_not_or_cannot_be_told(lines: tuple[str, ...], anybody: bool | None) -> None:  # noqa: FBT001
    """Order, protocols, remarks and groups count; an empty list filters nothing."""
    assert lists(*lines)["10"].anybody is anybody


def test_a_list_that_is_not_defined_is_not_there() -> None:
    """Using a name defines nothing."""
    assert lists("line vty 0 4", " access-class GONE in") == {}
