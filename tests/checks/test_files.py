"""Verdicts on files' owners and modes: what good looks like, and one file changed at a time."""

import pytest

from auditor.facts.files import FileMode, Files
from tests.make import UNKNOWN, Case, Verdict, checks, names

files = checks("files")

PASS, FAIL, DONT_KNOW, NOT_HERE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE


def file(path: str, mode: int, **changed: object) -> FileMode:
    """Return root's file."""
    kind = "directory" if changed.pop("folder", False) else "regular file"
    fields: dict[str, object] = {"owner": 0, "group": 0, "owner_name": "root", "group_name": "root", "kind": kind}
    return FileMode(path=path, mode=mode, **{**fields, **changed})  # type: ignore[arg-type]


def host(*found: FileMode, hidden: tuple[str, ...] = ()) -> Files:
    """Return these files."""
    return Files({one.path: one for one in found}, hidden)


SHADOW = {"group": 42, "group_name": "shadow"}
BOB = {"owner": 1000, "owner_name": "bob"}

ONE_FILE = [
    (files.account_databases, "/etc/passwd", 0o644, 0o600, 0o664, False),
    (files.password_hashes, "/etc/shadow", 0o640, 0o000, 0o644, False),
    (files.old_passwords, "/etc/security/opasswd", 0o600, 0o400, 0o640, False),
    (files.shells, "/etc/shells", 0o644, 0o600, 0o646, False),
    (files.ssh_server_configuration, "/etc/ssh/sshd_config", 0o644, 0o600, 0o666, False),
    (files.ssh_host_keys, "/etc/ssh/ssh_host_rsa_key", 0o600, 0o400, 0o640, False),
    (files.ssh_public_keys, "/etc/ssh/ssh_host_rsa_key.pub", 0o644, 0o600, 0o664, False),
    (files.ssh_public_keys, "/etc/ssh/backup.pub", 0o644, 0o444, 0o646, False),
    (files.scheduled_jobs, "/etc/crontab", 0o600, 0o400, 0o644, False),
    (files.sudo_rules, "/etc/sudoers.d/90-cloud-init", 0o440, 0o400, 0o644, False),
    (files.boot_loader, "/boot/grub2/grub.cfg", 0o600, 0o400, 0o644, False),
    (files.login_notices, "/etc/issue", 0o644, 0o444, 0o777, False),
    (files.audit_configuration, "/etc/audit/auditd.conf", 0o640, 0o600, 0o644, False),
    (files.audit_logs, "/var/log/audit/audit.log", 0o640, 0o600, 0o644, False),
    (files.audit_logs, "/var/log/audit", 0o750, 0o700, 0o755, True),
    (files.audit_tools, "/sbin/auditctl", 0o755, 0o750, 0o775, False),
    (files.scheduler_access, "/etc/cron.allow", 0o640, 0o600, 0o644, False),
    (files.scheduler_access, "/etc/at.deny", 0o640, 0o400, 0o660, False),
    (files.root_home, "/root", 0o750, 0o700, 0o755, True),
]

IN_GENERAL = [
    *(Case(c, (host(file(p, ok, folder=d)),), PASS) for c, p, ok, _, _, d in ONE_FILE),
    *(Case(c, (host(file(p, less, folder=d)),), PASS, why="stricter") for c, p, _, less, _, d in ONE_FILE),
    *(Case(c, (host(file(p, more, folder=d)),), FAIL, (p,), why="others may") for c, p, _, _, more, d in ONE_FILE),
    *(Case(c, (host(file(p, ok, folder=d, **BOB)),), FAIL, (p,), why="not root's") for c, p, ok, _, _, d in ONE_FILE),
    *(Case(c, (host(hidden=(p,)),), DONT_KNOW, why="it is hidden") for c, p, *_ in ONE_FILE),
    *(Case(c, (host(file(p, ok, folder=d, acl=True)),), DONT_KNOW, why="ACL") for c, p, ok, _, _, d in ONE_FILE),
    *(Case(c, (UNKNOWN,), DONT_KNOW) for c, *_ in ONE_FILE),
    *(Case(c, (host(),), NOT_HERE, why="there is none") for c, *_ in ONE_FILE),
]

SPECIAL = [
    Case(files.password_hashes, (host(file("/etc/shadow", 0o640, **SHADOW)),), PASS, why="the group is shadow"),
    Case(
        files.password_hashes,
        (host(file("/etc/gshadow", 0o640, group=100, group_name="users")),),
        FAIL,
        ("/etc/gshadow",),
        why="the group is everybody",
    ),
    Case(
        files.password_hashes,
        (host(file("/etc/shadow", 0o600, group=100, group_name="users")),),
        PASS,
        why="the group may nothing",
    ),
    Case(files.password_hashes, (host(file("/etc/shadow", 0o4640)),), FAIL, why="it is set-id"),
    Case(
        files.ssh_host_keys,
        (host(file("/etc/ssh/ssh_host_rsa_key", 0o640, group=998, group_name="ssh_keys")),),
        PASS,
        why="RHEL guards it so",
    ),
    Case(
        files.ssh_host_keys,
        (host(file("/etc/ssh/ssh_host_a_key", 0o600), file("/etc/ssh/ssh_host_b_key", 0o644)),),
        FAIL,
        ("/etc/ssh/ssh_host_b_key",),
        why="one of two is open",
    ),
    Case(
        files.ssh_server_configuration,
        (host(file("/etc/ssh/sshd_config", 0o644)),),
        FAIL,
        settings={"at_most": "0600"},
        why="the policy is stricter",
    ),
    Case(
        files.ssh_server_configuration,
        (host(file("/etc/ssh/sshd_config", 0o600), file("/etc/ssh/sshd_config.d", 0o777, folder=True)),),
        FAIL,
        ("/etc/ssh/sshd_config.d",),
        why="anybody can add a drop-in",
    ),
    Case(
        files.ssh_server_configuration,
        (host(file("/etc/ssh/sshd_config", 0o600), hidden=("/etc/ssh/sshd_config.d",)),),
        DONT_KNOW,
        why="drop-ins cannot be listed",
    ),
    Case(
        files.scheduled_jobs,
        (host(file("/etc/cron.d", 0o700, folder=True)),),
        PASS,
        why="there is no crontab, and the folder is closed",
    ),
    Case(files.scheduled_jobs, (host(file("/etc/cron.daily", 0o755, folder=True)),), FAIL, ("/etc/cron.daily",)),
    Case(files.sudo_rules, (host(file("/etc/sudoers", 0o440), hidden=("/etc/sudoers.d",)),), DONT_KNOW, why="hidden"),
    Case(files.program_folders, (host(file("/usr/bin", 0o755, folder=True)),), PASS),
    Case(
        files.program_folders,
        (host(file("/usr/local/bin", 0o2775, folder=True, group=50, group_name="staff")),),
        FAIL,
        ("/usr/local/bin",),
        why="the group staff may write",
    ),
    Case(files.program_folders, (host(file("/usr/local/bin", 0o2775, folder=True)),), PASS, why="the group is root"),
    Case(files.program_folders, (host(file("/usr/bin", 0o777, folder=True)),), FAIL, why="all may write"),
    Case(files.program_folders, (host(file("/usr/bin", 0o755, folder=True, **BOB)),), FAIL, why="it is bob's"),
    Case(files.program_folders, (host(hidden=("/root/bin",)),), DONT_KNOW, why="it is hidden"),
    Case(files.program_folders, (host(file("/usr/bin", 0o755, folder=True, acl=True)),), DONT_KNOW, why="ACL"),
    Case(files.shared_folders, (host(file("/tmp", 0o1777, folder=True)),), PASS),
    Case(files.shared_folders, (host(file("/tmp", 0o777, folder=True)),), FAIL, ("/tmp",)),
    Case(files.shared_folders, (host(file("/tmp", 0o755, folder=True)),), PASS, why="not all may write"),
    Case(files.shared_folders, (host(),), NOT_HERE, why="there is none"),
    Case(files.shared_folders, (UNKNOWN,), DONT_KNOW),
]

CASES: list[Case] = [*IN_GENERAL, *SPECIAL]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case):
    """Each case has the verdict that is right."""
    case.assert_right()
