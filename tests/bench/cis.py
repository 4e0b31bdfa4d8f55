"""`python -m tests.bench.cis ours|splink DIRECTORY SIZE BATCH`: one measurement of the CMDB; see cmdb.py."""

from __future__ import annotations

import gc
import json
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from importlib import import_module
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

from pydantic_core import to_json

from simulator.cmdb.records import ChangeSet, Record
from simulator.protocol.cmdb import Identify
from simulator.protocol.envelope import derive_id
from simulator.refusal import Refusal
from simulator.runtime.cmdb import Cmdb
from simulator.store.cmdb.base import ADMIN
from simulator.store.cmdb.store import CmdbStore
from simulator.store.file import connect

from .fleets import peak

CLASS = "cmdb_ci_linux_server"
SOURCE = "Discovery"
FILLED_AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
STAMP = f"{FILLED_AT:%Y-%m-%d %H:%M:%S}"
LATER = datetime(2026, 1, 6, 8, tzinfo=UTC)

COMING = 50_000
"""The CIs that come, at most: with a hundred thousand and more there, they lie all over the file."""

RAM, MORE_RAM = "4096", "8192"


# -- the data -------------------------------------------------------------------------------------------


def _values(number: int, ram: str) -> dict[str, str]:
    return {
        "name": f"server-{number}",
        "serial_number": f"SN{number:08}",
        "ip_address": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        "os": "Linux Red Hat",
        "os_version": "9.4",
        "cpu_count": "8",
        "ram": ram,
    }


def _item(number: int, ram: str) -> dict[str, Any]:
    key = {"source_name": SOURCE, "source_native_key": f"key-{number}"}
    return {"className": CLASS, "values": _values(number, ram), "sys_object_source_info": key}


def _coming(size: int) -> list[int]:
    """The numbers of the CIs that come, spread over all."""
    return list(range(0, size, max(1, size // COMING)))


def _batches(numbers: Sequence[int], batch: int) -> Iterator[list[int]]:
    left = iter(numbers)
    while some := list(islice(left, batch)):
        yield some


def _bodies(numbers: Sequence[int], batch: int, changed_every: int = 0) -> list[str]:
    return [
        json.dumps(
            {
                "items": [
                    _item(n, MORE_RAM if changed_every and n // step % changed_every == 0 else RAM) for n in some
                ]
            }
        )
        for step in [numbers[1] - numbers[0]]
        for some in _batches(numbers, batch)
    ]


def _filled(path: Path, size: int) -> sqlite3.Connection:
    """A file with all CIs but those that come."""
    connection = connect(path)
    store = CmdbStore(connection)
    store.install()
    coming = set(_coming(size))
    for some in _batches([number for number in range(size) if number not in coming], 500):
        changes = ChangeSet()
        changes.inserts[CLASS] = [_row(number) for number in some]
        changes.inserts["sys_object_source"] = [_origin(number) for number in some]
        store.apply(changes, FILLED_AT)
    return connection


def _row(number: int) -> Record:
    seen = {"discovery_source": SOURCE, "first_discovered": STAMP, "last_discovered": STAMP}
    return {"sys_id": derive_id("item", number), "sys_domain": "global", **_values(number, RAM), **seen}


def _origin(number: int) -> Record:
    target = {"target_table": CLASS, "target_sys_id": derive_id("item", number), "last_scan": STAMP}
    return {"sys_id": derive_id("origin", number), "name": SOURCE, "id": f"key-{number}", **target}


# -- ours, and bare SQLite ------------------------------------------------------------------------------


def _measure_ours(directory: Path, size: int, batch: int) -> dict[str, dict[str, float]]:
    numbers = _coming(size)
    ours: dict[str, float] = {}
    path = directory / f"ours-{size}-{batch}.sqlite"
    with closing(_filled(path, size)) as connection:
        cmdb = Cmdb(CmdbStore(connection))
        phases = {"new": 0, "unchanged": 0, "one in ten changed": 10}
        for what, changed_every in phases.items():
            bodies = _bodies(numbers, batch, changed_every)
            gc.collect()
            ours[what] = len(numbers) / _take(cmdb, bodies, what)
        used = peak()
        rows = _rows_of(connection, numbers)
    bare = directory / f"bare-{size}-{batch}.sqlite"
    with closing(_filled(bare, size)) as connection:
        by_phase = {what: len(numbers) / _upsert_all(connection, rows, batch) for what in phases}
    for one in (path, bare):
        one.unlink()
    return {"ours": ours, "bare": by_phase, "peak": {"bytes": used}}


def _take(cmdb: Cmdb, bodies: list[str], what: str) -> float:
    at = perf_counter()
    for number, body in enumerate(bodies):
        call = Identify(user=ADMIN, source=SOURCE, body=body, enhanced=True)
        result = cmdb.identify(call, derive_id(what, number), LATER)
        assert not isinstance(result, Refusal), result
        to_json(result.response)
        assert not result.response["hasError"], result.response
    return perf_counter() - at


def _rows_of(connection: sqlite3.Connection, numbers: Sequence[int]) -> dict[str, list[Record]]:
    """The rows that ours has made of the CIs that came, without the columns that nothing is in."""
    store = CmdbStore(connection)
    origins = store.rows("sys_object_source", ("name", "id"), [(SOURCE, f"key-{number}") for number in numbers])
    cis = store.rows(CLASS, ("sys_id",), [(row["target_sys_id"],) for row in origins])
    filled = [name for name in cis[0] if any(row[name] is not None for row in cis)]
    return {"cmdb": [{name: row[name] for name in filled} for row in cis], "sys_object_source": origins}


def _upsert_all(connection: sqlite3.Connection, rows: dict[str, list[Record]], batch: int) -> float:
    statements = {table: _upsert(table, tuple(some[0])) for table, some in rows.items()}
    values = {table: [tuple(row.values()) for row in some] for table, some in rows.items()}
    at = perf_counter()
    for first in range(0, len(values["cmdb"]), batch):
        connection.execute("begin immediate")
        for table, some in values.items():
            connection.executemany(statements[table], some[first : first + batch])
        connection.execute("commit")
    return perf_counter() - at


def _upsert(table: str, columns: tuple[str, ...]) -> str:
    changed = ", ".join(f"{column} = excluded.{column}" for column in columns if column != "sys_id")
    marks = ", ".join("?" * len(columns))
    return (
        f"insert into {table} ({', '.join(columns)}) values ({marks}) "  # noqa: S608
        f"on conflict (sys_id) do update set {changed}"
    )


# -- splink ---------------------------------------------------------------------------------------------


def _measure_splink(size: int) -> dict[str, dict[str, float]]:
    # imported by name, as only this bench needs what it brings
    duckdb: Any = import_module("duckdb")
    splink: Any = import_module("splink")
    step = max(1, size // COMING)
    with closing(duckdb.connect()) as connection:
        _fill_duckdb(connection, "known", 1, size)
        _fill_duckdb(connection, "coming", step, size)
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
    coming = len(_coming(size))
    assert found == coming, "each CI that comes is linked once"
    return {"splink": {"unchanged": coming / took}}


def _fill_duckdb(connection: Any, table: str, step: int, size: int) -> None:
    """The identifying columns of the same CIs, made by DuckDB itself: it takes rows one by one very slowly."""
    connection.execute(
        f"create table {table} as select 'item-' || n as sys_id, 'server-' || n as name, "  # noqa: S608
        f"'SN' || lpad(n::varchar, 8, '0') as serial_number from range(0, {size}, {step}) as _ (n)"
    )


if __name__ == "__main__":
    who, directory, size, batch = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    measured = _measure_ours(directory, size, batch) if who == "ours" else _measure_splink(size)
    sys.stdout.write(json.dumps(measured))
