"""`auditor audit`, `auditor audits` and `auditor report`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli.console import Format, FormatOption, emit, emit_json, say, tell
from auditor.cli.session import Session, session
from auditor.errors import UsageError

if TYPE_CHECKING:
    from auditor.access import AccessTried
    from auditor.pipeline import Audited
    from auditor.setup import Setup
    from auditor.store.store import Store


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(epilog="Example: auditor audit --assets web-01 --policy baseline --format json")(audit)
    app.command(epilog="Example: auditor audits --format json")(audits)
    app.command(epilog="Example: auditor report --output /tmp/report")(report)


def audit(
    context: typer.Context,
    inventory: Annotated[list[str] | None, typer.Option("--inventory", "-i", help="Inventory files or names.")] = None,
    policy: Annotated[str, typer.Option("--policy", "-p", help="A policy's name or file.")] = "",
    assets: Annotated[list[str] | None, typer.Option("--assets", "-a", help="Only these assets.")] = None,
    enrol: Annotated[bool, typer.Option("--enrol", help="Pin the host keys of hosts seen for the first time.")] = False,
    check_access: Annotated[
        bool, typer.Option("--check-access", help="Only show who answers, who lets us in, and with which privilege.")
    ] = False,
    output: Annotated[Path | None, typer.Option(help="The folder to write reports to.", file_okay=False)] = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Ask every asset, judge what it said against the policy, and write the reports."""
    from auditor import pipeline
    from auditor.cli.progress import progress

    here = session(context)
    setup = here.setup(inventory=tuple(inventory or ()), policy=policy)
    if check_access:
        with here.store() as store:
            _show_access(pipeline.check_access(setup, store, only=names(assets), enrol=enrol), format_)
    if output is not None:
        _make(output)
    with here.store() as store:
        _tell_of_the_clock(store)
        with progress(here.log_format) as watching:
            audited = pipeline.audit(setup, store, watching, only=names(assets), enrol=enrol)
        paths = pipeline.write_reports(setup, store, audited.audit, output)
        _summary(setup, store, audited, paths, format_)
    raise typer.Exit(0 if audited.met else 1)


def audits(context: typer.Context, format_: FormatOption = Format.TABLE) -> None:
    """List the audits that were carried out, the newest first."""
    with session(context).store() as store:
        emit(format_, [row.as_row() for row in store.audits()], empty="No audit yet: auditor audit")


def report(
    context: typer.Context,
    audit: Annotated[str, typer.Option(help="The audit's id; the newest when none is given.")] = "",
    output: Annotated[Path | None, typer.Option(help="The folder to write to.", file_okay=False)] = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Write the reports of an audit again, from the store."""
    from auditor import pipeline

    here: Session = session(context)
    setup = here.setup()
    with here.store() as store:
        paths = pipeline.write_reports(setup, store, audit, output)
    if format_ is Format.JSON:
        emit_json({name: str(path) for name, path in paths.items()})
    else:
        for path in paths.values():
            say(str(path))


def names(given: list[str] | None) -> frozenset[str]:
    """Return the names of `--assets A,B --assets C`. Raises UsageError for a list that names none: it means not all."""
    found = frozenset(name.strip() for words in given or () for name in words.split(",") if name.strip())
    if given and not found:
        raise UsageError("--assets names no asset; leave it out to mean all")
    return found


def _show_access(tried: "Sequence[AccessTried]", format_: Format) -> None:
    """Show what was tried, and exit: 0 when all is open to the audit, 3 when nothing answers, else 1."""
    emit(format_, [one.as_row() for one in tried])
    if not any(one.answers for one in tried):
        raise typer.Exit(3)
    raise typer.Exit(1 if any(one.problem for one in tried) else 0)


def _tell_of_the_clock(store: "Store") -> None:
    """Say that an earlier audit is yet to come: what ages, from waivers to evidence, is judged by the clock."""
    newest, now = store.latest_audit(), datetime.now(UTC)
    if newest is not None and newest.started_at > now:
        tell(
            f"note: this machine's clock says {now:%Y-%m-%d %H:%M} UTC, and audit {newest.id} began at "
            f"{newest.started_at:%Y-%m-%d %H:%M} UTC: it was set back since, or was ahead then"
        )


def _make(output: Path) -> None:
    """Make the reports' folder before anything is asked. Raises UsageError."""
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--output {output}: no folder can be made there: {error.strerror}") from error


def _summary(setup: "Setup", store: "Store", audited: "Audited", paths: "Mapping[str, Path]", format_: Format) -> None:
    from auditor.cli.summary import COLUMNS, Summary

    summary = Summary(store.collected(audited.audit), store.audit(audited.audit).finished_at or datetime.now(UTC))
    for judged in store.judged(audited.audit):
        summary.add(judged)
    lines = summary.rows(setup.inventory.assets)
    first = summary.headline(audited.findings, audited.stopped)
    if format_ is Format.JSON:
        emit_json({"audit": audited.audit, "met": audited.met, "summary": first, "assets": lines, "reports": paths})
        return
    emit(format_, lines, COLUMNS)
    say()
    for line in first:
        say(line)
    for name, path in paths.items():
        say(f"Report ({name}): {path}")
