"""`auditor assets` and `auditor discover`: what the company owns."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli.console import Format, FormatOption, counted, emit, emit_json, say, tell, write_new
from auditor.cli.session import session
from auditor.errors import UsageError

if TYPE_CHECKING:
    from auditor.model.asset import Asset

app = typer.Typer(help="List, show and import assets.", no_args_is_help=True, rich_markup_mode=None)
InventoryOption = Annotated[list[str] | None, typer.Option("--inventory", "-i", help="Inventory files or names.")]


def add_to(root: typer.Typer) -> None:
    """Add the commands of this file."""
    root.add_typer(app, name="assets")
    root.command(epilog="Example: auditor discover 192.0.2.0/24 --ports 22,161,443")(discover)


@app.command("list", epilog="Example: auditor assets list --inventory inventory/company.yaml --format json")
def list_(context: typer.Context, inventory: InventoryOption = None, format_: FormatOption = Format.TABLE) -> None:
    """List the assets of the inventory, merged by identity."""
    setup = session(context).setup(inventory=tuple(inventory or ()))
    for warning in setup.inventory.warnings:
        tell(f"note: {warning}")
    rows = [_row(asset) for asset in setup.inventory.assets]
    emit(format_, rows, ("name", "kind", "platform", "addresses", "site", "owner", "criticality", "transports"))


@app.command(epilog="Example: auditor assets show edge-rt-01")
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The asset's name.")],
    inventory: InventoryOption = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Show one asset: where it is declared, how it is asked, and where its findings stand."""
    here = session(context)
    setup = here.setup(inventory=tuple(inventory or ()))
    asset = next((asset for asset in setup.inventory.assets if name in {asset.name, *asset.aliases}), None)
    if asset is None:
        raise UsageError(f"the inventory has no asset {name}; `auditor assets list` shows all")
    with here.store() as store:
        findings = [finding for finding in store.findings(asset=asset.name) if finding.state.stands]
    row = {**_row(asset), "open_findings": len(findings)}
    if format_ is Format.JSON:
        emit_json(row)
    else:
        emit(format_, [{"field": key.replace("_", " "), "value": value} for key, value in row.items() if value])


@app.command("import", epilog="Example: auditor assets import hosts.csv --to inventory/hosts.yaml")
def import_(
    files: Annotated[list[Path], typer.Argument(help="CSV, Ansible inventory, nmap XML or device-management export.")],
    to: Annotated[Path | None, typer.Option(help="The inventory file to write; it must not exist yet.")] = None,
) -> None:
    """Read other tools' inventories and write them as one of ours; without --to, show what would be written."""
    from auditor.inventory import as_yaml, load

    owned = load(files)
    for warning in owned.warnings:
        tell(f"note: {warning}")
    text = as_yaml(owned.assets)
    if to is None:
        say(text)
        return
    write_new(to, text)
    say(f"wrote {counted(len(owned.assets), 'asset')} to {to}")


def discover(
    context: typer.Context,
    networks: Annotated[list[str], typer.Argument(metavar="CIDR...", help="Networks, within the scope.")],
    ports: Annotated[str, typer.Option(help="Ports to look at.")] = "22,23,80,161,443,445,3389,8080,8443",
    add_to_file: Annotated[Path | None, typer.Option("--add-to", help="Write the proposals to this new file.")] = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Look for hosts with nmap and propose those that the inventory lacks; adds none without --add-to."""
    from auditor.inventory import as_yaml
    from auditor.inventory.discover import proposals
    from auditor.transports.sweep import sweep

    setup = session(context).setup()
    found = proposals(sweep(networks, ports, setup.scope), setup.inventory)
    if add_to_file is None:
        emit(
            format_,
            [_row(asset) for asset in found],
            ("name", "addresses", "platform", "transports"),
            empty="Nothing new.",
        )
        return
    write_new(add_to_file, as_yaml(found))
    say(f"wrote {counted(len(found), 'asset')} to {add_to_file}; name it in auditor.toml to audit them")


def _row(asset: "Asset") -> dict[str, object]:
    return {
        "name": asset.name,
        "kind": asset.kind.value,
        "platform": asset.platform.value,
        "model": asset.model,
        "addresses": list(asset.addresses),
        "site": asset.site,
        "zone": asset.zone,
        "owner": asset.owner,
        "department": asset.department,
        "criticality": asset.criticality.value,
        "tags": sorted(asset.tags),
        "identities": sorted(asset.identities),
        "aliases": sorted(asset.aliases),
        "transports": [access.channel.value for access in asset.accesses],
        "declared_at": str(asset.declared_at),
    }
