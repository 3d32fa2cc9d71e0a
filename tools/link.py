"""Make a checkout importable and its command runnable in a virtual environment, as an editable install would.

An editable install needs the build backend from a package index; this needs nothing. It writes what PEP 376, 610 and
660 have an installer write, so that pip lists the project, replaces it, and removes it like any other.
"""

import json
import tomllib
from pathlib import Path
from typing import TypedDict

INSTALLER = "auditor-bootstrap\n"


class Project(TypedDict):
    """The part of pyproject.toml's [project] that is read here."""

    name: str
    version: str
    scripts: dict[str, str]


def link(checkout: Path, folder: Path) -> None:
    """Write the path file, the metadata and the commands of the project into the environment in `folder`.

    Leaves an installation that pip or uv made as it is.
    """
    with (checkout / "pyproject.toml").open("rb") as file:
        project: Project = tomllib.load(file)["project"]
    site = next(folder.glob("lib/python3*/site-packages"))
    older = list(site.glob(f"{project['name']}-*.dist-info"))
    if any(_installer(info) != INSTALLER for info in older):
        return
    for info in older:
        _remove(info)
    commands = {folder / "bin" / name: command(folder, target) for name, target in project["scripts"].items()}
    for path, text in commands.items():
        path.write_text(text)
        path.chmod(0o755)
    record(site, project, checkout, list(commands))


def record(site: Path, project: Project, checkout: Path, commands: list[Path]) -> None:
    """Write the path file and the `.dist-info` folder, RECORD last."""
    info = f"{project['name']}-{project['version']}.dist-info"
    scripts = "".join(f"{name} = {target}\n" for name, target in project["scripts"].items())
    files = {
        f"__{project['name']}__.pth": f"{checkout}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n",
        f"{info}/INSTALLER": INSTALLER,
        f"{info}/entry_points.txt": f"[console_scripts]\n{scripts}",
        f"{info}/direct_url.json": json.dumps({"url": checkout.as_uri(), "dir_info": {"editable": True}}),
    }
    (site / info).mkdir()
    for name, text in files.items():
        (site / name).write_text(text)
    listed = [*files, f"{info}/RECORD", *map(str, commands)]
    (site / info / "RECORD").write_text("".join(f"{name},,\n" for name in listed))


def command(folder: Path, target: str) -> str:
    """Return a console script for `module:function`, in the form that a path of any length and with spaces survives.

    To the shell it is one `exec`; to Python the same lines are a string.
    """
    module, _, function = target.partition(":")
    return (
        f"#!/bin/sh\n'''exec' \"{folder / 'bin/python'}\" \"$0\" \"$@\"\n' '''\n"
        f"import sys\n\nfrom {module} import {function}\n\nsys.exit({function}())\n"
    )


def _installer(info: Path) -> str:
    file = info / "INSTALLER"
    return file.read_text() if file.is_file() else ""


def _remove(info: Path) -> None:
    for file in info.iterdir():
        file.unlink()
    info.rmdir()
