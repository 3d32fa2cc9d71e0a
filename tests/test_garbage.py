"""Memory is searched less often while an audit runs, and as before after it."""

import gc

import pytest

from auditor.garbage import seldom_looked_for


def test_what_was_usual_is_usual_again_after_an_error():
    """Whoever audits from a program of their own finds it as they left it."""
    usual = gc.get_threshold()

    @seldom_looked_for()
    def audit() -> None:
        assert usual[0] < gc.get_threshold()[0]
        raise OSError("the disk is full")

    for _ in range(2):
        with pytest.raises(OSError, match="disk"):
            audit()
        assert usual == gc.get_threshold()
