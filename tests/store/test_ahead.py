"""Rows that are read many at a time are those that would be read one by one."""

from collections.abc import Sequence

from auditor.store.ahead import Ahead


def counted(table: dict[str, int]) -> tuple[list[list[str]], Ahead[str, int]]:
    """Return what was read so far, and what reads in the order of the alphabet and numbers."""
    read: list[list[str]] = []

    def many(keys: Sequence[str]) -> dict[str, int]:
        read.append(list(keys))
        return {key: table[key] for key in keys if key in table}

    return read, Ahead(many, [f"h{number:03}" for number in range(300)])


def test_neighbours_are_read_at_once() -> None:
    """In the order in which they will be asked for, those that are not there included."""
    table = {f"h{number:03}": number for number in range(0, 300, 2)}
    read, ahead = counted(table)

    found = [ahead.take(f"h{number:03}") for number in range(300)]

    assert found == [number if number % 2 == 0 else None for number in range(300)]
    assert [len(keys) for keys in read] == [64, 64, 64, 64, 44]


def test_who_asks_again_sees_what_changed() -> None:
    """A key that was pinned a moment ago is one that is known."""
    table = {"h001": 1}
    _, ahead = counted(table)
    before = ahead.take("h001")
    table["h001"] = 2

    assert (before, ahead.take("h001")) == (1, 2)


def test_strangers_are_read_alone() -> None:
    """A jump host that is no asset of this audit."""
    read, ahead = counted({"x": 7})

    assert ahead.take("x") == 7
    assert read == [["x"]]


def test_what_nobody_asks_for_is_let_go() -> None:
    """Each process asks for some of the assets only."""
    table = {f"h{number:03}": number for number in range(300)}
    read, ahead = counted(table)

    for number in range(0, 300, 64):
        ahead.take(f"h{number:03}")
    ahead.take("h001")

    assert read[-1][0] == "h001"
