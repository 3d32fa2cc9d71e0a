"""`auditor keys`: the host keys that are pinned."""

from typing import Annotated

import typer

from auditor.cli.console import Format, FormatOption, emit, say
from auditor.cli.session import session
from auditor.errors import UsageError

app = typer.Typer(help="List and forget pinned host keys.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list", epilog="Example: auditor keys list --format json")
def list_(context: typer.Context, format_: FormatOption = Format.TABLE) -> None:
    """List pinned keys with their fingerprints, to compare with your own records."""
    with session(context).store() as store:
        rows = [
            {"address": address, "port": port, "type": key.type, "fingerprint": key.fingerprint, "revoked": key.revoked}
            for (address, port), keys in store.host_keys().all().items()
            for key in keys
        ]
    emit(format_, rows, ("address", "port", "type", "fingerprint"), empty="No key is pinned: auditor audit --enrol")


@app.command(epilog="Example: auditor keys forget 192.0.2.10")
def forget(
    context: typer.Context,
    address: Annotated[str, typer.Argument(help="The host's address or name, as the inventory has it.")],
    port: Annotated[int, typer.Option(help="The port.", min=1, max=65535)] = 22,
) -> None:
    """Forget a host's keys after you saw why they changed; the next `auditor audit --enrol` pins the new ones."""
    with session(context).store() as store:
        count = store.host_keys().unpin(address, port)
    if not count:
        raise UsageError(f"no key is pinned for {address} port {port}; `auditor keys list` shows all")
    say(f"{address} port {port}: {count} forgotten")
