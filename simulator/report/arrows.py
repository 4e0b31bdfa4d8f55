"""What passed between instances, as the arrows of a sequence diagram: one for each entry of a journal.

And one for each envelope that nobody has said anything of. What an instance did by itself, and what reached it
without telling from whom, is an arrow from the instance to itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from simulator.journal import Entry, Outcome
from simulator.report.result import RunResult, StepResult, Undelivered


class Fate(StrEnum):
    """What became of an arrow."""

    PROCESSED = "processed"
    REFUSED = "refused"
    REPEATED = "repeated"
    """It came again and was recognised."""
    UNREADABLE = "unreadable"
    EXPIRED = "expired"
    """It came too late, or its sender gave it up without a receipt."""
    LOST = "lost"
    """Nobody has said anything of it when the run was over."""


_FATES = {
    Outcome.PROCESSED: Fate.PROCESSED,
    Outcome.REFUSED: Fate.REFUSED,
    Outcome.DUPLICATE: Fate.REPEATED,
    Outcome.UNREADABLE: Fate.UNREADABLE,
    Outcome.EXPIRED: Fate.EXPIRED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """From its sender to its recipient; names of instances."""

    sender: str
    recipient: str
    sent_at: datetime
    """When its sender did what it came of."""
    arrived_at: datetime | None
    """None: it never arrived."""
    fate: Fate
    by: str
    """The instance that has said so; empty where nobody has."""
    kind: str
    """Such as "trust_profile_sync"; empty for one that could not be read."""
    application: str
    capability: str
    operation: str
    code: str
    explanation: str
    envelope: str
    cause: str
    """The envelope that has led to it; empty for what somebody did."""
    step: int
    """The number of the step that has set it going; 0: it came before the first."""

    @property
    def is_inside(self) -> bool:
        """Whether it stays at its instance."""
        return self.sender == self.recipient

    @property
    def at(self) -> datetime:
        """When it comes to its end, as far as that is known."""
        return self.arrived_at or self.sent_at

    @property
    def what(self) -> str:
        """What it is, in words, such as "trust profile sync Impact Health"."""
        kind = self.kind.replace("_", " ") or "an envelope"
        return f"{kind} {self.about}".rstrip()

    @property
    def about(self) -> str:
        """Application, capability and operation, as far as it has them."""
        return " > ".join(part for part in (self.application, self.capability, self.operation) if part)


class Archer:
    """Draws the arrows of a run that may still be going on; entries come with instances named, in their order."""

    def __init__(self) -> None:
        self._done_at: dict[str, datetime] = {}
        """By envelope or action: when its instance has finished with it."""
        self._step_of: dict[str, int] = {}
        """By envelope or action."""
        self._steps: list[tuple[datetime, int]] = []

    def step(self, result: StepResult) -> None:
        """A step was taken."""
        self._step_of |= dict.fromkeys(result.actions, result.number)
        self._steps.append((result.began, result.number))

    def entry(self, entry: Entry) -> Arrow:
        """The arrow of an entry of a journal."""
        sender, recipient = entry.sender or entry.instance, entry.recipient or entry.instance
        is_own = sender == entry.instance
        arrived_at: datetime | None = entry.at
        if is_own and entry.outcome is Outcome.EXPIRED and recipient != sender:
            arrived_at = None
        elif is_own or entry.kind == "connection":
            recipient = sender = entry.instance  # of what is for another, an arrow of its own tells
        else:
            recipient = entry.instance
        sent_at = self._done_at.get(entry.cause, entry.at)
        step = self._step(entry.envelope, entry.cause, sent_at)
        self._done_at.setdefault(entry.envelope, entry.at)
        return Arrow(
            sender=sender,
            recipient=recipient,
            sent_at=min(sent_at, entry.at),  # clocks disagree
            arrived_at=arrived_at,
            fate=_FATES[entry.outcome],
            by=entry.instance,
            kind=entry.kind,
            application=entry.application,
            capability=entry.capability,
            operation=entry.operation,
            code=entry.code,
            explanation=entry.explanation,
            envelope=entry.envelope,
            cause=entry.cause,
            step=step,
        )

    def undelivered(self, it: Undelivered) -> Arrow:
        """The arrow of an envelope that nobody has said anything of."""
        return Arrow(
            sender=it.sender,
            recipient=it.recipient,
            sent_at=it.sent_at,
            arrived_at=None,
            fate=Fate.LOST,
            by="",
            kind=it.kind,
            application=it.application,
            capability=it.capability,
            operation=it.operation,
            code="",
            explanation="",
            envelope=it.envelope,
            cause=it.cause,
            step=self._step(it.envelope, it.cause, it.sent_at),
        )

    def _step(self, envelope: str, cause: str, at: datetime) -> int:
        """The step at which a chain of causes begins; where that is not known, the last one begun by then."""
        step = self._step_of.get(envelope) or self._step_of.get(cause)
        if step is None:
            step = next((number for began, number in reversed(self._steps) if began <= at), 0)
        if envelope:
            self._step_of[envelope] = step
        return step


def arrows_of(result: RunResult) -> list[Arrow]:
    """The arrows of a run, in the order in which they came to their ends; at one moment in that of steps."""
    archer = Archer()
    for step in result.steps:
        archer.step(step)
    arrows = [archer.entry(entry) for entry in result.journal]
    arrows += [archer.undelivered(each) for each in result.undelivered]
    return sorted(arrows, key=lambda arrow: (arrow.at, arrow.step))
