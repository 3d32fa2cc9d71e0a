"""`auditor projects`: remediation work, proposed from findings."""

from pathlib import Path
from typing import Annotated

import typer

from auditor.cli.console import Format, FormatOption, counted, emit_json, say, write_new
from auditor.cli.session import session

app = typer.Typer(help="Propose remediation projects.", no_args_is_help=True, rich_markup_mode=None)


@app.command(epilog="Example: auditor projects propose --output projects.md")
def propose(
    context: typer.Context,
    solution: Annotated[list[str] | None, typer.Option(help="Only these solutions of the catalogue.")] = None,
    output: Annotated[Path | None, typer.Option(help="Write the drafts to this new Markdown file.")] = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Draft a project for each solution of standing findings: scope, tasks, estimates, cost, what it closes."""
    from auditor.pipeline import proposed_projects
    from auditor.projects import as_json, as_markdown

    here = session(context)
    setup = here.setup()
    with here.store() as store:
        projects = proposed_projects(setup, store, frozenset(solution or ()))
    if output is not None:
        write_new(output, "\n".join(map(as_markdown, projects)))
        say(f"wrote {counted(len(projects), 'draft')} to {output}")
    elif format_ is Format.JSON:
        emit_json([as_json(project) for project in projects])
    elif not projects:
        say("No standing findings: nothing to propose.")
    else:
        say("\n".join(map(as_markdown, projects)))
