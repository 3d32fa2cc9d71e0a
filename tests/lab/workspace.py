"""A throw-away workspace: settings with credentials by reference, an inventory, policies, and a check of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
CONTENT = Path(__file__).parent / "content"

_POLICIES = {
    "lab": """\
policy: lab
version: "1"
title: What the lab demands
extends: [baseline]
drop: [UPD-01, UPD-03, UPD-04]  # every host is this machine, and to list its updates takes a second of CPU for each
controls:
  - id: LAB-01
    title: Guessing is stopped early
    applies_to: {platform: [linux], tags: [lab]}
    checks:
      lab.max-tries: {at_most: 4}
      lab.whole:
  - id: LAB-02
    title: Somebody has seen the server room
    applies_to: {tags: [lab]}
    manual: true
""",
    "quick": """\
policy: quick
version: "1"
title: What is asked in a moment
controls:
  - id: QCK-01
    title: A host is asked little
    applies_to: {platform: [linux]}
    checks:
      lab.max-tries: {at_most: 4}
      lab.whole:
  - id: QCK-02
    title: An agent is asked little
    applies_to: {tags: [snmp]}
    checks:
      snmp.version3:
      snmp.contact-and-location:
  - id: QCK-03
    title: A router is asked little
    applies_to: {platform: [cisco-ios]}
    checks:
      router.telnet-off:
      router-secrets.no-readable-secrets:
""",
}


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command ended with, and what it said."""

    status: int
    out: str
    err: str

    @property
    def json(self):
        """Return what it wrote as JSON."""
        return json.loads(self.out)


@dataclass
class LabWorkspace:
    """A workspace being made; `write` writes it, as often as something was changed."""

    folder: Path
    policy: str = "lab"
    collect: dict[str, float] = field(default_factory=dict)
    assets: dict[str, dict[str, object]] = field(default_factory=dict)
    include: list[dict[str, object]] = field(default_factory=list)
    credentials: dict[str, dict[str, object]] = field(default_factory=dict)
    waivers: list[dict[str, object]] = field(default_factory=list)
    more: list[str] = field(default_factory=list)  # further lines of auditor.toml

    def __post_init__(self) -> None:
        """Make the folders."""
        for name in ("inventory", "policies", "checks", "secrets", "state"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "secrets").chmod(0o700)

    @property
    def database(self) -> Path:
        """Return the database's file."""
        return self.folder / ".auditor" / "auditor.db"

    def credential(self, name: str, *, texts: Mapping[str, str] | None = None, **secrets: str) -> str:
        """Declare a credential; each secret gets a file that only its owner may read."""
        parts: dict[str, object] = dict(texts or {})
        for part, secret in secrets.items():
            path = self.folder / "secrets" / f"{name}.{part}"
            path.touch(0o600)
            path.write_text(f"{secret}\n")
            parts[part] = {"file": f"secrets/{name}.{part}"}
        self.credentials[name] = parts
        return name

    def asset(self, name: str, **fields: object) -> str:
        """Put an asset into the inventory."""
        self.assets[name] = fields
        return name

    def write(self) -> None:
        """Write every file; what stands there is replaced."""
        shutil.copytree(CONTENT, self.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        (self.folder / "auditor.toml").write_text(self._settings())
        listed = [{"name": name, **fields} for name, fields in self.assets.items()]
        _dump(self.folder / "inventory" / "lab.yaml", {"include": self.include, "assets": listed})
        for name, text in _POLICIES.items():
            path = self.folder / "policies" / f"{name}.yaml"
            path.write_text(text)
            if self.waivers:
                _dump(path, {**yaml.safe_load(text), "waivers": self.waivers})

    def run(self, *words: object, timeout: float = 120, **environment: str) -> Ran:
        """Run auditor on this workspace in a process of its own, as a person would."""
        done = subprocess.run(
            self.command(*words), capture_output=True, timeout=timeout, check=False, env=self.environment(**environment)
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def start(self, *words: object) -> "subprocess.Popen[bytes]":
        """Start auditor on this workspace, to be interrupted or killed; what it says is in `said` as it is said."""
        with (self.folder / "said.out").open("wb") as out, (self.folder / "said.err").open("wb") as err:
            return subprocess.Popen(self.command(*words), stdout=out, stderr=err, env=self.environment())

    @property
    def said(self) -> tuple[str, str]:
        """Return what the started auditor has written so far, as results and as progress."""
        return (self.folder / "said.out").read_text(), (self.folder / "said.err").read_text()

    def command(self, *words: object) -> list[str]:
        """Return the command that runs auditor here."""
        return [sys.executable, "-m", "auditor", "-C", str(self.folder), *map(str, words)]

    def environment(self, **more: str) -> dict[str, str]:
        """Return this process's environment, in which auditor is found whatever the current folder is."""
        # Without compiled files each process would spend two seconds of CPU on compiling the libraries anew.
        left_out = ("AUDITOR_", "PYTHONDONTWRITEBYTECODE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
        path = os.pathsep.join([str(ROOT), *filter(None, [kept.get("PYTHONPATH")])])
        return {**kept, "PYTHONPATH": path, "NO_COLOR": "1", **more}

    # --- what the lab's own check sees, address by address ------------------------------------------------------------

    def serve(self, port: int, configuration: Path) -> None:
        """Let the lab's check know the configuration of the sshd on a port."""
        link = self.folder / "state" / f"server-{port}"
        link.unlink(missing_ok=True)
        link.symlink_to(configuration)

    def hold(self, *addresses: str) -> None:
        """Let the hosts at these addresses keep whoever asks waiting."""
        for address in addresses:
            (self.folder / "state" / f"hold-{address}").touch()

    def release(self) -> None:
        """Let every held host go on."""
        for path in (self.folder / "state").glob("hold-*"):
            path.unlink()

    def says(self, address: str, text: str) -> None:
        """Let the host at an address say something."""
        (self.folder / "state" / f"says-{address}").write_text(text)

    @property
    def asked(self) -> list[str]:
        """Return the addresses that were asked so far, each as often as it was."""
        path = self.folder / "state" / "asked"
        return path.read_text().split() if path.exists() else []

    def _settings(self) -> str:
        lines = ['company = "The lab"', 'inventory = ["inventory/lab.yaml"]', f'policy = "{self.policy}"', ""]
        lines += ["[scope]", 'allow = ["127.0.0.0/8"]', "", "[collect]"]
        lines += [f"{name} = {value}" for name, value in self.collect.items()]
        for name, parts in self.credentials.items():
            lines += ["", f"[credentials.{name}]", *(f"{part} = {_toml(value)}" for part, value in parts.items())]
        return "\n".join([*lines, "", *self.more, ""])


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name} = {_toml(inner)}' for name, inner in value.items())}}}"
    return json.dumps(value)


class _Dumper(yaml.SafeDumper):
    """Writes a value anew wherever it is repeated, as a person would."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _dump(path: Path, value: object) -> None:
    path.write_text(yaml.dump(value, Dumper=_Dumper, sort_keys=False))
