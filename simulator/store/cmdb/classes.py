"""The classes of the CMDB in SQL: their columns in the one table of all CIs, and the indexes.

All CIs are rows of `cmdb`; the rows of a class are those of itself and its subclasses, with its own columns. No
view in the file says so: each connection would read and keep them all, a megabyte and a half.
What the classes are stands in `sys_db_object` and `sys_dictionary`, their attributes are columns of `cmdb`, which
compare without regard to case as identification does (simulator.cmdb.text), and so do the indexes over them.
"""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from simulator.cmdb.classes.hierarchy import SYSTEM_COLUMNS
from simulator.errors import StoreError

ROOT = "cmdb"
"""The class that all extend, and the table that holds them."""

_AS_TEXT = "text collate nocase"
"""How the column of an attribute is declared."""

_EARLIER_TEXT = re.compile(r'" text(?=[,)]|$)')
"""How files of earlier versions declare it."""

DECLARED = (
    "with recursive declared (name, parent) as (select name, null from sys_dictionary "
    "where element = 'sys_class_name' union select o.name, d.name from sys_db_object o join declared d "
    "on o.super_class = d.name) "
)
"""SQL before a select from `declared`: the tables that setups declare (declared.py), each with what it extends."""

_CLASSES = (
    f"{DECLARED} select name, super_class from sys_db_object where name = ? or (name not in "  # noqa: S608
    "(select name from sqlite_schema where type = 'table') and name not in (select name from declared)) "
    "order by rowid"
)
"""The tables that hold CIs; each other one is a table of its own."""

_DEFINED = f"select sql from sqlite_schema where tbl_name = '{ROOT}' and sql is not null and type ="  # noqa: S608


@dataclass(frozen=True, slots=True)
class Classes:
    """The hierarchy as a file has it."""

    parents: dict[str, str | None]
    own_attributes: dict[str, tuple[str, ...]]
    subclasses: dict[str, frozenset[str]]
    """All classes below a class, and the class itself."""

    def __contains__(self, name: str) -> bool:
        return name in self.parents

    def columns(self, name: str) -> tuple[str, ...]:
        """The columns of a class: system fields, then inherited attributes, then its own."""
        chain = self.ancestors(name)
        own = (attribute for one in reversed(chain) for attribute in self.own_attributes.get(one, ()))
        return tuple(dict.fromkeys([*SYSTEM_COLUMNS, *own]))

    def rows(self, name: str) -> str:
        """SQL for the rows of a class, in the place of a table's name."""
        if name == ROOT:
            return ROOT
        columns = ", ".join(map(quoted, self.columns(name)))
        members = ", ".join("'" + one.replace("'", "''") + "'" for one in sorted(self.subclasses[name]))
        return f"(select {columns} from {ROOT} where sys_class_name in ({members}))"  # noqa: S608

    def ancestors(self, name: str) -> list[str]:
        """The class and those it extends, nearest first. Raises StoreError for a circle."""
        chain, at = [name], self.parents[name]
        while at is not None:
            if at in chain or at not in self.parents:
                raise StoreError(f"the class {name} extends {at}, which is no class above it; declare that first")
            chain.append(at)
            at = self.parents[at]
        return chain


def load_classes(connection: sqlite3.Connection) -> Classes:
    """The classes that the file declares."""
    parents = dict(connection.execute(_CLASSES, (ROOT,)))
    attributes: dict[str, list[str]] = defaultdict(list)
    for name, element in connection.execute("select name, element from sys_dictionary order by rowid"):
        if name in parents:
            attributes[name].append(element)
    own = {name: tuple(elements) for name, elements in attributes.items()}
    classes = Classes(parents, own, {})
    below: dict[str, set[str]] = defaultdict(set)
    for name in parents:
        for above in classes.ancestors(name):
            below[above].add(name)
    return Classes(parents, own, {name: frozenset(names) for name, names in below.items()})


def declare(connection: sqlite3.Connection) -> None:
    """Makes the columns and indexes what the classes and identifier entries say; in a transaction."""
    classes = load_classes(connection)
    if not classes.parents:
        return  # a file without a CMDB
    _add_columns(connection, classes)
    _drop_views(connection, classes)
    _make_indexes(connection, classes)


def _add_columns(connection: sqlite3.Connection, classes: Classes) -> None:
    there = columns_of(connection, ROOT)
    every = dict.fromkeys(attribute for own in classes.own_attributes.values() for attribute in own)
    missing = [f"{quoted(column)} {_AS_TEXT}" for column in every if column not in there]
    (sql,) = connection.execute(f"{_DEFINED} 'table'").fetchone()
    is_earlier = _EARLIER_TEXT.search(sql) is not None
    is_empty = connection.execute(f"select 1 from {ROOT}").fetchone() is None  # noqa: S608
    if is_earlier or (missing and is_empty):
        _make_anew(
            connection, ", ".join([_EARLIER_TEXT.sub(f'" {_AS_TEXT}', sql.rstrip().removesuffix(")")), *missing])
        )
        return
    for column in missing:
        connection.execute(f"alter table {ROOT} add column {column}")


def _make_anew(connection: sqlite3.Connection, sql: str) -> None:
    """Makes the table of all CIs by another definition: of an empty one ten times as quick as to add hundreds."""
    indexes = connection.execute(f"{_DEFINED} 'index'").fetchall()
    columns = ", ".join(map(quoted, columns_of(connection, ROOT)))
    connection.execute(f"create table {ROOT}_before as select * from {ROOT}")  # noqa: S608
    connection.execute(f"drop table {ROOT}")
    connection.execute(f"{sql})")
    connection.execute(f"insert into {ROOT} ({columns}) select * from {ROOT}_before")  # noqa: S608
    connection.execute(f"drop table {ROOT}_before")
    for (index,) in indexes:
        connection.execute(index)


def _drop_views(connection: sqlite3.Connection, classes: Classes) -> None:
    """In files of earlier versions each class has one."""
    for (name,) in connection.execute("select name from sqlite_schema where type = 'view'").fetchall():
        if name in classes:
            connection.execute(f"drop view {quoted(name)}")


def _make_indexes(connection: sqlite3.Connection, classes: Classes) -> None:
    """An index for each set of attributes that CIs are identified by, and for each that refers to CIs.

    CIs without the first of its attributes are left out of an index.
    """
    wanted = {("name",), ("duplicate_of",), *_reference_keys(connection, classes)}
    entries = 'select "table", attributes, allow_null_attribute from cmdb_identifier_entry order by "order"'
    for table, attributes, allow_null in connection.execute(entries):
        if table in classes and attributes:
            key = tuple(attributes.split(","))
            wanted.add(key)
            if allow_null == "true":  # each of them may be all that there is to look for
                wanted |= {(name,) for name in key if name != "sys_class_name"}
    there = {*SYSTEM_COLUMNS, *(attribute for own in classes.own_attributes.values() for attribute in own)}
    for key in sorted(wanted):
        if not there.issuperset(key):
            missing = ", ".join(sorted(set(key) - there))
            raise StoreError(f"an identifier entry names {missing}, which no class has; declare the attribute")
        columns = ", ".join(map(quoted, key))
        name = quoted(f"cmdb_by_{'_and_'.join(key)}")
        connection.execute(
            f"create index if not exists {name} on {ROOT} ({columns}) where {quoted(key[0])} is not null"
        )


def _reference_keys(connection: sqlite3.Connection, classes: Classes) -> Iterator[tuple[str]]:
    """The attributes that refer to CIs: who deletes one asks what refers to it."""
    looked_up = (
        'select "table", referenced_field from cmdb_identifier_entry where referenced_field is not null '
        'union select "table", referenced_field from cmdb_related_entry where referenced_field is not null'
    )
    yield from ((field,) for table, field in connection.execute(looked_up) if table in classes)
    references = "select name, element, reference from sys_dictionary where reference is not null"
    for name, field, table in connection.execute(references):
        if name in classes and table in classes:
            yield (field,)


def columns_of(connection: sqlite3.Connection, table: str) -> tuple[str, ...]:
    """The columns of a table or view as the file has them, none for a table that does not exist."""
    return tuple(name for (name,) in connection.execute("select name from pragma_table_info(?)", (table,)))


def integers_of(connection: sqlite3.Connection, table: str) -> frozenset[str]:
    """Those of the columns that hold integers."""
    found = connection.execute(
        "select name from pragma_table_info(?) where type = 'INTEGER' collate nocase", (table,)
    )
    return frozenset(name for (name,) in found)


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever it contains."""
    return '"' + name.replace('"', '""') + '"'
