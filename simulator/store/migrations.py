"""Brings an instance's file to the newest version, each step in the transaction that records it.

What all steps together make of an empty file stands in schema/newest.sql, for a new instance is made often, and
SQLite reads its whole schema again for each table that a step renames: `python -m simulator.store.migrations >
simulator/store/schema/newest.sql`.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from functools import cache
from importlib.resources import files

from simulator.protocol.envelope import derive_id
from simulator.store.cmdb.classes import declare

_SCHEMA = files("simulator.store.schema")
_NEWEST = "newest.sql"


def make(connection: sqlite3.Connection) -> None:
    """Makes the newest version in a database that has nothing in it."""
    connection.executescript(_SCHEMA.joinpath(_NEWEST).read_text(encoding="utf-8"))


def migrate(connection: sqlite3.Connection) -> None:
    """Runs the schema files that the database has not seen; `user_version` holds the number of the last one."""
    (version,) = connection.execute("pragma user_version").fetchone()
    connection.create_function("derive_id", -1, derive_id, deterministic=True)  # some steps make sys_ids
    for number, step in enumerate(_steps()[version:], start=version + 1):
        connection.executescript(f"begin;\n{step}\npragma user_version = {number};")
        if number == newest_version():
            declare(connection)  # what the classes of an earlier file ask for is made as it is now
        connection.execute("commit")


@cache
def newest_version() -> int:
    """The `user_version` of a file that has seen all of them."""
    return len(_step_files())


@cache
def _steps() -> list[str]:
    return [_SCHEMA.joinpath(name).read_text(encoding="utf-8") for name in _step_files()]


def _step_files() -> list[str]:
    names = (entry.name for entry in _SCHEMA.iterdir())
    return sorted(name for name in names if name.endswith(".sql") and name != _NEWEST)


def _written() -> str:
    """What newest.sql has to say."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection)
        own = "sql is not null and name not like 'sqlite\\_%' escape '\\'"  # SQLite makes the others by itself
        made = connection.execute(f"select sql from sqlite_schema where {own} order by rowid").fetchall()  # noqa: S608
    end = f"pragma user_version = {newest_version()};\ncommit;\n"
    return "\n".join(["begin;", *(f"{sql};" for (sql,) in made), end])


if __name__ == "__main__":
    sys.stdout.write(_written())
