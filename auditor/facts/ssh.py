"""What an OpenSSH server does: its effective settings, for anybody and for root, and what Match blocks change.

sshd(8) `-T` prints the effective configuration for one connection (`-C`), `-G` (since 9.3) the same without host keys.
Include and Match are followed by sshd itself; the files are read only to know which other conditions change a setting.
Options on the daemon's command line come before the file (RHEL 8 gives its cipher policy so), and are seen only there.
"""

import re
from dataclasses import dataclass
from typing import Final

from auditor.errors import FactError, NotPresent, Unreadable
from auditor.facts.sections import END, SHOW_FILES, VISIBLE, Section, Sections, sections
from auditor.facts.ssh_config import Written, absolute, always, could_be, written_lines
from auditor.facts.ssh_settings import SshSettings, Values, settings
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Limits, Shell, probe


@dataclass(frozen=True, slots=True)
class SshMatch:
    """One setting that holds only under conditions: the criteria of the Match blocks around it, and where it stands."""

    conditions: tuple[str, ...]
    settings: SshSettings
    place: str

    @property
    def criteria(self) -> str:
        """Return the conditions as they are written."""
        return " and ".join(f"Match {criteria}" for criteria in self.conditions)

    def could_be(self, user: str) -> bool:
        """Whether a connection of this user could meet the conditions."""
        return could_be(self.conditions, user)

    def is_all_of(self, user: str) -> bool:
        """Whether every connection of this user meets the conditions, so that later blocks change nothing for it."""
        return could_be(self.conditions, user) and all(
            len(criteria.replace("=", " ").split()) == 2 and criteria.lower().startswith("user")
            for criteria in self.conditions
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SshServer:
    """An SSH server: what it does for anybody, for root, and under conditions.

    `written` has one value a line of the global part. `running` is None when processes could not be seen.
    `others` are configuration files of further daemons, which are not part of this fact.
    """

    settings: SshSettings
    for_root: SshSettings | None = None
    matches: tuple[SshMatch, ...] = ()
    written: tuple[SshSettings, ...] = ()
    unread: tuple[str, ...] = ()
    version: tuple[int, int] | None = None
    running: bool | None = None
    others: tuple[str, ...] = ()


# Nobody's addresses (RFC 5737), and none that an example of a Match block is likely to name.
_CONNECTION: Final = "host=auditor.invalid,addr=198.51.100.213,laddr=198.51.100.214,lport=22"
# What sshd does for root differs only where a Match block says so: without any it is not asked twice.
_VIEWS: Final = (
    "a=; for u in auditor-nobody root; do "
    '[ "$u$m" != root ] || { echo "[view root as auditor-nobody]"; break; }; '
    f'o=$("$s" -T -C user=$u,{_CONNECTION} </dev/null 2>&1); r=$?; '
    f'if [ $r -ne 0 ] && g=$("$s" -G -C user=$u,{_CONNECTION} </dev/null 2>&1); then o=$g; r=0; fi; '
    'if [ "$r$o" = "$a" ]; then echo "[view root as auditor-nobody]"; '
    "else echo \"[view $u $r]\"; printf '%s\\n' \"$o\" | sed 's/^/|/'; fi; a=$r$o; done"
)
_CONFIG: Final = (
    'b=/etc/ssh/sshd_config; [ -e $b ] || b=/usr/etc/ssh/sshd_config; echo "[main $b]"; '
    "c=$(cd /etc/ssh 2>/dev/null; set -- $b; for i in 1 2 3 4 5 6; do "
    '[ $i != 6 ] || echo "[unread $*]"; [ $i != 6 ] || break; show "$@"; '
    'for f in "$@"; do [ ! -f "$f" ] || break; done; [ -f "$f" ] || break; '
    'n=$(sed -n \'/^[[:space:]]*[Ii][Nn][Cc][Ll][Uu][Dd][Ee][[:space:]=]\\{1,\\}/{s///;s/"//g;p;}\' "$@" 2>/dev/null); '
    '[ -n "$n" ] || break; set -f; for f in $n; do show "${f%/*}"; done; set +f; set -- $n; done); '
    "printf '%s\\n' \"$c\"; m=$(printf '%s\\n' \"$c\" | sed -n '/^|#/d;/^\\[unread/p;/[Mm][Aa][Tt][Cc][Hh]/p')"
)
# Who is logged in just now is no setting, and would make every answer another one: of sessions it is told only that
# there are some, and of the daemon that listens not how many wait. `-R` is sshd that has begun to serve one connection,
# `-T` and the like is one that is asked as we ask it; two that are alike in all are a daemon and its child at birth.
_DAEMONS: Final = (
    "t= d=; i=$(id -u); for p in /proc/[0-9]*; do read -r c <$p/comm || continue; "
    'case $c in sshd|dropbear) w=here; [ $p/root -ef / ] || w=elsewhere; [ "$i" = 0 ] || w=unknown; '
    "l=; read -r l <$p/cmdline; "
    "case $l in 'sshd: '*'[listener]'*) ;; 'sshd: '*) [ $w = elsewhere ] || t=$w; continue;; esac; "
    "l=$(tr '\\000\\n' '  ' <$p/cmdline); "
    'case "$l " in *"[listener]"*) l="${l%%"[listener]"*}[listener]";; '
    '*" -R "*) [ $w = elsewhere ] || t=$w; continue;; *" -"[TGVt]" "*|" ") continue;; esac; '
    'u=; while read -r k u o; do [ "$k" != Uid: ] || break; done <$p/status; [ -n "$u" ] || continue; '
    'case $d in *"<$c $w $u $l>"*) continue;; esac; d="$d<$c $w $u $l>"; '
    'echo "[daemon $c $w $u]"; printf \'|%s\\n\' "$l";; esac; done 2>/dev/null; '
    '[ -z "$t" ] || echo "[daemon sshd $t session]"'
)
_COMMAND: Final = "; ".join(
    [
        "PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin",
        SHOW_FILES,
        's=$(command -v sshd); echo "[sshd $s]"',
        _CONFIG,
        f"if [ -n \"$s\" ]; then echo '[version]'; \"$s\" -V </dev/null 2>&1 | sed -n '1,3s/^/|/p'; {_VIEWS}; fi",
        VISIBLE,
        _DAEMONS,
        END,
    ]
)
_SHOWN: Final = re.compile(r"([a-z0-9]+)(?: (.*))?")
_LISTENER: Final = re.compile(r"(?:sshd: )?(?:/\S*/)?sshd(?P<options>(?:\s+-.*|\s*\[listener\].*)?)")
_OPTION: Final = re.compile(r"(?:^|\s)-[46DdeqrTt]*o\s*([A-Za-z0-9]+)=(\S*)")
_LIMITS: Final = Limits(seconds=20, bytes=4 * 1024 * 1024)


def _read(answer: Answer) -> SshServer:
    seen = sections(answer.text)
    if not seen.one("sshd").words:
        raise _absent(seen)
    anybody = _view(seen, "auditor-nobody")
    root = anybody if _section(seen, "root").words == "root as auditor-nobody" else _view(seen, "root")
    if isinstance(anybody, str):
        raise Unreadable(f"sshd does not print its settings: {anybody}")
    lines = written_lines({absolute(path): text for path, text in seen.files().items()}, seen.one("main").words)
    daemons = _daemons(seen)
    given = _given(daemons)
    for_anybody = settings({**anybody, **given}, complete=True)
    return SshServer(
        settings=for_anybody,
        for_root=for_anybody if root is anybody else _for_root(root, given),
        matches=tuple(_match(line) for line in lines if not always(line.conditions)),
        written=tuple(settings({line.keyword: (" ".join(line.arguments),)}) for line in lines if not line.conditions),
        unread=seen.unread(),
        version=_version(seen),
        running=_runs(seen, daemons),
        others=tuple(dict.fromkeys(file for options in daemons if (file := _other_file(options)))),
    )


openssh_as_root = probe(Shell(_COMMAND, privileged=True, limits=_LIMITS), on={Platform.LINUX})(_read)
openssh = probe(Shell(_COMMAND, limits=_LIMITS), on={Platform.LINUX})(
    _read
)  # enough for sshd -G, where all is readable


def _section(seen: Sections, user: str) -> Section:
    section = next((part for part in seen.named("view") if part.words.split()[:1] == [user]), None)
    if section is None:
        raise Unreadable("the answer has no settings")
    return section


def _view(seen: Sections, user: str) -> Values | str:
    """Return the settings printed for a user, or sshd's own words on why it printed none."""
    section = _section(seen, user)
    if section.words != f"{user} 0":
        return "; ".join(line for line in section.lines if line.strip())[:300] or "it says nothing"
    values: dict[str, list[str]] = {}
    for line in section.lines:
        if shown := _SHOWN.fullmatch(line):
            values.setdefault(shown[1], []).append(shown[2] or "")
    if missing := {"port", "permitrootlogin", "ciphers", "maxauthtries"} - values.keys():
        raise Unreadable(f"what sshd printed is incomplete: {', '.join(sorted(missing))} not shown")
    return {keyword: tuple(lines) for keyword, lines in values.items()}


def _for_root(root: Values | str, given: Values) -> SshSettings | None:
    return None if isinstance(root, str) else settings({**root, **given}, complete=True)


def _match(line: Written) -> SshMatch:
    return SshMatch(line.conditions, settings({line.keyword: (" ".join(line.arguments),)}), line.place)


def _version(seen: Sections) -> tuple[int, int] | None:
    text = "\n".join(line for part in seen.named("version") for line in part.lines)
    found = re.search(r"OpenSSH_([0-9]{1,9})\.([0-9]{1,9})", text)
    return (int(found[1]), int(found[2])) if found else None


def _daemons(seen: Sections) -> list[str]:
    """Return the options of each listening sshd of this system that root started; sessions and containers left out."""
    found = []
    for part in seen.named("daemon"):
        program, where, uid = (*part.words.split(), "", "")[:3]
        listens = _LISTENER.fullmatch(" ".join(part.lines).strip())
        if program == "sshd" and where != "elsewhere" and uid == "0" and listens:
            found.append(listens["options"].partition("[listener]")[0].strip())
    return found


def _runs(seen: Sections, daemons: list[str]) -> bool | None:
    """Return whether a daemon with the system's own configuration listens; None where processes cannot be seen."""
    if any(not _other_file(options) for options in daemons):
        return True
    return False if seen.one("processes").words == "seen" else None


def _absent(seen: Sections) -> FactError:
    here = [part.words.split()[0] for part in seen.named("daemon") if "elsewhere" not in part.words]
    if here:
        return Unreadable(f"{here[0]} runs here, but there is no sshd program to ask for its settings")
    return NotPresent("OpenSSH's server is not installed")


def _other_file(options: str) -> str:
    """Return the configuration file that a daemon was started with, when it is not the system's."""
    found = re.search(r"(?:^|\s)-[46DdeiqrTt]*f\s*(\S+)", options)
    return "" if found is None or found[1] in {"/etc/ssh/sshd_config", "/usr/etc/ssh/sshd_config"} else found[1]


def _given(daemons: list[str]) -> Values:
    """Return what the command line of the system's own daemon sets; the first of several counts, as in the file."""
    given: dict[str, tuple[str, ...]] = {}
    for options in daemons:
        if not _other_file(options):
            for keyword, value in _OPTION.findall(options):
                relative = value[:1] in ("+", "-", "^")
                given.setdefault(keyword.lower(), ("" if relative else value.strip("\"'"),))
    return given
