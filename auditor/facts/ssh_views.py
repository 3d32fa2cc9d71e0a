"""One setting of an SSH server in every view of it: for anybody, under conditions, and as it is written.

With the view "effective and written" a safe default is not enough: every line that sets the keyword has to be safe, and
there has to be one.
"""

from collections.abc import Callable, Iterator
from typing import Final, Literal, TypeVar

from auditor.facts.ssh import SshServer
from auditor.facts.ssh_settings import SshSettings
from auditor.model.check import Outcome, Undecided, Value, Violation

View = Literal["effective", "effective and written"]
T = TypeVar("T", bound=str | int | tuple[int, int, int])
Pick = Callable[[SshSettings], T | None]

BOTH: Final[View] = "effective and written"
NOT_SHOWN: Final = "the server does not show this setting"


def judge_setting(
    ssh: SshServer, keyword: str, pick: Pick[T], good: Callable[[T], bool], *, wanted: Value, view: View = "effective"
) -> Iterator[Outcome]:
    """Yield what is wrong with one setting: for anybody, under conditions, and where demanded as it is written."""
    value = pick(ssh.settings)
    if value is None:
        yield Undecided(keyword, NOT_SHOWN)
    elif not good(value):
        yield Violation(keyword, found=value, wanted=wanted)
    elif view == BOTH:
        yield from _as_written(ssh, keyword, pick, good, wanted)
    yield from judge_conditions(ssh, keyword, pick, good, wanted)


def _as_written(
    ssh: SshServer, keyword: str, pick: Pick[T], good: Callable[[T], bool], wanted: Value
) -> Iterator[Outcome]:
    values = [value for line in ssh.written if (value := pick(line)) is not None]
    if not values and not ssh.unread:  # else judge_conditions says that a file was not read
        yield Violation(keyword, found="not written down", wanted=wanted)
    elif wrong := [value for value in values if not good(value)]:
        yield Violation(keyword, found=tuple(wrong), wanted=wanted)


def judge_conditions(
    ssh: SshServer, keyword: str, pick: Pick[T], good: Callable[[T], bool], wanted: Value, user: str = ""
) -> Iterator[Outcome]:
    """Yield each Match block that loosens the setting; of blocks with the same criteria the first one counts."""
    seen: set[str] = set()
    for match in ssh.matches:
        value = pick(match.settings)
        if value is None or match.criteria in seen or (user and not match.could_be(user)):
            continue
        seen.add(match.criteria)
        if not good(value):
            yield Violation(f"{keyword} ({match.criteria})", found=value, wanted=wanted)
        if user and match.is_all_of(user):
            break
    if ssh.unread:
        yield Undecided(keyword, f"{ssh.unread[0]} could not be read, and a Match block in it may set this otherwise")


def judge_off(ssh: SshServer, keyword: str, pick: Pick[bool], view: View = "effective") -> Iterator[Outcome]:
    """Yield where something is on that has to be off."""
    yield from judge_setting(ssh, keyword, pick, lambda on: not on, wanted=False, view=view)


def judge_on(ssh: SshServer, keyword: str, pick: Pick[bool], view: View) -> Iterator[Outcome]:
    """Yield where something is off that has to be on."""
    yield from judge_setting(ssh, keyword, pick, lambda on: on, wanted=True, view=view)
