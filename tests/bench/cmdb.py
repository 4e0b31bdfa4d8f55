"""The CMDB's store beside a bare upsert of the same rows, and beside splink, which links by the same rules.

- The store: for each payload of 500 items, one query by source and native key, one by sys_id, one by name, and a
  change set; half of the items are new, half are there and change. This is what the engine asks of it, without the
  engine's own work.
- Bare SQLite: the same rows into a table with the same columns, indexes and durability, by `insert ... on conflict
  (sys_id) do update`, in transactions of the same size. It is told the sys_ids and so looks nothing up.
- splink on DuckDB: links a file of what is there with a file of what comes, by deterministic rules: the same
  serial number, or the same name. It writes nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from importlib import import_module
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

from simulator.cmdb.records import ChangeSet, Record
from simulator.protocol.envelope import derive_id
from simulator.store.cmdb import CmdbStore
from simulator.store.store import connect

from .table import Table

SIZES = (10_000, 100_000, 1_000_000)
"""Items in the file before; as many come, half of them new."""

PAYLOAD = 500
CLASS = "cmdb_ci_linux_server"
SOURCE = "Discovery"
NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
LATER = datetime(2026, 1, 6, 8, tzinfo=UTC)
STAMP = f"{NOW:%Y-%m-%d %H:%M:%S}"


def measure_cmdb(directory: Path, tell: Callable[[str], None], sizes: Sequence[int] = SIZES) -> Table:
    """All sizes; every one has files of its own."""
    table = Table(
        "A CMDB takes as many items as it has, half of them new",
        ("who", "does", "items before", "items/s", "of bare SQLite"),
        f"Payloads of {PAYLOAD} items, a transaction each; journal in WAL, synchronous = NORMAL.",
    )
    for size in sizes:
        tell(f"the CMDB, {size:,} items")
        bare = _bare(directory / f"bare-{size}.sqlite", size)
        measured = [
            ("bare SQLite", "upsert", bare),
            ("the store", "look-ups and change set", _store(directory / f"store-{size}.sqlite", size)),
            ("splink on DuckDB", "link only", _splink(size)),
        ]
        for who, what, seconds in measured:
            table.rows.append((who, what, f"{size:,}", f"{size / seconds:,.0f}", f"{bare / seconds:.2f}"))
    return table


# -- the data -------------------------------------------------------------------------------------------


def _item(number: int, ram: str) -> Record:
    return {
        "sys_id": derive_id("item", number),
        "sys_class_name": CLASS,
        "sys_domain": "global",
        "name": f"server-{number}",
        "serial_number": f"SN{number:08}",
        "ip_address": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        "os": "Linux Red Hat",
        "ram": ram,
        "discovery_source": SOURCE,
        "last_discovered": STAMP,
        "first_discovered": STAMP,
    }


def _origin(number: int) -> Record:
    return {
        "sys_id": derive_id("origin", number),
        "name": SOURCE,
        "id": f"key-{number}",
        "target_table": CLASS,
        "target_sys_id": derive_id("item", number),
        "last_scan": STAMP,
    }


def _payloads(numbers: range) -> Iterator[list[int]]:
    left = iter(numbers)
    while payload := list(islice(left, PAYLOAD)):
        yield payload


def _filled(path: Path, size: int) -> sqlite3.Connection:
    """A file with *size* items."""
    connection = connect(path)
    store = CmdbStore(connection)
    store.install()
    for payload in _payloads(range(size)):
        changes = ChangeSet()
        changes.inserts[CLASS] = [_item(number, "4096") for number in payload]
        changes.inserts["sys_object_source"] = [_origin(number) for number in payload]
        store.apply(changes, NOW)
    return connection


def _coming(size: int) -> range:
    return range(size // 2, size // 2 + size)


# -- who is measured ------------------------------------------------------------------------------------


def _store(path: Path, size: int) -> float:
    with closing(_filled(path, size)) as connection:
        store = CmdbStore(connection)
        came = [(payload, [_item(number, "8192") for number in payload]) for payload in _payloads(_coming(size))]
        at = perf_counter()
        for payload, items in came:
            _take(store, payload, items)
        return perf_counter() - at


def _take(store: CmdbStore, payload: list[int], items: list[Record]) -> None:
    origins = store.rows("sys_object_source", ("name", "id"), [(SOURCE, f"key-{number}") for number in payload])
    known = store.rows(CLASS, ("sys_id",), [(origin["target_sys_id"],) for origin in origins])
    there = {record["sys_id"] for record in known}
    new = [place for place, item in enumerate(items) if item["sys_id"] not in there]
    assert not store.rows("cmdb_ci_hardware", ("name",), [(items[place]["name"],) for place in new])
    changes = ChangeSet()
    changes.inserts[CLASS] = [items[place] for place in new]
    changes.inserts["sys_object_source"] = [_origin(payload[place]) for place in new]
    changes.updates[CLASS] = {sys_id: {"ram": "8192"} for sys_id in there if sys_id is not None}
    store.apply(changes, LATER)


def _bare(path: Path, size: int) -> float:
    with closing(_filled(path, size)) as connection:
        came = [
            ([_stamped(_item(number, "8192")) for number in payload], [_stamped(_origin(n)) for n in payload])
            for payload in _payloads(_coming(size))
        ]
        items = _upsert("cmdb", tuple(came[0][0][0]))
        origins = _upsert("sys_object_source", tuple(came[0][1][0]))
        at = perf_counter()
        for some, theirs in came:
            connection.execute("begin immediate")
            connection.executemany(items, [tuple(record.values()) for record in some])
            connection.executemany(origins, [tuple(record.values()) for record in theirs])
            connection.execute("commit")
        return perf_counter() - at


def _stamped(record: Record) -> Record:
    return {**record, "sys_created_on": STAMP, "sys_updated_on": STAMP, "sys_mod_count": "0"}


def _upsert(table: str, columns: tuple[str, ...]) -> str:
    changed = ", ".join(f"{column} = excluded.{column}" for column in columns if column != "sys_id")
    marks = ", ".join("?" * len(columns))
    return (
        f"insert into {table} ({', '.join(columns)}) values ({marks}) "  # noqa: S608
        f"on conflict (sys_id) do update set {changed}"
    )


def _splink(size: int) -> float:
    # imported here, as it takes seconds, and by name, as only this bench needs what it brings
    duckdb: Any = import_module("duckdb")
    splink: Any = import_module("splink")
    with closing(duckdb.connect()) as connection:
        _fill_duckdb(connection, "known", range(size))
        _fill_duckdb(connection, "coming", _coming(size))
        rules = [splink.block_on("serial_number"), splink.block_on("name")]
        settings = splink.SettingsCreator(
            link_type="link_only",
            unique_id_column_name="sys_id",
            blocking_rules_to_generate_predictions=rules,
        )
        at = perf_counter()
        database = splink.DuckDBAPI(connection)
        files = [database.register("known"), database.register("coming")]
        linker = splink.Linker(files, settings, log_level=None)
        links = linker.inference.deterministic_link()
        (found,) = connection.execute(f"select count(*) from {links.physical_name}").fetchone()  # noqa: S608
        took = perf_counter() - at
        assert found == size - size // 2, "each item that is there is linked once"
        return took


def _fill_duckdb(connection: Any, table: str, numbers: range) -> None:
    """The identifying columns of the same items, made by DuckDB itself: it takes rows one by one very slowly."""
    connection.execute(
        f"create table {table} as select 'item-' || n as sys_id, 'server-' || n as name, "  # noqa: S608
        f"'SN' || lpad(n::varchar, 8, '0') as serial_number from range({numbers.start}, {numbers.stop}) as _ (n)"
    )
