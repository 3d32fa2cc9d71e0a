"""How a host keeps time: which daemon runs, from which servers, and whether the clock is right.

Right is what the daemon says (chronyc tracking, ntpq), else what the kernel says through timedatectl(1): without
rtcsync, chronyd leaves the kernel's flag at "unsynchronised" (chrony.conf(5)). A system that may not set the clock,
such as a container, has none of its own to keep.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from posixpath import dirname
from typing import Final

from auditor.errors import NotPresent
from auditor.facts.dropins import Lines, ini_values, main_and_dropins
from auditor.facts.sections import CAPABILITIES, END, SHOW_FILES, VISIBLE, Sections, running, sections
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Shell, probe


@dataclass(frozen=True, slots=True)
class TimeKeeping:
    """How a host keeps time.

    `daemons` is None when processes could not be seen, `synchronised` when nothing tells. `servers` are those of the
    daemons that run; `unread` names what else could add to them. `configured` and `configured_unread` are the same for
    daemons that are installed, whether or not they run.
    """

    daemons: frozenset[str] | None
    synchronised: bool | None
    servers: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    configured: tuple[str, ...] = ()
    configured_unread: tuple[str, ...] = ()


_DAEMONS: Final = {
    "chronyd": "chrony",
    "ntpd": "ntp",
    "systemd-timesyn": "timesyncd",
    "phc2sys": "ptp",
}
_CHRONY: Final = ("/etc/chrony/chrony.conf", "/etc/chrony.conf")
_CHRONY_FOLDERS: Final = (
    *("/etc/chrony/conf.d", "/etc/chrony/sources.d", "/etc/chrony/chrony.d", "/etc/chrony.d"),
    *("/run/chrony-dhcp", "/run/chrony.d"),
)
_NTP: Final = ("/etc/ntpsec/ntp.conf", "/etc/ntp.conf", "/etc/openntpd/ntpd.conf", "/etc/ntpd.conf")
_TIMESYNC: Final = tuple(
    f"{root}/systemd/{name}"
    for root in ("/etc", "/run", "/usr/local/lib", "/usr/lib")
    for name in ("timesyncd.conf", "timesyncd.conf.d", "timesyncd.conf.d/*.conf")
)
_CAP_SYS_TIME: Final = 25  # capabilities(7)

# Only what is read is shown: offsets and counters are others each time, and would make every answer a new one.
_ASK: Final = (
    "w='leap[a-z0-9_=]*|sync_[a-z]*|stratum=[0-9]*'; "
    "ask() { n=$1; shift; command -v $1 >/dev/null 2>&1 || return; "
    'o=$("$@" 2>&1 </dev/null); s=$?; echo "[$n $s]"; [ $s != 0 ] || '
    'case $n in chronyc) o=${o##*,};; ntpq) o=$(printf \'%s\\n\' "$o" | grep -oE "$w");; esac; '
    "printf '%s\\n' \"$o\" | sed 's/^/|/'; }"
)
# timedatectl makes systemd start a daemon, which nobody need ask where chronyd runs and has told.
_BY_KERNEL: Final = (
    "k=; case $r in *chronyd*) "
    'case $o in Normal|"Insert second"|"Delete second"|"Not synchronised") k=1;; esac;; esac; '
    '[ -n "$k" ] || [ ! -d /run/systemd/system ] || ask timedatectl timedatectl show -p NTPSynchronized'
)
_TIMESYNCD: Final = (
    "for d in /usr/lib /lib; do [ -d /run/systemd/system ] && [ -x $d/systemd/systemd-timesyncd ] && "
    "ask timesync timedatectl show-timesync -p LinkNTPServers -p SystemNTPServers -p FallbackNTPServers && break; done"
)
_COMMAND: Final = "; ".join(
    [
        "PATH=$PATH:/usr/sbin:/sbin",
        SHOW_FILES,
        VISIBLE,
        CAPABILITIES,
        f"r=$({running(*_DAEMONS)}); printf '%s\\n' \"$r\"; o=",
        'for t in chronyd ntpd; do command -v $t >/dev/null 2>&1 && echo "[installed $t]"; done',
        "for d in /usr/lib /lib; do [ -x $d/systemd/systemd-timesyncd ] && echo '[installed systemd-timesyn]'; done",
        _ASK,
        "ask chronyc chronyc -n -c tracking",
        _BY_KERNEL,
        "ask ntpq ntpq -n -c rv",
        _TIMESYNCD,
        f"show {' '.join([*_CHRONY, *_NTP, *_TIMESYNC])} "
        + " ".join(f"{folder} {folder}/*.conf {folder}/*.sources" for folder in _CHRONY_FOLDERS),
        END,
    ]
)


@probe(Shell(_COMMAND), on={Platform.LINUX})
def time_keeping(answer: Answer) -> TimeKeeping:
    """Read how a host keeps time."""
    seen = sections(answer.text)
    may = seen.one("may").words
    if re.fullmatch(r"[0-9a-f]{1,16}", may) and not int(may, 16) >> _CAP_SYS_TIME & 1:
        raise NotPresent("this system may not set the clock: its host keeps the time")
    found = {_DAEMONS[name] for line in seen.one("running").lines if (name := line.strip()) in _DAEMONS}
    daemons = frozenset(found) if seen.one("processes").words == "seen" else None
    servers, unread = _servers(seen, found)
    installed = found | {_DAEMONS[name] for part in seen.named("installed") if (name := part.words) in _DAEMONS}
    return TimeKeeping(daemons, _synchronised(seen, daemons), servers, unread, *_servers(seen, installed))


def _synchronised(seen: Sections, daemons: frozenset[str] | None) -> bool | None:
    chrony, ntp = _said(seen, "chronyc"), _said(seen, "ntpq")
    if daemons is None or "chrony" in daemons:
        leap = (chrony or "").rpartition(",")[2].strip().lower()
        if leap in {"normal", "insert second", "delete second", "not synchronised"}:
            return leap != "not synchronised"
    if (daemons is None or "ntp" in daemons) and ntp and "leap" in ntp:
        return not re.search(r"leap_alarm|leap=11|sync_unspec|stratum=16", ntp)
    by_kernel = re.search(r"NTPSynchronized=(yes|no)", _said(seen, "timedatectl") or "")
    if by_kernel:
        return by_kernel[1] == "yes"
    return False if daemons == frozenset() else None


def _said(seen: Sections, program: str) -> str | None:
    """Return what a program said, when it is there and succeeded."""
    part = next(seen.named(program), None)
    return "\n".join(part.lines).strip() if part is not None and part.words == "0" else None


def _servers(seen: Sections, daemons: set[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the servers that these daemons' configuration names, and what could not be read of it."""
    files, unread = seen.files(), list(seen.unread())
    servers: list[str] = []
    if "chrony" in daemons:
        reader = _Chrony(files)
        reader.read(next((path for path in _CHRONY if path in files), _CHRONY[0]))
        servers += reader.servers
        unread += reader.unread
    if "ntp" in daemons:
        servers += [name for path in _NTP for name in _ntp_servers(files.get(path, ()))]
    if "timesyncd" in daemons:
        by_systemd = list(_timesync(seen, files))
        servers += by_systemd
        unread += [] if by_systemd else ["the servers that timesyncd was built with"]
    return tuple(dict.fromkeys(servers)), tuple(dict.fromkeys(unread))


class _Chrony:
    """Follows chrony.conf(5) through include, confdir and sourcedir."""

    def __init__(self, files: Mapping[str, Lines]) -> None:
        self.files, self.servers, self.unread = files, list[str](), list[str]()
        self.seen: set[str] = set()

    def read(self, path: str) -> None:
        if path in self.seen:
            return
        self.seen.add(path)
        for line in self.files.get(path, ()):
            words = line.split()
            if len(words) > 1 and words[0][0] not in "#%!;":
                self._directive(words[0].lower(), words[1:])

    def _directive(self, name: str, words: list[str]) -> None:
        if name in {"server", "pool", "peer"}:
            self.servers.append(words[0].lower())
        elif name == "refclock":
            self.servers.append(f"refclock {words[0]}")
        elif name == "include":
            self._follow(words[0])
        elif name in {"confdir", "sourcedir"}:
            for folder in words:
                self._follow(f"{folder.rstrip('/')}/*.{'conf' if name == 'confdir' else 'sources'}")

    def _follow(self, pattern: str) -> None:
        place = pattern.replace("/var/run/", "/run/")
        if dirname(place) not in _CHRONY_FOLDERS:
            self.unread.append(pattern)
        for path in sorted(self.files):
            if fnmatchcase(path, place):
                self.read(path)


def _ntp_servers(lines: Lines) -> Iterator[str]:
    """Yield the servers of an ntp.conf(5) or OpenNTPD's ntpd.conf(5); 127.127.1.x is the host's own clock."""
    for line in lines:
        words = line.partition("#")[0].split()
        if len(words) > 1 and words[0].lower() in {"server", "servers", "pool", "peer", "refclock"}:
            name = next((word for word in words[1:] if word not in {"-4", "-6"}), "")
            if name and not name.startswith("127.127.1."):
                yield name.lower()


def _timesync(seen: Sections, files: Mapping[str, Lines]) -> Iterator[str]:
    """Yield the servers of timesyncd.conf(5): as in force, else as written; the fallback when there are no others."""
    said = _said(seen, "timesync")
    pairs = (
        [(key, value) for line in said.splitlines() for key, _, value in [line.partition("=")]]
        if said
        else list(ini_values(main_and_dropins(files, "timesyncd.conf"), "Time"))
    )
    lists: dict[str, list[str]] = {}
    for key, value in pairs:
        lists[key] = [*lists.get(key, []), *value.lower().split()] if value else []
    chosen = [name for key in ("NTP", "SystemNTPServers", "LinkNTPServers") for name in lists.get(key, [])]
    yield from chosen or lists.get("FallbackNTP", []) or lists.get("FallbackNTPServers", [])
