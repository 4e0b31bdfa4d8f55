"""Records as the engine sees them: what it reads, and what it wants written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

Value = str | None
"""As the product keeps them in a payload: text; None where a record has nothing."""

Record = dict[str, Value]
"""A row by column; always with `sys_id`, and a CI also with `sys_class_name` and `sys_domain`."""


def stamp_of(now: datetime) -> str:
    """A time as records keep it."""
    return f"{now.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def of_class(table: str, rows: Iterable[Record]) -> list[Record]:
    """Records of a table that is no class; those that say none have the table as their class."""
    return [{"sys_class_name": table, **row} for row in rows]


class Reader(Protocol):
    """What the engine reads through: a store, or plain lists in a test."""

    def rows(
        self,
        table: str,
        columns: tuple[str, ...],
        keys: Iterable[tuple[Value, ...]],
        fields: frozenset[str] | None = None,
    ) -> list[Record]:
        """The rows of *table*, its subclasses included, whose *columns* equal one of the *keys*, each row once.

        Rows come in the order in which they were created, equally old ones by sys_id. One call is one indexed
        query, however many keys there are; the engine makes a bounded number of calls for a payload. Of CIs only
        these *fields* are read, where it is said which are asked for: a CI has hundreds, and most are empty.
        """
        ...

    def is_empty(self, table: str) -> bool:
        """Whether *table* has no rows at all."""
        ...


@dataclass(slots=True)
class ChangeSet:
    """What a payload makes of the records; applied in one transaction or not at all."""

    inserts: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    """New rows by table, in order; a CI's under its own class."""
    updates: dict[str, dict[str, Record]] = field(default_factory=lambda: defaultdict(dict))
    """By table and sys_id: the columns that change. A change of `sys_class_name` moves a CI to that class."""
    deletes: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """By table the sys_ids of rows that go away: stored partial payloads, once they are merged."""


def joined(parts: Iterable[ChangeSet]) -> ChangeSet:
    """All changes in one: the rows in order, and of what several say of one column the last."""
    whole = ChangeSet()
    for part in parts:
        for table, records in part.inserts.items():
            whole.inserts[table] += records
        for table, updates in part.updates.items():
            known = whole.updates[table]
            for sys_id, changed in updates.items():
                known[sys_id] = {**known[sys_id], **changed} if sys_id in known else changed
        for table, sys_ids in part.deletes.items():
            whole.deletes[table] += sys_ids
    return whole
