"""What a company may demand of the files that guard a system. Stricter than demanded is always met.

A mode is written as chmod(1) takes it, in quotes: "0640". A file that does not exist cannot be wrong.
"""

from collections.abc import Iterator
from typing import Final, Literal

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts import files as paths
from auditor.facts.files import FileMode, Files

Mode = Literal[
    "0000", "0400", "0440", "0444", "0500", "0550", "0555", "0600", "0640", "0644", "0660", "0664", "0700", "0711",
    "0750", "0755", "0770", "0775",
]  # fmt: skip
Groups = frozenset[str]

_ROOT: Final[Groups] = frozenset({"root"})
_GROUP_AND_OTHERS_WRITE: Final = 0o022


def _fix(text: str) -> Fix:
    return Fix(text, solution="harden-file-permissions")


def _guarded(files: Files, patterns: tuple[str, ...], at_most: Mode, groups: Groups = _ROOT) -> Iterator[Outcome]:
    """Yield each file that is not root's, or that allows more than a mode.

    The group has to be root or one of `groups`; where the mode gives the group nothing, it does not matter.
    """
    for file in files.matching(*patterns):
        if file.owner != 0:
            yield Violation(file.path, found=f"owner {file.owner_name}", wanted="owner root")
        if file.group != 0 and file.group_name not in groups and file.mode & 0o070:
            yield Violation(file.path, found=f"group {file.group_name}", wanted=_group_wanted(groups))
        yield from _mode(file, int(at_most, 8))
    for path in files.hidden_of(*patterns):
        yield Undecided(path, "this account may not look at it")


def _absent(files: Files, *patterns: str) -> Iterator[Outcome]:
    """Yield that there is nothing to judge when none of the files exists."""
    if not any(files.matching(*patterns)) and not files.hidden_of(*patterns):
        yield NotApplicable("none of these files exists here")


def _group_wanted(groups: Groups) -> str:
    return "group " + " or ".join(sorted(groups | _ROOT))


def _mode(file: FileMode, at_most: int) -> Iterator[Outcome]:
    bits = file.mode & (0o777 if file.kind == "directory" else 0o7777)
    if bits & ~at_most:
        yield Violation(file.path, found=f"mode {file.mode:04o}", wanted=f"mode {at_most:04o} or stricter")
    elif file.acl:
        yield Undecided(file.path, "an access control list says who else may use it; see getfacl")


@check(
    "files.account-databases",
    severity=Severity.HIGH,
    fix=_fix("Run chown root:root and chmod u-x,go-wx on the file."),
    references=("cis-debian12:7.1.1", "cis-debian12:7.1.2", "cis-debian12:7.1.3", "cis-debian12:7.1.4"),
)
def account_databases(files: Files, *, at_most: Mode = "0644") -> Iterator[Outcome]:
    """Only root changes the lists of users and groups

    Whoever can write to them becomes root with one line.
    """
    yield from _guarded(files, paths.ACCOUNTS, at_most)
    yield from _absent(files, *paths.ACCOUNTS)


@check(
    "files.password-hashes",
    severity=Severity.CRITICAL,
    fix=_fix("Run chown root:shadow (or root:root) and chmod 0640 on the file."),
    references=("cis-debian12:7.1.5", "cis-debian12:7.1.6", "cis-debian12:7.1.7", "cis-debian12:7.1.8"),
)
def password_hashes(
    files: Files, *, at_most: Mode = "0640", groups: Groups = frozenset({"root", "shadow"})
) -> Iterator[Outcome]:
    """Only the system reads password hashes

    Whoever reads them can guess passwords at leisure, without being noticed.
    """
    yield from _guarded(files, paths.PASSWORDS, at_most, groups)
    yield from _absent(files, *paths.PASSWORDS)


@check(
    "files.old-passwords",
    severity=Severity.HIGH,
    fix=_fix("Run chown root:root and chmod 0600 on /etc/security/opasswd."),
    references=("cis-debian12:7.1.10",),
)
def old_passwords(files: Files, *, at_most: Mode = "0600") -> Iterator[Outcome]:
    """Only root reads the hashes of former passwords

    People vary their passwords little, so old ones help to guess new ones.
    """
    yield from _guarded(files, paths.OLD_PASSWORDS, at_most)
    yield from _absent(files, *paths.OLD_PASSWORDS)


@check(
    "files.shells",
    severity=Severity.MEDIUM,
    fix=_fix("Run chown root:root and chmod 0644 on /etc/shells."),
    references=("cis-debian12:7.1.9",),
)
def shells(files: Files, *, at_most: Mode = "0644") -> Iterator[Outcome]:
    """Only root decides which shells are allowed

    Programs take an account for a person's by its shell.
    """
    yield from _guarded(files, paths.SHELLS, at_most)
    yield from _absent(files, *paths.SHELLS)


@check(
    "files.ssh-server-configuration",
    severity=Severity.MEDIUM,
    fix=_fix("Run chown root:root and chmod 0600 on the file (0700 on the folder)."),
    references=("cis-debian12:5.1.1",),
)
def ssh_server_configuration(
    files: Files, *, at_most: Mode = "0644", folders_at_most: Mode = "0755"
) -> Iterator[Outcome]:
    """Only root changes the SSH server's configuration

    Whoever can write it decides who may log in.
    """
    yield from _guarded(files, (paths.SSH_CONFIG[0], paths.SSH_CONFIG[2]), at_most)
    yield from _guarded(files, (paths.SSH_CONFIG[1],), folders_at_most)
    yield from _absent(files, *paths.SSH_CONFIG)


@check(
    "files.ssh-host-keys",
    severity=Severity.CRITICAL,
    fix=_fix("Run chown root:root and chmod 0600 on the key, and replace the key if others could read it."),
    references=("cis-debian12:5.1.2",),
)
def ssh_host_keys(files: Files) -> Iterator[Outcome]:
    """Only the SSH server reads its private keys

    Whoever has the key can pretend to be the server. The group ssh_keys (0640) is how RHEL guards them.
    """
    for file in files.matching(*paths.SSH_PRIVATE):
        by_group = file.group_name == "ssh_keys" and file.group != 0
        yield from _guarded(
            Files({file.path: file}), (file.path,), "0640" if by_group else "0600", frozenset({"ssh_keys"})
        )
    for path in files.hidden_of(*paths.SSH_PRIVATE):
        yield Undecided(path, "this account may not look at it")
    yield from _absent(files, *paths.SSH_PRIVATE)


@check(
    "files.ssh-public-keys",
    severity=Severity.LOW,
    fix=_fix("Run chown root:root and chmod 0644 on the key."),
    references=("cis-debian12:5.1.3",),
)
def ssh_public_keys(files: Files, *, at_most: Mode = "0644") -> Iterator[Outcome]:
    """Only root changes the SSH server's public keys

    Administrators copy them to learn whom to trust.
    """
    yield from _guarded(files, paths.SSH_PUBLIC, at_most)
    yield from _absent(files, *paths.SSH_PUBLIC)


@check(
    "files.scheduled-jobs",
    severity=Severity.MEDIUM,
    fix=_fix("Run chown root:root and chmod og-rwx on the file or folder."),
    references=tuple(f"cis-debian12:2.4.1.{number}" for number in range(2, 8)),
)
def scheduled_jobs(files: Files, *, at_most: Mode = "0600", folders_at_most: Mode = "0700") -> Iterator[Outcome]:
    """Only root reads and changes scheduled jobs

    Jobs run as root: who changes one is root, and who reads them learns when and what.
    """
    yield from _guarded(files, paths.CRON_FILES, at_most)
    yield from _guarded(files, paths.CRON_FOLDERS, folders_at_most)
    yield from _absent(files, *paths.CRON_FILES, *paths.CRON_FOLDERS)


@check("files.sudo-rules", severity=Severity.HIGH, fix=_fix("Run chown root:root and chmod 0440 on the file."))
def sudo_rules(files: Files, *, at_most: Mode = "0440", folders_at_most: Mode = "0755") -> Iterator[Outcome]:
    """Only root reads and changes the rules for sudo

    Whoever can write them gives himself all rights.
    """
    yield from _guarded(files, paths.SUDO_FILES, at_most)
    yield from _guarded(files, paths.SUDO_FOLDERS, folders_at_most)
    yield from _absent(files, *paths.SUDO_FILES, *paths.SUDO_FOLDERS)


@check(
    "files.boot-loader",
    severity=Severity.MEDIUM,
    fix=_fix("Run chown root:root and chmod 0600 on the boot loader's configuration."),
    references=("cis-debian12:1.4.2",),
)
def boot_loader(files: Files, *, at_most: Mode = "0600") -> Iterator[Outcome]:
    """Only root reads and changes how the system boots

    The file may hold the hash of the boot password, and shows what could be switched off.
    """
    yield from _guarded(files, paths.BOOT, at_most)
    yield from _absent(files, *paths.BOOT)


@check(
    "files.login-notices",
    severity=Severity.LOW,
    fix=_fix("Run chown root:root and chmod 0644 on the file."),
    references=("cis-debian12:1.6.4", "cis-debian12:1.6.5", "cis-debian12:1.6.6"),
)
def login_notices(files: Files, *, at_most: Mode = "0644") -> Iterator[Outcome]:
    """Only root changes what is shown before and after login

    People believe what stands there, also when it asks for their password.
    """
    yield from _guarded(files, paths.BANNERS, at_most)
    yield from _absent(files, *paths.BANNERS)


@check(
    "files.audit-configuration",
    severity=Severity.MEDIUM,
    fix=_fix("Run chown root:root and chmod 0640 on the file."),
    references=("cis-debian12:6.2.4.5",),
)
def audit_configuration(files: Files, *, at_most: Mode = "0640") -> Iterator[Outcome]:
    """Only root decides what is audited

    Who can change or read the rules can act where nobody looks.
    """
    yield from _guarded(files, paths.AUDIT, at_most)
    yield from _absent(files, *paths.AUDIT)


@check(
    "files.audit-logs",
    severity=Severity.MEDIUM,
    fix=_fix("Run chown root:root and chmod 0640 on the file (0750 on the folder)."),
    references=tuple(f"cis-debian12:6.2.4.{number}" for number in range(1, 5)),
)
def audit_logs(
    files: Files,
    *,
    at_most: Mode = "0640",
    folder_at_most: Mode = "0750",
    groups: Groups = frozenset({"root", "adm"}),
) -> Iterator[Outcome]:
    """Only administrators read what the audit daemon recorded, and only root changes it

    The records say what everybody did, and they are what an intruder changes first.
    """
    yield from _guarded(files, paths.AUDIT_LOGS, at_most, groups)
    yield from _guarded(files, paths.AUDIT_LOG_FOLDER, folder_at_most, groups)
    yield from _absent(files, *paths.AUDIT_LOGS, *paths.AUDIT_LOG_FOLDER)


@check(
    "files.audit-tools",
    severity=Severity.MEDIUM,
    fix=_fix("Run chown root:root and chmod 0755 on the program."),
    references=tuple(f"cis-debian12:6.2.4.{number}" for number in range(8, 11)),
)
def audit_tools(files: Files, *, at_most: Mode = "0755") -> Iterator[Outcome]:
    """Only root changes the programs that audit

    A changed tool shows what it was changed to show.
    """
    yield from _guarded(files, paths.AUDIT_TOOLS, at_most)
    yield from _absent(files, *paths.AUDIT_TOOLS)


@check(
    "files.scheduler-access",
    severity=Severity.LOW,
    fix=_fix("Run chown root:root and chmod 0640 on the file."),
    references=("cis-debian12:2.4.1.8", "cis-debian12:2.4.2.1"),
)
def scheduler_access(
    files: Files, *, at_most: Mode = "0640", groups: Groups = frozenset({"root", "crontab", "daemon"})
) -> Iterator[Outcome]:
    """Only root decides who may schedule jobs

    The lists of cron and at say whose jobs run when nobody looks.
    """
    yield from _guarded(files, paths.SCHEDULER_ACCESS, at_most, groups)
    yield from _absent(files, *paths.SCHEDULER_ACCESS)


@check(
    "files.program-folders",
    severity=Severity.HIGH,
    fix=_fix("Run chown root:root and chmod go-w on the folder."),
)
def program_folders(files: Files) -> Iterator[Outcome]:
    """Only root adds programs to the folders that root runs programs from

    Somebody else's program there runs as root as soon as an administrator types its name.
    """
    for folder in files.matching(*paths.PROGRAMS):
        if folder.owner != 0:
            yield Violation(folder.path, found=f"owner {folder.owner_name}", wanted="owner root")
        allowed = 0o002 if folder.group == 0 else _GROUP_AND_OTHERS_WRITE
        if folder.mode & allowed:
            yield Violation(
                folder.path, found=f"mode {folder.mode:04o}, group {folder.group_name}", wanted="only root writes"
            )
        elif folder.acl:
            yield Undecided(folder.path, "an access control list says who else may write; see getfacl")
    for path in files.hidden_of(*paths.PROGRAMS):
        yield Undecided(path, "this account may not look at it")
    yield from _absent(files, *paths.PROGRAMS)


@check(
    "files.shared-folders",
    severity=Severity.HIGH,
    fix=_fix("Run chmod 1777 on the folder."),
    references=("nist-800-53r5:AC-6(1)",),
)
def shared_folders(files: Files) -> Iterator[Outcome]:
    """In folders that all may write to, nobody removes other people's files

    Without the sticky bit, anybody swaps a file that somebody else's program is about to use.
    """
    for folder in files.matching(*paths.SHARED):
        if folder.kind == "directory" and folder.mode & 0o002 and not folder.mode & 0o1000:
            yield Violation(folder.path, found=f"mode {folder.mode:04o}", wanted="the sticky bit")
    yield from _absent(files, *paths.SHARED)


@check("files.root-home", severity=Severity.MEDIUM, fix=_fix("Run chown root:root and chmod 0700 on /root."))
def root_home(files: Files, *, at_most: Mode = "0750") -> Iterator[Outcome]:
    """Only root sees what is in root's home

    Keys, histories and notes of administrators collect there.
    """
    yield from _guarded(files, paths.HOME, at_most)
    yield from _absent(files, *paths.HOME)
