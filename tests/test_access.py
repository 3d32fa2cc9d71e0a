"""What is asked to find out who lets us in: as little as shows it."""

import pytest

from auditor.access import _few
from auditor.model.probe import KeyExchange, Shell

GREETING, PLAIN, OTHER, ROOT = KeyExchange(), Shell("id"), Shell("uname"), Shell("sshd -T", privileged=True)


@pytest.mark.parametrize(
    ("asked", "few"),
    [
        ((GREETING, PLAIN, OTHER, ROOT), (PLAIN, ROOT)),
        ((ROOT, GREETING), (ROOT,)),
        ((GREETING,), (GREETING,)),
        ((OTHER, PLAIN), (OTHER,)),
        ((), ()),
    ],
)
def test_one_plain_and_one_privileged_request_are_put(asked, few):
    """A greeting that everybody gets shows nothing of the log-in."""
    assert few == _few(asked)
