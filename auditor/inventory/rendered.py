"""Assets as our own YAML, to be read again, edited and kept."""

import json
from collections.abc import Iterable, Iterator
from typing import Final

from auditor.model.asset import Access, Asset, Channel, Criticality, Kind, Platform

_TEXTS: Final = ("model", "site", "zone", "owner", "department")
_UNSAID: Final = "  # not said"


def as_yaml(assets: Iterable[Asset]) -> str:
    """Return assets as an inventory file. Every word that came from elsewhere stands in quotes, whatever it holds."""
    lines = [line for asset in assets for line in _lines(asset)]
    return "\n".join(["assets:", *lines, ""]) if lines else "assets: []\n"


def _lines(asset: Asset) -> Iterator[str]:
    yield f"  - name: {_quoted(asset.name)}"
    yield f"    kind: {asset.kind}" + (_UNSAID if asset.kind is Kind.OTHER else "")
    yield f"    platform: {asset.platform}" + (_UNSAID if asset.platform is Platform.UNKNOWN else "")
    for field in _TEXTS:
        if written := getattr(asset, field):
            yield f"    {field}: {_quoted(written)}"
    if asset.criticality is not Criticality.MEDIUM:
        yield f"    criticality: {asset.criticality}"
    for field in ("addresses", "identities", "aliases", "tags"):
        if words := getattr(asset, field):
            ordered = words if isinstance(words, tuple) else sorted(words)
            yield f"    {field}: [{', '.join(map(_quoted, ordered))}]"
    if asset.accesses:
        yield "    transports:"
        files = [access for access in asset.accesses if access.channel is Channel.FILE]
        yield from (f"      {_transport(access)}" for access in asset.accesses if access.channel is not Channel.FILE)
        yield from [f"      file: [{', '.join(map(_file, files))}]"] if files else []


def _transport(access: Access) -> str:
    if access.channel is Channel.REPLAY:
        return f"replay: {{folder: {_quoted(access.path)}}}"
    words = [
        *([f"port: {access.port}"] if access.port else []),
        *(
            f"{name.replace('_', '-')}: {_quoted(getattr(access, name))}"
            for name in ("user", "version", "credential", "jump", "jump_credential")
            if getattr(access, name)
        ),
        *(["legacy: true"] if access.legacy else []),
    ]
    needs_login = access.channel in {Channel.SSH, Channel.CLI, Channel.SNMP} and not access.credential
    return f"{access.channel}: {{{', '.join(words)}}}" + ("  # add credential: NAME" if needs_login else "")


def _file(access: Access) -> str:
    words = [f"{access.holds}: {_quoted(access.path)}", *([f"key: {_quoted(access.key)}"] if access.key else [])]
    if access.columns:
        mapped = ", ".join(f"{_quoted(field)}: {_quoted(column)}" for field, column in access.columns)
        words.append(f"columns: {{{mapped}}}")
    return f"{{{', '.join(words)}}}"


def _quoted(text: str) -> str:
    """Return a JSON string, which is a YAML 1.2 string, but for letters beyond 16 bits: YAML joins no surrogates."""
    written = json.dumps(text, ensure_ascii=False)
    return "".join(letter if letter.isprintable() else f"\\U{ord(letter):08x}" for letter in written)
