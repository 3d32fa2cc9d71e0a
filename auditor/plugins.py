"""Content folders, imported policies, our own facts and other packages become checks, probes and derivations.

Nothing is registered anywhere: a module is loaded, and the Check, Probe and Derived values it holds are what it brings.
"""

import importlib
import importlib.util
import pkgutil
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final, TypeVar

from auditor import facts
from auditor.errors import ContentError, Place
from auditor.model.check import Check
from auditor.model.probe import Derived, Probe
from auditor.workspace import Workspace

if TYPE_CHECKING:
    from auditor.sca.checks import Brought

ValueT = TypeVar("ValueT")
ENTRY_POINTS: Final = "auditor.content"  # the group in which a package names modules that hold checks and facts
_MISTAKES: Final = (  # what other people's code may raise while it is loaded
    ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, NameError, OSError, RuntimeError,
    SyntaxError, SystemExit, TypeError, ValueError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that can be demanded and known."""

    checks: Mapping[str, Check]
    probes: tuple[Probe[object], ...]
    derivations: tuple[Derived[object], ...]
    files: Mapping[str, Path]  # check id -> where it is defined

    def check(self, check_id: str) -> Check | None:
        """Return a check by its id."""
        return self.checks.get(check_id)


def load_content(workspace: Workspace) -> Content:
    """Return all checks and probes. Raises ContentError for a file that cannot be loaded or an id that stands twice."""
    modules = [*_fact_modules(), *_installed(), *map(load_file, workspace.files("checks", "*.py"))]
    imported = {path: _imported(path) for path in workspace.files("checks/sca", "*.json")}
    found = [
        (check, Path(module.__file__ or module.__name__)) for module in modules for check in _values(module, Check)
    ]
    found += [(check, path) for path, brought in imported.items() for check in brought.checks]
    checks: dict[str, Check] = {}
    files: dict[str, Path] = {}
    for check, file in found:
        if check.id in checks and checks[check.id] is not check:
            mend = f"It is already in {files[check.id]}. Give yours another id."
            raise ContentError(Place(str(file)), f"the check id {check.id} stands twice", mend)
        checks[check.id], files[check.id] = check, file
    probes = [probe for module in modules for probe in _values(module, Probe)]
    probes += [probe for brought in imported.values() for probe in brought.probes]
    derivations = tuple(dict.fromkeys(way for module in modules for way in _values(module, Derived)))
    return Content(dict(sorted(checks.items())), tuple(dict.fromkeys(probes)), derivations, files)


def load_file(path: Path) -> ModuleType:
    """Return a Python file as a module of its own, outside any package. Raises ContentError with the line at fault."""
    name = f"auditor_content.{path.parent.name}_{abs(hash(str(path.parent)))}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ContentError(Place(str(path)), "is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and type hints look their module up here
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise ContentError(
            Place(str(path), error.lineno or 0, error.offset or 0), f"is not Python: {error.msg}"
        ) from error
    except _MISTAKES as error:
        lines = [
            frame.lineno or 0 for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)
        ]
        raise ContentError(Place(str(path), lines[-1] if lines else 0), f"{type(error).__name__}: {error}") from error
    return module


def _imported(path: Path) -> "Brought":
    from auditor.sca.checks import brought  # noqa: PLC0415  (most workspaces have imported nothing)
    from auditor.sca.stored import load  # noqa: PLC0415

    return brought(load(path))


def _fact_modules() -> Iterator[ModuleType]:
    for module in sorted(pkgutil.iter_modules(facts.__path__), key=lambda found: found.name):
        yield importlib.import_module(f"{facts.__name__}.{module.name}")


def _installed() -> Iterator[ModuleType]:
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
        try:
            module = entry.load()
        except _MISTAKES as error:
            said = f"the entry point {entry.name} cannot be loaded: {type(error).__name__}: {error}"
            raise ContentError(Place(entry.value), said, "Mend or remove the package that names it.") from error
        if not isinstance(module, ModuleType):
            raise ContentError(Place(entry.value), f"the entry point {entry.name} must name a module")
        yield module


def _values(module: ModuleType, kind: type[ValueT]) -> Iterable[ValueT]:
    return (value for value in vars(module).values() if isinstance(value, kind))
