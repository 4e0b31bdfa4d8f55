"""What became of each action and message of a run, gathered from the journals of all instances."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from simulator.decision import post_id
from simulator.journal import Entry, Outcome
from simulator.runtime.fleet import Fleet


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one action, or of the message it sent; no outcome means that it is still pending."""

    what: str
    """Such as "subprod1 -> prod1"."""
    outcome: Outcome | None = None
    by: str = ""
    """The name of the instance that decided."""
    code: str = ""
    explanation: str = ""

    def in_words(self) -> str:
        """Such as "subprod1 -> prod1: refused (no_trust_record) by prod1"."""
        if self.outcome is None:
            return f"{self.what}: pending"
        code = f" ({self.code})" if self.code else ""
        return f"{self.what}: {self.outcome}{code} by {self.by}"


class Journals:
    """The journals of all instances of a fleet, read as they grow."""

    def __init__(self, fleet: Fleet, instances: Iterable[str]) -> None:
        self._fleet = fleet
        self._read = dict.fromkeys(instances, 0)
        self._by_envelope: dict[str, list[tuple[str, Entry]]] = defaultdict(list)

    def read(self) -> None:
        """Takes in what has been journalled since the last time."""
        for instance, after in self._read.items():
            for number, entry in self._fleet.journal(instance, after):
                self._read[instance] = number
                self._by_envelope[entry.envelope].append((instance, entry))

    def fate_of_action(self, what: str, action: str) -> Fate:
        """What became of an action, by its envelope's id."""
        return self._fate(what, action)

    def fate_of_message(self, what: str, action: str) -> Fate:
        """What became of the message that a send action led to; a refused send is refused by its sender."""
        sent = self._fate(what, action)
        return self._fate(what, post_id(action, 0)) if sent.outcome is Outcome.PROCESSED else sent

    def _fate(self, what: str, envelope: str) -> Fate:
        """The first word on an envelope counts: a repeat changes nothing, nor does a sender giving up later."""
        for instance, entry in self._by_envelope[envelope]:
            if entry.outcome is not Outcome.DUPLICATE:
                return Fate(what, entry.outcome, instance, entry.code, entry.explanation)
        return Fate(what)
