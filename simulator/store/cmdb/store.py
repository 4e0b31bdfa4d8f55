"""The CMDB in an instance's file: makes a change set true, and remembers what it was told to do."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter

from simulator.cmdb.records import ChangeSet, Record, Value, stamp_of
from simulator.errors import StoreError
from simulator.store.cmdb.base import SYSTEM, base_class_rows, base_rows, table_rows
from simulator.store.cmdb.classes import ROOT, declare, load_classes, quoted
from simulator.store.cmdb.declared import declare_tables
from simulator.store.cmdb.dump import restore
from simulator.store.cmdb.other_indexes import index_other_tables
from simulator.store.cmdb.reader import CmdbReader
from simulator.store.cmdb.rows import Rows, SqlRow
from simulator.store.fault import fault_of, file_of

BASE_TIME = datetime(2000, 1, 1, tzinfo=UTC)
"""When the records of a new instance were made."""


REPLACED = '{"kind":"replace_cmdb"}'
"""What is noted of a clone or a restore: that it was, and not the whole CMDB that came with it."""

_NUMBERED = {"reconcile_duplicate_task": "DUP", "reclassification_task": "RCT"}
"""The tables of tasks, which are never deleted, with the letters that their numbers begin with."""


_DEFAULTS = "select name, element, default_value from sys_dictionary where default_value is not null"

_OUTERMOST = "begin immediate", "commit", ("rollback",)
_NESTED = "savepoint cmdb", "release cmdb", ("rollback to cmdb", "release cmdb")
"""How a transaction begins, ends and is undone."""


@dataclass(frozen=True, slots=True)
class NotedAction:
    """What the CMDB was told to do by the envelope *cause*, and what it answered, both as JSON."""

    cause: str
    at: datetime
    action: str
    response: str | None
    """None for what is no call of the API."""


class CmdbStore(CmdbReader):
    """The CMDB of the instance that keeps the file."""

    def install(self) -> None:
        """Gives the file the base data where it has no classes yet, and makes its tables fit its classes.

        A file of an earlier version keeps its rules, and gets the classes and columns that have come since: the
        last of them tells it apart.
        """
        described = "select 1 from sys_dictionary where name = 'sys_dictionary' and element = 'default_value'"
        if self._sql.execute(described).fetchone():
            return
        with self.transaction():
            is_new = not self.classes.parents
            self.add_rows(base_class_rows())
            self.add_rows(table_rows(self._tables()))
            if is_new:
                self.add_rows(base_rows())
            self.redeclare()

    def _tables(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """All tables with their columns, without those that all have."""
        found = self._sql.execute(_COLUMNS_OF_TABLES).fetchall()
        return tuple((name, tuple(column for _, column in some)) for name, some in groupby(found, itemgetter(0)))

    def redeclare(self) -> None:
        """Makes columns and indexes follow the classes and rules, after some were added."""
        declare(self._sql)
        declare_tables(self._sql)
        index_other_tables(self._sql)
        self._look_again()

    def _look_again(self) -> None:
        self.classes = load_classes(self._sql)
        self._sources.clear()
        self._roots = None

    def add_rows(
        self, rows: Mapping[str, Iterable[SqlRow]], made_at: datetime = BASE_TIME, changed_at: datetime = BASE_TIME
    ) -> None:
        """Inserts rows, and makes others with their sys_ids equal to them, unless they are so already."""
        made, changed = stamp_of(made_at), stamp_of(changed_at)
        for table, some in rows.items():
            for columns, group in groupby(some, key=tuple):
                values = [(made, made, *row.values(), changed) for row in group]
                self._sql.executemany(_upsert(table, columns), values)

    def apply(self, changes: ChangeSet, now: datetime, by: str = SYSTEM) -> None:
        """Makes the changes of a user true, all or nothing; system fields that a record leaves out are set."""
        stamp = stamp_of(now)
        with self.transaction():
            for table, records in changes.inserts.items():
                self._insert(table, records, stamp, by)
            for table, updates in changes.updates.items():
                self._update(table, updates, stamp, by)
            for table, sys_ids in changes.deletes.items():
                self._sql.executemany(_delete(self.physical(table)), [(sys_id,) for sys_id in sys_ids])

    def delete_partials(self, before: datetime) -> None:
        """Deletes the partial payloads that were stored before that, with their keys."""
        old = "select sys_id from cmdb_ire_partial_payloads where sys_created_on < ?"
        for statement in (
            f"delete from cmdb_ire_partial_payloads_index where partial_payload in ({old})",  # noqa: S608
            f"delete from cmdb_ire_partial_payloads where sys_id in ({old})",  # noqa: S608
        ):
            self._sql.execute(statement, (stamp_of(before),))

    def replace(self, rows: Rows) -> None:
        """Puts the CMDB that `Reader.cmdb_rows` has read, of whichever instance, in the place of this one."""
        with self.transaction():
            restore(self._sql, rows)
            self._look_again()

    def roles_of(self, user_name: str) -> set[str] | None:
        """The roles of an active user; None where there is no such user."""
        return roles_of(self._sql, user_name)

    def note(
        self, cause: str, action: str, response: str | None, now: datetime, explanation: str | None = None
    ) -> None:
        """Remembers what the envelope *cause* told the CMDB to do, what it answered and why, all as JSON."""
        self._sql.execute(
            "insert into x_trustsim_cmdb_action (envelope, at, action, response, explanation) "
            "values (?, ?, ?, ?, ?)",
            (cause, now.isoformat(), action, response, explanation),
        )

    def last_response(self) -> str | None:
        """What was answered to the action that was noted last."""
        sql = "select response from x_trustsim_cmdb_action order by number desc limit 1"
        found = self._sql.execute(sql).fetchone()
        return found[0] if found else None

    def last_number(self) -> int:
        """How many actions are noted."""
        (number,) = self._sql.execute("select coalesce(max(number), 0) from x_trustsim_cmdb_action").fetchone()
        return int(number)

    def noted(self) -> list[NotedAction]:
        """All that the CMDB was told to do, in order."""
        found = self._sql.execute(
            "select envelope, at, action, response from x_trustsim_cmdb_action order by number"
        )
        return [
            NotedAction(cause, datetime.fromisoformat(at), action, response)
            for cause, at, action, response in found
        ]

    def set_paths(self, path_by_domain: Mapping[str, str]) -> None:
        """Gives all records of these domains the path of their domain, which is no update: the domain is the same.

        One statement for each table that has domains; to be called in a transaction.
        """
        if path_by_domain:
            for (table,) in self._sql.execute(_SEPARATED).fetchall():
                self._sql.execute(_set_paths(table), (json.dumps(path_by_domain),))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that happens inside is true at the end, or nothing; one inside another commits with that."""
        begin, end, undo = _NESTED if self._sql.in_transaction else _OUTERMOST
        try:
            self._sql.execute(begin)
            yield
            self._sql.execute(end)
        except sqlite3.Error as error:
            self._undo(undo)
            raise fault_of(file_of(self._sql), error, "what is to be stored does not fit") from error
        except BaseException:
            self._undo(undo)
            raise

    def _undo(self, statements: tuple[str, ...]) -> None:
        if self._sql.in_transaction:  # SQLite itself has ended it where the disk is full
            for statement in statements:
                self._sql.execute(statement)
        self._look_again()

    def _insert(self, table: str, records: list[Record], stamp: str, by: str) -> None:
        known, physical = self._source(table).columns, self.physical(table)
        if table in _NUMBERED:
            records = self._numbered(table, records)
        if "number" in known and table in self.tables:
            records = [{"number": self.next_number(table), **record} for record in records]
        if defaults := self.defaults(table):
            records = [{**defaults, **record} for record in records]
        if "sys_domain_path" in known:
            path_by_domain = self._paths()
            records = [
                {**record, "sys_domain_path": path_by_domain.get(record.get("sys_domain"), "/")}
                for record in records
            ]
        is_of_class = physical == ROOT or table in self.tables
        extra: Record = {"sys_class_name": table} if is_of_class else {}
        made = {"sys_created_on": stamp, "sys_created_by": by, "sys_updated_on": stamp, "sys_updated_by": by}
        system = {**extra, **made, "sys_mod_count": "0"}
        for columns, group in groupby(records, key=tuple):
            _check(table, known, columns)
            added = {name: value for name, value in system.items() if name not in columns}
            sql = _insert(physical, (*columns, *added))
            constant = tuple(added.values())
            self._sql.executemany(sql, [(*record.values(), *constant) for record in group])

    def defaults(self, table: str) -> Record:
        """What a new record of a table or class has in the columns of which nobody says anything."""
        found = self._sql.execute(_DEFAULTS).fetchall()
        if not found:  # nearly always
            return {}
        above = dict(self._sql.execute("select name, super_class from sys_db_object"))
        chain: list[str] = [table]
        while parent := above.get(chain[-1]):
            chain.append(parent)
        return {element: value for each in reversed(chain) for name, element, value in found if name == each}

    def next_number(self, table: str) -> Value:
        """The next number of a declared table's records, None for one without numbers."""
        found = self._sql.execute(
            "update sys_number set number = number + 1 where category = ? returning prefix, number", (table,)
        ).fetchone()
        return None if found is None else f"{found[0]}{found[1]:07}"

    def _paths(self) -> dict[Value, str]:
        """The path of every domain by its sys_id; what is in no domain, or in the global one, has the root's."""
        return dict(self._sql.execute("select sys_id, sys_domain_path from domain"))

    def _numbered(self, table: str, records: list[Record]) -> list[Record]:
        """Tasks with the numbers that people know them by, counting on from the last one."""
        (count,) = self._sql.execute(f"select count(*) from {table}").fetchone()  # noqa: S608
        return [
            {**record, "number": f"{_NUMBERED[table]}{number:07}"}
            for number, record in enumerate(records, start=1001 + count)
        ]

    def _update(self, table: str, updates: dict[str, Record], stamp: str, by: str) -> None:
        known = self._source(table).columns
        for columns, group in groupby(updates.items(), key=lambda item: tuple(item[1])):
            _check(table, known, columns)
            system = {"sys_updated_on": stamp, "sys_updated_by": by}
            stamped = {name: value for name, value in system.items() if name not in columns}
            sql = _update(self.physical(table), (*columns, *stamped))
            self._sql.executemany(sql, [(*record.values(), *stamped.values(), sys_id) for sys_id, record in group])


def _check(table: str, known: tuple[str, ...], columns: Iterable[str]) -> None:
    """Names come from the file's own columns only, so that they may stand in SQL. Raises StoreError."""
    unknown = [column for column in columns if column not in known]
    if unknown:
        raise StoreError(f"{table} has no column {', '.join(unknown)}; it has: {', '.join(known)}")


def roles_of(connection: sqlite3.Connection, user_name: str) -> set[str] | None:
    """See CmdbStore.roles_of."""
    found = connection.execute(
        "select sys_user_role.name from sys_user left join sys_user_has_role on user = sys_user.sys_id "
        "left join sys_user_role on sys_user_role.sys_id = role where user_name = ? collate binary "
        "and active = 'true'",
        (user_name,),
    ).fetchall()
    return {role for (role,) in found if role is not None} if found else None


# -- SQL ------------------------------------------------------------------------------------------------


def _insert(table: str, columns: Iterable[str]) -> str:
    names = [quoted(column) for column in columns]
    return f"insert into {table} ({', '.join(names)}) values ({', '.join('?' * len(names))})"  # noqa: S608


def _update(table: str, columns: Sequence[str]) -> str:
    changed = "".join(f"{quoted(name)} = ?, " for name in columns)
    counted = "" if "sys_mod_count" in columns else "sys_mod_count = sys_mod_count + 1, "
    return f"update {table} set {(changed + counted).removesuffix(', ')} where sys_id = ?"  # noqa: S608


_COLUMNS_OF_TABLES = (
    "select t.name, c.name from sqlite_schema t join pragma_table_info(t.name) c where t.type = 'table' and "
    "c.name not in ('sys_id', 'sys_created_on', 'sys_updated_on', 'sys_mod_count', 'sys_created_by', "
    "'sys_updated_by') order by t.rowid, c.cid"
)

_SEPARATED = (
    "select t.name from sqlite_schema t join pragma_table_info(t.name) c "
    "where t.type = 'table' and c.name = 'sys_domain_path'"
)
"""The tables, without the views of declared ones, whose records belong to domains."""


def _set_paths(table: str) -> str:
    # Not `update ... from moved`: for that SQLite goes through the whole table once for each domain.
    return (
        "with moved (domain, path) as materialized (select cast(key as text), value from json_each(?)) "  # noqa: S608
        f"update {quoted(table)} set sys_domain_path = "
        "(select moved.path from moved where moved.domain = sys_domain) "
        "where sys_domain in (select moved.domain from moved)"
    )


def _delete(table: str) -> str:
    return f"delete from {table} where sys_id = ?"  # noqa: S608


def _upsert(table: str, columns: Iterable[str]) -> str:
    names = list(columns)
    own = [quoted(name) for name in names if name != "sys_id"]
    changed = ", ".join(f"{name} = excluded.{name}" for name in own)
    before, after = ", ".join(f"{table}.{name}" for name in own), ", ".join(f"excluded.{name}" for name in own)
    system = ["sys_created_on", "sys_updated_on"]
    sql = _insert(table, [*system, *names, "sys_mod_count"])
    sql = sql.removesuffix("?)") + "0)"
    return (
        f"{sql} on conflict (sys_id) do update set {changed}, sys_updated_on = ?, "
        f"sys_updated_by = excluded.sys_updated_by, sys_mod_count = {table}.sys_mod_count + 1 "
        f"where ({before}) is not ({after})"
    )
