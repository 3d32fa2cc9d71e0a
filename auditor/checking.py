"""Try checks on one target, without an inventory, a policy or a store."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import Final

from auditor.collect.ask import Asker, Job, declared_requests
from auditor.collect.facts import Facts
from auditor.collect.plan import plan_asset
from auditor.collect.redact import Redactor
from auditor.credentials import Credentials, parse_credentials
from auditor.documents import Document
from auditor.errors import Place, UsageError
from auditor.evaluate import judge_all
from auditor.inventory.words import address_problem
from auditor.model.asset import Access, Asset, Channel, Kind, Platform
from auditor.model.check import Check, shown
from auditor.model.policy import Control, Demand
from auditor.model.probe import Derived, Probe
from auditor.model.result import Result, Verdict
from auditor.plugins import Content
from auditor.recording import replay
from auditor.settings import Settings, read_settings
from auditor.setup import ambient, carriers
from auditor.transports.host_keys import HostKeys, KnownHosts, RememberedKeys
from auditor.transports.scope import Scope
from auditor.workspace import Workspace

_CREDENTIAL: Final = "the command line"
_WHERE: Final = re.compile(
    r"(?:(?P<user>[^\s:]+)@)?"
    r"(?:\[(?P<v6>[^\]\s]+)\]|(?P<host>[^\s:@\[\]-][^\s:@\[\]]*|[0-9a-fA-F:]+:[0-9a-fA-F:]*(?:%\w+)?))"
    r"(?::(?P<port>[0-9]{1,5}))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a person named on the command line: exactly one way to ask."""

    ssh: str = ""
    key: Path | None = None
    known_hosts: Path | None = None
    local: bool = False
    config: Path | None = None
    snmp: str = ""
    nmap: str = ""
    replay: Path | None = None
    credential: str = ""
    platform: Platform | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of the checks, and whether the target said anything."""

    results: tuple[Result, ...]
    reached: bool

    @property
    def exit_code(self) -> int:
        """Return 0 when all are met or not applicable, 3 when nothing answered, else 1."""
        if not self.reached:
            return 3
        return 0 if all(one.verdict in {Verdict.PASS, Verdict.NOT_APPLICABLE} for one in self.results) else 1


def demanded(checks: Iterable[Check], words: Sequence[str]) -> list[tuple[Check, Mapping[str, object]]]:
    """Return each check with those of the `name=value` words that it knows. Raises UsageError for the others."""
    from pydantic import ValidationError  # noqa: PLC0415

    from auditor.policy.settings import parse_settings  # noqa: PLC0415

    pairs = [_setting(word) for word in words]
    given = dict(pairs)
    if len(given) < len(pairs):
        raise UsageError("--set: a setting is given twice; commas part a list: NAME=ONE,TWO")
    listed = list(checks)
    if unknown := sorted(given.keys() - {name for check in listed for name in check.settings}):
        raise UsageError(f"no chosen check has a setting {', '.join(unknown)}; `auditor checks show CHECK` lists them")
    try:
        return [
            (check, parse_settings(check, {name: text for name, text in given.items() if name in check.settings}))
            for check in listed
        ]
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        raise UsageError(f"--set {problem['loc'][0]}: {problem['msg']}") from error


def try_checks(
    folder: Path, target: Target, wanted: Sequence[tuple[Check, Mapping[str, object]]], content: Content
) -> Tried:
    """Ask one target what these checks need and judge it. Raises UsageError for a target that makes no sense.

    Raises Unreachable for a recording that cannot be read.
    """
    asset, workspace = asset_of(target), Workspace.find(folder)
    control = Control(id="command-line", title="Asked for on the command line", policy="command-line")
    demands = [Demand(control=control, check=check, settings=settings) for check, settings in wanted]
    if target.replay is not None:
        played = replay(target.replay, demands, content, intel=workspace.intel, platform=target.platform)
        return Tried(played.results, played.reached)
    plan = plan_asset(asset, demands, content)
    settings, document = read_settings(workspace)
    keys: HostKeys = KnownHosts(target.known_hosts) if target.known_hosts else RememberedKeys()
    scope = Scope.parse(settings.scope.allow, settings.scope.deny, document)
    credentials = credentials_of(settings, document, target)
    redactor = Redactor(b"one run", credentials.given_away)
    with carriers(settings, credentials, keys, scope) as channels:
        collected = Asker(channels, redactor, declared_requests(content)).ask(Job(asset, plan.requests))
    given = ambient(datetime.now(UTC).date(), workspace.intel, plan.ways.keys())
    facts = Facts(plan, collected.answers, given)
    return Tried(tuple(judge_all(plan.demands, asset, facts)), collected.reached or not plan.requests)


def asset_of(target: Target) -> Asset:
    """Return the target as an asset. Raises UsageError unless exactly one way to ask is named."""
    ways = list(_ways(target))
    if len(ways) != 1:
        raise UsageError("name one target: --ssh USER@HOST:PORT, --local, --config FILE, --snmp, --nmap or --replay")
    if target.ssh and not (target.key or target.credential):
        raise UsageError("--ssh needs --key FILE, or --credential NAME of auditor.toml")
    if target.nmap and (why := address_problem(target.nmap)):
        raise UsageError(f"--nmap {target.nmap}: {why}; name one host to scan, as in --nmap 192.0.2.7")
    platform, address, access = ways[0]
    kind = Kind.ROUTER if access.channel is Channel.FILE else Kind.SERVER
    return Asset(
        name=address,
        kind=kind,
        platform=target.platform or platform,
        addresses=(address,),
        accesses=(access,),
        declared_at=Place("the command line"),
    )


def credentials_of(settings: Settings, document: Document, target: Target) -> Credentials:
    """Return the workspace's credentials, and the one that the options amount to."""
    if target.key is None:
        credentials = parse_credentials(settings.credentials, document, settings.vault)
        if target.credential and target.credential not in credentials.names:
            raise UsageError(f"--credential {target.credential}: define [credentials.{target.credential}] first")
        return credentials
    if not target.key.is_file():
        raise UsageError(f"--key {target.key}: there is no such file")
    user, _, _ = parse_where(target.ssh)
    own = {"user": user or getuser(), "key_file": str(target.key.resolve())}
    return parse_credentials({**settings.credentials, _CREDENTIAL: own}, document, settings.vault)


def requests_of(check: Check, content: Content) -> list[str]:
    """Return everything that any probe may ask for a check, as people read it."""
    facts, seen, asked = list(check.needs.values()), set[type[object]](), dict[str, None]()
    while facts:
        fact = facts.pop()
        if fact in seen:
            continue
        seen.add(fact)
        ways: list[Probe[object] | Derived[object]] = [*content.probes, *content.derivations]
        for way in (way for way in ways if way.fact is fact):
            if isinstance(way, Probe):
                asked.update(dict.fromkeys(map(str, way.requests)))
            else:
                facts.extend(way.needs)
    return list(asked)


def as_row(result: Result) -> dict[str, object]:
    """Return a result as a script reads it."""
    return {
        "check": result.check,
        "verdict": result.verdict.value,
        "reason": result.reason,
        "severity": result.severity.value,
        "found": [shown(one.found) for one in result.violations],
        "wanted": [shown(one.wanted) for one in result.violations],
        "violations": [
            {"subject": one.subject, "found": shown(one.found), "wanted": shown(one.wanted)}
            for one in result.violations
        ],
        "undecided": [{"subject": one.subject, "reason": one.reason} for one in result.undecided],
        "settings": dict(result.settings),
        "evidence": [
            {
                "id": one.id,
                "request": one.request,
                "asked_at": one.asked_at,
                "as": one.privilege,
                "problem": one.problem,
            }
            for one in result.evidence
        ],
    }


def as_lines(results: Iterable[Result]) -> list[dict[str, object]]:
    """Return results as lines of a table: one a violation, one for everything else."""
    lines: list[dict[str, object]] = []
    for result in results:
        first: dict[str, object] = {"check": result.check, "verdict": result.verdict.value, "reason": result.reason}
        if not result.violations:
            lines.append(first)
        lines += [
            {**first, "subject": one.subject, "found": shown(one.found), "wanted": shown(one.wanted)}
            for one in result.violations
        ]
    return lines


def parse_where(text: str) -> tuple[str, str, int]:
    """Return user, host and port of `USER@HOST:PORT`; IPv6 addresses stand in brackets. Raises UsageError."""
    found = _WHERE.fullmatch(text)
    if found is None or not 1 <= int(found["port"] or 1) <= 65535:
        raise UsageError(f"{text}: write HOST, HOST:PORT, USER@HOST:PORT or [IPV6]:PORT")
    return found["user"] or "", found["v6"] or found["host"], int(found["port"] or 0)


def _ways(target: Target) -> Iterator[tuple[Platform, str, Access]]:
    if target.ssh:
        user, host, port = parse_where(target.ssh)
        name = _CREDENTIAL if target.key else target.credential
        yield Platform.LINUX, host, Access(channel=Channel.SSH, port=port, user=user, credential=name)
    if target.local:
        yield Platform.LINUX, "localhost", Access(channel=Channel.LOCAL)
    if target.config is not None:
        if not target.config.is_file():
            raise UsageError(f"--config {target.config}: there is no such file")
        path = str(target.config.resolve())
        yield Platform.CISCO_IOS, target.config.name, Access(channel=Channel.FILE, path=path, holds="configuration")
    if target.snmp:
        _, host, port = parse_where(target.snmp)
        yield Platform.UNKNOWN, host, Access(channel=Channel.SNMP, port=port, credential=target.credential)
    if target.nmap:
        yield Platform.UNKNOWN, target.nmap, Access(channel=Channel.NMAP)
    if target.replay is not None:
        yield Platform.LINUX, target.replay.name, Access(channel=Channel.REPLAY, path=str(target.replay.resolve()))


def _setting(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals or not name.strip():
        raise UsageError(f"--set {word}: write NAME=VALUE; commas part a list")
    return name.strip(), value.strip()
