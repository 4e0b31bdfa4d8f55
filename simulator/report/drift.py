"""Drift: where trust profiles and the tables of both sides have moved apart."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum


class DriftState(StrEnum):
    """How two sides stand to one another."""

    SYNCED = "SYNCED"
    MANUAL = "MANUAL"
    """A trust record by hand, outside any profile; both sides know of it, and it is allowed (Q10, Q27)."""
    NOT_SENT = "NOT SENT"
    """The profile says otherwise since it was saved, and has not been synced."""
    STALE = "STALE"
    """One side has an older revision of the profile than the other."""
    LEFT_OUT = "LEFT OUT"
    """The item has arrived, and a rule of the trustor forbids it."""
    ORPHANED = "ORPHANED"
    """A profile has brought the trust record, and no profile has it any more (Q8)."""
    CONTRADICTS = "CONTRADICTS"
    """One side has it so, and the other does not know."""
    PEER_REVOKED_UNNOTICED = "PEER REVOKED UNNOTICED"
    """One side has ended the management, and the other does not know."""

    @property
    def is_drift(self) -> bool:
        """Whether something should be done about it."""
        return self not in {DriftState.SYNCED, DriftState.MANUAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftLine:
    """One relation, profile item or row of a trust table, and how its two sides stand."""

    state: DriftState
    application: str
    subject: str
    """The manager, or who trusts."""
    verb: str
    """"manages" or "trusts"."""
    object: str
    """Who is managed, or trusted."""
    capability: str = ""
    """What is trusted for; empty for management."""
    version: str = ""
    detail: str = ""
    """What the sides have instead; empty where all is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What holding the files of a fleet against each other has shown."""

    directory: str
    instances: tuple[str, ...]
    lines: tuple[DriftLine, ...]

    @property
    def is_drift(self) -> bool:
        """Whether anything has moved apart."""
        return any(line.state.is_drift for line in self.lines)

    @property
    def summary(self) -> str:
        """The result in a sentence."""
        numbers = Counter(line.state for line in self.lines)
        counted = ", ".join(f"{numbers[state]} {state}" for state in DriftState if numbers[state])
        if not self.is_drift:
            return f"No drift: {counted or 'nobody manages or trusts anybody'}."
        return f"Drift: {sum(line.state.is_drift for line in self.lines)} of {len(self.lines)} lines; {counted}."
