"""What every transport is: one method that puts all requests for one asset over one session."""

from collections.abc import Sequence
from typing import Protocol

from auditor.model.asset import Access, Asset
from auditor.model.probe import Answer, Request


class Transport(Protocol):
    """A way of asking assets."""

    def ask(self, asset: Asset, access: Access, requests: Sequence[Request]) -> list[Answer]:
        """Return one answer a request, in their order; an answer that was not had says why in its `problem`.

        Raises CollectionError when the session as a whole could not be had: then every request has that reason.
        """
        ...
