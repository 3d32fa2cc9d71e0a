"""Refusals are remembered as long as the audit that they are counted in."""

import multiprocessing
from collections import Counter
from pathlib import Path

import pytest

from auditor.errors import AuthenticationRefused, CredentialStopped
from auditor.transports.attempts import Attempts
from auditor.transports.refusals import Refusals


def refused(attempts: Attempts, name: str) -> None:
    """Send a credential that is refused."""
    with pytest.raises(AuthenticationRefused), attempts.of(name):
        raise AuthenticationRefused("no")


def test_who_goes_on_counts_on(tmp_path: Path) -> None:
    """Whatever a credential is called; one that was stopped stays so, and one with a refusal left has it."""
    names = ("a b", 'with "quotes"\nand a line')
    before = Attempts(3, names, Refusals(tmp_path / "state" / "refusals", "7"))
    for name in (*names, names[0], names[0]):
        refused(before, name)

    after = Attempts(3, names, Refusals(tmp_path / "state" / "refusals", "7"))

    assert after.stopped() == {"a b": 3}
    for _ in range(2):  # whoever waits is told as well
        with pytest.raises(CredentialStopped, match="credential a b stopped after 3 refusals"), after.of("a b"):
            pass
    refused(after, names[1])
    refused(after, names[1])
    with pytest.raises(CredentialStopped), after.of(names[1]):
        pass


def test_another_audit_counts_anew(tmp_path: Path) -> None:
    """And what it counts is not added to what was counted before."""
    file = tmp_path / "refusals"
    refused(Attempts(1, ["key"], Refusals(file, "7")), "key")
    later = Attempts(2, ["key"], Refusals(file, "8"))
    assert later.stopped() == {}
    refused(later, "key")

    assert Refusals(file, "8").counted() == Counter(key=1)
    assert Refusals(file, "7").counted() == Counter()


def test_forked_processes_write_into_the_same_file(tmp_path: Path) -> None:
    """Each line whole."""
    attempts = Attempts(100, ["key"], Refusals(tmp_path / "refusals", "7"))
    processes = [multiprocessing.get_context("fork").Process(target=_ten, args=(attempts,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert Refusals(tmp_path / "refusals", "7").counted() == Counter(key=40)


def _ten(attempts: Attempts) -> None:
    for _ in range(10):
        refused(attempts, "key")


@pytest.mark.parametrize("text", ["", "\n", '"7"\n{"a"', '"7"\n"key"\n"ke', "\x00\xff", '"7"\n3\n[]\n"key"\n'])
def test_a_damaged_file_counts_what_can_be_read(tmp_path: Path, text: str) -> None:
    """A power cut leaves half a line."""
    file = tmp_path / "refusals"
    file.write_bytes(text.encode("latin-1"))

    assert Refusals(file, "7").counted() == Counter(key=text.count('"key"'))
    refused(Attempts(3, ["key"], Refusals(file, "7")), "key")
    assert Refusals(file, "7").counted()["key"] == text.count('"key"') + 1


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    """The count of this process holds all the same."""
    (tmp_path / "file").touch()
    attempts = Attempts(1, ["key"], Refusals(tmp_path / "file" / "refusals", "7"))
    refused(attempts, "key")

    assert attempts.stopped() == {"key": 1}


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    """It names credentials."""
    refused(Attempts(1, ["key"], Refusals(tmp_path / "state" / "refusals", "7")), "key")

    assert (tmp_path / "state" / "refusals").stat().st_mode & 0o077 == 0
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0
