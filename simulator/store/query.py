"""Tables and classes shown by an encoded query; what one means is said in simulator.cmdb.encoded alone."""

from __future__ import annotations

import sqlite3

from simulator.cmdb import conditions, encoded
from simulator.cmdb.columns import Type
from simulator.cmdb.encoded import Condition, QueryError
from simulator.cmdb.hierarchy import Hierarchy
from simulator.errors import StoreError
from simulator.store.classes import columns_of, quoted
from simulator.store.cmdb import CmdbReader
from simulator.store.model import load_hierarchy


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
    hierarchy = load_hierarchy(CmdbReader(connection))
    sql_by_field = {
        name: _column(name, table, columns, connection, hierarchy)
        for name in (
            *(name for term in condition.terms for name in term.fields),
            *(name for name, _ in condition.order),
        )
    }
    unknown = conditions.unknown_classes(condition, hierarchy)
    if unknown:
        raise StoreError(f"there is no class {', '.join(unknown)}")
    # SQL only combines the comparisons: that is how rules and queries mean the same by them.
    connection.create_function("holds", 3, _holds, deterministic=True)
    where, parameters = _to_sql(conditions.resolved(condition, table, hierarchy), sql_by_field)
    order = [f"{sql_by_field[field]}{' desc' if descends else ''}" for field, descends in condition.order]
    order += [name for name in ("sys_created_on", "sys_id") if name in columns]
    by = f" order by {', '.join(order)}" if order else ""
    sql = f"select * from {quoted(table)} where {where}{by} limit ?"  # noqa: S608
    cursor = connection.execute(sql, (*parameters, limit))
    return [dict(zip(columns, values, strict=True)) for values in cursor]


def domain_names(connection: sqlite3.Connection) -> dict[str, str]:
    """The name of every domain by its sys_id."""
    return dict(connection.execute("select sys_id, name from domain"))


def _column(
    name: str, table: str, columns: tuple[str, ...], connection: sqlite3.Connection, hierarchy: Hierarchy
) -> str:
    """SQL for a field of a row, or of one that it refers to. Raises StoreError for one that there is not."""
    sql = at = ""
    for depth, (field, holder) in enumerate(conditions.steps(name, table, hierarchy)):
        if holder is None:
            raise StoreError(f"{name}: {at} does not refer to other records")
        there = columns_of(connection, holder) if depth else columns
        if field not in there:
            raise StoreError(f"{holder} has no column {field}; it has: {', '.join(there)}")
        own, alias = _value(f"{quoted(table)}.{quoted(field)}", table, field, hierarchy), f"walk{depth}"
        walked = f"(select {alias}.{quoted(field)} from {quoted(holder)} {alias} where {alias}.sys_id = {sql})"  # noqa: S608
        sql, at = walked if depth else own, f"{holder}.{field}"
    return sql


def _value(sql: str, table: str, field: str, hierarchy: Hierarchy) -> str:
    """SQL for a value as records of the CMDB keep it: the tables of trust have numbers for truth values."""
    column = hierarchy.column(table, field)
    if column is None or column.type is not Type.BOOLEAN:
        return sql
    return f"case {sql} when 1 then 'true' when 0 then 'false' else {sql} end"


def _holds(have: str | int | None, operator: str, want: str | int | None) -> bool:
    return encoded.compare(None if have is None else str(have), operator, "" if want is None else str(want))


def _to_sql(condition: Condition, sql_by_field: dict[str, str]) -> tuple[str, list[str]]:
    """The condition and its parameters; an empty one holds for every row."""
    parameters: list[str] = []
    queries = []
    for groups in condition.queries:
        alternatives = []
        for group in groups:
            tests = []
            for term in group:
                parameters += [term.operator] if term.with_field else [term.operator, term.value]
                want = sql_by_field[term.value] if term.with_field else "?"
                tests.append(f"holds({sql_by_field[term.field]}, ?, {want})")
            alternatives.append(f"({' or '.join(tests)})")
        queries.append(f"({' and '.join(alternatives)})")
    return " or ".join(queries) or "true", parameters
