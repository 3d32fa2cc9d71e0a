"""Each check of accounts on facts that pass, fail and leave it open."""

from dataclasses import replace
from inspect import getmembers

import pytest

from auditor.facts.accounts import (
    Account,
    Ageing,
    Folder,
    Group,
    HomeFolders,
    LocalAccounts,
    Lock,
    Password,
    Shadow,
    ShadowEntry,
)
from auditor.facts.logindefs import Defaults
from auditor.model.check import Check
from tests.make import UNKNOWN, Case, Verdict, checks, names

CHECKS = checks("accounts")
HIDDEN = Password(Lock.SHADOWED)
LOCKED = Password(Lock.LOCKED)
HASH = Password(Lock.HASHED, "yescrypt")
ROOT = Account("root", 0, 0, "/root", "/bin/bash", HIDDEN)
DAEMON = Account("daemon", 1, 1, "/usr/sbin", "/usr/sbin/nologin", HIDDEN)
ALICE = Account("alice", 1000, 1000, "/home/alice", "/bin/bash", HIDDEN)
SHADOW_GROUP = Group("shadow", 42, (), HIDDEN)
GROUPS = (Group("root", 0, (), HIDDEN), Group("daemon", 1, (), HIDDEN), Group("alice", 1000, (), HIDDEN), SHADOW_GROUP)
GOOD = LocalAccounts((ROOT, DAEMON, ALICE), GROUPS)
SHADOW = Shadow(
    (
        ShadowEntry("root", LOCKED, Ageing()),
        ShadowEntry("daemon", LOCKED, Ageing()),
        ShadowEntry("alice", HASH, Ageing()),
    )
)
HOMES = HomeFolders((Folder("/root", 0, 0, 0o700, True), Folder("/home/alice", 1000, 1000, 0o750, True)), frozenset())


def local(*more: Account, **changed: object) -> LocalAccounts:
    """Return the good host with accounts added, or fields changed."""
    return replace(GOOD, accounts=(*GOOD.accounts, *more), **changed)


def hidden(name: str, password: Password) -> Shadow:
    """Return the good shadow with one account's field changed."""
    return Shadow(tuple(replace(e, password=password) if e.name == name else e for e in SHADOW.entries))


def home(**changed: object) -> HomeFolders:
    """Return the good homes with Alice's changed."""
    return replace(HOMES, found=(HOMES.found[0], replace(HOMES.found[1], **changed)))


PASS, FAIL, OPEN, NONE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
TOOR = Account("toor", 0, 0, "/root", "/bin/sh", LOCKED)
PG = Account("postgres", 101, 1000, "/var/lib/postgresql", "/bin/bash", HIDDEN)
C = CHECKS


def umask(tools: str, pam: str) -> Defaults:
    """Return login.defs with a UMASK as the shadow tools and as PAM read it."""
    return Defaults({"UMASK": tools}, {"UMASK": pam})


CASES: list[Case] = [
    Case(C.uid_zero, (GOOD,), PASS),
    Case(C.uid_zero, (local(TOOR),), FAIL, ("toor",)),
    Case(C.uid_zero, (local(TOOR),), PASS, settings={"allowed": frozenset({"root", "toor"})}, why="it is allowed"),
    Case(C.uid_zero, (UNKNOWN,), OPEN),
    Case(C.unique_ids, (GOOD,), PASS),
    Case(C.unique_ids, (local(replace(ALICE, name="al")),), FAIL, ("uid 1000",)),
    Case(C.unique_ids, (UNKNOWN,), OPEN),
    Case(C.unique_group_ids, (GOOD,), PASS),
    Case(C.unique_group_ids, (local(groups=(*GROUPS, replace(GROUPS[1], name="d2"))),), FAIL, ("gid 1",)),
    Case(C.unique_group_ids, (UNKNOWN,), OPEN),
    Case(C.unique_names, (GOOD,), PASS),
    Case(C.unique_names, (local(replace(ALICE, uid=1001)),), FAIL, ("account alice",)),
    Case(C.unique_names, (local(groups=(*GROUPS, replace(GROUPS[1], gid=9))),), FAIL, ("group daemon",)),
    Case(C.unique_names, (UNKNOWN,), OPEN),
    Case(C.empty_passwords, (GOOD, SHADOW), PASS),
    Case(C.empty_passwords, (GOOD, hidden("daemon", Password(Lock.EMPTY))), FAIL, ("daemon",)),
    Case(C.empty_passwords, (local(replace(TOOR, password=Password(Lock.EMPTY))), SHADOW), FAIL, ("toor",),
         why="passwd itself is empty"),
    Case(C.empty_passwords, (GOOD, hidden("alice", Password(Lock.UNCLEAR))), OPEN, why="a field is unclear"),
    Case(C.empty_passwords, (GOOD, UNKNOWN), OPEN, why="shadow may not be read"),
    Case(C.shadowed, (GOOD,), PASS),
    Case(C.shadowed, (local(TOOR),), PASS, why="a lock stands in passwd"),
    Case(C.shadowed, (local(replace(TOOR, password=HASH)),), FAIL, ("account toor",)),
    Case(C.shadowed, (local(replace(TOOR, password=Password(Lock.EMPTY))),), FAIL, ("account toor",), why="empty"),
    Case(C.shadowed, (local(groups=(*GROUPS, Group("ops", 50, (), HASH))),), FAIL, ("group ops",)),
    Case(C.shadowed, (UNKNOWN,), OPEN),
    Case(C.system_shells, (GOOD,), PASS),
    Case(C.system_shells, (local(Account("sync", 4, 65534, "/bin", "/bin/sync", HIDDEN)),), PASS, why="sync syncs"),
    Case(C.system_shells, (local(replace(PG, uid=1000)),), PASS, why="UID_MIN is a person's"),
    Case(C.system_shells, (local(PG),), FAIL, ("postgres",)),
    Case(C.system_shells, (local(replace(PG, shell="")),), FAIL, ("postgres",), why="an empty shell is /bin/sh"),
    Case(C.system_shells, (local(replace(PG, name="nobody", uid=65534)),), FAIL, ("nobody",)),
    Case(C.system_shells, (local(PG),), PASS, settings={"exceptions": frozenset({"postgres"})}, why="excepted"),
    Case(C.system_shells, (UNKNOWN,), OPEN),
    Case(C.home_directories, (GOOD, HOMES), PASS),
    Case(C.home_directories, (GOOD, home(owner=0)), FAIL, ("alice",)),
    Case(C.home_directories, (GOOD, home(is_folder=False)), FAIL, ("alice",), why="it is a file"),
    Case(C.home_directories, (GOOD, HomeFolders((), frozenset({"/home/alice"}))), FAIL, ("alice",), why="it is gone"),
    Case(C.home_directories, (local(replace(ALICE, name="bob", home="")), HOMES), FAIL, ("bob",), why="none is given"),
    Case(C.home_directories, (GOOD, HomeFolders((), frozenset())), OPEN, why="it was not seen"),
    Case(C.home_directories, (replace(GOOD, accounts=(ROOT,)), HOMES), NONE),
    Case(C.home_permissions, (GOOD, HOMES), PASS),
    Case(C.home_permissions, (GOOD, home(mode=0o700)), PASS, why="stricter"),
    Case(C.home_permissions, (GOOD, home(mode=0o755)), FAIL, ("alice",)),
    Case(C.home_permissions, (GOOD, home(mode=0o770)), FAIL, ("alice",), why="the group may write"),
    Case(C.home_permissions, (GOOD, HomeFolders(HOMES.found[:1], frozenset())), OPEN, why="it was not seen"),
    Case(C.home_permissions, (GOOD, HomeFolders((), frozenset({"/root", "/home/alice"}))), NONE),
    *(
        Case(C.default_umask, (umask(tools, pam),), verdict, subjects, why=f"it says {tools} and {pam}")
        for tools, pam, verdict, subjects in [
            ("027", "027", PASS, ()),
            ("077", "0077", PASS, ()),
            ("022", "022", FAIL, ("UMASK for the shadow tools", "UMASK for PAM")),
            ("27", "27", FAIL, ("UMASK for the shadow tools",)),  # decimal 27 is 033
            ("027", "022", FAIL, ("UMASK for PAM",)),
            ("027 # closed", "027", FAIL, ("UMASK for the shadow tools",)),
        ]
    ),
    Case(C.default_umask, (umask("022", "022"),), PASS, settings={"at_least": "022"}),
    Case(C.default_umask, (Defaults(),), FAIL, ("UMASK",), why="it is not set"),
    Case(C.default_umask, (replace(umask("027 # x", "027"), merged=True),), OPEN, why="releases differ"),
    Case(C.default_umask, (UNKNOWN,), OPEN),
    Case(C.legacy_entries, (GOOD, SHADOW), PASS),
    Case(C.legacy_entries, (replace(GOOD, legacy=("passwd:9: +::::::",)), SHADOW), FAIL, ("passwd:9",)),
    Case(C.legacy_entries, (GOOD, replace(SHADOW, legacy=("shadow:9: +",))), FAIL, ("shadow:9",), why="in shadow"),
    Case(C.legacy_entries, (UNKNOWN, SHADOW), OPEN),
    Case(C.legacy_entries, (GOOD, UNKNOWN), OPEN, why="shadow may hold one"),
    Case(C.well_formed, (GOOD,), PASS),
    Case(C.well_formed, (replace(GOOD, malformed=("group:3: x",)),), FAIL, ("group:3",)),
    Case(C.well_formed, (UNKNOWN,), OPEN),
    Case(C.root_group, (GOOD,), PASS),
    Case(C.root_group, (local(replace(ALICE, gid=0)),), FAIL, ("alice",)),
    Case(C.root_group, (replace(GOOD, accounts=(replace(ROOT, gid=1),)),), FAIL, ("root",)),
    Case(C.root_group, (UNKNOWN,), OPEN),
    Case(C.groups_exist, (GOOD,), PASS),
    Case(C.groups_exist, (local(replace(PG, gid=999)),), FAIL, ("postgres",)),
    Case(C.groups_exist, (UNKNOWN,), OPEN),
    Case(C.shadow_group, (GOOD,), PASS),
    Case(C.shadow_group, (replace(GOOD, groups=(replace(SHADOW_GROUP, members=("bob",)),)),), FAIL, ("bob",)),
    Case(C.shadow_group, (local(replace(PG, gid=42)),), FAIL, ("postgres",), why="it is the primary group"),
    Case(C.shadow_group, (replace(GOOD, groups=GROUPS[:3]),), NONE),
    Case(C.shadow_group, (UNKNOWN,), OPEN),
    Case(C.password_hashes, (SHADOW,), PASS),
    Case(C.password_hashes, (hidden("alice", Password(Lock.HASHED, "md5")),), FAIL, ("alice",)),
    Case(C.password_hashes, (hidden("root", Password(Lock.LOCKED, "md5")),), PASS, why="an old hash is locked"),
    Case(C.password_hashes, (hidden("alice", Password(Lock.UNCLEAR)),), OPEN),
    Case(C.password_hashes, (hidden("alice", LOCKED),), NONE),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdicts(case: Case) -> None:
    """What is right stands in the case."""
    case.assert_right()


def test_every_check_has_a_pass_a_fail_and_an_unknown_case() -> None:
    """A check without all three is not trusted."""
    for _, check in getmembers(CHECKS, lambda value: isinstance(value, Check)):
        assert {PASS, FAIL, OPEN} <= {case.verdict for case in CASES if case.check is check}, check.id
