"""An imported policy as a workspace keeps it: `checks/sca/NAME.json`, written by the import, read with all checks."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auditor.documents import read_text
from auditor.errors import ContentError, Place
from auditor.sca.judge import CONDITIONS
from auditor.sca.policy import Rules, ScaCheck, ScaPolicy
from auditor.sca.rules import Dialect, Edition, parse_rule


@dataclass(frozen=True, slots=True)
class Imported:
    """A policy file under the name that it has here. Unless `commands`, those that it brings are not run."""

    name: str
    policy: ScaPolicy
    source: str  # the file's name
    digest: str  # its SHA-256
    commands: bool = False


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Rules(_Kept):
    condition: Literal["all", "any", "none"]
    dialect: Dialect
    rules: tuple[str, ...]


class _Check(_Rules):
    id: str = Field(min_length=1)
    title: str = Field(min_length=1)
    rationale: str = ""
    remediation: str = ""
    compliance: Mapping[str, tuple[str, ...]] = {}
    references: tuple[str, ...] = ()


class _File(_Kept):
    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    title: str = Field(min_length=1)
    source: str
    sha256: str
    release: Literal[4, 5]
    commands: Literal["refused", "allowed"]
    requirements: _Rules | None = None
    checks: tuple[_Check, ...]


def as_json(imported: Imported) -> str:
    """Return an imported policy as the text of its file."""
    policy = imported.policy
    releases = {check.rules.edition.release for check in policy.checks} or {5}
    kept = _File(
        name=imported.name,
        title=policy.title or imported.name,
        source=imported.source,
        sha256=imported.digest,
        release=4 if 4 in releases else 5,
        commands="allowed" if imported.commands else "refused",
        requirements=_Rules.model_validate(_written(policy.requirements)) if policy.requirements else None,
        checks=tuple(
            _Check.model_validate(
                {
                    **_written(check.rules),
                    "id": check.id,
                    "title": check.title,
                    "rationale": check.rationale,
                    "remediation": check.remediation,
                    "compliance": check.compliance,
                    "references": check.references,
                }
            )
            for check in policy.checks
        ),
    )
    return kept.model_dump_json(indent=1, exclude_none=True) + "\n"


def load(path: Path) -> Imported:
    """Return the imported policy of a file. Raises ContentError for one that an import did not write."""
    try:
        kept = _File.model_validate_json(read_text(path))
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, problem["loc"])) or "the file"
        mend = "Import the policy again: auditor policy import-sca."
        raise ContentError(Place(str(path)), f"{where}: {problem['msg']}", mend) from error
    checks = tuple(
        ScaCheck(
            id=check.id,
            title=check.title,
            rules=_rules(check, kept.release),
            rationale=check.rationale,
            remediation=check.remediation,
            compliance=check.compliance,
            references=check.references,
        )
        for check in kept.checks
    )
    required = _rules(kept.requirements, kept.release) if kept.requirements else None
    policy = ScaPolicy(kept.name, kept.title, checks, required)
    return Imported(kept.name, policy, kept.source, kept.sha256, commands=kept.commands == "allowed")


def _written(rules: Rules) -> dict[str, object]:
    assert rules.condition in CONDITIONS
    texts = (*(rule.text for rule in rules.rules), *rules.left_out)
    return {"condition": rules.condition, "dialect": rules.edition.dialect, "rules": texts}


def _rules(kept: _Rules, release: int) -> Rules:
    rules = {text: parse_rule(text) for text in kept.rules}
    return Rules(
        kept.condition,
        tuple(rule for rule in rules.values() if rule is not None),
        Edition(release, kept.dialect),
        tuple(text for text, rule in rules.items() if rule is None),
    )
