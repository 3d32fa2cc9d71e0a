"""Whether a host's package manager checks who made what it installs.

Sources: apt.conf(5), apt-secure(8), sources.list(5) (options of both styles; a stanza with `Enabled: no` is none),
dnf.conf(5) (gpgcheck, repo_gpgcheck and localpkg_gpgcheck are off unless they are set; what a repository says goes
before [main]), zypp.conf (gpgcheck is on unless it is set, and covers packages by the list that names their digests),
apk(8), which checks always unless --allow-untrusted is given.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from auditor.errors import NotPresent, Unreadable
from auditor.facts.bundle import Bundle, read
from auditor.facts.upkeep import AUTOMATIC
from auditor.model.asset import Platform
from auditor.model.probe import Answer, probe

_TRUE: Final = frozenset({"1", "yes", "true", "on", "with", "enable"})
_FALSE: Final = frozenset({"0", "no", "false", "off", "without", "disable"})
_RELAXING: Final = (
    "APT::Get::AllowUnauthenticated", "Acquire::AllowInsecureRepositories", "Acquire::AllowWeakRepositories",
    "Acquire::AllowDowngradeToInsecureRepositories",
)  # fmt: skip
_OF_SOURCE: Final = ("trusted", "allow-insecure", "allow-weak", "allow-downgrade-to-insecure")
_USER: Final = re.compile(r"(?<=://)(?:<[^<>\n]*>|[^/@\s<])*@")  # whose password stands as `<secret plain 3f9a>`

Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Source:
    """Where packages come from. `unchecked` says why signatures are not checked, and is empty when they are.

    `lists_checked` is whether the list of packages is checked, `own_key` whether only named keys count for this source
    (None where the manager has no such thing); `unclear` is why nothing can be told.
    """

    name: str
    unchecked: str = ""
    lists_checked: bool = True
    own_key: bool | None = None
    unclear: str = ""


@dataclass(frozen=True, slots=True)
class PackageTrust:
    """What a package manager checks: by source, for all sources, and of files that somebody gives it (None: no choice).

    `relaxed` are settings that switch checks off, with their values.
    """

    manager: str
    sources: tuple[Source, ...] = ()
    relaxed: tuple[tuple[str, str], ...] = ()
    local_checked: bool | None = None


def _package_trust(answer: Answer) -> PackageTrust:
    """Read what is configured. Raises Unreadable where a file is hidden, NotPresent without a manager that is known."""
    files = read(answer.text)
    told = files.get("tools")
    if told is None:
        raise Unreadable("the answer does not name the package manager")
    tools = {path.rpartition("/")[2] for path in told.split()}
    if "apt-get" in tools:
        return _apt(files)
    if "zypper" in tools:
        return PackageTrust("zypper", tuple(_zypper(files)))
    if tools & {"dnf", "dnf5", "yum"}:
        return _dnf(files, newer="dnf5" in tools)
    if "apk" in tools:
        return _apk(files)
    raise NotPresent("none of the package managers that are known is on this host")


package_trust_as_root = probe(AUTOMATIC[0], on={Platform.LINUX})(_package_trust)
package_trust = probe(AUTOMATIC[1], on={Platform.LINUX})(_package_trust)


def _apt(files: Bundle) -> PackageTrust:
    told = files.get("apt") or ""
    values = {name.lower(): value for name, value in re.findall(r'^(\S+) "(.*)";$', told, re.MULTILINE)}
    places = {"dir::etc::sourcelist": "sources.list", "dir::etc::sourceparts": "sources.list.d"}
    if any(values.get(key, usual).removeprefix("/etc/apt/") != usual for key, usual in places.items()):
        raise Unreadable("apt is told to read its sources from elsewhere")
    relaxed = [(name, values[name.lower()]) for name in _RELAXING if _is(values.get(name.lower(), ""), _TRUE)]
    found = list(_apt_lines(files.get("/etc/apt/sources.list") or ""))
    for path, text in files.below("/etc/apt/sources.list.d"):
        if re.fullmatch(r"[A-Za-z0-9_.-]+", path.rpartition("/")[2]):
            found += _apt_stanzas(text) if path.endswith(".sources") else _apt_lines(text)
    return PackageTrust("apt", tuple(dict.fromkeys(found)), tuple(relaxed))


def _apt_lines(text: str) -> Iterator[Source]:
    """Yield the sources of the one-line style: `deb [ option=value ... ] uri suite component ...`."""
    for line in _USER.sub("", text).split("\n"):
        told = re.match(r"\s*deb(?:-src)?\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+([^\s#]+)", line)
        if told:
            options = dict(word.partition("=")[::2] for word in (told[1] or "").split())
            yield _apt_source(f"{told[2]} {told[3]}", {key.lower(): value for key, value in options.items()})


def _apt_stanzas(text: str) -> Iterator[Source]:
    """Yield the sources of the deb822 style."""
    lines = "\n".join(line for line in _USER.sub("", text).split("\n") if not line.startswith("#"))
    for stanza in re.split(r"\n[ \t]*\n", lines):
        fields = {
            key.lower(): " ".join(value.split())
            for key, value in re.findall(r"^([^\s:]+):(.*(?:\n[ \t].*)*)", stanza, re.MULTILINE)
        }
        if not _is(fields.get("enabled", "yes"), _FALSE):
            for uri in fields.get("uris", "").split():
                yield from (_apt_source(f"{uri} {suite}", fields) for suite in fields.get("suites", "").split())


def _apt_source(name: str, options: Values) -> Source:
    relaxed = [key for key in _OF_SOURCE if _is(options.get(key, ""), _TRUE)]
    return Source(
        name,
        unchecked=" ".join(f"{key}={options[key]}" for key in relaxed),
        lists_checked=not relaxed,
        own_key=bool(options.get("signed-by")),
    )


def _dnf(files: Bundle, *, newer: bool) -> PackageTrust:
    paths = [
        path for path in files.texts if path.startswith(("/usr/share/dnf5/libdnf.conf.d/", "/etc/dnf/libdnf5.conf.d/"))
    ]
    parts = sorted(paths, key=lambda path: path.rpartition("/")[2])
    main: dict[str, str] = {}
    for text in [*(files.get(path) or "" for path in parts), files.first("/etc/dnf/dnf.conf", "/etc/yum.conf") or ""]:
        main |= _sections(text).get("main", {})
    repositories = [
        (name, values)
        for folder in ("/etc/yum.repos.d", "/etc/yum/repos.d", "/etc/distro.repos.d")
        for _, text in files.below(folder, ".repo")
        for name, values in _sections(text).items()
        if name != "main"
    ]
    overriding = [_sections(text) for _, text in files.below("/etc/dnf/repos.override.d", ".repo")]
    found: list[Source] = []
    for name, told in repositories:
        over = [more for sections in overriding for pattern, more in sections.items() if fnmatchcase(name, pattern)]
        values = {key: value for one in (main, told, *over) for key, value in one.items()}
        if not _is(values.get("enabled", "1"), _FALSE):
            found.append(_dnf_source(name, values, newer=newer))
    return PackageTrust("dnf", tuple(found), (), _is(main.get("localpkg_gpgcheck", "0"), _TRUE))


def _dnf_source(name: str, values: Values, *, newer: bool) -> Source:
    told = values.get("pkg_gpgcheck", values.get("gpgcheck"))
    lists = _is(values.get("repo_gpgcheck", "0"), _TRUE)
    if told is None and newer:
        return Source(
            name, "", lists, unclear="gpgcheck is not set, and whether dnf5 then checks depends on its release"
        )
    checked = told is not None and _is(told, _TRUE)
    return Source(name, "" if checked else f"gpgcheck is {told or 'not set, which is off'}", lists)


def _zypper(files: Bundle) -> Iterator[Source]:
    main = _sections(files.first("/etc/zypp/zypp.conf", "/usr/etc/zypp/zypp.conf") or "").get("main", {})
    for _, text in files.below("/etc/zypp/repos.d", ".repo"):
        for name, values in _sections(text).items():
            if _is(values.get("enabled", "1"), _FALSE):
                continue
            told = {**main, **values}
            both, lists, packages = (told.get(key, "") for key in ("gpgcheck", "repo_gpgcheck", "pkg_gpgcheck"))
            listed = _is(lists, _TRUE) or (not _is(lists, _FALSE) and not _is(both, _FALSE))
            checked = listed or _is(packages, _TRUE) or (not _is(both, _FALSE) and not _is(packages, _FALSE))
            yield Source(name, "" if checked else "gpgcheck is off", listed)


def _apk(files: Bundle) -> PackageTrust:
    lines = [line.split("#")[0].split() for line in _USER.sub("", files.get("/etc/apk/repositories") or "").split("\n")]
    places = [
        next(word for word in words if not word.startswith("@")) for words in lines if words and words[-1][0] != "@"
    ]
    for _, text in files.below("/etc/apk/repositories.d", ".list"):
        places += [
            line.split()[-1] for line in _USER.sub("", text).split("\n") if line.strip() and not line.startswith("#")
        ]
    config = (files.get("/etc/apk/config") or "").split("\n")
    relaxed = [("/etc/apk/config", line.strip()) for line in config if re.match(r"\s*(?:--)?allow-untrusted\b", line)]
    return PackageTrust("apk", tuple(Source(place) for place in dict.fromkeys(places)), tuple(relaxed))


def _sections(text: str) -> dict[str, dict[str, str]]:
    """Return the sections of an INI file; the last of several values of a key counts."""
    found: dict[str, dict[str, str]] = {}
    inside: dict[str, str] = {}
    for line in text.split("\n"):
        header = re.match(r"\[([^\]\n]+)\]", line)
        if header:
            inside = found.setdefault(header[1].strip(), {})
        elif "=" in line and not line.startswith(("#", ";", " ", "\t")):
            key, _, value = line.partition("=")
            inside[key.strip().lower()] = value.strip()
    return found


def _is(value: str, words: frozenset[str]) -> bool:
    return value.strip().lower() in words
