"""Brings an instance's file to the newest version, each step in the transaction that records it."""

from __future__ import annotations

import sqlite3
from importlib.resources import files

from simulator.errors import StoreError


def migrate(connection: sqlite3.Connection) -> None:
    """Runs the schema files that the database has not seen; `user_version` holds the number of the last one.

    Raises StoreError for a file that a newer simulator has written.
    """
    steps = sorted(
        (entry for entry in files("simulator.store.schema").iterdir() if entry.name.endswith(".sql")),
        key=lambda entry: entry.name,
    )
    (version,) = connection.execute("pragma user_version").fetchone()
    if version > len(steps):
        raise StoreError(
            f"the file has schema version {version}, and this simulator knows {len(steps)}: use a newer one"
        )
    for number, step in enumerate(steps[version:], start=version + 1):
        connection.executescript(f"begin;\n{step.read_text()}\npragma user_version = {number};\ncommit;")
