"""From nothing but Python to a checked installation: the pieces of tools/ that decide something, and the locks."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import auditor
from auditor.facts.ssh import SshServer
from auditor.facts.ssh_settings import SshSettings
from tests import make
from tests.make import ROOT
from tools import apt, commands, environment, indexes, link, packages, python, wheel_check
from tools.environment import DEVELOPMENT, FIRST, RUNTIME, Environment

LOCKS = (RUNTIME, DEVELOPMENT, FIRST)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def pins(lock: str) -> dict[str, Requirement]:
    """Return package -> requirement of what a lock names."""
    lines = [line.removesuffix("\\") for line in (ROOT / lock).read_text().splitlines() if line[:1].isalnum()]
    return {canonicalize_name(one.name): one for one in map(Requirement, lines)}


def accepts(wanted: Requirement, pinned: Requirement) -> bool:
    """Tell whether a pinned version is one that is wanted."""
    return wanted.specifier.contains(str(pinned.specifier).removeprefix("=="))


# The locks


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_is_pinned_and_hashed(lock: str) -> None:
    """A file that was swapped on its way here is not installed."""
    text = (ROOT / lock).read_text()

    assert pins(lock)
    for name, pinned in pins(lock).items():
        assert str(pinned.specifier).startswith("==")
        assert "--hash=sha256:" in packages.block(text, name)


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_holds_an_address(lock: str) -> None:
    """Each machine asks its own index."""
    text = (ROOT / lock).read_text()

    assert "://" not in text
    assert "index-url" not in text


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        (RUNTIME, PROJECT["project"]["dependencies"]),
        (DEVELOPMENT, PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]),
        (FIRST, PROJECT["dependency-groups"]["bootstrap"]),
    ],
)
def test_a_lock_holds_what_the_project_demands(lock: str, wanted: list[str]) -> None:
    """`make lock` was run after pyproject.toml changed."""
    locked = pins(lock)
    demands = [Requirement(one) for one in wanted]

    assert [one.name for one in demands if canonicalize_name(one.name) not in locked] == []
    assert [str(one) for one in demands if not accepts(one, locked[canonicalize_name(one.name)])] == []


def test_development_uses_the_versions_that_are_shipped() -> None:
    """What is tested is what runs."""
    shipped, tested = pins(RUNTIME), pins(DEVELOPMENT)

    assert {name: str(one.specifier) for name, one in shipped.items()} == {
        name: str(one.specifier) for name, one in tested.items() if name in shipped
    }


def test_what_has_no_wheel_is_built_by_a_locked_backend() -> None:
    """An isolated build would fetch its backend unchecked."""
    assert packages.BUILT_HERE in pins(RUNTIME)
    assert packages.BUILT_WITH in pins(FIRST)


def test_a_block_is_one_package_with_its_hashes() -> None:
    """Neither a package whose name begins alike nor the next one comes along."""
    wanted = "uv==2 ; os_name == 'x' \\\n    --hash=sha256:b \\\n    --hash=sha256:c\n"
    lock = f"# made\nuv-build==1 \\\n    --hash=sha256:a\n{wanted}z==3\n"

    assert packages.block(lock, "uv") == wanted
    assert packages.block(lock, "v") == ""


# Which Python


@pytest.mark.parametrize("module", ["bootstrap", "python", "__init__"])
def test_an_old_python_can_read_what_must_tell_it_so(module: str) -> None:
    """A syntax error would hide the sentence."""
    tree = ast.parse((ROOT / "tools" / f"{module}.py").read_text(), feature_version=(3, 6))

    assert ast.get_docstring(tree)


@pytest.mark.parametrize(
    ("versions", "chosen"),
    [
        ({"a": (3, 9), "b": (3, 12), "c": (3, 11)}, "b"),
        ({"a": None, "b": (3, 11)}, "b"),
        ({"a": (4, 0)}, "a"),
        ({"a": (3, 10), "b": None}, None),
        ({}, None),
    ],
)
def test_the_first_python_that_runs_and_is_new_enough_is_taken(
    versions: dict[str, tuple[int, int] | None], chosen: str | None
) -> None:
    """A command that exists and fails, as pyenv's shims do, is passed over."""
    assert python.choose(versions, versions.__getitem__) == chosen


def test_the_version_of_a_python_is_asked_of_it() -> None:
    """What does not run or is no Python has no version."""
    assert python.version_of(sys.executable) == sys.version_info[:2]
    assert python.version_of("/nowhere/python3") is None
    assert python.version_of("/bin/echo") is None


# Where packages come from


def test_the_setting_that_pip_would_obey_is_read() -> None:
    """A variable wins over [install], that over [global]; the order of lines does not matter; noise is skipped."""
    listing = (
        "WARNING: something = odd\n"
        ":env:.index-url='file:///env'\n"
        "global.index-url='file:///global'\n"
        "install.timeout='7'\n"
        "global.timeout='5'\n"
        "global.extra-index-url='file:///a\\nfile:///b'\n"
        "freeze.timeout='9'\n"
        "global.broken='\n"
    )

    assert indexes.settings(listing) == {
        "index-url": "file:///env",
        "timeout": "7",
        "extra-index-url": "file:///a\nfile:///b",
    }


def test_uv_is_sent_where_pip_goes() -> None:
    """Lists are spelled as uv spells them, and several indexes are weighed as pip weighs them."""
    pip = {
        "index-url": "file:///main",
        "extra-index-url": "file:///a\nfile:///b",
        "find-links": "/w1 /w2",
        "trusted-host": "one two",
        "cert": "/ca.pem",
        "proxy": "http://proxy:3128",
        "timeout": "60",
        "no-color": "1",
    }

    assert indexes.for_uv(pip, {}) == {
        "UV_DEFAULT_INDEX": "file:///main",
        "UV_INDEX": "file:///a file:///b",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/w1,/w2",
        "UV_INSECURE_HOST": "one two",
        "SSL_CERT_FILE": "/ca.pem",
        "ALL_PROXY": "http://proxy:3128",
        "UV_HTTP_TIMEOUT": "60",
    }


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL"])
def test_what_a_person_set_for_uv_wins(name: str) -> None:
    """Under its newer and its older name."""
    assert indexes.for_uv({"index-url": "file:///pip"}, {name: "file:///uv"}) == {}


def test_an_unset_pip_changes_nothing() -> None:
    """Empty values are as good as none."""
    assert indexes.for_uv({"extra-index-url": " \n", "index-url": ""}, {}) == {}


@pytest.mark.parametrize(
    ("written", "flags"), [("true", ["--no-index"]), ("1", ["--no-index"]), ("false", []), ("", [])]
)
def test_an_air_gapped_pip_makes_an_air_gapped_uv(written: str, flags: list[str]) -> None:
    """`no-index` has no variable in uv."""
    assert indexes.flags({"no-index": written}) == flags


def test_the_machines_certificates_are_trusted_where_it_has_any(tmp_path: Path) -> None:
    """Without a store uv keeps its own roots; a person's choice is left alone."""
    store = tmp_path / "ca.pem"
    store.write_text("")

    assert indexes.trust({}, str(store)) == {"UV_SYSTEM_CERTS": "true"}
    assert indexes.trust({}, str(tmp_path / "none")) == {}
    assert indexes.trust({"SSL_CERT_FILE": "/x"}, str(store)) == {}


# Debian's packages


def test_packages_are_missing_whose_program_is_nowhere(tmp_path: Path) -> None:
    """Each package is named once, whatever number of its programs lack; a file that cannot be run is no program."""
    for name, mode in (("here", 0o755), ("inert", 0o644)):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(mode)
    needed = {"here": "a", "gone": "c", "gone-too": "c", "inert": "b"}

    assert apt.missing(needed, str(tmp_path)) == ["b", "c"]


def test_daemons_are_looked_for_where_debian_keeps_them() -> None:
    """An ordinary user's PATH lacks /usr/sbin, where sshd is."""
    assert "/usr/sbin" in apt.programs().split(os.pathsep)


def test_what_is_missing_is_named_with_the_command_that_installs_it() -> None:
    """Elsewhere than on Debian the names are all that can be said."""
    assert "apt-get install -y nmap snmpd" in apt.lacking(["nmap", "snmpd"], "make test", debian=True)
    assert "Debian calls: nmap" in apt.lacking(["nmap"], "make test", debian=False)


def test_daemons_stay_forbidden_only_meanwhile(tmp_path: Path) -> None:
    """The policy is executable and forbids by status 101, and is gone afterwards, also after a failure."""
    policy = tmp_path / "policy-rc.d"
    with pytest.raises(subprocess.CalledProcessError) as refused, apt.daemons_forbidden(policy):
        subprocess.run([policy, "ssh", "start"], check=True)

    assert refused.value.returncode == 101
    assert list(tmp_path.iterdir()) == []


def test_the_policy_of_an_administrator_comes_back(tmp_path: Path) -> None:
    """A link stays a link."""
    policy, target = tmp_path / "policy-rc.d", tmp_path / "theirs"
    target.write_text("#!/bin/sh\nexit 0\n")
    policy.symlink_to(target)
    with apt.daemons_forbidden(policy):
        assert policy.read_text() == apt.FORBID

    assert policy.readlink() == target
    assert target.read_text() == "#!/bin/sh\nexit 0\n"


def test_a_killed_installation_is_tidied_up_by_the_next(tmp_path: Path) -> None:
    """Its policy is not mistaken for an administrator's, and the administrator's is not lost."""
    policy = tmp_path / "policy-rc.d"
    policy.write_text(apt.FORBID)
    (tmp_path / "policy-rc.d.auditor-saved").write_text("theirs")
    with apt.daemons_forbidden(policy):
        pass

    assert [file.name for file in tmp_path.iterdir()] == ["policy-rc.d"]
    assert policy.read_text() == "theirs"


# The environment


def checkout(folder: Path) -> Environment:
    """Return the environment of a small project, with an interpreter but nothing installed."""
    root = folder / "a checkout"
    root.mkdir()
    (root / "pyproject.toml").write_text(
        '[project]\nname = "sample"\nversion = "1.2"\n[project.scripts]\nsample = "sample:run"\n'
    )
    (root / "sample.py").write_text("import sys\n\ndef run():\n    print(*sys.argv[1:])\n    return 3\n")
    for lock in LOCKS:
        (root / lock).write_text("# nothing\n")
    made = Environment(root, root / ".venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", made.folder], check=True)
    return made


def test_a_linked_checkout_is_importable_runnable_and_known(tmp_path: Path) -> None:
    """As after an editable install, also below a folder with a space in its name; doing it again changes nothing."""
    made = checkout(tmp_path)
    for _ in range(2):
        link.link(made.checkout, made.folder)
    code = "import sample, importlib.metadata as m; print(sample.__file__, m.version('sample'), len(m.files('sample')))"
    told = subprocess.run([made.python, "-c", code], capture_output=True, text=True, check=True, cwd="/").stdout
    ran = subprocess.run([made.program("sample"), "a b", "c"], capture_output=True, text=True, check=False)

    assert told == f"{made.checkout / 'sample.py'} 1.2 7\n"
    assert (ran.returncode, ran.stdout, ran.stderr) == (3, "a b c\n", "")


def test_an_installation_by_others_is_left_alone(tmp_path: Path) -> None:
    """A developer's `uv pip install -e .` stands."""
    made = checkout(tmp_path)
    theirs = next(made.folder.glob("lib/python3*/site-packages")) / "sample-1.1.dist-info"
    theirs.mkdir()
    (theirs / "INSTALLER").write_text("uv")
    link.link(made.checkout, made.folder)

    assert [info.name for info in theirs.parent.glob("sample-*")] == [theirs.name]
    assert not made.program("sample").exists()


def current(made: Environment, lock: str = RUNTIME) -> Environment:
    """Record that a lock is installed, as a bootstrap that went through does."""
    (made.folder / f".{lock}.installed").write_text(environment.stamp(made, lock))
    return made


def test_what_is_installed_is_not_installed_again(tmp_path: Path) -> None:
    """The second command starts at once; the other lock is a matter of its own."""
    made = current(checkout(tmp_path))

    assert environment.is_current(made, RUNTIME)
    assert not environment.is_current(made, DEVELOPMENT)


@pytest.mark.parametrize("changed", [RUNTIME, FIRST, "pyproject.toml", ".venv/pyvenv.cfg"])
def test_a_change_in_what_an_installation_follows_from_is_noticed(tmp_path: Path, changed: str) -> None:
    """A lock, the project, and the Python below the environment."""
    made = current(checkout(tmp_path))
    with (made.checkout / changed).open("a") as file:
        file.write("\n# changed\n")

    assert not environment.is_current(made, RUNTIME)


def test_a_moved_checkout_is_noticed(tmp_path: Path) -> None:
    """Its scripts name an interpreter that is no longer there."""
    made = current(checkout(tmp_path))
    moved = made.checkout.rename(tmp_path / "moved")

    assert not environment.is_current(Environment(moved, moved / ".venv"), RUNTIME)


def test_an_environment_whose_python_went_away_is_not_current(tmp_path: Path) -> None:
    """The system's Python was upgraded and the old one removed."""
    made = current(checkout(tmp_path))
    made.python.unlink()
    made.python.symlink_to("/nowhere/python3")

    assert not environment.is_current(made, RUNTIME)


# The commands


@pytest.mark.parametrize(
    ("ended", "status"), [("exit 0", 0), ("exit 1", 0), ("exit 2", 2), ("exit 3", 3), ("kill -TERM $$", 143)]
)
def test_an_audit_that_was_carried_out_succeeds_whatever_it_found(tmp_path: Path, ended: str, status: int) -> None:
    """Demands that are not met (1) are a result; usage errors and failed audits are not."""
    made = current(checkout(tmp_path))
    made.program("auditor").write_text(f'#!/bin/sh\n[ "$1" = --version ] && exit 0\n{ended}\n')
    made.program("auditor").chmod(0o755)

    assert commands.run(made.checkout, ["audit"]) == status


def test_an_auditor_that_cannot_start_has_not_audited(tmp_path: Path) -> None:
    """Python ends with 1 where an import fails, which must not pass for an audit."""
    made = current(checkout(tmp_path))
    made.program("auditor").write_text("#!/bin/sh\nexit 1\n")
    made.program("auditor").chmod(0o755)

    assert commands.run(made.checkout, ["audit"]) == 1


def test_options_reach_the_audit_as_they_are(tmp_path: Path) -> None:
    """With their spaces, and below the checkout."""
    made = current(checkout(tmp_path))
    made.program("auditor").write_text('#!/bin/sh\npwd > got\nprintf "%s\\n" "$@" >> got\n')
    made.program("auditor").chmod(0o755)

    assert commands.run(made.checkout, ["audit", "--only", "a b"]) == 0
    assert (made.checkout / "got").read_text() == f"{made.checkout}\naudit\n--only\na b\n"


@pytest.mark.parametrize("arguments", [[], ["adit"]])
def test_an_unknown_command_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """The message names those that exist."""
    assert commands.run(tmp_path, arguments) == 2
    assert "audit, test, lint, wheel-check, lock" in capsys.readouterr().err


def test_the_wheel_must_hold_the_package_and_the_content_folders(tmp_path: Path) -> None:
    """Each file under the name that workspace.py finds it by; caches are not content."""
    for name in ("auditor/py.typed", "auditor/store/a.py", "checks/ssh.py", "checks/__pycache__/ssh.pyc", "tools/x.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")

    assert wheel_check.expected_files(tmp_path) == {
        "auditor/py.typed",
        "auditor/store/a.py",
        "auditor/content/checks/ssh.py",
    }


def test_the_example_for_contributors_works() -> None:
    """CONTRIBUTING.md shows a check and its cases: they are run as they stand there."""
    written = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)
    shown = [code for code in written if "@check(" in code or "CASES" in code]
    names: dict[str, object] = {**vars(auditor), **vars(make), "SshServer": SshServer, "Iterator": Iterator}
    names["server"] = lambda **changed: SshServer(settings=SshSettings(**changed))
    for code in shown:
        exec(code, names)  # noqa: S102 - our own text
    cases = names["CASES"]

    assert len(shown) == 2
    assert isinstance(cases, list)
    for case in cases:
        case.assert_right()


def test_make_lists_its_targets() -> None:
    """`make` alone explains itself."""
    told = subprocess.run(["make", "-C", ROOT, "help"], capture_output=True, text=True, check=True).stdout  # noqa: S607

    for target in ("audit", "test", "lint", "wheel-check", "lock", "clean", "help"):
        assert f"make {target} " in told
