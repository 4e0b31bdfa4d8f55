"""The store of one instance: its SQLite file, which is the truth about it.

A store is used by one thread at a time and does not wait for anything but the disk. Every change happens
inside `transaction()`, which holds all or nothing of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from simulator.journal import Entry
from simulator.store.cmdb.base import ADMIN, SYSTEM
from simulator.store.cmdb.store import CmdbStore, roles_of
from simulator.store.columns import stamp, statements, sys_id_of, to_values
from simulator.store.fault import fault_of, faults_of
from simulator.store.file import MEMORY, PAGE, blank, connect
from simulator.store.journal import insert_alterations, insert_entry
from simulator.store.reader import Reader
from simulator.store.records.records import Records
from simulator.tables import Change, Delete, Put, Row, Traced

R = TypeVar("R", bound=Row)


def _utc(at: datetime) -> str:
    """A time as text that sorts like the time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


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
        insert_alterations(self._sql, traced, cause, now)

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
        self._last_entry = insert_entry(self._sql, entry)

    def last_entry(self) -> int:
        """The number of the journal's last entry; 0 before the first."""
        if self._last_entry is None:
            (number,) = self._sql.execute("select coalesce(max(number), 0) from x_trustsim_journal").fetchone()
            return int(number)
        return self._last_entry

    def journal(self, after: int = 0) -> list[tuple[int, Entry]]:
        """See Reader.journal; asked often, and mostly about nothing new."""
        return [] if after == self._last_entry else super().journal(after)
