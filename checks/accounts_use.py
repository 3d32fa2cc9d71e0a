"""What a company may demand of how accounts are used: who becomes whom, what homes and root's path let in."""

from collections.abc import Iterator
from datetime import date, timedelta

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.accounts import Account, LocalAccounts, Shadow, ShadowEntry
from auditor.facts.ambient import Today
from auditor.facts.dot_files import PRIVATE, TRUST, DotFiles
from auditor.facts.last_logins import LastLogins
from auditor.facts.root_path import RootPath
from auditor.facts.su import Su

_EPOCH = date(1970, 1, 1)
_NO_SHELL = frozenset({"nologin", "false", "sync", "shutdown", "halt"})
_NOBODY = 65534


def _fix(text: str) -> Fix:
    return Fix(text, solution="harden-accounts")


@check(
    "accounts.su-limited",
    severity=Severity.MEDIUM,
    fix=_fix("Add `auth required pam_wheel.so use_uid group=GROUP` to /etc/pam.d/su above the common stack."),
    references=("cis-debian12:5.2.7", "nist-800-53r5:AC-6"),
)
def su_limited(su: Su, *, groups: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """Only members of one group may use su

    With su a guessed password of root is enough, and the log does not say who guessed. sudo asks for one's own. An
    empty `groups` accepts any group, also an empty one.
    """
    for service in su.services:
        if service.why:
            yield Violation(service.name, found=service.why, wanted="required pam_wheel")
        elif service.doubt:
            yield Undecided(service.name, service.doubt)
        elif groups and service.group not in groups:
            yield Violation(service.name, found=f"the group {service.group}", wanted=groups)


@check(
    "accounts.no-trusted-hosts",
    severity=Severity.HIGH,
    fix=_fix("Remove the file, once its owner knows."),
    references=("cis-debian12:7.2.10", "nist-800-53r5:IA-2"),
)
def no_trusted_hosts(
    files: DotFiles, *, names: frozenset[str] = frozenset({".rhosts", ".shosts", ".forward", ".netrc"})
) -> Iterator[Outcome]:
    """No file lets other machines in or passes mail and passwords on

    `.rhosts`, `.shosts` and hosts.equiv let in whoever comes from a named machine, `.forward` sends mail away, and a
    `.netrc` that others may read gives passwords away; closed to others it is accepted.
    """
    for path in files.system:
        yield Violation(path, found="it exists", wanted="no such file")
    for one in files.found:
        if one.name in names & frozenset(TRUST) and (one.name != ".netrc" or one.mode & 0o077):
            yield Violation(one.path, found=f"it exists, mode {one.mode:04o}", wanted="no such file")
    for home in files.hidden:
        yield Undecided(home, "it may not be looked into")


@check(
    "accounts.dot-files",
    severity=Severity.MEDIUM,
    fix=_fix("Run chmod go-w on the file (go-rwx where it holds passwords or history), and chown it to its user."),
    references=("cis-debian12:7.2.10", "nist-800-53r5:AC-6"),
)
def dot_files(files: DotFiles) -> Iterator[Outcome]:
    """Start-up files in home folders belong to their user, and nobody else may write them

    They run at every login as that user. Histories and files of passwords are for their user alone.
    """
    for one in files.found:
        if one.owner not in {one.account, 0}:
            yield Violation(one.path, found=f"owned by user id {one.owner}", wanted=f"owned by {one.account}")
        elif one.mode & 0o022:
            yield Violation(one.path, found=f"mode {one.mode:04o}", wanted="only its user may write")
        elif one.name in PRIVATE and one.mode & 0o077:
            yield Violation(one.path, found=f"mode {one.mode:04o}", wanted="mode 0600 or stricter")
    for home in files.hidden:
        yield Undecided(home, "it may not be looked into")


@check(
    "accounts.root-path",
    severity=Severity.HIGH,
    fix=_fix("Take the folder out of PATH in the file, or run chown root:root and chmod go-w on it."),
    references=("cis-debian12:5.4.2.5", "nist-800-53r5:AC-6(10)"),
)
def root_path(path: RootPath) -> Iterator[Outcome]:
    """Root runs programs only from folders that only root can change

    With an empty element, a dot or a relative one, `ls` may be a program that somebody left in the folder one is in.
    """
    wrong: dict[str, Outcome] = {}
    for one in path.folders:
        name = one.name or "an empty element"
        if one.state == "relative":
            wrong[name] = Violation(name, found=f"in {one.file}", wanted="a folder's full path")
        elif one.state == "open":
            wrong[name] = Violation(name, found=one.detail, wanted="a folder that only root may write")
        elif one.state in {"computed", "unseen"}:
            wrong.setdefault(name, Undecided(name, f"which folder {one.file} means, or whose, cannot be told"))
    yield from wrong.values()


@check(
    "accounts.dormant",
    severity=Severity.MEDIUM,
    fix=_fix("Ask whose account it is, then close it: usermod -e 1 -s /usr/sbin/nologin."),
    references=("nist-800-53r5:AC-2(3)",),
)
def dormant(
    local: LocalAccounts,
    shadow: Shadow,
    logins: LastLogins,
    today: Today,
    *,
    days: int = 90,
    exceptions: frozenset[str] = frozenset(),
) -> Iterator[Outcome]:
    """Accounts that nobody uses are closed

    Nobody notices when somebody else uses them. An account that never logged in counts from the day its password was
    set; one that is expired or has no shell is closed.
    """
    entries = {entry.name: entry for entry in shadow.entries}
    people = [one for one in local.accounts if _is_open(one, local.first_human, entries, today.date)]
    for one in people:
        used = logins.days.get(one.name) or _made(entries.get(one.name))
        if one.name in exceptions:
            continue
        if one.name not in logins.days and one.name not in logins.never:
            yield Undecided(one.name, "lastlog does not list it")
        elif used is None:
            yield Undecided(one.name, "it never logged in, and when it was made is not recorded")
        elif used < today.date - timedelta(days=days):
            found = f"last used {used}" if one.name in logins.days else f"never used since {used}"
            yield Violation(one.name, found=found, wanted=f"used within {days} days, or closed")
    if not people:
        yield NotApplicable("no local account of a person is open")


def _is_open(account: Account, first: int, entries: dict[str, ShadowEntry], today: date) -> bool:
    entry = entries.get(account.name)
    expires = entry.ageing.expires if entry else None
    closed = expires is not None and _EPOCH + timedelta(days=min(expires, 1_000_000)) <= today
    shell = account.shell.rpartition("/")[2]
    return account.uid >= first and account.uid != _NOBODY and shell not in _NO_SHELL and not closed


def _made(entry: ShadowEntry | None) -> date | None:
    changed = entry.ageing.changed if entry else None
    return _EPOCH + timedelta(days=min(changed, 1_000_000)) if changed else None
