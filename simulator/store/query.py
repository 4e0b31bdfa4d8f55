"""Encoded queries in SQL: `name=web^osLIKElinux^ORram>4096^NQactive=true`; values become parameters.

`^` is and, `^OR` adds an alternative to the condition before it, `^NQ` begins another query whose rows come too.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence

from simulator.errors import StoreError
from simulator.store.classes import columns_of, quoted

_OPERATORS = {
    "ISNOTEMPTY": "({0} is not null and {0} <> '')",
    "ISEMPTY": "({0} is null or {0} = '')",
    "STARTSWITH": "substr(lower({0}), 1, length(?)) = lower(?)",
    "CONTAINS": "instr(lower({0}), lower(?)) > 0",
    "LIKE": "instr(lower({0}), lower(?)) > 0",
    "!=": "{0} is not ?",
    ">=": "{0} >= ?",
    "<=": "{0} <= ?",
    "IN": "",
    "=": "{0} = ?",
    ">": "{0} > ?",
    "<": "{0} < ?",
}
"""The SQL of each operator; those that begin with another one come before it."""

_CONDITION = re.compile(rf"([a-z][a-z0-9_]*)({'|'.join(map(re.escape, _OPERATORS))})(.*)", re.DOTALL)


def show(
    connection: sqlite3.Connection, table: str, encoded_query: str = "", limit: int = 100
) -> list[dict[str, str | int | None]]:
    """The first *limit* rows of a table or class that match, oldest first. Raises StoreError."""
    columns = columns_of(connection, table)
    if not columns:
        known = connection.execute("select name from sqlite_schema where type in ('table', 'view') order by name")
        raise StoreError(f"there is no table {table}; there are: {', '.join(name for (name,) in known)}")
    condition, parameters = to_sql(encoded_query, table, columns)
    order = " order by sys_created_on, sys_id" if "sys_created_on" in columns else ""
    sql = f"select * from {quoted(table)} where {condition}{order} limit ?"  # noqa: S608
    cursor = connection.execute(sql, (*parameters, limit))
    return [dict(zip(columns, values, strict=True)) for values in cursor]


def to_sql(encoded_query: str, table: str, columns: Sequence[str]) -> tuple[str, list[str]]:
    """The condition and its parameters; an empty query matches every row."""
    parameters: list[str] = []
    queries = []
    for query in encoded_query.split("^NQ"):
        alternatives: list[list[str]] = []
        for number, part in enumerate(query.split("^")):
            if part in {"", "EQ"}:  # EQ ends a query and says nothing
                continue
            # a part that begins with OR adds to the one before; a column's name has no capitals
            if part.startswith("OR") and number and alternatives:
                alternatives[-1].append(_condition(part.removeprefix("OR"), table, columns, parameters))
            else:
                alternatives.append([_condition(part, table, columns, parameters)])
        queries.append(" and ".join(f"({' or '.join(some)})" for some in alternatives) or "true")
    return " or ".join(f"({query})" for query in queries), parameters


def _condition(text: str, table: str, columns: Sequence[str], parameters: list[str]) -> str:
    match = _CONDITION.fullmatch(text)
    if match is None:
        known = " ".join(_OPERATORS)
        raise StoreError(f"{text!r} is no condition; write column, operator and value; the operators are {known}")
    name, operator, value = match.groups()
    if name not in columns:
        raise StoreError(f"{table} has no column {name}; it has: {', '.join(columns)}")
    column = quoted(name)
    if operator == "IN":
        values = value.split(",")
        parameters.extend(values)
        return f"{column} in ({', '.join('?' * len(values))})"
    sql = _OPERATORS[operator].format(column)
    parameters.extend([value] * sql.count("?"))
    return sql
