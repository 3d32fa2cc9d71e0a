"""What a host's audit system records: its rules as loaded and as configured, and what auditd does with the records.

Configured is what is loaded at the next start: the files of rules.d where augenrules(8) runs then, or the file that
auditctl -R reads; the unit that systemd starts says which (auditd.service, since audit 4 audit-rules.service). Sources:
auditctl(8), auditd.conf(5), audit-userspace auditd-config.c (blanks around `=`, keys and words in any case, at the
first line that it cannot read auditd gives up, lines of 160 characters are passed over), systemd.service(5).
"""

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from auditor.errors import NotPresent, Unreadable
from auditor.facts.audit_cover import Bits
from auditor.facts.audit_rules import RULES_FOLDER, RuleSet, augenrules, rule_set
from auditor.facts.dropins import Lines, in_order, ini_values
from auditor.facts.logindefs import number, setting
from auditor.facts.sections import CAPABILITIES, END, SHOW_FILES, Sections, sections
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Limits, Shell, probe

WATCHED: Final = (
    *("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/security/opasswd"),
    *("/etc/sudoers", "/etc/sudoers.d/", "/var/log/sudo.log", "/etc/localtime"),
    *("/etc/issue", "/etc/issue.net", "/etc/hosts", "/etc/networks", "/etc/network/", "/etc/netplan/"),
    *("/etc/sysconfig/network", "/etc/sysconfig/network-scripts/"),
    *("/etc/apparmor/", "/etc/apparmor.d/", "/etc/selinux/config", "/etc/selinux/", "/usr/share/selinux/"),
    *("/var/log/lastlog", "/run/faillock/", "/run/utmp", "/var/log/wtmp", "/var/log/btmp"),
    *("/usr/bin/kmod", "/usr/bin/chcon", "/usr/bin/setfacl", "/usr/bin/chacl", "/usr/sbin/usermod"),
    f"{RULES_FOLDER}/",
)
"""Paths whose existence is asked for; those that end in a slash are folders."""

_CAP_AUDIT_CONTROL: Final = 30  # capabilities(7)
_CONFIG: Final = "/etc/audit/auditd.conf"
_RULES: Final = "/etc/audit/audit.rules"
_UNITS: Final = ("audit-rules.service", "auditd.service")
_UNIT_FOLDERS: Final = tuple(
    f"{root}/systemd/system" for root in ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")
)
_SHOWN: Final = " ".join(
    [
        *(_CONFIG, _RULES, "/etc/audit", RULES_FOLDER, f"{RULES_FOLDER}/*.rules", "/etc/default/auditd"),
        *("/etc/login.defs", "/usr/etc/login.defs"),
        *(f"{root}/{unit}{part}" for root in _UNIT_FOLDERS for unit in _UNITS for part in ("", ".d", ".d/*.conf")),
    ]
)
# Other places by which a path may be known: on most systems the first is a link to the second.
_LINKS: Final = ("/bin=/usr/bin", "/sbin=/usr/sbin", "/sbin=/usr/bin", "/usr/sbin=/usr/bin", "/var/run=/run")
# Counters are left out, as they would make every answer a new one.
_ASK: Final = (
    "ask() { n=$1; shift; if command -v $1 >/dev/null; then "
    'o=$("$@" 2>&1); echo "[$n $?]"; printf \'%s\\n\' "$o" | sed -e /^lost/d -e /^backlog/d -e \'s/^/|/\'; '
    'else echo "[$n missing]"; fi; }'
)
RULES: Final = Shell(
    "; ".join(
        [
            "PATH=$PATH:/usr/sbin:/sbin",
            SHOW_FILES,
            CAPABILITIES,
            'read -r a b c </proc/self/uid_map && [ "$c" = 4294967295 ] || echo "[namespace]"',
            "read -r k </proc/cmdline && echo '[boot]' && echo \"|$k\"",
            f"show {_SHOWN}",
            f"{_ASK}; ask loaded auditctl -l; ask status auditctl -s; ask machine uname -m",
            f"echo '[there]'; for f in {' '.join(WATCHED)}; do [ ! -e $f ] || echo \"|$f\"; done",
            f"echo '[links]'; for l in {' '.join(_LINKS)}; do [ ! ${{l%=*}} -ef ${{l#*=}} ] || echo \"|$l\"; done",
            END,
        ]
    ),
    privileged=True,
)
SET_ID: Final = Shell(
    "echo '[set-id]'; find /usr/bin /usr/sbin /bin /sbin /usr/local/bin /usr/local/sbin /usr/libexec /usr/lib /opt "
    "-xdev -maxdepth 3 -type f \\( -perm -4000 -o -perm -2000 \\) 2>/dev/null; "
    "command -v find >/dev/null && echo '[end]'",
    privileged=True,
    limits=Limits(seconds=30.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRules:
    """The rules of a host.

    `loaded` or `configured` is None when it could not be read, and `no_loaded` or `no_configured` says why. `native` is
    what most programs of the machine are, `machine` its name by uname(1). `there` has those of WATCHED that exist, as
    they are written there; `links` leads from a folder to the one that it is. `first_human` is UID_MIN of login.defs,
    `boot` the kernel's command line.
    """

    loaded: RuleSet | None
    configured: RuleSet | None
    no_loaded: str = ""
    no_configured: str = ""
    machine: str = "x86_64"
    there: frozenset[str] = frozenset()
    links: Mapping[str, str] = field(default_factory=dict)
    first_human: int = 1000
    boot: tuple[str, ...] | None = None

    @property
    def widths(self) -> tuple[Bits, ...]:
        """Return the kinds of programs that the machine runs and that rules have to name."""
        if self.machine == "x86_64":
            return ("b64", "b32")
        return ("b64",) if _is_wide(self.machine) else ("b32",)

    def real(self, path: str) -> str:
        """Return the name of a path once links of folders are followed, as the paths of its rules are."""
        return _real(path, self.links)


@dataclass(frozen=True, slots=True)
class AuditDaemon:
    """auditd.conf(5) by keys in small letters, values as written; `broken` names a line at which auditd gives up."""

    values: Mapping[str, str]
    broken: str = ""


@dataclass(frozen=True, slots=True)
class SetIdPrograms:
    """Programs that run with their owner's or group's rights, in the folders where programs are."""

    paths: frozenset[str]


@probe(RULES, on={Platform.LINUX})
def audit_rules(answer: Answer) -> AuditRules:
    """Read the rules. Raises NotPresent in containers, whose host does the auditing."""
    seen = sections(answer.text)
    _raise_without_audit(seen)
    files = seen.files()
    machine = " ".join(seen.one("machine").lines).strip()
    native = "b64" if _is_wide(machine) else "b32"
    loaded, no_loaded = _loaded(seen, native)
    there = frozenset(seen.one("there").lines)
    configured, no_configured = _configured(seen, there, native)
    links = {link: target for line in seen.one("links").lines for link, _, target in [line.partition("=")]}
    return AuditRules(
        loaded=_placed(loaded, links),
        configured=_placed(configured, links),
        no_loaded=no_loaded,
        no_configured=no_configured,
        machine=machine,
        there=there,
        links=links,
        first_human=_first_human(files),
        boot=tuple(word for part in seen.named("boot") for line in part.lines for word in line.split()) or None,
    )


@probe(RULES, on={Platform.LINUX})
def audit_daemon(answer: Answer) -> AuditDaemon:
    """Read auditd.conf. Raises NotPresent where there is no auditd."""
    seen = sections(answer.text)
    _raise_without_audit(seen)
    if _CONFIG in seen.unread():
        raise Unreadable(f"{_CONFIG} could not be read")
    lines = seen.files().get(_CONFIG)
    if lines is None:
        raise NotPresent("there is no auditd.conf: auditd is not installed")
    values: dict[str, str] = {}
    for place, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#") or len(line) >= 159:
            continue
        if len(words) not in {3, 4} or words[1] != "=":
            return AuditDaemon(values, f"{_CONFIG}:{place}")
        values[words[0].lower()] = words[2]
    return AuditDaemon(values)


@probe(SET_ID, on={Platform.LINUX})
def set_id_programs(answer: Answer) -> SetIdPrograms:
    """Read what find(1) found."""
    first, *lines = answer.text.rstrip("\n").split("\n")
    paths = [line for line in lines[:-1] if line.strip()]
    if first != "[set-id]" or lines[-1:] != ["[end]"]:
        raise Unreadable("the list of set-id programs is not whole")
    if odd := next((path for path in paths if not path.startswith("/")), None):
        raise Unreadable(f"a line is not a program's path: {odd[:80]!r}")
    return SetIdPrograms(frozenset(paths))


def _real(path: str, links: Mapping[str, str]) -> str:
    for link, target in links.items():
        if path.startswith(link + "/"):
            path = target + path.removeprefix(link)
    return path


def _placed(rules: RuleSet | None, links: Mapping[str, str]) -> RuleSet | None:
    """Return the rules with their paths where links lead."""
    if rules is None:
        return None
    first, late = ([replace(rule, path=_real(rule.path, links)) for rule in part] for part in (rules.rules, rules.late))
    return replace(rules, rules=tuple(first), late=tuple(late))


def _raise_without_audit(seen: Sections) -> None:
    may = seen.one("may").words
    limited = re.fullmatch("[0-9a-f]{1,16}", may) and not int(may, 16) >> _CAP_AUDIT_CONTROL & 1
    if limited or any(seen.named("namespace")):
        raise NotPresent("this system may not audit: its host does")


def _loaded(seen: Sections, native: str) -> tuple[RuleSet | None, str]:
    listed, status = seen.one("loaded"), seen.one("status")
    if listed.words == "missing":
        return None, "auditctl is not installed, so nothing tells which rules are loaded"
    if {listed.words, status.words} != {"0"}:
        return None, f"auditctl failed: {' '.join([*listed.lines, *status.lines])[:80]}"
    told = [line.split() for line in status.lines]
    enabled = next((words[1] for words in told if len(words) == 2 and words[0] == "enabled"), "")
    if enabled not in {"0", "1", "2"}:
        return None, "auditctl -s does not say whether auditing is on"
    rules = rule_set((line for line in listed.lines if line.strip() != "No rules"), native=native)
    return RuleSet(rules.rules, int(enabled), rules.trouble, rules.late, unsure=bool(rules.trouble)), ""


def _configured(seen: Sections, there: Container[str], native: str) -> tuple[RuleSet | None, str]:
    if hidden := next((path for path in seen.unread() if path.startswith("/etc/audit")), ""):
        return None, f"{hidden} could not be read"
    files = seen.files()
    source = _source(files)
    if source == RULES_FOLDER and f"{RULES_FOLDER}/" not in there:
        source = _RULES  # which augenrules then loads as it is
    if source == RULES_FOLDER:
        return rule_set(augenrules(files), native=native), ""
    if source == _RULES:
        return rule_set(files.get(_RULES, ()), native=native), ""
    return None, f"the rules are loaded from {source}, which was not read" if source else "no unit loads rules at boot"


def _source(files: Mapping[str, Lines]) -> str:
    """Return where the rules come from that are loaded at boot."""
    commands = list(_commands(files))
    if any("augenrules" in command for command in commands):
        return RULES_FOLDER
    loads = [found[1] for command in commands if (found := re.search(r"auditctl\s+-R\s+(\S+)", command))]
    if loads or commands:
        return loads[-1] if loads else ""
    by_default = dict(line.partition("=")[::2] for line in files.get("/etc/default/auditd", ()))
    generated = by_default.get("USE_AUGENRULES", "").strip("\"'").lower() != "no"
    return RULES_FOLDER if generated and any(path.startswith(RULES_FOLDER) for path in files) else _RULES


def _commands(files: Mapping[str, Lines]) -> Iterable[str]:
    """Yield what systemd runs to start auditd and to load its rules; `=` alone takes back what stands above."""
    for unit in _UNITS:
        main = next((path for folder in _UNIT_FOLDERS if (path := f"{folder}/{unit}") in files), "")
        dropins = in_order(files, [f"{folder}/{unit}.d" for folder in _UNIT_FOLDERS])
        runs: dict[str, list[str]] = {"ExecStart": [], "ExecStartPost": []}
        for key, value in ini_values([(main, files.get(main, ())), *dropins], "Service"):
            if key in runs:
                runs[key] = [*runs[key], value] if value else []
        yield from (command for commands in runs.values() for command in commands)


def _first_human(files: Mapping[str, Lines]) -> int:
    lines = files.get("/etc/login.defs", files.get("/usr/etc/login.defs", ()))
    value = number(setting("\n".join(lines), "UID_MIN"))
    return 1000 if value is None else value


def _is_wide(machine: str) -> bool:
    """Whether a machine by this name runs programs of 64 bits."""
    return machine.endswith("64") or machine in {"ppc64le", "s390x", "alpha"} or machine.startswith("mips64")
