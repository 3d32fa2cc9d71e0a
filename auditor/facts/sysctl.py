"""What sysctl.d(5) files set: spelling of names, wildcards, and which of several assignments is left.

Checked against systemd 252 and Linux 6: a trailing comment is part of the value, and the kernel reads the number before
it; an explicit name beats any wildcard, whatever the order; a name after `-` without a value is kept from wildcards.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
<<<<<<< HEAD
from fnmatch import fnmatchcase
from typing import Final
=======
from typing import Final, Self
>>>>>>> distinct

from auditor.facts.dropins import Lines, in_order

_DIRECTORIES: Final = (
    "/etc/sysctl.d",
    "/run/sysctl.d",
    "/usr/local/lib/sysctl.d",
    "/usr/lib/sysctl.d",
    "/lib/sysctl.d",
)
_WILD: Final = frozenset("*?[")
_VENDOR: Final = ("/usr/lib/", "/lib/")
_UFW: Final = "/etc/ufw/sysctl.conf"
_ALIASES: Final = {"net/ipv4/conf/all/forwarding": "net/ipv4/ip_forward"}


@dataclass(frozen=True, slots=True)
class Assignment:
    """One line: a path below /proc/sys, perhaps with wildcards; its text, or None to keep wildcards off; its place."""

    path: str
    text: str | None
    place: str


def at_boot(files: Mapping[str, Lines], *, and_sysctl_conf: bool) -> tuple[Assignment, ...]:
    """Return the assignments in the order in which they are applied.

    systemd does not read /etc/sysctl.conf (a link in sysctl.d leads to it); others read it last. A ufw that is switched
    on applies a file of its own afterwards.
    """
    order = in_order(files, _DIRECTORIES)
    if and_sysctl_conf and "/etc/sysctl.conf" in files:
        order.append(("/etc/sysctl.conf", files["/etc/sysctl.conf"]))
    if _UFW in files and _ufw_applies_it(files):
        order.append((_UFW, files[_UFW]))
    return tuple(assignment for path, lines in order for assignment in _assignments(path, lines))


def not_at_boot(files: Mapping[str, Lines], *, and_sysctl_conf: bool) -> tuple[Assignment, ...]:
    """Return the lines of files that nothing applies at boot here, though an administrator takes them for settings.

    That is /etc/sysctl.conf without a link to it where systemd applies the rest, and ufw's file while ufw is off.
    """
    idle = [] if and_sysctl_conf or "/etc/sysctl.conf" not in files else ["/etc/sysctl.conf"]
    idle += [_UFW] if _UFW in files and not _ufw_applies_it(files) else []
    return tuple(assignment for path in idle for assignment in _assignments(path, files[path]))


def written_of(assignments: Sequence[Assignment], path: str) -> tuple[Assignment, ...]:
    """Return the lines that name a parameter. The vendor's count only where the host's own files have none."""
    wanted = _ALIASES.get(path, path)
    lines = [a for a in assignments if a.text is not None and _ALIASES.get(a.path, a.path) == wanted]
    own = [line for line in lines if not line.place.startswith(_VENDOR)]
    return tuple(own or lines)


<<<<<<< HEAD
def value_of(assignments: Sequence[Assignment], path: str) -> str | None:
    """Return the text that a parameter gets, or None when nothing sets it."""
    wanted = _ALIASES.get(path, path)
    explicit = [a for a in assignments if _ALIASES.get(a.path, a.path) == wanted]
    if explicit:
        return next((a.text for a in reversed(explicit) if a.text is not None), None)
    wild = [a for a in assignments if a.text is not None and _WILD & set(a.path) and _matches(a.path, path)]
    return wild[-1].text if wild else None
=======
@dataclass(frozen=True, slots=True)
class Settled:
    """What is left of assignments: by the names that lines give, and by wildcard, the last line first.

    The text of a name is None where it is only kept from wildcards.
    """

    named: Mapping[str, str | None]
    wild: tuple[Assignment, ...]

    @classmethod
    def of(cls, assignments: Sequence[Assignment]) -> Self:
        """Return what is left of assignments in the order in which they are applied."""
        named: dict[str, str | None] = {}
        for one in assignments:
            path = _ALIASES.get(one.path, one.path)
            named[path] = named.get(path) if one.text is None else one.text
        wild = [one for one in reversed(assignments) if one.text is not None and "*" in one.path]
        return cls(named, tuple(wild))

    def value_of(self, path: str) -> str | None:
        """Return the text that a parameter gets, or None when nothing sets it."""
        wanted = _ALIASES.get(path, path)
        if wanted in self.named:
            return self.named[wanted]
        return next((one.text for one in self.wild if _matches(one.path, path)), None)
>>>>>>> distinct


def parameter_path(name: str) -> str:
    """Return the path that a name stands for: when the first separator is a dot, dots and slashes trade places."""
    first = re.search(r"[./]", name)
    swapped = name.translate(str.maketrans("./", "/.")) if first and first[0] == "." else name
    return re.sub(r"/+", "/", swapped).strip("/")


def _assignments(path: str, lines: Lines) -> Iterator[Assignment]:
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text[0] in "#;":
            continue
        name, equals, value = text.partition("=")
        bare = name.strip()
        if equals:
            yield Assignment(parameter_path(bare.removeprefix("-")), value.strip(), f"{path}:{number}")
        elif bare.startswith("-"):
            yield Assignment(parameter_path(bare[1:]), None, f"{path}:{number}")


def _matches(pattern: str, path: str) -> bool:
    """Return whether a glob(7) pattern means a path; a wildcard stays within one name."""
    names, wanted = path.split("/"), pattern.split("/")
    return len(names) == len(wanted) and all(map(fnmatchcase, names, wanted))


def _ufw_applies_it(files: Mapping[str, Lines]) -> bool:
    enabled = _shell_value(files.get("/etc/ufw/ufw.conf", ()), "ENABLED")
    return enabled.lower() == "yes" and _shell_value(files.get("/etc/default/ufw", ()), "IPT_SYSCTL") == _UFW


def _shell_value(lines: Lines, name: str) -> str:
    """Return the last plain assignment to a shell variable, or nothing."""
    given = [line.strip().partition("=")[2] for line in lines if line.strip().startswith(f"{name}=")]
    return given[-1].strip("\"'") if given else ""
