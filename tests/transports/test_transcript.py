"""Streams become answers however they arrive, break off or lie."""

import re
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.model.probe import Limits, Shell
from auditor.transports.script import compose
from auditor.transports.transcript import Section, Transcript
from tests.transports.scripts import NONCE, answers, heard, problems

RECORDED = [
    Shell("printf 'one\\0'"),
    Shell("echo two; echo 'not that loud' >&2; exit 4"),
    Shell("printf '\\n\\n%s' three"),
    Shell("id", privileged=True),
]


@pytest.fixture(scope="module")
def recorded():
    """Return both streams of one run."""
    done = subprocess.run(["/bin/sh", "-s"], input=compose(RECORDED, NONCE), capture_output=True, check=True)
    return done.stdout, done.stderr


def test_pieces_of_any_size_are_the_same_transcript(recorded):
    """Where the network cuts the streams makes no difference."""
    whole = [(s.text, s.status, s.complaint) for s in heard(RECORDED, *recorded).sections()]

    for piece in (1, 2, 3, 7, 33, 64, 100):
        assert whole == [(s.text, s.status, s.complaint) for s in heard(RECORDED, *recorded, piece=piece).sections()]
    assert heard(RECORDED, *recorded, piece=1).done


def test_cut_off_stream_leaves_finished_sections_whole(recorded):
    """At whichever byte it breaks: a section is complete and right, or it has a problem."""
    out, err = recorded
    whole = answers(heard(RECORDED, out, err))

    for length in range(len(out)):
        transcript = heard(RECORDED, out[:length], err)
        found = answers(transcript, "the connection closed")
        ended = [section.ended for section in transcript.sections()]
        assert sorted(ended, reverse=True) == ended
        assert not transcript.done
        for before, now, complete in zip(whole, found, ended, strict=True):
            assert (before.text, before.problem) == (now.text, now.problem) if complete else "connection" in now.problem


def test_answer_whose_complaints_are_missing_is_none(recorded):
    """When standard error broke off, nobody can say whether an empty answer is a whole one."""
    out, err = recorded
    markers = err.count(NONCE.encode())

    for heard_of in range(markers):
        cut = err[: [at.start() for at in re.finditer(NONCE.encode(), err)][heard_of]]
        found = problems(heard(RECORDED, out, cut))
        late = ["what it complained of did not arrive"] * (len(RECORDED) - max(0, heard_of - 1))
        assert found[max(0, heard_of - 1) :] == late


def test_missing_status_is_no_answer(recorded):
    """Without it nobody can say how a command ended."""
    out, err = recorded
    without = re.sub(rb"( E \d) \d+\n", rb"\1\n", out)

    assert {"its exit status did not arrive"} == set(problems(heard(RECORDED, without, err)))


marker_like = st.builds(
    lambda kind, index, rest: f"\n{NONCE} {kind} {index}{rest}\n".encode(),
    st.sampled_from(["H", "B", "A", "U", "T", "E", "Z", ""]),
    st.sampled_from(["", "0", "1", "2", "7", "-1", "\u0663", "x", "None", "99999999999999999999"]),
    st.sampled_from(["", " a_run", " a_root", " 0", " 300", " root group self", " x" * 300]),
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.one_of(marker_like, st.binary(max_size=40))), st.lists(st.one_of(marker_like, st.binary(max_size=40)))
)
def test_host_that_lies_about_everything_does_no_harm(out, err):
    """A host that knows the nonce can lie about itself, but there is one answer a request and no crash."""
    asked = [Shell("a"), Shell("b", privileged=True), Shell("c")]

    transcript = heard(asked, b"".join(out), b"".join(err), piece=11)

    found = answers(transcript, "stopped")
    assert asked == [answer.request for answer in found]
    assert transcript.ended <= all(section.ended for section in transcript.sections())


def test_endless_noise_is_stopped():
    """Output that no marker ends is not read on for ever, before the first section or in one."""
    asked = [Shell("a", limits=Limits(bytes=100))]
    noise, flood = Transcript(asked, NONCE), Transcript(asked, NONCE)
    noise.out(b"welcome! " * 10_000, 0.0)
    flood.out(f"\n{NONCE} H 0 root none sudo self\n\n{NONCE} B 0 a_run\n".encode() + b"x" * 100_000, 0.0)

    assert noise.stop(1.0, 100.0) == "more than 65536 bytes came before the shell's first word"
    assert flood.stop(1.0, 100.0) == "the output had no end"
    assert problems(flood, "the output had no end")[0] == "the answer was cut off after 100 bytes"


def test_time_is_given_to_each_request_and_to_the_asset():
    """A request that the host does not end is given up; so is an asset, at whatever it is."""
    asked = [Shell("a", limits=Limits(seconds=20)), Shell("b")]
    transcript = Transcript(asked, NONCE)
    transcript.out(f"\n{NONCE} H 0 root none sudo self\n\n{NONCE} B 0 a_run\nx".encode(), 10.0)

    assert transcript.stop(30.0, 300.0) == ""
    assert transcript.stop(38.0, 300.0) == "a command did not end within its time"
    assert transcript.stop(25.0, 25.0) == "the time for this asset was up"
    assert problems(transcript, "late") == ["the answer was cut off: late", "not asked: late"]


def test_noise_tells_what_a_login_without_a_shell_said():
    """It is shown on one line, without control characters, and not for ever."""
    transcript = Transcript([Shell("a")], NONCE)
    transcript.out(b"motd\n\x1b[31mThis account is\x07 not available." + b"!" * 900 + b"\n\n", 0.0)

    assert transcript.noise.startswith("[31mThis account is  not available.!!!")
    assert len(transcript.noise) <= 200


def test_section_defaults_are_no_answer():
    """A section of which nothing was heard says so."""
    transcript = Transcript([Shell("a")], NONCE)

    assert [Section()] == transcript.sections()
    assert problems(transcript) == ["not asked: the connection closed"]
