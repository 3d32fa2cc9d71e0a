"""Real and false SNMP agents on loopback: net-snmp's snmpd with its own configuration, and one that misbehaves."""

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

SNMPD = shutil.which("snmpd", path="/usr/sbin:/usr/local/sbin:/usr/bin:/sbin")


@dataclass(frozen=True)
class User:
    """An SNMPv3 user of the agent: protocols in net-snmp's words, an empty word for none."""

    name: str
    auth_protocol: str = ""  # MD5 SHA SHA-224 SHA-256 SHA-384 SHA-512
    auth: str = ""
    privacy_protocol: str = ""  # DES AES AES-192 AES-256
    privacy: str = ""

    @property
    def level(self) -> str:
        """Return net-snmp's word for the security level."""
        return "priv" if self.privacy else "auth" if self.auth else "noauth"


@dataclass
class Snmpd:
    """A running net-snmp agent: `with Snmpd(communities=("lab",)) as agent: ... agent.port`."""

    communities: tuple[str, ...] = ()
    users: tuple[User, ...] = ()
    host: str = "127.0.0.1"
    extra: tuple[str, ...] = ()  # further lines of snmpd.conf
    port: int = 0
    _folder: "TemporaryDirectory[str] | None" = field(default=None, repr=False)
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def __enter__(self) -> Self:
        """Start the agent and wait until it listens."""
        if SNMPD is None:
            raise FileNotFoundError("snmpd is not installed here: apt install snmpd")
        self._folder = TemporaryDirectory(prefix="snmpd-")
        self.port = self.port or free_udp_port(self.host)
        folder = Path(self._folder.name)
        (folder / "snmpd.conf").write_text(self._configuration())
        (folder / "persistent").mkdir()
        self._process = subprocess.Popen(
            [
                SNMPD, "-f", "-Lf", str(folder / "log"), "-C", "-c", str(folder / "snmpd.conf"),
                "-p", str(folder / "pid"), "-I", "-smux", f"udp:{self.host}:{self.port}",
            ],
            env={"SNMP_PERSISTENT_DIR": str(folder / "persistent"), "PATH": "/usr/bin:/bin", "MIBS": ""},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._wait(folder / "pid", folder / "log")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the agent that was started here, and no other."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(5)
        if self._folder is not None:
            self._folder.cleanup()

    def _configuration(self) -> str:
        lines = ["sysName lab-agent", "sysContact lab@example.net", "sysLocation loopback"]
        lines += ["sysDescr Lab agent 1.0", "sysServices 72", "master no"]
        lines += [f"rocommunity {community} 127.0.0.0/8" for community in self.communities]
        for user in self.users:
            keys = [user.auth_protocol, f'"{user.auth}"'] if user.auth else []
            keys += [user.privacy_protocol, f'"{user.privacy}"'] if user.privacy else []
            lines += [" ".join(["createUser", user.name, *keys]), f"rouser {user.name} {user.level}"]
        return "\n".join([*lines, *self.extra, ""])

    def _wait(self, pid: Path, log: Path) -> None:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            assert self._process is not None
            if self._process.poll() is not None:
                break
            if pid.exists() and "NET-SNMP version" in log.read_text(errors="replace"):
                return
            time.sleep(0.05)
        said = log.read_text(errors="replace") if log.exists() else ""
        self.__exit__(None, None, None)
        raise RuntimeError(f"snmpd did not start:\n{said}")


@dataclass
class FalseAgent:
    """A UDP agent that answers each datagram with whatever a function makes of it; None is silence.

    Answers come from the port that was asked, or from `elsewhere`.
    """

    reply: Callable[[bytes], bytes | None]
    host: str = "127.0.0.1"
    elsewhere: bool = False
    port: int = 0
    asked: int = 0
    _socket: "socket.socket | None" = field(default=None, repr=False)
    _thread: "threading.Thread | None" = field(default=None, repr=False)
    _ended: threading.Event = field(default_factory=threading.Event, repr=False)

    def __enter__(self) -> Self:
        """Listen."""
        self._socket = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((self.host, self.port))
        self._socket.settimeout(0.1)
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, name="false-agent", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(5)
        if self._socket is not None:
            self._socket.close()

    def _serve(self) -> None:
        assert self._socket is not None
        while not self._ended.is_set():
            try:
                datagram, sender = self._socket.recvfrom(65535)
            except TimeoutError:
                continue
            self.asked += 1
            if (answer := self.reply(datagram)) is not None:
                with socket.socket(self._socket.family, socket.SOCK_DGRAM) as other:
                    (other if self.elsewhere else self._socket).sendto(answer, sender)


def free_udp_port(host: str = "127.0.0.1") -> int:
    """Return a UDP port that nobody listens on right now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
