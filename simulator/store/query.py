"""Encoded queries as SQL; what one means is said in simulator.cmdb.encoded alone.

What SQLite does as the comparison says, it does itself, and with an index where there is one; all else calls back.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Set
from dataclasses import dataclass

from simulator.cmdb import conditions, encoded
from simulator.cmdb.columns import Column, Type
from simulator.cmdb.encoded import Condition, QueryError, Term
from simulator.cmdb.hierarchy import Hierarchy
from simulator.cmdb.text import fold
from simulator.domains.tree import GLOBAL
from simulator.errors import StoreError
from simulator.store.classes import columns_of, integers_of, quoted
from simulator.store.cmdb import CmdbReader
from simulator.store.model import load_hierarchy

_ID_LENGTH = 32

_AMONG = "in (select value from json_each(?))"
"""However many they are, they are one parameter."""

Row = tuple[str | int | None, ...]


def show(
    connection: sqlite3.Connection, table: str, encoded_query: str = "", limit: int = 100
) -> list[dict[str, str | int | None]]:
    """The first *limit* rows of a table or class that match, in the query's order, else oldest first.

    Raises StoreError.
    """
    columns = columns_of(connection, table)
    if not columns:
        known = connection.execute("select name from sqlite_schema where type in ('table', 'view') order by name")
        raise StoreError(f"there is no table {table}; there are: {', '.join(name for (name,) in known)}")
    try:
        condition = encoded.parse(encoded_query)
    except QueryError as problem:
        raise StoreError(str(problem)) from problem
    hierarchy = load_hierarchy(CmdbReader(connection))
    unknown = conditions.unknown_classes(condition, hierarchy)
    if unknown:
        raise StoreError(f"there is no class {', '.join(unknown)}")
    statement = Statement(connection, table, hierarchy)
    last = [name for name in ("sys_created_on", "sys_id") if name in columns]
    shown = [f"t.{quoted(name)}" for name in columns]
    rows = statement.select(shown, conditions.resolved(condition, table, hierarchy), limit, then_by=last)
    return [dict(zip(columns, values, strict=True)) for values in rows]


def domain_names(connection: sqlite3.Connection) -> dict[str, str]:
    """The name of every domain by its sys_id."""
    return dict(connection.execute("select sys_id, name from domain"))


@dataclass(frozen=True, slots=True)
class _Sql:
    """A piece of SQL with the values of its parameters."""

    text: str
    values: tuple[str | int, ...] = ()


class Statement:
    """Selects from one table or class of a file; None for the domains: the records of all."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        table: str,
        hierarchy: Hierarchy,
        domains: Set[str] | None = None,
    ) -> None:
        self._connection = connection
        self._table = table
        self._hierarchy = hierarchy
        self._columns = columns_of(connection, table)
        self._domains = domains if "sys_domain" in self._columns else None
        self._integers: dict[str, frozenset[str]] = {}
        connection.create_function("holds", 3, _holds, deterministic=True)

    def select(
        self,
        shown: Iterable[str],
        condition: Condition,
        limit: int,
        offset: int = 0,
        *,
        then_by: Iterable[str] = ("sys_id",),
    ) -> list[Row]:
        """What is to be *shown*, as SQL, of the rows that satisfy the condition, in its order.

        Raises StoreError for a field that there is not.
        """
        where = self._where(condition)
        order = [f"{self._sorted(field)}{' desc' if descends else ''}" for field, descends in condition.order]
        order += [f"t.{quoted(name)}" for name in then_by]
        by = f" order by {', '.join(order)}" if order else ""
        sql = f"select {', '.join(shown)} from {quoted(self._table)} t where {where.text}{by} limit ? offset ?"  # noqa: S608
        return self._connection.execute(sql, (*where.values, limit, offset)).fetchall()

    def count(self, condition: Condition) -> int:
        """How many rows satisfy the condition."""
        where = self._where(condition)
        sql = f"select count(*) from {quoted(self._table)} t where {where.text}"  # noqa: S608
        (number,) = self._connection.execute(sql, where.values).fetchone()
        return int(number)

    def texts(self, fields: Iterable[str]) -> list[str]:
        """SQL for the values of the rows' own fields as records of the CMDB keep them."""
        return [self._text("t", self._table, field) for field in fields]

    # -- conditions ---------------------------------------------------------------------------------------

    def _where(self, condition: Condition) -> _Sql:
        asked = _any(_all(_any(map(self._test, group)) for group in groups) for groups in condition.queries)
        wanted = [asked] if condition.queries else []
        if self._domains is not None:
            seen = json.dumps(sorted(self._domains))
            wanted.append(_Sql(f"coalesce(t.sys_domain, '{GLOBAL}') {_AMONG}", (seen,)))
        return _all(wanted)

    def _test(self, term: Term) -> _Sql:
        have = self._value(term.field)
        if term.with_field:
            return _Sql(f"holds({have}, ?, {self._value(term.value)})", (term.operator,))
        match term.operator:
            case "=" if term.value.isascii() and term.value:
                collation = "" if self._is_id(term.field, term.value) else " collate nocase"
                return _Sql(f"{have} = ?{collation}", (fold(term.value),))
            case "IN" if self._is_id(term.field, *term.value.split(",")):
                values = json.dumps(fold(term.value).split(","))
                return _Sql(f"{have} {_AMONG}", (values,))
            case "ISEMPTY":
                return _Sql(f"({have} is null or {have} = '')")
            case "ISNOTEMPTY":
                return _Sql(f"{have} <> ''")
            case "ANYTHING":
                return _Sql("true")
            case _:
                return _Sql(f"holds({have}, ?, ?)", (term.operator, term.value))

    # -- fields -------------------------------------------------------------------------------------------

    def _value(self, name: str) -> str:
        """SQL for a field of a row, or of one that it refers to. Raises StoreError for one that there is not."""
        sql = at = ""
        for depth, (field, holder) in enumerate(conditions.steps(name, self._table, self._hierarchy)):
            if holder is None:
                raise StoreError(f"{name}: {at} does not refer to other records")
            there = columns_of(self._connection, holder) if depth else self._columns
            if field not in there:
                raise StoreError(f"{holder} has no column {field}; it has: {', '.join(there)}")
            own, alias = self._text("t", holder, field), f"walk{depth}"
            walked = f"(select {self._text(alias, holder, field)} from {quoted(holder)} {alias} where {alias}.sys_id = {sql})"  # noqa: E501, S608
            sql, at = walked if depth else own, f"{holder}.{field}"
        return sql

    def _text(self, alias: str, table: str, field: str) -> str:
        """SQL for a value as records of the CMDB keep it: the tables of trust have numbers for truth values."""
        sql = f"{alias}.{quoted(field)}"
        column = self._hierarchy.column(table, field)
        if field not in self._integers_of(table):
            return sql
        if column is not None and column.type is Type.BOOLEAN:
            return f"case {sql} when 1 then 'true' when 0 then 'false' else {sql} end"
        return f"cast({sql} as text)"

    def _integers_of(self, table: str) -> frozenset[str]:
        if table not in self._integers:
            self._integers[table] = integers_of(self._connection, table)
        return self._integers[table]

    def _sorted(self, name: str) -> str:
        """SQL for what a field is ordered by: numbers by their size, text without regard to case."""
        column = self._column(name)
        if column is not None and column.type in (Type.INTEGER, Type.LONG, Type.DECIMAL):
            return f"cast({self._value(name)} as real)"
        return self._value(name) if self._is_id(name) else f"{self._value(name)} collate nocase"

    def _column(self, name: str) -> Column | None:
        *_, (field, holder) = conditions.steps(name, self._table, self._hierarchy)
        return None if holder is None else self._hierarchy.column(holder, field)

    def _is_id(self, name: str, *values: str) -> bool:
        """Whether what a field holds, and these values, are always written alike: it is what its index goes by."""
        column = self._column(name)
        if column is None or column.element == "sys_class_name":
            return column is not None
        return column.type in (Type.GUID, Type.REFERENCE) and all(len(value) == _ID_LENGTH for value in values)


def _any(parts: Iterable[_Sql]) -> _Sql:
    return _joined(" or ", parts, "false")


def _all(parts: Iterable[_Sql]) -> _Sql:
    return _joined(" and ", parts, "true")


def _joined(word: str, parts: Iterable[_Sql], nothing: str) -> _Sql:
    every = list(parts)
    text = word.join(part.text for part in every) or nothing
    values = tuple(value for part in every for value in part.values)
    return _Sql(f"({text})" if len(every) > 1 else text, values)


def _holds(have: str | int | None, operator: str, want: str | int | None) -> bool:
    return encoded.compare(None if have is None else str(have), operator, "" if want is None else str(want))
