"""Opens an instance's file, and makes sure first that it is one: nothing of a stranger's file is ever run.

What an instance has not made itself is not used: a view may never end, and a trigger may write whatever it likes.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path

from simulator.errors import StoreError
from simulator.store.cells import check_cells
from simulator.store.cmdb.store import CmdbStore
from simulator.store.fault import faults_of
from simulator.store.migrations import make, migrate, newest_version

MEMORY = ":memory:"
"""The path of a store that lives as long as its connection."""

_BETWEEN_LOOKS = 100_000
"""Steps of SQLite's machine, about a millisecond, after which it lets Python see whether Ctrl-C was pressed."""

_VIEW = re.compile(
    r"""CREATE VIEW "?\w+"? as select [\w", ]+ from [a-z][a-z0-9_]* where sys_class_name in \([\w', ]*\)"""
)
"""A class of CIs, or a declared table, as the store makes it (classes.py, declared.py)."""


def connect(path: Path | str, content: bytes | None = None) -> sqlite3.Connection:
    """Opens or creates an instance's file, in the newest schema. Raises StoreError naming the file.

    A new one may begin with *content*, as a connection serializes it.
    """
    with faults_of(path, "cannot be opened as an instance's file"):
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            _prepare(connection, path, content)
        except BaseException:
            connection.close()
            raise
    return connection


def connect_existing(path: Path) -> sqlite3.Connection:
    """Opens an instance's file that is there already, and touches no other. Raises StoreError naming the file."""
    connect_to_read(path, is_kept=True).close()
    connection = connect(path)
    connection.set_progress_handler(_look, _BETWEEN_LOOKS)
    return connection


def connect_to_read(path: Path, *, is_kept: bool = False) -> sqlite3.Connection:
    """Opens an instance's file beside the instance that keeps it, whether that runs or not. Raises StoreError.

    A file that *is_kept* belongs to a run that is over: it is read without leaving a trace beside it, and first
    looked through, for others may have written in it.
    """
    what = "cannot be read as an instance's file"
    try:
        is_file, is_there = path.is_file(), path.exists()
        log = path.with_name(f"{path.name}-wal")
        has_log = log.exists() and log.stat().st_size > 0  # as an instance leaves it that was killed
        uri = path.resolve().as_uri()
    except (OSError, ValueError, RuntimeError) as error:  # a name too long, with a NUL, a circle of links
        raise StoreError(f"{str(path)!r}: {what}: {error}") from error
    if not is_file:
        raise StoreError(f"{path}: {what}: {'it is no file' if is_there else 'there is no such file'}")
    mode = "mode=ro&immutable=1" if is_kept and not has_log else "mode=ro"
    with faults_of(path, what):
        connection = sqlite3.connect(f"{uri}?{mode}", uri=True, isolation_level=None)
        try:
            connection.execute("pragma query_only = on")
            connection.set_progress_handler(_look, _BETWEEN_LOOKS)
            check_origin(connection, path)
            if is_kept:
                check_cells(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def check_origin(connection: sqlite3.Connection, path: Path | str) -> None:
    """Raises StoreError for a file that has something else in it than instances make; runs nothing of it."""
    connection.execute("pragma trusted_schema = off")
    (version,) = connection.execute("pragma user_version").fetchone()
    if version > newest_version():
        raise StoreError(
            f"{path}: the file has schema version {version}, and this simulator knows {newest_version()}: "
            "use a newer one"
        )
    found = connection.execute("select type, name, sql from sqlite_schema").fetchall()
    tables = {name for type_, name, sql in found if type_ == "table" and not _is_virtual(sql)}
    if _JOURNAL not in tables:
        raise StoreError(f"{path}: cannot be read as an instance's file: it has no table {_JOURNAL}")
    for type_, name, sql in found:
        if type_ == "trigger" or _is_virtual(sql) or (type_ == "view" and not _VIEW.fullmatch(sql or "")):
            what = "virtual table" if type_ == "table" else type_
            raise StoreError(
                f"{path}: cannot be used as an instance's file: it has the {what} {name!r}, which no instance "
                f"makes, and nothing of it is run; take a file of `trustsim run --keep` or `trustsim store init`"
            )


_JOURNAL = "x_trustsim_journal"


def _is_virtual(sql: str | None) -> bool:
    return bool(sql) and str(sql).lower().split()[:2] == ["create", "virtual"]


def _look() -> int:
    """Called in Python, where a signal's handler can run; SQLite goes on."""
    return 0


def _prepare(connection: sqlite3.Connection, path: Path | str, content: bytes | None) -> None:
    if path == MEMORY:
        connection.deserialize(content or blank(_SMALL_PAGE))
        connection.execute("pragma cache_size = -64")  # KiB: what is in memory needs no second copy there
        return
    is_new = connection.execute("select 1 from sqlite_schema limit 1").fetchone() is None
    if not is_new:
        check_origin(connection, path)
    connection.execute("pragma journal_mode = wal")
    # NORMAL survives a killed process; only a power cut can take the last commits, and a simulator that lost
    # its power starts over. FULL costs about ten times as much per message.
    connection.execute("pragma synchronous = normal")
    connection.execute("pragma wal_autocheckpoint = 8000")  # pages: a checkpoint waits for the disk
    if is_new:
        with closing(sqlite3.connect(MEMORY)) as made:
            made.deserialize(content or blank(PAGE))
            connection.execute("begin immediate")  # here who has to wait gives up after seconds, a backup never
            connection.execute("rollback")
            made.backup(connection)  # in one transaction: all of it or nothing
        connection.execute("pragma shrink_memory")  # a megabyte of pages, most of which nobody asks for again
    else:
        migrate(connection)


PAGE, _SMALL_PAGE = 4096, 512
"""Bytes of a page: on a disk, and where there are thousands of stores in memory, each with many small tables."""


@cache
def blank(page_size: int) -> bytes:
    """A store in the newest schema with nothing in it: copying it is ten times as quick as making it."""
    with closing(sqlite3.connect(MEMORY, isolation_level=None)) as connection:
        connection.execute(f"pragma page_size = {page_size}")
        make(connection)
        return connection.serialize()


def connect_with_cmdb() -> sqlite3.Connection:
    """A store in memory that has the base data of a CMDB and nothing else."""
    return connect(MEMORY, _with_base_data())


@cache
def _with_base_data() -> bytes:
    with closing(connect(MEMORY)) as connection:
        CmdbStore(connection).install()
        return connection.serialize()
