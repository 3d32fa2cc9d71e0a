"""A real PostgreSQL server on a Unix socket in a folder of its own: no port, no password, gone afterwards."""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Self

import psycopg


def server_folder() -> Path | None:
    """Return where the newest installed server's programs are, or None."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]), reverse=True
    )
    anywhere = shutil.which("initdb")
    return found[0].parent if found else Path(anywhere).resolve().parent if anywhere else None


@dataclass
class Postgres:
    """A running server: `with Postgres() as server: ... server.new_database()`."""

    _folder: Path = field(default=Path(), repr=False)
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)
    _databases: int = 0

    def __enter__(self) -> Self:
        """Make a cluster, start the server and wait until it answers."""
        programs = server_folder()
        if programs is None:
            raise FileNotFoundError("PostgreSQL's server is not installed here: apt install postgresql")
        self._folder = Path(mkdtemp(prefix="pg-"))
        account = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        if account:  # the server refuses to run as root
            shutil.chown(self._folder, "postgres", "postgres")
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "Asia/Kolkata"}
        data = self._folder / "data"
        initdb = [str(programs / "initdb"), "-D", str(data), "-U", "auditor", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(initdb, check=True, capture_output=True, env=environment, cwd="/", **account)
        options = [f"unix_socket_directories={self._folder}", "listen_addresses=", "fsync=off", "max_connections=40"]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [str(programs / "postgres"), "-D", str(data), *(word for option in options for word in ("-c", option))],
                env=environment,
                cwd="/",
                stdout=subprocess.DEVNULL,
                stderr=log,
                **account,
            )
        self._wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server (SIGINT: fast shutdown) and remove its folder."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, database: str) -> str:
        """Return where a database is, as a person writes it in the settings."""
        return f"postgresql://auditor@/{database}?host={self._folder}"

    def new_database(self) -> str:
        """Make an empty database and return its URL."""
        self._databases += 1
        name = f"store_{self._databases}"
        with self._connect() as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def _connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(host=str(self._folder), user="auditor", dbname="postgres", autocommit=True)

    def _wait(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                self._connect().close()
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self._folder / "log").read_text()
                time.sleep(0.05)
            else:
                return
        raise TimeoutError("PostgreSQL did not start within a minute")
