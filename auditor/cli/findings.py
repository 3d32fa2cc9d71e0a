"""`auditor findings`: violations from audit to audit."""

from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli.console import Format, FormatOption, emit, emit_json, say
from auditor.cli.session import session
from auditor.errors import UsageError
from auditor.model.check import Severity
from auditor.model.finding import FindingState

if TYPE_CHECKING:
    from auditor.model.finding import Finding

app = typer.Typer(help="Follow violations from audit to audit.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list", epilog="Example: auditor findings list --state open --severity high --format json")
def list_(
    context: typer.Context,
    state: Annotated[list[FindingState] | None, typer.Option(help="Only these; standing ones by default.")] = None,
    asset: Annotated[str, typer.Option(help="Only this asset.")] = "",
    severity: Annotated[Severity, typer.Option(help="Only this severity and worse.")] = Severity.INFO,
    format_: FormatOption = Format.TABLE,
) -> None:
    """List findings, the worst first."""
    wanted = set(state or [one for one in FindingState if one.stands])
    with session(context).store() as store:
        found = [f for f in store.findings(asset=asset) if f.state in wanted and f.severity.rank >= severity.rank]
    found.sort(key=lambda finding: (-finding.severity.rank, finding.asset, finding.check, finding.subject))
    why = ("reason",) if any(finding.reason for finding in found) else ()
    columns = ("id", "severity", "state", "asset", "check", "subject", "found", "wanted", *why)
    emit(format_, [_row(finding) for finding in found], columns, empty="No such finding.")


@app.command(epilog="Example: auditor findings show 3f9a0c1d22")
def show(
    context: typer.Context,
    finding: Annotated[str, typer.Argument(help="The finding's id, or its beginning.")],
    format_: FormatOption = Format.TABLE,
) -> None:
    """Show one finding: what was found and wanted, how to fix it, and its history."""
    here = session(context)
    with here.store() as store:
        found = [one for one in store.findings() if one.id.startswith(finding)]
        if len(found) != 1:
            raise UsageError(f"{finding}: {'several findings begin so' if found else 'there is no such finding'}")
        history = [event.as_row() for event in store.finding_history(found[0].id)]
    check = here.content().check(found[0].check)
    row = {**_row(found[0]), "title": check.title if check else "", "fix": check.fix.text if check else ""}
    if format_ is Format.JSON:
        emit_json({**row, "history": history})
        return
    emit(format_, [{"field": key.replace("_", " "), "value": value} for key, value in row.items() if value])
    say()
    emit(format_, history)


def _row(finding: "Finding") -> dict[str, object]:
    return {
        "id": finding.id,
        "severity": finding.severity.value,
        "state": finding.state.value,
        "asset": finding.asset,
        "check": finding.check,
        "subject": finding.subject,
        "found": finding.found,
        "wanted": finding.wanted,
        "control": finding.control,
        "solution": finding.solution,
        "first_seen": finding.first_seen,
        "last_seen": finding.last_seen,
        "fixed_at": finding.fixed_at,
        "retired_at": finding.retired_at,
        "reason": finding.reason,
        "waived_until": finding.waived_until,
    }
