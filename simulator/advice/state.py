"""What the instances of a fleet know at one moment, to be judged."""

from __future__ import annotations

from collections.abc import Collection

from simulator.runtime.fleet import KnownFleet
from simulator.tables import Put, Tables
from simulator.trust.directory import DirectoryEntry, called
from simulator.trust.rows import ROW_TYPES

_READ = [row_type for row_type in ROW_TYPES if row_type.IS_READ]


def tables_of(fleet: KnownFleet, instances: Collection[str] | None = None) -> dict[str, Tables]:
    """The tables of these instances by name; None: of all.

    An instance has everywhere the name by which the scenario calls it, also one that was renamed.
    """
    wanted = {id_: name for id_, name in fleet.names.items() if instances is None or name in instances}
    tables = {
        name: Tables(id_, [row for row_type in _READ for row in fleet.load(name, row_type)])
        for id_, name in wanted.items()
    }
    for known in tables.values():
        known.apply([Put(entry) for entry in called(known.all(DirectoryEntry), fleet.names)])
    return tables
