"""The CMDB in an instance's file, as the engine reads it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from operator import itemgetter

from simulator.cmdb.records import Record, Value
from simulator.cmdb.text import Key, spellings
from simulator.errors import StoreError
from simulator.store.cmdb.classes import ROOT, Classes, columns_of, integers_of, load_classes, quoted
from simulator.store.cmdb.declared import roots
from simulator.store.cmdb.names import named
from simulator.store.fault import fault_of, file_of

_Shape = tuple[tuple[str, ...], Callable[[tuple[Value, ...]], tuple[Value, ...]]]
"""The columns of a class, and what picks their values from a row of all CIs."""

_MOST_SOURCES = 256
"""How many ways to read a table are kept: a payload asks for the fields that it sends, and payloads are alike."""


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a table's rows are, the table itself or for a class the one of all CIs, and what is read of them."""

    table: str
    columns: tuple[str, ...]
    numbers: frozenset[str]
    """The columns that hold integers, which are read as text."""
    classes: frozenset[str] | None
    """The classes whose rows belong to it; None for all rows."""
    shapes: dict[str, _Shape] = field(default_factory=dict, compare=False)
    """Those of the classes whose rows have been met."""


class CmdbReader:
    """Implements simulator.cmdb.records.Reader on an instance's file; values are text as in the file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection
        self._sources: dict[tuple[str, frozenset[str] | None], _Source] = {}
        self._roots: dict[str, str] | None = None
        """Where the records of declared tables are, once somebody has asked."""
        self.classes: Classes = load_classes(connection)

    def rows(
        self,
        table: str,
        columns: tuple[str, ...],
        keys: Iterable[tuple[Value, ...]],
        fields: frozenset[str] | None = None,
    ) -> list[Record]:
        """See Reader.rows; no columns and one empty key ask for the whole table. Raises StoreError."""
        wanted = list(dict.fromkeys(keys))
        if not wanted:
            return []
        source = self._source(table)
        unknown = [column for column in columns if column not in source.columns]
        if unknown:
            raise StoreError(f"{table} has no column {', '.join(unknown)}; it has: {', '.join(source.columns)}")
        if fields is not None and source.table == ROOT:
            source = self._narrowed(table, source, fields.union(columns))
        has_null = tuple([None in values for values in zip(*wanted, strict=True)])
        sql = _select(source.table, source.columns, source.numbers, columns, has_null)
        try:
            found = self._sql.execute(sql, (_as_json(wanted),) if columns else ()).fetchall()
        except sqlite3.Error as error:
            raise fault_of(file_of(self._sql), error, f"{table} cannot be read") from error
        if len(found) > 1:
            # Two spellings of one key find the same rows, and a key with letters beyond A to Z has several.
            found = list({values[0]: values for values in found}.values())
        return self._records(source, found)

    def find(self, table: str, where: Mapping[str, Value]) -> list[Record]:
        """The rows that have these values; a reference also by what people call the record. Raises StoreError."""
        missing = [column for column in where if column not in self.columns(table)]
        if missing:
            raise StoreError(f"{table} has no column {', '.join(missing)}")
        choices = [[value, *(named(self._sql, value) if value else ())] for value in where.values()]
        return self.rows(table, tuple(where), product(*choices))

    def is_empty(self, table: str) -> bool:
        """See Reader.is_empty."""
        (found,) = self._sql.execute(f"select not exists (select 1 from {self._source(table).table})").fetchone()  # noqa: S608
        return bool(found)

    def columns(self, table: str) -> tuple[str, ...]:
        """The columns of a table or class. Raises StoreError for one that does not exist."""
        return self.classes.columns(table) if table in self.classes else self._source(table).columns

    def is_unique(self, table: str, columns: tuple[str, ...]) -> bool:
        """Whether no two rows of the table may have the same in these columns."""
        return (",".join(columns),) in self._sql.execute(_UNIQUE, (table,)).fetchall()

    @property
    def tables(self) -> Mapping[str, str]:
        """The declared tables, each with the one in the file that holds its records."""
        if self._roots is None:
            self._roots = roots(self._sql)
        return self._roots

    def has_table(self, name: str) -> bool:
        """Whether the file has a table of this name."""
        return bool(columns_of(self._sql, name))

    def physical(self, table: str) -> str:
        """The table in the file that holds the records of a table or class."""
        return ROOT if table in self.classes else self.tables.get(table, table)

    def _records(self, source: _Source, found: Sequence[tuple[Value, ...]]) -> list[Record]:
        if source.table != ROOT:
            return [dict(zip(source.columns, values, strict=True)) for values in found]
        of_class = itemgetter(source.columns.index("sys_class_name"))
        records = []
        for values in found:
            name = of_class(values) or ""
            if source.classes is None or name in source.classes:
                columns, pick = source.shapes.get(name) or self._shape(source, name)
                records.append(dict(zip(columns, pick(values), strict=True)))
        return records

    def _shape(self, source: _Source, name: str) -> _Shape:
        """The columns of a class, and how to take them from a row of all CIs."""
        own = self.classes.columns(name) if name in self.classes else source.columns
        columns = tuple(column for column in own if column in source.columns)
        source.shapes[name] = columns, itemgetter(*[source.columns.index(column) for column in columns])
        return source.shapes[name]

    def _source(self, table: str) -> _Source:
        known = self._sources.get((table, None))
        if known is None:
            is_class = table in self.classes
            physical = ROOT if is_class else table
            columns = columns_of(self._sql, physical)
            if not columns:
                raise StoreError(f"there is no table {table}; declare it as a class, or correct the name")
            members = self.classes.subclasses[table] if is_class and table != ROOT else None
            known = _Source(physical, columns, integers_of(self._sql, physical), members)
            self._sources[table, None] = known
        return known

    def _narrowed(self, table: str, whole: _Source, fields: frozenset[str]) -> _Source:
        """The CIs of a table or class with these fields and those that every reader goes by."""
        known = self._sources.get((table, fields))
        if known is None:
            if len(self._sources) >= _MOST_SOURCES:
                self._sources.clear()
            columns = tuple(each for each in whole.columns if each in fields or each in _ALWAYS)
            known = self._sources[table, fields] = _Source(whole.table, columns, whole.numbers, whole.classes)
        return known


_ALWAYS = ("sys_id", "sys_class_name")


def _as_json(keys: list[Key]) -> str:
    """The keys as a parameter, in all the spellings that the file's indexes tell apart."""
    text = json.dumps(keys, ensure_ascii=False)
    return text if text.isascii() else json.dumps([each for key in keys for each in spellings(key)])


# -- SQL ------------------------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def _select(
    table: str,
    shown: tuple[str, ...],
    numbers: frozenset[str],
    columns: tuple[str, ...],
    has_null: tuple[bool, ...],
) -> str:
    """All keys come in one parameter, as JSON: one statement for any number of them, and no limit to meet."""
    found = ", ".join(
        f"cast(t.{quoted(column)} as text)" if column in numbers else f"t.{quoted(column)}" for column in shown
    )
    order = " order by t.sys_created_on, t.sys_id"
    if not columns:
        return f"select {found} from {table} t{order}"  # noqa: S608
    matches = " and ".join(
        # `is` finds null too, and `=` is what the indexes without nulls can be used for
        f"t.{quoted(column)} {'is' if null else '='} json_extract(k.value, '$[{place}]')"
        for place, (column, null) in enumerate(zip(columns, has_null, strict=True))
    )
    return f"select {found} from json_each(?) k cross join {table} t where {matches}{order}"  # noqa: S608


_UNIQUE = (
    "select (select group_concat(name) from pragma_index_info(l.name)) from pragma_index_list(?) l "
    'where l."unique"'
)
"""The columns of each unique index of a table."""
