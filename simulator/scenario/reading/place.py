"""Where the parts of a file stand, in it and in its data."""

from __future__ import annotations

from dataclasses import dataclass

DataPath = tuple[str | int, ...]
"""The keys and indexes that lead to a part of the data, such as ("steps", 3, "send")."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands, counted from 1, and a scalar's text as it is written there."""

    file: str
    line: int
    column: int
    written: str = ""
    path: DataPath | None = None
    """The path to it in its file, where that is another than in the data."""
    within: Place | None = None
    """Where the file is included in which it stands; None: it is the scenario's own."""

    @property
    def outermost(self) -> Place:
        """Where it stands in the scenario's own file: itself, or what includes it."""
        return self if self.within is None else self.within.outermost
