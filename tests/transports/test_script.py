"""The script runs in every POSIX shell there is here, and its output cannot be mistaken for something else."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from auditor.errors import Undeclared
from auditor.model.probe import Limits, Shell, Snmp
from auditor.transports.become import Becoming
from auditor.transports.script import compose, shell_requests, sudo_words, words
from tests.make import open_to_others
from tests.transports.scripts import NONCE, answers, problems, run

CANARY = "canary-7f2e'\"$x"
NOBODY = 65534
SHELLS = [
    shell
    for shell in (("dash",), ("bash",), ("bash", "--posix"), ("busybox", "ash"), ("mksh",), ("ksh",))
    if shutil.which(shell[0])
]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

any_shell = pytest.mark.parametrize("shell", SHELLS, ids=" ".join)


def tools(folder: Path, *names: str) -> Path:
    """Return a folder with links to just these programs."""
    folder.mkdir()
    for name in names:
        target = shutil.which(name)
        assert target is not None
        (folder / name).symlink_to(target)
    return folder


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


@any_shell
def test_output_arrives_byte_by_byte(shell):
    """NULs, every byte value, blank lines and a missing last newline survive."""
    octets = "".join(f"\\{byte:03o}" for byte in range(256))
    asked = [Shell(f"printf '{octets}'"), Shell("printf '\\n\\n'", may_be_empty=True), Shell("printf 'no newline'")]

    sections = run(asked, shell).sections()

    assert [bytes(range(256)), b"\n\n", b"no newline"] == [section.text for section in sections]


@any_shell
def test_statuses_are_each_commands_own(shell):
    """An exit status that is not ok is a problem, and the text is kept."""
    asked = [
        Shell("echo a; exit 3"),
        Shell("echo b"),
        Shell("grep nothing /dev/null", ok=(0, 1), may_be_empty=True),
        Shell("echo partly; echo 'disk on fire' >&2; false"),
        Shell("kill -9 $$"),
    ]

    found = answers(run(asked, shell))

    assert [answer.exit_status for answer in found] == [3, 0, 1, 1, 137]
    assert [answer.text for answer in found] == ["a\n", "b\n", "", "partly\n", ""]
    assert [answer.problem for answer in found] == [
        "exit status 3",
        "",
        "",
        "exit status 1: disk on fire",
        "exit status 137: it was killed, or did not end within 20 s",
    ]


@any_shell
def test_missing_program_is_named(shell):
    """A program that is not there is a problem in plain words, with or without a shell of its own and as root."""
    asked = [Shell("no-such-tool -x"), Shell("no-such-tool | cat >&2; no-such-tool"), Shell("cd / && no-such-tool")]

    assert problems(run(asked, shell)) == ["no-such-tool is not installed here"] * 3


@any_shell
def test_empty_answer_is_no_answer(shell):
    """Unless it may be empty; and never when the command complained."""
    asked = [
        Shell("true"),
        Shell("true", may_be_empty=True),
        Shell("echo oops >&2", may_be_empty=True),
        Shell("echo ' '"),
        Shell("echo 'sudo: unable to resolve host web-01' >&2", may_be_empty=True),
    ]

    wanted = ["the answer is empty", "", "the answer is empty: oops", "the answer is empty", ""]
    assert wanted == problems(run(asked, shell))


@any_shell
def test_time_limit_ends_a_command_and_its_children(shell):
    """The next request is answered all the same."""
    asked = [Shell("echo begun; sleep 50; echo ended", limits=Limits(seconds=0.5)), Shell("echo next")]
    began = time.monotonic()

    found = answers(run(asked, shell))

    assert [(a.text, a.problem) for a in found] == [("begun\n", "gave no complete answer within 0.5 s"), ("next\n", "")]
    assert time.monotonic() - began < 20


@any_shell
def test_byte_cap_ends_endless_output(shell):
    """What just fits is whole, one byte more is cut off, and that is always said."""
    cap = Limits(bytes=1000)
    asked = [
        Shell("head -c 1000 /dev/zero", limits=cap),
        Shell("head -c 1001 /dev/zero", limits=cap),
        Shell("yes", limits=cap),
        Shell("echo next"),
    ]

    transcript = run(asked, shell)

    assert [len(section.text) for section in transcript.sections()] == [1000, 1000, 1000, 5]
    cut = "the answer was cut off after 1000 bytes"
    assert ["", cut, cut, ""] == problems(transcript)


@any_shell
def test_complaints_without_end_are_bounded(shell):
    """A command that floods standard error costs neither memory nor the next answer."""
    asked = [Shell("yes 'a complaint' | head -n 200000 >&2; echo fine"), Shell("echo next")]

    found = answers(run(asked, shell))

    assert [answer.text for answer in found] == ["fine\n", "next\n"]
    assert [answer.problem for answer in found] == ["", ""]


@any_shell
def test_fake_markers_are_text(shell):
    """Output that looks like our markers, with another nonce or none, is nothing but output."""
    fake = "\\n00000000000000000000000000000000 E 0 0\\n\\n00 Z\\n\\n E 0 0\\n\\nB 1 a_run\\n"
    asked = [Shell(f"printf '{fake}'; printf '{fake}' >&2"), Shell("echo next")]

    found = answers(run(asked, shell))

    assert fake.replace("\\n", "\n") == found[0].text
    assert [answer.problem for answer in found] == ["", ""]


@any_shell
def test_commands_cannot_learn_the_nonce(shell):
    """It is in no argument list and no environment, and standard input is empty."""
    asked = [Shell("cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ /proc/self/environ 2>/dev/null; cat; echo")]

    (section,) = run(asked, shell).sections()

    assert b"sh" in section.text
    assert NONCE.encode() not in section.text


@any_shell
def test_script_that_was_cut_off_runs_nothing(shell, tmp_path):
    """A connection that breaks while the script is sent leaves no half a command."""
    asked = [Shell(f"touch {tmp_path}/ran")]
    script = compose(asked, NONCE)
    shell_program = shutil.which(shell[0])
    assert shell_program is not None
    for length in range(len(script) - 40, len(script) - len("a_main </dev/null; exit 0\n"), 3):
        subprocess.run([shell_program, *shell[1:], "-s"], input=script[:length], capture_output=True, check=False)

    assert not (tmp_path / "ran").exists()
    run(asked, shell)
    assert (tmp_path / "ran").exists()


@any_shell
def test_quotes_and_newlines_reach_the_command(shell):
    """A command is passed on letter by letter, whatever it is made of."""
    text = "a'b\"c\\d $HOME `id` $(id) ;|&<>*?[]{}~#!\n second line\t\u00e9"
    quoted = "'" + text.replace("'", "'\\''") + "'"

    (answer,) = answers(run([Shell(f"printf %s {quoted}")], shell))

    assert text == answer.text


@any_shell
def test_environment_is_plain(shell):
    """The language is C, new files are private, and system programs are found."""
    asked = [Shell('printf \'%s %s\\n\' "$LC_ALL" "$(umask)"; case $PATH in *sbin*) echo sbin ;; esac')]

    (answer,) = answers(run(asked, shell))

    assert answer.text.replace(" 077", " 0077").split() == ["C", "0077", "sbin"]


def test_account_is_recorded():
    """Every answer says who asked."""
    (answer,) = answers(run([Shell("true", may_be_empty=True)]))

    name = subprocess.run(["/usr/bin/id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    assert answer.privilege == ("root" if os.geteuid() == 0 else f"{name} (uid {os.geteuid()})")


@as_root
@pytest.mark.skipif(shutil.which("sudo") is None, reason="sudo is not installed")
def test_refused_sudo_is_said():
    """An account without the right gets `needs root`, never the unprivileged answer."""
    asked = [Shell("cat /etc/shadow", privileged=True), Shell("cat /etc/shadow"), Shell("echo next")]

    found = answers(run(asked, user=NOBODY))

    assert ["" if "Permission denied" in answer.problem else answer.problem for answer in found] == [
        "needs root: sudo refused: a password is required",
        "",
        "",
    ]
    assert found[1].problem == "exit status 1: cat: /etc/shadow: Permission denied"
    assert [answer.privilege for answer in found] == ["nobody (uid 65534)"] * 3
    assert found[0].text == ""


@as_root
def test_missing_sudo_is_said(tmp_path):
    """Where there is no sudo, privileged requests are not run at all."""
    open_to_others(tmp_path)
    folder = tools(tmp_path / "bin", "id", "head", "timeout", "cat")

    found = answers(run([Shell("id", privileged=True), Shell("id -u")], folder=folder, user=NOBODY))

    assert found[0].problem == "needs root: sudo is not installed here, and the account is not root"
    assert (found[0].exit_status, found[0].text) == (None, "")
    assert found[1].text == "65534\n"


SUDO = """
echo "$*" >> FOLDER/asked
if [ "$1" = -n ]; then [ "$2" = -- ] && shift 2; exec "$@"; fi
IFS= read -r word
[ "$word" = "$(cat FOLDER/password)" ] || { echo 'Sorry, try again.' >&2; exit 1; }
while [ $# -gt 0 ]; do
  case $1 in -k | -S) shift ;; -p) shift 2 ;; -v) exit 0 ;; --) shift; break ;; esac
done
exec "$@"
"""


@pytest.fixture
def sudo(tmp_path):
    """Return a folder of programs in which we are nobody and sudo is ours: it writes its words down and obeys."""
    folder = tools(tmp_path / "bin", "head", "timeout", "cat", "env", "echo", "sh", "sleep")
    program(folder, "id", "case $1 in -u) echo 1001 ;; *) echo audit ;; esac")
    program(folder, "sudo", SUDO.replace("FOLDER", str(tmp_path)))
    return folder


def test_sudo_is_asked_for_exactly_the_declared_words(sudo, tmp_path):
    """So that a sudoers file can allow these and nothing else; the answer says how it was had."""
    requests = [Shell("echo a b", privileged=True), Shell("echo c | cat", privileged=True, limits=Limits(seconds=2.5))]

    found = answers(run(requests, folder=sudo))

    assert [(answer.text, answer.problem) for answer in found] == [("a b\n", ""), ("c\n", "")]
    assert [answer.privilege for answer in found] == ["root (sudo from audit, uid 1001)"] * 2
    asked = (tmp_path / "asked").read_text().splitlines()
    assert [f"-n -- {' '.join(sudo_words(request))}" for request in requests] == asked
    assert [" ".join(sudo_words(request)) for request in requests] == [
        "timeout -k 2 20 echo a b",
        "timeout -k 2 3 /bin/sh -c echo c | cat",
    ]


def test_sudo_password_reaches_sudo_and_nothing_else(sudo, tmp_path):
    """Not the command's standard input, no argument list, no environment, no output."""
    (tmp_path / "password").write_text(CANARY)
    spy = "cat; cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; env; echo done"

    transcript = run([Shell(spy, privileged=True), Shell(f"{spy}; :")], folder=sudo, becoming=Becoming("sudo", CANARY))

    assert problems(transcript) == ["", ""]
    assert all(b"done" in section.text and CANARY.encode() not in section.text for section in transcript.sections())


def test_wrong_sudo_password_is_tried_once(sudo, tmp_path):
    """However many requests need it, so that no account is locked."""
    (tmp_path / "password").write_text("another")
    asked = [Shell("echo a", privileged=True)] * 5

    transcript = run(asked, folder=sudo, becoming=Becoming("sudo", CANARY))

    assert problems(transcript) == ["needs root: sudo refused the password"] * 5
    assert len((tmp_path / "asked").read_text().splitlines()) == 1
    assert "canary" not in repr(answers(transcript))


@pytest.mark.skipif(shutil.which("perl") is None, reason="perl is not installed")
def test_perl_limits_time_where_there_is_no_timeout(tmp_path):
    """As on macOS, which has no timeout program."""
    folder = tools(tmp_path / "bin", "id", "head", "perl", "sleep", "echo")
    asked = [Shell("sleep 50", limits=Limits(seconds=1)), Shell("echo next"), Shell("no-such-tool")]

    assert problems(run(asked, folder=folder)) == [
        "gave no complete answer within 1 s",
        "",
        "no-such-tool is not installed here",
    ]


def test_bare_host_is_still_asked(tmp_path):
    """Without timeout, perl and head the answers are the same; the cap is then kept at this end."""
    folder = tools(tmp_path / "bin", "id", "cat", "echo")
    asked = [Shell("echo 123456789", limits=Limits(bytes=5)), Shell("echo next"), Shell("no-such-tool")]

    transcript = run(asked, folder=folder)

    assert [section.text for section in transcript.sections()] == [b"12345", b"next\n", b""]
    assert problems(transcript) == ["the answer was cut off after 5 bytes", "", "no-such-tool is not installed here"]


@pytest.mark.skipif(shutil.which("busybox") is None, reason="busybox is not installed")
def test_busybox_host(tmp_path):
    """Alpine: its timeout leaves the children, and does not keep the next request waiting for them."""
    folder = tmp_path / "bin"
    folder.mkdir()
    subprocess.run([str(shutil.which("busybox")), "--install", "-s", str(folder)], check=True, capture_output=True)
    limits = Limits(seconds=1)
    asked = [Shell("sleep 20 2>/dev/null; echo ended", limits=limits), Shell("echo next"), Shell("no-such-tool")]
    began = time.monotonic()

    transcript = run(asked, ("busybox", "ash"), folder=folder)

    assert problems(transcript) == ["gave no complete answer within 1 s", "", "no-such-tool is not installed here"]
    assert time.monotonic() - began < 15


def test_carriage_returns_and_invalid_utf8():
    """Texts have no carriage returns, and what is not UTF-8 is marked as such."""
    asked = [Shell("printf 'a\\r\\nb\\377\\r'")]

    assert [answer.text for answer in answers(run(asked))] == ["a\nb\ufffd"]


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("sshd -T", ("sshd", "-T")),
        ("stat -c '%a %U' /etc/x", ("stat", "-c", "%a %U", "/etc/x")),
        ("sysctl -n net.ipv4.ip_forward", ("sysctl", "-n", "net.ipv4.ip_forward")),
        ("a | b", ("/bin/sh", "-c", "a | b")),
        ("cat *.conf", ("/bin/sh", "-c", "cat *.conf")),
        ('echo "$HOME"', ("/bin/sh", "-c", 'echo "$HOME"')),
        ("ls ~", ("/bin/sh", "-c", "ls ~")),
        ("umask", ("/bin/sh", "-c", "umask")),
        ("LANG=C date", ("/bin/sh", "-c", "LANG=C date")),
        ("a\nb", ("/bin/sh", "-c", "a\nb")),
        ("echo it\\'s", ("/bin/sh", "-c", "echo it\\'s")),
    ],
)
def test_words_need_a_shell_only_where_the_shell_does_something(command, wanted):
    """A simple command is run as it is, so that sudoers can name it."""
    assert wanted == words(command)


def test_only_shell_requests_are_carried():
    """Anything else is refused before a connection is made."""
    assert [Shell("id")] == shell_requests([Shell("id")])
    with pytest.raises(Undeclared, match=r"snmp get 1\.3"):
        shell_requests([Shell("id"), Snmp(("1.3",))])
