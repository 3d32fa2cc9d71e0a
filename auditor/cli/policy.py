"""`auditor policy`: what is demanded, whether its file is right, and why something is demanded of an asset."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from auditor.cli.console import Format, FormatOption, emit, emit_json, say
from auditor.cli.session import session

app = typer.Typer(help="Show, check and explain policies.", no_args_is_help=True, rich_markup_mode=None)
NameArgument = Annotated[str, typer.Argument(help="A policy's name or file; the workspace's when none is given.")]


@app.command(epilog="Example: auditor policy show baseline --format json")
def show(context: typer.Context, name: NameArgument = "", format_: FormatOption = Format.TABLE) -> None:
    """Show a policy's controls with everything it extends folded in."""
    policy = session(context).setup(policy=name).policy
    rows = [
        {
            "id": control.id,
            "title": control.title,
            "severity": control.severity or "each check's own",
            "checks": list(control.checks) or ["manual"],
            "satisfies": {framework: list(ids) for framework, ids in control.satisfies.items()},
            "policy": control.policy,
        }
        for control in policy.controls
    ]
    emit(format_, rows, ("id", "title", "severity", "checks"))


@app.command(epilog="Example: auditor policy lint policies/company.yaml")
def lint(context: typer.Context, name: NameArgument = "") -> None:
    """Check a policy file and all it extends; problems name file, line and column. Exit 2 when there are any."""
    setup = session(context).setup(policy=name)
    policy = setup.policy
    names = {asset.name for asset in setup.inventory.assets}
    today = datetime.now(UTC).date()
    for waiver in policy.waivers:
        if waiver.expires < today:
            ended = f"the waiver of {waiver.check} ended on {waiver.expires}; what it waived stands"
            say(f"{waiver.declared_at}: note: {ended}")
        for missing in sorted(waiver.assets - names):
            say(f"{waiver.declared_at}: note: the waiver names {missing}, which the inventory does not list")
    demanded = {check for control in policy.controls for check in control.checks}
    counts = f"{len(policy.controls)} controls, {len(demanded)} checks, {len(policy.waivers)} waivers"
    say(f"{policy.id} {policy.version}: {counts}.")


@app.command(epilog="Example: auditor policy explain web-01")
def explain(
    context: typer.Context,
    asset: Annotated[str, typer.Argument(help="The asset's name.")],
    policy: Annotated[str, typer.Option("--policy", "-p", help="A policy's name or file.")] = "",
    format_: FormatOption = Format.TABLE,
) -> None:
    """Show every check that holds for an asset, with each setting's value and the line that set it."""
    from auditor.pipeline import plan
    from auditor.policy.explain import explained

    setup = session(context).setup(policy=policy)
    rows = explained(asset, plan(setup, frozenset({asset}))[asset].demands)
    emit(format_, rows, ("control", "check", "setting", "value", "set_by"), empty="Nothing is demanded of it.")


@app.command(epilog="Example: auditor policy schema > policy.schema.json")
def schema(context: typer.Context) -> None:
    """Print the JSON schema of policy files, every check's settings included, for editors."""
    from auditor.plugins import load_content
    from auditor.policy.schema import policy_schema
    from auditor.workspace import Workspace

    emit_json(policy_schema(load_content(Workspace.find(session(context).folder))))
