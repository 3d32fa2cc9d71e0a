"""`auditor`: the whole command line, its exit codes, and what a person sees when something is wrong.

Exit codes: 0 demands met (or the command did its work), 1 demands not met, 2 a usage or content error,
3 the audit could not be carried out, 130 interrupted.
"""

import sys
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Annotated, Final

import typer

from auditor.cli import assets, audit, checks, evidence, findings, intel, keys, policy, projects, schedule, start, vault
from auditor.cli.session import LogFormat, Session
from auditor.errors import AuditFailed, AuditorError, NotFetched

EPILOG: Final = (
    "Exit codes: 0 met, 1 demands not met, 2 usage or content error, 3 the audit could not be carried out. "
    "Example: auditor init acme && cd acme && auditor audit"
)

app = typer.Typer(
    help="Audit routers, switches, servers, laptops and phones against your own policy, with evidence.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # Rich's help takes a third of a second of CPU
    context_settings={"help_option_names": ["-h", "--help"]},
)
start.add_to(app)
audit.add_to(app)
assets.add_to(app)
app.add_typer(checks.app, name="checks")
app.add_typer(policy.app, name="policy")
app.add_typer(findings.app, name="findings")
app.add_typer(evidence.app, name="evidence")
app.add_typer(intel.app, name="intel")
app.add_typer(keys.app, name="keys")
app.add_typer(vault.app, name="vault")
app.add_typer(projects.app, name="projects")
schedule.add_to(app)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"auditor {version('auditor')}")
        raise typer.Exit


@app.callback()
def main(
    context: typer.Context,
    workspace: Annotated[
        Path,
        typer.Option("--workspace", "-C", help="The workspace, or a folder inside it.", exists=True, file_okay=False),
    ] = Path(),
    log_format: Annotated[LogFormat, typer.Option(help="How progress is written to stderr.")] = LogFormat.TEXT,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of internal errors.")] = False,
    version: Annotated[  # noqa: ARG001  (the callback acts on it)
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    """Take the options that every command has."""
    context.obj = Session(workspace, log_format, debug)
    sys.excepthook = _traced if debug else _internal  # here, because Typer has put its own in place by now


def run() -> None:
    """Run the command line; what is wrong becomes one message and an exit code, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal or a file that cannot show a sign gets its number
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except (AuditFailed, NotFetched) as error:
        _stop(error, 3)
    except AuditorError as error:
        _stop(error, 2)


def _stop(error: AuditorError, code: int) -> None:
    from auditor.cli.console import tell

    tell(f"auditor: {error}")
    if sys.excepthook is _traced:
        _trace(error)
    raise SystemExit(code)


def _traced(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
    """Show where auditor went wrong, and leave with the same code as without --debug."""
    if not issubclass(kind, KeyboardInterrupt):
        _trace(error)
    raise SystemExit(130 if issubclass(kind, KeyboardInterrupt) else 3)


def _trace(error: BaseException) -> None:
    """Write where an error comes from, on standard error, without secrets that its messages or its lines repeat."""
    import traceback

    sys.stderr.write(_harmless("".join(traceback.format_exception(error))))


def _harmless(text: str) -> str:
    """Return what an error says without what looks like a secret; its digest means nothing anywhere."""
    import os

    from auditor.collect.redact import Redactor

    return Redactor(os.urandom(32)).host(text)


def _internal(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say in one line that auditor itself is at fault; Python calls this instead of printing the traceback."""
    if issubclass(kind, KeyboardInterrupt):
        raise SystemExit(130)
    last = trace
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    where = f" ({Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno})" if last else ""
    from auditor.cli.console import tell

    said = _harmless(str(error))
    tell(f"auditor: internal error: {kind.__name__}: {said}{where}\n  Run it again with --debug.")
    raise SystemExit(3)
