"""Rows of any table for who looks into an instance's file: as they are there, and as people read them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.store.cmdb.model import load_hierarchy
from simulator.store.cmdb.reader import CmdbReader
from simulator.store.records.query import show
from simulator.store.records.records import Records

ALL = -1
"""A limit that is none."""


_MOST = 2**63 - 1
"""The largest number that SQLite has."""


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of one table, in one order."""

    rows: list[dict[str, Any]]
    """As they are in the file, but for instances, which have their names."""
    read: list[dict[str, str]]
    """Without empty fields, choices by their labels, and references by the names of what they lead to."""


def find(
    connection: sqlite3.Connection, table: str, encoded_query: str, limit: int, known: Mapping[str, str]
) -> Found:
    """The first *limit* rows that match, with the instances' names by id as *known*. Raises StoreError."""
    rows = show(connection, table, encoded_query, min(limit, _MOST))
    read = Records(connection).as_people_read(table, rows, load_hierarchy(CmdbReader(connection)))
    return Found(_named(rows, known), _named(read, known))


def _named(rows: list[dict[str, Any]], called: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {name: value if name == "sys_id" else called.get(value, value) for name, value in row.items()}
        for row in rows
    ]
