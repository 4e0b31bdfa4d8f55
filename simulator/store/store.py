"""The store of one instance: its SQLite file, which is the truth about it.

A store is used by one thread at a time and does not wait for anything but the disk. Every change happens
inside `transaction()`, which holds all or nothing of it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self, TypeVar

from simulator.errors import DamageError, StoreError
from simulator.journal import Alteration, Entry, Outcome
from simulator.store.base import ADMIN, SYSTEM
from simulator.store.beginning import latest_in
from simulator.store.classes import Classes, load_classes
from simulator.store.cmdb import CmdbStore, roles_of
from simulator.store.columns import from_values, stamp, statements, sys_id_of, to_json, to_values
from simulator.store.dump import dump
from simulator.store.fault import fault_of, faults_of, file_of
from simulator.store.file import MEMORY, PAGE, blank, connect, connect_to_read
from simulator.store.found import ALL, Found, find
from simulator.store.names import names, tables_with_names
from simulator.store.records import Records
from simulator.store.rows import Rows
from simulator.tables import Change, Delete, Put, Row, Traced

R = TypeVar("R", bound=Row)

_SYS_ID_LENGTH = 32

_ENTRY_COLUMNS = (
    "at", "outcome", "code", "explanation", "envelope", "cause", "kind",
    "sender", "recipient", "application", "capability", "operation",
)  # fmt: skip
_entry_values = attrgetter(*_ENTRY_COLUMNS[2:])
_INSERT_ENTRY = (
    f"insert into x_trustsim_journal ({', '.join(_ENTRY_COLUMNS)}) "  # noqa: S608
    f"values ({', '.join('?' * len(_ENTRY_COLUMNS))})"
)
_SELECT_ENTRIES = (
    f"select number, {', '.join(_ENTRY_COLUMNS)} from x_trustsim_journal where number > ? order by number"  # noqa: S608
)
_ALTERATIONS = "x_trustsim_alteration"

_SELECT_CAUSES = (
    f"select {', '.join(_ENTRY_COLUMNS)} from x_trustsim_journal "  # noqa: S608
    "where envelope in (select cause from x_trustsim_alteration)"
)


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


def _utc(at: datetime) -> str:
    """A time as text that sorts like the time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


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
        return [(number, self._entry(columns)) for number, *columns in self._ask(_SELECT_ENTRIES, (after,))]

    def latest(self) -> datetime | None:
        """The last time that the file knows of; None where nothing has happened in it."""
        with faults_of(self._file):
            return latest_in(self._sql)

    def alterations(self, after: int = 0) -> list[tuple[int, Alteration]]:
        """How the tables of trust have changed, with a number above *after*; files of before do not say."""
        if not self.has_table(_ALTERATIONS):
            return []
        columns = "number, at, cause, table_name, before, after"
        sql = f"select {columns} from x_trustsim_alteration where number > ? order by number"  # noqa: S608
        return [
            (
                number,
                Alteration(
                    instance=self.owner,
                    at=datetime.fromisoformat(at),
                    cause=cause,
                    table=table,
                    before=before and json.loads(before),
                    after=after and json.loads(after),
                ),
            )
            for number, at, cause, table, before, after in self._ask(sql, (after,))
        ]

    def causes(self) -> dict[str, Entry]:
        """What the journal has of the envelopes and actions that have led to alterations, by their ids."""
        if not self.has_table(_ALTERATIONS):
            return {}
        return {entry.envelope: entry for entry in map(self._entry, self._ask(_SELECT_CAUSES))}

    def _entry(self, columns: Sequence[Any]) -> Entry:
        at, outcome, *rest = columns
        return Entry(
            instance=self.owner,
            at=datetime.fromisoformat(at),
            outcome=Outcome(outcome),
            **dict(zip(_ENTRY_COLUMNS[2:], rest, strict=True)),
        )

    @property
    def _file(self) -> str:
        return file_of(self._sql)

    def _ask(self, sql: str, parameters: tuple[str | int, ...] = ()) -> list[Any]:
        """All that a statement finds. Raises StoreError."""
        try:
            return self._sql.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise fault_of(self._file, error) from error


def holding(rows: Sequence[Row], now: datetime) -> bytes:
    """A store in which these rows stand, as a connection serializes it: what many files are to begin with."""
    with closing(connect(MEMORY, blank(PAGE))) as connection:
        store = Store(connection, "")
        with store.transaction():
            store.apply([Put(row) for row in rows], now)
        return connection.serialize()


class Store(Reader):
    """One instance's file, for the instance that keeps it."""

    fault: str | None = None
    """What is wrong with the disk, so that every commit fails; an injected fault, and nothing else, sets it."""

    _last_entry: int | None = None
    """The number of the journal's last entry, once this store has made one."""

    def __init__(self, connection: sqlite3.Connection | None, owner: str) -> None:
        super().__init__(connection, owner)
        self._loaded: dict[type[Row], list[Any]] = {}
        """What was read of tables that have not changed since."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that happens inside is committed together at the end, or nothing when an exception leaves it."""
        try:
            self._begin()
            yield
            self._commit()
        except sqlite3.Error as error:
            self._roll_back()
            raise fault_of(self._file, error, "a transaction has failed") from error
        except BaseException:
            self._roll_back()
            raise

    def cmdb(self) -> CmdbStore:
        """The CMDB in the same file, whose changes are part of this store's transactions."""
        return CmdbStore(self._sql)

    def records(self) -> Records:
        """The records of all tables in the same file, as an API shows them."""
        return Records(self._sql)

    def roles_of(self, user_name: str) -> set[str] | None:
        """The roles of an active user; None where there is no such user.

        Before anything was told to the CMDB, with which the table of users comes, there is only admin.
        """
        if user_name == ADMIN and not self._sql.execute("select exists (select 1 from sys_user)").fetchone()[0]:
            return {ADMIN}
        return roles_of(self._sql, user_name)

    def _begin(self) -> None:
        self._sql.execute("begin immediate")

    def _commit(self) -> None:
        if self.fault:
            raise sqlite3.OperationalError(self.fault)
        self._sql.execute("commit")

    def checkpoint(self) -> None:
        """Takes over into the file what its log holds, which waits for the disk."""
        with faults_of(self._file):
            self._sql.execute("pragma wal_checkpoint")

    def _roll_back(self) -> None:
        self._loaded.clear()
        self._last_entry = None
        if self._sql.in_transaction:
            self._sql.execute("rollback")

    # -- rows -------------------------------------------------------------------------------------------

    def apply(self, changes: Sequence[Change], now: datetime, by: str = SYSTEM) -> None:
        """Makes the changes of a user true."""
        stamped = stamp(now)
        for change in changes:
            match change:
                case Put(row):
                    self._loaded.pop(type(row), None)
                    self._sql.execute(statements(type(row)).upsert, to_values(row, stamped, by))
                case Delete(row_type, key):
                    self._loaded.pop(row_type, None)
                    self._sql.execute(statements(row_type).delete, (sys_id_of(row_type, key),))

    def note(self, traced: Iterable[Traced], cause: str, now: datetime) -> None:
        """Notes how rows have changed, and the id of the envelope that has caused it."""
        for before, after in traced:
            row = after or before
            assert row is not None, "something has changed"
            self._sql.execute(
                "insert into x_trustsim_alteration (at, cause, table_name, before, after) values (?, ?, ?, ?, ?)",
                (now.isoformat(), cause, row.TABLE, to_json(before), to_json(after)),
            )

    def load(self, row_type: type[R]) -> list[R]:
        """See Reader.load; asked often, and mostly about nothing new."""
        if row_type not in self._loaded:
            self._loaded[row_type] = super().load(row_type)
        return list(self._loaded[row_type])

    def load_again(self, row_type: type[R]) -> list[R]:
        """The same where others than this store may have written."""
        self._loaded.pop(row_type, None)
        return self.load(row_type)

    # -- inbox ------------------------------------------------------------------------------------------

    def has_seen(self, sender: str, envelope_id: str) -> bool:
        """Whether this instance has finished with that envelope of that sender before."""
        found = self._sql.execute(
            "select 1 from x_trustsim_inbox where sender = ? and envelope = ?", (sender, envelope_id)
        )
        return found.fetchone() is not None

    def remember(self, sender: str, envelope_id: str, forget_at: datetime) -> bool:
        """This envelope is finished with, and its repeats are recognised until *forget_at* at least.

        False, and nothing else, where it was finished with before.
        """
        made = self._sql.execute(
            "insert into x_trustsim_inbox values (?, ?, ?) on conflict do nothing",
            (sender, envelope_id, _utc(forget_at)),
        )
        return made.rowcount > 0

    def forget(self, now: datetime) -> None:
        """Drops the ids whose repeats cannot come any more."""
        self._sql.execute("delete from x_trustsim_inbox where forget_at <= ?", (_utc(now),))

    # -- outbox -----------------------------------------------------------------------------------------

    def post(self, envelope_id: str, due_at: datetime, body: str) -> None:
        """The envelope is to be delivered: to a peer until its receipt comes, to oneself at *due_at*."""
        self._sql.execute(
            "insert into x_trustsim_outbox (envelope, due_at, body) values (?, ?, ?)",
            (envelope_id, due_at.isoformat(), body),
        )

    def unpost(self, envelope_ids: Iterable[str]) -> None:
        """These envelopes are delivered, or given up."""
        for id_ in envelope_ids:
            self._sql.execute("delete from x_trustsim_outbox where envelope = ?", (id_,))

    # -- journal ----------------------------------------------------------------------------------------

    def record(self, entry: Entry) -> None:
        """Adds one entry to the journal."""
        values = (entry.at.isoformat(), str(entry.outcome), *_entry_values(entry))
        self._last_entry = self._sql.execute(_INSERT_ENTRY, values).lastrowid

    def last_entry(self) -> int:
        """The number of the journal's last entry; 0 before the first."""
        if self._last_entry is None:
            (number,) = self._sql.execute("select coalesce(max(number), 0) from x_trustsim_journal").fetchone()
            return int(number)
        return self._last_entry

    def journal(self, after: int = 0) -> list[tuple[int, Entry]]:
        """See Reader.journal; asked often, and mostly about nothing new."""
        return [] if after == self._last_entry else super().journal(after)
