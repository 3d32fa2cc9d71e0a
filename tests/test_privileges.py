"""Everything that may be asked is listed, and the rights on the other side allow that and nothing else."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from auditor.collect.plan import plan_asset
from auditor.model.asset import Access, Asset, Channel, Kind, Platform
from auditor.model.policy import Control, Demand
from auditor.model.probe import Cli, Nmap, Saved, Shell, Snmp, SnmpAccepts
from auditor.plugins import load_content
from auditor.privileges import Privileges, privileges_of
from auditor.transports.script import sudo_words
from auditor.workspace import Workspace
from tests.make import ROOT, asset
from tests.transports.test_cli_hostile import ask, device

CONTENT = load_content(Workspace(ROOT))
HARD = Shell(
    "awk -F: '$3 == 0 {print $1, \"a=b\"}' /etc/passwd # *.conf [a-z]?; printf '\\n,  two\\n'", privileged=True
)


def of(*shell: Shell) -> str:
    """Return the sudoers file for these commands."""
    return Privileges(shell=shell).sudoers()


def visudo(text: str, folder: Path) -> tuple[int, str]:
    """Return what visudo says of a sudoers file."""
    program = shutil.which("visudo", path="/usr/sbin:/usr/bin:/sbin:/bin")
    assert program is not None, "visudo comes with sudo, which `make test` installs"
    (folder / "sudoers").write_text(text + "\n")
    done = subprocess.run([program, "-cf", str(folder / "sudoers")], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def read_back(line: str) -> list[str]:
    r"""Return the arguments that a sudoers line allows: as sudo's reader and then fnmatch(3) take backslashes away.

    sudo's reader (toke.l, GOTCMND) drops one before `\ , : = #` and blanks and leaves one before `* ? [`.
    """
    command = line.partition("NOPASSWD: ")[2]
    assert not re.search(r"(?<!\\)(?:\\\\)*[,:=#*?\[]", command.partition(" ")[2]), command
    words = re.split(r"(?<!\\) ", command)
    return [re.sub(r"\\(.)", r"\1", re.sub(r"\\([\\,:=# \t])", r"\1", word)) for word in words]


def test_a_command_is_allowed_exactly_as_it_is_asked() -> None:
    """By its full path, word by word; blanks, wildcards and backslashes stand for themselves."""
    line = of(HARD).splitlines()[-1]
    program, *words = sudo_words(HARD)

    assert line.startswith("auditor ALL=(root) NOPASSWD: /usr/bin/timeout -k ")
    assert read_back(line) == [f"/usr/bin/{program}", *words]


def test_a_plain_command_reads_as_it_is_typed() -> None:
    """An administrator sees at a glance what it allows."""
    assert of(Shell("cat /etc/shadow", privileged=True)).splitlines()[-1].endswith(" 20 cat /etc/shadow")


def test_what_needs_no_privilege_is_given_none() -> None:
    """And without any there is no file."""
    assert of(Shell("id")) == ""
    assert "cat /etc/passwd" not in of(HARD, Shell("cat /etc/passwd"))


def test_visudo_takes_every_command_that_ships(tmp_path: Path) -> None:
    """And the awkward one of this test."""
    requests = {request for probe in CONTENT.probes for request in probe.requests if isinstance(request, Shell)}
    text = of(HARD, *sorted(requests, key=str))

    assert (0, "") == visudo(text, tmp_path)
    assert len(text.splitlines()) == 2 + sum(request.privileged for request in requests)
    assert visudo("auditor ALL=(root) NOPASSWD: timeout 20 cat", tmp_path)[0] != 0


def test_requests_have_the_names_of_the_facts_they_give() -> None:
    """So that an administrator knows what a long line is for, in the text, in sudoers and in doas.conf."""
    host = asset(accesses=(Access(channel=Channel.SSH),))
    rights = privileges_of([plan(host, "accounts.empty-passwords", "ssh.root-login")])
    named = {str(request): name for request, name in rights.names.items()}

    assert named["sudo cat /etc/shadow"] == "Shadow"
    assert list(named.values()).count("SshServer") == 2
    for text in (rights.sudoers(), rights.doas(), rights.as_text()):
        assert "# Shadow\n" in text
        assert "# SshServer\n" in text


def test_doas_lines_are_quoted_as_doas_reads_them() -> None:
    """Quotes and backslashes escaped; what it cannot hold is said and not allowed some other way (doas.conf(5))."""
    awkward, plain = Shell("a 'b\"c\\' #", privileged=True), Shell("id")
    unsaid = (Shell("x" * 1024, privileged=True), Shell("a\nb", privileged=True))
    rights, long, none = (Privileges(shell=asked) for asked in ((awkward, plain), unsaid, (plain,)))

    assert rights.doas("me") == (
        'permit nopass me as root cmd timeout args "-k" "2" "20" "/bin/sh" "-c" "a \'b\\"c\\\\\' #"'
    )
    assert [line[:1] for line in long.doas().splitlines()] == ["#", "#"]
    assert none.doas() == ""


def test_an_snmp_view_includes_what_is_read_and_nothing_else() -> None:
    """In the order of the numbers; communities that are tried need no view."""
    rights = Privileges(snmp=(Snmp((".1.3.6.1.2.1.10", "1.3.6.1.2.1.9")), SnmpAccepts(("public",))))

    assert rights.snmp_view().splitlines() == [
        "view auditor included .1.3.6.1.2.1.9",
        "view auditor included .1.3.6.1.2.1.10",
    ]
    assert Privileges().snmp_view() == ""


def test_a_role_includes_the_commands_and_nothing_else() -> None:
    """Anchored at both ends, by their first word; signs of a pattern stand for themselves."""
    rights = Privileges(cli=(Cli("show running-config", privileged=True), Cli("show ip a.b*")), session=("exit",))

    assert rights.router_role().splitlines() == [
        "# on the device: aaa authorization exec default group tacacs+",
        "# and: aaa authorization commands 1 default group tacacs+, and the same for commands 15",
        "group = auditor {",
        "    service = exec { priv-lvl = 15 }",
        '    cmd = exit { permit "^(<cr>)?$" }',
        '    cmd = show { permit "^ip a\\.b\\*( <cr>)?$" permit "^running-config( <cr>)?$" }',
        "}",
    ]
    assert Privileges().router_role() == ""


def permits(role: str, command: str) -> bool:
    """Whether a group of tac_plus.conf(5) lets a command through: its first word, then the others and <cr>."""
    word, _, rest = command.partition(" ")
    allowed = dict(re.findall(r"cmd = (\S+) \{(.*)\}", role))
    return any(re.search(one, f"{rest} <cr>".strip()) for one in re.findall('permit "(.*?)" ?', allowed.get(word, "")))


@pytest.mark.lab
def test_the_role_lets_a_whole_session_through_and_nothing_else() -> None:
    """All that a device heard, from the width of the terminal to the good-bye: it would answer each."""
    router = asset("rt-01", kind=Kind.ROUTER, platform=Platform.CISCO_IOS, accesses=(Access(channel=Channel.CLI),))
    rights = privileges_of([plan(router)])
    with device({"show running-config": "version 15.2\nhostname rt-01\nend\n"}) as running:
        ask(running, *rights.cli)
        heard = {*running.commands_seen, "exit"}  # which it may hear later

    assert {"terminal length 0", "show privilege", "show running-config"} <= heard
    role = rights.router_role()
    assert {command: permits(role, command) for command in heard} == dict.fromkeys(heard, True)
    assert heard <= {*rights.as_text().splitlines()}
    for other in (
        "configure terminal", "show running-config view full", "show running-config | redirect tftp://192.0.2.1/x",
        "terminal monitor", "enable", "write", "reload", "show version", "exit all",
    ):  # fmt: skip
        assert not permits(role, other), other


def test_assets_are_asked_just_what_their_demands_need() -> None:
    """All checks on a host and a router, then one check on the host."""
    host = asset(accesses=tuple(Access(channel=one) for one in (Channel.SSH, Channel.SNMP, Channel.NMAP)))
    router = asset("rt-01", kind=Kind.ROUTER, platform=Platform.CISCO_IOS, accesses=(Access(channel=Channel.CLI),))
    everything = privileges_of([plan(host), plan(router)])
    little = privileges_of([plan(host, "accounts.shadowed")])

    assert [request.command for request in everything.cli] == ["show running-config"]
    assert everything.shell
    assert everything.snmp
    assert everything.nmap
    assert not everything.files
    assert (len(little.shell), little.cli, little.snmp, little.nmap, little.sudoers()) == (1, (), (), (), "")


def test_as_text_and_as_json_say_the_same() -> None:
    """What is empty is left out of the text."""
    rights = Privileges(shell=(HARD, Shell("id")), nmap=(Nmap("22"),), files=(Saved("configuration"),))  # noqa: S604  (no process)
    text, data = rights.as_text(), rights.as_json()

    assert data["shell"] == [
        {"name": "", "command": HARD.command, "privileged": True},
        {"name": "", "command": "id", "privileged": False},
    ]
    assert data["doas"] == rights.doas().splitlines()
    assert data["sudoers"] == rights.sudoers().splitlines()
    assert all(str(line) in text for line in (*rights.sudoers().splitlines(), "nmap -p 22", "id"))
    assert "SNMP" not in text


def plan(asked: Asset, *ids: str):
    """Return what an asset is asked for some checks, or for all."""
    control = Control(id="C", title="c", policy="p")
    checks = [check for check in CONTENT.checks.values() if check.id in ids or not ids]
    return plan_asset(asked, [Demand(control=control, check=check) for check in checks], CONTENT)
