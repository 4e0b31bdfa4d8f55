"""A replica is what its original was at a commit, page by page, whatever SQLite does with the log meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import StoreError
from simulator.store.file import connect
from simulator.store.reader import Reader
from simulator.store.replica import Original, Replica
from simulator.store.store import Store
from simulator.tables import Put
from simulator.trust.record import TrustRecord
from tests.fleet import examples

from .test_store import NOW, RECORD


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def content(connection: sqlite3.Connection) -> list[str]:
    return list(connection.iterdump())


writes = st.tuples(st.just("write"), st.integers(1, 12), st.integers(0, 6000), st.booleans())
others = st.tuples(st.sampled_from(["look", "look", "checkpoint", "vacuum", "again"]))


@examples(12, nightly=2_000)
@given(st.lists(writes | others, min_size=5, max_size=40))
def test_a_replica_has_what_was_committed(steps: list[tuple[Any, ...]]) -> None:
    """Also after the log began anew, unseen, and after the instance was there again; of rollbacks nothing."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        writer = connect(folder / "one.sqlite")
        stack.callback(lambda: writer.close())
        original = stack.enter_context(Original(folder / "one.sqlite"))
        replica = Replica(folder / "replica.sqlite")
        stack.callback(replica.close)
        writer.execute("create table note (number integer primary key, text text)")
        replica.apply(original.changes() or pytest.fail("the first time is everything"))
        reader = stack.enter_context(closing(sqlite3.connect(folder / "replica.sqlite", isolation_level=None)))
        for step in [*steps, ("look",)]:
            match step:
                case "write", number, size, commits:
                    writer.execute("begin")
                    writer.executemany("insert into note (text) values (?)", [("x" * size,)] * number)
                    writer.execute("delete from note where number % 7 = ?", (number % 7,))
                    writer.execute("commit" if commits else "rollback")
                case ("checkpoint",):
                    writer.execute("pragma wal_checkpoint(truncate)")
                case ("vacuum",):
                    writer.execute("vacuum")
                case ("again",):
                    writer.close()
                    writer = connect(folder / "one.sqlite")
                case ("look",):
                    if (changes := original.changes()) is not None:
                        replica.apply(changes)
                    assert content(reader) == content(writer)
                    assert original.changes() is None
        assert reader.execute("pragma integrity_check").fetchall() == [("ok",)]


def test_what_is_passed_on_grows_with_what_is_written(tmp_path: Path, stack: ExitStack) -> None:
    writer = stack.enter_context(closing(connect(tmp_path / "one.sqlite")))
    writer.execute("create table note (number integer primary key, text text)")
    writer.executemany("insert into note (text) values (?)", [("x" * 4000,)] * 500)
    original = stack.enter_context(Original(tmp_path / "one.sqlite"))
    everything = original.changes()
    assert everything is not None
    assert len(everything.pages) == everything.size > 500
    writer.execute("insert into note (text) values ('y')")
    changes = original.changes()
    assert changes is not None
    assert len(changes.pages) <= 3


def test_an_instances_reader_reads_the_replica(tmp_path: Path, stack: ExitStack) -> None:
    """It stays open, as a fleet's does, and sees what comes."""
    writer = stack.enter_context(closing(connect(tmp_path / "one.sqlite")))
    original = stack.enter_context(Original(tmp_path / "one.sqlite"))
    replica = Replica(tmp_path / "replica.sqlite")
    stack.callback(replica.close)
    replica.apply(original.changes() or pytest.fail("the first time is everything"))
    reader = Reader.open(tmp_path / "replica.sqlite", "one")
    stack.callback(reader.close)
    assert reader.load(TrustRecord) == []
    with (store := Store(writer, "one")).transaction():
        store.apply([Put(RECORD)], NOW)
    replica.apply(original.changes() or pytest.fail("a row was written"))
    assert reader.load(TrustRecord) == [RECORD]


def test_a_file_that_is_none_cannot_be_followed(tmp_path: Path) -> None:
    (tmp_path / "one.sqlite").write_text("no database")
    with pytest.raises(StoreError, match="cannot be read as an instance's file"):
        Original(tmp_path / "one.sqlite")
