"""Tables that setups declare, as a team brings its own: `incident` and `problem`, and the `task` that both extend.

The records of a table and of those that extend it are rows of the topmost one; each other one is a view of its
columns, as a class is of `cmdb`. They are no classes: the engine knows nothing of them.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable

from simulator.store.cmdb.classes import DECLARED, columns_of, quoted

SYSTEM = ("sys_class_name", "sys_domain", "sys_domain_path")
"""What every record of such a table has besides what all records have; the dictionary says it of the topmost."""

_AUTHORS = ("sys_created_by", "sys_updated_by")

_OF_ALL = ("sys_id", "sys_created_on", "sys_updated_on", "sys_mod_count", *_AUTHORS)

_CREATE = (
    "create table {} (sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, "
    "sys_mod_count integer not null, sys_class_name text not null, sys_domain text not null default 'global', "
    "sys_domain_path text not null default '/')"
)


def roots(connection: sqlite3.Connection) -> dict[str, str]:
    """The topmost table of every declared table, by name."""
    above = dict(connection.execute(f"{DECLARED} select name, parent from declared"))  # noqa: S608
    found = {}
    for name in above:
        at = name
        while (parent := above[at]) is not None:
            at = parent
        found[name] = at
    return found


def declare_tables(connection: sqlite3.Connection) -> None:
    """Makes tables, columns and views what the dictionary says; in a transaction."""
    above = dict(connection.execute(f"{DECLARED} select name, parent from declared"))  # noqa: S608
    own: dict[str, list[str]] = defaultdict(list)
    for name, element in connection.execute("select name, element from sys_dictionary order by rowid"):
        own[name].append(element)
    topmost = roots(connection)
    for root in dict.fromkeys(topmost.values()):
        members = [name for name, top in topmost.items() if top == root]
        _fill(connection, root, [column for name in members for column in own[name]])
        for name in members:
            if name != root:
                _make_view(connection, name, root, _columns(name, above, own), _below(name, above))


def _fill(connection: sqlite3.Connection, root: str, columns: Iterable[str]) -> None:
    """The topmost table with all columns that it or what extends it has."""
    there = columns_of(connection, root)
    if not there:
        connection.execute(_CREATE.format(quoted(root)))
        index = quoted(f"{root}_by_class")
        connection.execute(f"create index {index} on {quoted(root)} (sys_class_name, sys_id)")
        there = columns_of(connection, root)
    for column in _AUTHORS:  # a table of an earlier version has none
        if column not in there:
            connection.execute(f"alter table {quoted(root)} add column {column} text not null default 'system'")
    for column in dict.fromkeys(columns):
        if column not in there:
            connection.execute(f"alter table {quoted(root)} add column {quoted(column)} text collate nocase")


def _make_view(
    connection: sqlite3.Connection, name: str, root: str, columns: Iterable[str], members: Iterable[str]
) -> None:
    shown = ", ".join(map(quoted, columns))
    some = ", ".join(f"'{one}'" for one in sorted(members))
    connection.execute(f"drop view if exists {quoted(name)}")
    connection.execute(
        f"CREATE VIEW {quoted(name)} as select {shown} from {root} where sys_class_name in ({some})"  # noqa: S608
    )


def _columns(name: str, above: dict[str, str | None], own: dict[str, list[str]]) -> list[str]:
    """System columns, then inherited ones, then the table's own."""
    chain, at = [name], above[name]
    while at is not None:
        chain.append(at)
        at = above[at]
    return list(dict.fromkeys([*_OF_ALL, *SYSTEM, *(column for one in reversed(chain) for column in own[one])]))


def _below(name: str, above: dict[str, str | None]) -> list[str]:
    """The table and all that extend it."""
    found = [name]
    for one in found:
        found += [child for child, parent in above.items() if parent == one]
    return found
