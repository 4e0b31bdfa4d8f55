"""Looks at every value of a kept file before anything of it is used: each must be one that its column can have.

SQLite keeps whatever it is given, and people open files with other programs. Here is the one place that knows what
an instance writes; whoever reads a file that was looked through may rely on it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Annotated, Any, get_type_hints

from pydantic import Field, TypeAdapter

from simulator.errors import DamageError, WireError
from simulator.journal import Outcome
from simulator.protocol.cmdb import ToldAction
from simulator.protocol.codec import load_posted
from simulator.store.cmdb.classes import quoted
from simulator.store.cmdb.store import REPLACED
from simulator.tables import Row
from simulator.trust.directory import DirectoryEntry
from simulator.trust.rows import ROW_TYPES

_Check = Callable[[Any], object]
"""Takes a value that is not empty; raises ValueError, TypeError or WireError for one that cannot be there."""

_MOST_SHOWN = 60
"""How many characters of a wrong value are quoted."""

_AT_A_TIME = 100
"""Columns in one bracket of a condition: SQLite nests no deeper than a thousand."""


def check_cells(connection: sqlite3.Connection, file: object) -> None:
    """Raises DamageError with the place of the first value that is none of its column."""
    names = connection.execute("select name from pragma_table_list where schema = 'main' and type = 'table'")
    for (table,) in names.fetchall():
        if table.startswith("sqlite_"):
            continue
        columns = {
            name: (type_.lower().split()[0] if type_ else "", bool(is_required))
            for name, type_, is_required in connection.execute(
                'select name, type, "notnull" or pk from pragma_table_info(?)', (table,)
            )
        }
        key = next((name for name in _KEYS if name in columns), next(iter(columns)))
        for row, column, expected, value in (
            *_of_other_types(connection, table, key, columns),
            *_of_other_forms(connection, table, key, columns),
            *_of_unknown_instances(connection, table, key, columns),
        ):
            got = repr(value) if len(repr(value)) <= _MOST_SHOWN else f"{repr(value)[:_MOST_SHOWN]}..."
            raise DamageError(
                f"{file}: {table}, row {row!r}, column {column}: expected {expected}, got {got}; "
                "correct the value, or take another copy of the file"
            )


_KEYS = ("sys_id", "number", "envelope")
"""The columns that name a row; the first of them that a table has does."""

_Wrong = tuple[Any, str, str, Any]
"""The key of a row, a column, what was expected there, and what was found."""

_Columns = dict[str, tuple[str, bool]]
"""By name: the type as the table declares it, and whether there must be a value."""


def _of_other_types(connection: sqlite3.Connection, table: str, key: str, columns: _Columns) -> Iterator[_Wrong]:
    tests = [
        _TESTS[type_].format(quoted(name)) + (f" or {quoted(name)} is null" if is_required else "")
        for name, (type_, is_required) in columns.items()
        if type_ in _WORDS
    ]
    groups = [tests[at : at + _AT_A_TIME] for at in range(0, len(tests), _AT_A_TIME)]
    where = " or ".join(f"({' or '.join(group)})" for group in groups)
    found = connection.execute(f"select * from {quoted(table)} where {where or 'false'} limit 1").fetchone()  # noqa: S608
    if found is None:
        return
    values = dict(zip(columns, found, strict=True))
    for name, (type_, is_required) in columns.items():
        value = values[name]
        if type_ in _WORDS and not (isinstance(value, _TYPES[type_]) or (value is None and not is_required)):
            yield values[key], name, _WORDS[type_], value


# In SQLite's order numbers come before texts, and texts before bytes: to compare is five times as quick as typeof.
_TESTS = {"text": "{0} < '' or {0} >= x''", "integer": "typeof({0}) not in ('integer', 'null')"}
_WORDS = {"text": "a text", "integer": "a whole number"}
_TYPES = {"text": str, "integer": int}


def _of_other_forms(connection: sqlite3.Connection, table: str, key: str, columns: _Columns) -> Iterator[_Wrong]:
    """Looks at the columns whose texts and numbers have a form."""
    forms = {name: form for name, form in _forms_of(table).items() if name in columns}
    if not forms:
        return
    wanted = ", ".join(map(quoted, (key, *forms)))
    for row, *values in connection.execute(f"select {wanted} from {quoted(table)}"):  # noqa: S608
        for (name, (expected, check, may_be_empty)), value in zip(forms.items(), values, strict=True):
            if value is None and may_be_empty:
                continue
            try:
                check(value)
            except (ValueError, TypeError, WireError):
                yield row, name, expected, value


def _of_unknown_instances(
    connection: sqlite3.Connection, table: str, key: str, columns: _Columns
) -> Iterator[_Wrong]:
    """Looks at the columns of tables of trust that refer to an instance: it must be in the instance directory."""
    if table not in _of_rows():
        return
    for name in columns:
        if name.endswith("_instance") or name == "instance":
            yield from (
                (row, name, "the sys_id of an instance of the directory", value)
                for row, value in connection.execute(
                    f"select {quoted(key)}, {quoted(name)} from {quoted(table)} "  # noqa: S608
                    f"where {quoted(name)} not in (select sys_id from {DirectoryEntry.TABLE}) limit 1"
                )
            )


_Form = tuple[str, _Check, bool]
"""What is expected, what looks whether a value is that, and whether there may be none."""


@cache
def _forms_of(table: str) -> dict[str, _Form]:
    own = {column: form for (name, column), form in _forms().items() if name == table}
    return {**_of_rows().get(table, {}), **own}


@cache
def _of_rows() -> dict[str, dict[str, _Form]]:
    """The forms of the tables of trust, by the types of their rows' fields."""
    return {row_type.TABLE: dict(_fields(row_type)) for row_type in ROW_TYPES}


def _fields(row_type: type[Row]) -> Iterator[tuple[str, _Form]]:
    hints = get_type_hints(row_type)
    for name in (column.name for column in fields(row_type)):  # type: ignore[arg-type]
        hint = hints[name]
        if hint in (str, int):
            continue  # as the table declares it
        if hint is bool:
            yield name, ("0 or 1", _flag, False)
        elif isinstance(hint, type) and issubclass(hint, Enum):
            yield name, (f"one of {', '.join(str(one.value) for one in hint)}", hint, False)
        else:
            yield name, ("JSON of its form", TypeAdapter(hint).validate_json, type(None) in _parts(hint))


def _parts(hint: Any) -> Iterable[object]:
    return getattr(hint, "__args__", ())


def _flag(value: object) -> None:
    if value not in (0, 1):
        raise ValueError


@cache
def _forms() -> dict[tuple[str, str], _Form]:
    """By table and column: the forms of the simulator's own tables, and of what holds JSON."""
    time: _Form = ("a time with a zone", _time, False)
    return {
        ("x_trustsim_journal", "at"): time,
        ("x_trustsim_journal", "outcome"): (f"one of {', '.join(Outcome)}", Outcome, False),
        ("x_trustsim_inbox", "forget_at"): time,
        ("x_trustsim_outbox", "due_at"): time,
        ("x_trustsim_outbox", "body"): ("an envelope as JSON", load_posted, False),
        ("x_trustsim_alteration", "at"): time,
        ("x_trustsim_alteration", "before"): ("a row as JSON", _row, True),
        ("x_trustsim_alteration", "after"): ("a row as JSON", _row, True),
        ("x_trustsim_cmdb_action", "at"): time,
        ("x_trustsim_cmdb_action", "action"): ("an action as JSON", _action, False),
        ("x_trustsim_cmdb_action", "response"): ("JSON", _json, True),
        ("x_trustsim_cmdb_action", "explanation"): ("JSON", _json, True),
        ("cmdb_ire_partial_payloads", "payload"): ("JSON", _json, False),
        ("v_plugin", "installed_at"): time,
    }


def _time(value: str) -> None:
    if datetime.fromisoformat(value).tzinfo is None:
        raise ValueError


def _action(value: str) -> None:
    if value != REPLACED:
        _ACTION.validate_json(value)


_ACTION: TypeAdapter[object] = TypeAdapter(Annotated[ToldAction, Field(discriminator="kind")])
_json = TypeAdapter(Any).validate_json
_row = TypeAdapter(dict[str, str | int | None]).validate_json
