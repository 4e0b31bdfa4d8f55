"""Stores in memory: each begins with the rows of its fleet and nothing else, whatever served before it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from simulator.journal import Entry, Outcome
from simulator.store import memory
from simulator.store.memory import MemoryStores
from simulator.store.store import Store
from simulator.tables import Delete, Property, Put
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


@pytest.fixture(autouse=True)
def _no_idle_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_idle", [])


def content_of(store: Store) -> list[str]:
    """All of a store, as SQL."""
    return list(store._sql.iterdump())


def use(store: Store) -> None:
    """Changes what a store begins with, and adds to everything that grows."""
    with store.transaction():
        store.apply([Delete(DirectoryEntry, ENTRIES[0].key), Put(Property(name="name", value="value"))], NOW)
        store.remember("seen", NOW + timedelta(hours=1))
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
    assert MemoryStores([], NOW).open("a").load(DirectoryEntry) == []


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
