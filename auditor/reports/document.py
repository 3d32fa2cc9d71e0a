"""The technical report for programs, row by row: `technical.json`, as `reports/technical.schema.json` describes it."""

import math
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Final

from auditor.model.asset import Asset
from auditor.model.check import Check
from auditor.model.evidence import Evidence
from auditor.model.finding import Finding
from auditor.model.policy import Control
from auditor.model.result import Judgement
from auditor.reports.coverage import Coverage, FrameworkRow, KindRow, Unseen
from auditor.reports.details import AssetRow, Failed
from auditor.reports.passed_over import PassedOver
from auditor.reports.trend import Point
from auditor.reports.view import Advice, View, WaiverRow

SCHEMA_VERSION: Final = "1.1"  # the first number changes when a key goes away or changes its meaning

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


def numbers(view: View) -> dict[str, Json]:
    """Return what does not grow with the fleet as plain values; times are ISO 8601 with their offset from UTC."""
    return {
        "schema_version": SCHEMA_VERSION,
        "company": view.audited.company,
        "audit": _audit(view),
        "coverage": _coverage(view.coverage, view.passed_over),
        "verdicts": {verdict.value: count for verdict, count in view.verdicts.items()},
        "kinds": [_kind(row) for row in view.kinds],
        "frameworks": [_framework(row) for row in view.frameworks],
        "recommendations": [_advice(one) for one in view.advice],
        "trend": [_point(point) for point in view.trend.points],
        "not_alike": list(view.trend.not_alike),
        "waivers": [_waiver(row) for row in view.waivers],
    }


def named(view: View) -> dict[str, dict[str, Json]]:
    """Return the checks and controls that results name, by id."""
    checks = view.audited.checks
    used = sorted({row.check for row in view.demands if row.check in checks})
    return {
        "checks": {id_: _check(checks[id_]) for id_ in used},
        "controls": {control.id: _control(control) for control in view.audited.policy.controls},
    }


def findings(view: View) -> Iterator[Json]:
    """Give a row for each finding."""
    return (_finding(one) for one in view.audited.findings)


def assets(view: View) -> Iterator[Json]:
    """Give a row for each asset of the audit."""
    return (_asset(one) for one in view.rows)


def evidence(one: Evidence) -> Json:
    """Return a row of evidence."""
    return {
        "asset": one.asset,
        "request": one.request,
        "channel": one.channel,
        "asked_at": _time(one.asked_at),
        "account": one.privilege,
        "digest": one.digest,
        "problem": one.problem,
        "origin": one.origin,
    }


def judgement(one: Judgement) -> dict[str, Json]:
    """Return the part of a result's row that all assets with this judgement share."""
    return {
        "control": one.control,
        "check": one.check,
        "verdict": one.verdict.value,
        "reason": one.reason,
        "severity": one.severity.value,
        "settings": plain(dict(sorted(one.settings.items()))),
        "undecided": [{"subject": place.subject, "reason": place.reason} for place in one.undecided],
    }


def violations(failed: Failed) -> Iterator[Json]:
    """Give a row for each violation of a demand."""
    for place in failed.places:
        yield {
            "finding": place.id,
            "asset": failed.result.asset,
            "check": failed.result.check,
            "control": failed.result.control,
            "severity": failed.result.severity.value,
            "subject": place.subject,
            "found": plain(place.violation.found),
            "found_text": place.found,
            "wanted": plain(place.violation.wanted),
            "wanted_text": place.wanted,
            "state": place.finding.state.value if place.finding else None,
            "evidence": [
                {"id": seen.evidence.id, "lines": list(seen.lines), "gone": seen.gone} for seen in failed.seen
            ],
        }


def plain(value: object) -> Json:
    """Return a value as JSON has it: sets as sorted lists, and what JSON lacks as words."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case tuple() | list():
            return [plain(item) for item in value]
        case set() | frozenset():
            return [plain(item) for item in sorted(value, key=_order)]
        case Mapping():
            return {str(name): plain(value[name]) for name in value}
        case _:
            return str(value)


def _order(item: object) -> tuple[bool, float, str]:
    if isinstance(item, int | float):
        return False, float(item), ""
    return True, 0.0, str(item)


def _audit(view: View) -> Json:
    audited = view.audited
    return {
        "id": audited.audit,
        "started_at": _time(audited.started_at),
        "finished_at": _time(audited.finished_at),
        "newest": audited.newest,
        "policy": audited.judged_by,
        "policy_digest": audited.judged_digest,
        "policy_changed_since": view.policy_changed,
        "auditor_version": audited.version,
    }


def _coverage(seen: Coverage, left: PassedOver) -> Json:
    return {
        "demanded": seen.demanded,
        "decided": seen.decided,
        "percent": seen.percent,
        "assets_listed": seen.listed,
        "assets_asked": seen.asked,
        "assets_reached": seen.reached,
        "unseen": [_unseen(one) for one in seen.unseen],
        "credentials_stopped": [
            {"credential": one.credential, "refusals": one.refusals, "assets": list(one.assets)} for one in left.stopped
        ],
        "not_asked": [{"reason": one.reason, "assets": list(one.assets)} for one in left.waiting],
    }


def _kind(row: KindRow) -> Json:
    return {
        "kind": row.kind,
        "listed": row.listed,
        "reached": row.reached,
        "affected": row.affected,
        "findings": {severity.value: count for severity, count in row.findings.items()},
    }


def _framework(row: FrameworkRow) -> Json:
    return {
        "id": row.id,
        "title": row.title,
        "met": row.met,
        "not_met": row.not_met,
        "undecided": row.undecided,
        "unasked": row.unasked,
    }


def _time(at: datetime | date | None) -> str | None:
    return at.isoformat() if at else None


def _unseen(one: Unseen) -> Json:
    return {"asset": one.name, "reason": one.reason, "asked": one.asked, "last_answer": _time(one.last_answer)}


def _advice(one: Advice) -> Json:
    advice = one.recommendation
    return {
        "solution": advice.solution.id,
        "title": advice.solution.title,
        "kind": advice.solution.kind.value,
        "summary": advice.solution.summary,
        "risk": advice.risk,
        "assets": list(advice.assets),
        "findings": [finding.id for finding in advice.findings],
        "bases": {
            "experience": advice.experience,
            "company_policy": advice.company_policy,
            "audit_result": advice.audit_result,
            "current_trend": advice.current_trend,
        },
        "hours_expected": round(one.hours, 2) if one.hours is not None else None,
        "cost": round(one.project.cost, 2) if one.project else None,
        "currency": one.project.currency if one.project else "",
    }


def _point(point: Point) -> Json:
    return {
        "audit": point.audit,
        "at": _time(point.at),
        "policy": point.policy,
        "assets": len(point.assets),
        "reached": point.reached,
        "met": point.met,
        "not_met": point.not_met,
        "undecided": point.undecided,
    }


def _waiver(row: WaiverRow) -> Json:
    waiver = row.waiver
    return {
        "check": waiver.check,
        "assets": [*sorted(waiver.assets)],
        "subject": waiver.subject,
        "reason": waiver.reason,
        "approved_by": waiver.approved_by,
        "expires": _time(waiver.expires),
        "state": row.fate,
        "findings": row.findings,
    }


def _finding(one: Finding) -> Json:
    return {
        "id": one.id,
        "asset": one.asset,
        "check": one.check,
        "subject": one.subject,
        "control": one.control,
        "state": one.state.value,
        "severity": one.severity.value,
        "found": one.found,
        "wanted": one.wanted,
        "solution": one.solution,
        "first_seen": _time(one.first_seen),
        "last_seen": _time(one.last_seen),
        "fixed_at": _time(one.fixed_at),
        "retired_at": _time(one.retired_at),
        "reason": one.reason,
        "waived_until": _time(one.waived_until),
    }


def _check(check: Check) -> Json:
    return {
        "title": check.title,
        "rationale": check.rationale,
        "severity": check.severity.value,
        "fix": check.fix.text,
        "solution": check.fix.solution,
        "disruptive": check.fix.disruptive,
        "references": list(check.references),
    }


def _control(control: Control) -> Json:
    return {
        "title": control.title,
        "text": control.text,
        "policy": control.policy,
        "satisfies": {framework: list(ids) for framework, ids in control.satisfies.items()},
    }


def _asset(one: AssetRow) -> Json:
    asset: Asset = one.asset or Asset(name=one.name)
    return {
        "name": one.name,
        "listed": one.asset is not None,
        "kind": asset.kind.value,
        "platform": asset.platform.value,
        "addresses": list(asset.addresses),
        "site": asset.site,
        "zone": asset.zone,
        "owner": asset.owner,
        "department": asset.department,
        "criticality": asset.criticality.value,
        "tags": [*sorted(asset.tags)],
        "problem": one.problem,
        "verdicts": {verdict.value: count for verdict, count in one.counts.items()},
    }
