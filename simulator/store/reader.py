"""What an instance's file holds, for whoever only reads it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self, TypeVar

from simulator.errors import DamageError, StoreError
from simulator.journal import Alteration, Entry
from simulator.store.beginning import latest_in
from simulator.store.cmdb.classes import Classes, load_classes
from simulator.store.cmdb.dump import dump
from simulator.store.cmdb.names import names, tables_with_names
from simulator.store.cmdb.rows import Rows
from simulator.store.columns import from_values, statements
from simulator.store.fault import fault_of, faults_of, file_of
from simulator.store.file import connect_to_read
from simulator.store.journal import (
    ALTERATIONS,
    SELECT_ALTERATIONS,
    SELECT_CAUSES,
    SELECT_ENTRIES,
    alterations,
    entries,
)
from simulator.store.records.found import ALL, Found, find
from simulator.tables import Row

R = TypeVar("R", bound=Row)

_SYS_ID_LENGTH = 32

_TABLES = "select name, type, sql like '%without rowid%' from sqlite_schema where type in ('table', 'view')"


_STATE_OF_CLASSES = (
    "select (select count(*) from sys_db_object), (select max(rowid) from sys_db_object), "
    "(select count(*) from sys_dictionary), (select max(rowid) from sys_dictionary)"
)

_OF_RECORDS = "order by sys_created_on, sys_id"


def _order_of(type_: str, is_keyed: int) -> str:
    """How the rows of a table, or of one that another holds, are brought in the order in which they came."""
    if type_ == "view":
        return _OF_RECORDS
    return "" if is_keyed else "order by rowid"  # without a rowid it is in the order of its key


class Reader:
    """Reads one instance's file; `owner` is the id of the instance that keeps it."""

    def __init__(self, connection: sqlite3.Connection | None, owner: str) -> None:
        self.owner = owner
        self._connection = connection
        self._orders: dict[str, str] = {}
        """By table: the SQL that orders its rows."""
        self._classes: tuple[object, Classes] | None = None
        """The classes of CIs, with what tells whether they are still those of the file."""
        self._schema_version: int | None = None
        self._with_names: tuple[str, ...] = ()
        """The tables whose records have names, in that version of the schema."""

    @classmethod
    def open(cls, path: Path, owner: str, *, is_kept: bool = False) -> Self:
        """See connect_to_read."""
        return cls(connect_to_read(path, is_kept=is_kept), owner)

    @property
    def _sql(self) -> sqlite3.Connection:
        """The connection; a store that can do without one until then makes it."""
        assert self._connection is not None, "who has none says how it is made"
        return self._connection

    def close(self) -> None:
        """Closes the connection."""
        self._sql.close()

    def load(self, row_type: type[R]) -> list[R]:
        """All rows of one table, as they came. Raises StoreError where the file has no such table."""
        found = self._ask(statements(row_type).select)
        try:
            return [from_values(row_type, values) for values in found]
        except (ValueError, TypeError) as error:  # an instance writes only what it can read
            raise DamageError(f"{self._file}: {row_type.TABLE} has a row that is none: {error}") from error

    def cmdb_rows(self) -> Rows:
        """All of the CMDB by table, to take it elsewhere; nothing where it was never used."""
        with faults_of(self._file):
            return dump(self._sql)

    def show(self, table: str, known: Mapping[str, str] = MappingProxyType({})) -> list[dict[str, Any]]:
        """The rows of any table as a person sees them: references show the instance's name.

        Who has names of its own for some sys_ids says which are *known*; they come before those of the file.
        Raises StoreError for a table that does not exist, with those that do.
        """
        rows = self.rows(table)
        if not rows:
            return []
        ids = {value for row in rows for name, value in row.items() if name != "sys_id"}
        names = self.names([value for value in ids if isinstance(value, str) and len(value) == _SYS_ID_LENGTH])
        names |= {id_: known[id_] for id_ in ids & known.keys()}
        return [
            {column: value if column == "sys_id" else names.get(value, value) for column, value in row.items()}
            for row in rows
        ]

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of any table as they stand in the file, as they came. Raises StoreError as `show` does."""
        if not self.has_table(table):
            known = sorted({*self._orders, *self._known_classes().parents})
            raise StoreError(f"there is no table {table}; there are: {', '.join(known)}")
        if table in self._orders:
            source, order = table, self._orders[table]
        else:
            source, order = self._known_classes().rows(table), _OF_RECORDS
        with faults_of(self._file):
            cursor = self._sql.execute(f"select * from {source} {order}")  # noqa: S608
            columns = [column for column, *_ in cursor.description]
            return [dict(zip(columns, values, strict=True)) for values in cursor]

    def find(
        self,
        table: str,
        encoded_query: str = "",
        limit: int = ALL,
        known: Mapping[str, str] = MappingProxyType({}),
    ) -> Found:
        """The rows of any table that match, oldest first unless the query says otherwise, and as people read them.

        Raises StoreError for a table, a query or a column that is none.
        """
        with faults_of(self._file):
            return find(self._sql, table, encoded_query, limit, known)

    def has_table(self, table: str) -> bool:
        """Whether there is a table of this name, or a class of CIs; those come while an instance runs."""
        if table not in self._orders:
            found = self._ask(_TABLES)  # not pragma_table_list, which looks at every view first
            self._orders = {name: _order_of(type_, is_keyed) for name, type_, is_keyed in found}
        return table in self._orders or table in self._known_classes()

    def _known_classes(self) -> Classes:
        """The classes of CIs that the file has now; looking whether they are the same is quick."""
        with faults_of(self._file):
            state = self._sql.execute(_STATE_OF_CLASSES).fetchone()
            if self._classes is None or self._classes[0] != state:
                self._classes = state, load_classes(self._sql)
        return self._classes[1]

    def names(self, sys_ids: Sequence[str]) -> dict[str, str]:
        """The names of the records among these sys_ids: instances, domains, users, CIs and so on."""
        with faults_of(self._file):
            (version,) = self._sql.execute("pragma schema_version").fetchone()
            if version != self._schema_version:  # asked at every step, and hardly ever about something new
                self._schema_version, self._with_names = version, tables_with_names(self._sql)
            return names(self._sql, sys_ids, self._with_names)

    def posted(self) -> list[tuple[datetime, str]]:
        """What is to be delivered, oldest first: due time and body."""
        rows = self._sql.execute("select due_at, body from x_trustsim_outbox order by number")
        return [(datetime.fromisoformat(due_at), body) for due_at, body in rows]

    def journal(self, after: int = 0) -> list[tuple[int, Entry]]:
        """The entries with a number above *after*, in their order."""
        return entries(self._ask(SELECT_ENTRIES, (after,)), self.owner)

    def latest(self) -> datetime | None:
        """The last time that the file knows of; None where nothing has happened in it."""
        with faults_of(self._file):
            return latest_in(self._sql)

    def alterations(self, after: int = 0) -> list[tuple[int, Alteration]]:
        """How the tables of trust have changed, with a number above *after*; files of before do not say."""
        found = self._ask(SELECT_ALTERATIONS, (after,)) if self.has_table(ALTERATIONS) else []
        return alterations(found, self.owner)

    def causes(self) -> dict[str, Entry]:
        """What the journal has of the envelopes and actions that have led to alterations, by their ids."""
        found = self._ask(SELECT_CAUSES) if self.has_table(ALTERATIONS) else []
        return {entry.envelope: entry for _, entry in entries(found, self.owner)}

    @property
    def _file(self) -> str:
        return file_of(self._sql)

    def _ask(self, sql: str, parameters: tuple[str | int, ...] = ()) -> list[Any]:
        """All that a statement finds. Raises StoreError."""
        try:
            return self._sql.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise fault_of(self._file, error) from error
