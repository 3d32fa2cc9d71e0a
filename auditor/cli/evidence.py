"""`auditor evidence`: what was asked, when, as whom, and what came of it."""

from pathlib import Path
from typing import Annotated

import typer

from auditor.cli.console import Format, FormatOption, briefly, counted, emit, emit_json, say
from auditor.cli.session import session
from auditor.errors import UsageError

app = typer.Typer(help="Show what verdicts rest on.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list", epilog="Example: auditor evidence list --asset web-01")
def list_(
    context: typer.Context,
    asset: Annotated[str, typer.Option(help="Only this asset.")] = "",
    audit: Annotated[str, typer.Option(help="The audit's id; the newest when none is given.")] = "",
    format_: FormatOption = Format.TABLE,
) -> None:
    """List what was asked in an audit."""
    with session(context).store() as store:
        rows = [
            {
                "id": seen.id,
                "asset": seen.asset,
                "channel": seen.channel,
                "request": seen.request,
                "asked_at": seen.asked_at,
                "as": seen.privilege,
                "problem": seen.problem,
                "exit_status": seen.exit_status,
                "digest": seen.digest,
            }
            for seen in store.evidence(asset=asset, audit=audit)
        ]
    if format_ is Format.TABLE:
        rows = [{**row, "request": briefly(str(row["request"]))} for row in rows]
    emit(format_, rows, ("id", "asset", "channel", "request", "asked_at", "as", "problem"), empty="No evidence yet.")


@app.command(epilog="Example: auditor evidence show 3f9a0c1d22b4")
def show(
    context: typer.Context,
    evidence: Annotated[str, typer.Argument(help="An evidence's id, or its beginning.")],
    format_: FormatOption = Format.TABLE,
) -> None:
    """Show one answer as it was given, secrets redacted."""
    with session(context).store() as store:
        found = {seen.id: seen for seen in store.evidence() if seen.id.startswith(evidence)}
        if len(found) != 1:
            raise UsageError(f"{evidence}: {'several evidences begin so' if found else 'there is no such evidence'}")
        seen = next(iter(found.values()))
        text = store.evidence_text(seen.digest) if seen.digest else ""
    if format_ is Format.JSON:
        emit_json(
            {"id": seen.id, "asset": seen.asset, "request": seen.request, "asked_at": seen.asked_at, "text": text}
        )
        return
    say(f"# {seen.asset}: {seen.request}")
    when = f"at {seen.asked_at:%Y-%m-%d %H:%M:%S %Z}" if seen.asked_at else "never asked"
    say(f"# {seen.channel} {when} as {seen.privilege or 'nobody in particular'}")
    say(f"# {seen.problem}" if seen.problem else "")
    say(text)


@app.command(epilog="Example: auditor evidence record web-01 --to tests/recorded/web-01")
def record(
    context: typer.Context,
    asset: Annotated[str, typer.Argument(help="The asset's name.")],
    to: Annotated[Path, typer.Option(help="The folder to write.", file_okay=False)],
    audit: Annotated[str, typer.Option(help="The audit's id; the newest when none is given.")] = "",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace also what was edited by hand.")] = False,
) -> None:
    """Write what an asset answered, redacted, as a recording: a fixture for the cases of checks.

    Each answer is a file named after what is read out of it; recording.json has the rest, and the asset with its names.
    `checks run --replay` and a Case judge it as of its day; an inventory's `replay:` plays it, too. A recording that is
    there is replaced; files that somebody edited are not.
    """
    from auditor.recording import record as write

    here = session(context)
    with here.store() as store:
        number = write(here.setup(), store, asset, to, audit=audit, overwrite=overwrite)
    say(f"wrote {counted(number, 'answer')} to {to}")
