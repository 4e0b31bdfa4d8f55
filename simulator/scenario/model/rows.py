"""What the tables of trust and the journals hold, read from the types of their rows.

Ask for it where an expectation needs it and not before, for all of trust comes with it: most files about the CMDB
are read without.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any, get_args, get_type_hints

from simulator.journal import Entry
from simulator.protocol.actions import Action, Timer
from simulator.protocol.messages import WireMessage
from simulator.trust.readiness import RELEASES
from simulator.trust.rows import ROW_TYPES

JOURNAL = "x_trustsim_journal"


def _columns(row_type: Any) -> dict[str, Any]:
    types = get_type_hints(row_type)
    return {column.name: types[column.name] for column in fields(row_type)}


TABLES: Mapping[str, Mapping[str, Any]] = {row_type.TABLE: _columns(row_type) for row_type in ROW_TYPES}
"""The columns of every table of trust, with their types."""

COLUMNS: Mapping[str, Mapping[str, Any]] = {**TABLES, JOURNAL: _columns(Entry)}
"""Those and the fields of a journal's entries."""


def _kind_of(message: type) -> str:
    (kind,) = get_args(get_type_hints(message)["kind"])
    return str(kind)


CHOICES: Mapping[tuple[str, str], Collection[str]] = {
    (JOURNAL, "kind"): (
        "connection",
        *(_kind_of(it) for it in (*get_args(Action), Timer, *get_args(WireMessage))),
    ),
    ("sn_mif_instance", "environment"): ("production", "test", "development"),
    ("sn_mif_instance", "release"): RELEASES,
}
"""The columns of text that only ever hold one of these."""

NAMES: Mapping[tuple[str, str], str] = {
    ("sn_mif_instance", "name"): "instance",
    ("sys_store_app", "name"): "application",
    ("sn_mif_application_capability", "name"): "capability",
    ("sn_mif_capability_operation", "name"): "operation",
    (JOURNAL, "sender"): "instance",
    (JOURNAL, "recipient"): "instance",
}
"""The columns with names that their own name does not tell."""


def is_reference(table: str, column: str) -> bool:
    """Whether the column refers to an instance by its id, and so shows the name that this has in the scenario."""
    if table == JOURNAL:
        return column in {"sender", "recipient"}
    return column in TABLES.get(table, ()) and (column == "instance" or column.endswith("_instance"))
