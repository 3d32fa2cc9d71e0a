"""`auditor checks`: what can be judged, and trying it on one target."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli.console import Format, FormatOption, briefly, counted, emit, emit_json, say
from auditor.cli.session import session
from auditor.errors import UsageError
from auditor.model.asset import Platform

if TYPE_CHECKING:
    from auditor.cases import Tried
    from auditor.model.check import Check
    from auditor.plugins import Content

app = typer.Typer(help="List, show, try, test and write checks.", no_args_is_help=True, rich_markup_mode=None)

_KINDS = ("pass", "fail", "unknown", "not-applicable")


@app.command("list", epilog="Example: auditor checks list --subject ssh --format json")
def list_(
    context: typer.Context,
    subject: Annotated[str, typer.Option(help="Only this subject.")] = "",
    trust: Annotated[bool, typer.Option("--trust", help="Show how many cases stand behind each check.")] = False,
    format_: FormatOption = Format.TABLE,
) -> None:
    """List every check: those that ship, and the workspace's own.

    With --trust, each with its pass, fail, unknown and not-applicable cases: tried now, as `checks test` does, and only
    what is right counts. The checks that ship with an installed auditor had theirs counted when it was made.
    """
    here = session(context)
    content = here.content()
    stands = _trust(here.folder, content) if trust else {}
    rows: list[dict[str, object]] = [
        {
            "id": check.id,
            "severity": check.severity.value,
            "title": check.title,
            "needs": [fact.__name__ for fact in check.needs.values()],
            "settings": list(check.settings),
            "references": list(check.references),
            "file": str(content.files[check.id]),
            **({"cases": stands[check.id]} if trust else {}),
        }
        for check in content.checks.values()
        if subject in {"", check.subject}
    ]
    if trust and format_ is Format.TABLE:
        rows = [{"id": row["id"], **stands[str(row["id"])]} for row in rows]
    columns = ("id", *_KINDS) if trust else ("id", "severity", "title", "settings")
    emit(format_, rows, columns, empty="No such check.")


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
    check_ids: Annotated[list[str], typer.Argument(metavar="CHECK...", help="Ids, or subjects for all of theirs.")],
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


@app.command("test", epilog="Examples: auditor checks test  |  auditor checks test backup ssh.root-login --format json")
def cases(
    context: typer.Context,
    check_ids: Annotated[
        list[str] | None, typer.Argument(metavar="CHECK", help="Ids or subjects; all that have cases, when none.")
    ] = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Try checks on their cases, offline: facts or recordings for which the right verdict is known.

    Cases are looked for in the workspace: in the list CASES of each test_*.py in tests/ and tests/checks/, of values
    auditor.testing.Case. `auditor checks new` writes such a file. The cases of the checks that ship are in auditor's
    source, not in an installed auditor. Prints how many cases of each kind are right, then those that are not.

    Exit code: 0 when all are right, 1 when any differs, 2 when there is no case to try.
    """
    from auditor.cases import find_cases, try_cases
    from auditor.workspace import Workspace

    here = session(context)
    content, workspace = here.content(), Workspace.find(here.folder)
    wanted = {check.id for check in chosen(content.checks, check_ids or [])}
    found = [one for one in find_cases(workspace) if not wanted or one.case.check.id in wanted]
    if not found:
        raise UsageError(f"there are no such cases in {workspace.root}/tests; `auditor checks test --help` says where")
    tried = try_cases(found, content.checks)
    differing = [one for of_check in tried.values() for one in of_check.differing]
    rows = [_tested(check, of_check) for check, of_check in tried.items()]
    emit(format_, rows, ("check", *_KINDS, "differ"))
    if format_ is Format.TABLE:
        for one, difference in differing:
            say(f"{one.case}\n  {one}\n  {difference}")
        lacking = f"; no cases: {', '.join(sorted(wanted - tried.keys()))}" if wanted - tried.keys() else ""
        say(f"{counted(len(found), 'case')} of {counted(len(tried), 'check')}, {len(differing)} differ{lacking}")
    raise typer.Exit(1 if differing else 0)


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
    """Return the checks that ids, subjects and `subject.*` patterns name, in order. Raises UsageError."""
    import difflib
    from fnmatch import fnmatchcase

    found: dict[str, Check] = {}
    for pattern in wanted:
        matching = [one for name, one in checks.items() if one.subject == pattern or fnmatchcase(name, pattern)]
        if not matching:
            near = difflib.get_close_matches(pattern, checks, n=3)
            hint = f"Did you mean {' or '.join(near)}?" if near else "`auditor checks list` shows all."
            raise UsageError(f"there is no check {pattern}. {hint}")
        found.update({check.id: check for check in matching})
    return list(found.values())


def _trust(folder: Path, content: "Content") -> dict[str, dict[str, int]]:
    from auditor.cases import trust
    from auditor.workspace import Workspace

    stands = trust(Workspace.find(folder), content)
    return {check: {kind.value: number for kind, number in counts.items()} for check, counts in stands.items()}


def _tested(check: str, tried: "Tried") -> dict[str, object]:
    from auditor.cases import KINDS

    differences = [
        {"case": str(one.case), "file": str(one.file), "number": one.number, "difference": difference}
        for one, difference in tried.differing
    ]
    right = {kind.value: tried.right[kind] for kind in KINDS}
    return {"check": check, **right, "differ": len(differences), "differences": differences}


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
