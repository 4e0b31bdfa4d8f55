"""The files that a run has kept, as a fleet that can be known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from simulator.advice.state import tables_of
from simulator.errors import StoreError
from simulator.runtime.clock import EPOCH
from simulator.runtime.reading import ReadFleet
from simulator.scenario.topology import id_in
from simulator.store.reader import Reader
from simulator.tables import Row, Tables
from simulator.trust.directory import DirectoryEntry

R = TypeVar("R", bound=Row)


class KeptFleet(ReadFleet):
    """See KnownFleet. Instances are called as their files are, which is as the scenario calls them."""

    def __init__(self, readers: Mapping[str, Reader], directory: Iterable[DirectoryEntry]) -> None:
        self._readers = readers
        """By the name of the instance."""
        self.names = {reader.owner: name for name, reader in readers.items()}
        """See KnownFleet.names; those whose files are not here have the names that the others have for them."""
        self.names |= {entry.sys_id: entry.name for entry in directory if entry.sys_id not in self.names}

    @property
    def instances(self) -> list[str]:
        """See KnownFleet.instances."""
        return list(self._readers)

    @property
    def missing(self) -> list[str]:
        """The instances that the others know and whose files are not here."""
        return [name for name in self.names.values() if name not in self._readers]

    def reader(self, instance: str) -> Reader:
        """See ReadFleet.reader."""
        return self._readers[instance]

    def now(self) -> datetime:
        """See KnownFleet.now: the last time that a file knows of."""
        return max((latest for reader in self._readers.values() if (latest := reader.latest())), default=EPOCH)


@contextmanager
def kept_fleet(files: Iterable[Path]) -> Iterator[KeptFleet]:
    """The instances with these files, of one fleet; nothing is written. Raises StoreError."""
    with ExitStack() as stack:
        readers: dict[str, Reader] = {}
        directory: dict[str, DirectoryEntry] = {}
        for file in sorted(files):
            reader = stack.enter_context(closing(Reader.open(file, file.stem, is_kept=True)))
            entries = reader.load(DirectoryEntry)
            reader.owner = _owner(file, entries)
            readers[file.stem] = reader
            directory |= {entry.sys_id: entry for entry in entries}
        yield KeptFleet(readers, directory.values())


def _owner(file: Path, entries: Iterable[DirectoryEntry]) -> str:
    """The id of the instance whose file it is; one that was made for a CMDB alone has none but its name."""
    ids = {entry.sys_id: entry for entry in entries}
    for entry in ids.values():  # the file has the name under which its instance began, whatever that is called now
        if entry.sys_id == id_in(entry.account, file.stem):
            return entry.sys_id
    if not ids:
        return file.stem
    raise StoreError(f"{file}: its instance directory has no {file.stem}, so nobody knows whose file it is")


def load_fleet(directory: Path) -> dict[str, Tables]:
    """The tables of all instances of one fleet, by id; nothing is written. Raises StoreError."""
    with kept_fleet(directory.glob("*.sqlite")) as fleet:
        refuse_parts(directory, fleet)
        return {tables.owner: tables for tables in tables_of(fleet).values()}


def refuse_parts(place: Path, fleet: KeptFleet) -> None:
    """Raises StoreError where the file of an instance is missing."""
    if fleet.missing:
        missing = ", ".join(fleet.missing)
        raise StoreError(f"{place}: the file of {missing} is missing; a fleet is judged as a whole")
