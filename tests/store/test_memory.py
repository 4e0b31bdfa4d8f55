"""Stores in memory: each begins with the rows of its fleet and nothing else, whatever served before it.

They share those rows, and yet each is as a file of its own that has them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from simulator.journal import Entry, Outcome
from simulator.store import memory
from simulator.store.file import connect
from simulator.store.memory import MemoryStores
from simulator.store.store import Store
from simulator.tables import Property, Put
from simulator.trust.directory import DirectoryEntry, InstanceType

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ENTRIES = [
    DirectoryEntry(
        sys_id=f"{number:032x}",
        name=name,
        account="acme",
        type=InstanceType.PRODUCTION,
        environment="production",
        release="Zurich",
        public_key="",
    )
    for number, name in enumerate(("prod1", "prod2"))
]

RENAMED = replace(ENTRIES[0], name="renamed")


@pytest.fixture(autouse=True)
def _no_idle_connection(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    idle: list[sqlite3.Connection] = []
    monkeypatch.setattr(memory, "_idle", idle)
    yield
    for connection in idle:
        connection.close()


def content_of(store: Store) -> list[str]:
    """All of a store, as SQL."""
    return list(store._sql.iterdump())


def use(store: Store) -> None:
    """Changes what a store begins with, and adds to everything that grows."""
    with store.transaction():
        store.apply([Put(RENAMED), Put(Property(name="name", value="value"))], NOW)
        store.remember("a", "seen", NOW + timedelta(hours=1))
        store.post("posted", NOW, "body")
        store.record(Entry(instance=store.owner, at=NOW, outcome=Outcome.PROCESSED))


def test_a_store_that_was_used_is_as_new_for_the_next_fleet() -> None:
    """The next one on the same connection is the same as one on a new connection, to the last counter."""
    first = MemoryStores(ENTRIES, NOW)
    store = first.open("a")
    as_new = content_of(store)
    use(store)
    assert content_of(store) != as_new
    connection = store._sql
    first.close()
    second = MemoryStores(ENTRIES, NOW)
    again = second.open("b")
    assert again._sql is connection
    assert content_of(again) == as_new
    assert again.load(DirectoryEntry) == ENTRIES
    assert again.journal() == []
    second.close()


def test_the_next_fleet_may_have_other_rows() -> None:
    """Nothing of the rows of the fleet before is left."""
    first = MemoryStores(ENTRIES, NOW)
    first.open("a")
    first.close()
    second = MemoryStores(ENTRIES[:1], NOW)
    assert second.open("a").load(DirectoryEntry) == ENTRIES[:1]
    second.close()
    third = MemoryStores([], NOW)
    assert third.open("a").load(DirectoryEntry) == []
    third.close()


def test_two_open_stores_have_nothing_in_common() -> None:
    """Stores of one fleet are apart from each other."""
    stores = MemoryStores(ENTRIES, NOW)
    one, other = stores.open("a"), stores.open("b")
    use(one)
    assert other.load(DirectoryEntry) == ENTRIES
    stores.close()


def test_a_store_with_tables_of_its_own_serves_nobody_else() -> None:
    """What a run has added to the schema is gone with it."""
    first = MemoryStores(ENTRIES, NOW)
    first.open("a")._sql.execute("create view added as select 1")
    first.close()
    second = MemoryStores(ENTRIES, NOW)
    views = second.open("a")._sql.execute("select name from sqlite_master where name = 'added'").fetchall()
    assert views == []
    second.close()


# -- the rows that they share -----------------------------------------------------------------------------


@pytest.fixture
def shared() -> Iterator[Store]:
    stores = MemoryStores(ENTRIES, NOW)
    yield stores.open("a")
    stores.close()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Store]:
    """A file that has the same rows from the same time."""
    with closing(Store(connect(tmp_path / "a.sqlite"), "a")) as store:
        with store.transaction():
            store.apply([Put(entry) for entry in ENTRIES], NOW)
        yield store


def seen(store: Store) -> list[Any]:
    """What a store says of the rows, in its order."""
    return [store.load(DirectoryEntry), store.rows("sn_mif_instance"), store.show("sn_mif_instance")]


NEW = replace(ENTRIES[1], sys_id=f"{2:032x}", name="prod3")
RETIRED = replace(ENTRIES[1], retired=True)


@pytest.mark.parametrize(
    "puts",
    [[], [RENAMED], [RENAMED, RENAMED], [RETIRED, RENAMED], [ENTRIES[0]], [NEW], [NEW, RETIRED, NEW]],
    ids=["nothing", "one", "one twice", "all", "as it was", "a new one", "a new one and another"],
)
def test_shared_rows_change_as_rows_of_ones_own(shared: Store, own: Store, puts: list[DirectoryEntry]) -> None:
    """In the same order, made at the same time, changed as often."""
    for number, entry in enumerate(puts, start=1):
        for store in (shared, own):
            with store.transaction():
                store.apply([Put(entry)], NOW + timedelta(hours=number))
            store.load(DirectoryEntry)
        assert seen(shared) == seen(own)
    assert seen(shared) == seen(own)


def test_a_change_that_fails_leaves_the_shared_row(shared: Store) -> None:
    """All or nothing, as of any row."""
    before = seen(shared)
    with pytest.raises(ZeroDivisionError):
        _rename_and_fail(shared)
    assert seen(shared) == before


def _rename_and_fail(store: Store) -> None:
    with store.transaction():
        store.apply([Put(RENAMED)], NOW)
        raise ZeroDivisionError


def test_references_show_the_name_that_a_store_knows() -> None:
    """One that has heard of the new name shows that, another the old one."""
    stores = MemoryStores(ENTRIES, NOW)
    one, other = stores.open("a"), stores.open("b")
    with one.transaction():
        one.apply([Put(RENAMED)], NOW)
    for store in (one, other):
        with store.transaction():
            store.apply([Put(Property(name="peer", value=ENTRIES[0].sys_id))], NOW)
    assert [one.show("sys_properties")[0]["value"], other.show("sys_properties")[0]["value"]] == [
        "renamed",
        "prod1",
    ]
    stores.close()


def test_a_store_is_as_large_in_a_large_fleet_as_in_a_small_one() -> None:
    """A fleet must not cost the square of its size."""
    sizes = []
    for size in (2, 2000):
        stores = MemoryStores((replace(ENTRIES[0], sys_id=f"{number:032x}") for number in range(size)), NOW)
        store = stores.open("a")
        use(store)
        assert len(store.load(DirectoryEntry)) == size
        sizes.append(len(store._sql.serialize()))
        stores.close()
    assert sizes[0] == sizes[1]
