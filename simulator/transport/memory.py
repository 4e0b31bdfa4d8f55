"""A network within one event loop: the same contract as MQTT, without sockets."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from simulator.errors import TransportError
from simulator.transport.address import BrokerAddress
from simulator.transport.endpoint import Endpoint


class MemoryNetwork:
    """A broker and its links in memory; running from the beginning, so start() is only for after stop()."""

    def __init__(self) -> None:
        self.address = BrokerAddress("memory", 0)
        self._running = True
        self._links: list[MemoryLink] = []

    def link(self, identity: str, inbox: str) -> MemoryLink:
        """A link of this network, not yet connected."""
        return MemoryLink(self, identity, inbox)

    async def start(self) -> BrokerAddress:
        """Let the links connect again."""
        if not self._running:
            self._running = True
            for link in self._links:
                link.rise()
        return self.address

    async def stop(self) -> None:
        """Cut every link and refuse new ones."""
        self._running = False
        for link in self._links:
            link.fall()

    async def wait_died(self) -> str:
        """Never returns: memory does not die by itself."""
        never: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        return await never

    def _check_running(self) -> None:
        if not self._running:
            raise TransportError(f"no connection to the broker at {self.address}: it is stopped")

    def attach(self, link: MemoryLink) -> None:
        """Connect `link`; TransportError while stopped."""
        self._check_running()
        self._links.append(link)

    def detach(self, link: MemoryLink) -> None:
        """Disconnect `link`."""
        self._links.remove(link)

    def carry(self, topic: str, payload: bytes) -> None:
        """Bring `payload` to every link whose inbox is `topic`."""
        self._check_running()
        for link in self._links:
            if link.inbox == topic:
                link.arrive(payload)


class MemoryLink(Endpoint):
    """A link over a MemoryNetwork; made by MemoryNetwork.link()."""

    def __init__(self, network: MemoryNetwork, identity: str, inbox: str) -> None:
        super().__init__()
        self.identity = identity
        self.inbox = inbox
        self._network = network

    async def __aenter__(self) -> Self:
        self._network.attach(self)
        self.rise()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._network.detach(self)
        self.fall()

    async def publish(self, topic: str, payload: bytes) -> None:
        """See Link.publish."""
        if not self._connected:
            raise TransportError(f"{self.identity} has no connection to the broker at {self._network.address}")
        self._network.carry(topic, bytes(payload))
