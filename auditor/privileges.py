"""Everything an audit may ask, and the least rights on the other side that allow just that.

Every request is declared by a probe, so this is complete: a transport refuses whatever is not listed here.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from auditor.collect.plan import AssetPlan
from auditor.model.probe import Cli, Nmap, Probe, Request, Saved, Shell, Snmp, SnmpAccepts
from auditor.transports.script import sudo_words

_DOAS_LONGEST: Final = 1023  # characters of a word in doas.conf: the buffer of doas's parser
_SIGNS: Final = r"([.*^$+?()|\[\]{}\\])"  # of a pattern
_AS_IS: Final = r"\\\1"
_ROLE: Final = (
    "# on the device: aaa authorization exec default group tacacs+",
    "# and: aaa authorization commands 1 default group tacacs+, and the same for commands 15",
    "group = auditor {",
    "    service = exec { priv-lvl = 15 }",
)
_ESCAPED: Final = {"\\": "\\" * 4, **{sign: f"\\{sign}" for sign in ",:=# \t*?["}}


@dataclass(frozen=True, slots=True)
class Privileges:
    """What is asked, by the way it is asked."""

    shell: tuple[Shell, ...] = ()
    cli: tuple[Cli, ...] = ()
    session: tuple[str, ...] = ()  # what else a network device hears, all of which concerns that session only
    snmp: tuple[Snmp | SnmpAccepts, ...] = ()
    nmap: tuple[Nmap, ...] = ()
    files: tuple[Saved, ...] = ()
    names: Mapping[Request, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Return the requests, and the rights that allow them."""
        return {
            "shell": [
                {"name": self.names.get(one, ""), "command": one.command, "privileged": one.privileged}
                for one in self.shell
            ],
            "cli": [request.command for request in self.cli],
            "cli_session": list(self.session),
            "snmp": [str(request) for request in self.snmp],
            "nmap": [str(request) for request in self.nmap],
            "files": [str(request) for request in self.files],
            "sudoers": self.sudoers().splitlines(),
            "doas": self.doas().splitlines(),
            "snmp_view": self.snmp_view().splitlines(),
            "router_role": self.router_role().splitlines(),
        }

    def as_text(self) -> str:
        """Return the requests and the rights as a text that an administrator can copy from."""
        unprivileged = [request for request in self.shell if not request.privileged]
        plain = self._named(unprivileged, [request.command for request in unprivileged])
        parts = [
            ("Commands that any account may run", plain),
            ("sudoers (visudo -f /etc/sudoers.d/auditor)", self.sudoers().splitlines()),
            ("doas.conf (where there is no sudo)", self.doas().splitlines()),
            ("Network devices: commands", [request.command for request in self.cli]),
            ("Network devices: commands that concern the session", list(self.session)),
            ("Network devices: a role that allows those (TACACS+, tac_plus.conf)", self.router_role().splitlines()),
            ("SNMP: what is read", [str(request) for request in self.snmp]),
            ("SNMP: a view that allows that (net-snmp)", self.snmp_view().splitlines()),
            ("nmap: what is looked at from outside", [str(request) for request in self.nmap]),
            ("Files that are read here", [str(request) for request in self.files]),
        ]
        return "\n\n".join("\n".join([f"# {title}", *lines]) for title, lines in parts if lines)

    def sudoers(self, account: str = "auditor") -> str:
        """Return a sudoers file (sudoers(5)) that lets an account run the privileged commands and nothing else."""
        privileged = [request for request in self.shell if request.privileged]
        if not privileged:
            return ""
        allowed = [f"{account} ALL=(root) NOPASSWD: {_sudoers_command(request)}" for request in privileged]
        return "\n".join([f"Defaults:{account} !requiretty", *self._named(privileged, allowed)])

    def doas(self, account: str = "auditor") -> str:
        """Return lines of doas.conf(5) that let an account run the privileged commands and nothing else.

        doas reads no word of more than 1,023 characters and none with a newline, and asks a terminal for a password, so
        that each line says nopass; a command that cannot be said is named in a comment.
        """
        privileged = [request for request in self.shell if request.privileged]
        return "\n".join(self._named(privileged, [_doas_line(request, account) for request in privileged]))

    def _named(self, requests: Sequence[Request], lines: Iterable[str]) -> list[str]:
        """Return lines, each below the name of its request where it has one."""
        return [
            part
            for request, line in zip(requests, lines, strict=True)
            for part in ([f"# {self.names[request]}"] if request in self.names else []) + [line]
        ]

    def snmp_view(self) -> str:
        """Return a net-snmp view (snmpd.conf(5)) that includes the OIDs that are read and nothing else."""
        oids = sorted({oid for request in self.snmp if isinstance(request, Snmp) for oid in request.oids}, key=_numbers)
        return "\n".join(f"view auditor included .{oid.lstrip('.')}" for oid in oids)

    def router_role(self) -> str:
        """Return a group of tac_plus.conf(5) that permits the commands, and denies all else as that is the default.

        The account is at level 15 from its log-in, since below it, and in a view of IOS, `show running-config` leaves
        out what the account may not set: half a configuration decides nothing. So it is never to `enable`.
        """
        words: dict[str, set[str]] = {}
        for command in (*(request.command for request in self.cli), *self.session):
            first, _, rest = command.partition(" ")
            words.setdefault(first, set()).add(_pattern(rest))
        lines = (
            f"    cmd = {first} {{ {' '.join(f'permit {pattern}' for pattern in sorted(patterns))} }}"
            for first, patterns in sorted(words.items())
            if first != "enable"
        )
        return "\n".join([*_ROLE, *lines, "}"]) if self.cli else ""


def privileges_of(plans: Iterable[AssetPlan]) -> Privileges:
    """Return what these assets will be asked; a request is named after the facts that are read out of its answer."""
    chosen = tuple(plans)
    requests = {request for plan in chosen for asked in plan.requests.values() for request in asked}
    read: dict[Request, set[str]] = {}
    for way in {way for plan in chosen for ways in plan.ways.values() for way in ways if isinstance(way, Probe)}:
        for request in way.requests:
            read.setdefault(request, set()).add(way.fact.__name__)
    return Privileges(
        names={request: ", ".join(sorted(facts)) for request, facts in read.items()},
        shell=tuple(sorted((one for one in requests if isinstance(one, Shell)), key=str)),
        cli=tuple(sorted((one for one in requests if isinstance(one, Cli)), key=str)),
        session=_session_commands(chosen),
        snmp=tuple(sorted((one for one in requests if isinstance(one, Snmp | SnmpAccepts)), key=str)),
        nmap=tuple(sorted((one for one in requests if isinstance(one, Nmap)), key=str)),
        files=tuple(sorted((one for one in requests if isinstance(one, Saved)), key=str)),
    )


def _session_commands(plans: Iterable[AssetPlan]) -> tuple[str, ...]:
    """Return what devices hear besides what is asked."""
    from auditor.transports.cli import SESSION_COMMANDS  # noqa: PLC0415  (paramiko: half a second)

    talked_to = {
        plan.asset.platform
        for plan in plans
        if any(isinstance(one, Cli) for asked in plan.requests.values() for one in asked)
    }
    return tuple(sorted({command for platform in talked_to for command in SESSION_COMMANDS.get(platform, ())}))


def _pattern(words: str) -> str:
    """Return the pattern of a command's words behind the first, to which devices add <cr> (tac_plus.conf(5))."""
    return f'"^{re.sub(_SIGNS, _AS_IS, words)}( <cr>)?$"' if words else '"^(<cr>)?$"'


def _sudoers_command(request: Shell) -> str:
    """Return the exact command line that sudo will be asked for, escaped as sudoers(5) wants it.

    sudo compares arguments as fnmatch(3) does: an unescaped `*` would allow anything in its place, and `[a-z]` would
    not match itself. Its reader takes one backslash away before that, ends a command at `#`, and joins blanks.
    """
    program, *words = sudo_words(request)
    path = program if program.startswith("/") else f"/usr/bin/{program}"
    return " ".join([path, *("".join(_ESCAPED.get(sign, sign) for sign in word) for word in words)])


def _doas_line(request: Shell, account: str) -> str:
    program, *words = sudo_words(request)
    if any(len(word) > _DOAS_LONGEST or "\n" in word for word in words):
        return "# doas.conf cannot say this command: only sudo can allow it, or it stays unknown"
    said = " ".join('"' + re.sub(r'([\\"])', r"\\\1", word) + '"' for word in words)
    return f"permit nopass {account} as root cmd {program} args {said}"


def _numbers(oid: str) -> tuple[int, ...]:
    return tuple(int(part) for part in oid.strip(".").split(".") if part.isdigit())
