"""Throw-away Debian roots: each with files, processes and kernel parameters of its own, and an sshd on loopback.

    with Lab() as lab, lab.root("echo PermitRootLogin yes >>/etc/ssh/sshd_config") as root:
        root.port, lab.client_key

What lies below is a Debian made once by mmdebstrap(1) and kept in the user's cache (`python -m tests.lab.root` makes
it), or the very system that runs: neither is written to. What a root's script and the audit change is in memory and
ends with it (root.sh). systemd does not run in a root, and the network is the machine's own.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from types import TracebackType
from typing import Final, Self

from tests.lab.sshd import SSHD, free_tcp_port, generate_key, greets

RUNNING: Final = Path("/")
SUITE: Final = os.environ.get("LAB_SUITE", "bookworm")  # other releases are tried by hand: LAB_SUITE=trixie
PACKAGES: Final = (
    *("openssh-server", "sudo", "procps", "kmod", "gawk"),
    *("cron", "auditd", "rsyslog", "libpam-pwquality", "iproute2"),
    *{"trixie": ("lastlog2",)}.get(SUITE, ()),
)
ACCOUNTS: Final = {"root": "root", "sudo": "lab-sudo", "plain": "lab-plain"}
_SCRIPT: Final = Path(__file__).with_name("root.sh")
_TOOLS: Final = ("unshare", "setpriv", "pivot_root", "tar", "bash")
_SPACES: Final = ("--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child")
_SSHD_CONFIG: Final = """\
ListenAddress 127.0.0.1:{port}
HostKey /.lab/host
AuthorizedKeysFile /.lab/client.pub
PidFile none
UsePAM no
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
MaxStartups 200
"""


class LabFailed(Exception):
    """A root could not be made or served; says why."""


@dataclass
class Lab:
    """What all roots have in common: what lies below, how they are entered, and the kernel parameters they start with.

    `sysctl` are parameters, by their path below /proc/sys, that differ from this machine's.
    """

    below: Path = RUNNING
    layer: Path | None = None
    sysctl: Mapping[str, str] = field(default_factory=dict)
    _folder: "TemporaryDirectory[str] | None" = field(default=None, repr=False)

    def __enter__(self) -> Self:
        """Make the keys and the copy of /proc/sys."""
        self._folder = TemporaryDirectory(prefix="auditor-roots-")
        for name in ("keys", "sys", "roots"):
            (self.folder / name).mkdir()
        for name in ("host", "client"):
            generate_key(self.folder / "keys" / name, "ed25519")
        copy_parameters(self.folder / "sys", self.sysctl)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove them."""
        assert self._folder is not None
        self._folder.cleanup()

    @property
    def folder(self) -> Path:
        """Return where its files are."""
        assert self._folder is not None
        return Path(self._folder.name)

    @property
    def client_key(self) -> Path:
        """Return the private key that every account of every root lets in."""
        return self.folder / "keys" / "client"

    def root(self, scenario: str, beside: Path | None = None) -> "Root":
        """Return a root in which a bash script has run; `beside` is a folder that is the script's current one."""
        return Root(self, scenario, beside)

    def changed_by(self, script: str, kept: Path, beside: Path | None = None, *, network: bool = False) -> Path:
        """Keep, as a tar to give to further labs, all that a script changes in a root. Raises LabFailed.

        Only a script of the project's own may have the network, to install packages.
        """
        folder = self._prepare(script, beside)
        for name in ("keep", *["network"] * network):
            (folder / name).touch()
        status = self._start(folder).wait()
        if status or (folder / "status").read_text() != "0\n":
            raise LabFailed(f"the script ended with {status}:\n{said(folder)}")
        return Path(shutil.move(folder / "layer.tar", kept))

    def _prepare(self, scenario: str, beside: Path | None) -> Path:
        """Return a new folder with what a root needs."""
        folder = Path(mkdtemp(dir=self.folder / "roots"))
        for name in ("host", "host.pub", "client.pub"):
            shutil.copy(self.folder / "keys" / name, folder)
        if beside is not None:
            shutil.copytree(beside, folder / "beside", symlinks=True)
        (folder / "scenario").write_text(scenario)
        return folder

    def _start(self, folder: Path) -> "subprocess.Popen[bytes]":
        work = folder.with_name(f"{folder.name}.mounted")
        work.mkdir()
        words = (_SCRIPT, self.below, self.folder / "sys", work, folder, self.layer or "")
        with (folder / "making").open("wb") as out:
            return subprocess.Popen(
                [*_program("unshare"), *_SPACES, "/bin/sh", *map(str, words)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )


@dataclass
class Root:
    """A root in which a script has run: its exit status, what it said, and the port of 127.0.0.1 where sshd answers."""

    lab: Lab
    scenario: str
    beside: Path | None = None
    status: int = 0
    said: str = ""
    port: int = 0
    _folder: Path = field(default=Path(), repr=False)
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def begin(self) -> None:
        """Start making it, which goes on beside; entering the block waits for it."""
        self._folder = self.lab._prepare(self.scenario, self.beside)
        self.port = free_tcp_port()
        (self._folder / "sshd_config").write_text(_SSHD_CONFIG.format(port=self.port))
        self._process = self.lab._start(self._folder)

    def __enter__(self) -> Self:
        """Wait until the script has run and sshd answers. Raises LabFailed."""
        if self._process is None:
            self.begin()
        assert self._process is not None
        while not greets("127.0.0.1", self.port):
            if self._process.poll() is not None:
                raise LabFailed(f"the root has ended:\n{said(self._folder)}")
            time.sleep(0.01)
        if self.scenario:
            self.status, self.said = int((self._folder / "status").read_text()), said(self._folder)
        return self

    @property
    def known_hosts(self) -> Path:
        """Return a file that pins its host key."""
        path = self._folder / "known_hosts"
        if not path.exists():
            key = " ".join((self._folder / "host.pub").read_text().split()[:2])
            path.write_text(f"[127.0.0.1]:{self.port} {key}\n")
        return path

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End its first process, with which the kernel ends all others and forgets the files."""
        assert self._process is not None
        self._process.kill()  # unshare, whose child is killed with it
        self._process.wait()


def said(folder: Path) -> str:
    """Return what the making of a root and its script have said."""
    paths = (folder / "making", folder / "said")
    return "".join(path.read_text(errors="replace") for path in paths if path.exists())


def copy_parameters(folder: Path, changed: Mapping[str, str]) -> None:
    """Copy /proc/sys as plain files; interfaces are `all`, `default`, `lo` and an `eth0` that is as `default`."""
    for path in Path("/proc/sys").rglob("*"):
        place = path.relative_to("/proc/sys")
        by_interface = place.parts[:1] == ("net",) and place.parts[2:3] in {("conf",), ("neigh",)}
        if not by_interface or place.parts[3:4] in {(), ("all",), ("default",), ("lo",)}:
            _copy_parameter(path, folder / place)
    for default in folder.glob("net/*/*/default"):
        shutil.copytree(default, default.with_name("eth0"))
    for name, value in changed.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{value}\n")


def _copy_parameter(path: Path, place: Path) -> None:
    if path.is_dir():
        place.mkdir(exist_ok=True)
        return
    try:
        text = path.read_bytes()
    except OSError:  # write-only, or not to be read in a container
        text = b""
    place.write_bytes(text)
    place.chmod(path.stat().st_mode & 0o777)


def _program(name: str) -> list[str]:
    """Return a program as the beginning of a command. Raises LabFailed where it is missing."""
    path = shutil.which(name)
    if path is None:
        raise LabFailed(f"{name} is not installed: apt-get install {name}")
    return [path]


def why_not() -> str:
    """Return what this machine lacks for making roots, or nothing."""
    if os.geteuid() != 0:
        return "needs root, for namespaces and an overlay"
    if lacking := [name for name in _TOOLS if shutil.which(name) is None]:
        return f"needs {', '.join(lacking)}"
    if SSHD is None or not Path("/etc/debian_version").exists():
        return "needs a Debian with openssh-server"
    overlay = "mount -t overlay -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w lab /mnt/r"
    tried = f"mount -t tmpfs lab /mnt && mkdir /mnt/u /mnt/w /mnt/r && {overlay}"
    done = subprocess.run([*_program("unshare"), *_SPACES, "/bin/sh", "-c", tried], capture_output=True, check=False)
    return "" if done.returncode == 0 else "needs an overlay in a mount namespace, which this machine does not give"


def cached() -> Path:
    """Return where the Debian that lies below is kept, whether it was made or not."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    digest = hashlib.sha256(" ".join((SUITE, *sorted(PACKAGES))).encode()).hexdigest()[:8]
    return home / "auditor-lab" / f"{SUITE}-{digest}"


def made() -> Path:
    """Return the Debian that lies below; make it when it is not there, which takes half a minute of CPU.

    Raises LabFailed where mmdebstrap is missing or fails.
    """
    place = cached()
    place.parent.mkdir(parents=True, exist_ok=True)
    with (place.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            _make(place)
    return place


def _make(place: Path) -> None:
    with TemporaryDirectory(prefix="making-", dir=place.parent) as folder:
        options = ["--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}"]
        done = subprocess.run(
            [*_program("mmdebstrap"), *options, SUITE, f"{folder}/root"], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise LabFailed(f"mmdebstrap could not make a Debian root:\n{done.stderr[-2000:]}")
        Path(folder, "root").rename(place)


if __name__ == "__main__":
    try:
        print(made())  # noqa: T201
    except LabFailed as problem:
        sys.exit(str(problem))
