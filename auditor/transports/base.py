"""What every transport is: one method that puts all requests for one asset over one session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from auditor.model.asset import Access, Asset
from auditor.model.probe import Answer, Request


class Transport(Protocol):
    """A way of asking assets."""

    def ask(self, asset: Asset, access: Access, requests: Sequence[Request]) -> list[Answer]:
        """Return one answer a request, in their order; an answer that was not had says why in its `problem`.

        Raises CollectionError when the session as a whole could not be had: then every request has that reason.
        """
        ...


@dataclass(frozen=True, slots=True)
class Last:
    """What an asset gave last time, so that it need not send it again.

    `key` is this asset's own (hex); `digests` has the keyed digest of each answer as the asset sent it, as
    `Answer.raw` had it.
    """

    key: str
    digests: Mapping[Request, str]


@runtime_checkable
class Remembering(Protocol):
    """A transport whose far end can compare an answer with the last one, and leave unsaid what did not change."""

    def ask_again(self, asset: Asset, access: Access, requests: Sequence[Request], last: Last) -> list[Answer]:
        """Answer as `ask` does; an answer that did not change is `unchanged`, without text, with the same `raw`."""
        ...
