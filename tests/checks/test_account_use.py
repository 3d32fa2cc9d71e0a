"""Verdicts on how accounts are used."""

from dataclasses import replace
from datetime import date

import pytest

from auditor.facts.accounts import Account, Ageing, LocalAccounts, Lock, Password, Shadow, ShadowEntry
from auditor.facts.ambient import Today
from auditor.facts.dot_files import DotFile, DotFiles
from auditor.facts.last_logins import LastLogins
from auditor.facts.root_path import PathFolder, RootPath
from auditor.facts.su import Su, SuService
from tests.make import TODAY, UNKNOWN, Case, Verdict, checks, names

use = checks("accounts_use")

PASS, FAIL, DONT_KNOW, NOT_HERE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE


def dots(path: str, mode: int, owner: int = 1000) -> DotFiles:
    return DotFiles((DotFile(path, 1000, owner, mode),))


def path(state: str, name: str = "/x") -> RootPath:
    return RootPath((PathFolder("/usr/bin", "/etc/profile", "root's"), PathFolder(name, "/etc/profile", state, "seen")))  # type: ignore[arg-type]


def day(when: date) -> int:
    return (when - date(1970, 1, 1)).days


ALICE = Account("alice", 1000, 1000, "/home/alice", "/bin/bash", Password(Lock.SHADOWED))
CLOSED = Account("alice", 1000, 1000, "/home/alice", "/usr/sbin/nologin", Password(Lock.SHADOWED))
LOCAL = LocalAccounts((Account("root", 0, 0, "/root", "/bin/bash", Password(Lock.SHADOWED)), ALICE), ())
ENTRY = ShadowEntry("alice", Password(Lock.HASHED, "yescrypt"), Ageing(changed=day(date(2026, 1, 1))))
SHADOW = Shadow((ENTRY,))
RECENT, LONG_AGO = LastLogins({"alice": date(2026, 11, 1)}, frozenset({"bob"})), date(2026, 6, 1)
NEVER = LastLogins({"root": TODAY}, frozenset({"alice"}))
NOW = Today(TODAY)


def aged(**changed: object) -> Shadow:
    return Shadow((replace(ENTRY, ageing=Ageing(**changed)),))  # type: ignore[arg-type]


CASES: list[Case] = [
    Case(use.su_limited, (Su((SuService("su", "wheel"),)),), PASS),
    Case(use.su_limited, (Su((SuService("su", why="no pam_wheel"),)),), FAIL, ("su",)),
    Case(use.su_limited, (Su((SuService("su", "a"), SuService("su-l", why="none"))),), FAIL, ("su-l",)),
    Case(use.su_limited, (Su((SuService("su", "a", doubt="it may be skipped"),)),), DONT_KNOW),
    Case(use.su_limited, (Su((SuService("su", "a"),)),), FAIL, ("su",), {"groups": frozenset({"wheel"})}),
    Case(use.su_limited, (UNKNOWN,), DONT_KNOW),
    Case(use.no_trusted_hosts, (DotFiles(()),), PASS),
    Case(use.no_trusted_hosts, (dots("/home/a/.rhosts", 0o600),), FAIL, ("/home/a/.rhosts",)),
    Case(use.no_trusted_hosts, (dots("/home/a/.forward", 0o644),), FAIL),
    Case(use.no_trusted_hosts, (dots("/home/a/.netrc", 0o600),), PASS, why="it is closed"),
    Case(use.no_trusted_hosts, (dots("/home/a/.netrc", 0o640),), FAIL, why="a group may read it"),
    Case(use.no_trusted_hosts, (dots("/home/a/.forward", 0o644),), PASS, settings={"names": frozenset({".rhosts"})}),
    Case(use.no_trusted_hosts, (DotFiles((), system=("/etc/hosts.equiv",)),), FAIL, ("/etc/hosts.equiv",)),
    Case(use.no_trusted_hosts, (DotFiles((), ("/home/b",)),), DONT_KNOW, why="a home is hidden"),
    Case(use.no_trusted_hosts, (UNKNOWN,), DONT_KNOW),
    Case(use.dot_files, (DotFiles(()),), PASS),
    Case(use.dot_files, (dots("/home/a/.profile", 0o644, 0),), PASS, why="it is root's"),
    Case(use.dot_files, (dots("/home/a/.profile", 0o664),), FAIL, ("/home/a/.profile",)),
    Case(use.dot_files, (dots("/home/a/.profile", 0o644, 1001),), FAIL, why="it is another's"),
    Case(use.dot_files, (dots("/home/a/.bash_history", 0o644),), FAIL, why="others read the history"),
    Case(use.dot_files, (dots("/home/a/.bash_history", 0o600),), PASS),
    Case(use.dot_files, (DotFiles((), ("/home/b",)),), DONT_KNOW, why="a home is hidden"),
    Case(use.dot_files, (UNKNOWN,), DONT_KNOW),
    Case(use.root_path, (path("root's"),), PASS),
    Case(use.root_path, (path("missing"),), PASS, why="nobody else can make it"),
    Case(use.root_path, (path("open"),), FAIL, ("/x",)),
    Case(use.root_path, (path("relative", ""),), FAIL, ("an empty element",)),
    Case(use.root_path, (path("relative", "."),), FAIL, (".",)),
    Case(use.root_path, (path("computed", "$X/bin"),), DONT_KNOW),
    Case(use.root_path, (path("unseen"),), DONT_KNOW),
    Case(use.root_path, (UNKNOWN,), DONT_KNOW),
    Case(use.dormant, (LOCAL, SHADOW, RECENT, NOW), PASS),
    Case(use.dormant, (LOCAL, SHADOW, LastLogins({"alice": LONG_AGO}, frozenset()), NOW), FAIL, ("alice",)),
    Case(
        use.dormant,
        (LOCAL, SHADOW, LastLogins({"alice": LONG_AGO}, frozenset()), NOW),
        PASS,
        settings={"days": 365},
        why="the policy gives more time",
    ),
    Case(
        use.dormant,
        (LOCAL, SHADOW, LastLogins({"alice": LONG_AGO}, frozenset()), NOW),
        PASS,
        settings={"exceptions": frozenset({"alice"})},
        why="it is excepted",
    ),
    Case(use.dormant, (LOCAL, SHADOW, NEVER, NOW), FAIL, ("alice",), why="it never logged in"),
    Case(use.dormant, (LOCAL, aged(changed=day(date(2026, 11, 1))), NEVER, NOW), PASS, why="it is new"),
    Case(use.dormant, (LOCAL, aged(), NEVER, NOW), DONT_KNOW, why="when it was made is not recorded"),
    Case(use.dormant, (LOCAL, Shadow(()), NEVER, NOW), DONT_KNOW, why="it has no entry in shadow"),
    Case(
        use.dormant, (LOCAL, SHADOW, LastLogins({"root": TODAY}, frozenset()), NOW), DONT_KNOW, why="it is not listed"
    ),
    Case(use.dormant, (LOCAL, aged(expires=day(date(2026, 1, 1))), NEVER, NOW), NOT_HERE, why="it is expired"),
    Case(
        use.dormant,
        (replace(LOCAL, accounts=(CLOSED,)), SHADOW, NEVER, NOW),
        NOT_HERE,
        why="it has no shell",
    ),
    Case(use.dormant, (UNKNOWN, SHADOW, RECENT, NOW), DONT_KNOW),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case):
    """Each case has the verdict that is right."""
    case.assert_right()
