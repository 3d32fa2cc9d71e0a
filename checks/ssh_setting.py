"""Any setting of an SSH server, for demands that no check of its own covers."""

import re
from collections.abc import Iterator

from auditor import Fix, NotApplicable, Outcome, Severity, check
from auditor.facts.ssh import SshServer
from auditor.facts.ssh_settings import SshSettings
from auditor.facts.ssh_views import View, judge_setting


@check(
    "ssh.setting",
    severity=Severity.MEDIUM,
    fix=Fix(
        "Set the keyword in sshd_config to a value that is allowed, test with sshd -t, then reload sshd.",
        solution="harden-ssh",
    ),
    references=("nist-800-53r5:CM-6",),
)
def setting(
    ssh: SshServer,
    *,
    name: str = "",
    allowed: frozenset[str] = frozenset(),
    at_least: int | None = None,
    at_most: int | None = None,
    view: View = "effective",
) -> Iterator[Outcome]:
    """One setting of the SSH server has a value that the policy names

    For a demand that no check of its own covers: `name` is a keyword of sshd_config(5), such as Compression, and
    `allowed` are its values as `sshd -T` writes them, or a number from `at_least` to `at_most`. Of a keyword that may
    stand on several lines, such as AcceptEnv, each has to be allowed, or each word of it. Match blocks count.
    """
    limits = [limit for limit in (at_least, at_most) if limit is not None]
    if not name or not (allowed or limits):
        yield NotApplicable("the policy names no setting and values")
        return
    known = allowed | {value.lower() for value in allowed if "/" not in value}

    def good(text: str) -> bool:
        return all(_is_one_of(line, known) or _is_between(line, at_least, at_most) for line in text.split("\n"))

    def pick(settings: SshSettings) -> str | None:
        return "\n".join(" ".join(text.split()) for text in settings.texts(name)) or None

    numbers = [f"at least {at_least}"] * (at_least is not None) + [f"at most {at_most}"] * (at_most is not None)
    wanted = " or ".join([*sorted(allowed), *([" and ".join(numbers)] if numbers else [])])
    yield from judge_setting(ssh, name, pick, good, wanted=wanted, view=view)


def _is_one_of(text: str, known: frozenset[str]) -> bool:
    """Whether a line, or each word of it, is known: a file may name on one line what `sshd -T` writes on several."""
    words = text.split()
    each = all(word in known or ("/" not in word and word.lower() in known) for word in words)
    return (bool(words) and each) or text in known


def _is_between(text: str, at_least: int | None, at_most: int | None) -> bool:
    """Whether a text is a number within limits, of which there has to be one."""
    if (at_least is None and at_most is None) or not re.fullmatch(r"[0-9]{1,18}", text):
        return False
    return (at_least is None or int(text) >= at_least) and (at_most is None or int(text) <= at_most)
