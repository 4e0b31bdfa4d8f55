"""The indexes by which records are identified that are no CIs: places, people, and tables that setups declare."""

from __future__ import annotations

import sqlite3

from simulator.errors import StoreError
from simulator.store.cmdb.classes import columns_of, load_classes, quoted
from simulator.store.cmdb.declared import roots

_ENTRIES = (
    "select distinct \"table\", attributes from cmdb_identifier_entry where coalesce(referenced_field, '') = '' "
    'and attributes is not null order by "table", attributes'
)
"""What each table is searched by itself; tables of lookup records have their indexes."""


def index_other_tables(connection: sqlite3.Connection) -> None:
    """Makes an index for each set of attributes that an entry asks of such a table, where there is the table.

    In a transaction. Raises StoreError for an attribute that it does not have.
    """
    classes, root_by_table = load_classes(connection), roots(connection)
    for table, attributes in connection.execute(_ENTRIES).fetchall():
        if table in classes or not (there := columns_of(connection, table)):
            continue
        key = attributes.split(",")
        if missing := [each for each in key if each not in there]:
            names = ", ".join(missing)
            raise StoreError(f"an identifier entry names {names}, which {table} does not have; correct it")
        physical = root_by_table.get(table, table)
        name = quoted(f"{physical}_by_{'_and_'.join(key)}")
        columns = ", ".join(map(quoted, key))
        connection.execute(f"create index if not exists {name} on {quoted(physical)} ({columns})")
