"""Brings an instance's file to the newest version, each step in the transaction that records it."""

from __future__ import annotations

import sqlite3
from functools import cache
from importlib.resources import files

from simulator.store.classes import declare


def migrate(connection: sqlite3.Connection) -> None:
    """Runs the schema files that the database has not seen; `user_version` holds the number of the last one."""
    (version,) = connection.execute("pragma user_version").fetchone()
    for number, step in enumerate(_steps()[version:], start=version + 1):
        connection.executescript(f"begin;\n{step}\npragma user_version = {number};")
        if number == newest_version():
            declare(connection)  # what the classes of an earlier file ask for is made as it is now
        connection.execute("commit")


def newest_version() -> int:
    """The `user_version` of a file that has seen all of them."""
    return len(_steps())


@cache
def _steps() -> list[str]:
    entries = [entry for entry in files("simulator.store.schema").iterdir() if entry.name.endswith(".sql")]
    return [entry.read_text(encoding="utf-8") for entry in sorted(entries, key=lambda entry: entry.name)]
