"""Policies x assets -> demands."""

from collections.abc import Iterable, Iterator

from auditor.model.asset import Asset
from auditor.model.policy import Demand, Policy
from auditor.plugins import Content


def demands(policy: Policy, assets: Iterable[Asset], content: Content) -> Iterator[Demand]:
    """Yield every demand of the policy on every asset: one a check, and one a control without checks."""
    for asset in assets:
        for control in policy.controls:
            if not control.applies_to.covers(asset):
                continue
            if not control.checks:
                yield Demand(asset=asset, control=control, check=None)
            for check_id, settings in control.checks.items():
                yield Demand(asset=asset, control=control, check=content.checks[check_id], settings=settings)
