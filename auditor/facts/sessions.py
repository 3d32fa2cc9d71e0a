"""What a login session begins with: the shells' start files, the file mode mask, and which shells there are.

Sources: bash(1) (INVOCATION; TMOUT), pam_umask(8) (an argument goes before UMASK of login.defs), shells(5). A login
reads /etc/profile, which on all distributions here reads /etc/profile.d/*.sh in the order of their names; Debian's
/etc/profile and other shells than logins read /etc/bash.bashrc, those of Red Hat and SUSE /etc/bashrc and
/etc/bash.bashrc.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from auditor.errors import NotPresent, Unreadable
from auditor.facts.bundle import ASKED, Bundle, answered, show
from auditor.facts.logindefs import pam_settings
from auditor.facts.pam import stack
from auditor.facts.passwords import FILES as PAM_FILES
from auditor.facts.shell_text import Assignment, Command, assignments, commands, unquoted
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Shell, probe

_PROFILE: Final = ("/etc/profile", "/usr/etc/profile")
_PROFILES: Final = "/etc/profile.d"
_OTHERS: Final = ("/etc/profile.local", "/etc/bash.bashrc", "/etc/bash.bashrc.local", "/etc/bashrc", "/etc/zprofile")
_ROOT: Final = ("/root/.bash_profile", "/root/.bash_login", "/root/.profile", "/root/.bashrc")
_SERVICES: Final = ("login", "sshd")
_SHARED: Final = ("common-session", "system-auth")
# Conditions that hold for whoever sits at a shell.
_INTERACTIVE: Final = re.compile(r"PS1|\$-|\*i\*|BASH(?:_VERSION)?\b")

START: Final = Shell(show([*_PROFILE, f"{_PROFILES}/*.sh", *_OTHERS, "/etc/shells", "/usr/etc/shells"], ASKED))
ROOT_START: Final = Shell(show(_ROOT, ASKED), privileged=True)


@dataclass(frozen=True, slots=True)
class Mask:
    """A `umask` that a start file runs. `bits` is None where it is computed; `condition` is what it depends on."""

    place: str
    bits: int | None
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Timeout:
    """A line that sets TMOUT; `seconds` is None where the value is no plain number, 0 where it is taken back."""

    place: str
    seconds: int | None
    condition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStart:
    """What shells do at the start of every session, in the order in which a login reads the files."""

    timeouts: tuple[Timeout, ...] = ()
    readonly: bool = False  # TMOUT cannot be changed any more
    exported: bool = False  # shells within the session have it too
    masks: tuple[Mask, ...] = ()


@dataclass(frozen=True, slots=True)
class RootStart:
    """The masks that root's own start files set."""

    masks: tuple[Mask, ...]


@dataclass(frozen=True, slots=True)
class PamMasks:
    """The mask that PAM sets at a login, by service; None where it sets none. Empty where there is no PAM."""

    by_service: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, slots=True)
class ListedShells:
    """/etc/shells: what programs take for the shell of a person."""

    paths: tuple[str, ...]


@probe(START, on={Platform.LINUX})
def session_start(answer: Answer) -> SessionStart:
    """Read the shells' common start files. Raises Unreadable when one of them may not be read."""
    found = list(_start(answered(answer.text)))
    set_here = [one for one in assignments(found) if one.name == "TMOUT"]
    always = [one for one in set_here if not _condition(one.conditions)]
    return SessionStart(
        timeouts=tuple(_timeout(one) for one in set_here if one.value is not None),
        readonly=any(one.readonly for one in always),
        exported=any(one.exported for one in always),
        masks=tuple(_masks(found)),
    )


@probe(ROOT_START, on={Platform.LINUX})
def root_start(answer: Answer) -> RootStart:
    """Read root's own start files."""
    files = answered(answer.text)
    found = [one for path in _ROOT for one in commands(path, (files.get(path) or "").split("\n"))]
    return RootStart(tuple(_masks(found)))


@probe(PAM_FILES, on={Platform.LINUX})
def pam_masks(answer: Answer) -> PamMasks:
    """Read which mask pam_umask sets."""
    files = answered(answer.text)
    for services in (_SERVICES, _SHARED):
        stacks = [(service, stack(files, service, "session")) for service in services]
        if found := [(service, lines) for service, lines in stacks if lines]:
            break
    by_defs = pam_settings(files.first("/etc/login.defs", "/usr/etc/login.defs") or "").get("UMASK", "")
    masks: list[tuple[str, int | None]] = []
    for service, lines in found:
        own = [line.argument("umask") or by_defs for line in lines if line.module == "pam_umask"]
        masks.append((service, octal(own[-1]) if own else None))
    return PamMasks(tuple(masks))


@probe(START, on={Platform.LINUX})
def listed_shells(answer: Answer) -> ListedShells:
    """Read /etc/shells. Raises NotPresent where there is none."""
    text = answered(answer.text).first("/etc/shells", "/usr/etc/shells")
    if text is None:
        raise NotPresent("there is no /etc/shells")
    lines = (line.partition("#")[0].strip() for line in text.split("\n"))
    return ListedShells(tuple(line for line in lines if line))


def octal(text: str) -> int | None:
    """Return an octal number of at most four digits, or None."""
    return int(text, 8) if re.fullmatch("[0-7]{1,4}", text) else None


def _start(files: Bundle) -> Iterator[Command]:
    profile = files.first(*_PROFILE)
    if profile is None and not any(path in files.texts for path in _OTHERS):
        raise Unreadable("there is no /etc/profile, nor another start file of a known shell")
    yield from commands(_PROFILE[0], (profile or "").split("\n"))
    inside = files.below(_PROFILES, ".sh") if "profile.d" in (profile or "") else []
    others = [(path, text) for path in _OTHERS if (text := files.get(path)) is not None]
    for path, text in [*inside, *others]:
        yield from commands(path, text.split("\n"))


def _timeout(one: Assignment) -> Timeout:
    value = one.value or "0"
    seconds = int(value) if re.fullmatch("[0-9]{1,10}", value) else None
    return Timeout(one.place, seconds, _condition(one.conditions))


def _masks(found: list[Command]) -> Iterator[Mask]:
    for command in found:
        words = [word for word in command.words if word not in {"builtin", "command"} and not word.startswith("-")]
        if len(words) == 2 and words[0] == "umask":
            yield Mask(command.place, _mask(unquoted(words[1])), _condition(command.conditions))


def _mask(text: str) -> int | None:
    """Return a mask written in octal or, as `u=rwx,g=rx,o=`, by what it leaves."""
    parts = text.split(",")
    if not all(re.fullmatch("[ugoa]{1,3}=[rwx]{0,3}", part) for part in parts):
        return octal(text)
    left = 0
    for part in parts:
        who, _, rights = part.partition("=")
        bits = sum({"r": 4, "w": 2, "x": 1}[right] for right in set(rights))
        for shift, letter in ((6, "u"), (3, "g"), (0, "o")):
            if letter in who or "a" in who:
                left = left & ~(7 << shift) | bits << shift
    named = {letter for part in parts for letter in part.partition("=")[0].replace("a", "ugo")}
    return 0o777 & ~left if named >= {"g", "o"} else None


def _condition(conditions: tuple[str, ...]) -> str:
    """Return the first condition that does not hold in every interactive session."""
    return next((text for text in conditions if not _INTERACTIVE.search(text)), "")
