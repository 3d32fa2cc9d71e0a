"""What was seen: evidence of an answer, and what is known of a fact because of it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from auditor.model.asset import Asset
from auditor.model.probe import Answer

FactT = TypeVar("FactT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One thing that was asked or looked up, when, over what, as whom, and what came of it.

    `digest` is the SHA-256 of the redacted text, empty where there is no text. `origin` says where to look when it was
    not a request: a file of the inventory, a dated data set. `exit_status` is a command's, where the channel tells it.
    """

    asset: str
    request: str
    channel: str
    asked_at: datetime | None = None
    digest: str = ""
    problem: str = ""
    privilege: str = ""
    origin: str = ""
    exit_status: int | None = None

    @property
    def id(self) -> str:
        """Return a short name that stays the same for the same asset, request and text."""
        seen = "\0".join([self.asset, self.channel, self.request, self.digest or self.problem or self.origin])
        return hashlib.sha256(seen.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def text_digest(text: str) -> str:
    """Return the SHA-256 of a text, in hex: the name under which it is stored."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def evidence_of(asset: str, answer: Answer) -> Evidence:
    """Return the evidence that an answer is. A complete answer may be empty, and is evidence all the same."""
    return Evidence(
        asset=asset,
        request=str(answer.request),
        channel=str(answer.channel),
        asked_at=answer.asked_at,
        digest=answer.digest or (text_digest(answer.text) if answer.text or not answer.problem else ""),
        problem=answer.problem,
        privilege=answer.privilege,
        origin=answer.place,
        exit_status=answer.exit_status,
    )


def inventory_evidence(asset: Asset) -> Evidence:
    """Return the inventory's own entry as evidence: that the asset is listed is all that was seen."""
    return Evidence(
        asset=asset.name, request="inventory entry", channel="inventory", origin=str(asset.declared_at) or "inventory"
    )


@dataclass(frozen=True, slots=True)
class Known(Generic[FactT]):
    """A fact, and the evidence that it rests on."""

    value: FactT
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """No fact, why, and the evidence for that."""

    reason: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Absent:
    """Evidence says that the asset has no such thing."""

    reason: str
    evidence: tuple[Evidence, ...]


Knowledge = Known[object] | Unknown | Absent
