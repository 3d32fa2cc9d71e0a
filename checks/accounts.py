"""Who may log in to a Linux host: its local accounts, their groups, home folders and password fields."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Literal

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.accounts import Account, HomeFolders, LocalAccounts, Lock, Shadow
from auditor.facts.logindefs import Defaults, number

Mode = Literal["0700", "0710", "0711", "0750", "0751", "0755"]
Umask = Literal["022", "026", "027", "037", "077"]
_NO_SHELL = frozenset({"nologin", "false"})
_NOBODY = 65534


@check(
    "accounts.uid-zero",
    severity=Severity.CRITICAL,
    fix=Fix("Give the account a UID of its own and let it use sudo, or remove it.", solution="harden-accounts"),
    references=("cis-debian12:5.4.2.1", "nist-800-53r5:AC-6(5)"),
)
def uid_zero(local: LocalAccounts, *, allowed: frozenset[str] = frozenset({"root"})) -> Iterator[Outcome]:
    """Only root has user id 0.

    The kernel knows no names: every account with user id 0 is root, with root's power and without root's name in
    the logs. A second one is how intruders and forgotten scripts keep a way in. A locked password does not change
    that, as keys, cron jobs and services still run as that account.
    """
    for account in local.accounts:
        if account.uid == 0 and account.name not in allowed:
            yield Violation(account.name, found=0, wanted="a user id of its own")


@check(
    "accounts.unique-ids",
    severity=Severity.MEDIUM,
    fix=Fix("Give each account its own UID with usermod -u and correct its files' owner.", solution="harden-accounts"),
    references=("cis-debian12:7.2.5",),
)
def unique_ids(local: LocalAccounts) -> Iterator[Outcome]:
    """Each account has its own user id.

    Two accounts with one user id own the same files and look like one person to the kernel and to the audit trail, so
    nobody can tell afterwards who acted.
    """
    for uid, names in _shared((account.uid, account.name) for account in local.accounts):
        yield Violation(f"uid {uid}", found=names, wanted="one account")


@check(
    "accounts.unique-group-ids",
    severity=Severity.MEDIUM,
    fix=Fix("Give each group its own GID with groupmod -g.", solution="harden-accounts"),
    references=("cis-debian12:7.2.6",),
)
def unique_group_ids(local: LocalAccounts) -> Iterator[Outcome]:
    """Each group has its own group id.

    Members of one group silently get the rights of the other when both have the same number.
    """
    for gid, names in _shared((group.gid, group.name) for group in local.groups):
        yield Violation(f"gid {gid}", found=names, wanted="one group")


@check(
    "accounts.unique-names",
    severity=Severity.MEDIUM,
    fix=Fix("Remove or rename the second entry with vipw or vigr.", solution="harden-accounts"),
    references=("cis-debian12:7.2.7", "cis-debian12:7.2.8"),
)
def unique_names(local: LocalAccounts) -> Iterator[Outcome]:
    """No account and no group is defined twice.

    Programs use the first entry of a name that they find, people change the second, and what was decided does not
    take effect.
    """
    for name, uids in _shared((account.name, account.uid) for account in local.accounts):
        yield Violation(f"account {name}", found=uids, wanted="one entry")
    for name, gids in _shared((group.name, group.gid) for group in local.groups):
        yield Violation(f"group {name}", found=gids, wanted="one entry")


@check(
    "accounts.empty-passwords",
    severity=Severity.CRITICAL,
    fix=Fix("Lock the account with passwd -l, or set a password.", solution="harden-accounts"),
    references=("cis-debian12:7.2.2", "nist-800-53r5:IA-5"),
)
def empty_passwords(local: LocalAccounts, shadow: Shadow) -> Iterator[Outcome]:
    """No account can log in without a password.

    An empty password field is not a locked account: it is an account that asks for nothing.
    """
    hidden = {entry.name: entry.password for entry in reversed(shadow.entries)}
    for account in local.accounts:
        field = account.password
        if field.lock is Lock.SHADOWED:
            field = hidden.get(account.name, field)
        if field.lock is Lock.EMPTY:
            yield Violation(account.name, found="an empty password", wanted="a password or a lock")
        elif field.lock is Lock.UNCLEAR:
            yield Undecided(account.name, "its password field is neither empty, locked nor a known kind of hash")


@check(
    "accounts.shadowed",
    severity=Severity.HIGH,
    fix=Fix("Run pwconv and grpconv, then have the passwords changed that were readable.", solution="harden-accounts"),
    references=("cis-debian12:7.2.1",),
)
def shadowed(local: LocalAccounts) -> Iterator[Outcome]:
    """Password hashes stand in the shadow files only.

    /etc/passwd and /etc/group can be read by every program on the host: a hash there can be taken away and guessed at
    leisure, and an empty field there asks for no password at all.
    """
    for account in local.accounts:
        if account.password.lock in {Lock.EMPTY, Lock.HASHED, Lock.UNCLEAR}:
            yield Violation(f"account {account.name}", found=_words(account.password.lock), wanted="x")
    for group in local.groups:
        if group.password.lock in {Lock.HASHED, Lock.UNCLEAR}:
            yield Violation(f"group {group.name}", found=_words(group.password.lock), wanted="x")


@check(
    "accounts.system-shells",
    severity=Severity.MEDIUM,
    fix=Fix("Give the account /usr/sbin/nologin as its shell.", solution="harden-accounts"),
    references=("cis-debian12:5.4.2.7",),
)
def system_shells(
    local: LocalAccounts,
    *,
    no_shells: frozenset[str] = frozenset({"nologin", "false"}),
    exceptions: frozenset[str] = frozenset({"sync:/bin/sync", "shutdown:/sbin/shutdown", "halt:/sbin/halt"}),
) -> Iterator[Outcome]:
    """System accounts have no login shell.

    Accounts that services run under are not for people. With a shell, a service's fault becomes an interactive
    session. An empty shell field means /bin/sh. `no_shells` are file names of shells that refuse; `exceptions` are
    accounts, or account:shell.
    """
    for account in local.accounts:
        pair = f"{account.name}:{account.shell.replace('/usr/', '/', 1)}"
        system = 0 < account.uid < local.first_human or account.uid == _NOBODY
        if system and _program(account.shell) not in no_shells and not exceptions & {pair, account.name}:
            yield Violation(account.name, found=account.shell or "empty (/bin/sh)", wanted="a shell that refuses")


@check(
    "accounts.home-directories",
    severity=Severity.MEDIUM,
    fix=Fix("Create the home folder and give it to its account.", solution="harden-accounts"),
    references=("cis-debian12:7.2.9",),
)
def home_directories(local: LocalAccounts, homes: HomeFolders) -> Iterator[Outcome]:
    """Each person's account has a home folder of its own.

    Without one the account starts in the root folder; owned by another, its keys and start-up files are that other's
    to replace.
    """
    found = {folder.path: folder for folder in homes.found}
    people = [account for account in local.accounts if _is_person(account, local.first_human)]
    for account in people:
        folder = found.get(account.home)
        if folder is not None and not folder.is_folder:
            yield Violation(account.name, found=f"{account.home} is not a folder", wanted="a folder")
        elif folder is not None and folder.owner != account.uid:
            yield Violation(account.name, found=f"owned by user id {folder.owner}", wanted=f"owned by {account.uid}")
        elif folder is None and (account.home in homes.missing or not account.home.startswith("/")):
            yield Violation(account.name, found=account.home or "no home is given", wanted="a folder")
        elif folder is None:
            yield Undecided(account.name, f"{account.home} was not seen")
    if not people:
        yield NotApplicable("no local account belongs to a person")


@check(
    "accounts.home-permissions",
    severity=Severity.MEDIUM,
    fix=Fix("Run chmod g-w,o-rwx on the home folder.", solution="harden-accounts"),
    references=("cis-debian12:7.2.9",),
)
def home_permissions(local: LocalAccounts, homes: HomeFolders, *, most: Mode = "0750") -> Iterator[Outcome]:
    """Home folders are closed to others.

    Keys, history and start-up files stand there. Whoever may write to them acts as their owner. `most` is the widest
    mode allowed, in octal.
    """
    found = {folder.path: folder for folder in homes.found}
    people = [a for a in local.accounts if a.uid == 0 or _is_person(a, local.first_human)]
    for account in people:
        folder = found.get(account.home)
        if folder is None and account.home not in homes.missing:
            yield Undecided(account.name, f"{account.home or 'its home'} was not seen")
        elif folder is not None and folder.mode & 0o777 & ~int(most, 8):
            yield Violation(account.name, found=f"{folder.mode & 0o777:04o}", wanted=f"{most} or stricter")
    if all(account.home in homes.missing for account in people):
        yield NotApplicable("no person's account has a home folder")


@check(
    "accounts.legacy-entries",
    severity=Severity.HIGH,
    fix=Fix("Delete the + line with vipw or vigr.", solution="harden-accounts"),
    references=("cis-debian12:7.2.1",),
)
def legacy_entries(local: LocalAccounts, shadow: Shadow) -> Iterator[Outcome]:
    """No NIS entry stands in the account files.

    A line that begins with + lets a network service add accounts; without that service some programs took the plus
    sign itself for an account without a password.
    """
    for line in (*local.legacy, *shadow.legacy):
        yield Violation(line.rpartition(": ")[0], found=line.partition(": ")[2], wanted="no such line")


@check(
    "accounts.well-formed",
    severity=Severity.LOW,
    fix=Fix("Run pwck and grpck, and correct or delete the line.", solution="harden-accounts"),
)
def well_formed(local: LocalAccounts) -> Iterator[Outcome]:
    """Every line of the account files is an entry.

    Lines that the system skips hide accounts from those who read the file, or read differently in different programs.
    """
    for line in local.malformed:
        yield Violation(line.partition(": ")[0], found=line.partition(": ")[2], wanted="an entry")


@check(
    "accounts.root-group",
    severity=Severity.MEDIUM,
    fix=Fix("Run usermod -g 0 root, and give other accounts a group of their own.", solution="harden-accounts"),
    references=("cis-debian12:5.4.2.2",),
)
def root_group(
    local: LocalAccounts, *, allowed: frozenset[str] = frozenset({"root", "sync", "shutdown", "halt", "operator"})
) -> Iterator[Outcome]:
    """Root's primary group is group 0, and it is nobody else's.

    Files that root creates belong to its group: with another group they are open to that group, and members of group
    0 reach what is meant for root.
    """
    for account in local.accounts:
        if account.name == "root" and account.gid != 0:
            yield Violation("root", found=account.gid, wanted=0)
        elif account.gid == 0 and account.name not in allowed:
            yield Violation(account.name, found=0, wanted="a group of its own")


@check(
    "accounts.groups-exist",
    severity=Severity.LOW,
    fix=Fix("Create the group, or give the account one that exists.", solution="harden-accounts"),
    references=("cis-debian12:7.2.3",),
)
def groups_exist(local: LocalAccounts) -> Iterator[Outcome]:
    """Each account's primary group exists.

    Whoever later creates a group with that number gets the files of the account with it.
    """
    known = {group.gid for group in local.groups}
    for account in local.accounts:
        if account.gid not in known:
            yield Violation(account.name, found=account.gid, wanted="a group of /etc/group")


@check(
    "accounts.shadow-group",
    severity=Severity.HIGH,
    fix=Fix("Take the account out of the group shadow.", solution="harden-accounts"),
    references=("cis-debian12:7.2.4",),
)
def shadow_group(local: LocalAccounts) -> Iterator[Outcome]:
    """Nobody is a member of the group shadow.

    The group may read every password hash of the host.
    """
    shadow = next((group for group in local.groups if group.name == "shadow"), None)
    if shadow is None:
        yield NotApplicable("there is no group shadow")
        return
    primary = {account.name for account in local.accounts if account.gid == shadow.gid}
    for name in sorted(primary | set(shadow.members)):
        yield Violation(name, found="member", wanted="no member")


@check(
    "accounts.password-hashes",
    severity=Severity.HIGH,
    fix=Fix(
        "Set a strong hash method, then have the password changed: chage -d 0.", solution="enforce-password-policy"
    ),
    references=("nist-800-53r5:IA-5(1)",),
)
def password_hashes(
    shadow: Shadow, *, allowed: frozenset[str] = frozenset({"yescrypt", "gost-yescrypt", "sha512"})
) -> Iterator[Outcome]:
    """Stored passwords are hashed by a strong method.

    Old methods (DES, MD5) are guessed a billion times a second once a hash is stolen. A new setting does not change
    old hashes: each changes with its password.
    """
    for entry in shadow.entries:
        field = entry.password
        if field.lock is Lock.UNCLEAR:
            yield Undecided(entry.name, "its password field is not a known kind of hash")
        elif field.lock is Lock.HASHED and field.scheme not in allowed:
            yield Violation(entry.name, found=field.scheme, wanted=allowed)
    if not any(entry.password.lock in {Lock.HASHED, Lock.UNCLEAR} for entry in shadow.entries):
        yield NotApplicable("no account has a password")


@check(
    "accounts.default-umask",
    severity=Severity.LOW,
    fix=Fix("Set UMASK 027 in /etc/login.defs.", solution="harden-accounts"),
    references=("cis-debian12:5.4.3.3",),
)
def default_umask(defaults: Defaults, *, at_least: Umask = "027") -> Iterator[Outcome]:
    """Files that a login creates are closed to others from the start.

    `at_least` are the rights that UMASK in login.defs has to take away. The shadow tools read its last line, and take
    27 without a leading 0 for a decimal number; PAM reads the first line, always in octal. Both have to be right.
    """
    tools, pam = defaults.by_tools.get("UMASK"), defaults.by_pam.get("UMASK")
    if tools is None or pam is None:
        yield Violation("UMASK", found="not set", wanted=at_least)
        return
    by_tools, by_pam = number(tools), int(pam, 8) if re.fullmatch("[0-7]{1,4}", pam) else None
    for reader, mask in (("the shadow tools", by_tools), ("PAM", by_pam)):
        if mask is None and defaults.merged:
            yield Undecided(f"UMASK for {reader}", f"how this host reads {tools!r} depends on its release")
        elif mask is None or int(at_least, 8) & ~mask:
            found = "not a number" if mask is None else f"{mask:03o}"
            yield Violation(f"UMASK for {reader}", found=found, wanted=f"{at_least} or stricter")


def _shared(pairs: Iterable[tuple[int | str, int | str]]) -> Iterator[tuple[int | str, tuple[int | str, ...]]]:
    """Yield each key that stands with more than one entry, and what stands with it."""
    found: defaultdict[int | str, list[int | str]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    yield from ((key, tuple(values)) for key, values in found.items() if len(values) > 1)


def _is_person(account: Account, first_human: int) -> bool:
    return account.uid >= first_human and account.uid != _NOBODY and _program(account.shell) not in _NO_SHELL


def _program(shell: str) -> str:
    return shell.rpartition("/")[2]


def _words(lock: Lock) -> str:
    return {Lock.EMPTY: "an empty password", Lock.HASHED: "a hash"}.get(lock, "something that may be a hash")
