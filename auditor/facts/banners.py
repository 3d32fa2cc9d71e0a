r"""What a host shows to whoever connects or logs in.

Sources: agetty(8) (of /etc/issue, /run/issue and /usr/lib/issue the first that exists, and after it the *.issue files
of the issue.d folders; `\s`, `\m`, `\r`, `\v` and `\S` stand for what the system is), sshd_config(5) (Banner shows a
file as it is), pam_motd(8), os-release(5).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from auditor.facts.bundle import ASKED, Bundle, answered, show
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Shell, probe

_ISSUES: Final = ("/etc/issue", "/run/issue", "/usr/lib/issue")
_ISSUE_FOLDERS: Final = ("/etc/issue.d", "/run/issue.d", "/usr/lib/issue.d")
_MOTDS: Final = ("/etc/motd", "/run/motd", "/usr/lib/motd")
_SSH: Final = re.compile(r"/etc/(?:issue|issue\.net|motd|[^/]*banner[^/]*|ssh/[^/]*(?:banner|issue)[^/]*)")
_RELEASE: Final = ("/etc/os-release", "/usr/lib/os-release")
_SHOWN: Final = Shell(
    show(
        [
            *(*_ISSUES, "/etc/issue.net", *_MOTDS, *_RELEASE, "/etc/*banner*", "/etc/ssh/*banner*", "/etc/ssh/*issue*"),
            *(f"{folder}/*.issue" for folder in _ISSUE_FOLDERS),
        ],
        ASKED,
    )
)


@dataclass(frozen=True, slots=True)
class Banners:
    """Notices by where they are shown, and the files that sshd commonly shows by their paths.

    A notice is empty where no file of it exists. `names` are what the operating system is called.
    """

    console: str = ""
    network: str = ""
    after_login: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()

    def knows(self, path: str) -> bool:
        """Whether a file at this path would be among `files`, did it exist."""
        return bool(_SSH.fullmatch(path))


@probe(_SHOWN, on={Platform.LINUX})
def banners(answer: Answer) -> Banners:
    """Read the notices. Raises Unreadable when one of them may not be read."""
    files = answered(answer.text)
    issue = files.first(*_ISSUES)
    more = [text for folder in _ISSUE_FOLDERS for _, text in files.below(folder, ".issue")]
    parts = [*([issue] if issue is not None else []), *more]
    return Banners(
        console="\n".join(parts),
        network=files.get("/etc/issue.net") or "",
        after_login=files.first(*_MOTDS) or "",
        files={path: text for path, text in files.texts.items() if _SSH.fullmatch(path)},
        names=_names(files),
    )


def tells_system(text: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return what in a notice says which operating system shows it: agetty's signs, and the system's own names."""
    signs = re.findall(r"\\[smrvS](?:\{[^}\n]*\})?", text)
    named = [name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE)]
    return tuple(dict.fromkeys([*signs, *named]))


def _names(files: Bundle) -> tuple[str, ...]:
    pairs = dict(line.partition("=")[::2] for line in (files.first(*_RELEASE) or "").split("\n"))
    found = (pairs.get(key, "").strip().strip("\"'") for key in ("ID", "NAME", "PRETTY_NAME"))
    return tuple(dict.fromkeys(name for name in found if len(name) > 1))
