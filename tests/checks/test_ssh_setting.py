"""Verdicts on settings of sshd that a policy names."""

from dataclasses import replace

import pytest

from auditor.facts.ssh import SshMatch, SshServer
from auditor.facts.ssh_settings import SshSettings, settings
from tests.make import ABSENT, UNKNOWN, Case, Verdict, checks, names

setting = checks("ssh_setting").setting
PASS, FAIL, DONT_KNOW = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
OFF = {"name": "Compression", "allowed": frozenset({"no"})}
BITS = {"name": "RequiredRSASize", "at_least": 3072}
PATH = {"name": "AuthorizedKeysFile", "allowed": frozenset({"/etc/ssh/keys/%u"})}
SENT = {"name": "acceptenv", "allowed": frozenset({"LANG", "LC_*"})}


def of(**shown: tuple[str, ...]) -> SshSettings:
    """Return the settings that these lines show."""
    return settings(shown)


def server(**shown: tuple[str, ...]) -> SshServer:
    """Return a server that shows these lines."""
    return SshServer(settings=of(**shown), running=True)


def under(criteria: str, server_: SshServer, **shown: tuple[str, ...]) -> SshServer:
    """Return a server with a Match block."""
    return replace(server_, matches=(SshMatch((criteria,), of(**shown), "x:9"),))


def written(server_: SshServer, *lines: SshSettings) -> SshServer:
    """Return a server with these lines in its file."""
    return replace(server_, written=lines)


NO = server(compression=("no",))
BOTH = {**OFF, "view": "effective and written"}
CASES = [
    Case(setting, (NO,), PASS, settings=OFF),
    Case(setting, (server(compression=("yes",)),), FAIL, ("Compression",), OFF),
    Case(setting, (server(compression=("No",)),), PASS, settings=OFF, why="words in any case"),
    Case(setting, (server(compression=("delayed",)),), PASS, settings={**OFF, "allowed": frozenset({"Delayed", "no"})}),
    Case(setting, (server(loglevel=("INFO",)),), DONT_KNOW, settings=OFF, why="it is not shown"),
    Case(setting, (UNKNOWN,), DONT_KNOW, settings=OFF),
    Case(setting, (ABSENT,), Verdict.NOT_APPLICABLE, settings=OFF),
    Case(setting, (NO,), Verdict.NOT_APPLICABLE, why="nothing is demanded"),
    Case(setting, (NO,), Verdict.NOT_APPLICABLE, settings={"name": "Compression"}, why="no value is named"),
    Case(setting, (server(requiredrsasize=("3072",)),), PASS, settings=BITS),
    Case(setting, (server(requiredrsasize=("4096",)),), PASS, settings=BITS, why="stricter"),
    Case(setting, (server(requiredrsasize=("2048",)),), FAIL, ("RequiredRSASize",), BITS),
    Case(
        setting, (server(requiredrsasize=("9" * 5000,)),), FAIL, ("RequiredRSASize",), BITS, why="no number of sshd's"
    ),
    Case(setting, (server(requiredrsasize=("none",)),), FAIL, ("RequiredRSASize",), BITS, why="no number"),
    Case(setting, (server(requiredrsasize=("9000",)),), FAIL, ("RequiredRSASize",), {**BITS, "at_most": 8192}),
    Case(setting, (server(authorizedkeysfile=("/etc/ssh/keys/%u",)),), PASS, settings=PATH),
    Case(setting, (server(authorizedkeysfile=("/etc/ssh/Keys/%u",)),), FAIL, ("AuthorizedKeysFile",), PATH),
    Case(setting, (server(acceptenv=("LANG", "LC_*")),), PASS, settings=SENT),
    Case(setting, (server(acceptenv=("LANG", "")),), FAIL, ("acceptenv",), SENT, why="a line says nothing"),
    Case(setting, (server(acceptenv=("LANG", "*")),), FAIL, ("acceptenv",), SENT, why="one line of several"),
    Case(setting, (under("User bob", server(acceptenv=("LANG",)), acceptenv=("LC_* LANG",)),), PASS, settings=SENT),
    Case(
        setting,
        (under("User bob", server(acceptenv=("LANG",)), acceptenv=("LANG X*",)),),
        FAIL,
        ("acceptenv (Match User bob)",),
        SENT,
        why="one word of several",
    ),
    Case(
        setting,
        (server(rekeylimit=("default none",)),),
        PASS,
        settings={"name": "RekeyLimit", "allowed": frozenset({"default none"})},
        why="a value of two words",
    ),
    Case(
        setting,
        (under("User bob", NO, compression=("yes",)),),
        FAIL,
        ("Compression (Match User bob)",),
        OFF,
        why="under conditions",
    ),
    Case(setting, (under("User bob", NO, loglevel=("INFO",)),), PASS, settings=OFF, why="a block about something else"),
    Case(setting, (NO,), FAIL, ("Compression",), BOTH, why="it is not written down"),
    Case(setting, (written(NO, of(compression=("no",))),), PASS, settings=BOTH),
    Case(
        setting,
        (written(NO, of(compression=("no",)), of(compression=("yes",))),),
        FAIL,
        ("Compression",),
        BOTH,
        why="a later line that does not count yet",
    ),
    Case(setting, (replace(NO, unread=("/etc/ssh/x",)),), DONT_KNOW, settings=OFF, why="a file was not read"),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case) -> None:
    """Each case changes one thing."""
    case.assert_right()
