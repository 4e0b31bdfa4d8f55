"""The values that a client sends for a record, as its columns have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.cmdb.classes.columns import MASK, Column, Type
from simulator.cmdb.conditions.encoded import Condition, Term
from simulator.cmdb.conditions.queries import Query
from simulator.cmdb.records import Record, Value
from simulator.rest import errors
from simulator.rest.call import Call
from simulator.rest.filters import SHOWN_BY
from simulator.rest.shapes import times_of
from simulator.store.records.records import Page

_SYSTEM = frozenset({"sys_class_name", "sys_domain_path"})
"""What declared tables have as fields, and nobody writes."""

_NOWHERE = frozenset({"global", "Unknown"})
"""What references hold that lead to no record."""


def given(call: Call, table: str) -> dict[str, str]:
    """The fields of the body that the table has, as text; unknown ones are left out, and so are system fields."""
    hierarchy = call.desk.model.hierarchy
    fields = hierarchy.fields(table) - _SYSTEM
    body = {name: value for name, value in call.body().items() if name in fields}
    columns = hierarchy.columns(table)
    texts = {name: as_text(name, value) for name, value in body.items()}
    texts = {name: text for name, text in texts.items() if not _is_mask(columns[name], text)}
    if not call.request.asks("sysparm_input_display_value"):
        return texts
    times = times_of(call)
    kept = {name for name, value in body.items() if isinstance(value, dict) and "value" in value}
    return {name: text if name in kept else times.read(columns[name], text) for name, text in texts.items()}


def read(call: Call, table: str, values: Mapping[str, str]) -> Record:
    """The values in the form of their columns; a reference may be given by what it shows. Raises RestError."""
    columns = call.desk.model.hierarchy.columns(table)
    return {name: _value(call, columns[name], text) if text else None for name, text in values.items()}


def _is_mask(column: Column, text: str) -> bool:
    """Whether it is a password as it was shown, sent back with the rest: nobody has changed it."""
    return text == MASK and column.type is Type.PASSWORD


def as_text(name: str, value: Any) -> str:
    """A value of the body as text. Raises RestError."""
    if isinstance(value, dict):  # as an answer shows it
        value = value.get("value", value.get("display_value"))
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case _:
            raise errors.unreadable(f"expected a text for {name}, got {type(value).__name__}")


def _value(call: Call, column: Column, text: str) -> Value:
    value = column.read(text)
    if value is None:
        raise errors.impossible(f"{column.element} cannot be {text}: expected {column.expected}.")
    if column.reference is None or value in _NOWHERE:
        return value
    return reference(call, column, value)


def reference(call: Call, column: Column, value: str) -> str:
    """The sys_id of the one record that a reference means, which the caller sees. Raises RestError."""
    table, hierarchy = column.reference or "", call.desk.model.hierarchy
    for field in ("sys_id", *SHOWN_BY.get(table, (hierarchy.display(table),))):
        if not hierarchy.has_field(table, field):
            continue
        query = Query(Condition((((Term(field, "=", value),),),)))
        found = call.desk.records.find(table, Page(query, 2, 0, call.domains), hierarchy)
        if len(found) == 1:
            return found[0]["sys_id"] or ""
    raise errors.impossible(f"{column.element} refers to {table}, where you see no one record {value}.")
