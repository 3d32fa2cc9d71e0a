"""`auditor schedule` and `auditor scheduler`: audits that run by themselves."""

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from auditor.cli.audit import names
from auditor.cli.console import Format, FormatOption, emit, say
from auditor.cli.session import session

app = typer.Typer(help="Plan audits that run by themselves.", no_args_is_help=True, rich_markup_mode=None)


def add_to(root: typer.Typer) -> None:
    """Add the commands of this file."""
    root.add_typer(app, name="schedule")
    root.command(epilog="Example: auditor scheduler --systemd > /etc/systemd/system/auditor.service")(scheduler)


@app.command(epilog='Example: auditor schedule add weekly --cron "0 3 * * 1" --timezone Europe/Berlin')
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A name of your choice.")],
    cron: Annotated[str, typer.Option(help="When: minute hour day month weekday, as crontab(5) has it.")],
    assets: Annotated[list[str] | None, typer.Option(help="Only these assets; all when none is named.")] = None,
    policy: Annotated[str, typer.Option(help="A policy's name; the workspace's when none is given.")] = "",
    timezone: Annotated[str, typer.Option(help="The zone that the times are in.")] = "UTC",
) -> None:
    """Add a schedule. Its policy and assets are checked now, not at three in the morning."""
    from auditor.pipeline import plan

    here = session(context)
    chosen = names(assets)
    plan(here.setup(policy=policy), chosen)
    with here.store() as store:
        added = store.schedules().add(
            name, cron, assets=tuple(sorted(chosen)), policy=policy, timezone=timezone, now=datetime.now(UTC)
        )
    say(f"{name}: next run {added.next_run_at.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M %Z}")


@app.command("list", epilog="Example: auditor schedule list --format json")
def list_(context: typer.Context, format_: FormatOption = Format.TABLE) -> None:
    """List schedules with their next and last runs."""
    with session(context).store() as store:
        rows = [schedule.as_row() for schedule in store.schedules().list()]
    emit(format_, rows, empty="No schedule yet: auditor schedule add")


@app.command(epilog="Example: auditor schedule remove weekly")
def remove(context: typer.Context, name: Annotated[str, typer.Argument(help="The schedule's name.")]) -> None:
    """Remove a schedule."""
    with session(context).store() as store:
        store.schedules().remove(name)
    say(f"{name}: removed")


def scheduler(
    context: typer.Context,
    systemd: Annotated[bool, typer.Option("--systemd", help="Print the unit that keeps it running, and stop.")] = False,
    once: Annotated[bool, typer.Option("--once", help="Run what is due now, and stop.")] = False,
) -> None:
    """Run due audits in the foreground until interrupted; never one twice, and a missed one once."""
    from auditor.cli.progress import Lines
    from auditor.scheduler import run_due, serve, unit

    here = session(context)
    watching = Lines(here.log_format)
    if systemd:
        say(unit(here.folder.resolve()))
    elif once:
        run_due(here.folder, watching, watching.tell)
    else:
        serve(here.folder, watching, watching.tell)
