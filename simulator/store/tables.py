"""The tables of an instance and their columns, for who has to know them before there is a file."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from functools import cache

from simulator.cmdb.hierarchy import SYSTEM_COLUMNS
from simulator.store.base import CiClass, base_classes
from simulator.store.classes import columns_of
from simulator.store.migrations import migrate


@cache
def tables() -> dict[str, tuple[str, ...]]:
    """The columns of every table of a new instance, the classes of CIs apart."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection)
        names = connection.execute("select name from pragma_table_list where schema = 'main' and type = 'table'")
        return {name: columns_of(connection, name) for (name,) in names.fetchall() if _is_shown(name)}


def _is_shown(name: str) -> bool:
    return name != "cmdb" and not name.startswith("sqlite_")


def columns_of_class(name: str, added: Mapping[str, CiClass]) -> tuple[str, ...] | None:
    """The columns of a class of a new instance, or of one that is *added*; None where there is no such class."""
    classes = {**base_classes(), **added}
    at: str | None = name
    chain: list[str] = []
    while at in classes and at not in chain:
        chain.append(at)
        at = classes[at].extends
    own = [column for one in reversed(chain) for column in _own(classes[one])]
    return tuple(dict.fromkeys([*SYSTEM_COLUMNS, *own])) if chain else None


def _own(one: CiClass) -> list[str]:
    return [*one.attributes, *one.mandatory, *one.references]
