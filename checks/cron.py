"""What a company may demand of cron and at: who may schedule jobs, and that root's jobs are root's to change."""

from collections.abc import Iterator
from typing import Literal

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.cron import Schedulers
from auditor.facts.services import EnabledUnits

View = Literal["effective", "effective and written"]
Names = frozenset[str]

_DAEMONS = frozenset({"cron", "crond", "cronie", "dcron"})


def _fix(text: str) -> Fix:
    return Fix(text, solution="limit-schedulers")


def _users(
    schedulers: Schedulers, program: str, users: Names, view: View, without_lists: Literal["root", "all", "?"]
) -> Iterator[Outcome]:
    """Judge who may use a scheduler: those whom its allow file names, else all but those whom its deny file names."""
    allow, deny = f"/etc/{program}.allow", f"/etc/{program}.deny"
    wanted = users or "a list of users"
    if hidden := [path for path in (allow, deny) if path in schedulers.unread]:
        yield Undecided(allow, f"{hidden[0]} may not be read by this account")
    elif allow in schedulers.lists:
        if more := frozenset(schedulers.lists[allow]) - users - {"root"} if users else frozenset():
            yield Violation(allow, found=more, wanted=users)
    elif view != "effective":
        yield Violation(allow, found="there is no such file", wanted=wanted)
    elif deny in schedulers.lists:
        yield Violation(allow, found=f"all may but those of {deny}", wanted=wanted)
    elif without_lists == "all":
        yield Violation(allow, found="all may, as there is no list", wanted=wanted)
    elif without_lists == "?":
        yield Undecided(allow, "there is no list, and which cron this is cannot be told")


@check(
    "cron.users",
    severity=Severity.MEDIUM,
    fix=_fix("Write the users who need it, or none, into /etc/cron.allow, and remove /etc/cron.deny."),
    references=("cis-debian12:2.4.1.8", "nist-800-53r5:CM-7"),
)
def users(schedulers: Schedulers, *, allowed: Names = frozenset(), view: View = "effective") -> Iterator[Outcome]:
    """Only named users may have jobs run by cron

    Jobs run while nobody looks, and go on when an account's password was changed. Without any list Debian lets
    everybody use cron, and Red Hat and SUSE only root. An empty `allowed` accepts whoever is listed.
    """
    if not schedulers.cron:
        yield NotApplicable("there is no cron here")
    else:
        kinds: dict[str, Literal["root", "all"]] = {"debian": "all", "cronie": "root"}
        yield from _users(schedulers, "cron", allowed, view, kinds.get(schedulers.cron, "?"))


@check(
    "cron.at-users",
    severity=Severity.MEDIUM,
    fix=_fix("Write the users who need it, or none, into /etc/at.allow, and remove /etc/at.deny."),
    references=("cis-debian12:2.4.2.1", "nist-800-53r5:CM-7"),
)
def at_users(schedulers: Schedulers, *, allowed: Names = frozenset(), view: View = "effective") -> Iterator[Outcome]:
    """Only named users may have jobs run by at

    Distributions ship a list of those who may not, which lets everybody else.
    """
    if not schedulers.at:
        yield NotApplicable("at is not installed")
    else:
        yield from _users(schedulers, "at", allowed, view, "root")


@check(
    "cron.runs",
    severity=Severity.LOW,
    fix=_fix("Run systemctl enable --now cron (crond on Red Hat's systems)."),
    references=("cis-debian12:2.4.1.1",),
)
def runs(schedulers: Schedulers, units: EnabledUnits) -> Iterator[Outcome]:
    """Where there is cron, it runs and starts with the host

    Jobs that rotate logs, renew certificates or look for changes stop with it, and nothing says so.
    """
    if not schedulers.cron:
        yield NotApplicable("there is no cron here")
    elif schedulers.cron == "systemd-cron":
        yield NotApplicable("systemd's own timers run the jobs here")
    else:
        if not units.names & _DAEMONS:
            yield Violation("start", found="not enabled", wanted="enabled")
        if schedulers.running is None:
            yield Undecided("process", "other accounts' processes cannot be seen from this account")
        elif not schedulers.running & {"cron", "crond"}:
            yield Violation("process", found="not running", wanted="running")


@check(
    "cron.programs-guarded",
    severity=Severity.HIGH,
    fix=_fix("Run chown root:root and chmod go-w on the program and the folder that it lies in."),
    references=("nist-800-53r5:AC-6(10)",),
)
def programs_guarded(schedulers: Schedulers) -> Iterator[Outcome]:
    """Programs that root's scheduled jobs start can only be changed by root

    Whoever can write such a script is root within a day, without logging in again.
    """
    programs = list(dict.fromkeys(schedulers.started()))
    paths = dict.fromkeys(place for path in programs for place in (path, path.rpartition("/")[0]))
    for path in paths:
        shown = schedulers.programs.get(path)
        if shown is not None and shown.open:
            yield Violation(path, found=str(shown), wanted="only root may write")
    if schedulers.unread:
        yield Undecided("jobs", f"{schedulers.unread[0]} may not be read by this account")
    if not programs:
        yield NotApplicable("no job of root names a program")
