"""A fleet on loopback and the workspace that lists it: real servers, and some that are dead, silent or not themselves.

    with Fleet(folder) as fleet:
        fleet.workspace.run("audit", "--enrol")

Each part is started by a method of its own, so that a test starts what it needs; `start_all` starts everything.
"""

import random
import secrets
import socket
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import paramiko

from auditor.store.store import Store
from auditor.transports.host_keys import public_key
from tests.lab import hostile
from tests.lab.device import Device, Recording
from tests.lab.hostile import Impostor, Raw
from tests.lab.snmpd import Snmpd, User
from tests.lab.sshd import Sshd, generate_key
from tests.lab.tls import TlsServer
from tests.lab.workspace import ROOT, LabWorkspace

EXAMPLES: Final = ROOT / "inventory" / "example"
TAGS: Final = ["lab", "example", "loopback", "linux"]  # several: a set has another order in each process
LINUX: Final = {"kind": "server", "platform": "linux", "owner": "linux@lab.example", "tags": TAGS}
SHOP_PORTS: Final = (2222, 8443)  # where nmap looks; the shop has an address of its own, so that nobody else is there
WEAK: Final = ("Ciphers aes128-cbc,aes256-ctr",)


@dataclass
class Fleet:
    """Servers and the workspace about them; leaving the block ends whatever was started, and nothing else."""

    folder: Path
    policy: str = "lab"
    workspace: LabWorkspace = field(init=False, repr=False)
    router: Device = field(init=False, repr=False)
    shop: Sshd = field(init=False, repr=False)
    moved: Impostor = field(init=False, repr=False)
    network: str = field(default_factory=lambda: f"127.{random.randint(16, 250)}.{random.randint(1, 250)}")
    _stack: ExitStack = field(default_factory=ExitStack, repr=False)
    _sshd: "Sshd | None" = field(default=None, repr=False)
    _addresses: int = 0

    def __enter__(self) -> Self:
        """Make the workspace; no server yet."""
        self.workspace = LabWorkspace(
            self.folder, policy=self.policy, collect={"connect_seconds": 3.0, "asset_seconds": 60.0, "workers": 20}
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every server."""
        self._stack.close()

    def start_all(self, hosts: int = 0) -> None:
        """Start one of each, and a number of further hosts; write the workspace."""
        self.start_hosts(2)
        self.start_shop()
        self.start_agents()
        self.start_router()
        self.add_files()
        self.start_troubles()
        self.start_hosts(hosts, prefix="host")
        self.workspace.write()
        self.pin_another_key()

    def address(self) -> str:
        """Return an address that no other asset has."""
        self._addresses += 1
        return f"{self.network}.{self._addresses}" if self._addresses < 250 else _far(self.network, self._addresses)

    @property
    def sshd(self) -> Sshd:
        """Return the sshd that is every host but the shop; it is started when it is first needed."""
        if self._sshd is None:
            self._sshd = self._stack.enter_context(Sshd(key_types=("ed25519",), extra=("MaxAuthTries 4",)))
            self.workspace.serve(self._sshd.port, self._sshd.folder / "sshd_config")
            passphrase = secrets.token_urlsafe(16)
            locked = self._sshd.folder / "locked"
            generate_key(locked, "ed25519", passphrase)
            with (self._sshd.folder / "authorized_keys").open("a") as file:
                file.write((self._sshd.folder / "locked.pub").read_text())
            user = self._sshd.user
            self.workspace.credential("key", texts={"user": user, "key_file": str(self._sshd.client_key)})
            self.workspace.credential(
                "locked-key", texts={"user": user, "key_file": str(locked)}, passphrase=passphrase
            )
        return self._sshd

    def start_hosts(self, count: int, *, prefix: str = "web", **fields: object) -> list[str]:
        """Add hosts of the one sshd, each at its own address; return their names."""
        names = []
        for number in range(1, count + 1):
            credential = "locked-key" if number % 2 == 0 and prefix == "web" else "key"
            ssh = {"port": self.sshd.port, "credential": credential}
            given = {**LINUX, "addresses": [self.address()], "transports": {"ssh": ssh}, **fields}
            names.append(self.workspace.asset(f"{prefix}-{number:02}", **given))
        return names

    def start_shop(self) -> None:
        """Add a host with an SSH and a TLS server at an address of its own, which nmap looks at too."""
        address, (ssh_port, tls_port) = self.address(), SHOP_PORTS
        self.shop = self._stack.enter_context(Sshd(host=address, port=ssh_port, key_types=("ed25519",), extra=WEAK))
        self._stack.enter_context(TlsServer(host=address, port=tls_port, days=5))
        self.workspace.serve(ssh_port, self.shop.folder / "sshd_config")
        self.workspace.credential("shop-key", texts={"user": self.shop.user, "key_file": str(self.shop.client_key)})
        ways = {"ssh": {"port": ssh_port, "credential": "shop-key"}, "nmap": {}}
        self.workspace.asset("shop-01", **{**LINUX, "addresses": [address], "transports": ways, "criticality": "high"})

    def start_agents(self) -> None:
        """Add an SNMP agent that is asked by version 2c, and answers to `public` too, and one by version 3."""
        community, auth, privacy = (secrets.token_hex(12) for _ in range(3))
        user = User("auditor", "SHA-256", auth, "AES", privacy)
        old = self._stack.enter_context(Snmpd(communities=(community, "public"), host=self.address()))
        new = self._stack.enter_context(Snmpd(users=(user,), host=self.address()))
        self.workspace.credential("snmp-read", community=community)
        texts = {"user": "auditor", "auth_protocol": "SHA256", "privacy_protocol": "AES"}
        self.workspace.credential("snmp-user", texts=texts, auth=auth, privacy=privacy)
        for name, agent, version, credential in (("ups-01", old, "2c", "snmp-read"), ("ups-02", new, "3", "snmp-user")):
            snmp = {"port": agent.port, "version": version, "credential": credential}
            self.workspace.asset(
                name, kind="ups", addresses=[agent.host], tags=["snmp", "lab"], transports={"snmp": snmp}
            )

    def start_router(self, configuration: str = "", **fields: object) -> None:
        """Add a router that is asked on its command line, from user mode by an enable secret, page by page."""
        text = configuration or (EXAMPLES / "edge-rt-01.cfg").read_text()
        enable = secrets.token_urlsafe(12)
        recording = Recording("edge-rt-01", {"show running-config": text}, level=1, enable=enable, **fields)
        self.router = self._stack.enter_context(
            Device(recording, host=self.address(), password=secrets.token_urlsafe(12))
        )
        self.workspace.credential(
            "router", texts={"user": self.router.user}, password=self.router.password, enable=enable
        )
        ways = {"cli": {"port": self.router.port, "credential": "router"}}
        self.workspace.asset(
            "edge-rt-01", kind="router", platform="cisco-ios", addresses=[self.router.host], transports=ways
        )

    def add_files(self) -> None:
        """Add a switch by its saved configuration, and laptops and phones by a device-management export."""
        for name in ("core-sw-01.cfg", "devices.csv"):
            (self.folder / "inventory" / name).write_bytes((EXAMPLES / name).read_bytes())
        saved = {"file": {"configuration": "core-sw-01.cfg"}}
        self.workspace.asset("core-sw-01", kind="switch", platform="cisco-ios", transports=saved)
        self.workspace.include.append({"path": "devices.csv", "format": "intune"})

    def start_troubles(self) -> None:
        """Add hosts that are dead, refuse, hang, drip, refuse the key, or show another host key than they did."""
        self.sshd  # noqa: B018  (its credential is offered to all of them)
        dead = self._stack.enter_context(Deaf(self.address()))
        hanging = self._stack.enter_context(Raw(hostile.silent, host=self.address()))
        denying = self._stack.enter_context(Impostor(accepts=False, host=self.address()))
        self.moved = self._stack.enter_context(Impostor(host=self.address()))
        with socket.create_server((self.address(), 0)) as closed:
            refusing = closed.getsockname()[:2]
        places = {
            "dead-01": (dead.host, dead.port),
            "refusing-01": refusing,
            "hanging-01": (hanging.host, hanging.port),
            "denying-01": (denying.host, denying.port),
            "moved-01": (self.moved.host, self.moved.port),
        }
        for name, (host, port) in places.items():
            ways = {"ssh": {"port": port, "credential": "key"}}
            self.workspace.asset(name, **{**LINUX, "addresses": [host], "transports": ways})

    def pin_another_key(self) -> None:
        """Remember another key for the host that moved than the one it shows."""
        key = paramiko.ECDSAKey.generate()
        (address,) = self.workspace.assets["moved-01"]["addresses"]
        with Store.open(self.workspace.database) as store:
            store.host_keys().pin(address, self.moved.port, public_key(f"{key.get_name()} {key.get_base64()}"))


@dataclass
class Deaf:
    """A TCP port that answers nothing, as a host behind a dropping firewall: its queue of connections is full."""

    host: str
    port: int = 0
    _stack: ExitStack = field(default_factory=ExitStack, repr=False)

    def __enter__(self) -> Self:
        """Fill the queue until a connection is not answered any more."""
        listener = self._stack.enter_context(socket.create_server((self.host, 0), backlog=0))
        self.port = listener.getsockname()[1]
        with suppress(TimeoutError):
            for _ in range(20):
                self._stack.enter_context(socket.create_connection((self.host, self.port), timeout=0.3))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        self._stack.close()


def _far(network: str, number: int) -> str:
    """Return an address for one of many: the next 127.x.y.0/24 after the first is full."""
    _, x, y = network.split(".")
    beyond = int(y) + number // 250
    return f"127.{(int(x) + beyond // 250 - 16) % 235 + 16}.{beyond % 250}.{number % 250 + 1}"
