"""Rows that are asked for one by one, read many at a time."""

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Final, Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")

_AT_ONCE: Final = 64
_MOST: Final = 4 * _AT_ONCE  # kept; what others were asked for is let go


class Ahead(Generic[KeyT, ValueT]):
    """Reads what is asked for in about the order given. Any thread may ask.

    Each value is given once and is then forgotten: whoever asks again is to see what has changed since.
    """

    def __init__(self, read: Callable[[Sequence[KeyT]], Mapping[KeyT, ValueT]], order: Sequence[KeyT]) -> None:
        """Say how to read many, and in which order they will be asked for."""
        self._read, self._order = read, order
        self._places = {key: place for place, key in reversed(list(enumerate(order)))}
        self._had: dict[KeyT, ValueT | None] = {}
        self._lock = threading.Lock()

    def take(self, key: KeyT) -> ValueT | None:
        """Return a value, or None when there is none."""
        with self._lock:
            if key not in self._had:
                place = self._places.get(key)
                keys = [key] if place is None else self._order[place : place + _AT_ONCE]
                self._had.update(dict.fromkeys(keys))
                self._had.update(self._read(keys))
            value = self._had.pop(key)
            while len(self._had) > _MOST:
                del self._had[next(iter(self._had))]
            return value
