"""What is on its way between the instances of a fleet, or due there later, and which step has set it going."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from simulator.protocol.actions import ApproveDesignation
from simulator.protocol.envelope import Envelope
from simulator.runtime.fleet import Fleet
from simulator.scenario.judging.journals import Journals

OF_APPLICATIONS = {"capability_message", "capability_answer", "shared_data"}
"""The kinds of messages that build no trust and take none away."""

_NOUNS = {
    "management_request": "request",
    "management_decision": "answer to the request",
    "manager_designation": "naming of a manager",
    "manager_confirmation": "manager's answer",
    "management_revoked": "deletion of the manager",
    "management_ended": "end of the management",
    "trust_profile_sync": "sync",
    "trust_sync_result": "result of the sync",
    "trust_granted": "news of the trust",
    "trust_removed": "news of the trust that is gone",
    "instance_changed": "news of the change",
    "relations": "question how the others see it",
    "capability_message": "message",
    "capability_answer": "answer",
    "grant_state": "news of the grant",
    "shared_data": "data",
}
"""What a message is, by its kind, where that says it in other words."""


def noun_of(kind: str) -> str:
    """What a message of that kind is to people; "of line 8" follows."""
    return _NOUNS.get(kind, kind.replace("_", " "))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that has not arrived, or what an instance is to do by itself later; instances are named."""

    sender: str
    recipient: str
    """The same as the sender for what it is to do by itself."""
    about: str
    """Whom it is about that an instance is to do by itself; otherwise empty."""
    kind: str
    application: str
    line: int | None
    """Of the step that has set it going, in the scenario."""
    since: datetime
    due_at: datetime
    until: datetime
    """When it is given up."""
    is_recipient_up: bool

    @property
    def concerned(self) -> set[str]:
        """The instances for which its arrival changes something."""
        return {self.about} if self.is_timer else {self.recipient}

    @property
    def is_timer(self) -> bool:
        """Whether nothing travels."""
        return self.sender == self.recipient

    @property
    def what(self) -> str:
        """Such as "the sync of line 8"."""
        return f"the {noun_of(self.kind)}{'' if self.line is None else f' of line {self.line}'}"

    def in_words(self) -> str:
        """Such as "the sync of line 8 is still on its way to sub1"."""
        if self.is_timer:
            asked = "" if self.line is None else f" (line {self.line})"
            return f"{self.sender} approves {self.about} by itself{asked} only at {_time(self.due_at)}"
        down = "" if self.is_recipient_up else ", which is not running"
        return f"{self.what} is still on its way to {self.recipient}{down}"

    def as_wait(self) -> str:
        """Who waits for whom: such as "prod1 waits for sub1 to take the sync of line 8, since ..."."""
        return (
            f"{self.sender} waits for {self.recipient} to take {self.what}, since {_time(self.since)} and until "
            f"{_time(self.until)} at most"
        )


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


class Traffic:
    """Knows the steps' actions, and so which of them has led to what is on its way."""

    def __init__(self, fleet: Fleet, journals: Journals) -> None:
        self._fleet = fleet
        self._journals = journals
        self._lines: dict[str, int] = {}
        """By the id of an action: where its step stands."""

    def acted(self, action: str, line: int) -> None:
        """A step has led to that action."""
        self._lines[action] = line

    def of(self, instances: Iterable[str]) -> list[Waiting]:
        """What these instances have posted and what has not arrived yet, oldest first."""
        self._journals.read()
        return [
            self._waiting(instance, due_at, envelope)
            for instance in dict.fromkeys(instances)
            for due_at, envelope in self._fleet.posted(instance)
            if not self._journals.has_finished(self._fleet.names[envelope.recipient], envelope)
        ]

    def still_due(self) -> str:
        """Who waits for whom, since when and until when; empty when nobody who is up waits for anybody who is."""
        up = [name for name in self._fleet.names.values() if self._fleet.is_running(name)]
        waiting = [one.as_wait() for one in self.of(up) if not one.is_timer and one.recipient in up]
        return "; ".join(waiting)

    def _waiting(self, sender: str, due_at: datetime, envelope: Envelope[object]) -> Waiting:
        message, recipient = envelope.message, self._fleet.names[envelope.recipient]
        return Waiting(
            sender=sender,
            recipient=recipient,
            about=self._fleet.names[message.instance] if isinstance(message, ApproveDesignation) else "",
            kind=str(getattr(message, "kind", "")),
            application=getattr(message, "application", ""),
            line=self._line(envelope.cause),
            since=envelope.sent_at,
            due_at=due_at,
            until=envelope.expires_at,
            is_recipient_up=self._fleet.is_running(recipient),
        )

    def _line(self, cause: str | None) -> int | None:
        """Follows the causes back to an action of a step."""
        seen = set[str]()  # a guest's envelope may name itself as its cause
        while cause and cause not in self._lines and cause not in seen:
            seen.add(cause)
            cause = self._journals.cause_of(cause)
        return self._lines.get(cause or "")
