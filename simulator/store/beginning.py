"""An instance's kept file as what another run begins with."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from simulator.errors import DiskError
from simulator.store.fault import faults_of
from simulator.store.file import MEMORY, connect_to_read
from simulator.store.migrations import migrate

_WAL_HEADER = slice(18, 20)
"""Where a file says that it is written ahead to a log, which nothing in memory can be."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a kept file has, but for its journal: that of the new run begins anew."""

    content: bytes
    """As a connection serializes it, in the newest schema."""
    latest: datetime | None
    """The last time that it knows of; None where nothing has happened in it."""
    waiting: frozenset[str]
    """The ids of the envelopes that are still to be delivered."""
    directory: Mapping[str, str]
    """The instances that it knows, names by id; none in a file that has a CMDB only."""


def read_beginning(path: Path) -> Beginning:
    """What the file begins a run with; it stays as it is. Raises StoreError for one that is no instance's."""
    with (
        faults_of(path),
        closing(connect_to_read(path, is_kept=True)) as kept,
        closing(sqlite3.connect(MEMORY, isolation_level=None)) as copy,
    ):
        kept.backup(copy)
        migrate(copy)
        beginning = _read(copy)
        copy.execute("delete from x_trustsim_journal")
        content = bytearray(copy.serialize())
    content[_WAL_HEADER] = b"\x01\x01"
    return Beginning(bytes(content), *beginning)


def _read(copy: sqlite3.Connection) -> tuple[datetime | None, frozenset[str], Mapping[str, str]]:
    waiting = frozenset(envelope for (envelope,) in copy.execute("select envelope from x_trustsim_outbox"))
    directory = dict(copy.execute("select sys_id, name from sn_mif_instance"))
    return latest_in(copy), waiting, directory


def latest_in(connection: sqlite3.Connection) -> datetime | None:
    """The last time that an instance's file knows of; None where nothing has happened in it."""
    times = connection.execute("select at from x_trustsim_journal union select at from x_trustsim_cmdb_action")
    return max((datetime.fromisoformat(at) for (at,) in times), default=None)


def write_content(file: Path, content: bytes | None) -> None:
    """Makes the file that an instance begins with, where it begins with one. Raises DiskError."""
    if content is None:
        return
    try:
        file.write_bytes(content)
    except OSError as error:
        raise DiskError(f"{file}: cannot be written: {error.strerror}") from error
