"""What befalls a fleet of processes: when each fault begins and ends, and whom it is told."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Protocol

from simulator.runtime.faults import (
    BrokerOutage,
    ClockSkew,
    Crash,
    DiskFault,
    Fault,
    HttpFault,
    InstanceFault,
    LinkFault,
    Pause,
    SlowDisk,
)
from simulator.runtime.kinds import CrashPoint
from simulator.runtime.live.control import Command, dump_fault
from simulator.runtime.live.process import HostProcess


class Struck(Protocol):
    """What faults need of the fleet that they befall."""

    def now(self) -> datetime:
        """Fleet time."""
        ...

    def name_of(self, instance_id: str) -> str:
        """The instance of that id."""
        ...

    def is_up(self, instance: str) -> bool:
        """Whether it runs, and no crash keeps it down."""
        ...

    def host_of(self, instance: str) -> HostProcess:
        """Its host."""
        ...

    def hosts_up(self) -> Sequence[HostProcess]:
        """The hosts that run."""
        ...

    async def crash(self, instance: str) -> None:
        """Ends it at once, if it is up, until it is revived."""
        ...

    async def revive(self, instance: str) -> None:
        """Starts it again, if a crash keeps it down."""
        ...

    async def cut_broker(self) -> None:
        """From now on nobody has a connection."""
        ...

    async def mend_broker(self) -> None:
        """Instances may connect again, unless somebody has stopped the broker."""
        ...


class LiveFaults:
    """The faults of one fleet."""

    def __init__(self, fleet: Struck) -> None:
        self.lasting: dict[int, Fault] = {}
        """Those that have begun and not ended, by number."""
        self._fleet = fleet
        self._numbers = count(1)
        self._scheduled: list[tuple[datetime, int, Callable[[], Awaitable[None]]]] = []
        """When faults begin and end."""
        self._standing: dict[str, asyncio.Future[bool]] = {}
        """Whether those that are to be killed at some point of their next step stand still there."""

    @property
    def next_at(self) -> datetime | None:
        """When the next one begins or ends."""
        return min((at for at, _, _ in self._scheduled), default=None)

    async def inject(self, fault: Fault, after: timedelta, lasts: timedelta | None) -> None:
        """See Fleet.inject."""
        number, begin_at = next(self._numbers), self._fleet.now() + after
        self._schedule(begin_at, partial(self._begin, number, fault))
        if lasts is not None:
            self._schedule(begin_at + lasts, partial(self._end, number))
        await self.turn()

    async def calm(self) -> None:
        """See Fleet.calm."""
        for number in list(self.lasting):
            await self._end(number)

    async def turn(self) -> None:
        """Lets those begin and end whose time has come, and kills who stands where it was to be killed."""
        for name in [name for name, is_there in self._standing.items() if is_there.done()]:
            if self._standing.pop(name).result():
                await self._fleet.crash(name)
        while self._scheduled and self._scheduled[0][0] <= self._fleet.now():
            _, _, do = heapq.heappop(self._scheduled)
            await do()

    async def tell_host(self, host: HostProcess) -> None:
        """Lets a host that has just started know of the links."""
        for number, fault in self.lasting.items():
            if isinstance(fault, LinkFault):
                await host.call("begin", argument=dump_fault(number, fault))

    async def inflict(self, instances: Sequence[str]) -> None:
        """Lets those that have just started suffer what befalls them already."""
        for number, fault in self.lasting.items():
            if isinstance(fault, InstanceFault) and self._fleet.name_of(fault.instance) in instances:
                await self._tell(self._fleet.name_of(fault.instance), "begin", number, fault)
            if isinstance(fault, Crash) and self._fleet.name_of(fault.instance) in instances:
                await self._stand_at(self._fleet.name_of(fault.instance), fault.point)

    def forget_crash(self, name: str) -> None:
        """It is not to be killed at any point of its next step any more."""
        if is_there := self._standing.pop(name, None):
            is_there.cancel()

    def _schedule(self, at: datetime, do: Callable[[], Awaitable[None]]) -> None:
        heapq.heappush(self._scheduled, (at, next(self._numbers), do))

    async def _begin(self, number: int, fault: Fault) -> None:
        self.lasting[number] = fault
        match fault:
            case LinkFault():
                for host in self._fleet.hosts_up():
                    await host.call("begin", argument=dump_fault(number, fault))
            case BrokerOutage():
                await self._fleet.cut_broker()
            case Crash(instance, CrashPoint.NOW):
                await self._fleet.crash(self._fleet.name_of(instance))
            case Crash(instance, point):
                await self._stand_at(self._fleet.name_of(instance), point)
            case Pause() | ClockSkew() | DiskFault() | SlowDisk() | HttpFault():
                await self._tell(self._fleet.name_of(fault.instance), "begin", number, fault)

    async def _end(self, number: int) -> None:
        match fault := self.lasting.pop(number, None):
            case LinkFault():
                for host in self._fleet.hosts_up():
                    await host.call("end", argument=dump_fault(number, fault))
            case BrokerOutage():
                await self._fleet.mend_broker()
            case Crash(instance):
                await self._call_off(self._fleet.name_of(instance))
                await self._fleet.revive(self._fleet.name_of(instance))
            case Pause() | ClockSkew() | DiskFault() | SlowDisk() | HttpFault():
                await self._tell(self._fleet.name_of(fault.instance), "end", number, fault)

    async def _stand_at(self, name: str, point: CrashPoint) -> None:
        """Lets an instance that is up stand still at that point of its next step, to be killed there."""
        if self._fleet.is_up(name) and point is not CrashPoint.NOW:
            self.forget_crash(name)
            host = self._fleet.host_of(name)
            await host.call("stand_at", name, point)  # what is done from now on must not come before it
            self._standing[name] = host.call("stands", name)

    async def _call_off(self, name: str) -> None:
        """The instance goes on, unless it stands still already."""
        is_there = self._standing.pop(name, None)
        if is_there is not None:
            await self._fleet.host_of(name).call("go_on", name)
            if await is_there:
                await self._fleet.crash(name)

    async def _tell(self, name: str, do: Command, number: int, fault: Fault) -> None:
        """Lets the instance's host begin or end the fault; one that is down learns of it when it starts."""
        if self._fleet.is_up(name):
            await self._fleet.host_of(name).call(do, argument=dump_fault(number, fault))
