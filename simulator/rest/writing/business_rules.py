"""Business rules that keep clients from writing records: rows of `sys_script`, each a condition and no script.

One that is active, runs before an operation and is to abort does so for the records of its table, and of those
that extend it, for which its condition holds.
"""

from __future__ import annotations

from simulator.cmdb.conditions import conditions
from simulator.cmdb.conditions.conditions import View
from simulator.cmdb.conditions.encoded import Condition, QueryError
from simulator.cmdb.records import Record, Value
from simulator.rest import errors
from simulator.rest.call import Call
from simulator.store.records.records import WriteOperation

TABLE = "sys_script"


def check(call: Call, operation: WriteOperation, table: str, record: Record) -> None:
    """Raises RestError where a rule aborts it; *record* is what would become of it, or what is to be deleted."""
    kind, hierarchy = record.get("sys_class_name") or table, call.desk.model.hierarchy
    rules = call.desk.records.aborting_rules(operation, hierarchy.chain(kind))
    if not rules:
        return

    def find(referred: str, value: Value) -> Record | None:
        return call.desk.records.by_id(referred, [value or ""], hierarchy).get(value or "")

    whole = {**(find(kind, record.get("sys_id")) or {}), **record}  # the table may be one above its class
    view = View(kind, hierarchy.read(kind, whole), hierarchy, find)
    for rule in rules:
        if read(call, rule.collection, rule.condition).holds(view):
            raise errors.aborted(kind, rule.name, rule.sys_id)


def read(call: Call, table: str, condition: Value) -> Condition:
    """The condition of a rule for that table. Raises RestError for what is none."""
    try:
        return conditions.read(condition, table, call.desk.model.hierarchy)
    except QueryError as problem:
        raise errors.impossible(f"filter_condition: {problem}.") from None
