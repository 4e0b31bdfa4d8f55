"""What happened, as values: one entry for each envelope that an instance finished with, and a few without one.

And how the tables of trust came to be as they are: an alteration for each change of a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How an envelope ended at the instance that journalled it."""

    PROCESSED = "processed"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    """It came again and was recognised; nothing was done twice."""
    UNREADABLE = "unreadable"
    EXPIRED = "expired"
    """Journalled by the sender when it gave up, and by a recipient whom it reached too late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of an instance's journal; for an unreadable envelope all but the first four are empty.

    That the broker refuses an instance's certificate is of kind "connection" and about no envelope.
    """

    instance: str
    at: datetime
    outcome: Outcome
    explanation: str = ""
    """Why it was refused or could not be read; empty otherwise."""
    code: str = ""
    envelope: str = ""
    cause: str = ""
    kind: str = ""
    sender: str = ""
    recipient: str = ""
    """Whom the envelope was for; of what an application sends or shares, for whom that is."""
    application: str = ""
    capability: str = ""
    operation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alteration:
    """One change of a row of a table of trust; what was there when the instance was first up is none."""

    instance: str
    at: datetime
    cause: str
    """The id of the envelope or action that has led to it."""
    table: str
    before: Mapping[str, Any] | None
    """The row by the names of its columns; None: it is new."""
    after: Mapping[str, Any] | None
    """The same afterwards; None: it is gone."""


SHORT = 500
"""Most characters of one text of what nobody vouches for: all that honest senders write fits."""


def in_short(entry: Entry) -> Entry:
    """The entry without the length of its texts: anybody can send two megabytes of them as often as he likes."""
    texts: dict[str, Any] = {field.name: getattr(entry, field.name) for field in fields(entry)}
    short: dict[str, Any] = {
        name: f"{text[:SHORT]}..." for name, text in texts.items() if isinstance(text, str) and len(text) > SHORT
    }
    return replace(entry, **short)
