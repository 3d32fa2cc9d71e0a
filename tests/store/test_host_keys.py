"""Pinned host keys, as transports know them."""

from collections.abc import Callable

from auditor.store.store import Store
from auditor.transports.host_keys import HostKeys, PinnedKey

ONE, OTHER = PinnedKey("ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAIA=="), PinnedKey("ssh-rsa", "AAAAB3NzaC1yc2EAAAAD")


def test_keys_are_remembered_by_host_and_port(store: Store, open_store: Callable[[], Store]) -> None:
    """Every process knows them; names are not told apart by capitals, ports are."""
    keys: HostKeys = store.host_keys()
    keys.pin("Web-01.example", 22, ONE)
    keys.pin("web-01.example", 22, OTHER)
    keys.pin("web-01.EXAMPLE", 22, ONE)
    keys.pin("2001:db8::1", 2222, OTHER)
    again = open_store().host_keys()

    assert again.pinned("WEB-01.example", 22) == (ONE, OTHER)
    assert again.pinned("web-01.example", 2222) == ()
    assert again.pinned("2001:DB8::1", 2222) == (OTHER,)
    assert again.all() == {("2001:db8::1", 2222): (OTHER,), ("web-01.example", 22): (ONE, OTHER)}


def test_a_key_can_be_revoked_and_a_host_forgotten(store: Store) -> None:
    """A revoked key stays known as such; a forgotten host can be enrolled anew."""
    keys = store.host_keys()
    keys.pin("web-01", 22, ONE)
    keys.pin("web-01", 22, PinnedKey(ONE.type, ONE.blob_base64, revoked=True))

    assert keys.pinned("web-01", 22) == (PinnedKey(ONE.type, ONE.blob_base64, revoked=True),)
    assert (keys.unpin("Web-01", 22), keys.unpin("web-01", 22), keys.pinned("web-01", 22)) == (1, 0, ())


def test_a_huge_key_fits(store: Store) -> None:
    """An RSA key of 16,384 bits is longer than an index of PostgreSQL may hold."""
    huge = PinnedKey("ssh-rsa", "AAAA" * 700)
    store.host_keys().pin("web-01", 22, huge)

    assert store.host_keys().pinned("web-01", 22) == (huge,)
