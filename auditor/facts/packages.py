"""Which operating system a Linux host is, by its own account, and which kernel runs.

Sources: os-release(5) (shell-compatible assignments; /etc goes before /usr/lib; ID without a value is `linux`),
uname(1).
"""

import re
import shlex
from dataclasses import dataclass
from typing import Final

from auditor import Answer, Platform, Shell, Unreadable, probe
from auditor.facts.bundle import read, section, show


@dataclass(frozen=True, slots=True)
class OperatingSystem:
    """A distribution and its running kernel. `version` is empty for a rolling release or a development branch.

    `like` are the distributions that it derives from, closest first.
    """

    id: str
    version: str
    name: str
    like: tuple[str, ...] = ()
    codename: str = ""
    kernel: str = ""
    machine: str = ""
    support_ends: str = ""  # SUPPORT_END as the distribution itself states it, YYYY-MM-DD
    variant: str = ""


OS_RELEASE: Final = Shell(
    show(
        ["/etc/os-release", "/usr/lib/os-release"],
        "u=$(uname -r -m)",
        section("kernel", 'echo "${u% *}"'),
        section("machine", 'echo "${u##* }"'),
    )
)


@probe(OS_RELEASE, on={Platform.LINUX})
def operating_system(answer: Answer) -> OperatingSystem:
    """Read os-release. Raises Unreadable when there is none or it names no system."""
    files = read(answer.text)
    text = files.first("/etc/os-release", "/usr/lib/os-release")
    values = assignments(text or "")
    if not {"ID", "NAME", "PRETTY_NAME"} & set(values):
        raise Unreadable("no os-release file names the distribution")
    system = values.get("ID", "linux").lower()
    return OperatingSystem(
        id=system,
        version=values.get("VERSION_ID", ""),
        name=values.get("PRETTY_NAME") or values.get("NAME") or system,
        like=tuple(values.get("ID_LIKE", "").lower().split()),
        codename=values.get("VERSION_CODENAME", ""),
        kernel=(files.get("kernel") or "").strip(),
        machine=(files.get("machine") or "").strip(),
        support_ends=values.get("SUPPORT_END", ""),
        variant=values.get("VARIANT_ID", ""),
    )


def assignments(text: str) -> dict[str, str]:
    """Return shell assignments without quotes; a line that a shell could not read is left out, the last line wins."""
    found: dict[str, str] = {}
    for line in text.split("\n"):
        told = re.fullmatch(r"\s*([A-Za-z_][A-Za-z0-9_]*)=(.*)", line)
        if told:
            try:
                words = shlex.split(told[2], comments=True)
            except ValueError:
                continue
            found[told[1]] = words[0] if words else ""
    return found
