"""A store in every database that there is: each test that asks for `store` runs once in each."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auditor.store.store import Store
from tests.lab.postgres import Postgres, server_folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Give a PostgreSQL server."""
    if server_folder() is None:
        if os.environ.get("REQUIRE_ALL"):
            pytest.fail("PostgreSQL's server is not installed: apt install postgresql")
        pytest.skip("PostgreSQL's server is not installed: apt install postgresql")
    with Postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return where a new database is to be."""
    if request.param == "sqlite":
        return str(tmp_path / "state" / "auditor.db")
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def open_store(where: str, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Give a function that opens the same database each time, as each process would."""
    opened: list[Store] = []

    def open_it() -> Store:
        opened.append(Store.open(where, state=tmp_path / "state"))
        return opened[-1]

    yield open_it
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    """Return a new store."""
    return open_store()
