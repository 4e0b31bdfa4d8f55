"""The stores of a fleet in memory, which all begin with the same rows and end with the fleet.

Those rows are kept once, however many stores there are: each has only what it has changed of them. A copy in every
store would make the memory of a fleet grow with the square of its size.

A store holds what is written as plain values until somebody asks for what only SQL can tell: its CMDB, the records
of its API, a query. Then all of it goes to a connection, and from then on it is a store like any other. That takes
450 KB and more than a millisecond, and in a large fleet hardly any instance needs it.

Opening a connection costs as much as what a small fleet does with it: SQLite reads the whole schema, and compiles
every statement anew. So one whose fleet is gone is emptied, and serves another fleet.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import Any, TypeVar, cast

from simulator.journal import Alteration, Entry
from simulator.store.cmdb.base import SYSTEM
from simulator.store.columns import as_read, stamp, sys_id_of
from simulator.store.fault import UNNAMED
from simulator.store.file import MEMORY, connect
from simulator.store.plain import Plain
from simulator.store.store import Store
from simulator.tables import Change, Delete, Key, Put, Row, Traced

R = TypeVar("R", bound=Row)

_MOST_IDLE = 64
"""How many connections wait for their next fleet. A larger one is not met again soon, and its rows fill memory."""

_idle: list[sqlite3.Connection] = []

_LOGS = {"x_trustsim_journal", "x_trustsim_inbox", "x_trustsim_outbox", "x_trustsim_alteration"}
"""The tables that a store writes and that have no rows of trust."""


class MemoryStores:
    """Opens the stores of one fleet; *rows*, which have been there since *now*, are in each from the beginning.

    *in_sql*: all of them on connections from the beginning.
    """

    def __init__(self, rows: Iterable[Row], now: datetime, *, in_sql: bool = False) -> None:
        self._rows = list(rows)
        self._now = now
        self._in_sql = in_sql
        self._common: _CommonStore | None = None
        """Made with the first store: a fleet on files needs none."""
        self._open: list[sqlite3.Connection] = []

    def open(self, owner: str) -> Store:
        """The store of one instance."""
        if self._common is None:
            self._common = _CommonStore(self._connect(), self._rows, self._now)
        store = _MemoryStore(self._connect, owner, self._common)
        if self._in_sql:
            store.write_to_connection()
        return store

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
        self.shared: dict[type[Row], dict[Key, Row]] = {}
        for row in rows:
            self.shared.setdefault(type(row), {})[row.key] = as_read(row)
        self.shared_tables = frozenset(row_type.TABLE for row_type in self.shared)
        self.written = stamp(now), SYSTEM
        """When these rows were made, and by whom."""
        self._columns: dict[str, tuple[str, ...]] = {}
        with self.transaction():
            self.apply([Put(row) for row in rows], now)

    @cached_property
    def all_names(self) -> dict[str, str]:
        """The names of all its rows, by their sys_ids: every store asks for them again and again."""
        return self.names([sys_id_of(of, key) for of, rows in self.shared.items() for key in rows])

    def row(self, table: str, sys_id: str) -> tuple[Any, ...]:
        """The values of one of its rows, in the order of the table's columns."""
        [found] = self._sql.execute(f"select * from {table} where sys_id = ?", (sys_id,))  # noqa: S608
        return tuple(found)

    def columns(self, table: str) -> tuple[str, ...]:
        """The names of a table's columns, in their order."""
        if table not in self._columns:
            cursor = self._sql.execute(f"select * from {table} limit 0")  # noqa: S608
            self._columns[table] = tuple(column for column, *_ in cursor.description)
        return self._columns[table]


class _MemoryStore(Store):
    """Some tables of it begin with the rows of *common*; it has itself only those that were put there since.

    Rows that it shares are changed and never deleted: an instance that is retired stays in the directory.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection], owner: str, common: _CommonStore) -> None:
        super().__init__(None, owner)
        self._connect = connect
        self._common = common
        self._plain: Plain | None = Plain()
        """What was written; None when it is on a connection for good."""
        self._blank: sqlite3.Connection | None = None
        """A connection that was asked for in a transaction which has failed."""
        self._is_in_transaction = False

    # -- from plain values to SQL -----------------------------------------------------------------------

    @property
    def _here(self) -> Plain | None:
        """What was written, as long as nothing of it is on a connection."""
        return self._plain if self._connection is None else None

    @property
    def _sql(self) -> sqlite3.Connection:
        """See Reader: whoever asks for it may do with it whatever a file allows."""
        if self._connection is None:
            self.write_to_connection()
        return super()._sql

    @property
    def _file(self) -> str:
        return UNNAMED

    def write_to_connection(self) -> None:
        """All that was written is on a connection from now on.

        In the middle of a transaction this is a part of it: should it fail, all is here again.
        """
        plain = self._plain
        assert plain is not None, "it is on a connection already"
        self._connection, self._blank = self._blank or self._connect(), None
        super()._begin()
        self._write(plain)
        if not self._is_in_transaction:
            super()._sql.execute("commit")
            self._plain = None

    def _write(self, plain: Plain) -> None:
        """Says to a connection, which has nothing yet, what was said to this store."""
        for row_type, rows in plain.rows.items():
            columns = self._common.columns(row_type.TABLE)
            records = (kept.record() for kept in rows.values())
            self._insert(row_type.TABLE, ([record[column] for column in columns] for record in records))
        for (sender, envelope), forget_at in plain.inbox.items():
            super().remember(sender, envelope, forget_at)
        self._insert(
            "x_trustsim_outbox",
            ((number, it, due_at.isoformat(), body) for it, (number, due_at, body) in plain.outbox.items()),
        )
        for entry in plain.journal:
            super().record(entry)
        for at, cause, traced in plain.noted:
            super().note([traced], cause, at)

    def _insert(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        for row in rows:
            self._sql.execute(f"insert into {table} values ({', '.join('?' * len(row))})", row)  # noqa: S608

    def _begin(self) -> None:
        self._is_in_transaction = True
        if (plain := self._here) is None:
            super()._begin()
        else:
            plain.begin()

    def _commit(self) -> None:
        if self._here is None:
            super()._commit()
            self._plain = None
        elif self.fault:
            raise sqlite3.OperationalError(self.fault)
        self._is_in_transaction = False

    def _roll_back(self) -> None:
        self._is_in_transaction = False
        if self._connection is not None:
            super()._roll_back()
        if self._plain is not None:
            self._plain.roll_back()
            self._blank, self._connection = self._connection or self._blank, None
        self._loaded.clear()

    # -- writing ----------------------------------------------------------------------------------------

    def apply(self, changes: Sequence[Change], now: datetime, by: str = SYSTEM) -> None:
        """See Store.apply."""
        for change in changes:
            match change:
                case Put(row) if type(row) in self._common.shared:
                    self._adopt(row)
                case Delete(row_type, key):
                    is_shared = row_type in self._common.shared
                    assert not is_shared, f"{key} of {row_type.TABLE} is shared with the fleet"
                case _:
                    pass
        if (plain := self._here) is None:
            super().apply(changes, now, by)
        else:
            plain.apply(changes, now, by)

    def _adopt(self, row: Row) -> None:
        """Takes a shared row as it is, so that a change finds when it was made and how often it changed."""
        shared = self._common.shared[type(row)].get(row.key)
        if shared is None:
            return
        if (plain := self._here) is not None:
            plain.adopt(shared, self._common.written)
            return
        values = self._common.row(row.TABLE, sys_id_of(type(row), row.key))
        marks = ", ".join("?" * len(values))
        self._sql.execute(f"insert or ignore into {row.TABLE} values ({marks})", values)  # noqa: S608

    def note(self, traced: Iterable[Traced], cause: str, now: datetime) -> None:
        """See Store.note."""
        if (plain := self._here) is None:
            super().note(traced, cause, now)
        else:
            plain.note(traced, cause, now)

    def remember(self, sender: str, envelope_id: str, forget_at: datetime) -> bool:
        """See Store.remember."""
        if (plain := self._here) is None:
            return super().remember(sender, envelope_id, forget_at)
        return plain.remember(sender, envelope_id, forget_at)

    def forget(self, now: datetime) -> None:
        """See Store.forget."""
        if (plain := self._here) is None:
            super().forget(now)
        else:
            plain.forget(now)

    def post(self, envelope_id: str, due_at: datetime, body: str) -> None:
        """See Store.post."""
        if (plain := self._here) is None:
            super().post(envelope_id, due_at, body)
        else:
            plain.post(envelope_id, due_at, body)

    def unpost(self, envelope_ids: Iterable[str]) -> None:
        """See Store.unpost."""
        if (plain := self._here) is None:
            super().unpost(envelope_ids)
        else:
            plain.unpost(envelope_ids)

    def record(self, entry: Entry) -> None:
        """See Store.record."""
        if (plain := self._here) is None:
            super().record(entry)
        else:
            plain.record(entry)

    # -- reading ----------------------------------------------------------------------------------------

    def load(self, row_type: type[R]) -> list[R]:
        """See Reader.load."""
        plain = self._here
        own = super().load(row_type) if plain is None else plain.load(row_type)
        if row_type not in self._common.shared:
            return own
        rows = cast("dict[Key, R]", self._common.shared[row_type])
        return list((rows | {row.key: row for row in own}).values())

    def rows(self, table: str) -> list[dict[str, Any]]:
        """See Reader.rows; what nobody has written here is as in the common store, where most is empty."""
        if self._here is not None and table in _LOGS:
            self.write_to_connection()
        plain = self._here
        if plain is None:
            own = super().rows(table)
        elif (row_type := plain.row_type(table)) is None:
            is_empty = table not in self._common.shared_tables and table in _schema().tables
            return [] if is_empty else self._common.rows(table)
        else:
            columns = self._common.columns(table)
            own = [{column: record[column] for column in columns} for record in plain.records(row_type)]
        if table not in self._common.shared_tables:
            return own
        return list({row["sys_id"]: row for row in (*self._common.rows(table), *own)}.values())

    def names(self, sys_ids: Sequence[str]) -> dict[str, str]:
        """See Reader.names."""
        known, plain = self._common.all_names, self._here
        own = super().names(sys_ids) if plain is None else plain.names(sys_ids)
        return {id_: known[id_] for id_ in sys_ids if id_ in known} | own

    def has_table(self, table: str) -> bool:
        """See Reader.has_table."""
        return super().has_table(table) if self._here is None else table in _schema().tables

    def roles_of(self, user_name: str) -> set[str] | None:
        """See Store.roles_of."""
        return super().roles_of(user_name) if self._here is None else self._common.roles_of(user_name)

    def has_seen(self, sender: str, envelope_id: str) -> bool:
        """See Store.has_seen."""
        plain = self._here
        return super().has_seen(sender, envelope_id) if plain is None else (sender, envelope_id) in plain.inbox

    def posted(self) -> list[tuple[datetime, str]]:
        """See Reader.posted."""
        plain = self._here
        return super().posted() if plain is None else [(due_at, body) for _, due_at, body in plain.outbox.values()]

    def last_entry(self) -> int:
        """See Store.last_entry."""
        return super().last_entry() if (plain := self._here) is None else len(plain.journal)

    def journal(self, after: int = 0) -> list[tuple[int, Entry]]:
        """See Reader.journal."""
        plain = self._here
        return super().journal(after) if plain is None else plain.entries(after)

    def alterations(self, after: int = 0) -> list[tuple[int, Alteration]]:
        """See Reader.alterations."""
        plain = self._here
        return super().alterations(after) if plain is None else plain.alterations(self.owner, after)


@dataclass(frozen=True, slots=True)
class _Schema:
    """What a store has to which nobody has added tables or views."""

    version: int
    tables: frozenset[str]
    """The names of all tables."""
    filled: str
    """The statement that gives the names of the tables with rows."""


@cache
def _schema() -> _Schema:
    with closing(connect(MEMORY)) as connection:
        names = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
        filled = " union all ".join(f"select '{name}' where exists (select 1 from {name})" for name in names)  # noqa: S608
        return _Schema(_version(connection), frozenset(names), filled)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("pragma schema_version").fetchone()[0])


def _empty(connection: sqlite3.Connection) -> None:
    filled = connection.execute(_schema().filled).fetchall()
    connection.execute("begin")
    for (table,) in filled:
        connection.execute(f"delete from {table}")  # noqa: S608
    connection.execute("commit")
