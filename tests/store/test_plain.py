"""A store in memory holds plain values until SQL is asked for; whatever is done with it, it is as a file is."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import StoreError
from simulator.journal import Entry, Outcome
from simulator.refusal import RefusalCode
from simulator.store import memory
from simulator.store.file import connect
from simulator.store.memory import MemoryStores
from simulator.store.store import Store
from simulator.tables import Delete, Property, Put, Row
from simulator.trust.capability import ReceivedData
from simulator.trust.directory import DirectoryEntry
from simulator.trust.rows import ROW_TYPES
from tests.fleet import examples

from .rows import any_row
from .test_memory import ENTRIES, NOW

Use = Callable[[Store], None]
"""Something that an instance does with its store inside a transaction."""


@dataclass(frozen=True)
class Transaction:
    """What is done in one, and how it ends."""

    uses: Sequence[Use]
    ends: str
    """Committed, given up by an exception, or failed by the disk."""


@contextmanager
def all_kinds() -> Iterator[dict[str, Store]]:
    """A store of each kind, all with the same directory from the same time."""
    plain, in_sql = MemoryStores(ENTRIES, NOW), MemoryStores(ENTRIES, NOW, in_sql=True)
    with tempfile.TemporaryDirectory() as directory, closing(connect(Path(directory) / "a.sqlite")) as connection:
        file = Store(connection, "a")
        with file.transaction():
            file.apply([Put(entry) for entry in ENTRIES], NOW)
        yield {"plain": plain.open("a"), "in SQL": in_sql.open("a"), "file": file}
        plain.close()
        in_sql.close()


def is_plain(store: Store) -> bool:
    return store._connection is None


def seen(store: Store) -> dict[str, Any]:
    """What a store says without being asked for SQL."""
    return {
        "rows": {row_type: store.load(row_type) for row_type in ROW_TYPES},
        "tables": {row_type.TABLE: store.show(row_type.TABLE) for row_type in ROW_TYPES},
        "columns": {row_type.TABLE: list(map(list, store.rows(row_type.TABLE))) for row_type in ROW_TYPES},
        "untouched": store.rows("cmdb_rel_ci"),
        "names": store.names([*(entry.sys_id for entry in ENTRIES), *(f"{n:032x}" for n in range(5, 9))]),
        "is there": [store.has_table(table) for table in ("sys_user", "x_trustsim_journal", "nothing")],
        "roles": [store.roles_of(user) for user in ("admin", "somebody")],
        "posted": store.posted(),
        "journal": [store.journal(after) for after in range(3)],
        "entries": [repr(entry) for _, entry in store.journal()],
        "last": store.last_entry(),
        "alterations": [store.alterations(after) for after in range(3)],
        "finished with": [store.has_seen("a", str(number)) for number in range(5)],
    }


def seen_in_sql(store: Store) -> dict[str, Any]:
    """What it says to who asks for SQL."""
    logs = ("journal", "inbox", "outbox", "alteration")
    return {
        "logs": {log: store.rows(f"x_trustsim_{log}") for log in logs},
        "found": store.find("sys_properties", "nameISNOTEMPTY").rows,
        "causes": store.causes(),
    }


# -- what is done with them -------------------------------------------------------------------------------


def put(row: Row, hours: int, by: str) -> Use:
    return lambda store: store.apply([Put(row)], NOW + timedelta(hours=hours), by)


def change(name: str, value: str | None) -> Use:
    """Sets or removes a property, and notes it."""

    def use(store: Store) -> None:
        before = next((row for row in store.load(Property) if row.name == name), None)
        after = None if value is None else Property(name, value)
        if before != after:
            store.apply([Delete(Property, (name,)) if after is None else Put(after)], NOW)
            store.note([(before, after)], "cause", NOW)

    return use


def finish(number: int) -> Use:
    def use(store: Store) -> None:
        if not store.has_seen("a", str(number)):
            store.remember("a", str(number), NOW + timedelta(hours=number))

    return use


def forget(hours: int) -> Use:
    return lambda store: store.forget(NOW + timedelta(hours=hours))


def post(number: int) -> Use:
    def use(store: Store) -> None:
        store.unpost([str(number), str(number + 1)])
        store.post(str(number), NOW + timedelta(seconds=number), f"body {number}")

    return use


def record(code: str) -> Use:
    return lambda store: store.record(Entry(instance="a", at=NOW, outcome=Outcome.REFUSED, code=code, cause="c"))


def ask_for_sql(store: Store) -> None:
    """As a decision does that is for the CMDB."""
    store.cmdb()


HOURS = st.integers(0, 4)
OF_TRUST = any_row.filter(lambda row: not isinstance(row, DirectoryEntry))
MEMBERS = st.builds(
    lambda number, name: replace(ENTRIES[0], sys_id=f"{number:032x}", name=name), HOURS, st.sampled_from("mno")
)
"""Members that all know, by other names, and new ones."""

USES: st.SearchStrategy[Use] = st.one_of(
    st.builds(put, OF_TRUST | MEMBERS, HOURS, st.sampled_from(["system", "admin"])),
    st.builds(change, st.sampled_from("pqr"), st.none() | st.sampled_from("xyz")),
    st.builds(finish, HOURS),
    st.builds(forget, HOURS),
    st.builds(post, HOURS),
    st.builds(record, st.sampled_from(["", RefusalCode.UNKNOWN_SENDER])),
)
SOME_ASK = st.lists(USES | st.just(ask_for_sql), max_size=6)
ENDS = st.sampled_from(["committed", "committed", "given up", "failed by the disk"])


def take(store: Store, transaction: Transaction) -> None:
    """Does all of it, to whatever end."""
    store.fault = "the disk is full" if transaction.ends == "failed by the disk" else None
    with suppress(ZeroDivisionError, StoreError), store.transaction():
        for use in transaction.uses:
            use(store)
        if transaction.ends == "given up":
            raise ZeroDivisionError
    store.fault = None


@examples(30, nightly=5_000)
@given(st.lists(st.builds(Transaction, st.lists(USES, max_size=6), ENDS), max_size=5), st.integers(0, 5))
def test_whatever_is_done_with_it(transactions: list[Transaction], moment: int) -> None:
    """It says what a file says, before SQL is asked for and after."""
    with all_kinds() as stores:
        for number, transaction in enumerate(transactions):
            for store in stores.values():
                take(store, transaction)
                if number == moment:
                    ask_for_sql(store)
            assert is_plain(stores["plain"]) == (number < moment)
            assert seen(stores["plain"]) == seen(stores["in SQL"]) == seen(stores["file"])
        told = [seen_in_sql(store) for store in stores.values()]
        assert told[0] == told[1] == told[2]


@examples(20, nightly=5_000)
@given(st.lists(st.builds(Transaction, SOME_ASK, ENDS), max_size=5))
def test_sql_is_asked_for_in_the_middle(transactions: list[Transaction]) -> None:
    """What has come before in a transaction is a part of it, and is taken back with it."""
    with all_kinds() as stores:
        for transaction in transactions:
            for store in stores.values():
                take(store, transaction)
            assert seen(stores["plain"]) == seen(stores["in SQL"]) == seen(stores["file"])
        told = [seen_in_sql(store) for store in stores.values()]
        assert told[0] == told[1] == told[2]


DATA: dict[str, Any] = {
    "envelope": "e",
    "application": RefusalCode.UNKNOWN_SENDER,
    "capability": "",
    "operation": "",
    "source_instance": "a",
    "payload": {"a tuple": (1, 2)},
}


@pytest.mark.parametrize(
    "transactions",
    [
        [[change("p", "x"), change("q", "x")], [change("p", None)]],
        [[post(0), post(2)], [post(1), post(3)]],
        [[put(ReceivedData(**DATA), 0, "system")]],
        [[finish(1), finish(2), forget(1)]],
        [[post(0), post(0), lambda store: store.unpost(["0"])]],
    ],
    ids=["a deleted row", "a delivered post", "other types than a file has", "what is forgotten", "numbers"],
)
@pytest.mark.parametrize("ends", ["committed", "given up"])
def test_what_chance_hardly_finds(transactions: list[list[Use]], ends: str) -> None:
    """The same of what was found by breaking lines; the last transaction ends in either way."""
    with all_kinds() as stores:
        for store in stores.values():
            for number, uses in enumerate(transactions, start=1):
                take(store, Transaction(uses, ends if number == len(transactions) else "committed"))
        assert repr(seen(stores["plain"])) == repr(seen(stores["in SQL"])) == repr(seen(stores["file"]))
        told = [seen_in_sql(store) for store in stores.values()]
        assert told[0] == told[1] == told[2]


def test_a_transaction_that_fails_brings_the_values_back() -> None:
    """What was asked for in it is as if it never had been; the connection serves the next that asks."""
    with all_kinds() as stores:
        store = stores["plain"]
        take(store, Transaction([put(Property("p", "before"), 0, "system"), finish(1), post(1)], "committed"))
        before = seen(store)
        for ends in ("given up", "failed by the disk"):
            lost = [put(Property("p", "after"), 1, "admin"), ask_for_sql, finish(2), post(2), record("")]
            take(store, Transaction(lost, ends))
            assert is_plain(store)
            assert seen(store) == before
        take(store, Transaction([ask_for_sql], "committed"))
        assert not is_plain(store)
        assert seen(store) == before


def test_nothing_is_on_a_connection_that_nobody_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking at tables, names and journals takes no connection: a large fleet has none but the common one."""
    opened: list[sqlite3.Connection] = []

    def count(path: str) -> sqlite3.Connection:
        opened.append(connect(path))
        return opened[-1]

    monkeypatch.setattr(memory, "_idle", [])
    monkeypatch.setattr(memory, "connect", count)
    stores = MemoryStores(ENTRIES, NOW)
    for number in range(5):
        store = stores.open(str(number))
        take(
            store, Transaction([put(Property("p", "x"), 0, "system"), finish(1), post(1), record("")], "committed")
        )
        seen(store)
    assert len(opened) == 1
    stores.close()
