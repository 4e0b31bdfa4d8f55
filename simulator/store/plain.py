"""What one instance has written, as plain values: what a store in memory holds until somebody asks it for SQL.

The same rows in the same order as in a file. Every change can be taken back until its transaction is over.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar

from simulator.journal import Alteration, Entry
from simulator.store.cmdb.names import NAMED
from simulator.store.columns import SqlValue, as_read, stamp, to_json, to_record
from simulator.tables import Change, Delete, Key, Put, Row, Traced

R = TypeVar("R", bound=Row)

_TEXTS = tuple(field.name for field in fields(Entry) if field.name not in {"at", "outcome"})
_ROW_TYPES: dict[str, type[Row]] = {}
"""By table: what its rows are, for every table in which any store ever had one."""

_texts_of = attrgetter(*_TEXTS)


@dataclass(slots=True)
class KeptRow:
    """One row with its system fields."""

    number: int
    """Rows stand in the order of these; one that is changed keeps its place."""
    put: Row
    """As it was put here."""
    created: tuple[str, str]
    """When, as the system fields hold a time, and by whom."""
    updated: tuple[str, str]
    changes: int
    _read: Row | None = field(default=None, init=False)

    @property
    def row(self) -> Row:
        """The row as it comes back from a file; of most rows nobody asks for it."""
        if self._read is None:
            self._read = as_read(self.put)
        return self._read

    def record(self) -> dict[str, SqlValue]:
        """All columns by their names."""
        at, by = self.created
        own: dict[str, SqlValue] = {"sys_created_on": at, "sys_created_by": by, "sys_mod_count": self.changes}
        return to_record(self.put, *self.updated) | own


class Plain:
    """All that is in one store; nothing is journalled, noted or posted twice under the same number."""

    def __init__(self) -> None:
        self.rows: dict[type[Row], dict[Key, KeptRow]] = {}
        self.inbox: dict[tuple[str, str], datetime] = {}
        """By sender and envelope: until when its repeats are recognised at least."""
        self.outbox: dict[str, tuple[int, datetime, str]] = {}
        """By envelope: its number, when it is due, and its body."""
        self.journal: list[Entry] = []
        self.noted: list[tuple[datetime, str, Traced]] = []
        """Alterations: when, through what, and of which row."""
        self._rows_made = 0
        self._loaded: dict[type[Row], list[Any]] = {}
        """What was read of tables that have not changed since."""
        self._undo: list[tuple[dict[Any, Any], Any, Any]] = []
        """What was changed in this transaction: where, at which key, and what was there before or None."""
        self._lengths = 0, 0
        """Of what only grows, when this transaction began."""

    # -- transactions -----------------------------------------------------------------------------------

    def begin(self) -> None:
        """A transaction begins."""
        self._undo.clear()
        self._lengths = len(self.journal), len(self.noted)

    def roll_back(self) -> None:
        """All is as it was when the transaction began."""
        for table, key, before in reversed(self._undo):
            if before is None:
                table.pop(key, None)
            else:
                table[key] = before
        self._undo.clear()
        entries, notes = self._lengths
        del self.journal[entries:], self.noted[notes:]
        self._loaded.clear()
        for kept in self.rows.values():  # what was deleted is back, and must be where it was
            _put_in_order(kept, attrgetter("number"))
        _put_in_order(self.outbox, lambda post: post[0])

    def _set(self, table: dict[Any, Any], key: Any, value: Any) -> None:
        self._undo.append((table, key, table.get(key)))
        table[key] = value

    def _drop(self, table: dict[Any, Any], key: Any) -> None:
        if key in table:
            self._undo.append((table, key, table.pop(key)))

    # -- rows -------------------------------------------------------------------------------------------

    def apply(self, changes: Sequence[Change], now: datetime, by: str) -> None:
        """See Store.apply."""
        written = stamp(now), by
        for change in changes:
            match change:
                case Put(row):
                    self._put(row, written)
                case Delete(row_type, key):
                    self._loaded.pop(row_type, None)
                    self._drop(self.rows.get(row_type, {}), key)

    def _put(self, row: Row, written: tuple[str, str]) -> None:
        before = self.rows.get(type(row), {}).get(row.key)
        if before is None:
            self.adopt(row, written)
        else:
            self._keep(KeptRow(before.number, row, before.created, written, before.changes + 1))

    def adopt(self, row: Row, written: tuple[str, str]) -> None:
        """The row is here, as it was *written*, which may be long ago; not if there is one with its key."""
        if row.key not in self.rows.get(type(row), {}):
            self._rows_made += 1
            self._keep(KeptRow(self._rows_made, row, written, written, 0))

    def _keep(self, kept: KeptRow) -> None:
        row_type = type(kept.put)
        _ROW_TYPES[row_type.TABLE] = row_type
        self._loaded.pop(row_type, None)
        self._set(self.rows.setdefault(row_type, {}), kept.put.key, kept)

    def load(self, row_type: type[R]) -> list[R]:
        """See Reader.load; the same list until something changes, and whoever has it leaves it as it is."""
        rows = self.rows.get(row_type)
        if not rows:
            return []
        if row_type not in self._loaded:
            self._loaded[row_type] = [kept.row for kept in rows.values()]
        return self._loaded[row_type]

    def row_type(self, table: str) -> type[Row] | None:
        """What the rows of a table are; None where there never was one."""
        row_type = _ROW_TYPES.get(table)
        return row_type if row_type in self.rows else None

    def records(self, row_type: type[Row]) -> list[dict[str, SqlValue]]:
        """The rows of a table, all their columns by name."""
        return [kept.record() for kept in self.rows[row_type].values()]

    def names(self, sys_ids: Sequence[str]) -> dict[str, str]:
        """See Reader.names."""
        return {
            id_: getattr(kept.put, NAMED[row_type.TABLE])
            for row_type, rows in self.rows.items()
            if row_type.TABLE in NAMED
            for id_ in sys_ids
            if (kept := rows.get((id_,)))
        }

    # -- what Store has besides -------------------------------------------------------------------------

    def remember(self, sender: str, envelope_id: str, forget_at: datetime) -> bool:
        """See Store.remember."""
        is_new = (sender, envelope_id) not in self.inbox
        if is_new:
            self._set(self.inbox, (sender, envelope_id), forget_at)
        return is_new

    def forget(self, now: datetime) -> None:
        """See Store.forget."""
        for key in [key for key, forget_at in self.inbox.items() if forget_at <= now]:
            self._drop(self.inbox, key)

    def post(self, envelope_id: str, due_at: datetime, body: str) -> None:
        """See Store.post."""
        assert envelope_id not in self.outbox, "an envelope is posted once"
        last = next(reversed(self.outbox.values()))[0] if self.outbox else 0
        self._set(self.outbox, envelope_id, (last + 1, due_at, body))

    def unpost(self, envelope_ids: Iterable[str]) -> None:
        """See Store.unpost."""
        for id_ in envelope_ids:
            self._drop(self.outbox, id_)

    def note(self, traced: Iterable[Traced], cause: str, now: datetime) -> None:
        """See Store.note."""
        self.noted += [(now, cause, each) for each in traced]

    def record(self, entry: Entry) -> None:
        """See Store.record; a code or a kind is a plain text in a file."""
        if any(type(text) is not str for text in _texts_of(entry)):
            texts: dict[str, Any] = {name: str(getattr(entry, name)) for name in _TEXTS}
            entry = replace(entry, **texts)
        self.journal.append(entry)

    def entries(self, after: int) -> list[tuple[int, Entry]]:
        """See Reader.journal."""
        return list(enumerate(self.journal[after:], start=after + 1)) if after < len(self.journal) else []

    def alterations(self, owner: str, after: int) -> list[tuple[int, Alteration]]:
        """See Reader.alterations."""
        return [
            (number, _alteration(owner, *noted))
            for number, noted in enumerate(self.noted[after:], start=after + 1)
        ]


def _put_in_order(table: dict[Any, Any], number: Callable[[Any], int]) -> None:
    in_order = sorted(table.items(), key=lambda item: number(item[1]))
    table.clear()
    table.update(in_order)


def _alteration(owner: str, at: datetime, cause: str, traced: Traced) -> Alteration:
    before, after = traced
    row = after or before
    assert row is not None, "something has changed"
    return Alteration(
        instance=owner,
        at=at,
        cause=cause,
        table=row.TABLE,
        before=_as_noted(before),
        after=_as_noted(after),
    )


def _as_noted(row: Row | None) -> dict[str, Any] | None:
    text = to_json(row)
    return None if text is None else json.loads(text)
