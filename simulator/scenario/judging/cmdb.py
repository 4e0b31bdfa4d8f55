"""The tables of an instance's CMDB, as expectations, reports and comparisons see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.runtime.fleet import Fleet
from simulator.scenario.model.names import SYSTEM_COLUMNS

_FILLED = (
    *("cmdb", "cmdb_rel_ci", "cmdb_serial_number", "cmdb_software_instance", "cmdb_print_queue_instance"),
    *("cmdb_key_value", "sys_object_source", "sys_rel_source"),
    *("cmdb_datasource_last_update", "cmdb_multisource_data", "cmdb_reconciliation_definition"),
    *("reconcile_duplicate_task", "duplicate_audit_result", "reclassification_task"),
    *("cmdb_ire_partial_payloads", "cmdb_ire_partial_payloads_index", "cmdb_ire_incomplete_payloads"),
    *("domain", "sys_user"),
)
"""What a run fills; of the rest, such as classes and relation types, nearly all is the same in every CMDB."""

_OF_TIME = {"first_discovered", "last_discovered", "last_scan", "updated_on", "payload"}
"""Columns that hold a time, or a payload with the time at which it was received."""


def shown(fleet: Fleet, instance: str, table: str) -> Sequence[Mapping[str, Any]]:
    """The rows of a table, or of a class: none where the CMDB of the instance does not have the class (yet)."""
    return fleet.show(instance, table) if fleet.has_table(instance, table) else []


def final_tables(fleet: Fleet, instance: str) -> dict[str, list[dict[str, Any]]]:
    """What a run has filled in the instance's CMDB, without times, so that runs can be compared."""
    if not fleet.has_table(instance, "cmdb_ci"):
        return {}
    left_out = {*SYSTEM_COLUMNS, *_OF_TIME}
    return {
        table: [
            {name: value for name, value in row.items() if name not in left_out and value is not None}
            for row in fleet.show(instance, table)
        ]
        for table in _FILLED
    }
