"""Secrets come by reference only, and show themselves to nobody."""

import copy
import dataclasses
import logging
import os
import pickle
import stat
import sys
import threading
import traceback

import pytest

from auditor.credentials import Credential, Secret, parse_credentials
from auditor.documents import Document, read_toml
from auditor.errors import ContentError, CredentialMissing

CANARY = "canary-7f2e9"


@pytest.fixture
def opened(tmp_path):
    """Return a function that opens the one credential of an auditor.toml."""

    def read(*lines: str) -> Credential:
        return parsed(tmp_path, *lines).open("lab")

    return read


def parsed(folder, *lines: str):
    path = folder / "auditor.toml"
    path.write_text("\n".join(["[credentials.lab]", *lines, ""]))
    document = read_toml(path)
    assert isinstance(document.value, dict)
    return parse_credentials(document.value["credentials"], document)


def secret_file(folder, text: str, mode: int = 0o600):
    path = folder / "secret"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_secret_shows_itself_to_nobody(caplog):
    """Not printed, formatted, logged, pickled or copied into plain data."""
    credential = Credential(name="lab", password=Secret(CANARY))
    logging.getLogger("test").warning("opened %s %r", credential, credential.password)

    shown = [
        repr(credential),
        str(credential),
        f"{credential.password} {credential.password!r:>30}",
        "%s" % credential.password,  # noqa: UP031
        repr(dataclasses.asdict(credential)),
        repr(copy.deepcopy(credential)),
        caplog.text,
    ]

    assert [text for text in shown if CANARY in text] == []
    assert credential.password is not None
    assert credential.password.reveal() == CANARY
    with pytest.raises(TypeError, match="not written down"):
        pickle.dumps(credential)


def test_environment(opened, monkeypatch):
    """One variable, one secret."""
    monkeypatch.setenv("LAB_PASSWORD", CANARY)

    credential = opened('user = "audit"', 'password = {env = "LAB_PASSWORD"}', "agent = true")

    assert (credential.name, credential.user, credential.agent) == ("lab", "audit", True)
    assert credential.password is not None
    assert credential.password.reveal() == CANARY
    assert credential.become_password is None


@pytest.mark.parametrize("value", [None, ""])
def test_missing_variable_says_what_to_do(opened, monkeypatch, value):
    """Unset and empty are the same."""
    monkeypatch.delenv("LAB_PASSWORD", raising=False)
    if value is not None:
        monkeypatch.setenv("LAB_PASSWORD", value)

    with pytest.raises(CredentialMissing, match=r"credential lab: password: .*export LAB_PASSWORD="):
        opened('password = {env = "LAB_PASSWORD"}')


@pytest.mark.parametrize("text", [CANARY, CANARY + "\n", CANARY + "\r\nanother line\n", "\ufeff" + CANARY])
def test_file(opened, tmp_path, text):
    """The first line of a file only its owner can read, sought from the settings' folder."""
    secret_file(tmp_path, text)

    credential = opened('community = {file = "secret"}')

    assert credential.community is not None
    assert credential.community.reveal() == CANARY


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o601])
def test_file_that_others_can_read_is_refused(opened, tmp_path, mode):
    """With the command that mends it."""
    path = secret_file(tmp_path, CANARY, mode)

    with pytest.raises(CredentialMissing, match=rf"chmod 600 {path}") as caught:
        opened('password = {file = "secret"}')
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_file_that_is_no_file_is_refused(opened, tmp_path):
    """A pipe does not keep auditor waiting, a folder is none, a missing one is named."""
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "folder").mkdir(0o700)

    for name, why in (("pipe", "no regular file"), ("folder", "no regular file"), ("missing", "No such file")):
        with pytest.raises(CredentialMissing, match=why):
            opened(f'password = {{file = "{name}"}}')


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_file_of_another_user_is_refused(opened, tmp_path):
    """Who owns the file may change the secret."""
    os.chown(secret_file(tmp_path, CANARY), 65534, 65534)

    with pytest.raises(CredentialMissing, match="belongs to another user"):
        opened('password = {file = "secret"}')


def test_file_that_is_not_text(opened, tmp_path):
    """Its bytes do not appear in the message."""
    path = secret_file(tmp_path, "")
    path.write_bytes(CANARY.encode() + b"\xff\xfe")

    with pytest.raises(CredentialMissing, match="is not UTF-8 text") as caught:
        opened('password = {file = "secret"}')
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_command(opened):
    """An argument list, no shell; the first line of what it prints."""
    code = f"import sys; print('{CANARY}', len(sys.argv), sys.argv[1]); print('metadata')"
    argv = ", ".join(f"'''{word}'''" for word in (sys.executable, "-c", code, "$(id); *"))

    credential = opened(f"password = {{command = [{argv}]}}")

    assert credential.password is not None
    assert credential.password.reveal() == f"{CANARY} 2 $(id); *"


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("print('canary-7f2e9'); raise SystemExit(3)", "ended with status 3; run it by hand"),
        ("raise ValueError('canary-7f2e9')", "ended with status 1"),
        ("print()", "there is nothing in command"),
    ],
)
def test_command_that_fails_does_not_repeat_what_it_printed(opened, code, why):
    """Neither from standard output nor from standard error."""
    with pytest.raises(CredentialMissing, match=why) as caught:
        opened(f'password = {{command = ["{sys.executable}", "-c", "{code}"]}}')

    shown = str(caught.value).replace(code, "")
    assert CANARY not in shown


def test_command_that_is_not_there(opened):
    """It is named."""
    with pytest.raises(CredentialMissing, match="no-such-pass cannot be run: No such file"):
        opened('password = {command = ["no-such-pass", "show", "x"]}')


def test_keyring_that_is_not_installed(opened, monkeypatch):
    """Says which extra to install."""
    monkeypatch.setitem(sys.modules, "keyring", None)

    with pytest.raises(CredentialMissing, match=r"pip install 'auditor\[keyring\]'"):
        opened('password = {keyring = "auditor/lab"}')


def test_keyring(opened, tmp_path):
    """The entry of a service, as the system keeps it; what is not there, and a keyring that fails, are said."""
    keyring = pytest.importorskip("keyring")
    before = keyring.get_keyring()

    class Chain(keyring.backend.KeyringBackend):
        """A keyring of one entry."""

        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            """Return the entry."""
            if service == "broken":
                raise keyring.errors.KeyringLocked(CANARY)
            return CANARY if (service, username) == ("auditor", "net/lab") else None

        def set_password(self, service: str, username: str, password: str) -> None:
            """Take no other."""

    try:
        keyring.set_keyring(Chain())
        credential = opened('password = {keyring = "auditor/net/lab"}')
        assert credential.password is not None
        assert credential.password.reveal() == CANARY
        with pytest.raises(CredentialMissing, match="there is nothing in keyring auditor web; keyring set auditor web"):
            opened('password = {keyring = "auditor/web"}')
        with pytest.raises(CredentialMissing, match="the keyring does not open: KeyringLocked") as caught:
            opened('password = {keyring = "broken/x"}')
        assert CANARY not in "".join(traceback.format_exception(caught.value))
        keyring.set_keyring(keyring.backends.fail.Keyring())
        with pytest.raises(CredentialMissing, match="there is no keyring on this machine"):
            opened('password = {keyring = "auditor/net/lab"}')
    finally:
        keyring.set_keyring(before)


def test_secret_is_fetched_once(tmp_path):
    """However many workers ask at once, so that a password manager prompts once."""
    counter = tmp_path / "count"
    code = f"open('{counter}', 'a').write('x'); print('{CANARY}')"
    credentials = parsed(tmp_path, f'password = {{command = ["{sys.executable}", "-c", "{code}"]}}')
    workers = [threading.Thread(target=credentials.open, args=("lab",)) for _ in range(8)]

    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert counter.read_text() == "x"


def test_key_file_is_private(opened, tmp_path):
    """As ssh demands it; a relative path is sought from the settings' folder."""
    key = secret_file(tmp_path, "a key")
    assert opened('key_file = "secret"').key_file == key

    key.chmod(0o644)
    with pytest.raises(CredentialMissing, match=f"key_file: {key} can be read by others; chmod 600"):
        opened('key_file = "secret"')
    assert stat.S_IMODE(key.stat().st_mode) == 0o644


def test_how_an_account_becomes_root(opened, monkeypatch):
    """With sudo unless it is said otherwise; the password has an older name, too."""
    monkeypatch.setenv("BECOME", CANARY)

    assert opened("agent = true").become == "sudo"
    assert opened("become = 'SU'").become == "su"
    assert [opened(f"become = '{way}'").become for way in ("doas", "none")] == ["doas", "none"]
    for name in ("become_password", "sudo_password"):
        password = opened(f"{name} = {{env = 'BECOME'}}").become_password
        assert password is not None
        assert password.reveal() == CANARY


def test_unknown_credential_says_what_to_add(tmp_path):
    """Also when an asset names none."""
    credentials = parsed(tmp_path, "agent = true")

    assert credentials.names == {"lab"}
    with pytest.raises(CredentialMissing, match=r"add \[credentials\.web\] to auditor\.toml"):
        credentials.open("web")
    with pytest.raises(CredentialMissing, match="names no credential"):
        credentials.open("")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("password = 'canary-7f2e9'", "credentials.lab.password: a secret may not stand in a file"),
        ("community = 12345678901", "credentials.lab.community: a secret may not stand in a file"),
        ("auth = ['canary-7f2e9']", "credentials.lab.auth: a secret may not stand in a file"),
        ("password = {value = 'canary-7f2e9'}", "does not say where the secret is"),
        ("password = {env = 'canary-7f2e9'}", "does not say where the secret is"),
        ("password = {env = 'A', file = 'b'}", "does not say where the secret is"),
        ("password = {command = 'pass show canary-7f2e9'}", "does not say where the secret is"),
        ("password = {command = []}", "does not say where the secret is"),
        ("password = {command = ['pass', 1]}", "does not say where the secret is"),
        ("password = {keyring = 'canary-7f2e9'}", "does not say where the secret is"),
        ("pasword = {env = 'A'}", "credentials.lab.pasword: there is no such field"),
        ("agent = 'yes'", "credentials.lab.agent: must be true or false"),
        ("user = 5", "credentials.lab.user: must be a text on one line"),
        ("user = 'a\\nb'", ""),
        ("auth_protocol = 'canary-7f2e9'", "must be one of md5, sha"),
        ("become = 'canary-7f2e9'", "credentials.lab.become: must be one of sudo, su, doas, none"),
        ("become_password = 'canary-7f2e9'", "credentials.lab.become_password: a secret may not stand in a file"),
        ("sudo_password = 'canary-7f2e9'", "credentials.lab.sudo_password: a secret may not stand in a file"),
        ("become_password = {env = 'A'}\nbecome = 'none'", "become_password: is of no use where become is none"),
    ],
)
def test_wrong_tables_are_placed_and_not_repeated(tmp_path, line, why):
    """The message names file and line and what to write, never the value."""
    if "\\n" in line:
        line = 'user = "a\\nb"'
        why = "must be a text on one line"

    with pytest.raises(ContentError, match=r"auditor\.toml:2:") as caught:
        parsed(tmp_path, line)

    assert why in str(caught.value)
    assert caught.value.mend
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_all_wrong_lines_are_shown_at_once(tmp_path):
    """So that one run is enough."""
    with pytest.raises(ContentError) as caught:
        parsed(tmp_path, "password = 'x'", "colour = 'red'", "[credentials.web]", "agent = 1")

    assert [problem.place.line for problem in (caught.value, *caught.value.others)] == [2, 3, 5]


def test_both_names_of_a_password(tmp_path):
    """Nobody can say which of them holds."""
    with pytest.raises(
        ContentError, match=r"credentials\.lab\.sudo_password: is the same as become_password"
    ) as caught:
        parsed(tmp_path, "become_password = {env = 'A'}", "sudo_password = {env = 'B'}")

    assert caught.value.place.line == 3


def test_credentials_are_opened_before_they_are_needed(tmp_path, monkeypatch):
    """All that are named, and no others; what is missing is said with its line."""
    monkeypatch.setenv("HERE", CANARY)
    monkeypatch.delenv("GONE", raising=False)
    lines = ("password = {env = 'HERE'}", "[credentials.web]", "user = 'x'", "password = {env = 'GONE'}")
    credentials = parsed(tmp_path, *lines, "[credentials.db]", "community = {file = 'gone'}")

    credentials.open_all(["lab", "lab", "not-ours"])
    with pytest.raises(ContentError) as caught:
        credentials.open_all(["web", "lab", "db"])

    problems = [caught.value, *caught.value.others]
    assert [(one.place.line, one.problem.split("; ")[0]) for one in problems] == [
        (7, f"credentials.db.community: {tmp_path}/gone cannot be read: No such file or directory"),
        (5, "credentials.web.password: there is nothing in env GONE"),
    ]


def test_a_credential_that_does_not_open_is_not_tried_again(tmp_path):
    """A fleet of hosts does not ask the same person a thousand times."""
    counter = tmp_path / "count"
    code = f"open('{counter}', 'a').write('x'); raise SystemExit(1)"
    credentials = parsed(tmp_path, f'password = {{command = ["{sys.executable}", "-c", "{code}"]}}')

    for _ in range(3):
        with pytest.raises(CredentialMissing, match=r"credential lab: password: .* ended with status 1"):
            credentials.open("lab")

    assert counter.read_text() == "x"


def test_table_that_is_none():
    """A credential is a table."""
    with pytest.raises(ContentError, match=r"credentials\.lab: must be a table"):
        parse_credentials({"lab": CANARY}, Document("auditor.toml", {}))


@pytest.mark.parametrize(("written", "known"), [("SHA-256", "sha256"), ("sha", "sha"), ("MD5", "md5")])
def test_protocols_are_read_in_any_spelling(opened, written, known):
    """As vendors write them."""
    assert opened(f"auth_protocol = '{written}'").auth_protocol == known
