"""Tables and classes shown by an encoded query; what one means is said in simulator.cmdb.encoded alone."""

from __future__ import annotations

import sqlite3

from simulator.cmdb import encoded
from simulator.cmdb.encoded import Condition, QueryError
from simulator.errors import StoreError
from simulator.store.classes import columns_of, quoted


def show(
    connection: sqlite3.Connection, table: str, encoded_query: str = "", limit: int = 100
) -> list[dict[str, str | int | None]]:
    """The first *limit* rows of a table or class that match, in the query's order, else oldest first.

    Raises StoreError.
    """
    columns = columns_of(connection, table)
    if not columns:
        known = connection.execute("select name from sqlite_schema where type in ('table', 'view') order by name")
        raise StoreError(f"there is no table {table}; there are: {', '.join(name for (name,) in known)}")
    try:
        condition = encoded.parse(encoded_query)
    except QueryError as problem:
        raise StoreError(str(problem)) from problem
    _check_fields(condition, table, columns)
    # SQL only combines the comparisons: that is how rules and queries mean the same by them.
    connection.create_function("holds", 3, _holds, deterministic=True)
    where, parameters = _to_sql(condition)
    order = [f"{quoted(field)}{' desc' if descends else ''}" for field, descends in condition.order]
    order += [name for name in ("sys_created_on", "sys_id") if name in columns]
    by = f" order by {', '.join(order)}" if order else ""
    sql = f"select * from {quoted(table)} where {where}{by} limit ?"  # noqa: S608
    cursor = connection.execute(sql, (*parameters, limit))
    return [dict(zip(columns, values, strict=True)) for values in cursor]


def domain_names(connection: sqlite3.Connection) -> dict[str, str]:
    """The name of every domain by its sys_id."""
    return dict(connection.execute("select sys_id, name from domain"))


def _check_fields(condition: Condition, table: str, columns: tuple[str, ...]) -> None:
    terms = [term.field for query in condition.queries for group in query for term in group]
    for field in (*terms, *(field for field, _ in condition.order)):
        if field not in columns:
            raise StoreError(f"{table} has no column {field}; it has: {', '.join(columns)}")


def _holds(have: str | int | None, operator: str, want: str) -> bool:
    return encoded.compare(None if have is None else str(have), operator, want)


def _to_sql(condition: Condition) -> tuple[str, list[str]]:
    """The condition and its parameters; an empty one holds for every row."""
    parameters: list[str] = []
    queries = []
    for groups in condition.queries:
        alternatives = []
        for group in groups:
            parameters += [part for term in group for part in (term.operator, term.value)]
            alternatives.append(f"({' or '.join(f'holds({quoted(term.field)}, ?, ?)' for term in group)})")
        queries.append(f"({' and '.join(alternatives)})")
    return " or ".join(queries) or "true", parameters
