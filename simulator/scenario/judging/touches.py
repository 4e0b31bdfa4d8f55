"""Whether the faults of a scenario have met any message: one that has not shows nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from simulator.refusal import UNAUTHENTIC
from simulator.report.result import Span
from simulator.runtime.faults import BrokerOutage, ClockSkew, Fault, LinkFault
from simulator.runtime.fleet import Fleet
from simulator.runtime.outbox import RETRY_FIRST
from simulator.scenario.judging.journals import Journals


@dataclass(slots=True)
class _Lasting:
    """The faults of one step."""

    faults: Sequence[Fault]
    begins_at: datetime
    ends_at: datetime | None
    """None: it still lasts, or has lasted until the end."""
    before: Mapping[str, int]
    """By the id of an instance: how much it had journalled when the step was taken."""

    def lasts_during(self, since: datetime, until: datetime | None) -> bool:
        """Whether the faults last at some moment of that time; None: it goes on."""
        return (self.ends_at is None or since < self.ends_at) and (until is None or until >= self.begins_at)


@dataclass(frozen=True, slots=True)
class _Journey:
    """A message: who has sent it to whom, when, and when its recipient had it, if it ever did."""

    sender: str
    recipient: str
    sent_at: datetime
    number: int
    """Of the sender's entry about what led to it."""
    arrived_at: datetime | None


class Touches:
    """Follows faults from their steps to their ends."""

    def __init__(self, fleet: Fleet, journals: Journals) -> None:
        self._fleet = fleet
        self._journals = journals
        self._by_step: dict[int, _Lasting] = {}

    def begins(self, step: int, faults: Sequence[Fault], begins_at: datetime, ends_at: datetime | None) -> None:
        """A step lets something go wrong."""
        self._journals.read()
        before = {id_: len(self._journals.of(name)) for id_, name in self._fleet.names.items()}
        self._by_step[step] = _Lasting(faults, begins_at, ends_at, before)

    def calmed(self, at: datetime) -> None:
        """All faults have ended, or will not begin."""
        for lasting in self._by_step.values():
            lasting.ends_at = at if lasting.ends_at is None else min(lasting.ends_at, at)

    def span(self, step: int) -> Span | None:
        """When the faults of a step begin, and when they have ended or will end; None for a step without any."""
        lasting = self._by_step.get(step)
        return None if lasting is None else Span(lasting.begins_at, lasting.ends_at)

    def are_none(self, step: int) -> bool:
        """Whether a step's faults have met nothing so far; False for a step without any that meet messages."""
        lasting = self._by_step.get(step)
        if lasting is None or not lasting.faults:
            return False
        self._journals.read()
        journeys = list(self._journeys())
        return not any(self._meets(lasting, fault, journeys) for fault in lasting.faults)

    def _meets(self, lasting: _Lasting, fault: Fault, journeys: Sequence[_Journey]) -> bool:
        match fault:
            case LinkFault():
                return any(_is_met_on_its_way(lasting, fault, it) for it in journeys)
            case BrokerOutage():
                return any(lasting.lasts_during(it.sent_at, it.arrived_at) for it in journeys)
            case _:
                name = self._fleet.names[fault.instance]
                since = self._journals.of(name)[lasting.before[fault.instance] :]
                if isinstance(fault, ClockSkew):  # by such a clock nothing can be dated
                    return bool(since)
                return any(lasting.lasts_during(entry.at, entry.at) for entry in since) or any(
                    it.recipient == fault.instance and lasting.lasts_during(it.sent_at, it.arrived_at)
                    for it in journeys
                )

    def _journeys(self) -> Iterator[_Journey]:
        """All messages between instances, arrived or not."""
        place: dict[str, tuple[datetime, int]] = {}
        """By envelope: when it was finished with first, and the number of that entry."""
        for name in self._fleet.names.values():
            for number, entry in enumerate(self._journals.of(name)):
                place.setdefault(entry.envelope, (entry.at, number))
        for id_, name in self._fleet.names.items():
            for entry in self._journals.of(name):
                if entry.code in UNAUTHENTIC:
                    continue  # whatever it says: a sender that was changed on the way is no instance's
                if entry.recipient == id_ != entry.sender and entry.cause in place:
                    sent_at, number = place[entry.cause]
                    # By a clock that is behind it arrives before it was sent.
                    yield _Journey(entry.sender, id_, sent_at, number, max(sent_at, entry.at))
            for _, posted in self._fleet.posted(name):
                to = self._fleet.names[posted.recipient]
                if not posted.is_inside and not self._journals.has_finished(to, posted):
                    _, number = place.get(posted.cause or "", (posted.sent_at, 0))
                    yield _Journey(id_, posted.recipient, posted.sent_at, number, None)


def _is_met_on_its_way(lasting: _Lasting, fault: LinkFault, it: _Journey) -> bool:
    """What was on its way before was let go; it is met when it has to be sent again, or with its receipt."""
    if fault.concerns(it.sender, it.recipient):
        if it.number >= lasting.before[it.sender] and lasting.lasts_during(it.sent_at, it.sent_at):
            return True
        is_late = it.arrived_at is None or it.arrived_at >= lasting.begins_at + RETRY_FIRST
        if is_late and lasting.lasts_during(it.sent_at, it.arrived_at):
            return True
    is_there = it.arrived_at is not None and lasting.lasts_during(it.arrived_at, it.arrived_at)
    return is_there and fault.concerns(it.recipient, it.sender)
