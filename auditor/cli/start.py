"""`auditor init` and `auditor privileges`: beginning with a workspace, and what an audit will be allowed to do."""

from pathlib import Path
from typing import Annotated

import typer

from auditor.cli.console import Format, FormatOption, emit_json, say
from auditor.cli.session import session


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(epilog="Example: auditor init acme")(init)
    app.command(epilog="Example: auditor privileges web-01 > /tmp/review.txt")(privileges)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make a workspace of.")],
    company: Annotated[str, typer.Option(help="The name that reports carry.")] = "My company",
) -> None:
    """Make a workspace: auditor.toml, and the four folders with a first policy and inventory. Overwrites nothing."""
    from auditor.start import make_workspace

    for path in make_workspace(folder, company):
        say(f"wrote {path}")
    say(f"\nNext: edit {folder / 'inventory/company.yaml'}, then: cd {folder} && auditor audit")


def privileges(
    context: typer.Context,
    assets: Annotated[list[str] | None, typer.Argument(help="Assets to look at; all when none is named.")] = None,
    policy: Annotated[str, typer.Option(help="A policy's name or file.")] = "",
    format_: FormatOption = Format.TABLE,
) -> None:
    """Print everything an audit may ask, and the sudoers file, SNMP view and router role that allow just that."""
    from auditor.pipeline import plan
    from auditor.privileges import privileges_of

    setup = session(context).setup(policy=policy)
    needed = privileges_of(plan(setup, frozenset(assets or ())).values())
    if format_ is Format.JSON:
        emit_json(needed.as_json())
    else:
        say(needed.as_text())
