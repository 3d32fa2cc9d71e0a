"""Which archives a host's packages come from, by the lists that its package manager has.

Sources: apt-cache(8) (`policy`: a version's archives stand below it, the installed one is marked), the Release files of
archives (Origin, Suite, Codename), apk-policy(8). An rpm names its vendor itself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from auditor import Answer, Platform, Unreadable, probe
from auditor.facts.bundle import Bundle, read
from auditor.facts.updates import UPDATES, done
from auditor.facts.versions import older

_INSTALLED: Final = "lib/apk/db/installed"


@dataclass(frozen=True, slots=True)
class PackageOrigins:
    """The archives that packages come from: names by package, the installed version's own where one still has it.

    `certain` are the packages of which that version was found; of the others a newer one was. A package of which no
    archive has either is listed with none: it came from elsewhere, by whatever name.
    """

    archives: Mapping[str, tuple[str, ...]]
    certain: frozenset[str]


@probe(UPDATES, on={Platform.LINUX})
def package_origins(answer: Answer) -> PackageOrigins:
    """Read which archives apt or apk knows packages from. Raises Unreadable where neither tells of any."""
    files = read(answer.text)
    if files.get("apt") is not None:
        archives, certain = _apt_origins(files)
    elif files.get("from") is not None:
        archives, certain = _apk_origins(files.get("from") or "")
    else:
        raise Unreadable("neither apt nor apk is on this host")
    if not any(archives.values()):
        raise Unreadable("no archive is known that has any of the installed packages")
    return PackageOrigins(archives, certain)


def _apt_origins(files: Bundle) -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
    text = done(files, "apt", {0})
    labels = _release_labels(files.get("origins") or "")
    archives = {
        number: labels.get(_list_file(uri, place), f"{_host(uri)} {place}")
        for number, uri, place in re.findall(r"^#archive ([0-9]{1,6}) (\S+) (\S+)$", text, re.MULTILINE)
    }
    found: dict[str, tuple[str, ...]] = {}
    certain: set[str] = set()
    for which, names in re.findall(r"^#from (\S+) (.+)$", text, re.MULTILINE):
        where = tuple(dict.fromkeys(archives.get(number, "") for number in re.findall(r"[0-9]+", which)))
        found.update(dict.fromkeys(names.split(), where))
        certain.update(names.split() if which.startswith(",") else ())
    return found, frozenset(certain)


def _release_labels(text: str) -> dict[str, str]:
    """Return what each archive calls itself by its list's file: `Debian bookworm-security`, `Docker bookworm`."""
    told: dict[str, dict[str, str]] = {}
    for file, field, value in re.findall(
        r"^/var/lib/apt/lists/([^:\n]+?)_(?:In)?Release:(\w+): (.+)$", text, re.MULTILINE
    ):
        told.setdefault(file, {})[field] = value.strip()
    return {file: _label(fields) for file, fields in told.items() if fields.get("Origin")}


def _label(fields: Mapping[str, str]) -> str:
    suite, code = fields.get("Suite", ""), fields.get("Codename", "")
    # Debian's suites are `oldstable-security` and its code names `bookworm-security`; Ubuntu's code name is `jammy` in
    # each, and its suites are `jammy`, `jammy-security` and so on.
    return f"{fields['Origin']} {suite if code and suite.startswith(code) else code or suite}".strip()


def _list_file(uri: str, place: str) -> str:
    """Return the name of the file in which apt keeps the list of an archive, without its ending."""
    bare = re.sub(r"^[a-z0-9+.-]+:(?://(?:[^/@]*@)?)?", "", uri).replace("_", "%5f").replace("~", "%7e").strip("/")
    dist, _, _ = place.rpartition("/")
    return f"{bare}/dists/{dist}".replace("/", "_") if dist and dist != "." else bare.replace("/", "_") + "_"


def _host(uri: str) -> str:
    found = re.match(r"[a-z0-9+.-]+://(?:[^/@]*@)?([^/]+)", uri)
    return found[1] if found else uri


def _apk_origins(text: str) -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
    """Return the repositories of each package, those from which the base system comes by the release's name."""
    found: dict[str, tuple[str, ...]] = {}
    certain: set[str] = set()
    for name, table in re.findall(r"^(\S+) policy:\n((?:  .*\n?)*)", text, re.MULTILINE):
        of = dict(re.findall(r"^  (\S+):\n((?:    .*\n?)*)", table, re.MULTILINE))
        here = next((version for version, places in of.items() if _INSTALLED in places), "")
        own = _repositories(of.get(here, ""))
        above = [_repositories(places) for version, places in of.items() if older("apk", here, version)]
        found[name] = own or tuple(dict.fromkeys(place for places in above for place in places))
        certain.update([name] if own else [])
    base = {place.rpartition("/")[0] for name in ("alpine-baselayout", "musl") for place in found.get(name, ())}
    named = {
        place: f"Alpine {place.split('/')[-2]}" if place.rpartition("/")[0] in base else _host(place)
        for places in found.values()
        for place in places
        if "/" in place
    }
    placed = {name: tuple(named.get(place, place) for place in places) for name, places in found.items()}
    return placed, frozenset(certain)


def _repositories(told: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in told.split("\n") if line.strip() and _INSTALLED not in line)
