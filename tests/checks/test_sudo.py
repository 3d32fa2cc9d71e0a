"""Verdicts on sudo: one good set of rules, on which each case changes something."""

from dataclasses import replace

import pytest

from auditor.facts.guarded import Guarded
from auditor.facts.sudo import Sudo
from auditor.facts.sudoers import logical_lines, read_sudoers
from tests.make import UNKNOWN, Case, Verdict, checks, names

sudo, rules = checks("sudo"), checks("sudo_rules")

PASS, FAIL, DONT_KNOW, NOT_HERE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
WRITTEN = {"view": "effective and written"}
DEFAULTS = """\
Defaults env_reset, use_pty
Defaults logfile="/var/log/sudo.log"
Defaults timestamp_timeout=5
Defaults secure_path="/usr/local/sbin:/usr/sbin:/usr/bin"
"""
RULES = "root ALL=(ALL:ALL) ALL\n%sudo ALL=(ALL:ALL) ALL\nbackup ALL=(root) /usr/local/sbin/backup full\n"
SAFE = {
    "/usr/local/sbin": Guarded("/usr/local/sbin", 0, 0, 0o755, is_folder=True),
    "/usr/local/sbin/backup": Guarded("/usr/local/sbin/backup", 0, 50, 0o750, is_folder=False),
}
THERE = "/usr/local/sbin/backup"


def host(more: str = "", without: str = "\0", **changed: object) -> Sudo:
    """Return the good host with more lines, and without those that hold a word."""
    kept = [line for line in (DEFAULTS + RULES).splitlines() if without not in line]
    read = read_sudoers(logical_lines("/etc/sudoers", (*kept, *more.split("\n"))))
    assert not read.odd
    fields: dict[str, object] = {
        "version": (1, 9, 13),
        "defaults": tuple(read.defaults),
        "rules": tuple(read.rules),
        "complaints": (),
        "host": "web-01",
        "programs": SAFE,
    }
    return Sudo(**{**fields, **changed})  # type: ignore[arg-type]


def program(path: str, owner: int = 0, group: int = 0, mode: int = 0o755, *, is_folder: bool = False) -> Sudo:
    """Return the good host, on which a program or folder is so."""
    return replace(host(), programs={**SAFE, path: Guarded(path, owner, group, mode, is_folder=is_folder)})


GOOD = host()
OTHERS = "carol web-02=(ALL) NOPASSWD: ALL, !/bin/su, /bin/cat /var/log/*"
ALL = (
    *(sudo.readable_rules, sudo.use_pty, sudo.log_file, sudo.authenticate, sudo.timeout, sudo.ticket_per_terminal),
    *(sudo.own_password, sudo.environment, sudo.secure_path, sudo.password_hidden),
    *(rules.password_asked, rules.administrators, rules.no_exclusions, rules.programs_guarded, rules.no_wildcards),
)
CASES: list[Case] = [
    *(Case(check, (GOOD,), PASS) for check in ALL),
    *(Case(check, (UNKNOWN,), DONT_KNOW) for check in ALL),
    *(Case(check, (replace(GOOD, doubts=("x",)),), DONT_KNOW, why="a file was not read") for check in ALL[1:]),
    *(Case(check, (host(OTHERS),), PASS, why="the rule is for another host") for check in ALL),
    Case(sudo.readable_rules, (replace(GOOD, complaints=("/etc/sudoers:1: syntax error",)),), FAIL, ("visudo -c",)),
    Case(sudo.readable_rules, (replace(GOOD, complaints=None),), DONT_KNOW, why="there is no visudo"),
    Case(sudo.use_pty, (host(without="use_pty"),), FAIL, ("use_pty",)),
    Case(sudo.use_pty, (host(without="use_pty", version=(1, 9, 14)),), PASS, why="the release does it by itself"),
    Case(sudo.use_pty, (host(without="use_pty", kind="sudo-rs", version=(0, 2, 8)),), PASS, why="sudo-rs does it"),
    Case(sudo.use_pty, (host(without="use_pty", version=(1, 9, 14)),), FAIL, settings=WRITTEN, why="it is not written"),
    Case(sudo.use_pty, (host(without="use_pty", version=None),), DONT_KNOW, why="the release is not known"),
    Case(sudo.use_pty, (host("Defaults !use_pty"),), FAIL, ("use_pty",), why="the last one counts"),
    Case(sudo.use_pty, (host("Defaults:bob !use_pty"),), FAIL, ("use_pty :bob",), why="bob has none"),
    Case(sudo.use_pty, (host("Defaults@web-02 !use_pty"),), PASS, why="another host has none"),
    Case(sudo.use_pty, (host("Defaults@web-01 !use_pty"),), FAIL, ("use_pty",), why="this host has none"),
    Case(sudo.log_file, (host(without="logfile"),), FAIL, ("logfile",)),
    Case(sudo.log_file, (GOOD,), PASS, settings={"path": "/var/log/sudo.log"}, why="it is the policy's file"),
    Case(sudo.log_file, (GOOD,), FAIL, ("logfile",), {"path": "/var/log/other"}, why="it is another file"),
    Case(sudo.log_file, (host("Defaults !logfile"),), FAIL, ("logfile",), why="it is taken back"),
    Case(sudo.log_file, (host("Defaults:bob !logfile"),), FAIL, ("logfile :bob",), why="bob is not logged"),
    Case(sudo.log_file, (replace(GOOD, kind="sudo-rs"),), FAIL, ("logfile",), why="sudo-rs writes none"),
    Case(sudo.authenticate, (host("Defaults !authenticate"),), FAIL, ("authenticate",)),
    Case(sudo.authenticate, (host("Defaults !authenticate\nDefaults authenticate"),), PASS, why="it is taken back"),
    Case(sudo.authenticate, (host("Defaults:%ops !authenticate"),), FAIL, ("authenticate :%ops",)),
    Case(sudo.authenticate, (host("Defaults!/bin/x !authenticate"),), FAIL, ("authenticate !/bin/x",)),
    Case(sudo.authenticate, (host("Defaults exempt_group=ops"),), FAIL, ("exempt_group",)),
    Case(sudo.timeout, (host("Defaults timestamp_timeout=15"),), PASS),
    Case(sudo.timeout, (host("Defaults timestamp_timeout=0"),), PASS, why="it always asks"),
    Case(sudo.timeout, (host("Defaults !timestamp_timeout"),), PASS, why="off is 0"),
    Case(sudo.timeout, (host("Defaults timestamp_timeout=2.5"),), PASS, why="it may have a fraction"),
    Case(sudo.timeout, (host("Defaults timestamp_timeout=30"),), FAIL, ("timestamp_timeout",)),
    Case(sudo.timeout, (host("Defaults timestamp_timeout=-1"),), FAIL, why="negative is for ever"),
    Case(sudo.timeout, (host("Defaults:bob timestamp_timeout=60"),), FAIL, ("timestamp_timeout :bob",)),
    Case(sudo.timeout, (host(without="timestamp"),), PASS, why="it is at most 15 by itself"),
    Case(sudo.timeout, (host(without="timestamp"),), FAIL, settings=WRITTEN, why="it is not written"),
    Case(sudo.timeout, (host(without="timestamp"),), DONT_KNOW, settings={"minutes": 10}, why="it is 5 or 15"),
    Case(sudo.timeout, (host(without="timestamp"),), FAIL, settings={"minutes": 1}, why="it is 5 at least"),
    Case(sudo.ticket_per_terminal, (host("Defaults timestamp_type=global"),), FAIL, ("timestamp_type",)),
    Case(sudo.ticket_per_terminal, (host("Defaults timestamp_type=ppid"),), PASS, why="it is narrower still"),
    Case(sudo.ticket_per_terminal, (host("Defaults !tty_tickets"),), FAIL, ("tty_tickets",)),
    Case(sudo.ticket_per_terminal, (host("Defaults:bob !tty_tickets"),), FAIL, ("timestamp_type :bob",)),
    Case(sudo.own_password, (host("Defaults targetpw"),), FAIL, ("targetpw",), why="it is SUSE's default"),
    Case(sudo.own_password, (host("Defaults targetpw\nDefaults !targetpw"),), PASS, why="it is taken back"),
    Case(sudo.own_password, (host("Defaults:bob rootpw"),), FAIL, ("rootpw :bob",)),
    Case(sudo.environment, (host("Defaults !env_reset"),), FAIL, ("env_reset",)),
    Case(sudo.environment, (host("Defaults setenv"),), FAIL, ("setenv",)),
    Case(sudo.environment, (host('Defaults env_keep += "LANG LD_PRELOAD"'),), FAIL, ("env_keep",)),
    Case(sudo.environment, (host('Defaults env_keep += "LANG EDITOR"'),), PASS, why="they load nothing"),
    Case(sudo.environment, (host("Defaults env_keep -= PYTHONPATH"),), PASS, why="it is taken away"),
    Case(sudo.secure_path, (host(without="secure_path"),), FAIL, ("secure_path",)),
    Case(sudo.secure_path, (host("Defaults !secure_path"),), FAIL, ("secure_path",)),
    Case(sudo.secure_path, (host("Defaults secure_path=/usr/bin:bin"),), FAIL, ("secure_path bin",)),
    Case(sudo.secure_path, (host('Defaults secure_path="/usr/bin:"'),), FAIL, ("secure_path ",), why="one is empty"),
    Case(sudo.secure_path, (program("/usr/local/sbin", mode=0o777),), FAIL, ("secure_path /usr/local/sbin",)),
    Case(sudo.secure_path, (host("Defaults:bob !secure_path"),), FAIL, ("secure_path :bob",)),
    Case(sudo.password_hidden, (host("Defaults visiblepw"),), FAIL, ("visiblepw",)),
    # --- rules
    Case(rules.password_asked, (host("carol ALL=(ALL) NOPASSWD: ALL"),), FAIL, ("carol",)),
    Case(rules.password_asked, (host("carol ALL=NOPASSWD: /bin/a, PASSWD: /bin/b"),), FAIL),
    Case(rules.password_asked, (host("carol ALL=NOPASSWD: PASSWD: /bin/a"),), PASS, why="it is taken back"),
    Case(rules.password_asked, (host("carol ALL=NOPASSWD: !/bin/a"),), PASS, why="nothing is allowed"),
    Case(rules.password_asked, (host("root ALL=NOPASSWD: ALL"),), PASS, why="root is never asked"),
    Case(
        rules.password_asked,
        (host("audit ALL=NOPASSWD: ALL"),),
        PASS,
        settings={"exceptions": frozenset({"audit"})},
        why="the account is excepted",
    ),
    Case(
        rules.password_asked,
        (host("carol ALL=NOPASSWD: /bin/a"),),
        PASS,
        settings={"named_commands": True},
        why="named commands are allowed",
    ),
    Case(
        rules.password_asked,
        (host("carol ALL=NOPASSWD: /bin/a, ALL"),),
        FAIL,
        settings={"named_commands": True},
        why="everything is allowed",
    ),
    Case(rules.password_asked, (host("carol 192.0.2.0/24=NOPASSWD: ALL"),), DONT_KNOW, why="addresses decide"),
    Case(rules.administrators, (host("carol ALL=(ALL) ALL"),), FAIL, ("carol",)),
    Case(rules.administrators, (host("ALL ALL=(ALL) ALL"),), FAIL, ("ALL",), why="it is SUSE's default"),
    Case(rules.administrators, (host("%ops ALL=ALL"),), FAIL, ("%ops",), why="as root unless another is named"),
    Case(rules.administrators, (host("Runas_Alias R=root, x\n%ops ALL=(R) ALL"),), FAIL, ("%ops",)),
    Case(rules.administrators, (host("User_Alias A=carol, dan\nA ALL=(ALL) ALL"),), FAIL, ("carol", "dan")),
    Case(rules.administrators, (host("%ops ALL=(ALL) ALL"),), PASS, settings={"admins": frozenset({"%sudo", "%ops"})}),
    Case(rules.administrators, (host("carol ALL=(postgres) ALL"),), PASS, why="not as root"),
    Case(rules.administrators, (host("carol ALL=(:dba) ALL"),), PASS, why="as herself"),
    Case(rules.administrators, (host("carol ALL=(ALL, !root) ALL"),), PASS, why="root is left out"),
    Case(rules.administrators, (host("Defaults runas_default=db\ncarol ALL=ALL"),), PASS, why="another is the default"),
    Case(rules.administrators, (host("carol ALL=(ALL) /bin/ls"),), PASS, why="one command"),
    Case(rules.administrators, (host("Cmnd_Alias C=ALL\ncarol ALL=(ALL) C"),), FAIL, ("carol",), why="by an alias"),
    Case(rules.administrators, (host("carol +servers=(ALL) ALL"),), DONT_KNOW, why="a netgroup decides"),
    Case(rules.no_exclusions, (host("dan ALL=(ALL) ALL, !/bin/su"),), FAIL, ("dan",)),
    Case(rules.no_exclusions, (host("Cmnd_Alias S=/bin/sh, /bin/su\ndan ALL=ALL, !S"),), FAIL, why="by an alias"),
    Case(rules.no_exclusions, (host("dan ALL=/usr/bin/passwd [a-z]*, !/usr/bin/passwd root"),), PASS),
    Case(rules.programs_guarded, (program(THERE, owner=1000),), FAIL, (THERE,)),
    Case(rules.programs_guarded, (program(THERE, mode=0o757),), FAIL, (THERE,), why="all may write"),
    Case(rules.programs_guarded, (program(THERE, group=50, mode=0o775),), FAIL, (THERE,), why="a group may write"),
    Case(rules.programs_guarded, (program(THERE, mode=0o775),), PASS, why="root's group may write"),
    Case(rules.programs_guarded, (program("/usr/local/sbin", mode=0o777, is_folder=True),), FAIL, ("/usr/local/sbin",)),
    Case(rules.programs_guarded, (host("dan ALL=/opt/*/run"),), DONT_KNOW, why="a pattern stands for programs"),
    Case(rules.programs_guarded, (host(without="backup"),), NOT_HERE, why="no rule names a program"),
    Case(rules.no_wildcards, (host("dan ALL=/bin/cat /var/log/*"),), FAIL, ("/bin/cat /var/log/*",)),
    Case(rules.no_wildcards, (host("dan ALL=/bin/cat /var/log/\\*"),), PASS, why="it is a star"),
    Case(rules.no_wildcards, (host("dan ALL=/bin/kill [0-9]"),), PASS, why="it is one digit"),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case):
    """Each case has the verdict that is right."""
    case.assert_right()
