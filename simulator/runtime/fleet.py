"""All instances of a run: started, stopped, talked to, and looked at.

A fleet hands actions to instances and moves the clock; everything else it only reads, from the instances'
files, which it may do at any time, also while an instance is down.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from simulator.errors import TransportError
from simulator.journal import Entry
from simulator.protocol.actions import Action
from simulator.protocol.codec import dump_action
from simulator.protocol.envelope import Envelope
from simulator.runtime.clock import FleetClock
from simulator.runtime.host import HostSpec
from simulator.runtime.process import HostProcess
from simulator.runtime.spec import InstanceSpec
from simulator.store.store import Reader
from simulator.tables import Row
from simulator.transport.broker import Broker

R = TypeVar("R", bound=Row)

PAUSE = 0.005
"""Seconds between two looks at a fleet that is at work."""

SETTLE_BRIEFLY = timedelta(seconds=5)
"""How long what is due may take before the clock jumps: longer than a retry."""


class Fleet(Protocol):
    """What a scenario needs of a fleet, whatever drives it. Every method may raise MachineryError."""

    def now(self) -> datetime:
        """Fleet time."""
        ...

    async def act(self, instance: str, action: Envelope[Action]) -> None:
        """Hands an action to a running instance; on return it is committed."""
        ...

    async def advance(self, by: timedelta) -> None:
        """Moves the fleet's clock forward; what becomes due on the way is done in its order."""
        ...

    async def pause(self, until: datetime) -> None:
        """Lets something happen, without letting the clock pass *until*."""
        ...

    async def is_settled(self) -> bool:
        """Whether nothing is due anywhere; what waits for an instance that is down is not due."""
        ...

    def is_running(self, instance: str) -> bool:
        """Whether the instance is meant to be up: nothing but a fault that will end keeps it down."""
        ...

    def show(self, instance: str, table: str) -> list[dict[str, Any]]:
        """The rows of a table as a person sees them. Raises StoreError for a table that does not exist."""
        ...

    def load(self, instance: str, row_type: type[R]) -> list[R]:
        """The rows of a table as values."""
        ...

    def journal(self, instance: str, after: int = 0) -> list[tuple[int, Entry]]:
        """The journal's entries with a number above *after*, in order."""
        ...

    async def start(self, instances: Sequence[str]) -> None:
        """Starts instances that are down."""
        ...

    async def stop(self, instances: Sequence[str]) -> None:
        """Stops instances in good order."""
        ...

    async def kill(self, instances: Sequence[str]) -> None:
        """Ends instances at once, whatever they are doing."""
        ...

    async def stop_broker(self) -> None:
        """Cuts all connections, and lets nobody in."""
        ...

    async def start_broker(self) -> None:
        """Lets instances in again."""
        ...


class LiveFleet:
    """A fleet of processes on a broker; `async with` starts all of it, and leaving leaves nothing behind."""

    def __init__(
        self,
        instances: Iterable[InstanceSpec],
        broker: Broker,
        directory: Path,
        instances_per_process: int = 1,
    ) -> None:
        self._specs = {spec.name: spec for spec in instances}
        self._broker = broker
        self._directory = directory
        self._instances_per_process = instances_per_process
        self._clock = FleetClock()
        self._hosts: list[HostProcess] = []
        self._host_of: dict[str, HostProcess] = {}
        self._running: set[str] = set()
        self._readers: dict[str, Reader] = {}
        self._broker_died: asyncio.Task[str]
        self._broker_is_stopped = False

    async def __aenter__(self) -> Self:
        await self._broker.start()
        self._broker_died = asyncio.create_task(self._broker.wait_died(), name="watch the broker")
        self._hosts = self._make_hosts()
        self._host_of = {spec.name: host for host in self._hosts for spec in host.spec.instances}
        try:
            await self.start(list(self._specs))
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def _close(self) -> None:
        for reader in self._readers.values():
            reader.close()
        self._broker_died.cancel()
        await asyncio.wait({self._broker_died})
        # A second Ctrl-C must not leave processes behind.
        await asyncio.shield(asyncio.gather(*(host.stop() for host in self._hosts), return_exceptions=True))
        await self._broker.stop()

    # -- time and work ----------------------------------------------------------------------------------

    def now(self) -> datetime:
        """Fleet time: the wall clock, and what was advanced."""
        return self._clock.now()

    async def act(self, instance: str, action: Envelope[Action]) -> None:
        """See Fleet.act."""
        await self._host_of[instance].call("act", instance, dump_action(action))

    async def advance(self, by: timedelta) -> None:
        """See Fleet.advance.

        The clock jumps from timer to timer, and the fleet may settle before each jump: what would have happened
        on the way, had nobody advanced the clock, happens on the way.
        """
        target = self.now() + by
        await self._settle_briefly()
        while (timer := await self._next_timer()) is not None and timer <= target:
            await self._jump(timer)
            await self._settle_briefly()
        await self._jump(target)

    async def _jump(self, to: datetime) -> None:
        self._clock.advanced += max(to - self.now(), timedelta(0))
        seconds = self._clock.advanced.total_seconds()
        await asyncio.gather(*(host.call("advance", argument=seconds) for host in self._running_hosts()))

    async def _settle_briefly(self) -> None:
        """Lets what is due be done, unless something keeps it from being done."""
        limit = self.now() + (timedelta(0) if self._broker_is_stopped else SETTLE_BRIEFLY)
        while self.now() < limit and not await self.is_settled():
            await self.pause(until=limit)

    async def _next_timer(self) -> datetime | None:
        timers = [status["next_timer"] for status in (await self._status()).values()]
        return min((datetime.fromisoformat(timer) for timer in timers if timer), default=None)

    async def pause(self, until: datetime) -> None:
        """See Fleet.pause; whoever waits also hears of a process that has died."""
        self._check_alive()
        await asyncio.sleep(min(PAUSE, max(0.0, (until - self.now()).total_seconds())))

    async def is_settled(self) -> bool:
        """See Fleet.is_settled.

        Two rounds, because an envelope may pass from an instance not yet asked to one that was: if nothing
        was pending in either and nobody has handled anything between, nothing was on its way.
        """
        first = await self._status()
        if _is_at_work(first):
            return False
        second = await self._status()
        return not _is_at_work(second) and _handled(first) == _handled(second)

    def _check_alive(self) -> None:
        if self._broker_died.done():
            raise TransportError(self._broker_died.result())
        for host in self._running_hosts():
            host.check_alive()

    async def _status(self) -> dict[str, Any]:
        self._check_alive()
        replies = await asyncio.gather(*(host.call("status") for host in self._running_hosts()))
        return {self._specs[name].id: status for reply in replies for name, status in reply.items()}

    # -- instances --------------------------------------------------------------------------------------

    def is_running(self, instance: str) -> bool:
        """See Fleet.is_running."""
        return instance in self._running

    async def start(self, instances: Sequence[str]) -> None:
        """See Fleet.start."""
        down = [name for name in instances if name not in self._running]
        hosts = {self._host_of[name].spec.name: self._host_of[name] for name in down}
        await asyncio.gather(*(self._start_host(host) for host in hosts.values() if not host.is_running))
        await asyncio.gather(*(self._host_of[name].call("start", name) for name in down))
        self._running.update(down)

    async def _start_host(self, host: HostProcess) -> None:
        await host.start(self._host_spec(host.spec.name, host.spec.instances))

    async def stop(self, instances: Sequence[str]) -> None:
        """See Fleet.stop."""
        up = [name for name in instances if name in self._running]
        self._running.difference_update(up)
        await asyncio.gather(*(self._host_of[name].call("stop", name) for name in up))

    async def kill(self, instances: Sequence[str]) -> None:
        """See Fleet.kill: SIGKILL for a process of its own; in a shared one the instance stops short."""
        up = [name for name in instances if name in self._running]
        self._running.difference_update(up)
        for name in up:
            host = self._host_of[name]
            if len(host.spec.instances) == 1:
                await host.kill()
            else:
                await host.call("crash", name)

    # -- the broker -------------------------------------------------------------------------------------

    async def stop_broker(self) -> None:
        """See Fleet.stop_broker."""
        self._broker_is_stopped = True
        await self._broker.stop()

    async def start_broker(self) -> None:
        """See Fleet.start_broker."""
        await self._broker.start()
        self._broker_is_stopped = False

    # -- looking ----------------------------------------------------------------------------------------

    def show(self, instance: str, table: str) -> list[dict[str, Any]]:
        """See Fleet.show."""
        return self._reader(instance).show(table)

    def load(self, instance: str, row_type: type[R]) -> list[R]:
        """See Fleet.load."""
        return self._reader(instance).load(row_type)

    def journal(self, instance: str, after: int = 0) -> list[tuple[int, Entry]]:
        """See Fleet.journal."""
        return self._reader(instance).journal(after)

    def _reader(self, instance: str) -> Reader:
        if instance not in self._readers:
            spec = self._specs[instance]
            self._readers[instance] = Reader.open(self._directory / spec.file_name, spec.id)
        return self._readers[instance]

    # -- hosts ------------------------------------------------------------------------------------------

    def _make_hosts(self) -> list[HostProcess]:
        specs, size = list(self._specs.values()), self._instances_per_process
        groups = [specs[at : at + size] for at in range(0, len(specs), size)]
        return [
            HostProcess(self._host_spec(f"host-{number}", tuple(group)))
            for number, group in enumerate(groups, start=1)
        ]

    def _host_spec(self, name: str, instances: tuple[InstanceSpec, ...]) -> HostSpec:
        return HostSpec(name, instances, self._directory, self._broker.address, self._clock.advanced)

    def _running_hosts(self) -> list[HostProcess]:
        return [host for host in self._hosts if host.is_running]


def _is_at_work(statuses: Mapping[str, Any]) -> bool:
    """Whether an instance has something due, or waits for a receipt of one that is up."""
    return any(
        status["is_due"] or any(recipient in statuses for recipient in status["waiting_for"])
        for status in statuses.values()
    )


def _handled(statuses: Mapping[str, Any]) -> dict[str, int]:
    return {instance: status["handled"] for instance, status in statuses.items()}
