"""Encoded queries as SQL; what one means is said in simulator.cmdb.conditions.encoded alone.

What SQLite does as the comparison says, it does itself, and with an index where there is one; all else calls back.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Any

from simulator.cmdb.classes.columns import Column, Type
from simulator.cmdb.classes.hierarchy import Hierarchy
from simulator.cmdb.conditions import conditions, encoded
from simulator.cmdb.conditions.encoded import QueryError, Term
from simulator.cmdb.conditions.queries import Join, Query, Related
from simulator.cmdb.text import fold
from simulator.domains.tree import GLOBAL
from simulator.errors import NoTableError, StoreError
from simulator.store.cmdb.classes import ROOT, Classes, columns_of, integers_of, load_classes, quoted
from simulator.store.cmdb.model import load_hierarchy
from simulator.store.cmdb.reader import CmdbReader

_ID_LENGTH = 32

_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)

_AMONG = "in (select value from json_each(?))"
"""However many they are, they are one parameter."""

Row = tuple[Any, ...]


def show(
    connection: sqlite3.Connection, table: str, encoded_query: str = "", limit: int = 100
) -> list[dict[str, str | int | None]]:
    """The first *limit* rows of a table or class that match, in the query's order, else oldest first.

    Raises StoreError.
    """
    shapes = Shapes(connection)
    columns = shapes.columns_of(table)
    if not columns:
        there = connection.execute("select name from sqlite_schema where type in ('table', 'view')")
        known = {*(name for (name,) in there), *shapes.classes.parents}
        raise NoTableError(f"there is no table {table}; there are: {', '.join(sorted(known))}")
    try:
        condition = encoded.parse(encoded_query)
    except QueryError as problem:
        raise StoreError(str(problem)) from problem
    hierarchy = load_hierarchy(CmdbReader(connection))
    unknown = conditions.unknown_classes(condition, hierarchy)
    if unknown:
        raise StoreError(f"there is no class {', '.join(unknown)}")
    statement = Statement(shapes, table, hierarchy)
    last = [name for name in ("sys_created_on", "sys_id") if name in columns]
    shown = [f"t.{quoted(name)}" for name in columns]
    query = Query(conditions.resolved(condition, table, hierarchy))
    rows = statement.select(shown, query, limit, then_by=last)
    return [dict(zip(columns, values, strict=True)) for values in rows]


def domain_names(connection: sqlite3.Connection) -> dict[str, str]:
    """The name of every domain by its sys_id."""
    return dict(connection.execute("select sys_id, name from domain"))


@dataclass(frozen=True, slots=True)
class _Sql:
    """A piece of SQL with the values of its parameters."""

    text: str
    values: tuple[str | int, ...] = ()


class Shapes:
    """The columns of tables and classes of a file, each looked up once: after a change of classes make another."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._classes: Classes | None = None
        self._columns: dict[str, tuple[str, ...]] = {}
        self._integers: dict[str, frozenset[str]] = {}
        self._rows: dict[str, str] = {}
        # Here and not for each statement: with it SQLite forgets what it has prepared.
        connection.create_function("holds", 3, _holds, deterministic=True)

    def columns_of(self, table: str) -> tuple[str, ...]:
        """The columns of a table or class, none of one that there is not."""
        if table not in self._columns:
            there = columns_of(self.connection, table)
            self._columns[table] = self.classes.columns(table) if not there and table in self.classes else there
        return self._columns[table]

    @property
    def classes(self) -> Classes:
        """The classes, once somebody has asked for one."""
        if self._classes is None:
            self._classes = load_classes(self.connection)
        return self._classes

    def rows_of(self, table: str) -> str:
        """SQL for the rows of a table or class, in the place of a table's name."""
        if table not in self._rows:
            self._rows[table] = self.classes.rows(table) if table in self.classes else quoted(table)
        return self._rows[table]

    def integers_of(self, table: str) -> frozenset[str]:
        """Those of them that hold integers."""
        if table not in self._integers:
            self._integers[table] = integers_of(self.connection, ROOT if table in self.classes else table)
        return self._integers[table]


class Statement:
    """Selects from one table or class of a file; None for the domains: the records of all.

    The rows are called *alias*: a statement may stand within another.
    """

    def __init__(
        self,
        shapes: Shapes,
        table: str,
        hierarchy: Hierarchy,
        domains: Set[str] | None = None,
        alias: str = "t",
    ) -> None:
        self._shapes = shapes
        self._table = table
        self._hierarchy = hierarchy
        self._alias = alias
        self._columns = shapes.columns_of(table)
        self._all_domains = domains
        self._domains = domains if "sys_domain" in self._columns else None

    def select(
        self, shown: Iterable[str], query: Query, limit: int, offset: int = 0, then_by: Iterable[str] = ("sys_id",)
    ) -> list[Row]:
        """What is to be *shown*, as SQL, of the rows that the query asks for, in its order.

        Raises StoreError for a field that there is not.
        """
        where = self._where(query)
        by_field = dict(reversed(query.condition.order))  # of a field that comes twice the first place counts
        fields = dict.fromkeys(field for field, _ in query.condition.order)
        order = [f"{self.sorted(field)}{' desc' if by_field[field] else ''}" for field in fields]
        order += [f"{self._alias}.{quoted(name)}" for name in then_by]
        by = f" order by {', '.join(order)}" if order else ""
        sql = f"select {', '.join(shown)} from {self._rows(where)}{by} limit ? offset ?"  # noqa: S608
        return self._run(sql, (*where.values, limit, offset))

    def count(self, query: Query) -> int:
        """How many rows the query asks for."""
        where = self._where(query)
        sql = f"select count(*) from {self._rows(where)}"  # noqa: S608
        [(number,)] = self._run(sql, where.values)
        return int(number)

    def group(self, fields: Iterable[str], functions: Iterable[tuple[str, str]], query: Query) -> list[Row]:
        """By the values of *fields*: those, how many rows there are, and each function of a field of them."""
        names = list(fields)
        where, keys = self._where(query), [self._value(name) for name in names]
        shown = [*keys, "count(*)", *(f"{function}({self._measured(name)})" for function, name in functions)]
        by = f" group by {', '.join(map(str, range(1, len(keys) + 1)))}" if keys else ""
        order = f" order by {', '.join(map(self.sorted, names))}" if keys else ""
        sql = f"select {', '.join(shown)} from {self._rows(where)}{by}{order}"  # noqa: S608
        return self._run(sql, where.values)

    def _run(self, sql: str, values: tuple[Any, ...]) -> list[Row]:
        """Raises QueryError for more than SQLite takes: too many values, or too deep a nest of them."""
        try:
            return self._shapes.connection.execute(sql, values).fetchall()
        except (sqlite3.OperationalError, sqlite3.DataError) as error:
            if _TOO_MUCH.search(str(error)) is None:
                raise
            raise QueryError(f"it is more than can be looked for at once ({error}); ask for less") from error

    def _measured(self, name: str) -> str:
        """SQL for a field as numbers where it holds such; empty ones do not count."""
        value = f"nullif({self._value(name)}, '')"
        return f"cast({value} as real)" if self._is_number(name) else value

    def texts(self, fields: Iterable[str]) -> list[str]:
        """SQL for the values of the rows' own fields as records of the CMDB keep them."""
        return [self._text(self._alias, self._table, field) for field in fields]

    def _rows(self, where: _Sql) -> str:
        return f"{self._shapes.rows_of(self._table)} {self._alias} where {where.text}"

    # -- conditions ---------------------------------------------------------------------------------------

    def _where(self, query: Query) -> _Sql:
        queries = query.condition.queries
        asked = _any(_all(_any(map(self._test, group)) for group in groups) for groups in queries)
        wanted = [asked] if queries else []
        wanted += map(self._related, query.related)
        wanted += map(self._joined, query.joins)
        wanted += map(self._has_word, query.words)
        if self._domains is not None:
            seen = json.dumps(sorted(self._domains))
            wanted.append(_Sql(f"coalesce({self._alias}.sys_domain, '{GLOBAL}') {_AMONG}", (seen,)))
        return _all(wanted)

    def _related(self, related: Related) -> _Sql:
        refers = f"{self._value('sys_id')} = "
        rows = self._other(related.table, related.field, related.query, refers)
        if (related.operator, related.number) in ((">", 0), (">=", 1)):
            return _Sql(f"exists (select 1 from {rows.text})", rows.values)  # noqa: S608
        return _Sql(f"(select count(*) from {rows.text}) {related.operator} {related.number}", rows.values)  # noqa: S608

    def _joined(self, join: Join) -> _Sql:
        rows = self._other(join.table, join.other, join.query, f"{self._value(join.field)} = ")
        return _Sql(f"exists (select 1 from {rows.text})", rows.values)  # noqa: S608

    def _other(self, table: str, field: str, query: Query, is_equal: str) -> _Sql:
        """The rows of another table that go with a row: those whose *field* is what *is_equal* begins with."""
        other = Statement(self._shapes, table, self._hierarchy, self._all_domains, f"{self._alias}x")
        where = other._where(query)
        return _Sql(f"{other._rows(where)} and {is_equal}{other._value(field)}", where.values)

    def _has_word(self, word: str) -> _Sql:
        columns = [name for name in self._columns if self._is_text(name)]
        every = " || char(10) || ".join(f"coalesce({text}, '')" for text in self.texts(columns))
        return _Sql(f"holds({every}, 'LIKE', ?)", (word,)) if columns else _Sql("false")

    def _below(self, term: Term, have: str) -> _Sql:
        """The record itself, or one below it: in the table that the field refers to, by what refers to itself."""
        column = self._column(term.field)
        table = (column.reference if column else None) or self._table
        above = [name for name, to in self._hierarchy.references(table).items() if to == table]
        if not above:
            return _Sql(f"{have} = ?", (fold(term.value),))
        parent, rows = quoted("parent" if "parent" in above else above[0]), self._shapes.rows_of(table)
        return _Sql(
            f"{have} in (with recursive below(id) as (select ? union select b.sys_id from {rows} b "  # noqa: S608
            f"join below on b.{parent} = below.id) select id from below)",
            (fold(term.value),),
        )

    def _test(self, term: Term) -> _Sql:
        have = self._value(term.field)
        if term.with_field:
            return _Sql(f"holds({have}, ?, {self._value(term.value)})", (term.operator,))
        match term.operator:
            case "=" if term.value.isascii() and term.value:
                collation = "" if self._is_id(term.field, term.value) else " collate nocase"
                return _Sql(f"{have} = ?{collation}", (fold(term.value),))
            case "IN_HIERARCHY":
                return self._below(term, have)
            case "IN" if self._is_id(term.field, *term.value.split(",")):
                values = json.dumps(fold(term.value).split(","))
                return _Sql(f"{have} {_AMONG}", (values,))
            case "LIKE" if term.value.isascii():
                return _Sql(f"instr(lower({have}), ?) > 0", (fold(term.value),))
            case "<" | "<=" | ">" | ">=" if self._is_ordered(term):
                number = "cast({} as real)" if self._is_number(term.field) else "{}"
                return _Sql(
                    f"({have} <> '' and {number.format(have)} {term.operator} {number.format('?')})", (term.value,)
                )
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
            there = self._shapes.columns_of(holder)
            if field not in there:
                raise StoreError(f"{holder} has no column {field}; it has: {', '.join(there)}")
            own, alias = self._text(self._alias, holder, field), f"{self._alias}{depth}"
            rows = self._shapes.rows_of(holder)
            walked = (
                f"(select {self._text(alias, holder, field)} from {rows} {alias} where {alias}.sys_id = {sql})"  # noqa: S608
            )
            sql, at = walked if depth else own, f"{holder}.{field}"
        return sql

    def _text(self, alias: str, table: str, field: str) -> str:
        """SQL for a value as records of the CMDB keep it: the tables of trust have numbers for truth values."""
        sql = f"{alias}.{quoted(field)}"
        column = self._hierarchy.column(table, field)
        if field not in self._shapes.integers_of(table):
            return sql
        if column is not None and column.type is Type.BOOLEAN:
            return f"case {sql} when 1 then 'true' when 0 then 'false' else {sql} end"
        return f"cast({sql} as text)"

    def sorted(self, name: str) -> str:
        """SQL for what a field is ordered by: numbers by their size, text without regard to case."""
        if self._is_number(name):
            return f"cast({self._value(name)} as real)"
        return self._value(name) if self._is_id(name) else f"{self._value(name)} collate nocase"

    def _column(self, name: str) -> Column | None:
        *_, (field, holder) = conditions.steps(name, self._table, self._hierarchy)
        return None if holder is None else self._hierarchy.column(holder, field)

    def _is_ordered(self, term: Term) -> bool:
        """Whether SQLite orders what the field holds and this value as comparisons do."""
        column = self._column(term.field)
        if self._is_number(term.field):
            return _NUMBER.fullmatch(term.value) is not None
        return column is not None and column.type in (Type.DATE, Type.DATE_TIME) and bool(term.value)

    def _is_number(self, name: str) -> bool:
        column = self._column(name)
        return column is not None and column.type in (Type.INTEGER, Type.LONG, Type.DECIMAL)

    def _is_text(self, name: str) -> bool:
        column = self._column(name)
        return column is not None and column.type is Type.STRING

    def _is_id(self, name: str, *values: str) -> bool:
        """Whether what a field holds, and these values, are always written alike: it is what its index goes by."""
        column = self._column(name)
        if column is None or column.element == "sys_class_name":
            return column is not None
        return column.type in (Type.GUID, Type.REFERENCE) and all(len(value) == _ID_LENGTH for value in values)


_TOO_MUCH = re.compile("too (many|large|big)|overflow")
"""What SQLite says of a statement that is beyond its limits."""

_AT_A_TIME = 100
"""Conditions in one bracket: SQLite nests no deeper than a thousand, and each further one is nested."""


def _any(parts: Iterable[_Sql]) -> _Sql:
    return _joined(" or ", parts, "false")


def _all(parts: Iterable[_Sql]) -> _Sql:
    return _joined(" and ", parts, "true")


def _joined(word: str, parts: Iterable[_Sql], nothing: str) -> _Sql:
    every = list(parts)
    texts = [part.text for part in every]
    while len(texts) > _AT_A_TIME:
        groups = (texts[at : at + _AT_A_TIME] for at in range(0, len(texts), _AT_A_TIME))
        texts = [f"({word.join(group)})" for group in groups]
    text = word.join(texts) or nothing
    values = tuple(value for part in every for value in part.values)
    return _Sql(f"({text})" if len(every) > 1 else text, values)


def _holds(have: str | int | None, operator: str, want: str | int | None) -> bool:
    return encoded.compare(None if have is None else str(have), operator, "" if want is None else str(want))
