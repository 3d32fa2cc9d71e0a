"""`auditor policy`: what is demanded, whether its file is right, and why something is demanded of an asset."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli.console import Format, FormatOption, counted, emit, emit_json, say, tell, write_new
from auditor.cli.session import session
from auditor.errors import UsageError
from auditor.sca.rules import Dialect

if TYPE_CHECKING:
    from auditor.sca.stored import Imported

app = typer.Typer(help="Show, check, explain, import and write policies.", no_args_is_help=True, rich_markup_mode=None)
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
    today = _today()
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


@app.command("import-sca", epilog="Example: auditor policy import-sca cis_debian12.yml --allow-commands")
def import_sca(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A Wazuh SCA policy file, of release 4 or 5.", dir_okay=False)],
    name: Annotated[str, typer.Option(help="Its name here; by default made of its own id.")] = "",
    allow_commands: Annotated[
        bool, typer.Option("--allow-commands", help="Run the commands that it brings, as root, on the hosts it is for.")
    ] = False,
    dialect: Annotated[
        Dialect | None, typer.Option(help="Of expressions, where the file names none: OSRegex in 4.x, PCRE2 since.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Import it again; the policy that names its checks stays.")
    ] = False,
) -> None:
    """Take a Wazuh SCA policy file into the workspace: its checks, a policy that demands them, its frameworks.

    The commands that it brings are listed. Without --allow-commands none is run, and what rests on them is unknown.
    """
    from auditor.importing import files_of, read_sca, unnamed, write_files
    from auditor.workspace import Workspace

    workspace = Workspace.find(session(context).folder)
    if not workspace.exists:
        raise UsageError(f"{workspace.root} is no workspace: make one with `auditor init DIR`")
    imported = read_sca(file, name=name, dialect=dialect, commands=allow_commands)
    for note in imported.policy.notes:
        tell(f"note: {note}")
    files = files_of(imported)
    for path in write_files(workspace, files, replace=replace):
        say(f"wrote {path}")
    if new := unnamed(workspace, imported, files):
        tell(f"note: {files.policy} does not name {counted(len(new), 'check')} of it: {', '.join(new)}")
    _show_import(imported)
    say(f"\nNext: auditor policy lint {imported.name}, and `extends: [{imported.name}]` in the company's policy.")


@app.command("from-asset", epilog="Example: auditor policy from-asset web-01 --to policies/web.yaml")
def from_asset(
    context: typer.Context,
    asset: Annotated[str, typer.Argument(help="The asset's name.")],
    to: Annotated[Path | None, typer.Option(help="The policy file to write; it must not exist yet.")] = None,
    audit: Annotated[str, typer.Option(help="The audit's id; the newest of the asset when none is given.")] = "",
    policy: Annotated[str, typer.Option("--policy", "-p", help="The policy whose controls are taken.")] = "",
) -> None:
    """Write a policy whose settings are what an asset was seen to have, for review; without --to, show it.

    From stored evidence alone. Settings laxer than auditor's own, and checks that cannot be met, are marked.
    """
    from auditor.golden import policy_from

    here = session(context)
    setup = here.setup(policy=policy)
    owned = next((one for one in setup.inventory.assets if asset in {one.name, *one.aliases}), None)
    if owned is None:
        raise UsageError(f"the inventory has no asset {asset}; `auditor assets list` shows all")
    with here.store() as store:
        golden = policy_from(setup, store, owned, to.stem if to else owned.name, audit=audit, today=_today())
    if to is None:
        typer.echo(golden.text, nl=False)
        return
    write_new(to, golden.text)
    kept, laxer, left_out = golden.demanded, golden.laxer, golden.left_out
    say(f"wrote {to}: {counted(kept, 'check')}, {counted(laxer, 'setting')} laxer than by default, {left_out} left out")


def _today() -> date:
    return datetime.now(UTC).date()


def _show_import(imported: "Imported") -> None:
    from auditor.importing import rule_counts, unasked
    from auditor.sca.checks import commands

    counts = ", ".join(f"{count} {kind.value}" for kind, count in rule_counts(imported).items())
    editions = {check.rules.edition for check in imported.policy.checks}
    read_as = sorted(f"Wazuh {edition.release} ({edition.dialect.value})" for edition in editions)
    say(f"{len(imported.policy.checks)} checks, read as of {' and '.join(read_as)}; rules: {counts or 'none'}")
    brought = commands(imported)
    if not brought:
        return
    say(f"\nCommands and processes that it brings, {'run as root' if imported.commands else 'not run'}:")
    for command in brought:
        say(f"  {command}")
    if not imported.commands:
        say(
            f"{counted(unasked(imported), 'check')} left unknown so far; --allow-commands runs them: review them first."
        )
