"""What an instance has promised to deliver, and when it tries again.

Envelopes to one peer about one application form a channel and travel one at a time: the next leaves when the
receipt for the one before has come. So they arrive in the order of posting whatever the network does, and
nothing has to be numbered or held back by the recipient. A channel whose peer is away waits; others go on.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from simulator.protocol.actions import Timer
from simulator.protocol.envelope import Envelope
from simulator.protocol.messages import PeerMessage

Channel = tuple[str, str]
"""Recipient and application: what keeps its order."""

RETRY_FIRST = timedelta(seconds=2)
"""Far above a round trip through a busy broker, so that a repeat means a loss."""

RETRY_MAX = timedelta(minutes=5)
"""A peer that comes back announces itself, so this bounds only the wait after a silent loss."""


@dataclass(slots=True)
class _Channel:
    waiting: deque[Envelope[PeerMessage]] = field(default_factory=deque)
    attempts: int = 0
    """How often the first of those waiting has been published."""
    due_at: datetime | None = None
    """When the first of those waiting is published (again)."""


@dataclass(frozen=True, slots=True)
class Due:
    """What has become due: envelopes to publish, timers to handle, and envelopes given up."""

    publish: list[Envelope[PeerMessage]]
    timers: list[Envelope[Timer]]
    expired: list[Envelope[PeerMessage]]


class Outbox:
    """The schedule of one instance's deliveries and timers; the store keeps the same envelopes on disk."""

    def __init__(self) -> None:
        self._channels: dict[Channel, _Channel] = {}
        self._channel_of: dict[str, Channel] = {}
        self._timers: dict[str, tuple[datetime, Envelope[Timer]]] = {}
        self._schedule: list[tuple[datetime, int, Channel | str]] = []
        self._tie = count()

    def __len__(self) -> int:
        """How many envelopes to peers have no receipt yet."""
        return len(self._channel_of)

    def waiting_for(self) -> dict[str, int]:
        """How many envelopes wait for the receipts of each recipient."""
        waiting: dict[str, int] = {}
        for (recipient, _), channel in self._channels.items():
            waiting[recipient] = waiting.get(recipient, 0) + len(channel.waiting)
        return waiting

    def awaited(self) -> Iterator[str]:
        """The recipients of envelopes that wait for receipts, one for each channel."""
        return (recipient for recipient, _ in self._channels)

    def add(self, envelope: Envelope[PeerMessage], now: datetime) -> None:
        """An envelope to a peer: at the end of its channel."""
        key = (envelope.recipient, getattr(envelope.message, "application", ""))
        channel = self._channels.setdefault(key, _Channel())
        channel.waiting.append(envelope)
        self._channel_of[envelope.id] = key
        if len(channel.waiting) == 1:
            self._start(key, channel, now)

    def add_timer(self, envelope: Envelope[Timer], due_at: datetime) -> None:
        """An envelope to oneself."""
        self._timers[envelope.id] = (due_at, envelope)
        self._push(due_at, envelope.id)

    def receipted(self, envelope_ids: Iterable[str], by: str, now: datetime) -> list[str]:
        """The recipient *by* has them: their channels move on. Returns the ids that were waiting for it."""
        known = []
        for id_ in envelope_ids:
            key = self._channel_of.get(id_)
            if key is None or key[0] != by:
                continue
            if self._channels[key].waiting[0].id == id_:  # only the first of a channel was published
                self._remove(id_, now)
                known.append(id_)
        return known

    def retry(self, now: datetime, recipient: str | None = None) -> None:
        """Something has changed for that recipient, or for all: what waits is published at once."""
        for key, channel in self._channels.items():
            if recipient in {None, key[0]}:
                self._start(key, channel, now)

    def clock_stepped(self, now: datetime) -> None:
        """The clock may have stepped back: no repeat is further away than repeats ever are."""
        for key, channel in self._channels.items():
            if channel.due_at is not None and channel.due_at > now + RETRY_MAX:
                self._schedule_channel(key, channel, now)

    def due(self, now: datetime) -> Due:
        """Takes what is due at *now*; what is published stays until its receipt and is due again later."""
        due = Due([], [], [])
        while (next_due := self.next_due()) is not None and next_due <= now:
            _, _, what = heapq.heappop(self._schedule)
            if isinstance(what, str):
                due.timers.append(self._timers.pop(what)[1])
                continue
            channel = self._channels[what]
            head = channel.waiting[0]
            if head.expires_at <= now:
                due.expired.append(head)
                self._remove(head.id, now)
                continue
            due.publish.append(head)
            wait = min(RETRY_FIRST * 2**channel.attempts, RETRY_MAX)
            channel.attempts = min(channel.attempts + 1, 16)
            self._schedule_channel(what, channel, min(now + wait, head.expires_at))
        return due

    def next_timer(self) -> datetime | None:
        """When the next of the envelopes to oneself is due."""
        return min((due_at for due_at, _ in self._timers.values()), default=None)

    def next_due(self) -> datetime | None:
        """When `due` will next have something to give."""
        while self._schedule and self._is_stale(*self._schedule[0]):
            heapq.heappop(self._schedule)
        return self._schedule[0][0] if self._schedule else None

    def _is_stale(self, due_at: datetime, _: int, what: Channel | str) -> bool:
        """Whether the channel has been rescheduled, or has run empty, since this entry was pushed."""
        if isinstance(what, str):
            return False
        channel = self._channels.get(what)
        return channel is None or channel.due_at != due_at

    def _remove(self, envelope_id: str, now: datetime) -> None:
        key = self._channel_of.pop(envelope_id)
        channel = self._channels[key]
        channel.waiting.popleft()
        if channel.waiting:
            self._start(key, channel, now)
        else:
            del self._channels[key]

    def _start(self, key: Channel, channel: _Channel, now: datetime) -> None:
        channel.attempts = 0
        self._schedule_channel(key, channel, now)

    def _schedule_channel(self, key: Channel, channel: _Channel, due_at: datetime) -> None:
        channel.due_at = due_at
        self._push(due_at, key)

    def _push(self, due_at: datetime, what: Channel | str) -> None:
        heapq.heappush(self._schedule, (due_at, next(self._tie), what))
