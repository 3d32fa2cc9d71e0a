"""Root is become by the real sudo, su and doas of a host, over a real sshd; what they refuse is said and counted."""

import re
import shutil
from collections.abc import Iterator

import pytest

from auditor.credentials import Secret
from auditor.model.asset import Access, Channel
from auditor.model.probe import Answer, Shell
from auditor.plugins import load_content
from auditor.privileges import Privileges
from auditor.transports.become import Becoming, refusal, unprompted, why_not
from auditor.transports.host_keys import KnownHosts
from auditor.workspace import Workspace
from tests.lab import sshd as lab
from tests.lab.accounts import ACCOUNT, Accounts, possible
from tests.lab.sshd import Sshd
from tests.make import ROOT, asset, open_to_others
from tests.transports.asking import CANARY, Given, transport

pytestmark = [pytest.mark.lab, pytest.mark.skipif(not possible(), reason="needs root, sshd and a mount namespace")]
ROOTS, OWN = "roots-" + CANARY, "own-" + CANARY
AS_ROOT, PLAIN = Shell("id -u", privileged=True), Shell("id -u")
SECRET = Shell("cat /etc/shadow", privileged=True)
SPY = "cat; cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' ' '; env"
ENGLISH = "echo 'two  words' \"$LC_ALL\" | sed 's/  / and /'"


@pytest.fixture(scope="module")
def host(tmp_path_factory) -> Iterator[tuple[Accounts, Sshd]]:
    """Return a host with accounts of its own, and its sshd."""
    folder = tmp_path_factory.mktemp("host")
    open_to_others(folder)
    accounts = Accounts(folder, ROOTS, OWN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lab, "SSHD", accounts.program())
        with Sshd(key_types=("ed25519",)) as server:
            yield accounts, server


def ask(server: Sshd, *requests: Shell, become: str = "sudo", password: str = "") -> list[Answer]:
    secret = {"become_password": Secret(password)} if password else {}
    given = Given(user=ACCOUNT, key_file=server.client_key, become=become, **secret)
    ssh = transport(given, KnownHosts(server.known_hosts()))
    return ssh.ask(
        asset(addresses=("127.0.0.1",)), Access(channel=Channel.SSH, port=server.port, credential="lab"), requests
    )


def problems(found: list[Answer]) -> list[str]:
    return [answer.problem for answer in found]


def needs(program: str):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


@needs("sudo")
def test_sudo_without_password(host):
    """The answer says how it was had, and what was asked as root is not asked again."""
    accounts, server = host
    accounts.write("sudoers", f"{ACCOUNT} ALL=(root) NOPASSWD: ALL\n")

    found = ask(server, AS_ROOT, PLAIN, SECRET, Shell("id -un"))

    assert [answer.text for answer in found[:2]] == ["0\n", ""]
    assert problems(found) == ["", "not asked: the same was asked as root", "", ""]
    assert found[0].privilege == f"root (sudo from {ACCOUNT}, uid 64001)"
    assert found[3].text == f"{ACCOUNT}\n"
    assert "root:$6$" in found[2].text


@needs("sudo")
def test_sudo_with_password(host):
    """Its own; a wrong one is tried once."""
    accounts, server = host
    accounts.write("sudoers", f"{ACCOUNT} ALL=(root) ALL\n")

    good = ask(server, AS_ROOT, Shell(SPY, privileged=True), password=OWN)
    wrong = ask(server, AS_ROOT, PLAIN, password="wrong")
    without = ask(server, AS_ROOT, PLAIN)

    assert (good[0].text, problems(good)) == ("0\n", ["", ""])
    assert OWN not in good[1].text
    assert problems(wrong) == ["needs root: sudo refused the password", ""]
    assert problems(without) == ["needs root: sudo refused: a password is required", ""]
    assert [wrong[1].text, without[1].text] == ["64001\n", "64001\n"]


@needs("sudo")
def test_the_sudoers_file_that_is_printed_allows_what_it_lists(host):
    """And nothing else: what is not listed is refused, and its plain twin asked."""
    accounts, server = host
    listed = [SECRET, Shell(ENGLISH, privileged=True)]
    accounts.write("sudoers", Privileges(shell=tuple(listed)).sudoers(ACCOUNT) + "\n")

    found = ask(server, *listed, AS_ROOT, PLAIN)

    assert problems(found)[:2] == ["", ""]
    assert found[1].text == "two and words C\n"
    assert "needs root: sudo refused" in found[2].problem
    assert found[3].text == "64001\n"


@needs("sudo")
def test_sudo_allows_every_command_that_ships(host):
    """By the file that `auditor privileges` prints, character by character."""
    accounts, server = host
    probes = load_content(Workspace(ROOT)).probes
    asked = sorted(
        {one for probe in probes for one in probe.requests if isinstance(one, Shell) and one.privileged}, key=str
    )
    accounts.write("sudoers", Privileges(shell=tuple(asked)).sudoers(ACCOUNT) + "\n")

    found = ask(server, *asked)

    assert [answer.problem for answer in found if "needs root" in answer.problem] == []
    assert {answer.privilege for answer in found} == {f"root (sudo from {ACCOUNT}, uid 64001)"}


@needs("su")
def test_su_with_roots_password(host):
    """It reaches su and nothing else; su's question for it is no complaint of the command."""
    _, server = host
    silent = Shell("true", privileged=True, may_be_empty=True)
    loud = Shell("echo 'on fire' >&2; exit 3", privileged=True)

    found = ask(server, AS_ROOT, PLAIN, SECRET, silent, loud, Shell(ENGLISH, privileged=True),
                Shell(SPY, privileged=True), become="su", password=ROOTS)  # fmt: skip

    assert problems(found) == ["", "not asked: the same was asked as root", "", "", "exit status 3: on fire", "", ""]
    assert [found[0].text, found[3].text, found[5].text] == ["0\n", "", "two and words C\n"]
    assert found[0].privilege == f"root (su from {ACCOUNT}, uid 64001)"
    assert ROOTS not in found[6].text


@needs("su")
def test_su_with_a_wrong_password_or_without(host):
    """One attempt, and none."""
    _, server = host

    wrong = ask(server, AS_ROOT, SECRET, PLAIN, become="su", password="wrong")
    without = ask(server, AS_ROOT, PLAIN, become="su")

    assert problems(wrong) == ["needs root: su refused the password"] * 2 + [""]
    assert problems(without) == [
        "needs root: su asks for root's password, and the credential has no become_password",
        "",
    ]


@needs("doas")
def test_doas_without_password(host):
    """As doas.conf allows it."""
    accounts, server = host
    accounts.write("doas.conf", f"permit nopass {ACCOUNT} as root\n")

    found = ask(server, AS_ROOT, PLAIN, Shell(ENGLISH, privileged=True), become="doas")

    assert problems(found) == ["", "not asked: the same was asked as root", ""]
    assert found[0].text == "0\n"
    assert found[0].privilege == f"root (doas from {ACCOUNT}, uid 64001)"
    assert found[2].text.startswith("two and words")


@needs("doas")
def test_doas_that_asks_for_a_password_or_forbids(host):
    """It asks a terminal, which there is none; that is said."""
    accounts, server = host
    hint = "; it takes a password from a terminal only: allow nopass"

    for rule, password, why in (
        (f"permit {ACCOUNT} as root\n", "", f"Authentication required{hint}"),
        (f"permit {ACCOUNT} as root\n", OWN, f"Authentication required{hint}"),
        ("permit nopass root as root\n", "", "Operation not permitted"),
    ):
        accounts.write("doas.conf", rule)
        found = ask(server, AS_ROOT, PLAIN, become="doas", password=password)
        assert problems(found) == [f"needs root: doas refused: {why}", ""]


@needs("doas")
def test_the_doas_lines_that_are_printed_allow_what_they_list(host):
    """Word by word."""
    accounts, server = host
    listed = [SECRET, Shell(ENGLISH, privileged=True)]
    accounts.write("doas.conf", Privileges(shell=tuple(listed)).doas(ACCOUNT) + "\n")

    found = ask(server, *listed, AS_ROOT, PLAIN, become="doas")

    assert problems(found) == ["", "", "needs root: doas refused: Operation not permitted", ""]
    assert found[1].text.startswith("two and words")


def test_none_becomes_nobody_else(host):
    """Though sudo would."""
    accounts, server = host
    accounts.write("sudoers", f"{ACCOUNT} ALL=(root) NOPASSWD: ALL\n")

    found = ask(server, AS_ROOT, PLAIN, become="none")

    assert problems(found) == ["needs root: the account is not root, and its credential says become = none", ""]
    assert found[1].privilege == f"{ACCOUNT} (uid 64001)"


def test_words_of_the_tools() -> None:
    """What they print when they refuse, and what only looks like it."""
    assert refusal("sudo", "sudo: a password is required") == "needs root: sudo refused: a password is required"
    assert refusal("sudo", "Sorry, user x is not allowed to execute 'y' as root on z.").endswith("as root on z.")
    noexec = "timeout: failed to run command '/bin/sh': Permission denied"
    assert "(noexec)" in refusal("sudo", noexec)
    assert refusal("doas", noexec) == ""
    assert refusal("su", "su: Authentication failure") == "needs root: su refused: Authentication failure"
    assert refusal("su", "cat: /etc/x: No such file or directory") == ""
    assert refusal("none", "su: x") == ""
    assert unprompted("su", "Password: su: Authentication failure") == "su: Authentication failure"
    assert unprompted("su", "Password:") == ""
    assert unprompted("sudo", "Password: x") == "Password: x"
    assert why_not("su", "what a host made up") == "needs root"
    assert "canary" not in repr(Becoming("su", CANARY))
    assert re.search("terminal only", why_not("su", "terminal"))
