"""The stores of a fleet in memory, which all begin with the same rows and end with the fleet.

Those rows are kept once, however many stores there are: each has only what it has changed of them. A copy in every
store would make the memory of a fleet grow with the square of its size.

Opening a store costs as much as what a small fleet does with it: SQLite reads the whole schema, and compiles every
statement anew. So a connection whose fleet is gone is emptied, and serves another one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import Any, TypeVar

from simulator.store.base import SYSTEM
from simulator.store.columns import sys_id_of
from simulator.store.file import MEMORY, connect
from simulator.store.store import Store
from simulator.tables import Change, Delete, Put, Row

R = TypeVar("R", bound=Row)

_MOST_IDLE = 64
"""How many connections wait for their next fleet. A larger one is not met again soon, and its rows fill memory."""

_idle: list[sqlite3.Connection] = []


class MemoryStores:
    """Opens the stores of one fleet; *rows*, which have been there since *now*, are in each from the beginning."""

    def __init__(self, rows: Iterable[Row], now: datetime) -> None:
        self._rows = list(rows)
        self._now = now
        self._common: _CommonStore | None = None
        """Made with the first store: a fleet on files needs none."""
        self._open: list[sqlite3.Connection] = []

    def open(self, owner: str) -> Store:
        """The store of one instance."""
        if self._common is None:
            self._common = _CommonStore(self._connect(), self._rows, self._now)
        return _SharingStore(self._connect(), owner, self._common, {type(row) for row in self._rows})

    def _connect(self) -> sqlite3.Connection:
        self._open.append(_idle.pop() if _idle else connect(MEMORY))
        return self._open[-1]

    def close(self) -> None:
        """All stores are gone."""
        for connection in reversed(self._open):  # the next fleet takes the last first: to serve as before
            is_small = len(self._rows) <= _MOST_IDLE and len(_idle) < _MOST_IDLE
            if is_small and _version(connection) == _schema().version:
                _empty(connection)
                _idle.append(connection)
            else:
                connection.close()
        self._open.clear()
        self._common = None


class _CommonStore(Store):
    """Has the rows that the stores of a fleet share, and nothing else."""

    def __init__(self, connection: sqlite3.Connection, rows: Sequence[Row], now: datetime) -> None:
        super().__init__(connection, "the whole fleet")
        self._sys_ids = [sys_id_of(type(row), row.key) for row in rows]
        with self.transaction():
            self.apply([Put(row) for row in rows], now)

    @cached_property
    def all_names(self) -> dict[str, str]:
        """The names of all its rows, by their sys_ids: every store asks for them again and again."""
        return self.names(self._sys_ids)

    def row(self, table: str, sys_id: str) -> tuple[Any, ...] | None:
        """The values of one row, in the order of the table's columns."""
        found: tuple[Any, ...] | None = self._sql.execute(
            f"select * from {table} where sys_id = ?",  # noqa: S608
            (sys_id,),
        ).fetchone()
        return found


class _SharingStore(Store):
    """Some tables of it begin with the rows of *common*; its own file has those that were put there since.

    Rows that it shares are changed and never deleted: an instance that is retired stays in the directory.
    """

    def __init__(
        self, connection: sqlite3.Connection, owner: str, common: _CommonStore, shared: Iterable[type[Row]]
    ) -> None:
        super().__init__(connection, owner)
        self._common = common
        self._shared = frozenset(shared)
        self._shared_tables = {row_type.TABLE for row_type in self._shared}

    def apply(self, changes: Sequence[Change], now: datetime, by: str = SYSTEM) -> None:
        """See Store.apply."""
        for change in changes:
            match change:
                case Put(row) if type(row) in self._shared:
                    self._adopt(row.TABLE, sys_id_of(type(row), row.key))
                case Delete(row_type, key):
                    assert row_type not in self._shared, f"{key} of {row_type.TABLE} is shared with the fleet"
                case _:
                    pass
        super().apply(changes, now, by)

    def _adopt(self, table: str, sys_id: str) -> None:
        """Copies a shared row here as it is, so that a change finds when it was made and how often it changed."""
        row = self._common.row(table, sys_id)
        if row is not None:
            marks = ", ".join("?" * len(row))
            self._sql.execute(f"insert or ignore into {table} values ({marks})", row)  # noqa: S608

    def load(self, row_type: type[R]) -> list[R]:
        """See Reader.load."""
        own = super().load(row_type)
        if row_type not in self._shared:
            return own
        rows = self._common.load(row_type)
        return list({row.key: row for row in (*rows, *own)}.values()) if own else rows

    def rows(self, table: str) -> list[dict[str, Any]]:
        """See Reader.rows."""
        own = super().rows(table)
        if table not in self._shared_tables:
            return own
        return list({row["sys_id"]: row for row in (*self._common.rows(table), *own)}.values())

    def names(self, sys_ids: Sequence[str]) -> dict[str, str]:
        """See Reader.names."""
        known = self._common.all_names
        return {id_: known[id_] for id_ in sys_ids if id_ in known} | super().names(sys_ids)


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
