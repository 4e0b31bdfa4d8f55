"""A row as the values of its columns, and back: the fields of the row type are the columns of its table."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar, cast, get_type_hints

from simulator.protocol.envelope import derive_id
from simulator.tables import Key, Row

R = TypeVar("R", bound=Row)
SqlValue = str | int | None

SYSTEM_FIELDS = ("sys_id", "sys_created_on", "sys_updated_on", "sys_created_by", "sys_updated_by")
"""Those that the parameters of an upsert begin with."""

_STAMP_LENGTH = len("2026-01-31 23:59:59")

_PLAIN = {str, int, type(None)}
_JSON = json.JSONEncoder(separators=(",", ":"))

_CONVERTERS: dict[type[Row], dict[str, Callable[[Any], Any]]] = {}
_STATEMENTS: dict[type[Row], Statements] = {}


@dataclass(frozen=True, slots=True)
class Statements:
    """The SQL for one row type; parameters come in the order of `to_values`."""

    upsert: str
    delete: str
    select: str
    own: tuple[str, ...]
    """The columns of `to_values` that come after the system fields."""


def statements(row_type: type[Row]) -> Statements:
    """The statements for this row type's table, made once; nothing of them comes from outside the code."""
    if row_type not in _STATEMENTS:
        _STATEMENTS[row_type] = _make_statements(row_type)
    return _STATEMENTS[row_type]


def _make_statements(row_type: type[Row]) -> Statements:
    table = row_type.TABLE
    own = tuple(name for name in _converters(row_type) if name != "sys_id")
    columns = [*SYSTEM_FIELDS, *own]
    updates = ", ".join(f"{name} = excluded.{name}" for name in ["sys_updated_on", "sys_updated_by", *own])
    return Statements(
        upsert=f"insert into {table} ({', '.join(columns)}, sys_mod_count) "  # noqa: S608
        f"values ({', '.join('?' * len(columns))}, 0) "
        f"on conflict (sys_id) do update set {updates}, sys_mod_count = sys_mod_count + 1",
        delete=f"delete from {table} where sys_id = ?",  # noqa: S608
        select=f"select {', '.join(_converters(row_type))} from {table} order by rowid",  # noqa: S608
        own=own,
    )


def sys_id_of(row_type: type[Row], key: Key) -> str:
    """The row's sys_id: the key itself where that is what identifies it, otherwise derived from it."""
    return key[0] if row_type.KEY == ("sys_id",) else derive_id(row_type.TABLE, *key)


def stamp(now: datetime) -> str:
    """A time as the system fields hold it."""
    return now.isoformat(" ", "seconds")[:_STAMP_LENGTH]  # half of what strftime takes


def to_values(row: Row, now: str, by: str) -> list[SqlValue]:
    """The parameters of the upsert; *now* is the `stamp` of its system fields, *by* the user who writes it."""
    own = [_to_sql(getattr(row, name)) for name in statements(type(row)).own]
    return [sys_id_of(type(row), row.key), now, now, by, by, *own]


def to_record(row: Row, now: str, by: str) -> dict[str, SqlValue]:
    """The same by the names of the columns."""
    columns = (*SYSTEM_FIELDS, *statements(type(row)).own)
    return dict(zip(columns, to_values(row, now, by), strict=True))


def as_read(row: R) -> R:
    """The row as it comes back from a file, where an enumeration's member is a text and a tuple a list."""
    converters = _converters(type(row))
    if all(type(getattr(row, name)) is convert for name, convert in converters.items()):
        return row
    return from_values(type(row), [_to_sql(getattr(row, name)) for name in converters])


def to_json(row: Row | None) -> str | None:
    """The row with the names of its columns, as it is noted when it changes; None: there is none."""
    if row is None:
        return None
    return _JSON.encode({name: _to_sql(getattr(row, name)) for name in _converters(type(row))})


def from_values(row_type: type[R], values: Sequence[SqlValue]) -> R:
    """The row that one line of the select holds."""
    converters = _converters(row_type)
    return row_type(
        **{name: convert(value) for (name, convert), value in zip(converters.items(), values, strict=True)}
    )


def _to_sql(value: Any) -> SqlValue:
    if type(value) in _PLAIN:  # nearly all of them
        return cast("SqlValue", value)
    match value:
        case Enum():
            return str(value.value)
        case bool():
            return int(value)
        case _:
            return _JSON.encode(value)


def _converters(row_type: type[Row]) -> dict[str, Callable[[Any], Any]]:
    """How each column's value becomes the field's, by the field's type."""
    if row_type not in _CONVERTERS:
        hints = get_type_hints(row_type)
        names = [field.name for field in fields(row_type)]  # type: ignore[arg-type]
        _CONVERTERS[row_type] = {name: _converter(hints[name]) for name in names}
    return _CONVERTERS[row_type]


def _converter(hint: object) -> Callable[[Any], Any]:
    if isinstance(hint, type) and (issubclass(hint, Enum) or hint in {bool, str, int}):
        return hint
    return lambda value: None if value is None else json.loads(value)
