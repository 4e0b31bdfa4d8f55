"""All of a CMDB as values, to take it to another instance or back to an earlier time.

What belongs to the instance itself stays: the tables of trust, the simulator's own, and the system properties that
are not the CMDB's.
"""

from __future__ import annotations

import sqlite3

from simulator.store.cmdb.base import base_rows
from simulator.store.cmdb.classes import declare, quoted
from simulator.store.cmdb.declared import declare_tables
from simulator.store.cmdb.rows import Rows, SqlRow

_OF_THE_INSTANCE = {"sys_store_app", "sys_properties", "v_plugin"}
_OTHERS = ("sn_", "x_trustsim_", "sqlite_")
_FIRST = {"sys_db_object", "sys_dictionary", "cmdb_identifier_entry", "cmdb_related_entry"}
"""What the other tables follow from."""

_PROPERTIES = "sys_properties"


def dump(connection: sqlite3.Connection) -> Rows:
    """The rows of a CMDB by table, without their empty columns; nothing where it was never used."""
    if connection.execute("select 1 from sys_db_object").fetchone() is None:
        return {}
    own = {row["name"] for row in base_rows()[_PROPERTIES]}
    properties = [row for row in _rows(connection, _PROPERTIES) if row["name"] in own]
    return {_PROPERTIES: properties, **{table: _rows(connection, table) for table in _tables(connection)}}


def restore(connection: sqlite3.Connection, dumped: Rows) -> None:
    """Puts what was dumped in the place of all that the CMDB has, in the transaction of the caller."""
    for table in _tables(connection):
        connection.execute(f"delete from {table}")  # noqa: S608
    for table in _FIRST & dumped.keys():
        _insert(connection, table, dumped[table])
    if dumped:
        declare(connection)  # the classes are there, and so the table of their CIs gets its columns
        declare_tables(connection)
    for table, rows in dumped.items():
        if table not in _FIRST:
            _insert(connection, table, rows)


def _tables(connection: sqlite3.Connection) -> list[str]:
    found = connection.execute("select name from sqlite_schema where type = 'table'")
    names = [name for (name,) in found if name not in _OF_THE_INSTANCE and not name.startswith(_OTHERS)]
    return sorted(names)


def _rows(connection: sqlite3.Connection, table: str) -> list[SqlRow]:
    """In the order in which they came, so that they come in it again."""
    cursor = connection.execute(f"select * from {table} order by rowid")  # noqa: S608
    columns = [column for column, *_ in cursor.description]
    return [
        {column: value for column, value in zip(columns, values, strict=True) if value is not None}
        for values in cursor
    ]


def _insert(connection: sqlite3.Connection, table: str, rows: list[SqlRow]) -> None:
    for row in rows:
        columns = ", ".join(map(quoted, row))
        marks = ", ".join("?" * len(row))
        connection.execute(f"insert or replace into {table} ({columns}) values ({marks})", [*row.values()])  # noqa: S608
