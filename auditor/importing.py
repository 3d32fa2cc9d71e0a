"""Take another tool's policy into a workspace: its checks, a policy that demands them, and the frameworks it names."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from auditor.documents import parse_yaml, read_text
from auditor.errors import UsageError
from auditor.model.asset import Platform
from auditor.policy.write import CheckText, ControlText, framework_text, policy_text, quoted
from auditor.sca.checks import GUARDED, check_id
from auditor.sca.policy import read_policy
from auditor.sca.rules import Dialect, Kind
from auditor.sca.stored import Imported, as_json
from auditor.workspace import Workspace

_FRAMEWORKS: Final = {
    "cis": "CIS Benchmark", "cis_csc_v7": "CIS Controls 7", "cis_csc_v8": "CIS Controls 8", "cmmc": "CMMC",
    "fedramp": "FedRAMP", "gdpr": "GDPR", "hipaa": "HIPAA", "iso_27001": "ISO/IEC 27001", "nis2": "NIS 2",
    "nist_800_171": "NIST SP 800-171", "nist_800_53": "NIST SP 800-53", "pci_dss": "PCI DSS", "soc_2": "SOC 2",
    "tsc": "Trust Services Criteria",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Files:
    """What an import writes, by path within the workspace; `policy` is the one that people go on with."""

    checks: Path
    policy: Path
    texts: Mapping[Path, str]


def read_sca(file: Path, *, name: str = "", dialect: Dialect | None = None, commands: bool = False) -> Imported:
    """Return a Wazuh SCA policy file as it will be known here. Raises ContentError, and UsageError for a name."""
    text = read_text(file)
    policy = read_policy(parse_yaml(text, str(file)), dialect)
    known_as = name or _slug(policy.id) or _slug(file.stem)
    if not known_as or _slug(known_as) != known_as:
        raise UsageError(
            f"{known_as or file.stem}: a name has small letters, digits and hyphens between them; see --name"
        )
    return Imported(known_as, policy, file.name, hashlib.sha256(text.encode()).hexdigest(), commands)


def files_of(imported: Imported) -> Files:
    """Return what to write for an imported policy."""
    checks, policy = Path("checks/sca") / f"{imported.name}.json", Path("policies") / f"{imported.name}.yaml"
    texts = {checks: as_json(imported), policy: _policy(imported), **dict(_frameworks(imported))}
    return Files(checks, policy, texts)


def write_files(workspace: Workspace, files: Files, *, replace: bool) -> Iterator[Path]:
    """Write the files and yield each path; the policy is left as it is where there is one.

    Raises UsageError when there is an import of that name and it is not to be replaced.
    """
    own = workspace.root / files.checks
    known = [folder / files.policy.name for folder in workspace.folders("policies") if not own.exists()]
    taken = [path for path in known if path.exists()] or ([own] if own.exists() and not replace else [])
    if taken:
        raise UsageError(f"{taken[0]} is there already; give another --name, or --replace an earlier import")
    for path, text in files.texts.items():
        whole = workspace.root / path
        if path == files.policy and whole.exists():
            continue
        try:
            whole.parent.mkdir(parents=True, exist_ok=True)
            whole.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{whole} cannot be written: {error.strerror}") from error
        yield path


def unnamed(workspace: Workspace, imported: Imported, files: Files) -> list[str]:
    """Return the checks that the policy which stands in the workspace does not name: it was left as it is."""
    text = read_text(workspace.root / files.policy)
    ids = (check_id(imported, check) for check in imported.policy.checks)
    return [id_ for id_ in ids if f"{id_}:" not in text and f"{quoted(id_)}:" not in text]


def rule_counts(imported: Imported) -> dict[Kind, int]:
    """Return how many rules of each kind there are."""
    counts = Counter(rule.kind for check in imported.policy.checks for rule in check.rules.rules)
    return {kind: counts[kind] for kind in Kind if counts[kind]}


def unasked(imported: Imported) -> int:
    """Return how many checks have a rule that is not asked as long as commands are refused."""
    checks = imported.policy.checks
    return sum(any(rule.kind in GUARDED for rule in check.rules.rules) for check in checks)


def _policy(imported: Imported) -> str:
    remarks = (
        f"What {imported.source} demands, written by `auditor policy import-sca`. Yours to change: narrow applies_to,",
        "set a severity, drop controls. The file's own requirements decide on which hosts its checks apply.",
    )
    controls = [
        ControlText(
            id=f"{imported.name}.{check.id}",
            title=check.title,
            platform=(Platform.LINUX,),
            satisfies=check.compliance,
            checks=(CheckText(check_id(imported, check)),),
        )
        for check in imported.policy.checks
    ]
    return policy_text(
        imported.name, imported.digest[:12], imported.policy.title or imported.name, controls, remarks=remarks
    )


def _frameworks(imported: Imported) -> Iterator[tuple[Path, str]]:
    """Yield a file for each framework; what several policies say of one adds up."""
    named: dict[str, dict[str, None]] = {}
    for check in imported.policy.checks:
        for framework, satisfied in check.compliance.items():
            named.setdefault(framework, {}).update(dict.fromkeys(satisfied))
    source = f"The ids that {imported.source} names; what they say stands in the framework itself."
    for framework, ids in named.items():
        title = _FRAMEWORKS.get(framework, framework)
        words = {id_: f"{title}, {id_}" for id_ in sorted(ids)}
        path = Path("policies/frameworks") / f"{imported.name}.{_slug(framework)}.yaml"
        yield path, framework_text(framework, title, source, words)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
