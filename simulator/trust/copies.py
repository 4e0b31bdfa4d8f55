"""Rows that travel from one instance to another, or from an older state of the same: clones and restores.

What an instance *is* never travels: its id, its keys and certificate, its plugins and properties, the directory
and what it is in the middle of sending. Applications and their data do, and so do the tables of trust unless they
are preserved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue, TypeAdapter

from simulator.protocol.messages import Payload
from simulator.tables import Change, Delete, Row, Tables
from simulator.trust.application import Application, Capability, Operation
from simulator.trust.assignment import AssignedUser
from simulator.trust.capability import ReceivedData
from simulator.trust.directory import DirectoryEntry
from simulator.trust.management import Managed, ManagedBy
from simulator.trust.profile import ProfileItem, TrustProfile
from simulator.trust.record import TrustingInstance, TrustRecord
from simulator.trust.settings import Settings
from simulator.trust.sharing import SharingApplication, TrustConfig
from simulator.trust.sync import SyncStatus

APPLICATION_ROWS: tuple[type[Row], ...] = (Application, Capability, Operation, SharingApplication, Settings)
"""What is installed, and how it is set; a clone brings its source's."""

TRUST_ROWS: tuple[type[Row], ...] = (
    ManagedBy,
    Managed,
    TrustProfile,
    ProfileItem,
    SyncStatus,
    TrustRecord,
    TrustingInstance,
    AssignedUser,
    TrustConfig,
)
"""What an instance has agreed with others; every row of them says something about the instance that holds it."""

COPIED_ROWS: tuple[type[Row], ...] = (*APPLICATION_ROWS, *TRUST_ROWS, ReceivedData)
"""All that a clone or a restore is about."""

_BY_TABLE = {row_type.TABLE: row_type for row_type in COPIED_ROWS}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedRow(Row):
    """A row that a clone has brought along and that is not in force here, for it speaks of its source (Q20)."""

    TABLE = "x_trustsim_quarantine"
    KEY = ("table_name", "record")
    IS_READ = False
    table_name: str
    record: str
    """The values of the row's key, as text."""
    source_instance: str
    content: Payload


def copy(rows: Iterable[Row]) -> Payload:
    """The rows as JSON, by table."""
    copied: dict[str, list[JsonValue]] = defaultdict(list)
    for row in rows:
        copied[row.TABLE].append(_adapter(type(row)).dump_python(row, mode="json"))
    return dict(copied)


def paste(copied: Payload) -> list[Row]:
    """The reverse of `copy`. Raises KeyError or ValidationError for what it has not written."""
    return [
        _adapter(_BY_TABLE[table]).validate_python(content)
        for table, contents in copied.items()
        for content in _listed(contents)
    ]


def quarantined(row: Row, source: str) -> QuarantinedRow:
    """The row as it is kept in quarantine."""
    return QuarantinedRow(
        table_name=row.TABLE,
        record=" > ".join(row.key),
        source_instance=source,
        content=_adapter(type(row)).dump_python(row, mode="json"),
    )


def without(tables: Tables, row_types: Iterable[type[Row]]) -> tuple[Change, ...]:
    """What empties these tables."""
    return tuple(Delete(row_type, row.key) for row_type in row_types for row in tables.all(row_type))


def speaks_of(row: Row, instance: str) -> bool:
    """Whether the row is about that instance."""
    return instance in _instances_in(row)


def speaks_of_present(tables: Tables, row: Row) -> bool:
    """Whether all instances that the row is about are in the directory and not retired."""
    entries = (tables.get(DirectoryEntry, id_) for id_ in _instances_in(row))
    return all(entry is not None and not entry.retired for entry in entries)


def _instances_in(row: Row) -> Iterator[str]:
    for column in _instance_columns(type(row)):
        yield getattr(row, column)


def _instance_columns(row_type: type[Row]) -> tuple[str, ...]:
    names: Iterable[str] = row_type.__dataclass_fields__  # type: ignore[attr-defined]
    return tuple(name for name in names if name == "instance" or name.endswith("_instance"))


def _adapter(row_type: type[Row]) -> TypeAdapter[Any]:
    if row_type not in _ADAPTERS:
        _ADAPTERS[row_type] = TypeAdapter(row_type)
    return _ADAPTERS[row_type]


_ADAPTERS: dict[type[Row], TypeAdapter[Any]] = {}
"""Made when they are first needed, for that takes longer than to start an instance."""


def _listed(contents: object) -> list[Any]:
    assert isinstance(contents, list), "copy writes a list for every table"
    return contents
