"""What an answer does not show is None: hiding a part of a fact that fails never makes it pass, whatever the check."""

import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final

import pytest

from tests.checks.cases import CASES
from tests.make import Case, Verdict, judged, names

# Where None is something that was seen, or where something else in the fact decides.
SEEN: Final = {
    "Assignment.text": "a line `-key` of sysctl.d, which takes the value back",
    "LogKeeping.journal": "there is no systemd-journald",
    "LogKeeping.journal_to_syslog": "nothing is written about it, and distributions switch it on by default",
    "Ageing.changed": "an empty field: ageing is off, see shadow(5)",
    "SnmpGroup.write_view": "the group may write nothing",
    "SshServer.for_root": "the view of anybody counts for root too",
    "SshSettings.pam": "the server is built without PAM, and prints no such line",
    "ManagedDevice.grace_until": "the device management says that the device is within its period, without the day",
    "PackageTrust.local_checked": "the package manager has no setting for it",
    "Source.own_key": "the package manager keeps no keys by source",
    "PendingUpdates.security_source": "security updates come from the ordinary archives",
}
PARTIAL: Final = {"SshMatch.settings", "SshServer.written"}  # a block or a file sets what it sets, and leaves the rest
FAILS: Final = [case for case in CASES if case.verdict is Verdict.FAIL]


def hidden(value: object, above: str = "") -> Iterator[tuple[str, object]]:
    """Yield each way to hide one field of a fact or of what is in it: the field's name, and the fact without it."""
    if not is_dataclass(value) or isinstance(value, type) or above in PARTIAL:
        return
    whole: Any = value
    kind = type(value)
    hints = typing.get_type_hints(kind)
    for field in fields(kind):
        name, inside = f"{kind.__name__}.{field.name}", getattr(value, field.name)
        if inside is not None and type(None) in typing.get_args(hints[field.name]):
            yield name, replace(whole, **{field.name: None})
        if isinstance(inside, tuple):
            for place, item in enumerate(inside):
                for path, less in hidden(item, name):
                    yield path, replace(whole, **{field.name: (*inside[:place], less, *inside[place + 1 :])})
        else:
            for path, less in hidden(inside, name):
                yield path, replace(whole, **{field.name: less})


def escapes(case: Case) -> Iterator[str]:
    """Yield the fields of a failing case that, when hidden, make the check pass or not apply."""
    for number, fact in enumerate(case.facts):
        for name, less in hidden(fact):
            facts = (*case.facts[:number], less, *case.facts[number + 1 :])
            verdict = judged(case.check, *facts, **case.settings).verdict
            if verdict not in {Verdict.FAIL, Verdict.UNKNOWN}:
                yield name


@pytest.mark.parametrize("case", FAILS, ids=names(FAILS))
def test_hiding_what_fails_is_no_way_to_pass(case: Case) -> None:
    """It stays a fail, or becomes unknown."""
    assert [] == [name for name in escapes(case) if name not in SEEN]


def test_no_exception_is_left_over() -> None:
    """Each of them is still needed."""
    assert set(SEEN) == {name for case in FAILS for name in escapes(case)} & set(SEEN)
