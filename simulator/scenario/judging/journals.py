"""The journals of all instances of a run, and the fates that they tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, repeat
from operator import itemgetter
from typing import Any

from simulator.catalogue.refusals import with_rule
from simulator.journal import Entry, Outcome
from simulator.protocol.envelope import Envelope, kept_as
from simulator.refusal import UNAUTHENTIC
from simulator.runtime.fleet import Fleet
from simulator.scenario.judging.fates import Fate
from simulator.scenario.judging.responses import response_to

_SYNC = "trust_profile_sync"

_FOR_THE_CMDB = {"identify", "capability_message"}
"""The kinds of what a CMDB may answer."""


class Journals:
    """The journals of all instances of a fleet, read as they grow."""

    def __init__(self, fleet: Fleet, instances: Iterable[str]) -> None:
        self._fleet = fleet
        self._read = dict.fromkeys(instances, 0)
        self._position = {instance: position for position, instance in enumerate(self._read)}
        self._mark = 0
        """See Fleet.moved_since."""
        self._ids = {name: id_ for id_, name in fleet.names.items()}
        self._by_envelope: dict[tuple[str, str], list[tuple[str, Entry]]] = defaultdict(list)
        """By sender and id."""
        self._entries: dict[str, list[Entry]] = {instance: [] for instance in self._read}
        self._causes: dict[str, str] = {}
        """By envelope."""
        self._syncs: dict[tuple[str, str, str], tuple[str, str]] = {}
        """By the action that a sync comes from, the application and who gets it: sender and id of its envelope."""
        self._final: dict[tuple[str, str, str], Fate] = {}
        """The fates that have come and do not change any more; whoever waits asks for them again and again."""
        self._responses: dict[tuple[str, str], Mapping[str, Any] | None] = {}
        """By instance and envelope; what a CMDB has answered is committed with what was journalled of it."""

    def read(self) -> None:
        """Takes in what has been journalled since the last time, of each instance in the order of the file."""
        moved, self._mark = self._fleet.moved_since(self._mark)
        for instance in sorted(self._position.keys() & moved, key=self._position.__getitem__):
            self.read_of(instance)

    def read_of(self, instance: str) -> None:
        """Takes in what one instance has journalled since the last time."""
        for number, entry in self._fleet.journal(instance, self._read[instance]):
            self._read[instance] = number
            self._by_envelope[entry.sender, entry.envelope].append((instance, entry))
            self._entries[instance].append(entry)
            if entry.code in UNAUTHENTIC:
                continue  # whatever it says
            if entry.cause:
                self._causes.setdefault(entry.envelope, entry.cause)
            if entry.kind == _SYNC:
                to = self._fleet.names[entry.recipient]
                self._syncs[entry.cause, entry.application, to] = (entry.sender, entry.envelope)

    def of(self, instance: str) -> Sequence[Entry]:
        """All that was read of one instance, as it stands there."""
        return self._entries[instance]

    def number_of(self, outcome: Outcome) -> int:
        """How many envelopes have ended so, by all that was read."""
        return sum(entry.outcome is outcome for entries in self._entries.values() for entry in entries)

    def entries(self) -> list[Entry]:
        """All that was read, in the order of time and then of instances, with names in the place of ids.

        An instance's own entries stay in their order, also where its clock has stepped back between them.
        """
        read = []
        for instance, entries in self._entries.items():
            at = accumulate((entry.at for entry in entries), max)
            read += list(zip(at, repeat(instance), entries, strict=False))
        name = self._fleet.names
        return [
            replace(
                entry,
                instance=instance,
                sender=name.get(entry.sender, entry.sender),
                recipient=name.get(entry.recipient, entry.recipient),
            )
            for _, instance, entry in sorted(read, key=itemgetter(0))
        ]

    def fate_of_action(self, instance: str, action: str) -> Fate:
        """What became of an action on an instance, by its envelope's id."""
        return self.fate_of_envelope(instance, self._ids[instance], action)

    def fate_of_message(self, sender: str, to: str, action: str) -> Fate:
        """What became of the message that a send action led to; a refused send is refused by its sender."""
        what, id_ = f"{sender} -> {to}", self._ids[sender]
        sent = self.fate_of_envelope(what, id_, action)
        if sent.outcome is not Outcome.PROCESSED:
            return sent
        return self.fate_of_envelope(what, id_, self._fleet.post_ids(sender).of(action, 0))

    def fate_of_sync(self, action: str, application: str, target: str) -> Fate:
        """What became of what a sync has sent to one of its instances for one application."""
        sync = self._syncs.get((action, application, target))
        return Fate(target) if sync is None else self.fate_of_envelope(target, *sync)

    def has_finished(self, instance: str, envelope: Envelope[Any]) -> bool:
        """Whether an instance has finished with an envelope, so that only the receipt for it may be on its way."""
        entries = self._by_envelope.get((envelope.sender, envelope.id), ())
        return any(by == instance and entry.code not in UNAUTHENTIC for by, entry in entries)

    def cause_of(self, envelope: str) -> str | None:
        """What has led to an envelope, by what is journalled of it; None for an action."""
        return self._causes.get(envelope)

    def fate_of_envelope(self, what: str, sender: str, envelope: str) -> Fate:
        """What became of an envelope, by the ids of its sender and itself.

        The first word on an envelope counts: a repeat changes nothing, nor does a sender giving up later.

        That a copy was not authentic says nothing about the envelope, unless nothing else is ever heard of it.
        """
        if (what, sender, envelope) in self._final:
            return self._final[what, sender, envelope]
        fate = Fate(what)
        for instance, entry in self._by_envelope.get((sender, envelope), ()):
            if entry.outcome is not Outcome.DUPLICATE:
                explanation = with_rule(entry.code, entry.explanation)
                fate = Fate(
                    what, entry.outcome, instance, entry.code, explanation, self._response(instance, entry)
                )
                if entry.code not in UNAUTHENTIC:
                    self._final[what, sender, envelope] = fate
                    break
        return fate

    def _response(self, instance: str, entry: Entry) -> Mapping[str, Any] | None:
        if entry.outcome is not Outcome.PROCESSED or entry.kind not in _FOR_THE_CMDB:
            return None
        is_inside = entry.sender == entry.instance
        key = (instance, entry.envelope if is_inside else kept_as(entry.sender, entry.envelope))
        if key not in self._responses:
            self._responses[key] = response_to(self._fleet, *key)
        return self._responses[key]
