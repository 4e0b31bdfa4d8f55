"""A fleet in virtual time: the same instances in one process, on an agenda in the place of clock and broker.

Nothing waits: the clock jumps to whatever is due next. Nothing is left to chance but what the seed decides, so
the same seed gives the same journals, byte for byte.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from simulator.journal import Entry
from simulator.protocol.actions import Action
from simulator.protocol.envelope import Envelope
from simulator.runtime.agenda import Agenda, Microseconds
from simulator.runtime.instance import Instance, Outgoing
from simulator.runtime.spec import InstanceSpec
from simulator.store.store import Store, connect

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""When every virtual run begins."""

LATENCY: Microseconds = 1_000
"""How long a payload is on its way when the weather is fine."""

_MICROSECOND = timedelta(microseconds=1)


class VirtualInstance:
    """One instance of a virtual fleet: its store, which outlives it, and the instance while it is up."""

    def __init__(self, spec: InstanceSpec, connection: sqlite3.Connection) -> None:
        self.spec = spec
        self.connection = connection
        self.store = Store(connection, spec.id)
        self.instance: Instance | None = None
        self.wake_at: Microseconds | None = None
        """When the agenda will wake it; an earlier entry for another time is stale."""


class VirtualFleet:
    """See Fleet. With a directory the instances keep files there, without one they live in memory."""

    def __init__(self, instances: Iterable[InstanceSpec], directory: Path | None = None) -> None:
        self._agenda = Agenda()
        self._directory = directory
        self._specs = list(instances)
        self._instances: dict[str, VirtualInstance] = {}
        self._at_topic: dict[str, VirtualInstance] = {}
        self._broker_is_up = True

    async def __aenter__(self) -> Self:
        for spec in self._specs:
            path = self._directory / spec.file_name if self._directory else ":memory:"
            instance = VirtualInstance(spec, connect(path))
            self._instances[spec.name] = self._at_topic[spec.inbox] = instance
        await self.start(list(self._instances))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop(list(self._instances))
        for instance in self._instances.values():
            instance.connection.close()

    # -- time and work ----------------------------------------------------------------------------------

    def now(self) -> datetime:
        """Virtual time."""
        return EPOCH + self._agenda.now * _MICROSECOND

    async def act(self, instance: str, action: Envelope[Action]) -> None:
        """See Fleet.act."""
        self._drive(self._instances[instance], lambda it, now: it.act(action, now))

    async def advance(self, by: timedelta) -> None:
        """See Fleet.advance; what becomes due on the way is done at its own time."""
        self._agenda.run_until(self._agenda.now + by // _MICROSECOND)

    async def pause(self, until: datetime) -> None:
        """See Fleet.pause: does what is due next, or jumps to *until* when that comes first."""
        limit = (until - EPOCH) // _MICROSECOND
        next_at = self._agenda.next_at()
        if next_at is None or next_at > limit:
            self._agenda.run_until(limit)
        else:
            self._agenda.step()

    async def is_settled(self) -> bool:
        """See Fleet.is_settled."""
        up = {it.spec.id for it in self._instances.values() if it.instance}
        return not any(
            it.instance is not None and (it.instance.is_due(self.now()) or up & it.instance.waiting_for().keys())
            for it in self._instances.values()
        )

    # -- instances --------------------------------------------------------------------------------------

    def is_running(self, instance: str) -> bool:
        """See Fleet.is_running."""
        return self._instances[instance].instance is not None

    async def start(self, instances: Sequence[str]) -> None:
        """See Fleet.start."""
        for it in (self._instances[name] for name in instances):
            if it.instance is None:
                it.instance = Instance(it.store, it.spec.key, it.spec.namespace, self.now())
                was_here_before = it.instance.has_history
                it.instance.enter(it.spec.rows, self.now())
                if was_here_before:
                    self._drive(it, Instance.announce)

    async def stop(self, instances: Sequence[str]) -> None:
        """See Fleet.stop."""
        for it in (self._instances[name] for name in instances):
            if it.instance is not None:
                it.instance.close()
                it.instance = None

    async def kill(self, instances: Sequence[str]) -> None:
        """See Fleet.kill."""
        for name in instances:
            self._instances[name].instance = None

    # -- the network ------------------------------------------------------------------------------------

    async def stop_broker(self) -> None:
        """See Fleet.stop_broker: what is on its way is lost."""
        self._broker_is_up = False

    async def start_broker(self) -> None:
        """See Fleet.start_broker."""
        self._broker_is_up = True
        for it in self._instances.values():
            if it.instance is not None:
                self._drive(it, Instance.reconnected)

    def _carry(self, outgoing: Outgoing) -> None:
        if self._broker_is_up:
            recipient = self._at_topic[outgoing.topic]
            self._agenda.add(self._agenda.now + LATENCY, partial(self._deliver, recipient, outgoing.payload))

    def _deliver(self, recipient: VirtualInstance, payload: bytes) -> None:
        if self._broker_is_up and recipient.instance is not None:
            self._drive(recipient, lambda it, now: it.receive([payload], now))

    # -- looking ----------------------------------------------------------------------------------------

    def show(self, instance: str, table: str) -> list[dict[str, Any]]:
        """See Fleet.show."""
        return self._instances[instance].store.show(table)

    def journal(self, instance: str, after: int = 0) -> list[tuple[int, Entry]]:
        """See Fleet.journal."""
        return self._instances[instance].store.journal(after)

    # -- one step ---------------------------------------------------------------------------------------

    def _drive(self, it: VirtualInstance, step: Callable[[Instance, datetime], list[Outgoing]]) -> None:
        """Takes one step of the instance, now, and carries away what comes of it."""
        assert it.instance is not None
        for outgoing in step(it.instance, self.now()):
            self._carry(outgoing)
        self._schedule_wake(it, it.instance)

    def _schedule_wake(self, it: VirtualInstance, instance: Instance) -> None:
        next_wake = instance.next_wake()
        if next_wake is None:
            it.wake_at = None
            return
        at = (next_wake - EPOCH) // _MICROSECOND
        if at != it.wake_at:
            it.wake_at = at
            self._agenda.add(at, partial(self._wake, it, at))

    def _wake(self, it: VirtualInstance, at: Microseconds) -> None:
        if it.instance is not None and it.wake_at == at:
            it.wake_at = None
            self._drive(it, Instance.wake)
