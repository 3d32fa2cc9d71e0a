"""SNMP agents: who may ask them, how well that is protected, and whether they say what they are."""

from collections.abc import Iterator

from auditor import Fix, Outcome, Severity, Undecided, Violation, check
from auditor.facts.snmp import SnmpCommunities, SnmpIdentity, SnmpUser, SnmpUsers

_FIX_USER = Fix("Give the user SHA-256 authentication and AES privacy, and remove the old one.", solution="secure-snmp")


@check(
    "snmp.default-communities",
    severity=Severity.HIGH,
    fix=Fix("Remove the community, or give it a value of its own and an access list.", solution="secure-snmp"),
    references=("disa:CISC-ND-001130", "nist-800-53r5:IA-5"),
)
def default_communities(snmp: SnmpCommunities) -> Iterator[Outcome]:
    """No well-known SNMP community is answered

    The words that devices leave the factory with are the first that anybody tries. They show the whole network, and
    some let it be changed.
    """
    for word in sorted(snmp.answered):
        yield Violation(f"community {word}", found="answered", wanted="silence")
    if not snmp.alive:
        yield Undecided("agent", "silence: an access list, other communities and a dead host look the same")


@check(
    "snmp.version3",
    severity=Severity.MEDIUM,
    fix=Fix(
        "Create an SNMPv3 user with authentication and privacy, and remove the communities.", solution="secure-snmp"
    ),
    references=("disa:CISC-ND-001130", "rfc:3414"),
)
def version3(snmp: SnmpIdentity, *, allowed: frozenset[str] = frozenset({"authPriv"})) -> Iterator[Outcome]:
    """The company reads its agents by SNMPv3 with authentication and encryption

    Communities travel as clear text with each question. Whoever listens once can ask for ever.
    """
    if not snmp.protection:
        yield Undecided("agent", "how the agent was asked is not recorded")
    elif snmp.protection not in allowed:
        yield Violation("agent", found=f"answers to {snmp.protection}", wanted=allowed)


@check("snmp.user-authentication", severity=Severity.MEDIUM, fix=_FIX_USER, references=("rfc:7860", "rfc:3414"))
def user_authentication(
    snmp: SnmpUsers, *, weak: frozenset[str] = frozenset({"none", "md5"}), except_users: frozenset[str] = frozenset()
) -> Iterator[Outcome]:
    """Each SNMPv3 user proves who it is by a strong hash

    A user without authentication is a community by another name, and MD5 no longer protects a password.
    """
    for user in snmp.users:
        if user.name not in except_users:
            yield from _judged(user, user.authentication, weak, "authentication")


@check("snmp.user-privacy", severity=Severity.MEDIUM, fix=_FIX_USER, references=("rfc:3826",))
def user_privacy(
    snmp: SnmpUsers,
    *,
    weak: frozenset[str] = frozenset({"none", "des", "3des"}),
    except_users: frozenset[str] = frozenset(),
) -> Iterator[Outcome]:
    """Each SNMPv3 user's questions and answers are encrypted by AES

    Without privacy whoever listens reads the answers; DES has been broken in a day since 1999.
    """
    for user in snmp.users:
        if user.name not in except_users:
            yield from _judged(user, user.privacy, weak, "privacy")


def _judged(user: SnmpUser, protocol: str, weak: frozenset[str], what: str) -> Iterator[Outcome]:
    if not protocol or (protocol[0].isdigit() and "." in protocol):
        yield Undecided(user.name, f"the {what} protocol is {protocol or 'not shown'}, which is not known here")
    elif protocol in weak:
        yield Violation(user.name, found=protocol, wanted=f"none of {', '.join(sorted(weak))}")


@check(
    "snmp.contact-and-location",
    severity=Severity.LOW,
    fix=Fix("Set sysContact and sysLocation.", solution="secure-snmp"),
    references=("rfc:3418", "cis-controls-8.1:1.1"),
)
def contact_and_location(
    snmp: SnmpIdentity,
    *,
    placeholders: frozenset[str] = frozenset(
        {
            "unknown",
            "not specified",
            "none",
            "root@localhost",
            "root",
            "me <me@example.org>",
            "sitting on the dock of the bay",
            "system contact",
            "system location",
        }
    ),
) -> Iterator[Outcome]:
    """The agent names who answers for the device and where it stands

    When a device fails or is abused, minutes count; whoever finds it must know whom to call and where to go.
    """
    for name, value in (("sysContact", snmp.contact), ("sysLocation", snmp.location)):
        if value is None:
            yield Undecided(name, "the agent does not show it to this credential")
        elif not value.strip() or value.strip().lower() in placeholders:
            yield Violation(name, found=value, wanted="a person or team" if name == "sysContact" else "a place")


@check(
    "snmp.uptime",
    severity=Severity.LOW,
    fix=Fix("Plan a restart with the updates that wait for it.", solution="patch-systems", disruptive=True),
    references=("nist-800-53r5:SI-2",),
)
def uptime(snmp: SnmpIdentity, *, most_days: int = 365) -> Iterator[Outcome]:
    """The device has restarted within the update cycle

    A device that has run for more than a year has had no update of its system software in that time.
    """
    times = (snmp.host_up, snmp.engine_up, snmp.agent_up)
    longest = max((known.days for known in times if known is not None), default=None)
    if longest is None:
        yield Undecided("device", "the agent shows none of its clocks")
    elif longest > most_days:
        yield Violation("device", found=f"{longest} days at least", wanted=f"{most_days} days at most")
    elif not _started_together(snmp):
        yield Undecided("device", "the agent's clocks restart with the agent and wrap after 497 days")


def _started_together(snmp: SnmpIdentity) -> bool:
    """Whether host and agent started at once: then the agent's clock, which does not wrap, tells the host's age."""
    return snmp.host_up is not None and snmp.engine_up is not None and abs(snmp.host_up - snmp.engine_up).days == 0
