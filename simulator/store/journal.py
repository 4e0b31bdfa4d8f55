"""The journal in a file, and how its tables of trust have changed: what is written there, and read again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from simulator.journal import Alteration, Entry, Outcome
from simulator.store.columns import to_json
from simulator.tables import Traced

ALTERATIONS = "x_trustsim_alteration"

_ENTRY_COLUMNS = (
    "at", "outcome", "code", "explanation", "envelope", "cause", "kind",
    "sender", "recipient", "application", "capability", "operation",
)  # fmt: skip
_entry_values = attrgetter(*_ENTRY_COLUMNS[2:])
_INSERT_ENTRY = (
    f"insert into x_trustsim_journal ({', '.join(_ENTRY_COLUMNS)}) "  # noqa: S608
    f"values ({', '.join('?' * len(_ENTRY_COLUMNS))})"
)
SELECT_ENTRIES = (
    f"select number, {', '.join(_ENTRY_COLUMNS)} from x_trustsim_journal where number > ? order by number"  # noqa: S608
)
SELECT_CAUSES = (
    f"select number, {', '.join(_ENTRY_COLUMNS)} from x_trustsim_journal "  # noqa: S608
    f"where envelope in (select cause from {ALTERATIONS})"
)
SELECT_ALTERATIONS = (
    f"select number, at, cause, table_name, before, after from {ALTERATIONS} where number > ? order by number"  # noqa: S608
)


def insert_entry(connection: sqlite3.Connection, entry: Entry) -> int | None:
    """Adds one entry to the journal; its number."""
    values = (entry.at.isoformat(), str(entry.outcome), *_entry_values(entry))
    return connection.execute(_INSERT_ENTRY, values).lastrowid


def insert_alterations(
    connection: sqlite3.Connection, traced: Iterable[Traced], cause: str, now: datetime
) -> None:
    """Notes how rows have changed, and the id of the envelope that has caused it."""
    for before, after in traced:
        row = after or before
        assert row is not None, "something has changed"
        connection.execute(
            f"insert into {ALTERATIONS} (at, cause, table_name, before, after) values (?, ?, ?, ?, ?)",  # noqa: S608
            (now.isoformat(), cause, row.TABLE, to_json(before), to_json(after)),
        )


def entries(rows: Iterable[Sequence[Any]], owner: str) -> list[tuple[int, Entry]]:
    """What SELECT_ENTRIES or SELECT_CAUSES has found in the file of the instance *owner*, with the numbers."""
    return [
        (
            number,
            Entry(
                instance=owner,
                at=datetime.fromisoformat(at),
                outcome=Outcome(outcome),
                **dict(zip(_ENTRY_COLUMNS[2:], rest, strict=True)),
            ),
        )
        for number, at, outcome, *rest in rows
    ]


def alterations(rows: Iterable[Sequence[Any]], owner: str) -> list[tuple[int, Alteration]]:
    """What SELECT_ALTERATIONS has found in the file of the instance *owner*, with the numbers."""
    return [
        (
            number,
            Alteration(
                instance=owner,
                at=datetime.fromisoformat(at),
                cause=cause,
                table=table,
                before=before and json.loads(before),
                after=after and json.loads(after),
            ),
        )
        for number, at, cause, table, before, after in rows
    ]
