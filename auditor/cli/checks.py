"""`auditor checks`: what can be judged, and trying it on one target."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli.console import Format, FormatOption, briefly, emit, emit_json, say
from auditor.cli.session import session
from auditor.errors import UsageError
from auditor.model.asset import Platform

if TYPE_CHECKING:
    from auditor.model.check import Check

app = typer.Typer(help="List, show, try and write checks.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list", epilog="Example: auditor checks list --subject ssh --format json")
def list_(
    context: typer.Context,
    subject: Annotated[str, typer.Option(help="Only this subject.")] = "",
    format_: FormatOption = Format.TABLE,
) -> None:
    """List every check: those that ship, and the workspace's own."""
    content = session(context).content()
    rows = [
        {
            "id": check.id,
            "severity": check.severity.value,
            "title": check.title,
            "needs": [fact.__name__ for fact in check.needs.values()],
            "settings": list(check.settings),
            "references": list(check.references),
            "file": str(content.files[check.id]),
        }
        for check in content.checks.values()
        if subject in {"", check.subject}
    ]
    emit(format_, rows, ("id", "severity", "title", "settings"), empty="No such check.")


@app.command(epilog="Example: auditor checks show ssh.root-login")
def show(
    context: typer.Context,
    check_id: Annotated[str, typer.Argument(metavar="CHECK", help="The check's id.")],
    format_: FormatOption = Format.TABLE,
) -> None:
    """Show one check: what it demands and why, its settings, what it will ask for, and the fix."""
    from auditor.checking import requests_of

    content = session(context).content()
    check = chosen(content.checks, [check_id])[0]
    asked = requests_of(check, content)
    if format_ is Format.JSON:
        emit_json({**_described(check), "requests": asked})
        return
    say(f"{check.id}  ({check.severity.value})\n{check.title}\n")
    say(f"{check.rationale}\n")
    for setting in check.settings.values():
        say(f"  setting {setting.name}: {_annotation(setting.annotation)} = {_default(setting.default)}")
    for request in asked:
        say(f"  asks    {briefly(request, 100)}")
    if any(len(request) > 100 for request in asked):
        say("          (--format json shows it whole, and `auditor privileges` everything that an audit asks)")
    say(f"  fix     {check.fix.text}{'  (interrupts service)' if check.fix.disruptive else ''}")
    if check.references:
        say(f"  see     {', '.join(check.references)}")


@app.command(
    epilog="Examples: auditor checks run ssh.root-login --ssh audit@192.0.2.10 --key ~/.ssh/audit"
    " --known-hosts ~/.ssh/known_hosts  |  auditor checks run 'router.*' --config edge.cfg --format json"
    "  |  auditor checks run ssh.max-tries --local --set at_most=3"
)
def run(
    context: typer.Context,
    check_ids: Annotated[list[str], typer.Argument(metavar="CHECK...", help="Ids; `ssh.*` means all of a subject.")],
    ssh: Annotated[str, typer.Option(metavar="USER@HOST:PORT", help="A host to log in to.")] = "",
    key: Annotated[Path | None, typer.Option(help="The private key for --ssh.", dir_okay=False)] = None,
    known_hosts: Annotated[Path | None, typer.Option(help="The file that pins the host's key.", dir_okay=False)] = None,
    local: Annotated[bool, typer.Option("--local", help="This very machine.")] = False,
    config: Annotated[Path | None, typer.Option(help="A network device's saved configuration.", dir_okay=False)] = None,
    snmp: Annotated[str, typer.Option(metavar="HOST:PORT", help="An SNMP agent.")] = "",
    nmap: Annotated[str, typer.Option(metavar="HOST", help="A host to look at from outside.")] = "",
    replay: Annotated[
        Path | None, typer.Option(help="A recording's folder, judged as of its day.", file_okay=False)
    ] = None,
    credential: Annotated[str, typer.Option(help="A credential of auditor.toml, by name.")] = "",
    platform: Annotated[Platform | None, typer.Option(help="What the target runs.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A check's setting.")] = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Try checks on one target, without an inventory or a policy; prints verdict, reason, found and wanted.

    Exit code: 0 when all are met or not applicable, 1 when not, 3 when the target gave no answer at all.
    """
    from auditor import checking

    here = session(context)
    content = here.content()
    target = checking.Target(
        ssh=ssh, key=key, known_hosts=known_hosts, local=local, config=config, snmp=snmp, nmap=nmap, replay=replay,
        credential=credential, platform=platform,
    )  # fmt: skip
    wanted = chosen(content.checks, check_ids)
    tried = checking.try_checks(here.folder, target, checking.demanded(wanted, set_ or []), content)
    rows = [checking.as_row(result) for result in tried.results]
    if format_ is Format.JSON:
        emit_json(rows)
    else:
        emit(format_, checking.as_lines(tried.results), ("check", "verdict", "reason", "subject", "found", "wanted"))
    raise typer.Exit(tried.exit_code)


@app.command(epilog="Example: auditor checks new backup.recent")
def new(
    context: typer.Context,
    check_id: Annotated[str, typer.Argument(metavar="SUBJECT.NAME", help="The new check's id.")],
) -> None:
    """Write a working check with its own fact, probe and test, to change into yours."""
    from auditor.scaffold import write_check
    from auditor.workspace import Workspace

    here = session(context)
    if check_id in here.content().checks:
        raise UsageError(f"there is a check {check_id} already")
    for path in write_check(Workspace.find(here.folder), check_id):
        say(f"wrote {path}")


def chosen(checks: "Mapping[str, Check]", wanted: list[str]) -> "list[Check]":
    """Return the checks that ids and `subject.*` patterns name, in order. Raises UsageError."""
    import difflib
    from fnmatch import fnmatchcase

    found: dict[str, Check] = {}
    for pattern in wanted:
        matching = [check for check_id, check in checks.items() if fnmatchcase(check_id, pattern)]
        if not matching:
            near = difflib.get_close_matches(pattern, checks, n=3)
            hint = f"Did you mean {' or '.join(near)}?" if near else "`auditor checks list` shows all."
            raise UsageError(f"there is no check {pattern}. {hint}")
        found.update({check.id: check for check in matching})
    return list(found.values())


def _described(check: "Check") -> dict[str, object]:
    from auditor.policy.settings import settings_schema

    return {
        "id": check.id,
        "title": check.title,
        "rationale": check.rationale,
        "severity": check.severity.value,
        "needs": [fact.__name__ for fact in check.needs.values()],
        "settings": settings_schema(check).get("properties", {}),
        "fix": {"text": check.fix.text, "solution": check.fix.solution, "disruptive": check.fix.disruptive},
        "references": list(check.references),
    }


def _annotation(annotation: object) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")


def _default(value: object) -> str:
    from auditor.cli.console import shown

    return shown(value) or '""'
