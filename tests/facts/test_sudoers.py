"""How sudoers are read: each line as sudo 1.9.13 takes it, and all together as cvtsudoers does."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from auditor.errors import Unreadable
from auditor.facts.sudoers import Sudoers, logical_lines, read_sudoers

SUDOERS = r"""
User_Alias ADMINS = alice, bob : OPS = %ops, !carol
Runas_Alias DB = oracle, postgres
Host_Alias WEB = web1, web2, 192.0.2.0/24, 2001:db8::/32
Cmnd_Alias SHELLS = /bin/sh, /bin/bash, \
    /bin/zsh
Cmnd_Alias KILL = /usr/bin/kill [0-9]*, /usr/bin/pkill -HUP nginx
# a comment that ends in a backslash is not continued \
Defaults   env_reset, !lecture, timestamp_timeout = 5, logfile="/var/log/su do.log"
Defaults:alice, bob !authenticate
Defaults@web1 log_host
Defaults>root !set_logname
Defaults!SHELLS noexec, env_keep += "A B"
Defaults !!use_pty , secure_path=/a\:/b
Defaults	mailto=root@example.org
root	ALL=(ALL:ALL) ALL
%wheel ALL=(ALL) NOPASSWD: ALL
ADMINS, OPS  WEB, ALL = (DB : dba) NOPASSWD : /usr/bin/psql, PASSWD: NOEXEC:/bin/ls -l\, x, !SHELLS : ALL = /bin/id ""
#1001 ALL = sudoedit /etc/hosts, (root) NOPASSWD:SETENV: /usr/bin/make install=1 # comment
dave ALL=(ALL) ALL, !/bin/su, !/usr/bin/passwd root
eve ALL = sha224:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa /usr/bin/x, KILL
%#10 ALL=NOPASSWD:/bin/a,/bin/b#no comment needs a blank
"frank x" ALL=/bin/c
george\ y ALL=(:dba) /usr/bin/,/opt/x/*
Defaultsabc logfile=/x
  ALL ALL=(ALL) \
      NOPASSWD: list
"""
WRONG = [
    "alice ALL=(ALL) NOPASSWD: ALL, ls",
    "ALL ALL=(ALL) ALL   #5 comment",
    "alice ALL = /bin/ls -l:x",
    "alice ALL=(root:) ALL",
    "alice ALL = NOPASSWD: TIMEOUT=5 /bin/ls",
    "bob ALL = CWD=/x (root) /bin/ls",
    "Defaults use_pty logfile=/x",
    "Defaults",
    "alice",
    "alice ALL",
    "User_Alias admins = bob",
    "Defaults:alice",
]
PROGRAM = shutil.which("cvtsudoers", path="/usr/bin:/usr/sbin:/usr/local/bin")


def read(text: str) -> Sudoers:
    return read_sudoers(logical_lines("/etc/sudoers", tuple(text.split("\n"))))


def commands(text: str) -> list[tuple[str, str, bool]]:
    """Return users, command and whether a password is asked for, of each rule that allows something."""
    return [(",".join(r.users), r.command, "NOPASSWD" not in r.tags) for r in read(text).rules if not r.denied]


def test_every_line_is_understood():
    """None of these is wrong."""
    assert read(SUDOERS).odd == []


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_line_is_passed_over(line: str):
    """Its place is told, and the others count."""
    found = read(f"{line}\nDefaults env_reset\n")

    assert found.odd == ["/etc/sudoers:1"]
    assert [one.name for one in found.defaults] == ["env_reset"]
    assert not found.rules


def test_tags_hold_for_the_rest_of_the_list_and_not_for_the_next_host():
    """Until their opposite."""
    text = "a ALL = /bin/a, NOPASSWD: /bin/b, /bin/c, PASSWD: /bin/d : WEB = /bin/e"

    assert [asked for _, _, asked in commands(text)] == [True, False, False, True, True]


def test_who_a_command_runs_as_holds_for_the_rest_of_the_list():
    """Nothing named is root."""
    rules = read("a ALL = /bin/a, (db) /bin/b, /bin/c, (:adm) /bin/d : ALL = /bin/e").rules

    assert [rule.runas for rule in rules] == [(), ("db",), ("db",), (), ()]
    assert [rule.groups for rule in rules] == [(), (), (), ("adm",), ()]


def test_aliases_may_stand_below_and_within_others():
    """What is left out of what is left out is in."""
    aliases = "User_Alias ADMINS = a, STAFF\nUser_Alias STAFF = b, !c\nCmnd_Alias TOOLS = /bin/a, !/bin/b"
    first, second = read(f"ADMINS ALL = !TOOLS\n{aliases}").rules

    assert first.users == second.users == ("a", "b", "!c")
    assert [(one.command, one.denied) for one in (first, second)] == [("/bin/a", True), ("/bin/b", False)]


def test_an_alias_that_stands_for_itself_or_too_much_is_unreadable():
    """A hostile file would go on for ever."""
    many = "\n".join(f"User_Alias A{n} = A{n - 1}, A{n - 1}, A{n - 1}, A{n - 1}" for n in range(1, 16))

    for text in ("User_Alias A = A\nA ALL = ALL", f"User_Alias A0 = x\n{many}\nA15 ALL = ALL"):
        with pytest.raises(Unreadable):
            read(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Defaults use_pty", [("use_pty", "on", "")]),
        ("Defaults !use_pty", [("use_pty", "off", "")]),
        ("Defaults !!use_pty", [("use_pty", "on", "")]),
        ("Defaults!/bin/x use_pty", [("use_pty", "on", "!/bin/x")]),
        ("Defaults:a,b !x", [("x", "off", ":a"), ("x", "off", ":b")]),
        ("User_Alias A = a, b\nDefaults:A !x", [("x", "off", ":a"), ("x", "off", ":b")]),
        ('Defaults logfile="/a b", x', [("logfile", "/a b", ""), ("x", "on", "")]),
        ("Defaults logfile = /a # why", [("logfile", "/a", "")]),
        ('Defaults env_keep += "A B"', [("env_keep", "+A B", "")]),
        ("# Defaults use_pty", []),
        ("Defaults\tuse_pty", [("use_pty", "on", "")]),
        ("Defaults x \\", [("x", "on", "")]),
    ],
)
def test_defaults(text: str, expected: list[tuple[str, str, str]]):
    """Switches, values, scopes."""
    assert [(one.name, one.value, one.scope) for one in read(text).defaults] == expected


with_sudo = pytest.mark.skipif(PROGRAM is None, reason="cvtsudoers comes with sudo, which `make test` installs")


@with_sudo
def test_cvtsudoers_finds_fault_with_the_same_lines(tmp_path: Path):
    """Each alone."""
    assert PROGRAM is not None
    for line in WRONG:
        (tmp_path / "sudoers").write_text(f"{line}\n")
        done = subprocess.run([PROGRAM, "-f", "json", str(tmp_path / "sudoers")], capture_output=True, check=False)
        assert b"error" in done.stderr or b"expected" in done.stderr, line


@with_sudo
def test_it_is_what_cvtsudoers_reads(tmp_path: Path):
    """Rule by rule and setting by setting, with aliases replaced."""
    assert PROGRAM is not None
    file = tmp_path / "sudoers"
    file.write_text(SUDOERS)
    done = subprocess.run([PROGRAM, "-e", "-f", "json", str(file)], capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    ours = read(SUDOERS)

    assert [
        _rule(spec, part, one) for spec in said["User_Specs"] for part in spec["Cmnd_Specs"] for one in part["Commands"]
    ] == [
        (
            rule.users,
            rule.hosts,
            rule.runas,
            rule.groups,
            _command(rule.command, denied=rule.denied),
            "NOPASSWD" in rule.tags,
        )
        for rule in ours.rules
    ]
    assert [pair for part in said["Defaults"] for pair in _settings(part)] == [
        (one.scope, one.name, one.value) for one in ours.defaults
    ]


def _command(command: str, *, denied: bool) -> str:
    return f"!{command}" if denied else command


def _rule(spec: dict, part: dict, command: dict) -> tuple[object, ...]:
    options = [option for option in part.get("Options", []) if "authenticate" in option]
    return (
        _names(spec["User_List"]),
        _names(spec["Host_List"]),
        _names(part.get("runasusers", [])),
        _names(part.get("runasgroups", []), "usergroup"),
        _command(command["command"], denied=command.get("negated", False)),
        bool(options) and not options[-1]["authenticate"],
    )


def _names(members: list[dict], plain: str = "") -> tuple[str, ...]:
    signs = {"usergroup": "%", "usergid": "%#", "userid": "#", plain: ""}
    return tuple(
        ("!" if one.get("negated") else "") + signs.get(kind, "") + str(name)
        for one in members
        for kind, name in one.items()
        if kind != "negated"
    )


def _settings(part: dict) -> list[tuple[str, str, str]]:
    bindings = [(kind, name) for one in part.get("Binding", []) for kind, name in one.items()]
    found = []
    for option in part["Options"]:
        for name, value in option.items():
            if name == "operation":
                continue
            text = {True: "on", False: "off"}[value] if isinstance(value, bool) else value
            sign = "+" if option.get("operation") == "list_add" else ""
            text = sign + (" ".join(text) if isinstance(text, list) else text)
            found += (
                [(_SCOPE.get(who, "") + who, name, text) for _, who in bindings] if bindings else [("", name, text)]
            )
    return found


_SCOPE = {"alice": ":", "bob": ":", "web1": "@", "root": ">", "/bin/sh": "!", "/bin/bash": "!", "/bin/zsh": "!"}
