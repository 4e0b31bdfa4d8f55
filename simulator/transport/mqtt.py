"""A link over an MQTT broker."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

import aiomqtt

from simulator.errors import TransportError
from simulator.transport.address import BrokerAddress
from simulator.transport.client import DirectClient
from simulator.transport.endpoint import Endpoint

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
"""Seconds between attempts to reconnect; doubled from the first to the longest."""


class MqttLink(Endpoint):
    """A link that is the MQTT client `identity` and subscribes to `inbox`; see Link for what it does."""

    def __init__(self, address: BrokerAddress, identity: str, inbox: str) -> None:
        super().__init__()
        self._address = address
        self._identity = identity
        self._inbox = inbox
        self._client: DirectClient | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        client = await self._connect()
        self._up(client)
        self._keeper = asyncio.create_task(self._keep_connected(client))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait({self._keeper})
            self._keeper = None
        client = self._down()
        if client is not None:
            await client.close()

    async def publish(self, topic: str, payload: bytes) -> None:
        """See Link.publish."""
        client = self._client
        if client is None:
            raise TransportError(f"{self._identity} has no connection to the broker at {self._address}")
        try:
            await client.send(topic, payload)
        except aiomqtt.MqttError as error:
            raise TransportError(f"{self._identity} cannot publish to {self._address}: {error}") from error

    async def _connect(self) -> DirectClient:
        client = DirectClient(self._address, self._identity, self.arrive)
        try:
            await client.open(self._inbox)
        except aiomqtt.MqttError as error:
            raise TransportError(f"no connection to the broker at {self._address}: {error}") from error
        return client

    async def _keep_connected(self, client: DirectClient) -> None:
        """Replace `client` when it is lost, and its successors."""
        while True:
            await client.lost()
            self._down()
            await client.close()
            client = await self._reconnect()
            self._up(client)

    async def _reconnect(self) -> DirectClient:
        pause = FIRST_PAUSE
        while True:
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                return await self._connect()
            except TransportError:
                continue

    def _up(self, client: DirectClient) -> None:
        self._client = client
        self.rise()

    def _down(self) -> DirectClient | None:
        client, self._client = self._client, None
        self.fall()
        return client
