"""Documents kept against others come back to the letter, however far they are from these."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import DatabaseProblem
from auditor.store.deltas import Packed, Reference, packed, unpacked

LINES = st.lists(st.sampled_from(['["pass"],', '["fail",1],', "true,", "1,", "1.0,", "", "3 x", "é ~"]), max_size=8)
TEXTS = LINES.map(lambda lines: "[" + "\n".join(lines))


@given(st.lists(TEXTS, min_size=1, max_size=6))
def test_a_chain_of_documents_comes_back(texts: list[str]) -> None:
    """Each is kept against the one before: as long or not, the same or not."""
    rows = {1: Packed(1, None, packed(texts[0], None))}
    base = Reference.first(1, texts[0])
    for number, text in enumerate(texts[1:], start=2):
        rows[number] = Packed(number, base.number, packed(text, base))
        base = unpacked(rows)[number]

    assert [one.text for one in unpacked(rows).values()] == texts
    assert [one.depth for one in unpacked(rows).values()] == list(range(len(texts)))


def test_a_document_of_the_first_version() -> None:
    """Those that were kept whole, with another as their dictionary, are read as they were."""
    first, other = '[["pass","a",[0]],["pass","b",[1]]]', '[["fail","a",[0]],["pass","b",[1]]]'
    squeezer = zlib.compressobj(6, zdict=first.encode())
    body = squeezer.compress(other.encode()) + squeezer.flush()
    stored = unpacked({3: Packed(3, None, zlib.compress(first.encode())), 7: Packed(7, 3, body)})

    assert (stored[3].text, stored[7].text) == (first, other)


def test_two_changes_of_many_lines_are_small() -> None:
    """What is stored grows with what changed, and not with what stayed."""
    lines = ["[", *(f'["pass","Setting {n} is as the company wants it",[{n}]],' for n in range(200))]
    changed = [*lines]
    changed[17], changed[101] = '["fail","Not met: setting 16.",[16]],', '["unknown","no route to host",[100]],'

    assert len(packed("\n".join(changed), Reference.first(1, "\n".join(lines)))) < 100


@pytest.mark.parametrize("change", ["~\n9 x", "~\nx", "~\n-3 y"])
def test_damage(change: str) -> None:
    """A change of a line that there is not, or of none, is damage; as is a base that is missing or newer."""
    first = Packed(1, None, zlib.compress(b"[\n1"))
    squeezer = zlib.compressobj(zdict=b"[\n1")
    broken = Packed(2, 1, squeezer.compress(change.encode()) + squeezer.flush())
    for rows in ({1: first, 2: broken}, {2: broken}, {1: Packed(1, 2, b""), 2: first}, {1: Packed(1, None, b"x")}):
        with pytest.raises(DatabaseProblem, match="A stored result is damaged"):
            unpacked(rows)
