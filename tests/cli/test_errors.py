"""What is wrong is said once, with its place and an exit code, before anything is asked; never as a traceback."""

import json
from pathlib import Path

import pytest

from auditor.start import make_workspace
from tests.cli.running import PROGRAM, Auditor, on_its_own

LISTS = [
    ["audits"], ["assets", "list"], ["assets", "show", "localhost"], ["checks", "list"], ["policy", "show"],
    ["checks", "show", "ssh.root-login"], ["policy", "explain", "localhost"], ["findings", "list"],
    ["evidence", "list"], ["schedule", "list"], ["privileges"], ["projects", "propose"],
]  # fmt: skip
OWN = 'inventory = ["company"]\n'
HOSTILE = "a\x1b[2J\x07\x9b31m\u202e\ue000é"


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    """Return a new workspace."""
    list(make_workspace(tmp_path / "acme", "Acme"))
    return tmp_path / "acme"


def put(folder: Path, name: str, text: str) -> None:
    """Write a file of a workspace."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("words", LISTS, ids=" ".join)
def test_what_is_listed_as_json_is_json(auditor: Auditor, acme: Path, words: list[str]) -> None:
    """Results on stdout, and nothing else there."""
    done = auditor(*words, "--format", "json", folder=acme)

    assert (done.code, done.err) == (0, "")
    assert isinstance(json.loads(done.out), list | dict)


@pytest.mark.parametrize("words", [["audits"], ["findings", "list"], ["assets", "list"]], ids=" ".join)
def test_a_table_says_something_even_when_there_is_nothing(auditor: Auditor, acme: Path, words: list[str]) -> None:
    """An empty screen would leave one wondering."""
    done = auditor(*words, folder=acme)

    assert done.code == 0
    assert done.out.strip()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("auditor.toml", "company = \n", "auditor.toml:1:11: is not TOML: "),
        ("auditor.toml", "compny = 1\n", "auditor.toml:1:1: compny: there is no such field"),
        ("auditor.toml", f'{OWN}[scope]\nallow = ["10.0.0.0/33"]\n', "auditor.toml:3:1: "),
        ("auditor.toml", f'{OWN}[credentials.x]\npassword = "hunter2"\n', "auditor.toml:3:1: "),
        ("auditor.toml", '\ninventory = ["gone.yaml"]\n', "auditor.toml:2:1: gone.yaml: there is no such file in inv"),
        ("auditor.toml", 'policy = "gone"\n', "auditor.toml:1:1: gone: there is no such file in policies/"),
        ("inventory/company.yaml", "assets: [\n", "inventory/company.yaml:2:1: is not YAML: "),
        ("inventory/company.yaml", "assets:\n  - kind: server\n", "inventory/company.yaml:2:5: "),
        ("inventory/company.yaml", "assets:\n  - name: a\n    kind: sever\n", "inventory/company.yaml:3:11: "),
        (
            "inventory/company.yaml",
            "assets:\n  - name: a\n    addresses: [127.0.0.1]\n    transports:\n      ssh: {credential: gone}\n",
            "inventory/company.yaml:",
        ),
        ("policies/company.yaml", "policy: [\n", "policies/company.yaml:2:1: is not YAML: "),
        ("policies/company.yaml", "policy: a\nversion: '1'\nextends: [gone]\n", "policies/company.yaml:3:11: "),
        (
            "policies/company.yaml",
            "policy: a\nversion: '1'\ncontrols:\n  - id: A\n    title: a\n    checks: {ssh.rot-login: {}}\n",
            "policies/company.yaml:6:14: there is no check ssh.rot-login",
        ),
        ("checks/own.py", "def broken(:\n", "checks/own.py:1:12: is not Python: "),
    ],
)
def test_wrong_content_stops_an_audit_before_it_begins(
    auditor: Auditor, acme: Path, name: str, text: str, said: str
) -> None:
    """Exit 2, one message with file, line and column, and nothing was asked or remembered."""
    put(acme, name, text)
    audit = auditor("audit", folder=acme)

    assert (audit.code, audit.out) == (2, "")
    assert audit.err.replace(f"{acme}/", "").startswith(f"auditor: {said}")
    assert "Traceback" not in audit.err
    assert "hunter2" not in audit.err
    assert not (acme / "out").exists()
    assert not (acme / ".auditor").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nosuch"], "No such command 'nosuch'"),
        (["audit", "--nosuch"], "No such option: --nosuch"),
        (["audit", "--format", "xml"], "'xml' is not one of 'table', 'json'"),
        (["checks", "run"], "Missing argument 'CHECK...'"),
        (["checks", "run", "ssh.root-login"], "name one target"),
        (["checks", "run", "nosuch.check", "--local"], "there is no check nosuch.check"),
        (["checks", "run", "ssh.max-tries", "--local", "--set", "at_most=x"], "--set at_most: Input should be"),
        (["checks", "show", "ssh.rot-login"], "there is no check ssh.rot-login. Did you mean ssh.root-login"),
        (["checks", "new", "Bad"], "a check's id is SUBJECT.NAME"),
        (["checks", "new", "ssh.root-login"], "there is a check ssh.root-login already"),
        (["assets", "show", "gone"], "the inventory has no asset gone"),
        (["audit", "--assets", "gone"], "the inventory has no asset gone"),
        (["policy", "explain", "gone"], "the inventory has no asset gone"),
        (["policy", "lint", "gone"], "gone: there is no such file in policies/"),
        (["findings", "show", "gone"], "gone: there is no such finding"),
        (["evidence", "show", "gone"], "gone: there is no such evidence"),
        (["report"], "there is no audit yet"),
        (["schedule", "add", "x", "--cron", "99 * * * *"], '"99 * * * *" is not a time'),
        (["schedule", "remove", "x"], "There is no schedule x"),
        (["discover", "10.0.0.0/8"], "name smaller networks"),
        (["--workspace", "/no/such/folder", "audit"], "'/no/such/folder' does not exist"),
        (["init", "."], "is there already; this is a workspace"),
        (["audit", "--output", "auditor.toml/x"], "--output auditor.toml/x: no folder can be made there: Not a dir"),
        (["audit", "--assets", ""], "--assets names no asset; leave it out to mean all"),
        (["schedule", "add", "x", "--cron", "0 3 * * 1", "--assets", ","], "--assets names no asset"),
        (["audit", "--inventory", "/dev/null"], "there is no such file"),
        (["checks", "run", "ssh.pam", "--ssh", "a@127.0.0.1", "--key", "/no/key"], "--key /no/key: there is no such"),
        (["checks", "run", "ssh.pam", "--ssh", "127.0.0.1", "--credential", "x"], "define [credentials.x] first"),
        (["checks", "run", "ssh.pam", "--ssh", "a@127.0.0.1", "--local"], "name one target"),
        (["assets", "import", "inventory/company.yaml", "--to", "/no/such/x.yaml"], "/no/such/x.yaml cannot be wri"),
        (["assets", "import", "inventory/company.yaml", "--to", "auditor.toml"], "auditor.toml is there already"),
        (["projects", "propose", "--output", "/no/such/x.md"], "/no/such/x.md cannot be written: No such file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_asked_is_a_usage_error(auditor: Auditor, acme: Path, words: list[str], said: str) -> None:
    """Exit 2 and one message on stderr."""
    done = auditor(*words, folder=acme)

    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "Traceback" not in done.err


def test_an_audit_that_nothing_answers_has_failed(auditor: Auditor, acme: Path) -> None:
    """Exit 3: no report may say that all is well."""
    put(
        acme,
        "inventory/company.yaml",
        "assets:\n  - name: a\n    kind: server\n    platform: linux\n    addresses: [127.0.0.1]\n    transports:\n"
        "      ssh: {port: 1, credential: x}\n",
    )
    put(acme, "auditor.toml", f'{OWN}[credentials.x]\nuser = "a"\npassword = {{env = "PATH"}}\n')
    done = auditor("audit", folder=acme)

    assert done.code == 3
    assert "no asset answered" in done.err
    assert "Traceback" not in done.err


NEEDS_A_WORKSPACE = [words for words in LISTS if words[0] != "checks"] + [["audit"], ["policy", "lint"], ["report"]]


@pytest.mark.parametrize("words", NEEDS_A_WORKSPACE, ids=" ".join)
def test_outside_of_a_workspace_every_command_says_so(auditor: Auditor, words: list[str]) -> None:
    """And how to make one; not that some file of an example is missing."""
    done = auditor(*words)

    assert (done.code, done.out) == (2, "")
    assert "is no workspace: there is no auditor.toml here or above. Make one with `auditor init DIR`" in done.err


def test_an_empty_inventory_is_a_mistake_and_no_audit(auditor: Auditor, acme: Path) -> None:
    """Nothing was asked, and nothing is remembered as if it had been."""
    put(acme, "inventory/company.yaml", "assets: []\n")
    done, audits = auditor("audit", folder=acme), auditor("audits", folder=acme)

    assert (done.code, done.out) == (2, "")
    assert "the inventory lists no asset" in done.err
    assert audits.out == "No audit yet: auditor audit\n"


def test_a_schedule_says_its_next_run_in_its_own_zone(auditor: Auditor, acme: Path) -> None:
    """Three in the morning is three in the morning."""
    words = ("schedule", "add", "weekly", "--cron", "0 3 * * 1", "--timezone", "Asia/Kolkata")

    assert auditor(*words, folder=acme).out.endswith("03:00 IST\n")


CRASH = f"import auditor.plugins; auditor.plugins.load_content = None; {PROGRAM}"


def test_an_internal_error_is_one_line_and_debug_shows_more(acme: Path) -> None:
    """Exit 3 either way, so that no script takes it for an audit."""
    plain = on_its_own("checks", "list", folder=acme, program=CRASH)
    debug = on_its_own("--debug", "checks", "list", folder=acme, program=CRASH)

    assert (plain.code, debug.code, plain.out) == (3, 3, "")
    assert plain.err.startswith("auditor: internal error: TypeError: 'NoneType' object is not callable (session.py:")
    assert plain.err.endswith("Run it again with --debug.\n")
    assert "Traceback" not in plain.err
    assert "Traceback" in debug.err


def test_debug_keeps_the_exit_code_of_a_persons_mistake(acme: Path) -> None:
    """And shows where it was found."""
    done = on_its_own("--debug", "assets", "show", "gone", folder=acme)

    assert done.code == 2
    assert "Traceback" in done.err
    assert "auditor: the inventory has no asset gone" in done.err


@pytest.mark.parametrize("more", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {}], ids=["NO_COLOR", "dumb", "a pipe"])
def test_there_is_no_colour_where_none_is_wanted(acme: Path, more: dict[str, str]) -> None:
    """In pipes, and wherever NO_COLOR is set."""
    done = on_its_own("checks", "list", "--subject", "ssh", folder=acme, more=more)

    assert (done.code, done.err) == (0, "")
    assert "\x1b" not in done.out
    assert all(len(line.split()) > 2 for line in done.out.splitlines())


def test_hostile_names_are_shown_as_text(auditor: Auditor, acme: Path) -> None:
    """No sign of theirs reaches the terminal as a command, in a table or in JSON; a script gets them as they are."""
    put(acme, "inventory/company.yaml", f"assets:\n  - name: a\n    owner: {json.dumps(HOSTILE)}\n")
    table, as_json = auditor("assets", "list", folder=acme), auditor("assets", "list", "--format", "json", folder=acme)

    if table.code == 2:  # refused with its place is as good as shown
        assert "inventory/company.yaml:3:" in table.err
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(table.err)
        return
    assert json.loads(as_json.out)[0]["owner"] == HOSTILE
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(table.out + as_json.out)
    assert "é" in table.out


def test_a_hostile_word_on_the_command_line_is_said_harmlessly(auditor: Auditor, acme: Path) -> None:
    """It may come out of a script."""
    done = auditor("assets", "show", "x\x1b]0;owned\x07", folder=acme)

    assert (done.code, "\x1b" in done.err, "\x07" in done.err) == (2, False, False)


def test_a_terminal_that_cannot_show_a_sign_gets_its_number(acme: Path) -> None:
    """An audit does not fail for an umlaut."""
    put(acme, "inventory/company.yaml", "assets:\n  - name: a\n    owner: Müller\n")
    done = on_its_own("assets", "list", folder=acme, more={"PYTHONIOENCODING": "ascii"})

    assert (done.code, "M\\xfcller" in done.out) == (0, True)


def test_progress_can_be_read_by_machines(auditor: Auditor, acme: Path) -> None:
    """One JSON object a line on stderr, the result on stdout."""
    put(
        acme,
        "inventory/company.yaml",
        "assets:\n  - name: rt\n    kind: router\n    platform: cisco-ios\n    transports:\n"
        "      file: {configuration: rt.cfg}\n",
    )
    put(acme, "inventory/rt.cfg", "version 17.9\nhostname rt\nend\n")
    done = auditor("--log-format", "json", "audit", "--format", "json", folder=acme)

    assert done.code == 1
    assert {"begin", "asset"} <= {json.loads(line)["event"] for line in done.err.splitlines()}
    assert json.loads(done.out)["met"] is False


def test_lint_tells_of_a_waiver_that_has_ended(auditor: Auditor, acme: Path) -> None:
    """With its line; one that holds is not mentioned."""
    waiver = (
        "  - check: ssh.pam\n    assets: [localhost]\n    reason: The vendor needs it.\n    approved_by: a@b.example\n"
    )
    ended, holds = f"{waiver}    expires: 2020-01-31\n", f"{waiver}    expires: 2999-01-31\n"
    head = "policy: company\nversion: '1'\nextends: [baseline]\nwaivers:\n"
    put(acme, "policies/company.yaml", head + ended + holds.replace("ssh.pam", "ssh.banner"))
    lint = auditor("policy", "lint", folder=acme)

    assert lint.code == 0
    notes = [line for line in lint.out.replace(f"{acme}/", "").splitlines() if "note" in line]
    said = "note: the waiver of ssh.pam ended on 2020-01-31; what it waived stands"
    assert notes == [f"policies/company.yaml:5:5: {said}"]
