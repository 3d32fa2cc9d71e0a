"""Read a policy and everything it extends into one Policy; what is wrong is said with file, line and column."""

import difflib
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from auditor.documents import Document, Key, parse_yaml, read_text, validated
from auditor.errors import ContentError, Place
from auditor.model.check import Check
from auditor.model.policy import Control, Policy, Scope, Waiver
from auditor.plugins import Content
from auditor.policy.files import ControlFile, FrameworkFile, PolicyFile, WaiverFile
from auditor.policy.settings import validated_settings
from auditor.workspace import Workspace


def load_policy(wanted: str, workspace: Workspace, content: Content) -> Policy:
    """Return a policy by name or path. Raises ContentError with every problem found, UsageError when there is none."""
    return _Reader(workspace, content, load_frameworks(workspace)).read(
        workspace.find_file("policies", wanted, suffix=".yaml")
    )


def load_frameworks(workspace: Workspace) -> dict[str, FrameworkFile]:
    """Return the frameworks that controls may be mapped to, by id; what several files say of one adds up."""
    found: dict[str, FrameworkFile] = {}
    for path in workspace.files("policies/frameworks", "*.yaml"):
        document = parse_yaml(read_text(path), str(path))
        framework = validated(document, FrameworkFile)
        first = found.setdefault(framework.framework, framework)
        more = {**framework.requirements, **first.requirements}
        found[framework.framework] = first.model_copy(update={"requirements": more})
    return found


@dataclass
class _Reader:
    workspace: Workspace
    content: Content
    frameworks: Mapping[str, FrameworkFile]
    problems: list[ContentError] = field(default_factory=list)
    read_texts: list[str] = field(default_factory=list)

    def read(self, path: Path) -> Policy:
        policy = self._read(path, ())
        if self.problems:
            raise ContentError.of(self.problems)
        return policy

    def _read(self, path: Path, above: tuple[Path, ...]) -> Policy:
        if path in above:
            raise ContentError(Place(str(path)), "extends itself, by way of " + ", ".join(map(str, above)))
        text = read_text(path)
        self.read_texts.append(text)
        document = parse_yaml(text, str(path))
        file = validated(document, PolicyFile)
        bases = [self._base(name, document, index, (*above, path)) for index, name in enumerate(file.extends)]
        controls = {control.id: control for base in bases for control in base.controls}
        self._drop(file, document, controls)
        self._twice(file, document)
        for index, written in enumerate(file.controls):
            controls[written.id] = self._control(file, written, controls.get(written.id), document, index)
        # Waivers are not inherited: whoever extends a policy answers for its own exceptions.
        waivers = [self._waiver(written, document, index) for index, written in enumerate(file.waivers)]
        return Policy(
            id=file.policy,
            version=file.version,
            title=file.title,
            controls=tuple(controls.values()),
            waivers=tuple(waivers),
            digest=self._digest(),
        )

    def _base(self, name: str, document: Document, index: int, above: tuple[Path, ...]) -> Policy:
        beside = Path(document.file).parent / f"{name}.yaml"
        if beside.is_file() and beside.resolve() not in above:
            return self._read(beside.resolve(), above)
        for folder in self.workspace.folders("policies"):
            candidate = folder / f"{name}.yaml"
            if candidate.is_file() and candidate.resolve() not in above:
                return self._read(candidate.resolve(), above)
        raise ContentError(document.place("extends", index), f"there is no policy {name} to extend")

    def _drop(self, file: PolicyFile, document: Document, controls: dict[str, Control]) -> None:
        for name in sorted(file.drop):
            if controls.pop(name, None) is None:
                self._problem(document.place("drop"), f"{name}: no extended policy has such a control")

    def _twice(self, file: PolicyFile, document: Document) -> None:
        seen: set[str] = set()
        for index, control in enumerate(file.controls):
            if control.id in seen:
                self._problem(document.place("controls", index, "id"), f"the control {control.id} stands twice")
            seen.add(control.id)

    def _control(
        self, file: PolicyFile, written: ControlFile, base: Control | None, document: Document, index: int
    ) -> Control:
        at: tuple[Key, ...] = ("controls", index)
        if base is None and written.title is None:
            self._problem(document.place(*at), f"{written.id}: a new control needs a title")
        if base is None and not written.checks and not written.manual:
            self._problem(document.place(*at), f"{written.id}: has no checks", "Name checks, or write `manual: true`.")
        self._satisfies(written, document, at)
        return Control(
            id=written.id,
            title=written.title or (base.title if base else ""),
            policy=file.policy,
            text=(base.text if base else "") if written.text is None else written.text,
            applies_to=_scope(written, base),
            severity=written.severity or (base.severity if base else None),
            satisfies=(base.satisfies if base else {}) if written.satisfies is None else written.satisfies,
            checks={**(base.checks if base else {}), **self._checks(written, document, (*at, "checks"))},
            declared_at=document.place(*at),
            settings_at={**(base.settings_at if base else {}), **_settings_at(written, document, (*at, "checks"))},
        )

    def _checks(self, written: ControlFile, document: Document, at: tuple[Key, ...]) -> dict[str, Mapping[str, object]]:
        settings: dict[str, Mapping[str, object]] = {}
        for check_id, given in (written.checks or {}).items():
            check = self.content.check(check_id)
            if check is None:
                self._problem(document.key_place(*at, check_id), f"there is no check {check_id}", self._meant(check_id))
                continue
            settings[check_id] = self._settings(check, given or {}, document, (*at, check_id))
        return settings

    def _settings(
        self, check: Check, given: dict[str, object], document: Document, at: tuple[Key, ...]
    ) -> dict[str, object]:
        try:
            return validated_settings(check, given, document, at)
        except ContentError as error:
            self.problems.append(error)
            return {}

    def _satisfies(self, written: ControlFile, document: Document, at: tuple[Key, ...]) -> None:
        for framework, ids in (written.satisfies or {}).items():
            place = document.key_place(*at, "satisfies", framework)
            known = self.frameworks.get(framework)
            if known is None:
                self._problem(place, f"there is no framework {framework}", f"There are: {', '.join(self.frameworks)}.")
                continue
            for name in (name for name in ids if name not in known.requirements):
                self._problem(
                    place,
                    f"{framework} has no requirement {name} here",
                    "Correct it, or add it to the framework's file.",
                )

    def _waiver(self, written: WaiverFile, document: Document, index: int) -> Waiver:
        if self.content.check(written.check) is None:
            place = document.place("waivers", index, "check")
            self._problem(place, f"there is no check {written.check}", self._meant(written.check))
        return Waiver(**dict(written), declared_at=document.place("waivers", index))

    def _meant(self, check_id: str) -> str:
        near = difflib.get_close_matches(check_id, self.content.checks, n=3)
        return f"Did you mean {' or '.join(near)}?" if near else "`auditor checks list` shows all."

    def _problem(self, place: Place, problem: str, mend: str = "") -> None:
        self.problems.append(ContentError(place, problem, mend))

    def _digest(self) -> str:
        seen = hashlib.sha256("\0".join(sorted(self.read_texts)).encode())
        for path in sorted(set(self.content.files.values())):
            seen.update(path.read_bytes())
        return seen.hexdigest()


def _scope(written: ControlFile, base: Control | None) -> Scope:
    if written.applies_to is None:
        return base.applies_to if base else Scope()
    return Scope(**dict(written.applies_to))


def _settings_at(written: ControlFile, document: Document, at: tuple[Key, ...]) -> dict[str, Place]:
    """Return who asked for each check and who set each setting, for `policy explain`."""
    return dict(_places(written.checks or {}, document, at))


def _places(
    checks: Mapping[str, dict[str, object] | None], document: Document, at: tuple[Key, ...]
) -> Iterable[tuple[str, Place]]:
    for check_id, given in checks.items():
        yield check_id, document.key_place(*at, check_id)
        for name in given or {}:
            yield f"{check_id} {name}", document.key_place(*at, check_id, name)
