"""Why one instance may send another something or not, and what an instance may do to all others."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table that has to do with it, or that there is none."""

    instance: str
    title: str
    """What people call the table."""
    found: str
    """The row in words; empty: there is none."""
    since: str
    """Since when that is so, and what has led to it."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one side has against it."""

    instance: str
    code: str
    explanation: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether one thing is allowed, and why."""

    what: str
    """The application, capability and operation; or the application whose data is shared."""
    needs: str
    """What has to be so for it."""
    refused: tuple[Said, ...]
    """None: it is allowed. The first is whose word ends it."""
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """One thing that an instance may do to others, or get from them."""

    is_got: bool
    what: str
    operation: str
    peers: tuple[str, ...]
    effect: str
