"""The tables of one instance as a witness knows them, brought up to date by what has changed.

A manager of thousands has thousands of rows, and takes a step for each of its managed instances: whoever read and
judged all of them at every step would make a run cost the square of its fleet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from simulator.tables import Delete, Key, Put, Row, Tables
from simulator.trust.directory import DirectoryEntry

R = TypeVar("R", bound=Row)


class WatchedTables:
    """What was read of an instance last, and what of it is yet to be judged."""

    def __init__(self, owner: str) -> None:
        self.tables = Tables(owner)
        self._rows: dict[type[Row], list[Any]] = {}
        """As they were read last, in their order."""
        self._directory: Mapping[Key, DirectoryEntry] = {}
        self._otherwise: Sequence[DirectoryEntry] = ()
        self._unjudged: list[Row] = []
        self._is_wholly_unjudged = True
        self.is_read = False
        """Whether it ever was."""
        self.is_judged = False
        """Whether all that was read was judged."""

    def read(self, row_type: type[R], rows: list[R]) -> None:
        """These are the rows of a table now."""
        self.is_read, self.is_judged = True, False
        known: list[R] = self._rows.get(row_type, [])
        if rows is known or rows == known:
            return
        self._rows[row_type] = rows
        changed: list[tuple[R, R]] = []
        if rows[: len(known)] != known:  # mostly some have come, and nothing else has happened
            changed = [(before, row) for before, row in zip(known, rows, strict=False) if before != row]
        if len(rows) < len(known) or any(before.key != row.key for before, row in changed):
            self.tables.apply([Delete(row_type, row.key) for row in known])
            known, changed = [], []
        new: list[R] = [row for _, row in changed] + rows[len(known) :]
        self.tables.apply([Put(row) for row in new])
        self._unjudged += new

    def share_directory(
        self, directory: Mapping[Key, DirectoryEntry], otherwise: Sequence[DirectoryEntry] = ()
    ) -> None:
        """What this instance knows of others: a directory that many share, but for these entries.

        Where that is another one, all rows are to be judged by it.
        """
        if directory is not self._directory or otherwise != self._otherwise:
            self._directory, self._otherwise, self._is_wholly_unjudged = directory, otherwise, True
            self.tables.share(DirectoryEntry, directory)
            self.tables.apply([Put(entry) for entry in otherwise])

    def take_unjudged(self) -> Sequence[Row] | None:
        """The rows that nobody has judged yet, which somebody does now; None: all there are."""
        there = [row for row in self._unjudged if self.tables.get(type(row), *row.key) is row]
        rows = None if self._is_wholly_unjudged else there
        self._unjudged, self._is_wholly_unjudged, self.is_judged = [], False, True
        return rows
