"""The redaction key is made once, for its owner only."""

import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from auditor.errors import DatabaseProblem, UsageError
from auditor.store.private import redaction_key
from auditor.store.store import Store
from tests.lab.postgres import Postgres


def test_the_key_is_made_once(store: Store, open_store: Callable[[], Store], tmp_path: Path) -> None:
    """32 random bytes that every later process gets as well, readable by the owner only."""
    key = store.redaction_key()
    file = tmp_path / "state" / "redaction.key"

    assert (len(key), stat.S_IMODE(file.stat().st_mode)) == (32, 0o600)
    assert open_store().redaction_key() == key
    assert [path.name for path in file.parent.iterdir() if path.name.startswith("redaction.key.")] == []


def test_two_workspaces_have_two_keys(tmp_path: Path) -> None:
    """A secret's token in one says nothing in another."""
    assert redaction_key(tmp_path / "one" / "key") != redaction_key(tmp_path / "other" / "key")


def test_many_may_make_it_at_once(tmp_path: Path) -> None:
    """All get the key that stays."""
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: redaction_key(tmp_path / "key"), range(32)))

    assert keys == {(tmp_path / "key").read_bytes()}


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """The mend is named."""
    redaction_key(tmp_path / "key")
    os.chmod(tmp_path / "key", 0o644)  # noqa: PTH101
    with pytest.raises(DatabaseProblem, match="can be read by others: run chmod 600"):
        redaction_key(tmp_path / "key")


@pytest.mark.parametrize("length", [0, 31, 33])
def test_half_a_key_is_refused(tmp_path: Path, length: int) -> None:
    """A cut file is not a key, and is not replaced."""
    (tmp_path / "key").write_bytes(b"x" * length)
    with pytest.raises(DatabaseProblem, match=f"has {length} bytes and not 32: restore it from a backup"):
        redaction_key(tmp_path / "key")


def test_postgresql_needs_a_folder_for_it(postgres: Postgres) -> None:
    """The key is never in the database that it protects."""
    with Store.open(postgres.new_database()) as store, pytest.raises(UsageError, match="needs a folder of its own"):
        store.redaction_key()
