"""The near end of a link: the payloads that have arrived, and whether there is a connection."""

from __future__ import annotations

import asyncio
from collections import deque

from simulator.protocol.topics import Arrival, sender_of

MAX_BATCH = 200
"""Most payloads one receive() returns: they may share one transaction, and that should stay short."""

MAX_WAITING = 10_000
"""Most payloads that wait to be received; what comes on top is dropped.

Dropping is lawful (a link promises nothing, the sender's outbox sends again) and better than growing
without end behind an instance that is stuck.
"""


class Endpoint:
    """The part every link shares; whoever carries the bytes calls `arrive`, `rise`, `refuse` and `fall`."""

    def __init__(self) -> None:
        self._waiting: deque[Arrival] = deque()
        self._arrived = asyncio.Event()
        self._connected = False
        self._connections = 0
        self._risen = asyncio.Event()
        self._refusal = ""

    @property
    def connections(self) -> int:
        """How often this link has connected, the first time included."""
        return self._connections

    @property
    def refusal(self) -> str:
        """See Link.refusal."""
        return self._refusal

    async def receive(self) -> list[Arrival]:
        """See Link.receive."""
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        # No await from here on: a cancelled receive() has taken nothing yet.
        return [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_BATCH))]

    async def wait_connected(self, after: int = 0) -> None:
        """See Link.wait_connected."""
        while not (self._connected and self._connections > after):
            await self._risen.wait()

    def arrive(self, topic: str, payload: bytes) -> None:
        """A payload for this link's inbox is here."""
        if len(self._waiting) < MAX_WAITING:
            self._waiting.append(Arrival(sender_of(topic), payload))
            self._arrived.set()

    def rise(self) -> None:
        """The link is connected, and its inbox subscribed."""
        self._connected = True
        self._refusal = ""
        self._connections += 1
        # A fresh event for each connection: who waits for the next one must not see the last one.
        risen, self._risen = self._risen, asyncio.Event()
        risen.set()

    def refuse(self, alert: str) -> None:
        """The broker refuses the link's certificate with this alert; an empty one: not any more."""
        self._refusal = alert

    def fall(self) -> None:
        """The link is connected no more."""
        self._connected = False
