"""What the lab's own servers do: checks, facts and probes of a workspace, as a company writes them for itself.

The folder `state` beside this one is the lab's: `server-PORT` is the configuration of the sshd on that port, `asked`
has a line for each time a host was asked, `hold-ADDRESS` keeps the host at that address from answering while it is
there, and `says-ADDRESS` is what it says when asked what it has to say.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from auditor import Asset, Fix, Limits, NotPresent, Platform, Severity, Shell, Unreadable, Violation, check, probe

STATE = Path(__file__).resolve().parent.parent / "state"
_HERE = f"cd '{STATE}' && set -- $SSH_CONNECTION"  # ssh(1): client and its port, server and its port
_HOLD = "while [ -e hold-$3 ]; do sleep 0.1; done"
_FIX = Fix("Set MaxAuthTries to 4 or less in sshd_config, then reload sshd.", solution="harden-ssh")


@dataclass(frozen=True, slots=True)
class LabServer:
    """The effective settings of the very sshd that a host was asked through."""

    settings: Mapping[str, str]


@probe(
    Shell(
        f'{_HERE} && echo "$3" >>asked; {_HOLD}; PATH=$PATH:/usr/sbin sshd -T -f "$PWD/server-$4"',
        limits=Limits(seconds=60),
    ),
    on={Platform.LINUX},
)
def from_sshd(answer) -> LabServer:
    """Read what sshd(8) prints with -T."""
    settings = dict(line.split(" ", 1) for line in answer.text.splitlines() if " " in line)
    if "maxauthtries" not in settings:
        raise Unreadable("sshd did not print its settings")
    return LabServer(settings)


@dataclass(frozen=True, slots=True)
class LabWords:
    """What a host has to say."""

    text: str


@probe(Shell(f"{_HERE} && cat says-$3 2>/dev/null; echo end"), on={Platform.LINUX})
def from_file(answer) -> LabWords:
    """Read it; a text about a crash crashes the probe, with the text in the message."""
    if not answer.text.endswith("end\n"):
        raise Unreadable("the answer was cut off")
    if "crash the probe" in answer.text:
        raise RuntimeError(answer.text)
    if answer.text == "end\n":
        raise NotPresent("the host has nothing to say")
    return LabWords(answer.text)


@check("lab.max-tries", severity=Severity.HIGH, fix=_FIX)
def max_tries(server: LabServer, *, at_most: int = 4) -> Iterator[Violation]:
    """The lab's SSH server gives few tries

    Each further try is a guess.
    """
    tries = int(server.settings["maxauthtries"])
    if tries > at_most:
        yield Violation("MaxAuthTries", found=tries, wanted=f"at most {at_most}")


@check("lab.whole", severity=Severity.LOW, fix=Fix("Mend the check.", solution="harden-ssh"))
def whole(asset: Asset, words: LabWords) -> Iterator[Violation]:
    """The host says nothing that breaks a check

    Where the host says that the check is to crash, this check is the one that crashes.
    """
    if "crash the check" in words.text:
        raise RuntimeError(f"{asset.name} said {words.text}")
    if "violation" in words.text:
        yield Violation("words", found=words.text, wanted="nothing of the kind")
