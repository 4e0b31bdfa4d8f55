"""A plan: what Sync Trust Profiles would change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from simulator.report.numbers import counted


class Sign(StrEnum):
    """How a row of a trust table, or what becomes of a message, changes."""

    ADDED = "+"
    CHANGED = "~"
    REMOVED = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustChange:
    """One row of a trust table or of its mirror that a sync would add, change or remove."""

    sign: Sign
    instance: str
    """The instance whose table it is."""
    relation: str
    """"trusts" for the trust table, "is trusted by" for its mirror, Trusting Instances."""
    peer: str
    application: str
    capability: str
    before: str
    """Its version, and in the trust table its origin, such as "1.0.0 profile"; empty for a row to add."""
    after: str
    """The same after the sync; empty for a row to remove."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A message that would be processed where it is refused now (+), or refused where it is processed now (-)."""

    sign: Sign
    sender: str
    recipient: str
    application: str
    capability: str
    operation: str
    by: str
    """The instance that refuses it, before or after."""
    code: str
    """The code with which it is refused, before or after."""
    reason: str
    """What that instance finds then."""
    lines: tuple[int, ...]
    """Where the scenario sends it; empty for a message of a journal."""
    times: int
    """How many such messages there are."""


@dataclass(frozen=True, slots=True)
class Sync:
    """Sync Trust Profiles, on one instance and for one application."""

    manager: str
    application: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would change if every instance that keeps a trust profile selected Sync Trust Profiles."""

    file: str
    name: str
    moment: str
    """Where in the scenario, in words."""
    syncs: tuple[Sync, ...]
    elsewhere: tuple[int, ...]
    """The lines of the scenario's other Sync Trust Profiles steps."""
    changes: tuple[TrustChange, ...]
    messages: int
    """How many messages were judged."""
    flips: tuple[Flip, ...]
    notes: tuple[str, ...]
    """What to know beside it, such as that an instance is not managed and so is left out."""

    def number_of(self, sign: Sign) -> int:
        """How many rows would change so."""
        return sum(change.sign is sign for change in self.changes)

    def flips_to(self, sign: Sign) -> int:
        """How many messages would be processed then (+), or refused (-)."""
        return sum(flip.times for flip in self.flips if flip.sign is sign)

    @property
    def summary(self) -> str:
        """The plan in a sentence."""
        if not self.syncs:
            return "No changes: no instance keeps a trust profile that it could sync."
        flips = f"; {self._flips_in_words()}" if self.messages else ""
        if not self.changes:
            return f"No changes: the trust tables are as Sync Trust Profiles would make them{flips}."
        added, changed, removed = map(self.number_of, (Sign.ADDED, Sign.CHANGED, Sign.REMOVED))
        where = counted(len({change.instance for change in self.changes}), "instance")
        return f"Plan: {added} to add, {changed} to change, {removed} to remove on {where}{flips}."

    def _flips_in_words(self) -> str:
        numbers = [(self.flips_to(Sign.ADDED), "processed"), (self.flips_to(Sign.REMOVED), "refused")]
        flips = [
            f"{counted(number, 'message')} {'flips' if number == 1 else 'flip'} to {verdict}"
            for number, verdict in numbers
            if number
        ]
        return ", ".join(flips) or "no message flips"
