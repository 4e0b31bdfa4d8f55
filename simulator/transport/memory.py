"""A network within one event loop: the same contract as MQTT, without sockets."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from paho.mqtt.client import topic_matches_sub

from simulator.errors import CertificateRefusedError, TransportError
from simulator.transport.address import BrokerAddress
from simulator.transport.certificate import PLAIN, Credentials
from simulator.transport.endpoint import Endpoint


class MemoryNetwork:
    """A broker and its links in memory; running from the beginning, so start() is only for after stop()."""

    authority = None

    def __init__(self) -> None:
        self.address = BrokerAddress.at("memory", 0)
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

    @property
    def is_ours(self) -> bool:
        """See Broker.is_ours."""
        return True

    async def close(self) -> None:
        """See Broker.close."""
        await self.stop()

    async def reload(self) -> None:
        """See Broker.reload."""

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
        """Bring `payload` to every link in whose inbox `topic` is."""
        self._check_running()
        for link in self._links:
            if topic_matches_sub(link.inbox, topic):
                link.arrive(topic, payload)


class MemoryLink(Endpoint):
    """A link over a MemoryNetwork; made by MemoryNetwork.link()."""

    def __init__(self, network: MemoryNetwork, identity: str, inbox: str) -> None:
        super().__init__()
        self._credentials = PLAIN
        self.identity = identity
        self.inbox = inbox
        self._network = network

    async def __aenter__(self) -> Self:
        self._begin()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    async def publish(self, topic: str, payload: bytes) -> None:
        """See Link.publish."""
        if not self._connected:
            raise TransportError(f"{self.identity} has no connection to the broker at {self._network.address}")
        self._network.carry(topic, bytes(payload))

    async def claim(self, topic: str, payload: bytes) -> str:
        """See Link.claim: memory asks nobody who he is."""
        await self.publish(topic, payload)
        return ""

    async def renew(self, credentials: Credentials) -> None:
        """See Link.renew."""
        self._end()
        self._credentials = credentials
        self._begin()

    def _begin(self) -> None:
        try:
            self._credentials.context()
        except CertificateRefusedError as refused:
            self.refuse(str(refused))
        else:
            self._network.attach(self)
            self.rise()

    def _end(self) -> None:
        if not self.refusal:
            self._network.detach(self)
        self.fall()
