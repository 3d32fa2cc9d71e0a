"""A vault keeps secrets in a file that only its key opens, and that is whole at any time."""

import json
import multiprocessing
import os
import resource
import stat
import sys
import traceback
from pathlib import Path

import pytest

from auditor.credentials import Secret, fernet, parse_credentials, parse_vault
from auditor.credentials.environment import FromEnvironment
from auditor.credentials.vault import Vault
from auditor.documents import read_toml
from auditor.errors import AuditorError, ContentError, CredentialMissing, UsageError

KEY = "correct horse battery"
CANARY = "canary-7f2e9"


@pytest.fixture(params=["vault.enc", "vault.age"])
def path(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where a vault is to be; its key is in the environment."""
    path = tmp_path / request.param
    monkeypatch.setenv("KEY", a_key(path, KEY))
    return path


def a_key(path: Path, text: str) -> str:
    """Return a key for a vault: for age an identity, because it takes a second to try a passphrase."""
    return str(pytest.importorskip("pyrage").x25519.Identity.generate()) if path.suffix == ".age" else text


def vault(path: Path) -> Vault:
    """Return a vault that nobody has opened yet."""
    return Vault(path, FromEnvironment("KEY"))


def filled(path: Path, **secrets: str) -> Vault:
    """Return a new vault that holds these."""
    made = vault(path)
    made.create()
    for name, text in secrets.items():
        made.put(name, Secret(text))
    return vault(path)


def problem(path: Path, kind: type[AuditorError] = CredentialMissing) -> str:
    """Return why a vault does not open; neither its key nor what is in it is told."""
    with pytest.raises(kind) as caught:
        vault(path).entries()
    shown = "".join(traceback.format_exception(caught.value))
    assert os.environ.get("KEY", KEY) not in shown
    assert CANARY not in shown
    return str(caught.value)


def test_what_is_kept_is_read_again(path: Path) -> None:
    """By another process, with the key; the file shows neither names nor texts, and is its owner's alone."""
    opened = filled(path, lab=CANARY, other="x ÿ")

    assert {name: secret.reveal() for name, secret in opened.entries().items()} == {"lab": CANARY, "other": "x ÿ"}
    assert opened.read("lab").reveal() == CANARY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [word for word in (CANARY, os.environ["KEY"], "lab") if word.encode() in path.read_bytes()] == []
    assert CANARY not in repr(opened.entries())
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_name_that_is_not_there(path: Path) -> None:
    """Is named, with what to do."""
    with pytest.raises(CredentialMissing, match=r"has no 'web'; auditor vault set web"):
        filled(path, lab=CANARY).read("web")


def test_replace_and_remove(path: Path) -> None:
    """And say what was there."""
    made = filled(path, lab="old")

    assert made.put("lab", Secret(CANARY)) is True
    assert made.put("web", Secret("x")) is False
    assert vault(path).read("lab").reveal() == CANARY
    made.remove("web")
    assert set(vault(path).entries()) == {"lab"}
    with pytest.raises(UsageError, match=r"has no 'web'"):
        made.remove("web")


def test_a_wrong_key(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is no damage."""
    filled(path, lab=CANARY)
    before = path.read_bytes()
    monkeypatch.setenv("KEY", a_key(path, "another key, and a long one"))

    assert problem(path) == f"the vault {path} does not open with this key"
    for change in (lambda: vault(path).put("web", Secret("x")), lambda: vault(path).rekey(lambda: Secret(KEY))):
        with pytest.raises(CredentialMissing, match="does not open with this key"):
            change()
    assert path.read_bytes() == before


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.99])
def test_a_damaged_file(path: Path, share: float) -> None:
    """Cut off, or changed anywhere; it is not a wrong key, and nobody writes over it."""
    filled(path, lab=CANARY)
    whole = path.read_bytes()
    at = int(len(whole) * share)
    damage = ["is damaged, or no vault; restore it from a backup"]
    if path.suffix == ".age":  # age cannot tell that a part of the header is for the key that it has
        damage = ["is damaged, or no age file; restore it from a backup", "does not open with this key"]
    for bad in (whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :], b"\0" * 40):
        path.write_bytes(bad)

        assert problem(path).removeprefix(f"the vault {path} ") in damage
        with pytest.raises(CredentialMissing):
            vault(path).put("web", Secret("x"))
        assert path.read_bytes() == bad


def test_no_vault(path: Path) -> None:
    """Says how to make one."""
    assert problem(path) == f"there is no vault {path}; auditor vault init"
    with pytest.raises(CredentialMissing, match="auditor vault init"):
        vault(path).put("lab", Secret("x"))


def test_a_vault_is_not_made_twice(path: Path) -> None:
    """All secrets would be lost."""
    made = filled(path, lab=CANARY)

    with pytest.raises(UsageError, match="auditor vault rekey"):
        vault(path).create()
    assert made.read("lab").reveal() == CANARY


def test_another_key(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opens it from then on, and the old one no more."""
    made, new = filled(path, lab=CANARY), a_key(path, "a new key, and a long one")

    made.rekey(lambda: Secret(new))

    assert problem(path) == f"the vault {path} does not open with this key"
    monkeypatch.setenv("KEY", new)
    assert vault(path).read("lab").reveal() == CANARY


def test_a_key_that_is_soon_guessed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is not taken, neither at first nor later."""
    made = filled(path)
    before = path.read_bytes()

    with pytest.raises(CredentialMissing, match="fewer than 12 characters"):
        made.rekey(lambda: Secret("short"))
    assert path.read_bytes() == before
    monkeypatch.setenv("KEY", "short")
    path.unlink()
    with pytest.raises(CredentialMissing, match="fewer than 12 characters"):
        vault(path).create()
    assert not path.exists()


def test_a_key_that_is_not_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Says where it was sought."""
    filled(path)
    monkeypatch.delenv("KEY")

    assert problem(path) == f"the key of the vault {path}: there is nothing in env KEY; export KEY=..."


@pytest.mark.parametrize("name", ["", "-x", "a b", "../x", "x" * 65, "a\nb", "ä"])
def test_names_that_are_none(path: Path, name: str) -> None:
    """They would not fit into a command or a table."""
    with pytest.raises(UsageError, match="is no name"):
        vault(path).put(name, Secret("x"))


@pytest.mark.parametrize("text", ["", "two\nlines", "a\0b"])
def test_secrets_that_are_none(path: Path, text: str) -> None:
    """What is read back has to be what was kept."""
    with pytest.raises(UsageError, match="one line of text"):
        vault(path).put("lab", Secret(text))


def put_many(path: Path, prefix: str) -> None:
    """Keep some secrets; run by a process of its own."""
    for number in range(2):
        vault(path).put(f"{prefix}-{number}", Secret("x"))


def test_two_processes_lose_nothing_of_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one keeps while the other reads and writes is still there."""
    monkeypatch.setenv("KEY", KEY)
    path = tmp_path / "vault.enc"
    filled(path)
    context = multiprocessing.get_context("fork")
    others = [context.Process(target=put_many, args=(path, prefix)) for prefix in "ab"]

    for other in others:
        other.start()
    for other in others:
        other.join()

    assert sorted(vault(path).entries()) == [f"{prefix}-{number}" for prefix in "ab" for number in range(2)]


def test_a_full_disk_leaves_the_old_vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole, and with nothing beside it."""
    monkeypatch.setenv("KEY", KEY)
    path = tmp_path / "vault.enc"
    made = filled(path, lab=CANARY)
    before = path.read_bytes()

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(UsageError, match="cannot be written: File too large; nothing was changed"):
            made.put("web", Secret("x"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_a_file_that_asks_for_too_much_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for hours because somebody wrote a large number."""
    monkeypatch.setenv("KEY", KEY)
    path = tmp_path / "vault.enc"
    filled(path)
    file = json.loads(path.read_bytes())
    for number in (1 << 40, 0, -1, "8", True):
        changed = {name: value for name, value in {**file, "n": number}.items() if name != "sha256"}
        path.write_text(json.dumps({**changed, "sha256": fernet._checksum(changed)}))

        assert problem(path) == f"the vault {path} asks for more work than a vault may"


def test_age_with_an_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that begins as one is one, and other programs open the file with it."""
    pyrage = pytest.importorskip("pyrage")
    path = tmp_path / "vault.age"
    identity = pyrage.x25519.Identity.generate()
    monkeypatch.setenv("KEY", str(identity))
    filled(path, lab=CANARY)

    assert json.loads(pyrage.decrypt(path.read_bytes(), [identity])) == {"lab": CANARY}
    monkeypatch.setenv("KEY", "AGE-SECRET-KEY-1NONSENSE")
    not_one = f"the vault {path} takes an age identity of the form AGE-SECRET-KEY-1..., which this key is not"
    assert problem(path) == not_one


def test_age_with_a_passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `age -p` makes it."""
    pyrage = pytest.importorskip("pyrage")
    path = tmp_path / "vault.age"
    path.write_bytes(pyrage.passphrase.encrypt(json.dumps({"lab": CANARY}).encode(), KEY))
    monkeypatch.setenv("KEY", KEY)

    assert vault(path).read("lab").reveal() == CANARY
    monkeypatch.setenv("KEY", "another key, and a long one")
    assert problem(path) == f"the vault {path} does not open with this key"


@pytest.mark.parametrize("content", [b"[]", b'{"lab": 7}', b"\xff", b"{"])
def test_an_age_file_of_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """It opens, and is no vault."""
    pyrage = pytest.importorskip("pyrage")
    path = tmp_path / "vault.age"
    identity = pyrage.x25519.Identity.generate()
    path.write_bytes(pyrage.encrypt(content, [identity.to_public()]))
    monkeypatch.setenv("KEY", str(identity))

    assert problem(path) == f"the vault {path} holds something else than names and texts"


def test_age_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Says which extra to install."""
    monkeypatch.setenv("KEY", KEY)
    monkeypatch.setitem(sys.modules, "pyrage", None)
    path = tmp_path / "vault.age"
    path.write_bytes(b"x")

    assert problem(path).endswith("needs age, which is not supported here; pip install 'auditor[age]'")


def settings(folder: Path, *lines: str):
    """Return what parses the tables of an auditor.toml."""
    file = folder / "auditor.toml"
    file.write_text("\n".join((*lines, "")))
    document = read_toml(file)
    assert isinstance(document.value, dict)
    return document.value, document


def test_a_credential_of_the_vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The vault stands beside the settings; without a table, its key is in AUDITOR_VAULT_KEY."""
    monkeypatch.setenv("AUDITOR_VAULT_KEY", KEY)
    rows = ("[credentials.lab]", 'password = {vault = "lab"}', "[credentials.web]", 'enable = {vault = "gone"}')
    tables, document = settings(tmp_path, *rows)
    made = parse_vault({}, document)
    made.create()
    made.put("lab", Secret(CANARY))
    assert made.path == tmp_path / "vault.enc"

    credentials = parse_credentials(tables["credentials"], document)

    password = credentials.open("lab").password
    assert password is not None
    assert password.reveal() == CANARY
    with pytest.raises(ContentError, match=r"auditor\.toml:4:1: credentials\.web\.enable: the vault .* has no 'gone'"):
        credentials.open_all(["web"])


def test_a_vault_that_does_not_open_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many credentials are in it, and it is opened once."""
    monkeypatch.setenv("KEY", KEY)
    counter = tmp_path / "count"
    key = f"""key = {{command = ["sh", "-c", "echo x >> {counter}; echo a wrong key, and a long one"]}}"""
    rows = [f'[credentials.{name}]\npassword = {{vault = "{name}"}}' for name in ("a", "b", "c")]
    tables, document = settings(tmp_path, "[vault]", 'file = "secrets.enc"', key, *rows)
    filled(tmp_path / "secrets.enc", a="x")

    credentials = parse_credentials(tables["credentials"], document, tables["vault"])
    with pytest.raises(ContentError) as caught:
        credentials.open_all(["a", "b", "c"])

    said = (
        f"{tmp_path}/auditor.toml:5:1: credentials.a.password: the vault {tmp_path}/secrets.enc does not open with this"
    )
    assert str(caught.value).startswith(said)
    assert caught.value.others == ()
    assert counter.read_text() == "x\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("path = 'x'", "2:1: vault.path: there is no such field"),
        ("file = ''", "2:1: vault.file: must be a text on one line"),
        ("file = ['x']", "2:1: vault.file: must be a text on one line"),
        ("key = 'canary-7f2e9'", "2:1: vault.key: a secret may not stand in a file"),
        ("key = {vault = 'canary-7f2e9'}", "2:1: vault.key: does not say where the secret is"),
    ],
)
def test_wrong_tables(tmp_path: Path, line: str, said: str) -> None:
    """With the line, and without the value."""
    tables, document = settings(tmp_path, "[vault]", line)

    with pytest.raises(ContentError) as caught:
        parse_vault(tables["vault"], document)

    assert str(caught.value).startswith(f"{tmp_path}/auditor.toml:{said}")
    assert CANARY not in str(caught.value)
