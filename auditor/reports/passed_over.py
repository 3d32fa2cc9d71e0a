"""Whom an audit passed over on purpose, and why: known again by the words of the errors that say so."""

from collections.abc import Iterable
from dataclasses import dataclass

from auditor.errors import CredentialStopped, NotNow


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A credential that was refused too often, and the assets that it was not tried on any more."""

    credential: str
    refusals: int
    assets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A reason not to ask now, such as a closed maintenance window, and the assets that it held for."""

    reason: str
    assets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """Assets that were left alone, in whole or for what one credential would have told."""

    stopped: tuple[Stopped, ...]
    waiting: tuple[Waiting, ...]

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.stopped or self.waiting)


def passed_over(problems: Iterable[tuple[str, str]]) -> PassedOver:
    """Return what some problems, each with the asset that had it, say of whom was left alone; most assets first."""
    refusals: dict[str, int] = {}
    unasked: dict[str, set[str]] = {}
    waiting: dict[str, set[str]] = {}
    for asset, problem in problems:
        if stopped := CredentialStopped.told_in(problem):
            name, count = stopped
            refusals[name] = max(count, refusals.get(name, 0))
            unasked.setdefault(name, set()).add(asset)
        elif NotNow.told_in(problem):
            waiting.setdefault(problem, set()).add(asset)
    return PassedOver(
        stopped=tuple(
            Stopped(credential=name, refusals=refusals[name], assets=names) for name, names in _most_first(unasked)
        ),
        waiting=tuple(Waiting(reason=reason, assets=names) for reason, names in _most_first(waiting)),
    )


def _most_first(found: dict[str, set[str]]) -> list[tuple[str, tuple[str, ...]]]:
    ordered = sorted(found.items(), key=lambda one: (-len(one[1]), one[0]))
    return [(name, tuple(sorted(assets))) for name, assets in ordered]
