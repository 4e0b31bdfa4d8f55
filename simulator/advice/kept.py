"""The files that a run has kept, as the tables of its instances."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from simulator.errors import StoreError
from simulator.scenario.topology import id_in
from simulator.store.store import Reader
from simulator.tables import Put, Tables
from simulator.trust import ROW_TYPES
from simulator.trust.directory import DirectoryEntry, called

_READ = [row_type for row_type in ROW_TYPES if row_type.IS_READ]


def load_fleet(directory: Path) -> dict[str, Tables]:
    """The tables of all instances of one fleet, by id; nothing is written. Raises StoreError.

    Instances are called as their files are, which is as the scenario calls them, also where one was renamed.
    """
    fleet: dict[str, Tables] = {}
    directory_of_fleet: dict[str, str] = {}
    names: dict[str, str] = {}
    for path in sorted(directory.glob("*.sqlite")):
        tables = _tables(path)
        fleet[tables.owner] = tables
        names[tables.owner] = path.stem
        directory_of_fleet |= {entry.sys_id: entry.name for entry in tables.all(DirectoryEntry)}
    if missing := [name for id_, name in directory_of_fleet.items() if id_ not in fleet]:
        raise StoreError(f"{directory}: the file of {', '.join(missing)} is missing; a fleet is judged as a whole")
    for tables in fleet.values():
        tables.apply([Put(row) for row in called(tables.all(DirectoryEntry), names)])
    return fleet


def _tables(path: Path) -> Tables:
    with closing(Reader.open(path, path.stem, is_kept=True)) as reader:
        rows = [row for row_type in _READ for row in reader.load(row_type)]
    for row in rows:  # the file has the name under which its instance began, whatever that is called now
        if isinstance(row, DirectoryEntry) and row.sys_id == id_in(row.account, path.stem):
            return Tables(row.sys_id, rows)
    raise StoreError(f"{path}: its instance directory has no {path.stem}, so nobody knows whose file it is")
