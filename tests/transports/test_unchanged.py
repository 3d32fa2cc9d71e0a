"""A host leaves unsaid what it said last time, and nothing else; what it says is still said byte by byte."""

import hashlib
import os
import shutil
import subprocess

import pytest

from auditor.model.probe import Limits, Shell
from auditor.transports.base import Last
from auditor.transports.script import compose, new_nonce, raw_digest
from tests.transports.scripts import NONCE, answers, heard, problems, run
from tests.transports.test_script import any_shell, tools

KEY = "ab" * 32
NEVER = Last(KEY, {})
HOLDING = pytest.mark.parametrize(
    "shell",
    [one for one in (("dash",), ("bash",), ("bash", "--posix"), ("busybox", "ash"), ("ksh",)) if shutil.which(one[0])],
    ids=" ".join,
)  # shells with a printf of their own; mksh has none, and says everything each time


def told(text: bytes, status: int = 0) -> str:
    """Return the digest that is kept of an answer, as its definition has it."""
    return hashlib.sha256(KEY.encode() + b"\n" + str(status).encode() + b"\n" + text).hexdigest()[:32]


def octal(data: bytes) -> str:
    """Return a command that prints bytes."""
    return "printf '" + "".join(f"\\{byte:03o}" for byte in data) + "'"


TEXTS = {
    "a line": b"one\n",
    "no last newline": b"one\ntwo",
    "blank lines": b"\n\none\n\n\n",
    "every byte but NUL": bytes(range(1, 256)),
    "what a shell would expand": b"$(id) `id` $HOME \\ * ? [a-z] ' \" %s %% \\n -n\n",
    "what dd says": b"0+1 records in\n0+1 records out\n11 bytes copied\n",
    "as much as may be": b"x" * 70_000 + b"\n",
}


@HOLDING
def test_what_did_not_change_is_not_said(shell):
    """Whatever it is made of; each answer has the digest of last time, no text and no problem."""
    asked = [Shell(octal(text) if len(text) < 999 else "yes | head -c 70001 | tr 'y\\n' 'xx' | sed 's/x$//'")
             for text in TEXTS.values()]  # fmt: skip
    first = answers(run(asked, shell, last=NEVER))
    last = Last(KEY, {answer.request: answer.raw for answer in first})

    transcript = run(asked, shell, last=last)

    assert list(TEXTS.values())[:-1] == [section.text for section in run(asked, shell).sections()][:-1]
    assert [told(text) for text in list(TEXTS.values())[:-1]] == [answer.raw for answer in first][:-1]
    assert [(True, "", "", 0)] * len(asked) == [
        (answer.unchanged, answer.text, answer.problem, answer.exit_status) for answer in answers(transcript)
    ]
    assert [answer.raw for answer in first] == [answer.raw for answer in answers(transcript)]
    assert [b""] * len(asked) == [section.text for section in transcript.sections()]


@HOLDING
def test_an_unchanged_host_says_next_to_nothing(shell):
    """Little more than a hundred bytes a request, on both streams together; and is told little more than is asked."""
    asked = [Shell(f"seq {number} {number + 1500}") for number in range(20)]
    known = {answer.request: answer.raw for answer in answers(run(asked, shell, last=NEVER))}
    first, again = (compose(asked, new_nonce(), last=last) for last in (NEVER, Last(KEY, known)))
    said = [
        subprocess.run([str(shutil.which(shell[0])), *shell[1:], "-s"], input=script, capture_output=True, check=True)
        for script in (first, again)
    ]
    full, little = (len(one.stdout) + len(one.stderr) for one in said)

    assert little < 20 * 130 + 100
    assert little < 0.05 * full
    assert len(again) - len(first) < 20 * 20 + 2500


@any_shell
def test_what_changed_is_said_whole(shell):
    """A letter, a newline, an exit status, a NUL; what was never said; and what once held a NUL."""
    cases = [
        (Shell("echo one"), told(b"two\n"), b"one\n", 0),
        (Shell("printf one"), told(b"one\n"), b"one", 0),
        (Shell("printf '\\n'; echo one", ok=(0, 1)), told(b"one\n"), b"\none\n", 0),
        (Shell("echo one; exit 3", ok=(0, 3)), told(b"one\n"), b"one\n", 3),
        (Shell("echo one", ok=(0, 3)), told(b"one\n", 3), b"one\n", 0),
        (Shell("printf 'a\\000b\\n'"), told(b"ab\n"), b"a\0b\n", 0),
        (Shell("printf '\\000\\000one\\n\\000'"), told(b"one\n"), b"\0\0one\n\0", 0),
        (Shell("printf 'ab\\n'"), told(b"a\0b\n"), b"ab\n", 0),
        (Shell("echo new"), "", b"new\n", 0),
        (Shell("echo other"), "not hexadecimal", b"other\n", 0),
        (Shell("printf '\\001\\200\\201\\377'"), told(b"x"), b"\x01\x80\x81\xff", 0),
        (Shell("head -c 3000000 /dev/zero | tr '\\0' y"), told(b"x"), b"y" * 3_000_000, 0),
    ]
    asked = [request for request, _, _, _ in cases]

    transcript = run(asked, shell, last=Last(KEY, {request: raw for request, raw, _, _ in cases}))

    found = answers(transcript)
    assert [text for _, _, text, _ in cases] == [section.text for section in transcript.sections()]
    assert [told(text, status) for _, _, text, status in cases] == [answer.raw for answer in found]
    assert [status for _, _, _, status in cases] == [answer.exit_status for answer in found]
    assert not any(answer.unchanged or answer.problem for answer in found)


@HOLDING
def test_an_exit_status_that_means_an_answer_does_not_make_it_new(shell):
    """And one that means none has no digest."""
    asked = [Shell("echo one; exit 3", ok=(3,)), Shell("echo one; exit 42", ok=(42,)), Shell("echo one; exit 103")]
    known = {asked[0]: told(b"one\n", 3), asked[1]: told(b"one\n", 42), asked[2]: told(b"one\n", 103)}

    found = answers(run(asked, shell, last=Last(KEY, known)))

    assert [(answer.unchanged, answer.problem) for answer in found] == [
        (True, ""), (True, ""), (False, "exit status 103")
    ]  # fmt: skip
    assert found[2].raw == ""


@any_shell
def test_an_empty_answer_is_always_said(shell):
    """It costs nothing, and what complains or is refused is empty too."""
    silent, loud = Shell("true", may_be_empty=True), Shell("echo oops >&2; true", may_be_empty=True)

    found = answers(run([silent, loud], shell, last=Last(KEY, {silent: told(b""), loud: told(b"")})))

    assert [(answer.unchanged, answer.problem) for answer in found] == [
        (False, ""), (False, "the answer is empty: oops")
    ]  # fmt: skip
    assert [answer.raw for answer in found] == [told(b""), ""]


@any_shell
def test_limits_hold_for_what_is_held(shell):
    """Endless output is cut, slow commands are ended, and neither has a digest."""
    asked = [
        Shell("yes", limits=Limits(bytes=1000)),
        Shell("head -c 1000 /dev/zero | tr '\\0' y", limits=Limits(bytes=1000)),
        Shell("echo begun; sleep 50", limits=Limits(seconds=0.5)),
        Shell("echo next"),
    ]

    found = answers(run(asked, shell, last=Last(KEY, {request: told(b"x") for request in asked})))

    assert [answer.problem for answer in found] == [
        "the answer was cut off after 1000 bytes",
        "",
        "gave no complete answer within 0.5 s",
        "",
    ]
    assert [len(answer.text) for answer in found] == [1000, 1000, 6, 5]
    assert [bool(answer.raw) for answer in found] == [False, True, False, True]


@HOLDING
def test_complaints_are_told_apart(shell):
    """Those of one request, put twice because of a NUL, are not those of the next."""
    asked = [Shell("printf 'a\\000'; echo oops >&2; exit 1"), Shell("echo two; exit 1"), Shell("echo three")]

    found = answers(run(asked, shell, last=Last(KEY, {request: told(b"x") for request in asked})))

    assert [answer.problem for answer in found] == ["exit status 1: oops", "exit status 1", ""]


@pytest.mark.parametrize(
    "missing",
    [("sha256sum", "shasum", "openssl", "busybox"), ("dd",), ("head", "timeout", "dd")],
    ids=" ".join,
)
def test_a_host_without_the_tools_says_everything(tmp_path, missing):
    """As it would without digests."""
    there = {"id", "head", "timeout", "dd", "cat", "echo", "printf", "sha256sum"} - set(missing)
    folder = tools(tmp_path / "bin", *there)
    asked = [Shell("echo one"), Shell("printf 'a\\000b'")]

    transcript = run(asked, folder=folder, last=Last(KEY, {asked[0]: told(b"one\n"), asked[1]: told(b"a\0b")}))

    assert [section.text for section in transcript.sections()] == [b"one\n", b"a\0b"]
    assert [answer.raw for answer in answers(transcript)] == [told(b"one\n"), told(b"a\0b")]


@pytest.mark.parametrize("tool", ["sha256sum", "shasum", "openssl", "busybox"])
def test_any_digest_tool_will_do(tmp_path, tool):
    """Each writes the digest first."""
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    folder = tools(tmp_path / "bin", "id", "head", "timeout", "dd", "perl", "echo", tool)

    (answer,) = answers(run([Shell("echo one")], folder=folder, last=Last(KEY, {Shell("echo one"): told(b"one\n")})))

    assert answer.unchanged


def test_a_broken_digest_tool_is_not_used(tmp_path):
    """Nor one that says the same whatever it is given."""
    folder = tools(tmp_path / "bin", "id", "head", "timeout", "dd", "echo")
    (folder / "sha256sum").write_text(f"#!/bin/sh\necho {told(b'one')}\n")
    (folder / "sha256sum").chmod(0o755)

    (answer,) = answers(run([Shell("echo one")], folder=folder, last=Last(KEY, {Shell("echo one"): told(b"one")})))

    assert (answer.text, answer.unchanged) == ("one\n", False)


def test_nothing_is_written_on_the_host(tmp_path):
    """No file holds what was said."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    asked = [Shell("head -c 500000 /dev/zero | tr '\\0' y")]
    script = compose(asked, NONCE, last=Last(KEY, {asked[0]: told(b"x")}))
    log = tmp_path / "log"
    subprocess.run(
        [strace, "-f", "-o", str(log), "-e", "trace=openat,open,creat", "/bin/sh", "-s"],
        input=script, capture_output=True, check=True,
    )  # fmt: skip
    writing = [line for line in log.read_text().splitlines() if "O_CREAT" in line and "/dev/null" not in line]

    assert writing == []


# --- hosts that lie ---------------------------------------------------------------------------------------------------


def said(asked, *markers, last=None, err=b""):
    """Return what is made of a host that writes these markers after its greeting."""
    lines = ("H 0 root none sudo self", *markers)
    out = "".join(f"\n{NONCE} {marker}\n" for marker in lines).encode()
    return heard(asked, out, err or f"\n{NONCE} B 0\n\n{NONCE} B 1\n".encode(), last=last)


def test_what_was_never_said_cannot_be_unchanged():
    """Neither without digests at all nor without one for this request."""
    asked = [Shell("a"), Shell("b")]
    why = "the host says that this did not change, but was never told what it was"

    for last in (None, NEVER, Last(KEY, {asked[1]: told(b"x")}), Last(KEY, {asked[0]: ""})):
        (answer, _) = answers(said(asked, "B 0 a_run", "U 0 0", last=last))
        assert (answer.problem, answer.unchanged, answer.raw, answer.text) == (why, False, "", "")


def test_an_unchanged_answer_still_needs_its_exit_status_and_complaints():
    """A host that breaks off half-way has not answered."""
    asked = [Shell("a"), Shell("b")]
    last = Last(KEY, {asked[0]: told(b"x")})

    (broken, _) = answers(said(asked, "B 0 a_run", "U 0", last=last))
    (muffled, _) = answers(said(asked, "B 0 a_run", "U 0 0", last=last, err=f"\n{NONCE} B 0\n".encode()))
    (failed, _) = answers(said(asked, "B 0 a_run", "U 0 9", last=last))
    (refused, _) = answers(said(asked, "B 0 a_refuse", "U 0 0", last=last))
    (good, _) = answers(said(asked, "B 0 a_run", "U 0 0", last=last))

    assert [one.unchanged for one in (broken, muffled, failed, refused, good)] == [False, False, False, False, True]
    assert [broken.problem, failed.problem] == ["its exit status did not arrive", "exit status 9"]
    assert muffled.problem == "what it complained of did not arrive"
    assert refused.problem == "needs root"
    assert good.raw == told(b"x")


def test_markers_out_of_place_are_nothing():
    """A request that did not begin cannot be unchanged, and a clock is set anew once only."""
    asked = [Shell("a", limits=Limits(seconds=20)), Shell("b")]
    last = Last(KEY, {request: told(b"x") for request in asked})
    clock = said(asked[:1], "B 0 a_run", last=last)

    assert problems(said(asked, "U 0", "U 1", "A 0 a_run", "U None", last=last)) == [
        "not asked: the connection closed"
    ] * 2  # fmt: skip
    clock.out(f"\n{NONCE} A 0 a_run\n".encode(), 20.0)
    clock.out(f"\n{NONCE} A 0 a_run\n".encode(), 40.0)
    assert clock.left(40.0, 1000.0) == 20 + 20 + 7 - 40


def test_fake_markers_in_a_held_text_are_text():
    """With another nonce, wherever they stand."""
    fake = b"\n0000000000000000 U 0\n000000000000000000000\n0+1 records in\n0+1 records out\n45 bytes copied\n"
    request = Shell(octal(fake))

    (changed,) = run([request], last=Last(KEY, {request: told(b"x")})).sections()
    (same,) = answers(run([request], last=Last(KEY, {request: told(fake)})))

    assert changed.text == fake
    assert same.unchanged


def test_digests_and_nonces_are_no_shell_text():
    """What is no digest does not reach the script; a nonce is 16 letters, digits, `-` or `_`."""
    script = compose([Shell("a")], NONCE, last=Last(KEY, {Shell("a"): "$(touch /tmp/x)"}))

    assert b"touch" not in script
    assert all(len(one) == 16 and one.replace("-", "").replace("_", "").isalnum() for one in (new_nonce(), new_nonce()))
    assert new_nonce() != new_nonce()
    assert raw_digest(KEY, 3, b"a\n") == told(b"a\n", 3)


# --- what is asked as root is not asked again without ---------------------------------------------------------------


AS_ROOT = "not asked: the same was asked as root"


@pytest.mark.skipif(os.geteuid() != 0, reason="root has no need to become root")
def test_root_is_asked_once():
    """Whatever came of it; a plain request without a twin, or before it, is asked."""
    asked = [Shell("echo 0"), Shell("echo 1", privileged=True), Shell("echo 1"), Shell("exit 2", privileged=True),
             Shell("exit 2"), Shell("echo 3")]  # fmt: skip

    found = answers(run(asked))

    assert [answer.problem for answer in found] == ["", "", AS_ROOT, "exit status 2", AS_ROOT, ""]
    assert [answer.text for answer in found] == ["0\n", "1\n", "", "", "", "3\n"]


def test_a_host_cannot_pass_over_what_has_no_twin():
    """It is not answered either way, and no reason is made up."""
    asked = [Shell("a"), Shell("b", privileged=True), Shell("b")]

    found = answers(said(asked, "T 0", "B 1 a_run", "E 1", "T 2"))

    assert [answer.problem for answer in found][::2] == ["not asked: the connection closed", AS_ROOT]
