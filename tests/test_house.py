"""The house rules that no linter knows: sizes, who imports whom, where errors are caught, and what is importable."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from auditor import errors
from tests.make import ROOT

OURS: Final = sorted(
    path for folder in ("auditor", "checks", "tools", "bench") for path in ROOT.glob(f"{folder}/**/*.py")
)
ENGINE: Final = [path for path in OURS if path.is_relative_to(ROOT / "auditor")]
TREES: Final = {path: ast.parse(path.read_text(encoding="utf-8")) for path in OURS}
STAGES: Final = frozenset(
    {"inventory", "policy", "collect", "evaluate", "findings", "recommend", "projects", "reports", "store", "intel"}
)
PURE: Final = ("checks", "auditor/facts", "auditor/model", "auditor/policy", "auditor/recommend", "auditor/projects")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def name(path: Path) -> str:
    """Return a file's path within the repository."""
    return path.relative_to(ROOT).as_posix()


def nodes(kind: type[ast.AST] | tuple[type[ast.AST], ...], *folders: str) -> Iterator[tuple[str, ast.AST]]:
    """Yield every node of a kind with its place."""
    for path, tree in TREES.items():
        if not folders or name(path).startswith(folders):
            yield from (
                (f"{name(path)}:{getattr(node, 'lineno', 0)}", node)
                for node in ast.walk(tree)
                if isinstance(node, kind)
            )


def imports(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, wherever in it."""
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def lengths() -> dict[str, int]:
    """Return the number of lines of every function, by its place."""
    functions = nodes((ast.FunctionDef, ast.AsyncFunctionDef), "auditor/", "checks/")
    return {
        f"{place} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for place, node in functions
        if isinstance(node, Function) and "/migrations/" not in place
    }


def test_files_can_be_read_in_one_go() -> None:
    """At most 400 lines, and half of them at most 150."""
    sizes = sorted((len(path.read_text(encoding="utf-8").splitlines()), name(path)) for path in OURS)

    assert [] == [(size, file) for size, file in sizes if size > 400]
    assert sizes[len(sizes) // 2][0] <= 150


def test_functions_fit_on_a_screen() -> None:
    """At most 50 lines, and 95 of a hundred at most 25."""
    sizes = lengths()

    assert {} == {place: size for place, size in sizes.items() if size > 50}
    assert sum(size <= 25 for size in sizes.values()) >= 0.95 * len(sizes)


def test_everything_is_caught_in_two_places_only() -> None:
    """Where a check's, and where a transport's own fault becomes a result; others clean up and raise again.

    A pool of threads raises what went wrong in one of them where its outcomes are read.
    """
    caught: list[str] = []
    for place, node in nodes(ast.ExceptHandler):
        assert isinstance(node, ast.ExceptHandler)
        kinds = {one.id for one in ast.walk(node.type) if isinstance(one, ast.Name)} if node.type else {"everything"}
        ends_raising = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
        if kinds & {"Exception", "BaseException", "everything"} and not ends_raising:
            caught.append(place.partition(":")[0])

    pool = "auditor/collect/executor.py"
    assert sorted(caught) == ["auditor/collect/ask.py", pool, pool, "auditor/evaluate.py"]


def test_exit_codes_are_given_by_the_command_line_only() -> None:
    """A library that ends the process takes the others' audits with it; a forked child ends itself alone."""
    raised = [
        place
        for place, node in nodes(ast.Raise, "auditor/", "checks/")
        if isinstance(node, ast.Raise) and "SystemExit" in ast.dump(node)
    ]
    called = [
        place
        for place, node in nodes(ast.Call, "auditor/", "checks/")
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"sys.exit", "exit", "quit", "os._exit"}
    ]

    elsewhere = ("auditor/cli/", "auditor/collect/forks.py")
    assert [] == [place for place in (*raised, *called) if not place.startswith(elsewhere)]


def test_any_stands_in_no_signature() -> None:
    """What crosses a module's border has a type."""
    loose = [
        f"{place} {node.name}"
        for place, node in nodes((ast.FunctionDef, ast.AsyncFunctionDef), "auditor/", "checks/", "tools/")
        if isinstance(node, Function)
        for one in (
            node.returns,
            *(argument.annotation for argument in ast.walk(node.args) if isinstance(argument, ast.arg)),
        )
        if one is not None and re.search(r"\bAny\b", ast.unparse(one))
    ]

    assert loose == []


def test_classes_are_named_for_what_they_are() -> None:
    """Not for a role in a framework."""
    empty = re.compile(r"(Manager|Handler|Base|Util|Utils|Helper)$|^(Abstract|Base)")
    named = {node.name: place for place, node in nodes(ast.ClassDef) if isinstance(node, ast.ClassDef)}

    assert {} == {found: place for found, place in named.items() if empty.search(found)}


def test_stages_meet_in_the_pipeline_only() -> None:
    """None imports another: facts, findings and reports can each be read, tested and replaced alone."""
    crossed = [
        f"{name(path)} imports {module}"
        for path in ENGINE
        for module in imports(path)
        if (own := path.relative_to(ROOT / "auditor").parts[0].removesuffix(".py")) in STAGES
        and (other := module.partition(".")[2].partition(".")[0]) in STAGES
        and module.startswith("auditor.")
        and other != own
    ]

    assert crossed == []


def test_the_model_knows_nothing_but_errors() -> None:
    """The words come first."""
    known = {
        module
        for path in ENGINE
        if path.is_relative_to(ROOT / "auditor/model")
        for module in imports(path)
        if module.startswith("auditor.")
    }

    assert {module for module in known if not module.startswith(("auditor.model", "auditor.errors"))} == set()


def test_the_layers_of_the_whole_house_hold() -> None:
    """As pyproject.toml draws them."""
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_only_auditor_can_be_imported() -> None:
    """Content is loaded by path: a company's `checks` folder must not stand for ours."""
    packages = {path.parent.relative_to(ROOT).parts[0] for path in ROOT.glob("*/__init__.py")}
    borrowed = [
        f"{name(path)} imports {module}"
        for path in ENGINE
        for module in imports(path)
        if module.split(".")[0] in {"checks", "policies", "inventory", "reports", "tests", "tools", "bench"}
    ]

    assert packages == {"auditor", "tests", "tools"}
    assert not list(ROOT.glob("checks/**/__init__.py"))
    assert borrowed == []


@pytest.mark.parametrize(
    "word", ["datetime.now", "date.today", "time.time", "socket.", "subprocess.", "open(", "requests."]
)
def test_what_judges_touches_nothing(word: str) -> None:
    """Checks, facts, policies and advice get the day and the answers; they do not look for themselves."""
    called = [
        place
        for place, node in nodes(ast.Call, *PURE, "auditor/evaluate.py", "auditor/findings.py")
        if isinstance(node, ast.Call) and f"{ast.unparse(node.func)}(".startswith(word)
    ]

    assert called == []


def test_the_drawn_tree_of_errors_is_the_real_one() -> None:
    """The docstring is what people read."""
    drawn = set(re.findall(r"[├└]── (\w+)", errors.__doc__ or ""))
    real = {found for found, one in vars(errors).items() if isinstance(one, type) and issubclass(one, Exception)}

    assert real - {"AuditorError"} == drawn


def test_no_test_imitates_what_it_tests() -> None:
    """No mocks where checks and facts are tested: plain values in, verdicts out."""
    imitating = [
        name(path)
        for folder in ("checks", "facts")
        for path in (ROOT / "tests" / folder).glob("*.py")
        if re.search(r"\b(mock|Mock|monkeypatch|patch\()", path.read_text(encoding="utf-8"))
    ]

    assert imitating == []
