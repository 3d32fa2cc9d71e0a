"""Known hosts are read as OpenSSH reads them, and never written."""

import shutil
import subprocess

import pytest

from auditor.errors import ContentError, UsageError
from auditor.transports.host_keys import KnownHosts, PinnedKey, RememberedKeys, public_key
from tests.lab.sshd import generate_key

ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBGKGXyU+8KGIqLFnDqZLnmqbQyAGXvpvVdaG06ZAQTE"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL09qWl6Hyf4ihGbfEpQYwSQmaBnMS2YhFZHzXxi9hzZ"


@pytest.fixture
def known(tmp_path):
    """Return a function that writes a known_hosts file and reads it."""

    def read(text: str) -> KnownHosts:
        (tmp_path / "known_hosts").write_text(text)
        return KnownHosts(tmp_path / "known_hosts")

    return read


def keys(*texts: str) -> tuple[PinnedKey, ...]:
    return tuple(public_key(text) for text in texts)


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_fingerprint_is_what_openssh_prints(tmp_path, kind):
    """So that a person can compare the two."""
    generate_key(tmp_path / "key", kind)
    printed = subprocess.run(
        [str(shutil.which("ssh-keygen")), "-lf", str(tmp_path / "key.pub")], capture_output=True, text=True, check=True
    )

    assert public_key((tmp_path / "key.pub").read_text()).fingerprint == printed.stdout.split()[1]


def test_names_ports_and_several_keys(known):
    """Port 22 has a bare name, any other stands in brackets with it; a host may have several keys."""
    file = known(
        f"# a comment\n\nweb-01,192.0.2.10 {ED25519} root@web-01\n  web-01\t{OTHER.replace(' ', chr(9))}\n"
        f"[web-01]:2222 {OTHER}\n2001:db8::1 {ED25519}\n[2001:db8::1]:2222 {OTHER}\n"
    )

    assert file.pinned("web-01", 22) == keys(ED25519, OTHER)
    assert file.pinned("WEB-01", 22) == keys(ED25519, OTHER)
    assert file.pinned("192.0.2.10", 22) == keys(ED25519)
    assert file.pinned("web-01", 2222) == keys(OTHER)
    assert file.pinned("2001:db8::1", 22) == keys(ED25519)
    assert file.pinned("2001:db8::1", 2222) == keys(OTHER)
    assert file.pinned("web-01", 2223) == ()
    assert file.pinned("web-0", 22) == ()
    assert file.pinned("web-010", 22) == ()


def test_patterns_and_negations(known):
    """A negated pattern keeps the whole line from matching."""
    file = known(f"*.example.com,!old.example.com {ED25519}\nweb-0? {OTHER}\n")

    assert file.pinned("new.example.com", 22) == keys(ED25519)
    assert file.pinned("old.example.com", 22) == ()
    assert file.pinned("example.com", 22) == ()
    assert file.pinned("web-07", 22) == keys(OTHER)


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
def test_hashed_names(tmp_path):
    """As ssh-keygen -H hashes them."""
    path = tmp_path / "known_hosts"
    path.write_text(f"web-01 {ED25519}\n[db-01]:2222 {OTHER}\n")
    subprocess.run([str(shutil.which("ssh-keygen")), "-Hf", str(path)], check=True, capture_output=True)
    assert "web-01" not in path.read_text()

    file = KnownHosts(path)

    assert file.pinned("web-01", 22) == keys(ED25519)
    assert file.pinned("db-01", 2222) == keys(OTHER)
    assert file.pinned("db-01", 22) == ()


def test_markers(known):
    """A revoked key is known as such; certificate authorities and keys of SSH 1 are passed over."""
    file = known(
        f"@revoked * {ED25519}\n@cert-authority *.example.com {OTHER}\nold-01 1024 35 12345678901234567890\n"
        f"|1|broken|hash {OTHER}\n"
    )

    (revoked,) = file.pinned("web.example.com", 22)
    assert revoked.revoked
    assert revoked.same(public_key(ED25519))
    assert file.pinned("old-01", 22) == (revoked,)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"web-01 {ED25519}\nweb-02\n", 2),
        ("web-01 ssh-ed25519\n", 1),
        ("web-01 ssh-ed25519 not*base64\n", 1),
        ("web-01 ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIBGKGXyU+8KGIqLFnDqZLnmqbQyAGXvpvVdaG06ZAQTE\n", 1),
        ("web-01 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5\n", 1),
        ("web-01 ssh-ed25519 AAAA\n", 1),
        ("@revoked\n", 1),
        ("<html><body>404</body></html>\n", 1),
    ],
)
def test_line_that_is_none_is_named(known, text, line):
    """A file that is not what it should be is an error, not a list of unknown hosts."""
    with pytest.raises(ContentError, match=rf"known_hosts:{line}: is not a line of known_hosts"):
        known(text)


def test_unreadable_file_is_named(tmp_path):
    """Missing, a folder, or not text."""
    (tmp_path / "binary").write_bytes(b"\x00\xff\xfe")
    for name in ("missing", ".", "binary"):
        with pytest.raises(ContentError):
            KnownHosts(tmp_path / name)


def test_file_is_not_written(known):
    """It belongs to a person."""
    with pytest.raises(UsageError, match="known_hosts: is not written"):
        known("").pin("web-01", 22, public_key(ED25519))


def test_remembered_keys():
    """In memory, by name and port."""
    remembered = RememberedKeys()
    assert remembered.pinned("web-01", 22) == ()

    remembered.pin("Web-01", 22, public_key(ED25519))
    remembered.pin("web-01", 22, public_key(OTHER))

    assert remembered.pinned("web-01", 22) == keys(ED25519, OTHER)
    assert remembered.pinned("web-01", 2222) == ()
