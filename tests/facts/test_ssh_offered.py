"""What nmap lists of SSH servers becomes a fact."""

from pathlib import Path

import pytest

from auditor.errors import Unreadable
from auditor.facts.ssh_offered import SshAlgorithms, SshOffer, offered, said
from tests.make import fact, refused

SSH = (Path(__file__).parent / "nmap" / "ssh.xml").read_text()
KEXINIT = """port 22
version SSH-2.0-Cisco-1.25
kex_algorithms diffie-hellman-group14-sha1,diffie-hellman-group1-sha1
server_host_key_algorithms ssh-rsa
encryption_algorithms_client_to_server aes128-cbc,3des-cbc
encryption_algorithms_server_to_client 3des-cbc,aes256-cbc
mac_algorithms_client_to_server hmac-sha1
mac_algorithms_server_to_client hmac-sha1,hmac-sha1-96
[end]
"""


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


def test_what_a_server_said_itself_is_read_whole():
    assert fact(said, KEXINIT) == SshAlgorithms(
        (
            SshOffer(
                port=22,
                product="Cisco-1.25",
                key_exchange=("diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1"),
                host_keys=("ssh-rsa",),
                ciphers=("aes128-cbc", "3des-cbc", "aes256-cbc"),
                macs=("hmac-sha1", "hmac-sha1-96"),
            ),
        )
    )


@pytest.mark.parametrize(
    "text",
    [
        KEXINIT[:-6],
        KEXINIT.replace("kex_", "other_"),
        KEXINIT.replace("port 22", "port x"),
        KEXINIT[KEXINIT.index("v") :],
    ],
    ids=["cut off", "no key exchanges", "no number", "no port"],
)
def test_what_is_not_whole_is_not_read(text):
    assert isinstance(refused(said, text), Unreadable)


def test_a_list_that_is_not_there_is_not_known():
    text = "".join(line for line in KEXINIT.splitlines(keepends=True) if "mac" not in line)

    assert fact(said, text).servers[0].macs is None
