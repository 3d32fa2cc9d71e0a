"""Checks on one target: how it is named, how settings are given, and what comes of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from auditor.checking import Target, Tried, as_lines, as_row, asset_of, demanded, parse_where, requests_of, try_checks
from auditor.errors import UsageError
from auditor.model.asset import Channel, Platform
from auditor.model.check import Violation
from auditor.model.result import Verdict
from auditor.plugins import load_content
from auditor.workspace import Workspace
from tests.make import ROOT, UNKNOWN, judged

CONTENT = load_content(Workspace(ROOT))
CONFIGURATION = "version 17.9\nhostname rt-01\nno ip http server\nno ip http secure-server\nend\n"
KEY = Path("id_ed25519")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("host", ("", "host", 0)),
        ("host:2222", ("", "host", 2222)),
        ("audit@host.example", ("audit", "host.example", 0)),
        ("audit@192.0.2.1:22", ("audit", "192.0.2.1", 22)),
        ("[2001:db8::1]:22", ("", "2001:db8::1", 22)),
        ("audit@[2001:db8::1]", ("audit", "2001:db8::1", 0)),
        ("2001:db8::1", ("", "2001:db8::1", 0)),
        ("2001:db8::1:22", ("", "2001:db8::1:22", 0)),
        ("audit@::1", ("audit", "::1", 0)),
        ("fe80::1%eth0", ("", "fe80::1%eth0", 0)),
        ("audit@[fe80::1%eth0]:22", ("audit", "fe80::1%eth0", 22)),
        ("alice@corp.example@host:22", ("alice@corp.example", "host", 22)),
        ("host:65535", ("", "host", 65535)),
    ],
)
def test_user_host_and_port(text: str, expected: tuple[str, str, int]) -> None:
    """IPv6 in brackets or bare; accounts of a domain have an @ of their own."""
    assert expected == parse_where(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "host:", "host:0", "host:65536", "host:22x", "host:-1", "host:२", "@host", "audit@", "a b", "host\n",
     "user:secret@host", "-oProxyCommand=id", "[::1", "::1]", "[]:22", "[::1]22", "host:22:22", "host\t:22"],
)  # fmt: skip
def test_what_names_no_host_is_refused(text: str) -> None:
    """Nothing that could be an option, hold a password, or be read in two ways."""
    with pytest.raises(UsageError, match="write HOST, HOST:PORT"):
        parse_where(text)


@pytest.mark.parametrize(
    ("target", "channel", "platform", "address"),
    [
        (Target(ssh="audit@[::1]:2222", key=KEY), Channel.SSH, Platform.LINUX, "::1"),
        (Target(ssh="host", credential="x"), Channel.SSH, Platform.LINUX, "host"),
        (Target(local=True), Channel.LOCAL, Platform.LINUX, "localhost"),
        (Target(snmp="192.0.2.1:1161"), Channel.SNMP, Platform.UNKNOWN, "192.0.2.1"),
        (Target(nmap="192.0.2.1"), Channel.NMAP, Platform.UNKNOWN, "192.0.2.1"),
        (Target(replay=Path("/tmp/recorded")), Channel.REPLAY, Platform.LINUX, "recorded"),
        (Target(local=True, platform=Platform.MACOS), Channel.LOCAL, Platform.MACOS, "localhost"),
    ],
)
def test_a_target_is_an_asset_with_one_way_to_ask(
    target: Target, channel: Channel, platform: Platform, address: str
) -> None:
    """The platform is what the way suggests, unless it is said."""
    asset = asset_of(target)
    (access,) = asset.accesses

    assert (access.channel, asset.platform, asset.name) == (channel, platform, address)
    assert str(asset.declared_at) == "the command line"


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (Target(), "name one target"),
        (Target(local=True, nmap="192.0.2.1"), "name one target"),
        (Target(local=True, ssh="host", key=KEY), "name one target"),
        (Target(ssh="host"), "--ssh needs --key FILE, or --credential NAME"),
        (Target(ssh="user:secret@host", key=KEY), "write HOST"),
        (Target(config=Path("/no/such.cfg")), "--config /no/such.cfg: there is no such file"),
        (Target(config=ROOT), "there is no such file"),
        (Target(nmap="scan.xml/"), "--nmap scan.xml/: is neither an address nor a host name; name one host"),
        (Target(nmap="192.0.2.0/24"), "is a network or a range, not one address"),
    ],
)
def test_a_target_that_makes_no_sense_is_refused(target: Target, said: str) -> None:
    """Before anything is asked."""
    with pytest.raises(UsageError, match=said):
        asset_of(target)


def settings(*words: str, check: str = "ssh.max-tries") -> dict[str, object]:
    """Return the settings that words on a command line come to."""
    ((_, given),) = demanded([CONTENT.checks[check]], words)
    return dict(given)


@pytest.mark.parametrize(
    ("check", "words", "expected"),
    [
        ("ssh.max-tries", [], {}),
        ("ssh.max-tries", ["at_most=3"], {"at_most": 3}),
        ("ssh.max-tries", [" at_most = 3 "], {"at_most": 3}),
        ("ssh.max-tries", ["at_most=3", "view=effective and written"], {"at_most": 3, "view": "effective and written"}),
        ("ssh.root-login", ["allowed=no"], {"allowed": frozenset({"no"})}),
        ("ssh.root-login", ["allowed=no, prohibit-password"], {"allowed": frozenset({"no", "prohibit-password"})}),
        ("ssh.root-login", ["allowed="], {"allowed": frozenset()}),
    ],
)
def test_settings_on_a_command_line(check: str, words: list[str], expected: dict[str, object]) -> None:
    """Numbers, words, and lists parted by commas, with the types of the check's signature."""
    assert expected == settings(*words, check=check)


@pytest.mark.parametrize(
    ("check", "words", "said"),
    [
        ("ssh.max-tries", ["at_most"], "--set at_most: write NAME=VALUE"),
        ("ssh.max-tries", ["=3"], "--set =3: write NAME=VALUE"),
        ("ssh.max-tries", ["most=3"], r"no chosen check has a setting most; `auditor checks show CHECK` lists them"),
        ("ssh.max-tries", ["at_most=three"], "--set at_most: Input should be a valid integer"),
        ("ssh.max-tries", ["at_most=3.5"], "--set at_most: Input should be a valid integer"),
        ("ssh.max-tries", ["at_most="], "--set at_most: Input should be a valid integer"),
        ("ssh.max-tries", ["at_most=3,4"], "--set at_most: Input should be a valid integer"),
        ("ssh.max-tries", ["at_most=3", "at_most=4"], "--set: a setting is given twice"),
        ("ssh.max-tries", ["view=other"], "--set view: Input should be 'effective' or 'effective and written'"),
        ("ssh.root-login", ["allowed=no,never"], "--set allowed: Input should be 'yes', 'no', 'prohibit-password'"),
    ],
)
def test_a_wrong_setting_says_what_would_be_right(check: str, words: list[str], said: str) -> None:
    """Not what it is in Python."""
    with pytest.raises(UsageError, match=said):
        settings(*words, check=check)


def test_each_check_gets_the_settings_it_has() -> None:
    """A setting need not be one of all of them."""
    both = demanded([CONTENT.checks["ssh.max-tries"], CONTENT.checks["ssh.root-login"]], ["at_most=3"])

    assert [dict(given) for _, given in both] == [{"at_most": 3}, {}]


def tried(folder: Path, *ids: str, text: str = CONFIGURATION, **options: str) -> Tried:
    """Return what comes of checks on a saved configuration."""
    (folder / "rt.cfg").write_text(text)
    wanted = demanded([CONTENT.checks[name] for name in ids], [f"{name}={value}" for name, value in options.items()])
    return try_checks(folder, Target(config=folder / "rt.cfg"), wanted, CONTENT)


def test_a_saved_configuration_is_judged(tmp_path: Path) -> None:
    """Without workspace, inventory, policy or store, and nothing is left behind."""
    met = tried(tmp_path, "router.http-off")
    failed = tried(tmp_path, "router.http-off", text=CONFIGURATION.replace("no ip http server", "ip http server"))

    assert ([one.verdict for one in met.results], met.exit_code) == ([Verdict.PASS], 0)
    assert ([one.verdict for one in failed.results], failed.exit_code) == ([Verdict.FAIL], 1)
    assert failed.results[0].violations == (Violation("ip http server", found=True, wanted=False),)
    assert [path.name for path in tmp_path.iterdir()] == ["rt.cfg"]


@pytest.mark.parametrize("text", ["", "<html>404</html>\n", "version 17.9\nno ip http server\n"])
def test_a_file_that_is_no_whole_configuration_is_never_a_pass(tmp_path: Path, text: str) -> None:
    """Cut off before its `end`, something else, empty."""
    outcome = tried(tmp_path, "router.http-off", text=text)

    assert [one.verdict for one in outcome.results] == [Verdict.UNKNOWN]
    assert outcome.exit_code in {1, 3}


def test_a_check_of_another_platform_is_unknown_and_says_why(tmp_path: Path) -> None:
    """Nothing is asked for it."""
    outcome = tried(tmp_path, "ssh.root-login")

    assert (outcome.results[0].verdict, outcome.exit_code) == (Verdict.UNKNOWN, 1)
    assert outcome.results[0].reason == "nothing reads SshServer on platform cisco-ios yet"


def test_a_secret_of_the_configuration_is_in_no_result(tmp_path: Path) -> None:
    """It is redacted before anything reads it."""
    text = CONFIGURATION.replace("end\n", "username bob password 0 hunter2\nsnmp-server community s3cr3t RW\nend\n")
    outcome = tried(tmp_path, *(name for name in CONTENT.checks if name.startswith("router")), text=text)

    assert Verdict.FAIL in {one.verdict for one in outcome.results}
    assert "hunter2" not in repr(outcome)
    assert "s3cr3t" not in repr(outcome)


def test_rows_hold_verdict_reason_found_and_wanted(tmp_path: Path) -> None:
    """As a script reads them, and as lines of a table."""
    result = tried(tmp_path, "router.http-off", text=CONFIGURATION.replace("no ip", "ip")).results[0]
    row = as_row(result)
    first = {"check": "router.http-off", "verdict": "fail", "reason": "Not met: ip http server."}

    assert first == {key: row[key] for key in first}
    assert (row["found"], row["wanted"]) == (["yes"], ["no"])
    assert [line["subject"] for line in as_lines([result])] == ["ip http server"]
    assert as_lines([replace(result, verdict=Verdict.UNKNOWN, violations=())]) == [{**first, "verdict": "unknown"}]


@pytest.mark.parametrize(
    ("verdicts", "reached", "code"),
    [
        ([Verdict.PASS, Verdict.NOT_APPLICABLE], True, 0),
        ([], True, 0),
        ([Verdict.PASS, Verdict.FAIL], True, 1),
        ([Verdict.PASS, Verdict.UNKNOWN], True, 1),
        ([Verdict.PASS, Verdict.ERROR], True, 1),
        ([Verdict.UNKNOWN], False, 3),
    ],
)
def test_exit_codes(verdicts: list[Verdict], reached: bool, code: int) -> None:  # noqa: FBT001
    """0 met, 1 not met or not known, 3 no answer at all."""
    result = judged(CONTENT.checks["router.http-off"], UNKNOWN)
    violations = {Verdict.FAIL: (Violation("a", found=1, wanted=2),)}
    results = tuple(replace(result, verdict=one, violations=violations.get(one, ())) for one in verdicts)

    assert code == Tried(results, reached).exit_code


def test_what_a_check_may_ask_is_listed() -> None:
    """By every way to its facts, through derived ones."""
    assert "show running-config" in requests_of(CONTENT.checks["router.http-off"], CONTENT)
    assert "read the saved configuration" in requests_of(CONTENT.checks["router.http-off"], CONTENT)
    assert "sudo cat /etc/shadow" in requests_of(CONTENT.checks["accounts.empty-passwords"], CONTENT)
