"""A link over an MQTT broker."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self
from zlib import crc32

import aiomqtt

from simulator.errors import CertificateRefusedError, TransportError
from simulator.transport.address import BrokerAddress
from simulator.transport.certificate import PLAIN, Credentials, alert_of
from simulator.transport.client import DirectClient
from simulator.transport.endpoint import Endpoint

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
"""Seconds between attempts to reconnect; doubled from the first to the longest."""


class MqttLink(Endpoint):
    """A link that is the MQTT client `identity` and subscribes to `inbox`; see Link for what it does.

    Of a broker with several nodes it is connected to one: clients are spread over them by their identities. When
    its node does not answer or is lost it goes on to the next, round and round.
    """

    def __init__(
        self, address: BrokerAddress, identity: str, inbox: str, credentials: Credentials = PLAIN
    ) -> None:
        super().__init__()
        self._address = address
        self._identity = identity
        self._inbox = inbox
        self._credentials = credentials
        self._place = crc32(identity.encode()) % len(address.nodes)
        """Which of the address's nodes it is connected to, or tries next."""
        self._may_connect = asyncio.Event()
        self._may_connect.set()
        self._client: DirectClient | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        client = None
        if self._may_connect.is_set():
            with suppress(CertificateRefusedError):
                client = await self._connect()
        self._keep(client)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._end()

    async def publish(self, topic: str, payload: bytes) -> None:
        """See Link.publish."""
        try:
            await self._connected_client().send(topic, payload)
        except aiomqtt.MqttError as error:
            raise TransportError(f"{self._identity} cannot publish to {self._address}: {error}") from error

    async def claim(self, topic: str, payload: bytes) -> str:
        """See Link.claim; a broker without TLS does not know its clients and says nothing."""
        if self._credentials.files is None:
            await self.publish(topic, payload)
            return ""
        try:
            return await self._connected_client().claim(topic, payload)
        except aiomqtt.MqttError as error:
            raise TransportError(f"{self._identity} cannot publish to {self._address}: {error}") from error

    async def renew(self, credentials: Credentials) -> None:
        """See Link.renew."""
        await self._end()
        self._credentials = credentials
        self.refuse("")
        client = None
        if self._may_connect.is_set():
            with suppress(TransportError):  # where the broker is away, its answer comes when it is back
                client = await self._connect()
        self._keep(client)

    async def leave(self) -> None:
        """Disconnects, or does not connect in the first place, until it is to come back."""
        self._may_connect.clear()
        if self._keeper is not None:
            await self._end()
            self._keep(None)

    def come_back(self) -> None:
        """It may connect again."""
        self._may_connect.set()

    def _connected_client(self) -> DirectClient:
        if self._client is None:
            raise TransportError(f"{self._identity} has no connection to the broker at {self._address}")
        return self._client

    def _keep(self, client: DirectClient | None) -> None:
        """Stay connected, or seek a connection."""
        if client is not None:
            self._up(client)
        self._keeper = asyncio.create_task(self._keep_connected(client))

    async def _end(self) -> None:
        """Disconnect, and stay so."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait({self._keeper})
            self._keeper = None
        client = self._down()
        if client is not None:
            await client.close()

    async def _connect(self) -> DirectClient:
        """To the first node that answers, from the one on at which it was last."""
        reasons: list[str] = []
        for _ in self._address.nodes:
            try:
                return await self._try()
            except CertificateRefusedError:
                raise
            except TransportError as error:
                reasons.append(str(error))
        raise TransportError("; ".join(reasons))

    async def _try(self) -> DirectClient:
        """To the node whose turn it is; where that fails, it is the next one's."""
        try:
            return await self._open(self._address.only(self._place))
        except CertificateRefusedError as refused:
            self.refuse(str(refused))
            raise
        except TransportError:
            self._turn()
            raise

    def _turn(self) -> None:
        self._place = (self._place + 1) % len(self._address.nodes)

    async def _open(self, address: BrokerAddress) -> DirectClient:
        """To a broker of one node."""
        context, is_known = self._credentials.context(), self._credentials.files is not None
        if context is None and address.tls:
            context = address.tls.context()
        client = DirectClient(address, self._identity, self.arrive, context, is_known=is_known)
        try:
            await client.open(self._inbox)
        except aiomqtt.MqttError as error:
            is_silent = isinstance(error.__context__, TimeoutError)  # and would be so again
            alert = await asyncio.to_thread(alert_of, context, address.node) if context and not is_silent else None
            if alert and is_known:
                raise CertificateRefusedError(alert) from error
            fault = address.tls.fault(error.__context__, alert) if address.tls else None
            raise TransportError(f"no connection to the broker at {address}: {fault or error}") from error
        return client

    async def _keep_connected(self, client: DirectClient | None) -> None:
        """Replace `client` when it is lost, and its successors."""
        while True:
            if client is not None:
                await client.lost()
                self._turn()
                self._down()
                await client.close()
            client = await self._reconnect()
            self._up(client)

    async def _reconnect(self) -> DirectClient:
        pause = FIRST_PAUSE
        while True:
            await self._may_connect.wait()
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                return await self._try()
            except TransportError:
                continue

    def _up(self, client: DirectClient) -> None:
        self._client = client
        self.rise()

    def _down(self) -> DirectClient | None:
        client, self._client = self._client, None
        self.fall()
        return client
