"""Numbers that no honest host writes: thousands of digits, digits of other scripts, none. They are never a crash."""

import re
from collections.abc import Iterator

import pytest

from auditor.model.evidence import Absent, Known, Unknown
from auditor.model.probe import Probe
from tests.facts.test_every_probe import PROBES, good, name, said

NUMBERS = {"5,000 digits": "9" * 5000, "400 digits": "9" * 400, "a superscript": "\u00b2", "Arabic": "\u0663", "-": "-"}
_MOST_PLACES = 300


def changed(text: str, number: str) -> Iterator[str]:
    """Yield the text with one of its numbers changed at a time."""
    found = list(re.finditer("[0-9]+", text))
    step = max(1, len(found) // _MOST_PLACES)
    for place in found[::step]:
        yield text[: place.start()] + number + text[place.end() :]


@pytest.mark.parametrize("number", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("probe", PROBES, ids=[f"{name(probe)} ({str(probe.requests[0])[:12]})" for probe in PROBES])
def test_a_strange_number_is_a_fact_or_a_reason(probe: Probe[object], number: str) -> None:
    """Python raises ValueError for more than 4,300 digits, and for some of what `str.isdigit` calls a digit."""
    for text in changed(good(probe), number):
        assert isinstance(said(probe, text), Known | Unknown | Absent)
