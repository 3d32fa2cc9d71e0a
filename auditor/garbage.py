"""Garbage that does not free itself is looked for seldom where much is kept and little of it is garbage."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# Of the first generation, in values made and not freed; then in searches of the generation before (module gc). Python's
# own 700 made an audit go through all that it keeps again and again: a sixth of its CPU. At 50,000 memory is the same.
_SELDOM: Final = (50_000, 20, 10)


@contextmanager
def seldom_looked_for() -> Iterator[None]:
    """Search for values that refer to each other and that nobody needs less often, in this process and its forks.

    What an audit keeps are frozen values, which free themselves; only connections and errors leave cycles behind.
    """
    usual = gc.get_threshold()
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
