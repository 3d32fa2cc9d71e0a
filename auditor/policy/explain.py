"""Why something is demanded of an asset: each check, each setting's value, and the line that set it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from auditor.model.check import Value, shown
from auditor.model.policy import Demand


def explained(asset: str, demands: Iterable[Demand]) -> list[Mapping[str, object]]:
    """Return a row for each setting of each check that is demanded of an asset, and one for each without settings."""
    return [row for demand in demands for row in _rows(asset, demand)]


def _rows(asset: str, demand: Demand) -> Iterator[Mapping[str, object]]:
    control, check = demand.control, demand.check
    first = {
        "asset": asset,
        "control": control.id,
        "title": control.title,
        "severity": demand.severity.value,
    }
    if check is None:
        yield {**first, "check": "manual", "setting": "", "value": "", "set_by": str(control.declared_at)}
        return
    asked_by = control.settings_at.get(check.id, control.declared_at)
    if not check.settings:
        yield {**first, "check": check.id, "setting": "", "value": "", "set_by": str(asked_by)}
    for name, setting in check.settings.items():
        own = name in demand.settings
        place = control.settings_at.get(f"{check.id} {name}", asked_by) if own else "the check's default"
        value = shown(cast("Value", demand.settings[name] if own else setting.default))
        yield {**first, "check": check.id, "setting": name, "value": value, "set_by": str(place)}
