"""One instance on a broker, by the wall clock: carries bytes between the link and the instance.

Three loops: what the link brings, what the clock makes due, and what a new connection makes worth another
try. Each runs the instance on its store's thread and publishes what comes back.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from simulator.errors import TransportError
from simulator.protocol.actions import Action
from simulator.protocol.envelope import Envelope
from simulator.runtime.clock import FleetClock
from simulator.runtime.instance import Instance, Outgoing
from simulator.runtime.spec import InstanceSpec
from simulator.store.thread import StoreThread
from simulator.transport.link import Link

Step = Callable[[datetime], list[Outgoing]]
"""What an instance does at a time; returns what to publish."""


@dataclass(frozen=True, slots=True)
class InstanceStatus:
    """What an instance still has to do."""

    waiting_for: dict[str, int]
    """How many envelopes have no receipt yet, by recipient."""
    handled: int
    """How many envelopes it has finished with since it started."""
    is_due: bool
    """Whether a timer or a retry is due."""
    next_timer: str | None
    """When the next timer is due, in ISO 8601."""


class LiveInstance:
    """An instance that runs on a link, with its file in *directory*."""

    def __init__(self, spec: InstanceSpec, directory: Path, link: Link, clock: FleetClock) -> None:
        self.spec = spec
        self._path = directory / spec.file_name
        self._link = link
        self._clock = clock
        self._thread = StoreThread(self._path)
        self._instance: Instance
        self._next_wake: datetime | None = None
        self._rescheduled = asyncio.Event()
        self._has_crashed = False

    async def run(self, started: Callable[[], None] = lambda: None) -> None:
        """Runs until it is cancelled; calls *started* once it is connected and its tables are loaded.

        Raises StoreError or TransportError when it cannot go on.
        """
        async with self._thread, self._link:
            store = self._thread.store(self.spec.id)
            self._instance = await self._thread.run(
                Instance, store, self.spec.key, self.spec.namespace, self._clock.now()
            )
            has_history = self._instance.has_history
            await self._thread.run(self._instance.enter, self.spec.rows, self._clock.now())
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._receive_loop(), name=f"{self.spec.name}: receive")
                    tasks.create_task(self._wake_loop(), name=f"{self.spec.name}: wake")
                    tasks.create_task(self._reconnect_loop(), name=f"{self.spec.name}: reconnect")
                    if has_history:
                        await self._drive(self._instance.announce)
                    started()
            finally:
                if not self._has_crashed:
                    await self._thread.run(self._instance.close)

    def crash(self) -> None:
        """From now on nothing is written down any more: the next cancellation ends it like SIGKILL."""
        self._has_crashed = True

    async def act(self, action: Envelope[Action]) -> None:
        """Hands an action to the instance; on return it is committed."""
        await self._drive(partial(self._instance.act, action))

    async def status(self) -> InstanceStatus:
        """What the instance still has to do."""
        return await self._thread.run(self._status)

    def clock_has_moved(self) -> None:
        """The clock was advanced: looks again at what is due."""
        self._rescheduled.set()

    # -- the loops --------------------------------------------------------------------------------------

    async def _receive_loop(self) -> None:
        while True:
            payloads = await self._link.receive()
            await self._drive(partial(self._instance.receive, payloads))

    async def _wake_loop(self) -> None:
        while True:
            await self._drive(self._instance.wake)
            self._rescheduled.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._seconds_to_next_wake()):
                    await self._rescheduled.wait()

    async def _reconnect_loop(self) -> None:
        while True:
            await self._link.wait_connected(after=self._link.connections)
            await self._drive(self._instance.reconnected)

    # -- one step ---------------------------------------------------------------------------------------

    async def _drive(self, step: Step) -> None:
        """Takes one step of the instance, now, and publishes what comes of it."""
        outgoing, next_wake = await self._thread.run(self._take, step)
        if next_wake != self._next_wake:
            self._next_wake = next_wake
            self._rescheduled.set()
        # Without a connection nothing is lost: the outbox keeps it, and the reconnect loop tries again.
        with contextlib.suppress(TransportError):
            for item in outgoing:
                await self._link.publish(item.topic, item.payload)

    def _take(self, step: Step) -> tuple[list[Outgoing], datetime | None]:
        return step(self._clock.now()), self._instance.next_wake()

    def _seconds_to_next_wake(self) -> float | None:
        if self._next_wake is None:
            return None
        return max(0.0, (self._next_wake - self._clock.now()).total_seconds())

    def _status(self) -> InstanceStatus:
        is_due = self._instance.is_due(self._clock.now())
        next_timer = self._instance.next_timer()
        return InstanceStatus(
            self._instance.waiting_for(),
            self._instance.handled,
            is_due,
            next_timer.isoformat() if next_timer else None,
        )
