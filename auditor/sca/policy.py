"""Policy files as Wazuh has them (4.x and 5.x), read into frozen values.

What cannot be used is told, never dropped in silence: a check without an id or a known condition is left out with a
note, and a rule that cannot be read stays with its check, which is then not decided by it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from auditor.documents import Document, Key, Plain
from auditor.errors import ContentError
from auditor.sca.judge import CONDITIONS
from auditor.sca.rules import Dialect, Edition, Rule, parse_rule

COMPLIANCE: Final = (
    "cmmc", "fedramp", "gdpr", "hipaa", "iso_27001", "nis2", "nist_800_171", "nist_800_53", "pci_dss", "tsc",
)  # fmt: skip
"""The frameworks that policies of 5.x may name."""

_OLD_CONDITIONS: Final = {"all required": "all", "any required": "any"}

Ids = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules and how they count together; `left_out` are those that cannot be read."""

    condition: str
    rules: tuple[Rule, ...]
    edition: Edition
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScaCheck:
    """One check of a policy file."""

    id: str
    title: str
    rules: Rules
    rationale: str = ""
    remediation: str = ""
    compliance: Ids = field(default_factory=dict)
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScaPolicy:
    """A policy file. Unless its requirements are met, none of its checks applies."""

    id: str
    title: str
    checks: tuple[ScaCheck, ...]
    requirements: Rules | None = None
    notes: tuple[str, ...] = ()


def read_policy(document: Document, dialect: Dialect | None = None) -> ScaPolicy:
    """Return what a policy file says; `dialect` is that of expressions where the file does not name one.

    Raises ContentError for a file that is no policy, or whose requirements cannot be read.
    """
    root = document.value
    if not isinstance(root, dict) or not isinstance(root.get("policy"), dict):
        raise ContentError(document.place(), "is no Wazuh SCA policy: it has no `policy`")
    if not isinstance(root.get("checks"), list):
        raise ContentError(document.place(), "is no Wazuh SCA policy: it has no `checks`")
    whole = _replaced(root, root.get("variables"))
    assert isinstance(whole, dict)
    return _Reader(document, whole, dialect).read()


@dataclass
class _Reader:
    document: Document
    root: dict[str, Plain]
    dialect: Dialect | None
    notes: list[str] = field(default_factory=list)

    def read(self) -> ScaPolicy:
        policy = _mapping(self.root["policy"])
        edition = self._edition(policy)
        requirements = self._requirements(edition)
        checks: dict[str, ScaCheck] = {}
        for index, written in enumerate(_list(self.root["checks"])):
            check = self._check(_mapping(written), edition, ("checks", index))
            if check and check.id in checks:
                self._note(f"the check {check.id} stands twice; the second is left out", "checks", index)
            elif check:
                checks[check.id] = check
        title = _line(policy.get("name")) or _line(policy.get("id"))
        return ScaPolicy(_text(policy.get("id")), title, tuple(checks.values()), requirements, tuple(self.notes))

    def _edition(self, policy: Mapping[str, Plain]) -> Edition:
        """Return the release that a file is written for: 5 calls a check's title `name`, and knows no other engine."""
        checks = [_mapping(check) for check in _list(self.root["checks"])]
        old = "regex_type" in policy or not any("name" in check for check in checks)
        dialect = self._dialect(policy, self.dialect or (Dialect.OSREGEX if old else Dialect.PCRE2))
        return Edition(4 if old else 5, dialect)

    def _dialect(self, written: Mapping[str, Plain], default: Dialect) -> Dialect:
        said = _text(written.get("regex_type"))
        if not said:
            return default
        return Dialect.PCRE2 if said == "pcre2" else Dialect.OSREGEX

    def _requirements(self, edition: Edition) -> Rules | None:
        written = self.root.get("requirements")
        if written is None:
            return None
        rules = self._rules(_mapping(written), edition, ("requirements",))
        if rules is None:
            raise ContentError(self.document.place("requirements"), "its condition is none of all, any and none")
        return rules

    def _check(self, written: Mapping[str, Plain], edition: Edition, at: tuple[Key, ...]) -> ScaCheck | None:
        id_ = _text(written.get("id"))
        rules = self._rules(written, edition, at)
        if not id_ or rules is None:
            self._note(f"the check {id_ or 'without an id'} has no id or no known condition, and is left out", *at)
            return None
        reasons = [_text(written.get(key)) for key in ("description", "rationale")]
        return ScaCheck(
            id=id_,
            title=_line(written.get("name")) or _line(written.get("title")) or f"Check {id_}",
            rules=rules,
            rationale="\n".join(reason for reason in reasons if reason),
            remediation=_text(written.get("remediation")),
            compliance=self._compliance(written.get("compliance"), at),
            references=tuple(_mitre(written.get("mitre"))),
        )

    def _rules(self, written: Mapping[str, Plain], edition: Edition, at: tuple[Key, ...]) -> Rules | None:
        said = _text(written.get("condition"))
        condition = _OLD_CONDITIONS.get(said, said)
        if condition not in CONDITIONS:
            return None
        texts = [_text(rule) for rule in _list(written.get("rules"))]
        rules = {text: parse_rule(text) for text in texts}
        left_out = tuple(text for text, rule in rules.items() if rule is None)
        for text in left_out:
            self._note(f"the rule {text!r} cannot be read", *at, "rules")
        own = Edition(edition.release, self._dialect(written, edition.dialect))
        return Rules(condition, tuple(rule for rule in rules.values() if rule is not None), own, left_out)

    def _compliance(self, written: Plain, at: tuple[Key, ...]) -> Ids:
        """Return the ids that a check satisfies: of 4.x a list of mappings, with any keys; of 5.x one mapping."""
        pairs = [pair for one in _list(written) for pair in _mapping(one).items()]
        for key, ids in _mapping(written).items():
            if key in COMPLIANCE:
                pairs.append((key, ids))
            else:
                self._note(f"{key} is no framework that Wazuh knows, and is left out", *at, "compliance", key)
        named = {key: tuple(filter(None, map(_text, _list(ids) or [ids]))) for key, ids in pairs}
        return {key: ids for key, ids in named.items() if key and ids}

    def _note(self, words: str, *at: Key) -> None:
        self.notes.append(f"{self.document.key_place(*at)}: {words}")


def _replaced(value: Plain, variables: Plain) -> Plain:
    """Return a value with the variables in its texts replaced, the longest name first: `$var11` is not `$var1` + 1."""
    named = {name: ",".join(map(_text, _list(text) or [text])) for name, text in _mapping(variables).items()}
    if not named:
        return value
    names = re.compile("|".join(re.escape(name) for name in sorted(named, key=len, reverse=True)))

    def replaced(here: Plain) -> Plain:
        if isinstance(here, str):
            return names.sub(lambda found: named[found[0]], here)
        if isinstance(here, list):
            return [replaced(item) for item in here]
        return {key: replaced(item) for key, item in here.items()} if isinstance(here, dict) else here

    return replaced(value)


def _mitre(written: Plain) -> Iterator[str]:
    """Yield the ids of MITRE ATT&CK that a check names: as lists, or as mappings with a list `id`."""
    for kind, ids in _mapping(written).items():
        for id_ in _list(ids) or _list(_mapping(ids).get("id")):
            yield f"mitre-{kind}:{_text(id_)}"


def _mapping(value: Plain) -> dict[str, Plain]:
    return value if isinstance(value, dict) else {}


def _list(value: Plain) -> list[Plain]:
    return value if isinstance(value, list) else []


def _text(value: Plain) -> str:
    """Return a scalar as a text, without the blanks around it."""
    return "" if value is None or isinstance(value, dict | list) else str(value).strip()


def _line(value: Plain) -> str:
    """Return a scalar as a text of one line."""
    return " ".join(_text(value).split())
