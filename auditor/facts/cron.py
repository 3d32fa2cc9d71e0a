"""Who may schedule jobs by cron and at, whether they run, and which programs root's jobs start.

Sources: crontab(1) of Debian's cron (without cron.allow and cron.deny every user may use it) and of cronie (only root
may), at.allow(5), cron(8) (Debian passes over files of /etc/cron.d with a dot in their
name), crontab(5) (a line that sets a variable is no job).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Literal

from auditor.facts.dropins import Lines
from auditor.facts.guarded import LOOK, Guarded, looked_at
from auditor.facts.sections import END, SHOW_FILES, VISIBLE, Sections, running, sections
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Shell, probe

Kind = Literal["", "debian", "cronie", "busybox", "systemd-cron", "unknown"]

_LISTS: Final = ("/etc/cron.allow", "/etc/cron.deny", "/etc/at.allow", "/etc/at.deny")
_INTERPRETERS: Final = frozenset({"sh", "bash", "dash", "ksh", "perl", "php", "python", "python3", "ruby", "."})
_SCRIPTS: Final = ("hourly", "daily", "weekly", "monthly")
_PROGRAMS: Final = ("/usr/sbin/cron", "/usr/sbin/crond", "/usr/sbin/atd", "/usr/bin/at", "/usr/bin/crontab")
_GENERATORS: Final = tuple(
    f"{root}/systemd/system-generators/systemd-crontab-generator" for root in ("/usr/lib", "/lib")
)
_LOOK_AT_SCRIPTS: Final = (
    f"echo '[scripts]'; set --; for d in {' '.join(_SCRIPTS)}; do "
    'for f in /etc/cron.$d/*; do [ ! -f "$f" ] || set -- "$@" "$f"; done; done; '
    "[ $# = 0 ] || stat -L -c '|%a|%u|%g|%F|%n' \"$@\" 2>/dev/null"
)
_COMMAND: Final = "; ".join(
    [
        SHOW_FILES,
        VISIBLE,
        running("cron", "crond", "atd"),
        f"echo '[installed]'; for p in {' '.join([*_PROGRAMS, *_GENERATORS])}; do [ ! -e $p ] || echo \"|$p\"; done",
        "[ ! /usr/sbin/crond -ef /bin/busybox ] || echo '[busybox]'",
        f"show {' '.join(_LISTS)} /etc/os-release /usr/lib/os-release /etc/cron.d",
        'set --; for f in /etc/crontab /etc/cron.d/*; do [ ! -f "$f" ] || set -- "$@" "$f"; done; show "$@"',
        f"echo '[programs]'; [ $# = 0 ] || {{ {LOOK}; }}",
        _LOOK_AT_SCRIPTS,
        END,
    ]
)


@dataclass(frozen=True, slots=True)
class Job:
    """A job of the system's own tables: as whom it runs, and what."""

    user: str
    command: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedulers:
    """cron and at on a host.

    `cron` is which cron it is, empty for none. `lists` has the names in those of cron.allow and the like that exist;
    `unread` are files that could not be read. `running` is None where processes cannot be seen. `programs` has what
    jobs name and the folders it lies in, and the `scripts`, those of /etc/cron.daily and the like.
    """

    cron: Kind = ""
    at: bool = False
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    running: frozenset[str] | None = None
    jobs: tuple[Job, ...] = ()
    programs: Mapping[str, Guarded] = field(default_factory=dict)
    scripts: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    def started(self) -> Iterator[str]:
        """Yield the paths of programs that root's jobs start, as far as their text names them."""
        for job in self.jobs:
            words = re.split(r"[\s;&|()\"'=]+", job.command) if job.user == "root" else []
            for before, word in pairwise(["", *words]):
                shown = self.programs.get(word)
                by_interpreter = before.rpartition("/")[2] in _INTERPRETERS
                if shown and not shown.is_folder and (shown.mode & 0o111 or by_interpreter):
                    yield word
        yield from self.scripts


def _read(answer: Answer) -> Schedulers:
    seen = sections(answer.text)
    files = seen.files()
    installed = set(seen.one("installed").lines)
    scripts = looked_at(seen.one("scripts").lines)
    kind = _kind(seen, files, installed)
    return Schedulers(
        cron=kind,
        at="/usr/bin/at" in installed,
        lists={path: tuple(line.strip() for line in files[path] if line.strip()) for path in _LISTS if path in files},
        running=frozenset(seen.one("running").lines) if seen.one("processes").words == "seen" else None,
        jobs=tuple(_jobs(files, kind)),
        programs={**looked_at(seen.one("programs").lines), **scripts},
        scripts=tuple(scripts),
        unread=seen.unread(),
    )


schedulers_as_root = probe(Shell(_COMMAND, privileged=True), on={Platform.LINUX})(_read)
schedulers = probe(Shell(_COMMAND), on={Platform.LINUX})(_read)


def _kind(seen: Sections, files: Mapping[str, Lines], installed: set[str]) -> Kind:
    release = dict(
        line.partition("=")[::2] for line in files.get("/etc/os-release", files.get("/usr/lib/os-release", ()))
    )
    family = {*_words(release.get("ID", "")), *_words(release.get("ID_LIKE", ""))}
    if any(path in installed for path in _GENERATORS):
        return "systemd-cron"
    if any(seen.named("busybox")):
        return "busybox"
    if not {"/usr/sbin/cron", "/usr/sbin/crond"} & installed:
        return ""
    if "debian" in family:
        return "debian" if "/usr/sbin/cron" in installed else "unknown"
    return "cronie" if family & {"rhel", "fedora", "suse", "opensuse", "sles", "arch", "centos"} else "unknown"


def _words(value: str) -> list[str]:
    return value.strip("\"'").lower().split()


def _jobs(files: Mapping[str, Lines], kind: Kind) -> Iterator[Job]:
    """Yield the jobs of /etc/crontab and of the files of /etc/cron.d."""
    for path, lines in files.items():
        folder, _, name = path.rpartition("/")
        if path != "/etc/crontab" and (folder != "/etc/cron.d" or (kind == "debian" and "." in name)):
            continue
        for number, line in enumerate(lines, 1):
            text = line.strip()
            times = 1 if text.startswith("@") else 5
            words = text.split(maxsplit=times + 1)
            if len(words) == times + 2 and not text.startswith("#") and not re.match(r"\w+\s*=", text):
                yield Job(words[times], words[times + 1], f"{path}:{number}")
