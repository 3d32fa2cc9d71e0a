"""Everything an audit needs, loaded and validated before the first packet: what is wrong stops the run here."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from auditor.credentials import Credentials, parse_credentials
from auditor.errors import ContentError, CredentialMissing, Place, UsageError
from auditor.facts.ambient import Advisories, Exploited, ExploitScores, Lifecycles, Today
from auditor.intel import KINDS, load_knowledge
from auditor.inventory import Inventory, load
from auditor.model.asset import FRAGILE, PRINTING, Access, Asset, Channel
from auditor.model.evidence import Evidence, Knowledge, Known
from auditor.model.policy import Policy
from auditor.plugins import Content, load_content
from auditor.policy.load import load_policy
from auditor.settings import Settings, read_settings, refuse_stray_limits, store_url
from auditor.transports.attempts import Attempts
from auditor.transports.base import Transport
from auditor.transports.host_keys import HostKeys
from auditor.transports.scope import Scope
from auditor.transports.snmp_auth import auth_data
from auditor.windows import Windows, parse_windows
from auditor.workspace import Workspace

if TYPE_CHECKING:
    from auditor.store.store import Store

_CALLED: Final[Mapping[type[object], str]] = {
    Lifecycles: "end-of-life dates",
    Exploited: "weaknesses known to be exploited",
    ExploitScores: "scores of exploitation",
    Advisories: "advisories",
}


@dataclass(frozen=True, slots=True)
class Setup:
    """A workspace ready to be audited."""

    workspace: Workspace
    settings: Settings
    content: Content
    policy: Policy
    inventory: Inventory
    credentials: Credentials
    scope: Scope
    windows: Windows
    own_inventory: bool  # the one of the settings: what is not in it, the company does not have
    own_policy: bool

    @property
    def solutions(self) -> dict[str, str]:
        """Return which solution of the catalogue mends the violations of each check."""
        return {check.id: check.fix.solution for check in self.content.checks.values()}


def prepare(folder: Path, *, inventory: tuple[str, ...] = (), policy: str = "") -> Setup:
    """Return a workspace's content; arguments win over its settings. Raises ContentError and UsageError."""
    workspace = Workspace.find(folder)
    settings, document = read_settings(workspace)
    if not (workspace.exists or inventory or "inventory" in settings.model_fields_set):
        raise _no_workspace(workspace)
    content = load_content(workspace)
    named = None if policy or not workspace.exists else document.place("policy")
    chosen = load_policy(str(_found(workspace, "policies", policy or settings.policy, named)), workspace, content)
    named = None if inventory or not workspace.exists else document.place("inventory")
    owned = load([_found(workspace, "inventory", name, named) for name in inventory or settings.inventory])
    credentials = parse_credentials(settings.credentials, document, settings.vault)
    _refuse_unknown_credentials(owned, credentials)
    _refuse_print_ports(owned)
    scope = Scope.both(Scope.parse(settings.scope.allow, settings.scope.deny, document), _inventoried(owned))
    windows = parse_windows(settings.windows, settings.freezes, document)
    if not inventory:
        windows.refuse_strays(owned.assets)
        refuse_stray_limits(settings, document, owned.assets)
    own = (inventory in {(), settings.inventory}, policy in {"", settings.policy})
    return Setup(workspace, settings, content, chosen, owned, credentials, scope, windows, *own)


def refuse_impossible(setup: Setup, assets: Sequence[Asset]) -> None:
    """Find out before the first packet what would fail on every asset. Raises ContentError at the line to change."""
    setup.scope.refuse_none_of(assets)
    named = _named(tuple(assets))
    setup.credentials.open_all({access.credential for _, access in named})
    problems: dict[str, ContentError] = {}
    for name, version in {(one.credential, one.version) for _, one in named if one.channel is Channel.SNMP}:
        try:
            auth_data(setup.credentials.open(name), version)
        except CredentialMissing as why:
            problems[name] = ContentError(setup.credentials.place_of(name), str(why))
    if problems:
        raise ContentError.of([problems[name] for name in sorted(problems)])


def open_store(folder: Path) -> "Store":
    """Open the memory of the workspace at or above a folder, and bring its tables up to date.

    Raises ContentError at the line that names a database that there cannot be, UsageError, and DatabaseProblem.
    """
    from auditor.store.store import Store  # noqa: PLC0415  (SQLModel takes a second that `--help` does not have)

    workspace = Workspace.find(folder)
    settings, document = read_settings(workspace)
    if not workspace.exists and not settings.store.url:
        raise _no_workspace(workspace)
    try:
        return Store.open(store_url(workspace, settings), state=workspace.state)
    except UsageError as error:
        raise ContentError(document.place("store", "url"), str(error)) from error


def transports(
    setup: Setup, host_keys: HostKeys, attempts: Attempts | None = None, *, enrol: bool = False
) -> AbstractContextManager[dict[Channel, Transport]]:
    """Give a transport for every channel of an audit, and let go of what they hold at the end."""
    return carriers(setup.settings, setup.credentials, host_keys, setup.scope, attempts, enrol=enrol)


@contextmanager
def carriers(
    settings: Settings,
    credentials: Credentials,
    host_keys: HostKeys,
    scope: Scope,
    attempts: Attempts | None = None,
    *,
    enrol: bool = False,
) -> Iterator[dict[Channel, Transport]]:
    """Give a transport for every channel; each is imported only here, and costs nothing until it is asked."""
    from auditor.transports.cli import NetworkCli  # noqa: PLC0415  (netmiko, pysnmp and paramiko: a second of CPU)
    from auditor.transports.file import FileTransport  # noqa: PLC0415
    from auditor.transports.local import Local  # noqa: PLC0415
    from auditor.transports.nmap import NmapTransport  # noqa: PLC0415
    from auditor.transports.replay import Replay  # noqa: PLC0415
    from auditor.transports.snmp import SnmpTransport  # noqa: PLC0415
    from auditor.transports.ssh import Ssh  # noqa: PLC0415
    from auditor.transports.ssh_login import SshLogin  # noqa: PLC0415

    whole, step = settings.collect.asset_seconds, settings.collect.connect_seconds
    all_ = settings.collect.audit_seconds or math.inf
    counted = attempts or Attempts(settings.collect.refusals)
    login = SshLogin(credentials, host_keys, scope, enrol=enrol, step_seconds=step, attempts=counted)
    with SnmpTransport(credentials, scope, asset_seconds=whole, attempts=counted) as snmp:
        yield {
            Channel.LOCAL: Local(whole),
            Channel.SSH: Ssh(login, asset_seconds=whole),
            Channel.CLI: NetworkCli(login, asset_seconds=whole),
            Channel.SNMP: snmp,
            Channel.NMAP: NmapTransport(scope, limits=settings.limits, audit_seconds=all_),
            Channel.FILE: FileTransport(Path.cwd()),
            Channel.REPLAY: Replay(),
        }


def ambient(
    today: date, intel: Path | None = None, wanted: Collection[type[object]] = tuple(KINDS)
) -> dict[type[object], Knowledge]:
    """Return the facts that are the same for every asset: the day, and what is known from elsewhere, with its dates.

    Of the latter only those that are wanted are read: advisories and scores are large.
    """
    clock = Evidence(asset="", request="today's date", channel="clock", origin=f"{today.isoformat()} (UTC)")
    given: dict[type[object], Knowledge] = {Today: Known(Today(today), (clock,))}
    for fact, told in load_knowledge(intel, wanted).items():
        dated = Evidence(asset="", request=_CALLED[fact], channel="intel", origin=told.origin)
        given[fact] = Known(told.value, (dated,))
    return given


def _inventoried(owned: Inventory) -> Scope:
    """Return the inventory's own scope, with the lines that say so."""
    allowed_at, denied_at = (owned.scope_at if said else () for said in (owned.scope_allow, owned.scope_deny))
    return replace(Scope.parse(owned.scope_allow, owned.scope_deny), allowed_at=allowed_at, denied_at=denied_at)


def _found(workspace: Workspace, folder: str, name: str, named: Place | None) -> Path:
    """Return a content file. Raises ContentError at the line of the settings that names it, UsageError without one."""
    try:
        return workspace.find_file(folder, name, suffix=".yaml")
    except UsageError as error:
        if named is None:
            raise
        raise ContentError(named, str(error)) from error


def _no_workspace(workspace: Workspace) -> UsageError:
    mend = "Make one with `auditor init DIR`, or name one with --workspace."
    return UsageError(f"{workspace.root} is no workspace: there is no auditor.toml here or above. {mend}")


def _refuse_unknown_credentials(owned: Inventory, credentials: Credentials) -> None:
    problems = [
        ContentError(
            asset.declared_at,
            f"{asset.name} names the credential {access.credential}, which is not defined",
            f"Define [credentials.{access.credential}] in auditor.toml.",
        )
        for asset, access in _named(owned.assets)
        if access.credential not in credentials.names
    ]
    if problems:
        raise ContentError.of(problems)


def _refuse_print_ports(owned: Inventory) -> None:
    problems = [
        ContentError(
            asset.declared_at,
            f"{asset.name} is a {asset.kind}, and its {access.channel} leads to the raw print port {access.port}",
            f"Name another port: what is sent to {PRINTING[0]}-{PRINTING[-1]} comes out on paper.",
        )
        for asset in owned.assets
        for access in asset.accesses
        if asset.kind in FRAGILE and access.port in PRINTING
    ]
    if problems:
        raise ContentError.of(problems)


def _named(assets: tuple[Asset, ...]) -> list[tuple[Asset, Access]]:
    ways = [(asset, access) for asset in assets for access in asset.accesses]
    jumps = [(asset, access.jump_host.access) for asset, access in ways if access.jump_host]
    return [(asset, access) for asset, access in [*ways, *jumps] if access.credential]
