"""What was worked out of each distinct text, kept as long as there is room."""

from collections.abc import Hashable
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")


class Distinct(Generic[KeyT, ValueT]):
    """Remembers values of a known size; when `room` is used up, what was not needed of late is forgotten first.

    Threads may share it: at worst, something is worked out twice.
    """

    def __init__(self, room: int) -> None:
        """Keep values whose sizes add up to at most `room`, in whatever unit `put` is told."""
        self._half = room // 2
        self._used = 0
        self._late: dict[KeyT, tuple[ValueT, int]] = {}
        self._early: dict[KeyT, tuple[ValueT, int]] = {}

    def get(self, key: KeyT) -> ValueT | None:
        """Return what is remembered, or None."""
        found = self._late.get(key)
        if found is None and (found := self._early.get(key)) is not None:
            self.put(key, *found)
        return found[0] if found is not None else None

    def put(self, key: KeyT, value: ValueT, size: int = 1) -> None:
        """Remember a value; one that would take half the room is not worth it."""
        if size > self._half:
            return
        if self._used + size > self._half:
            self._early, self._late, self._used = self._late, {}, 0
        self._late[key] = (value, size)
        self._used += size
