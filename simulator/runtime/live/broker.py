"""The broker of a fleet of processes: started, watched, and taken from the instances for a while."""

from __future__ import annotations

import asyncio

from simulator.errors import TransportError
from simulator.runtime.live.hosts import Hosts
from simulator.runtime.live.process import HostProcess
from simulator.transport.broker import Broker


class LiveBroker:
    """One broker, and the hosts whose instances meet there: one that is not ours to stop they all leave."""

    def __init__(self, broker: Broker, hosts: Hosts) -> None:
        self.is_stopped = False
        """Whether somebody has stopped it, and not only a fault."""
        self._broker = broker
        self._hosts = hosts
        self._died: asyncio.Task[str]
        self._have_left = False

    async def open(self) -> None:
        """Starts it, and watches it from then on."""
        await self._broker.start()
        self._died = asyncio.create_task(self._broker.wait_died(), name="watch the broker")

    async def unwatch(self) -> None:
        """It may die from now on."""
        self._died.cancel()
        await asyncio.wait({self._died})

    def check_alive(self) -> None:
        """Raises TransportError when it has died."""
        if self._died.done():
            raise TransportError(self._died.result())

    async def stop(self) -> None:
        """See Fleet.stop_broker."""
        self.is_stopped = True
        await self.cut()

    async def start(self) -> None:
        """See Fleet.start_broker."""
        self.is_stopped = False
        await self.mend()

    async def cut(self) -> None:
        """See Struck.cut_broker."""
        if self._broker.is_ours:
            await self._broker.stop()
            return
        self._have_left = True
        await self._hosts.call_up("leave")

    async def mend(self) -> None:
        """See Struck.mend_broker."""
        if self.is_stopped:
            return
        if self._broker.is_ours:
            await self._broker.start()
            return
        self._have_left = False
        await self._hosts.call_up("come_back")

    async def tell(self, host: HostProcess) -> None:
        """Has a host that has just started leave, where the others have."""
        if self._have_left:
            await host.call("leave")
