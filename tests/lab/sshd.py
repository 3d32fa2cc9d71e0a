"""A real OpenSSH server on loopback, with its own keys, configuration and accounts file, ended by its process id.

Listening on 0.0.0.0 (the default), it is as many hosts as there are addresses in 127.0.0.0/8.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin:/sbin")
KEY_TYPES = ("ed25519", "ecdsa", "rsa")


@dataclass
class Sshd:
    """A running sshd: `with Sshd() as server: ... server.port, server.client_key, server.known_hosts()`.

    Any account of this machine may log in with `client_key` when root runs it; otherwise only the user who does.
    """

    host: str = "0.0.0.0"  # noqa: S104  (every 127.x.y.z is to be a host)
    key_types: tuple[str, ...] = KEY_TYPES
    extra: tuple[str, ...] = ()  # further lines of sshd_config; of two lines for one setting sshd takes the first
    port: int = 0
    user: str = field(default_factory=lambda: pwd.getpwuid(os.geteuid()).pw_name)
    _folder: "TemporaryDirectory[str] | None" = field(default=None, repr=False)
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def __enter__(self) -> Self:
        """Make keys, start the server and wait until it greets."""
        if SSHD is None:
            raise FileNotFoundError("sshd is not installed here: apt install openssh-server")
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd's own demand when root starts it
        self._folder = TemporaryDirectory(prefix="sshd-")
        self.folder.chmod(0o755)  # sshd reads the authorized keys as the account that logs in
        for kind in self.key_types:
            generate_key(self.folder / f"host_{kind}", kind)
        generate_key(self.client_key, "ed25519")
        shutil.copy(f"{self.client_key}.pub", self.folder / "authorized_keys")
        (self.folder / "authorized_keys").chmod(0o644)
        for _ in range(5 if not self.port else 1):
            if self._start(self.port or free_tcp_port()):
                return self
        said = self.log
        self.__exit__(None, None, None)
        raise RuntimeError(f"sshd did not start:\n{said}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the server that was started here and the sessions that it still has."""
        self.stop()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def stop(self) -> None:
        """End the server; its keys stay, so that it can be started again as the same host."""
        if self._process is None:
            return
        for pid in [*descendants(self._process.pid), self._process.pid]:
            try:
                os.kill(pid, signal.SIGTERM)
            except (ProcessLookupError, PermissionError):
                continue
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        self._process = None

    def restart(self, *extra: str) -> None:
        """Start again on the same port with the same keys and other further lines of sshd_config."""
        self.stop()
        self.extra = extra
        if not self._start(self.port):
            raise RuntimeError(f"sshd did not start again:\n{self.log}")

    @property
    def folder(self) -> Path:
        """Return where its files are."""
        assert self._folder is not None
        return Path(self._folder.name)

    @property
    def client_key(self) -> Path:
        """Return a private key that it lets in."""
        return self.folder / "client"

    @property
    def log(self) -> str:
        """Return what it has logged so far."""
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def sessions(self) -> list[int]:
        """Return the processes that serve connections at this moment."""
        return descendants(self._process.pid) if self._process is not None else []

    def public_key(self, kind: str) -> str:
        """Return one of its host keys as `TYPE BASE64`."""
        return " ".join((self.folder / f"host_{kind}.pub").read_text().split()[:2])

    def known_hosts(self, *hosts: str, kinds: tuple[str, ...] = ()) -> Path:
        """Return a new known_hosts file that lists its keys for hosts, 127.0.0.1 unless others are named."""
        names = ",".join(f"[{host}]:{self.port}" for host in hosts or ("127.0.0.1",))
        path = self.folder / f"known_hosts-{len(list(self.folder.glob('known_hosts*')))}"
        path.write_text("".join(f"{names} {self.public_key(kind)}\n" for kind in kinds or self.key_types))
        return path

    def _start(self, port: int) -> bool:
        configuration = [
            *self.extra,
            f"ListenAddress {f'[{self.host}]' if ':' in self.host else self.host}:{port}",
            *(f"HostKey {self.folder / f'host_{kind}'}" for kind in self.key_types),
            f"AuthorizedKeysFile {self.folder / 'authorized_keys'}",
            f"PidFile {self.folder / 'pid'}",
            f"UsePAM {'yes' if locked() else 'no'}",
            *("StrictModes no", "PermitRootLogin yes", "PasswordAuthentication no"),
            *("KbdInteractiveAuthentication no", "MaxStartups 2000", "MaxSessions 10", "LogLevel VERBOSE"),
            "SetEnv SHLVL=1",  # else bash reads the ~/.bashrc of whoever runs the tests, and does what stands there
        ]
        (self.folder / "sshd_config").write_text("\n".join([*configuration, ""]))
        self._process = subprocess.Popen(
            [str(SSHD), "-D", "-f", str(self.folder / "sshd_config"), "-E", str(self.folder / "log")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.port = port
        deadline = time.monotonic() + 10
        while self._process.poll() is None and time.monotonic() < deadline:
            if greets("127.0.0.1" if self.host == "0.0.0.0" else self.host, port):  # noqa: S104
                return True
            time.sleep(0.02)
        return False


def locked() -> bool:
    """Whether root's password is locked: then sshd lets root in through PAM only (sshd(8), Allowing logins)."""
    try:
        lines = Path("/etc/shadow").read_text(errors="replace").splitlines()
    except OSError:
        return False  # not root: this account's own server does not read the file either
    return any(line.startswith("root:!") for line in lines)


def generate_key(path: Path, kind: str, passphrase: str = "") -> None:
    """Make a key pair with ssh-keygen; RSA with 2048 bits, for the sake of time."""
    bits = ["-b", "2048"] if kind == "rsa" else []
    command = ["ssh-keygen", "-q", "-t", kind, *bits, "-N", passphrase, "-C", "lab", "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def free_tcp_port(host: str = "127.0.0.1") -> int:
    """Return a TCP port that nothing listens on at this moment."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def greets(host: str, port: int) -> bool:
    """Whether an SSH server answers there."""
    try:
        with socket.create_connection((host, port), timeout=2) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def descendants(pid: int) -> list[int]:
    """Return the processes below one, the youngest first (proc_pid_stat(5): the second field after the name)."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_bytes().rpartition(b")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found, waiting = [], [pid]
    while waiting:
        waiting += children.get(waiting[0], [])
        found.append(waiting.pop(0))
    return found[:0:-1]
