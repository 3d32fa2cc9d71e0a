"""Everything an audit may ask, and the least rights on the other side that allow just that.

Every request is declared by a probe, so this is complete: a transport refuses whatever is not listed here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from auditor.collect.plan import AssetPlan
from auditor.model.probe import Cli, Nmap, Saved, Shell, Snmp, SnmpAccepts
from auditor.transports.script import sudo_words

_ESCAPED: Final = {"\\": "\\" * 4, **{sign: f"\\{sign}" for sign in ",:=# \t*?["}}


@dataclass(frozen=True, slots=True)
class Privileges:
    """What is asked, by the way it is asked."""

    shell: tuple[Shell, ...] = ()
    cli: tuple[Cli, ...] = ()
    snmp: tuple[Snmp | SnmpAccepts, ...] = ()
    nmap: tuple[Nmap, ...] = ()
    files: tuple[Saved, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the requests, and the rights that allow them."""
        return {
            "shell": [{"command": request.command, "privileged": request.privileged} for request in self.shell],
            "cli": [request.command for request in self.cli],
            "snmp": [str(request) for request in self.snmp],
            "nmap": [str(request) for request in self.nmap],
            "files": [str(request) for request in self.files],
            "sudoers": self.sudoers().splitlines(),
            "snmp_view": self.snmp_view().splitlines(),
            "router_role": self.router_role().splitlines(),
        }

    def as_text(self) -> str:
        """Return the requests and the rights as a text that an administrator can copy from."""
        plain = [request.command for request in self.shell if not request.privileged]
        parts = [
            ("Commands that any account may run", plain),
            ("sudoers (visudo -f /etc/sudoers.d/auditor)", self.sudoers().splitlines()),
            ("Network devices: commands", [request.command for request in self.cli]),
            ("Network devices: a role that allows those (Cisco IOS)", self.router_role().splitlines()),
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
        return "\n".join([f"Defaults:{account} !requiretty", *allowed])

    def snmp_view(self) -> str:
        """Return a net-snmp view (snmpd.conf(5)) that includes the OIDs that are read and nothing else."""
        oids = sorted({oid for request in self.snmp if isinstance(request, Snmp) for oid in request.oids}, key=_numbers)
        return "\n".join(f"view auditor included .{oid.lstrip('.')}" for oid in oids)

    def router_role(self) -> str:
        """Return a parser view (Cisco IOS role-based CLI access) that includes the commands and nothing else.

        IOS takes no other line of a view before its secret, which is the administrator's to choose.
        """
        if not self.cli:
            return ""
        return "\n".join(
            [
                "parser view auditor",
                " secret CHOOSE-ONE",
                *(f" commands exec include {request.command}" for request in self.cli),
            ]
        )


def privileges_of(plans: Iterable[AssetPlan]) -> Privileges:
    """Return what these assets will be asked."""
    requests = {request for plan in plans for asked in plan.requests.values() for request in asked}
    return Privileges(
        shell=tuple(sorted((one for one in requests if isinstance(one, Shell)), key=str)),
        cli=tuple(sorted((one for one in requests if isinstance(one, Cli)), key=str)),
        snmp=tuple(sorted((one for one in requests if isinstance(one, Snmp | SnmpAccepts)), key=str)),
        nmap=tuple(sorted((one for one in requests if isinstance(one, Nmap)), key=str)),
        files=tuple(sorted((one for one in requests if isinstance(one, Saved)), key=str)),
    )


def _sudoers_command(request: Shell) -> str:
    """Return the exact command line that sudo will be asked for, escaped as sudoers(5) wants it.

    sudo compares arguments as fnmatch(3) does: an unescaped `*` would allow anything in its place, and `[a-z]` would
    not match itself. Its reader takes one backslash away before that, ends a command at `#`, and joins blanks.
    """
    program, *words = sudo_words(request)
    path = program if program.startswith("/") else f"/usr/bin/{program}"
    return " ".join([path, *("".join(_ESCAPED.get(sign, sign) for sign in word) for word in words)])


def _numbers(oid: str) -> tuple[int, ...]:
    return tuple(int(part) for part in oid.strip(".").split(".") if part.isdigit())
