"""`auditor vault`: the workspace's encrypted file of secrets. No command shows a secret or takes one as an argument."""

import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from auditor.cli.console import Format, FormatOption, emit, say
from auditor.cli.session import session
from auditor.errors import UsageError

if TYPE_CHECKING:
    from auditor.credentials import Secret
    from auditor.credentials.vault import Vault

app = typer.Typer(
    help='Keep secrets in the workspace\'s encrypted vault; {vault = "NAME"} in auditor.toml reads one.',
    no_args_is_help=True,
    rich_markup_mode=None,
)
_MOST_CHARACTERS: Final = 64 * 1024
NameArgument = Annotated[str, typer.Argument(help="The secret's name in the vault.")]


@app.command(epilog="Example: auditor vault init")
def init(context: typer.Context) -> None:
    """Make an empty vault. Its key is that of [vault], AUDITOR_VAULT_KEY, or typed twice; without it, all is lost."""
    vault = _vault(context, new=True)
    vault.create()
    say(f"made {vault.path}; keep its key where you keep other keys, and not beside it")


@app.command(
    "set", epilog="Example: auditor vault set linux-sudo     (or: pass show sudo | auditor vault set linux-sudo)"
)
def set_(context: typer.Context, name: NameArgument) -> None:
    """Keep a secret, which is typed unseen, or is the one line of standard input."""
    vault = _vault(context)
    vault.entries()  # a wrong key is said before anything is typed
    replaced = vault.put(name, _given(f"Secret {name}"))
    say(f"{name}: {'replaced' if replaced else 'kept'}")


@app.command("list", epilog="Example: auditor vault list --format json")
def list_(context: typer.Context, format_: FormatOption = Format.TABLE) -> None:
    """List the names of the secrets there are."""
    rows = [{"name": name} for name in sorted(_vault(context).entries())]
    emit(format_, rows, ("name",), empty="The vault is empty: auditor vault set NAME")


@app.command(epilog="Example: auditor vault remove linux-sudo")
def remove(context: typer.Context, name: NameArgument) -> None:
    """Forget a secret of the vault."""
    _vault(context).remove(name)
    say(f"{name}: removed")


@app.command(epilog="Example: auditor vault rekey")
def rekey(context: typer.Context) -> None:
    """Seal the vault with a new key, which is typed twice, or is the one line of standard input."""
    vault = _vault(context)
    vault.rekey(lambda: _given("New key of the vault"))
    say(f"{vault.path} has a new key; put it where auditor finds it, and mind the copies that open with the old one")


def _vault(context: typer.Context, *, new: bool = False) -> "Vault":
    from auditor.credentials import parse_vault
    from auditor.settings import read_settings
    from auditor.workspace import Workspace

    workspace = Workspace.find(session(context).folder)
    if not workspace.exists:
        raise UsageError(f"{workspace.root} is no workspace: there is no auditor.toml here or above; auditor init DIR")
    settings, document = read_settings(workspace)
    return parse_vault(settings.vault, document, new=new)


def _given(question: str) -> "Secret":
    """Return what is typed twice at the terminal, or the one line of standard input."""
    from auditor.credentials import Secret
    from auditor.credentials.prompt import FromPrompt

    if sys.stdin.isatty():
        return FromPrompt(question, twice=True).read()
    try:
        text = sys.stdin.read(_MOST_CHARACTERS).removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise UsageError("standard input is not UTF-8 text") from None
    if not text or "\n" in text:
        raise UsageError("standard input should be one line with the secret")
    return Secret(text)
