"""The kinds of faults that have a name of their own."""

from __future__ import annotations

from enum import StrEnum


class Spread(StrEnum):
    """How a delay is drawn."""

    CONSTANT = "constant"
    UNIFORM = "uniform"
    EXPONENTIAL = "exponential"


class Signing(StrEnum):
    """What is wrong with how payloads are signed."""

    MISSING = "missing"
    """They are not signed at all."""
    UNKNOWN_KEY = "unknown_key"
    """They are signed with a key that nobody has the public half of."""


class CrashPoint(StrEnum):
    """The moment at which an instance dies."""

    NOW = "now"
    IN_TRANSACTION = "in_transaction"
    """With its next envelope, before the commit: nothing of it has happened."""
    AFTER_COMMIT = "after_commit"
    """With its next envelope, between commit and publish: neither answer nor receipt has left."""
    AFTER_PUBLISH = "after_publish"
    """With its next envelope, after what came of it was published, and before any receipt for that is back."""


class DiskState(StrEnum):
    """What is wrong with an instance's file."""

    FULL = "full"
    LOCKED = "locked"
