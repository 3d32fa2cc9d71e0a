"""A draft project as Markdown for people and as JSON for other programs."""

import re
from typing import Final

from auditor.model.check import shown
from auditor.model.project import Project

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#|~!&])")


def as_json(project: Project) -> dict[str, object]:
    """Return a project with every number that it rests on; hours as optimistic, likely, pessimistic, expected."""
    advice = project.recommendation
    return {
        "id": project.id,
        "title": project.title,
        "goal": project.goal,
        "proposed_on": project.proposed_on,
        "solution": advice.solution.id,
        "kind": advice.solution.kind.value,
        "scope": list(project.scope),
        "bases": {
            "experience": advice.experience,
            "company_policy": advice.company_policy,
            "audit_result": advice.audit_result,
            "current_trend": advice.current_trend,
        },
        "risk": advice.risk,
        "tasks": [
            {
                "id": task.id,
                "title": task.title,
                "owner": task.owner,
                "after": list(task.after),
                "hours": {
                    "low": task.hours.low,
                    "likely": task.hours.likely,
                    "high": task.hours.high,
                    "expected": round(task.hours.expected, 2),
                },
                "cost": round(task.cost, 2),
            }
            for task in project.tasks
        ],
        "hours_expected": round(sum(task.hours.expected for task in project.tasks), 2),
        "cost": round(project.cost, 2),
        "currency": project.currency,
        "closes": list(project.closes),
        "missing": list(project.missing),
    }


def as_markdown(project: Project) -> str:
    """Return a project as a document in which nothing that a device said is markup."""
    advice = project.recommendation
    hours = sum(task.hours.expected for task in project.tasks)
    tasks = [
        f"| {task.id} | {_plain(task.title)} | {_plain(task.owner)} | {task.hours.low:g} / {task.hours.likely:g} / "
        f"{task.hours.high:g} | {task.cost:,.0f} | {', '.join(task.after) or '-'} |"
        for task in project.tasks
    ]
    findings = [
        f"- `{one.id}` {one.severity.value}: {_plain(one.asset)}, {one.check}, {_plain(one.subject)}"
        for one in advice.findings
    ]
    return "\n".join(
        [
            f"# {_plain(project.title)}",
            "",
            f"Draft {project.id} of {project.proposed_on}. {_plain(advice.solution.summary)}",
            "",
            f"**Goal.** {_plain(project.goal)}",
            "",
            f"**Scope.** {', '.join(map(_plain, project.scope))}",
            "",
            f"**Effort and cost.** {hours:.1f} hours expected, {project.cost:,.0f} {_plain(project.currency)}.",
            "",
            f"**Still missing.** {', '.join(project.missing)}.",
            "",
            "## Why",
            "",
            f"- Experience: {_plain(advice.experience)}",
            f"- Company policy: {_plain(advice.company_policy)}",
            f"- Audit result: {_plain(advice.audit_result)}",
            f"- Current trend: {_plain(advice.current_trend)}",
            "",
            "## Tasks",
            "",
            "Hours are optimistic / most likely / pessimistic.",
            "",
            f"| # | Task | Owner | Hours | Cost ({_plain(project.currency)}) | After |",
            "| --- | --- | --- | --- | ---: | --- |",
            *tasks,
            "",
            "## Findings it closes",
            "",
            *findings,
            "",
        ]
    )


def _plain(text: str) -> str:
    """Return text on one line in which neither Markdown nor a terminal finds anything to interpret."""
    return _SPECIAL.sub(r"\\\1", shown(" ".join(text.split()))) if text else ""
