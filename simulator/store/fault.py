"""What SQLite says against a file, as a fault that names the file and the disk below it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simulator.errors import DamageError, DiskError, StoreError

UNNAMED = "the instance's file"
"""What a store in memory is called in a fault."""

_OF_THE_DISK = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOLFS,
}
_WANTS_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
"""What SQLite says for want of room, among other reasons."""

_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT}

_NEARLY_NOTHING = 64 * 1024
"""Bytes: what SQLite wants at once, for the index beside its log. With less it says "disk I/O error"."""


@contextmanager
def faults_of(file: Path | str, what: str = "the file cannot be used") -> Iterator[None]:
    """Raises what SQLite raises inside as StoreError; one that was interrupted ends as Ctrl-C does."""
    try:
        yield
    except sqlite3.Error as error:
        raise fault_of(file, error, what) from error


def fault_of(file: Path | str, error: sqlite3.Error, what: str = "the file cannot be used") -> BaseException:
    """The fault that *error* is of this file; where it is a mistake of ours it is raised as it is."""
    if isinstance(error, sqlite3.ProgrammingError):
        raise error
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the rest says more of the same
    if code == sqlite3.SQLITE_INTERRUPT:
        return KeyboardInterrupt()
    disk = Path(file).absolute().parent
    if code == sqlite3.SQLITE_FULL or (code in _WANTS_ROOM and _is_full(disk)):
        return DiskError(
            f"{file}: {what}: no space left on the disk of {disk}; make room, or keep files elsewhere"
        )
    if code in _OF_THE_DISK:
        return DiskError(f"{file}: {what}: {error}; the disk is that of {disk}")
    return (DamageError if code in _DAMAGE else StoreError)(f"{file}: {what}: {error}")


def misfit_of(error: StoreError) -> str | None:
    """What does not fit its table, in words, where that is the fault; SQLite names the columns after a colon."""
    cause = error.__cause__
    if not isinstance(cause, sqlite3.IntegrityError):
        return None
    what, _, named = str(cause).partition(": ")
    columns = " and ".join(each.partition(".")[2] for each in named.split(", "))
    if what.startswith("UNIQUE"):
        return f"There is another record with this {columns}."
    return f"A record of this table needs {columns}."


def file_of(connection: sqlite3.Connection) -> str:
    """The file behind a connection, to name it in a fault."""
    try:
        [(name,)] = connection.execute("select file from pragma_database_list where name = 'main'")
    except sqlite3.Error:
        name = ""
    return name or UNNAMED


def _is_full(disk: Path) -> bool:
    """Whether next to nothing can be written there, or no further file be made."""
    try:
        room = os.statvfs(disk)
    except OSError:
        return False
    return room.f_bavail * room.f_frsize < _NEARLY_NOTHING or (room.f_files > 0 and room.f_favail == 0)
