"""Policies x assets -> demands."""

from collections.abc import Iterable, Iterator

from auditor.model.asset import Asset
from auditor.model.policy import Control, Demand, Policy, Scope
from auditor.plugins import Content


def demands(policy: Policy, assets: Iterable[Asset], content: Content) -> Iterator[tuple[Asset, tuple[Demand, ...]]]:
    """Yield each asset with what the policy demands of it, in the policy's order: one demand a check, and one a control
    without checks. Assets that the same controls cover share the very same demands.
    """
    made = [(control.applies_to, tuple(_demands(control, content))) for control in policy.controls]
    scopes = {scope for scope, _ in made}
    shared: dict[frozenset[Scope], tuple[Demand, ...]] = {}
    for asset in assets:
        covering = frozenset(scope for scope in scopes if scope.covers(asset))
        if covering not in shared:
            shared[covering] = tuple(demand for scope, demands in made if scope in covering for demand in demands)
        yield asset, shared[covering]


def _demands(control: Control, content: Content) -> Iterator[Demand]:
    if not control.checks:
        yield Demand(control=control, check=None)
    for check_id, settings in control.checks.items():
        yield Demand(control=control, check=content.checks[check_id], settings=settings)
