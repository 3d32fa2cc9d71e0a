"""Content of a company's own: loaded by path, never silently replaced, and its mistakes named with their line."""

import sys
from pathlib import Path

import pytest

from auditor.collect.facts import Facts
from auditor.collect.plan import plan_asset
from auditor.errors import ContentError, Place
from auditor.model.evidence import Known
from auditor.model.policy import Control, Demand
from auditor.plugins import Content, load_content, load_file
from auditor.workspace import Workspace
from tests.make import ROOT, answer, asset

OWN = '''\
"""A check with a fact and a probe of its own."""

from collections.abc import Iterator
from dataclasses import dataclass

from auditor import Answer, Fix, Outcome, Platform, Severity, Shell, Violation, check, derived, probe
from auditor.facts.ssh import SshServer


@dataclass(frozen=True, slots=True)
class Uptime:
    """How long a host is up."""

    days: int


@dataclass(frozen=True, slots=True)
class Weeks:
    """The same in weeks."""

    weeks: int


@probe(Shell("cat /proc/uptime"), on={Platform.LINUX})
def uptime(answer: Answer) -> Uptime:
    """Read it."""
    return Uptime(int(float(answer.text.split()[0])) // 86400)


@derived
def weeks(uptime: Uptime) -> Weeks:
    """Derive it."""
    return Weeks(uptime.days // 7)


@check("own.restarted", severity=Severity.LOW, fix=Fix("Restart it.", solution="patch-systems"))
def restarted(seen: Weeks, *, most: int = 26) -> Iterator[Outcome]:
    """The host was restarted lately

    Old kernels run until then.
    """
    if seen.weeks > most:
        yield Violation("uptime", found=seen.weeks, wanted=most)
'''
CHECK = '''\
from auditor import Asset, Fix, Severity, check


@check("{id}", severity=Severity.LOW, fix=Fix("x", solution="harden-ssh"))
def judge(asset: Asset):
    """All is well"""
    return ()
'''


def content(folder: Path, **files: str) -> Content:
    """Return the content of a workspace with these check files."""
    (folder / "auditor.toml").touch()
    (folder / "checks").mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / "checks" / f"{name}.py").write_text(text, encoding="utf-8")
    return load_content(Workspace(folder))


def problem(folder: Path, **files: str) -> str:
    """Return what is said of wrong check files, without the folder's name."""
    with pytest.raises(ContentError) as error:
        content(folder, **files)
    return str(error.value).replace(f"{folder}/", "")


def test_own_checks_stand_beside_the_shipped_ones(tmp_path: Path) -> None:
    """The user's folder replaces none of ours."""
    found = content(tmp_path, own=OWN)

    assert set(found.checks) == {*load_content(Workspace(ROOT)).checks, "own.restarted"}
    assert found.files["own.restarted"] == tmp_path / "checks/own.py"
    assert list(found.checks) == sorted(found.checks)


def test_a_file_of_the_same_name_as_ours_replaces_nothing(tmp_path: Path) -> None:
    """checks/ssh.py of the user and ours are two files."""
    found = content(tmp_path, ssh=CHECK.format(id="ssh.own"))

    assert {"ssh.own", "ssh.root-login"} <= set(found.checks)


def test_own_facts_are_planned_asked_and_read(tmp_path: Path) -> None:
    """From the check's signature to the answer."""
    found = content(tmp_path, own=OWN)
    check = found.checks["own.restarted"]
    demand = Demand(control=Control(id="C", title="c", policy="p"), check=check)
    plan = plan_asset(asset(), [demand], found)
    ((request,),) = plan.requests.values()
    known = Facts(plan, {request: answer("1209600.5 3.0\n", request)})(check.needs["seen"])

    assert str(request) == "cat /proc/uptime"
    assert isinstance(known, Known)
    assert known.value == check.needs["seen"](weeks=2)


def test_hidden_and_private_files_are_not_loaded(tmp_path: Path) -> None:
    """An editor's lock file is no check."""
    broken = "this is not Python"

    assert content(tmp_path, **{".#own": broken, "_shared": broken}).checks


def test_a_file_without_checks_brings_nothing(tmp_path: Path) -> None:
    """An empty file is no mistake."""
    assert set(content(tmp_path, empty="").checks) == set(load_content(Workspace(ROOT)).checks)


def test_what_a_file_imports_is_not_its_own(tmp_path: Path) -> None:
    """A probe that two files mention is one probe."""
    text = "from auditor.facts.packages import operating_system\nagain = operating_system\n"

    assert len(content(tmp_path, mine=text).probes) == len(load_content(Workspace(ROOT)).probes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def broken(:\n", "checks/own.py:1:12: is not Python: invalid syntax"),
        ("if True:\nx = 1\n", "checks/own.py:2:1: is not Python: expected an indented block"),
        ("\n\nimport no_such_module\n", "checks/own.py:3: ModuleNotFoundError: No module named 'no_such_module'"),
        ("from auditor import nothing\n", "checks/own.py:1: ImportError: cannot import name 'nothing'"),
        ("x = 1\ny = z\n", "checks/own.py:2: NameError: name 'z' is not defined"),
        ("open('/no/such/file')\n", "checks/own.py:1: FileNotFoundError: "),
        ("raise RuntimeError('not today')\n", "checks/own.py:1: RuntimeError: not today"),
        ("assert False, 'never'\n", "checks/own.py:1: AssertionError: never"),
        ("def f(): f()\nf()\n", "checks/own.py:1: RecursionError: "),
        ("import sys\nsys.exit(0)\n", "checks/own.py:2: SystemExit: 0"),
        ("x = '\0'\n", "checks/own.py"),
        (CHECK.replace('"""All is well"""', "").format(id="own.a"), "checks/own.py:4: TypeError: own.a: the first doc"),
        (CHECK.replace("asset: Asset", "asset").format(id="own.a"), "checks/own.py:4: TypeError: own.a: asset needs"),
        (
            CHECK.replace("(asset: Asset)", "(*, most: int)").format(id="own.a"),
            "checks/own.py:4: TypeError: own.a: the setting most",
        ),
        (CHECK.replace("(asset: Asset)", "(*, most=3)").format(id="own.a"), "checks/own.py:4: TypeError: own.a: most"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    """A person wrote it and can mend it."""
    assert problem(tmp_path, own=text).startswith(said)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    """Python itself refuses them."""
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "own.py").write_bytes(b"x = '\xff'\n")

    assert "checks/own.py" in problem(tmp_path)


def test_the_same_id_twice_names_both_files(tmp_path: Path) -> None:
    """Between the user's files, and between theirs and ours."""
    twice = problem(tmp_path, a=CHECK.format(id="own.a"), b=CHECK.format(id="own.a"))
    ours = problem(tmp_path, a=CHECK.format(id="own.a"), b=CHECK.format(id="ssh.root-login"))

    assert twice.splitlines()[0] == "checks/b.py: the check id own.a stands twice"
    assert "It is already in checks/a.py." in twice
    assert "ssh.root-login stands twice" in ours
    assert "checks/b.py" in ours


def test_an_installed_package_brings_content_by_its_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module of checks and facts, found without importing anything else of the package."""
    installed(tmp_path, "acme_checks", CHECK.format(id="acme.a"), "acme_checks")
    monkeypatch.syspath_prepend(str(tmp_path))

    found = content(tmp_path)

    assert "acme.a" in found.checks
    assert found.files["acme.a"] == tmp_path / "acme_checks.py"


@pytest.mark.parametrize(
    ("module", "value", "said"),
    [
        ("acme_a", "acme_a:thing", "acme_a:thing: the entry point content must name a module"),
        ("acme_b", "acme_missing", "acme_missing: the entry point content cannot be loaded: ModuleNotFoundError"),
        ("acme_c", "acme_c:nothing", "acme_c:nothing: the entry point content cannot be loaded: AttributeError"),
    ],
)
def test_an_entry_point_that_cannot_be_loaded_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, value: str, said: str
) -> None:
    """The package to mend or to remove."""
    installed(tmp_path, module, "thing = 1\n", value)
    monkeypatch.syspath_prepend(str(tmp_path))

    assert problem(tmp_path).startswith(said)


def test_a_module_is_loaded_under_a_name_of_its_own(tmp_path: Path) -> None:
    """Dataclasses look their module up by it, and no import of a package can meet it."""
    (tmp_path / "os.py").write_text("x = 1\n")
    module = load_file(tmp_path / "os.py")

    assert sys.modules[module.__name__] is module
    assert module.__name__.startswith("auditor_content.")


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """It may have gone since the folder was listed."""
    with pytest.raises(ContentError) as error:
        load_file(tmp_path / "gone.py")

    assert error.value.place == Place(str(tmp_path / "gone.py"))


def installed(folder: Path, module: str, text: str, value: str) -> None:
    """Write a package as an installer leaves it."""
    (folder / f"{module}.py").write_text(text)
    described = folder / f"{module}-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text(f"[auditor.content]\ncontent = {value}\n")
