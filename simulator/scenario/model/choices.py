"""What a column of a table, or a field of a journal, may hold: for what expectations write.

An expectation with a value that no row can ever have is not met for ever, or holds for ever where it must not be:
it says nothing. So values are checked as names of columns are, and the product's labels are understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from enum import StrEnum

from pydantic import JsonValue, ValidationError, ValidationInfo
from pydantic_core import InitErrorDetails, PydanticCustomError

from simulator.cmdb.classes.columns import Column, Type
from simulator.cmdb.text import fold
from simulator.refusal import RefusalCode
from simulator.scenario.interpolation import asks
from simulator.scenario.model.names import Names, known, known_column, known_journal_field, names_in
from simulator.scenario.suggestion import did_you_mean
from simulator.store.cmdb.parts import as_text
from simulator.store.tables import column_of

_CODES = {"code", "reason"}

LABELS: Mapping[str, str] = {"approval_pending": "pending_approval"}
"""The product's labels that are not the value with other letters and spaces (S3, S12)."""


def may_be_of_trust(table: str) -> bool:
    """Whether such a name is one of the tables of trust, or of what the simulator keeps beside them."""
    return table.startswith(("sn_mif_", "x_trustsim_")) or table in {"sys_properties", "sys_store_app", "v_plugin"}


def known_columns(columns: dict[str, JsonValue], info: ValidationInfo) -> dict[str, JsonValue]:
    """The columns of the table named before them, with values that they can have; raises with all that are not."""
    return _known(info.data.get("table", ""), columns, info, known_column)


def known_fields(columns: dict[str, JsonValue], info: ValidationInfo) -> dict[str, JsonValue]:
    """The same for the fields of a journal's entries."""
    return _known("x_trustsim_journal", columns, info, lambda name, _: known_journal_field(name))


def as_choice(value: object, values: Collection[str]) -> object:
    """The one of *values* that is written like this, or as the product labels it; else what it was."""
    if not isinstance(value, str) or value in values:
        return value
    plain = re.sub(r"[ -]+", "_", value.strip()).lower()
    return next((one for one in values if one.lower() == LABELS.get(plain, plain)), value)


def _known(
    table: str,
    columns: Mapping[str, JsonValue],
    info: ValidationInfo,
    known_name: Callable[[str, ValidationInfo], str],
) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    wrong: list[InitErrorDetails] = []
    for column, value in columns.items():
        at: tuple[str, ...] = (column, "[key]")
        try:
            known_name(column, info)
            at = (column,)
            found[column] = _value(table, column, value, columns, names_in(info))
        except PydanticCustomError as error:
            wrong.append({"type": error, "loc": at, "input": value})
    if wrong:
        raise ValidationError.from_exception_data("columns", wrong)
    return found


def _value(table: str, column: str, value: JsonValue, columns: Mapping[str, JsonValue], names: Names) -> JsonValue:
    if asks(value):  # it is captured, and checked when it is known
        return value
    if not may_be_of_trust(table):
        return _value_of_record(column_of(table, column, names.classes), value)
    from simulator.scenario.model import rows

    if table not in rows.COLUMNS:
        return _value_of_record(column_of(table, column, names.classes), value)
    kind = rows.COLUMNS[table].get(column)
    if kind is bool:
        return _flag(value)
    if kind is int:
        return _number(value)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _choice(value, list(kind))
    if kind is not str or value == "":  # payloads are anything; and most texts may be empty
        return value
    if column in _CODES:
        return _choice(value, list(RefusalCode))
    if (table, column) in rows.CHOICES:
        return _choice(value, rows.CHOICES[table, column])
    named = "instance" if rows.is_reference(table, column) else rows.NAMES.get((table, column), column)
    if named in {"instance", "application", "capability", "operation"}:
        return _name(named, value, columns, names)
    return value


def _value_of_record(column: Column | None, value: JsonValue) -> JsonValue:
    """A value as records of the CMDB keep it, who may also be empty."""
    text = as_text(value)
    if column is None or not isinstance(text, str) or text == "":
        return value
    read, labels = column.read(text), column.label_by_choice
    is_open = read is not None and column.type is not Type.STRING  # numbers beside those with labels are in use
    if labels and not is_open and fold(text.strip()) not in column.choice_by_text:
        return _choice(value, dict.fromkeys([*labels, *labels.values()]))
    if read is None:
        context = {"expected": column.expected, "got": repr(value)}
        raise PydanticCustomError("value", "expected {expected}, got {got}", context)
    return int(read) if column.type in (Type.INTEGER, Type.LONG) else read


def _flag(value: JsonValue) -> bool:
    flags = {"true": True, "false": False, "1": True, "0": False}
    written = str(value).lower()
    if not isinstance(value, bool | int | str) or written not in flags:
        raise PydanticCustomError("flag", "expected true or false, got {got}", {"got": repr(value)})
    return flags[written]


def _number(value: JsonValue) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    raise PydanticCustomError("number", "expected a whole number, got {got}", {"got": repr(value)})


def _choice(value: JsonValue, values: Collection[str]) -> str:
    found = as_choice(value, values)
    if isinstance(found, str) and found in values:
        return str(found)
    context = {"value": repr(value), "hint": did_you_mean(str(value), map(str, values))}
    raise PydanticCustomError("choice", "unknown value {value}{hint}", context)


def _name(what: str, value: JsonValue, columns: Mapping[str, JsonValue], names: Names) -> str:
    if not isinstance(value, str):
        raise PydanticCustomError(
            "name", "expected the name of an {what}, got {got}", {"what": what, "got": repr(value)}
        )
    there_are = set(_names_of(what, columns, names))
    if not there_are:
        raise PydanticCustomError(
            "none", "there is no {what} {name}, for there is none", {"what": what, "name": repr(value)}
        )
    return known(what, value, there_are)


def _names_of(what: str, columns: Mapping[str, JsonValue], names: Names) -> Iterator[str]:
    """The names there are; of capabilities and operations those of what the other columns name, where they do."""
    if what == "instance":
        yield from (*names.instances, *names.new_names)
        return
    if what == "application":
        yield from names.operations
        return
    of_application = columns.get("application")
    for application, capabilities in names.operations.items():
        if of_application in {None, application}:
            for capability, operations in capabilities.items():
                if what == "capability":
                    yield capability
                elif columns.get("capability") in {None, capability}:
                    yield from operations
