"""What nmap lists of SSH servers becomes a fact."""

from pathlib import Path

from auditor.facts.ssh_offered import SshAlgorithms, SshOffer, offered
from tests.make import fact

SSH = (Path(__file__).parent / "nmap" / "ssh.xml").read_text()


def servers(text: str) -> dict[int, SshOffer]:
    known = fact(offered, text)
    assert isinstance(known, SshAlgorithms)
    return {server.port: server for server in known.servers}


def test_each_server_is_read_with_its_own_lists():
    known = servers(SSH)

    assert {22, 2222} == set(known)
    assert known[22].host_keys == ("rsa-sha2-512", "rsa-sha2-256", "ssh-ed25519")
    assert "diffie-hellman-group1-sha1" in (known[2222].key_exchange or ())
    assert "diffie-hellman-group1-sha1" not in (known[22].key_exchange or ())
    assert known[2222].ciphers is not None
    assert known[2222].ciphers[-2:] == ("aes128-cbc", "3des-cbc")


def test_lists_that_differ_by_direction_are_read_from_both():
    text = SSH.replace('key="encryption_algorithms"', 'key="encryption_algorithms_client_to_server"').replace(
        '<table key="mac_algorithms">',
        '<table key="encryption_algorithms_server_to_client"><elem>arcfour</elem></table><table key="mac_algorithms">',
    )
    ciphers = servers(text)[22].ciphers

    assert ciphers is not None
    assert {"chacha20-poly1305@openssh.com", "arcfour"} <= set(ciphers)


def test_a_server_that_gave_no_list_is_kept_with_nothing_shown():
    text = SSH.replace('id="ssh2-enum-algos"', 'id="something-else"')

    assert SshOffer(port=22, product="OpenSSH 9.2p1 Debian 2+deb12u10") == servers(text)[22]


def test_a_list_that_is_empty_is_not_shown():
    text = SSH.replace("mac_algorithms", "other_algorithms")

    assert servers(text)[22].macs is None
