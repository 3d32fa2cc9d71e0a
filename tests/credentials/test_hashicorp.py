"""A secret is read from a HashiCorp Vault, over TLS that is verified, and its token goes nowhere else."""

import traceback
from pathlib import Path

import pytest

from auditor.credentials import parse_credentials
from auditor.credentials.hashicorp import FromHashiCorp
from auditor.documents import read_toml
from auditor.errors import ContentError, CredentialMissing
from tests.lab.hashicorp import HashiCorp, certificate, version2

TOKEN = "hvs.canary-token-41c"
CANARY = "canary-7f2e9"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have none of the variables, and another home."""
    for name in ("ADDR", "TOKEN", "NAMESPACE", "CACERT", "CAPATH"):
        monkeypatch.delenv(f"VAULT_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch):
    """Return a server that the environment names, with its token."""
    with HashiCorp(TOKEN) as running:
        monkeypatch.setenv("VAULT_ADDR", running.url)
        monkeypatch.setenv("VAULT_TOKEN", TOKEN)
        yield running


def problem(path: str = "secret/data/lab", name: str = "password") -> str:
    """Return why a secret cannot be read; neither it nor the token is told."""
    with pytest.raises(CredentialMissing) as caught:
        FromHashiCorp(path, name).read()
    shown = "".join(traceback.format_exception(caught.value))
    assert TOKEN not in shown
    assert CANARY not in shown
    return str(caught.value)


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        ("secret/data/net/lab", version2(password=CANARY, user="audit")),
        ("kv/net/lab", {"password": CANARY}),
        ("kv/net/lab", {"password": CANARY, "data": "x", "metadata": "y"}),
    ],
)
def test_both_versions_of_the_engine(server: HashiCorp, path: str, secret: object) -> None:
    """The field is where each has it."""
    server.secrets[path] = secret

    assert FromHashiCorp(path, "password").read().reveal() == CANARY


def test_from_a_table_of_the_settings(server: HashiCorp, tmp_path: Path) -> None:
    """Path and field in one text; a path may have blanks in it."""
    server.secrets["secret/data/the%20lab"] = version2(**{"sudo password": f"{CANARY}\nnotes"})
    path = tmp_path / "auditor.toml"
    path.write_text('[credentials.lab]\npassword = {hashicorp = "secret/data/the lab#sudo password"}\n')
    document = read_toml(path)
    assert isinstance(document.value, dict)

    credential = parse_credentials(document.value["credentials"], document).open("lab")

    assert credential.password is not None
    assert credential.password.reveal() == CANARY


@pytest.mark.parametrize(
    "written", ["secret/data/lab", "lab#password", "#password", "/secret/lab#x", "a/b?c#x", "a/b#"]
)
def test_what_is_no_path_and_field(tmp_path: Path, written: str) -> None:
    """Is refused with its line, and not repeated."""
    path = tmp_path / "auditor.toml"
    path.write_text(f'[credentials.lab]\npassword = {{hashicorp = "{written}"}}\n')
    document = read_toml(path)
    assert isinstance(document.value, dict)

    with pytest.raises(ContentError, match=r"auditor\.toml:2:1: .*does not say where the secret is") as caught:
        parse_credentials(document.value["credentials"], document)
    assert f'"{written}"' not in str(caught.value)


def test_the_token_of_a_login(server: HashiCorp, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no variable has one; only its owner may be able to read it."""
    server.secrets["secret/data/lab"] = version2(password=CANARY)
    monkeypatch.delenv("VAULT_TOKEN")
    assert problem() == f"VAULT_TOKEN is not set, and {home}/.vault-token cannot be read: No such file or directory"

    file = home / ".vault-token"
    file.write_text(TOKEN)
    file.chmod(0o640)
    assert "chmod 600" in problem()
    file.chmod(0o600)

    assert FromHashiCorp("secret/data/lab", "password").read().reveal() == CANARY


def test_a_namespace(server: HashiCorp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is said to the server."""
    server.namespace = "ops/"
    server.secrets["secret/data/lab"] = version2(password=CANARY)
    assert "status 403" in problem()

    monkeypatch.setenv("VAULT_NAMESPACE", "ops/")

    assert FromHashiCorp("secret/data/lab", "password").read().reveal() == CANARY


@pytest.mark.parametrize(
    ("secrets", "said"),
    [
        ({}, "status 404: there is nothing; in version 2 of the KV engine, data/ stands behind the mount"),
        ({"secret/data/lab": version2(user=CANARY)}, "the secret has no text of that name"),
        ({"secret/data/lab": version2(password=7)}, "the secret has no text of that name"),
        ({"secret/data/lab": version2(password="")}, "there is nothing in hashicorp secret/data/lab#password"),
        ({"secret/data/lab": {"data": None, "metadata": {}}}, "the answer holds no secret"),
        ({"secret/data/lab": [CANARY]}, "the answer holds no secret"),
    ],
)
def test_what_is_not_there(server: HashiCorp, secrets: dict[str, object], said: str) -> None:
    """Is said, without what is there."""
    server.secrets.update(secrets)

    assert said in problem()


def test_a_token_that_is_not_accepted(server: HashiCorp, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its status, not by what the server says."""
    monkeypatch.setenv("VAULT_TOKEN", "hvs.another")

    assert problem().endswith("status 403: the token is not valid, or its policy does not let it read this")


def test_a_token_that_would_be_another_header(server: HashiCorp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is sent to nobody."""
    monkeypatch.setenv("VAULT_TOKEN", "a\r\nX-Other: b")

    assert problem() == "VAULT_TOKEN is no token"
    assert server.seen == []


def test_a_sealed_server(server: HashiCorp) -> None:
    """Says that it is."""
    server.sealed = True

    assert problem().endswith("status 503: the server is sealed or under maintenance")


def test_a_redirect_is_not_followed(server: HashiCorp) -> None:
    """The token would go with it."""
    with HashiCorp(TOKEN, {"secret/data/lab": version2(password=CANARY)}) as other:
        server.elsewhere = other.url

        assert "status 307: no secret" in problem()

    assert (server.seen, other.seen) == ([TOKEN], [])


def test_a_proxy_is_not_used(server: HashiCorp, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would see the token."""
    server.secrets["secret/data/lab"] = version2(password=CANARY)
    with HashiCorp(TOKEN) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)

        FromHashiCorp("secret/data/lab", "password").read()

    assert (server.seen, proxy.seen) == ([TOKEN], [])


def test_the_certificate_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the authority that is named, and VAULT_SKIP_VERIFY is nobody's way around it."""
    pem = certificate(tmp_path)
    with HashiCorp(TOKEN, {"secret/data/lab": version2(password=CANARY)}, certificate=pem) as server:
        monkeypatch.setenv("VAULT_ADDR", server.url)
        monkeypatch.setenv("VAULT_TOKEN", TOKEN)
        monkeypatch.setenv("VAULT_SKIP_VERIFY", "true")
        assert "its certificate is not trusted (self-signed certificate); set VAULT_CACERT" in problem()
        monkeypatch.setenv("VAULT_CACERT", str(tmp_path / "gone.pem"))
        assert problem() == "VAULT_CACERT or VAULT_CAPATH cannot be used: No such file or directory"
        assert server.seen == []

        monkeypatch.setenv("VAULT_CACERT", str(pem))

        assert FromHashiCorp("secret/data/lab", "password").read().reveal() == CANARY


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "VAULT_ADDR is not set to an address such as https://vault.example:8200"),
        ("vault.example:8200", "VAULT_ADDR is not set to an address such as"),
        ("https://vault.example:port", "VAULT_ADDR is not set to an address such as"),
        ("unix:///run/vault.sock", "VAULT_ADDR is not set to an address such as"),
        ("http://192.0.2.1:8200", "VAULT_ADDR has no TLS; a token would cross the network in the clear"),
        ("http://localhost.example:8200", "VAULT_ADDR has no TLS"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1 gives no answer: Connection refused"),
    ],
)
def test_addresses_that_are_none(monkeypatch: pytest.MonkeyPatch, address: str, said: str) -> None:
    """Or that would give the token away."""
    monkeypatch.setenv("VAULT_ADDR", address)
    monkeypatch.setenv("VAULT_TOKEN", TOKEN)

    assert problem().startswith(said)
