"""Each check of passwords on facts that pass, fail and leave it open."""

from dataclasses import replace
from inspect import getmembers

import pytest

from auditor.facts.accounts import Ageing, Password, Shadow, ShadowEntry
from auditor.facts.accounts import Lock as State
from auditor.facts.ambient import Today
from auditor.facts.lockout import Lock, LoginLocks
from auditor.facts.logindefs import Defaults
from auditor.facts.passwords import PasswordRules, Quality
from auditor.model.check import Check
from tests.make import TODAY, UNKNOWN, Case, Verdict, checks, names

C = checks("passwords")
A = checks("passwords_ageing")
PASS, FAIL, OPEN, NONE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
GOOD = Ageing(changed=20000, least=1, most=365, warn=7, inactive=30)
LOCKED = ShadowEntry("root", Password(State.LOCKED), Ageing())
VALUES = {
    "difok": 2, "minlen": 14, "dcredit": -1, "ucredit": -1, "lcredit": -1, "ocredit": 0, "minclass": 0, "maxrepeat": 3,
    "maxclassrepeat": 0, "maxsequence": 3, "gecoscheck": 0, "dictcheck": 1, "usercheck": 1, "usersubstr": 0,
    "enforcing": 1, "retry": 3, "enforce_for_root": 1, "local_users_only": 0,
}  # fmt: skip
STRONG = PasswordRules(Quality("pam_pwquality", VALUES), remembered=(24,), methods=("yescrypt",))
DEFAULTS = Defaults({"PASS_MAX_DAYS": "365", "PASS_MIN_DAYS": "1", "PASS_WARN_AGE": "7"}, {}, "30")
LOCK = Lock("sshd", 5, 900, root=True)


def shadow(**changed: object) -> Shadow:
    """Return a shadow with a locked root and Alice, whose ageing has fields changed."""
    return Shadow((LOCKED, ShadowEntry("alice", Password(State.HASHED, "yescrypt"), replace(GOOD, **changed))))


def rules(**values: int) -> PasswordRules:
    """Return strong rules with pwquality's values changed."""
    return replace(STRONG, quality=Quality("pam_pwquality", VALUES | values))


def defaults(**values: str) -> Defaults:
    """Return good defaults with settings of login.defs changed."""
    return replace(DEFAULTS, by_tools=DEFAULTS.by_tools | values)


def locks(**changed: object) -> LoginLocks:
    """Return a locked console and an SSH login with fields changed."""
    return LoginLocks((replace(LOCK, service="login"), replace(LOCK, **changed)))


def written(**values: tuple[int, ...]) -> PasswordRules:
    """Return strong rules with these values written down; the last of each holds."""
    last = {name: numbers[-1] for name, numbers in values.items()}
    return replace(STRONG, quality=Quality("pam_pwquality", VALUES | last, written=values))


BOTH = {"view": "effective and written"}
WRITINGS = [
    *(
        Case(c, (written(**{name: (good,)}),), PASS, settings=BOTH, why="written")
        for c, name, good in [(C.length, "minlen", 15), (C.dictionary, "dictcheck", 1), (C.complexity, "minclass", 4)]
    ),
    *(
        Case(
            c,
            (written(**{name: (bad, good)}),),
            verdict,
            (name,) if settings else (),
            settings=settings,
            why="bad first",
        )
        for c, name, bad, good in [
            (C.length, "minlen", 8, 15),
            (C.repeats, "maxrepeat", 0, 3),
            (C.sequences, "maxsequence", 9, 3),
            (C.difference, "difok", 1, 4),
        ]
        for settings, verdict in [(BOTH, FAIL), ({}, PASS)]
    ),
    Case(C.complexity, (written(minclass=(2, 4)),), FAIL, ("minclass",), settings={"classes": 4, **BOTH}),
    Case(C.length, (STRONG,), FAIL, ("minlen",), settings=BOTH, why="nothing is written"),
    Case(C.complexity, (written(dcredit=(0, -1)),), FAIL, ("dcredit",), settings={"digits": 1, **BOTH}),
    Case(C.complexity, (written(dcredit=(-2, -1)),), PASS, settings={"digits": 1, **BOTH}),
    Case(C.root_quality, (written(enforce_for_root=(1,)),), PASS, settings=BOTH),
    Case(C.history, (replace(STRONG, history_written=(24,)),), PASS, settings=BOTH),
    Case(C.history, (STRONG,), FAIL, ("remember",), settings=BOTH, why="the module's own number holds"),
    Case(C.history, (replace(STRONG, history_written=(24, 2)),), FAIL, ("remember",), settings=BOTH, why="2 too"),
]
NOBODY = Shadow((LOCKED,))
UNCHECKED = replace(STRONG, quality=None, no_quality="no module checks new passwords")
DOUBTFUL = replace(STRONG, quality=Quality("pam_pwquality", VALUES, "pam_exec may skip it"))
AGES = [(A.max_age, "most"), (A.min_age, "least"), (A.warn, "warn"), (A.inactive, "inactive")]
MERGED = replace(DEFAULTS, by_tools={key: f"{value} # x" for key, value in DEFAULTS.by_tools.items()}, merged=True)
QUALITY = [
    (C.length, {"minlen": 13}), (C.complexity, {"dcredit": 0}), (C.dictionary, {"dictcheck": 0}),
    (C.repeats, {"maxrepeat": 4}), (C.sequences, {"maxsequence": 0}), (C.difference, {"difok": 1}),
    (C.root_quality, {"enforce_for_root": 0}),
]  # fmt: skip

CASES: list[Case] = [
    *WRITINGS,
    *(Case(check, (shadow(),), PASS) for check, _ in AGES),
    *(Case(check, (shadow(**{field: None}),), FAIL, ("alice",), why="the field is empty") for check, field in AGES),
    *(Case(check, (NOBODY,), NONE) for check, _ in AGES),
    *(Case(check, (UNKNOWN,), OPEN) for check, _ in AGES),
    Case(A.max_age, (shadow(most=90),), PASS, why="it is stricter"),
    Case(A.max_age, (shadow(most=366),), FAIL, ("alice",)),
    Case(A.max_age, (shadow(changed=None),), FAIL, ("alice",), why="ageing is off"),
    Case(A.max_age, (shadow(most=366),), PASS, settings={"exceptions": frozenset({"alice"})}, why="it is excepted"),
    Case(A.min_age, (shadow(least=0),), FAIL, ("alice",)),
    Case(A.warn, (shadow(warn=14),), PASS, why="it is stricter"),
    Case(A.warn, (shadow(warn=6),), FAIL, ("alice",)),
    Case(A.inactive, (shadow(inactive=0),), PASS, why="0 closes at once"),
    Case(A.inactive, (shadow(inactive=46),), FAIL, ("alice",)),
    Case(A.changed_in_past, (shadow(), Today(TODAY)), PASS),
    Case(A.changed_in_past, (shadow(changed=30000), Today(TODAY)), FAIL, ("alice",)),
    Case(A.changed_in_past, (UNKNOWN, Today(TODAY)), OPEN),
    Case(A.changed_in_past, (NOBODY, Today(TODAY)), NONE),
    Case(A.default_max_age, (DEFAULTS,), PASS),
    Case(A.default_max_age, (defaults(PASS_MAX_DAYS="99999"),), FAIL, ("PASS_MAX_DAYS",)),
    Case(A.default_max_age, (defaults(PASS_MAX_DAYS="-1"),), FAIL, ("PASS_MAX_DAYS",), why="-1 is never"),
    Case(A.default_max_age, (Defaults(),), FAIL, ("PASS_MAX_DAYS",), why="it is not set"),
    Case(A.default_max_age, (defaults(PASS_MAX_DAYS="90 # days"),), FAIL, ("PASS_MAX_DAYS",), why="a comment"),
    Case(A.default_max_age, (MERGED,), OPEN, why="files are merged"),
    Case(A.default_max_age, (defaults(PASS_MAX_DAYS="0x5a"),), PASS, why="it is hexadecimal"),
    Case(A.default_min_age, (DEFAULTS,), PASS),
    Case(A.default_min_age, (defaults(PASS_MIN_DAYS="0"),), FAIL, ("PASS_MIN_DAYS",)),
    Case(A.default_min_age, (MERGED,), OPEN),
    Case(A.default_warn, (DEFAULTS,), PASS),
    Case(A.default_warn, (defaults(PASS_WARN_AGE="0"),), FAIL, ("PASS_WARN_AGE",)),
    Case(A.default_warn, (MERGED,), OPEN),
    Case(A.default_inactive, (DEFAULTS,), PASS),
    Case(A.default_inactive, (replace(DEFAULTS, inactive="-1"),), FAIL, ("INACTIVE",)),
    Case(A.default_inactive, (replace(DEFAULTS, inactive=None),), FAIL, ("INACTIVE",), why="it is not set"),
    Case(A.default_inactive, (UNKNOWN,), OPEN),
    *(Case(check, (STRONG,), PASS) for check, _ in QUALITY),
    *(Case(check, (rules(**weak),), FAIL) for check, weak in QUALITY),
    *(Case(check, (UNCHECKED,), FAIL, why="nothing checks") for check, _ in QUALITY),
    *(Case(check, (rules(enforcing=0),), FAIL, why="it only warns") for check, _ in QUALITY),
    *(Case(check, (DOUBTFUL,), OPEN, why="it may be skipped") for check, _ in QUALITY),
    *(Case(check, (UNKNOWN,), OPEN) for check, _ in QUALITY),
    Case(C.length, (rules(minlen=20),), PASS, why="it is stricter"),
    Case(C.length, (rules(minlen=14, ocredit=1),), FAIL, ("minlen",), why="a credit shortens it"),
    Case(C.complexity, (rules(dcredit=0, minclass=4),), PASS, why="minclass asks for it"),
    Case(C.complexity, (STRONG,), FAIL, ("dcredit",), settings={"digits": 2}),
    Case(C.complexity, (rules(dcredit=-3),), PASS, settings={"digits": 2}, why="more digits than asked"),
    Case(C.repeats, (rules(maxrepeat=0),), FAIL, ("maxrepeat",), why="0 is off"),
    Case(C.history, (STRONG,), PASS),
    Case(C.history, (replace(STRONG, remembered=()),), FAIL, ("remember",)),
    Case(C.history, (replace(STRONG, remembered=(4,)),), FAIL, ("remember",)),
    Case(C.history, (replace(STRONG, remembered=(2, 10)),), OPEN, why="the release decides"),
    Case(C.history, (replace(STRONG, remembered=(10, 24)),), PASS, why="either is enough"),
    Case(C.history, (replace(STRONG, history_doubt="it is optional"),), OPEN),
    Case(C.hash_method, (STRONG,), PASS),
    Case(C.hash_method, (replace(STRONG, methods=("md5",)),), FAIL, ("hash method",)),
    Case(C.hash_method, (replace(STRONG, methods=("md5", "sha512")),), OPEN, why="files disagree"),
    Case(C.hash_method, (replace(STRONG, methods=()),), OPEN, why="none is named"),
    Case(C.hash_method, (replace(STRONG, method_doubt="no pam_unix"),), OPEN),
    Case(C.lockout, (locks(),), PASS),
    Case(C.lockout, (locks(deny=3),), PASS, why="it is stricter"),
    Case(C.lockout, (locks(deny=6),), FAIL, ("sshd",)),
    Case(C.lockout, (locks(deny=0, why="no module"),), FAIL, ("sshd",)),
    Case(C.lockout, (locks(doubt="conf= was not read"),), OPEN),
    Case(C.unlock_time, (locks(),), PASS),
    Case(C.unlock_time, (locks(unlock=0),), PASS, why="0 is for ever"),
    Case(C.unlock_time, (locks(unlock=600),), FAIL, ("sshd",)),
    Case(C.unlock_time, (locks(deny=0),), FAIL, ("sshd",), why="nothing locks"),
    Case(C.unlock_time, (locks(doubt="conf= was not read"),), OPEN),
    Case(C.root_lockout, (locks(),), PASS),
    Case(C.root_lockout, (locks(root=False),), FAIL, ("sshd",)),
    Case(C.root_lockout, (UNKNOWN,), OPEN),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdicts(case: Case) -> None:
    """What is right stands in the case."""
    case.assert_right()


def test_every_check_has_a_pass_a_fail_and_an_unknown_case() -> None:
    """A check without all three is not trusted."""
    for module in (C, A):
        for _, check in getmembers(module, lambda value: isinstance(value, Check)):
            assert {PASS, FAIL, OPEN} <= {case.verdict for case in CASES if case.check is check}, check.id
