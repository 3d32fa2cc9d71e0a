"""What a host's firewall will do after the next start, by the files that its services load.

Sources: ufw(8) and ufw-framework(8) (nothing is loaded without ENABLED=yes; with IPV6=no all IPv6 but loopback is
dropped), firewalld.conf(5) and firewalld.zone(5) (a zone refuses unless its target is ACCEPT; files in /etc go before
those in /usr), netfilter-persistent(8), and the units that distributions ship for nftables and iptables.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from auditor import Answer, Platform, Unreadable, probe
from auditor.facts.bundle import Bundle, read
from auditor.facts.filter_rules import Family, Packet, Steps, Walk
from auditor.facts.filter_saved import saved_tables
from auditor.facts.filter_script import refused_by
from auditor.facts.host_firewall import RULES
from auditor.facts.packages import assignments

_SCRIPTS: Final = ("/etc/nftables.conf", "/etc/sysconfig/nftables.conf", "/etc/nftables.nft")
_SAVED: Final[tuple[tuple[str, str, Family], ...]] = (
    ("netfilter-persistent", "/etc/iptables/rules.v4", "ip"),
    ("netfilter-persistent", "/etc/iptables/rules.v6", "ip6"),
    ("iptables", "/etc/sysconfig/iptables", "ip"),
    ("ip6tables", "/etc/sysconfig/ip6tables", "ip6"),
    ("iptables", "/etc/iptables/rules-save", "ip"),
    ("ip6tables", "/etc/iptables/rules6-save", "ip6"),
)
_MANY: Final = 1 << 14  # ports that are let in: more than rules for single services open


@dataclass(frozen=True, slots=True)
class Kept:
    """What a service loads when the host starts: for each family whether it refuses what no rule lets in.

    None is undecided; a family for which the service loads nothing, and undoes nothing, is missing.
    """

    service: str
    source: str
    refuses: tuple[tuple[Family, bool | None], ...]


@dataclass(frozen=True, slots=True)
class KeptRules:
    """What the firewall services of a host would load, whether they are enabled or not.

    `scripts` are others that load rules when the host or its network starts.
    """

    kept: tuple[Kept, ...]
    scripts: tuple[str, ...] = ()


@probe(RULES, on={Platform.LINUX})
def kept_rules(answer: Answer) -> KeptRules:
    """Read what services would load. Raises Unreadable when one of their files may not be read."""
    files = read(answer.text)
    if "interfaces" not in files.texts:
        raise Unreadable("the answer is not about a firewall")
    kept = (*_by_scripts(files), *_by_iptables(files), *_by_ufw(files), *_by_firewalld(files))
    return KeptRules(kept, tuple((files.get("scripts") or "").split()))


def _by_scripts(files: Bundle) -> Iterator[Kept]:
    for path in _SCRIPTS:
        text = files.get(path)
        if text is not None:
            whole, complete = _with_includes(files, path, text)
            found = refused_by(whole)
            refuses = tuple((family, told if complete else told or None) for family, told in found.items())
            yield Kept("nftables", path, refuses)


def _with_includes(files: Bundle, path: str, text: str) -> tuple[str, bool]:
    """Return a script with what it includes, one level deep, and whether all of that was shown."""
    parts, complete = [text], True
    for pattern in re.findall(r'^[ \t]*include[ \t]+"([^"\n]+)"', text, re.MULTILINE):
        place = pattern if pattern.startswith("/") else f"{path.rpartition('/')[0]}/{pattern.removeprefix('./')}"
        inside = [files.get(name) or "" for name in sorted(files.texts) if name != path and fnmatchcase(name, place)]
        complete = complete and (bool(inside) or "*" in place)
        parts += inside
    return "\n".join(parts), complete and "include" not in " ".join(parts[1:])


def _by_iptables(files: Bundle) -> Iterator[Kept]:
    for service, path, family in _SAVED:
        text = files.get(path)
        if text is not None:
            yield Kept(service, path, ((family, _refuses(text, family, "INPUT")),))


def _refuses(text: str, family: Family, chain: str, *, policy: str = "") -> bool | None:
    """Return whether a chain of a saved filter table refuses what no rule lets in, from wherever."""
    tables = saved_tables(text, family)
    if tables is None:
        return None
    table = tables.get("filter")
    if table is None:
        return False
    table.hooks["input"] = [chain]
    table.policies |= {chain: policy} if policy else {}
    fates = [Walk(Packet(family, "(any)", protocol), Steps()).fate([table], ["input"]) for protocol in ("tcp", "udp")]
    if all(fate.accepted.bit_count() <= _MANY for fate in fates):
        return True
    return False if any(fate.surely_accepted.bit_count() > _MANY for fate in fates) else None


def _by_ufw(files: Bundle) -> Iterator[Kept]:
    text = files.get("/etc/ufw/ufw.conf")
    if text is None:
        return
    if assignments(text).get("ENABLED", "no").lower() != "yes":
        yield Kept("ufw", "/etc/ufw/ufw.conf", ())
        return
    defaults = assignments(files.get("/etc/default/ufw") or "")
    refuses = defaults.get("DEFAULT_INPUT_POLICY", "").upper() in {"DROP", "REJECT"}
    ip = refuses and _refuses(files.get("/etc/ufw/user.rules") or "", "ip", "ufw-user-input", policy="refuse")
    ip6 = refuses and _refuses(files.get("/etc/ufw/user6.rules") or "", "ip6", "ufw6-user-input", policy="refuse")
    by_ipv6 = ip6 if defaults.get("IPV6", "").lower() == "yes" else True
    yield Kept("ufw", "/etc/default/ufw", (("ip", ip), ("ip6", by_ipv6)))


def _by_firewalld(files: Bundle) -> Iterator[Kept]:
    text = files.get("/etc/firewalld/firewalld.conf")
    if text is None:
        return
    zone = assignments(text).get("DefaultZone", "public")
    path = f"/etc/firewalld/zones/{zone}.xml"
    told = files.first(path, f"/usr/lib/firewalld/zones/{zone}.xml")
    refuses = None if told is None else _target(told) != "ACCEPT"
    others = [
        name
        for name, other in files.below("/etc/firewalld/zones", ".xml")
        if name != path and _target(other) == "ACCEPT" and re.search(r"<(?:interface|source)\b", other)
    ]
    verdict = None if refuses and others else refuses
    yield Kept("firewalld", f"firewalld's zone {zone}", (("ip", verdict), ("ip6", verdict)))


def _target(zone: str) -> str:
    found = re.search(r"<zone\b[^<>]*\btarget\s*=\s*[\"']([^\"'<>]*)", zone)
    return found[1] if found else ""
