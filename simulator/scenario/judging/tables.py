"""What stands in the tables of a fleet, as a run's result has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from simulator.report.result import Trust
from simulator.runtime.fleet import Fleet
from simulator.scenario.judging.cmdb import final_tables
from simulator.scenario.model.names import SYSTEM_COLUMNS
from simulator.tables import Property
from simulator.trust.application import Application, Capability, Operation
from simulator.trust.directory import DirectoryEntry
from simulator.trust.readiness import Plugin
from simulator.trust.rows import ROW_TYPES

SHOWN_TABLES = [
    row_type.TABLE
    for row_type in ROW_TYPES
    if row_type not in {Property, Plugin, DirectoryEntry, Application, Capability, Operation}
]
"""The tables that a run fills; the others are as the topology says."""


def tables(fleet: Fleet, instances: Iterable[str]) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """What stands in the tables of trust and of CMDBs, by instance and table, without the system columns."""
    return {
        instance: rows | final_tables(fleet, instance)
        for instance, rows in tables_of_trust(fleet, instances).items()
    }


def tables_of_trust(fleet: Fleet, instances: Iterable[str]) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """The same of trust alone."""
    return {instance: {table: _rows(fleet, instance, table) for table in SHOWN_TABLES} for instance in instances}


def trust(fleet: Fleet, instances: Iterable[str]) -> Iterator[Trust]:
    """Every trust record of every instance."""
    for instance in instances:
        for row in fleet.show(instance, "sn_mif_trusted_instance"):
            yield Trust(
                trustor=instance,
                trustee=row["trusted_instance"],
                application=row["application"],
                capability=row["capability"],
                version=row["version"],
                origin=row["origin"],
            )


def _rows(fleet: Fleet, instance: str, table: str) -> list[dict[str, Any]]:
    rows = fleet.show(instance, table)
    return [{name: value for name, value in row.items() if name not in SYSTEM_COLUMNS} for row in rows]
