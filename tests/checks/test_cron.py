"""Verdicts on cron and at."""

from dataclasses import replace

import pytest

from auditor.facts.cron import Job, Schedulers
from auditor.facts.guarded import Guarded
from auditor.facts.services import EnabledUnits
from tests.make import UNKNOWN, Case, Verdict, checks, names

cron = checks("cron")

PASS, FAIL, DONT_KNOW, NOT_HERE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
BACKUP = "/opt/backup/run"
GOOD = Schedulers(
    cron="debian",
    at=True,
    lists={"/etc/cron.allow": ("alice",), "/etc/at.allow": ()},
    running=frozenset({"cron"}),
    jobs=(Job("root", f"{BACKUP} --full", "/etc/crontab:1"),),
    programs={BACKUP: Guarded(BACKUP, 0, 0, 0o755), "/opt/backup": Guarded("/opt/backup", 0, 0, 0o755, is_folder=True)},
)
ENABLED = EnabledUnits("systemd", frozenset({"cron"}))
NONE = Schedulers()
WRITTEN = {"view": "effective and written"}
CRON, AT = "/etc/cron.allow", "/etc/at.allow"


def lists(cron: str = "debian", **files: tuple[str, ...]) -> Schedulers:
    """Return a host with these lists, such as cron_deny."""
    return replace(GOOD, cron=cron, lists={f"/etc/{name.replace('_', '.')}": users for name, users in files.items()})


def looked(path: str, **changed: object) -> Schedulers:
    """Return the good host, on which a program or folder is so."""
    one = replace(GOOD.programs[path], **changed)  # type: ignore[arg-type]
    return replace(GOOD, programs={**GOOD.programs, path: one})


CASES: list[Case] = [
    *(Case(check, (GOOD,), PASS) for check in (cron.users, cron.at_users, cron.programs_guarded)),
    *(Case(check, (UNKNOWN,), DONT_KNOW) for check in (cron.users, cron.at_users, cron.programs_guarded)),
    *(Case(check, (NONE,), NOT_HERE, why="there is none") for check in (cron.users, cron.at_users)),
    Case(cron.users, (lists(cron_allow=("alice",)),), PASS, settings={"allowed": frozenset({"alice"})}),
    Case(cron.users, (lists(cron_allow=("root",)),), PASS, settings={"allowed": frozenset({"alice"})}, why="root may"),
    Case(cron.users, (lists(cron_allow=("eve",)),), FAIL, (CRON,), {"allowed": frozenset({"alice"})}, why="eve may"),
    Case(cron.users, (lists(cron_allow=(), cron_deny=()),), PASS, why="the other list does not count"),
    Case(cron.users, (lists(cron_deny=()),), FAIL, (CRON,), why="an empty list denies nobody"),
    Case(cron.users, (lists(),), FAIL, (CRON,), why="Debian lets everybody"),
    Case(cron.users, (lists("cronie"),), PASS, why="cronie lets root only"),
    Case(cron.users, (lists("cronie"),), FAIL, (CRON,), WRITTEN, why="it is not written"),
    Case(cron.users, (lists("cronie", cron_deny=("eve",)),), FAIL, (CRON,), why="all but one may"),
    Case(cron.users, (lists("busybox"),), DONT_KNOW, why="which cron it is decides"),
    Case(cron.users, (replace(lists(), unread=(CRON,)),), DONT_KNOW, why="the list is hidden"),
    Case(cron.at_users, (lists(at_deny=("daemon",)),), FAIL, (AT,), why="all but one may"),
    Case(cron.at_users, (lists(),), PASS, why="without lists only root may"),
    Case(cron.at_users, (lists(),), FAIL, (AT,), WRITTEN, why="it is not written"),
    Case(cron.at_users, (replace(lists(), unread=("/etc/at.deny",)),), DONT_KNOW, why="the list is hidden"),
    Case(cron.runs, (GOOD, ENABLED), PASS),
    Case(cron.runs, (UNKNOWN, ENABLED), DONT_KNOW),
    Case(cron.runs, (GOOD, EnabledUnits("systemd", frozenset())), FAIL, ("start",)),
    Case(cron.runs, (replace(GOOD, running=frozenset()), ENABLED), FAIL, ("process",)),
    Case(cron.runs, (replace(GOOD, running=None), ENABLED), DONT_KNOW, why="processes are hidden"),
    Case(cron.runs, (NONE, ENABLED), NOT_HERE, why="there is none"),
    Case(cron.runs, (replace(GOOD, cron="systemd-cron"), ENABLED), NOT_HERE, why="systemd runs the jobs"),
    Case(cron.programs_guarded, (looked(BACKUP, owner=1000),), FAIL, (BACKUP,)),
    Case(cron.programs_guarded, (looked(BACKUP, mode=0o757),), FAIL, (BACKUP,), why="all may write"),
    Case(cron.programs_guarded, (looked("/opt/backup", mode=0o775, group=50),), FAIL, ("/opt/backup",)),
    Case(
        cron.programs_guarded,
        (replace(looked(BACKUP, owner=1000), jobs=(Job("backup", BACKUP, "/etc/crontab:1"),)),),
        NOT_HERE,
        why="it does not run as root",
    ),
    Case(
        cron.programs_guarded,
        (replace(looked(BACKUP, mode=0o777), jobs=(), scripts=(BACKUP,)),),
        FAIL,
        (BACKUP,),
        why="it lies in a folder of scripts",
    ),
    Case(cron.programs_guarded, (replace(GOOD, unread=("/etc/cron.d/own",)),), DONT_KNOW, why="a table is hidden"),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case):
    """Each case has the verdict that is right."""
    case.assert_right()
