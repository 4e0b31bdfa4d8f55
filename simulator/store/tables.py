"""The tables of an instance and their columns, for who has to know them before there is a file."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from functools import cache

from simulator.cmdb.classes.columns import Column
from simulator.cmdb.classes.hierarchy import SYSTEM_COLUMNS, Hierarchy
from simulator.cmdb.records import Record
from simulator.store.cmdb.base import base_classes, base_tables
from simulator.store.cmdb.classes import columns_of
from simulator.store.cmdb.parts import CiClass, own_columns
from simulator.store.cmdb.rows import SqlRow, class_rows
from simulator.store.migrations import make


@cache
def tables() -> dict[str, tuple[str, ...]]:
    """The columns of every table of a new instance, the classes of CIs apart."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        make(connection)
        names = connection.execute("select name from pragma_table_list where schema = 'main' and type = 'table'")
        return {name: columns_of(connection, name) for (name,) in names.fetchall() if _is_shown(name)}


def _is_shown(name: str) -> bool:
    return name != "cmdb" and not name.startswith("sqlite_")


def columns_of_class(name: str, added: Mapping[str, CiClass]) -> tuple[str, ...] | None:
    """The columns of a class of a new instance, or of one that is *added*; None where there is no such class."""
    chain = _chain(name, added)
    own = [column for one in reversed(chain) for column in own_columns(one)]
    return tuple(dict.fromkeys([*SYSTEM_COLUMNS, *own])) if chain else None


def column_of(table: str, element: str, added: Mapping[str, CiClass]) -> Column | None:
    """What is known of a column of such a class, or of another table; None where that is nothing."""
    for one in _chain(table, added) or [base_tables().get(table, CiClass())]:
        if element in own_columns(one):
            rows = class_rows({table: CiClass(attributes={element: own_columns(one)[element]})})
            (row,), choices = rows["sys_dictionary"], rows["sys_choice"]
            return Column.from_row(_as_text(row), [_as_text(each) for each in choices])
    return Hierarchy({table: None}, {}).column(table, element)


def _chain(name: str, added: Mapping[str, CiClass]) -> list[CiClass]:
    """The class and those above it. Of one that an instance has, what is added says only what is new."""
    found: dict[str, CiClass] = {}
    at: str | None = name
    while at is not None and at not in found and (at in base_classes() or at in added):
        known, more = base_classes().get(at, CiClass()), added.get(at, CiClass())
        columns = {**own_columns(known), **own_columns(more)}
        found[at] = CiClass(extends=more.extends or known.extends, attributes=columns)
        at = found[at].extends
    return list(found.values())


def _as_text(row: SqlRow) -> Record:
    return {name: None if value is None else str(value) for name, value in row.items()}
