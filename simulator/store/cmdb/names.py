"""What people call the records that others refer to: instances, domains, users, CIs and so on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence

NAMED = {
    "sn_mif_instance": "name",
    "domain": "name",
    "sys_user": "user_name",
    "sys_user_group": "name",
    "sys_user_role": "name",
    "core_company": "name",
    "cmdb_model": "name",
    "cmn_location": "name",
    "cmn_department": "name",
    "cmn_cost_center": "name",
    "cmn_building": "name",
    "business_unit": "name",
    "cmdb_rel_type": "name",
    "reconcile_duplicate_task": "number",
    "reclassification_task": "number",
    "cmdb": "name",
}
"""The column with what people call a record, for the tables that others refer to."""

_HAS_CIS = "select 1 from pragma_table_info('cmdb') where name = 'name'"


def names(connection: sqlite3.Connection, sys_ids: Sequence[str], tables: Iterable[str]) -> dict[str, str]:
    """The names of the records among these sys_ids, looked for in *tables* of `tables_with_names`."""
    if not sys_ids:
        return {}
    sql = " union all ".join(
        f"select sys_id, t.{NAMED[table]} from json_each(?1) cross join {table} t "  # noqa: S608
        f"on t.sys_id = value where t.{NAMED[table]} is not null"
        for table in tables
    )
    return dict(connection.execute(sql, (json.dumps(sys_ids),)).fetchall())


def named(connection: sqlite3.Connection, name: str) -> list[str]:
    """The sys_ids of the records that are called so."""
    sql = " union all ".join(
        f"select sys_id from {table} where {NAMED[table]} = ?1"  # noqa: S608
        for table in tables_with_names(connection)
    )
    return [sys_id for (sys_id,) in connection.execute(sql, (name,))]


def tables_with_names(connection: sqlite3.Connection) -> tuple[str, ...]:
    """The tables that there are of those; the same as long as the schema is."""
    has_cis = connection.execute(_HAS_CIS).fetchone()  # the class that has names comes with the first use
    there = {name for (name,) in connection.execute("select name from sqlite_schema where type = 'table'")}
    return tuple(table for table in NAMED if table in there and (table != "cmdb" or has_cis))
