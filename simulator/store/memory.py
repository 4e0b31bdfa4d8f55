"""The stores of a fleet in memory, which all begin with the same rows and end with the fleet.

Opening a store costs as much as what a small fleet does with it: SQLite reads the whole schema, and compiles every
statement anew. So a connection whose fleet is gone is emptied, and serves another one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from simulator.store.columns import stamp, statements, to_values
from simulator.store.store import MEMORY, Store, connect
from simulator.tables import Row

_MOST_IDLE = 64
"""How many connections wait for their next fleet. A larger one is not met again soon, and its rows fill memory."""

_idle: list[sqlite3.Connection] = []


class MemoryStores:
    """Opens the stores of one fleet; *rows*, all of one table, are in each of them from the beginning."""

    def __init__(self, rows: Iterable[Row], now: datetime) -> None:
        self._rows = list(rows)
        self._values = [to_values(row, stamp(now)) for row in self._rows]
        self._content: bytes | None = None
        """A store with the rows and nothing else: copying it is far quicker than making it."""
        self._open: list[sqlite3.Connection] = []

    def open(self, owner: str) -> Store:
        """The store of one instance."""
        self._open.append(self._begin(_idle.pop()) if _idle else self._copy())
        return Store(self._open[-1], owner)

    def _begin(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        if self._rows:
            connection.execute("begin")
            connection.executemany(statements(type(self._rows[0])).upsert, self._values)
            connection.execute("commit")
        return connection

    def _copy(self) -> sqlite3.Connection:
        if self._content is None:
            with closing(self._begin(connect(MEMORY))) as connection:
                self._content = connection.serialize()
        return connect(MEMORY, self._content)

    def close(self) -> None:
        """All stores are gone."""
        for connection in self._open:
            is_small = len(self._rows) <= _MOST_IDLE and len(_idle) < _MOST_IDLE
            if is_small and _version(connection) == _schema().version:
                _empty(connection)
                _idle.append(connection)
            else:
                connection.close()
        self._open.clear()


@dataclass(frozen=True, slots=True)
class _Schema:
    """What a store has to which nobody has added tables or views."""

    version: int
    filled: str
    """The statement that gives the names of the tables with rows."""


@cache
def _schema() -> _Schema:
    with closing(connect(MEMORY)) as connection:
        names = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
        filled = " union all ".join(f"select '{name}' where exists (select 1 from {name})" for name in names)  # noqa: S608
        return _Schema(_version(connection), filled)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("pragma schema_version").fetchone()[0])


def _empty(connection: sqlite3.Connection) -> None:
    filled = connection.execute(_schema().filled).fetchall()
    connection.execute("begin")
    for (table,) in filled:
        connection.execute(f"delete from {table}")  # noqa: S608
    connection.execute("commit")
