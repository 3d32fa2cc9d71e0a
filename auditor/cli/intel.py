"""`auditor intel`: knowledge that ages: what is at hand, of which day, and how newer is brought in."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from auditor.cli.console import Format, FormatOption, emit, say, tell
from auditor.cli.session import session
from auditor.errors import ContentError, Place, UsageError
from auditor.workspace import Workspace

app = typer.Typer(
    help="Show, import and fetch dated knowledge: ends of life, exploited weaknesses, advisories.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command(epilog="Example: auditor intel show --format json")
def show(context: typer.Context, format_: FormatOption = Format.TABLE) -> None:
    """Show what audits are judged by, of which day it is and whose it is; offline."""
    from auditor.intel.folder import shown

    today = datetime.now(UTC).date()
    rows = [
        {
            "kind": row.kind,
            "about": row.about or "all",
            "as_of": row.as_of,
            "days_old": (today - row.as_of).days,
            "entries": row.entries,
            "used": row.used,
            "source": row.source,
            "licence": row.licence,
            "file": row.path,
        }
        for row in shown(_folder(context))
    ]
    emit(format_, rows, ("kind", "about", "as_of", "days_old", "entries", "used", "source"))


@app.command("import", epilog="Example: auditor intel import tracker.json --as-of 2026-11-20")
def import_(
    context: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(help="Files of publishers, packed or not.", exists=True, dir_okay=False)
    ],
    as_of: Annotated[
        str, typer.Option("--as-of", help="The day the files are of (YYYY-MM-DD), where they do not say it themselves.")
    ] = "",
) -> None:
    """Take publishers' files into the workspace's intel folder.

    What is read: endoflife.date (API, products/full), CISA's KEV catalogue, EPSS scores, Debian's security tracker
    (JSON), OSV records (JSON or zip), OVAL definitions (XML, .bz2 or .gz), and dated files of auditor.
    """
    from auditor.intel.folder import bring

    folder = _own_folder(context)
    day = _day(as_of)
    for file in files:
        for part in bring(file, folder, today=datetime.now(UTC).date(), as_of=day):
            say(f"{part.path}: {part.kind} as of {part.as_of}")


@app.command(epilog="Example: auditor intel update debian exploited")
def update(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(help="end-of-life, exploited, exploit-scores, or a distribution: debian, ubuntu, rocky ..."),
    ] = None,
) -> None:
    """Fetch what publishers give now. Without names: the small files, and the advisories that are there already.

    URLs of your own (a mirror) stand in auditor.toml: [intel.urls] debian = "https://mirror.example/tracker.json". What
    cannot be fetched leaves everything as it was, and the exit code is 3.
    """
    from auditor.errors import NotFetched
    from auditor.intel.fetch import PUBLISHERS
    from auditor.intel.folder import update as fetch_all
    from auditor.settings import read_settings

    folder = _own_folder(context)
    settings, document = read_settings(Workspace.find(session(context).folder))
    if stray := sorted(settings.intel.urls.keys() - PUBLISHERS.keys()):
        place = document.place("intel", "urls", stray[0])
        raise ContentError(place, f"there is no publisher {stray[0]}", f"There are {', '.join(PUBLISHERS)}.")
    failed = []
    for name, came in fetch_all(names or [], folder, settings.intel.urls, today=datetime.now(UTC).date()):
        if isinstance(came, NotFetched):
            failed.append(name)
            tell(f"auditor: {name}: {came}")
        else:
            for part in came:
                say(f"{part.path}: {part.kind} as of {part.as_of}")
    if failed:
        raise NotFetched(
            f"not fetched: {', '.join(failed)}. Audits go on with what `auditor intel show` lists; a file that was "
            "fetched elsewhere is taken in by `auditor intel import FILE`."
        )


def _folder(context: typer.Context) -> Path:
    return Workspace.find(session(context).folder).intel


def _own_folder(context: typer.Context) -> Path:
    workspace = Workspace.find(session(context).folder)
    if not workspace.exists:
        raise UsageError(
            f"{workspace.root} is no workspace: there is no auditor.toml here or above. `auditor init DIR`"
        )
    return workspace.intel


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ContentError(Place("--as-of"), f"{text} is no day", "Write it as 2026-11-20.") from None
