"""Somebody else's broker, reached through relays that are ours to cut."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from dataclasses import replace

from simulator.errors import TransportError
from simulator.transport.address import LOOPBACK, BrokerAddress, BrokerNode
from simulator.transport.client import ANSWER_LIMIT, NOTICE_SILENCE
from simulator.transport.mqtt import MqttLink

CHUNK = 65_536
PROBE = "trustsim-probe"


class ExternalBroker:
    """A broker that is not ours to stop, and yet can be stopped as far as our clients can tell.

    They connect to relays on the loopback, one for each node of `target`, which pass bytes on to it; stop() cuts
    the relays' connections and refuses new ones. The target itself is never touched.

    With `direct` there are no relays, for clients that are on other machines; such a broker cannot be stopped.
    """

    authority = None

    def __init__(self, target: BrokerAddress, *, direct: bool = False) -> None:
        self._target = target
        self._direct = direct
        self._address = target
        self._relays: list[_Relay] = []
        self._is_running = False

    @property
    def address(self) -> BrokerAddress:
        """The target's; from the first start on its nodes are those behind our relays, unless it is direct."""
        return self._address

    async def start(self) -> BrokerAddress:
        """See Broker.start; TransportError names the target if it cannot be reached or refuses us."""
        if self._is_running:
            return self._address
        probe = f"{PROBE}-{secrets.token_hex(4)}"  # two of one name would throw each other out
        async with MqttLink(self._target, probe, probe):
            pass
        if not self._direct:
            self._relays = self._relays or [_Relay(node) for node in self._target.nodes]
            ports = [await relay.open() for relay in self._relays]
            nodes = zip(self._target.nodes, ports, strict=True)
            self._address = replace(self._target, nodes=tuple(replace(node, relay=port) for node, port in nodes))
        self._is_running = True
        return self._address

    async def stop(self) -> None:
        """See Broker.stop."""
        if self._direct:
            raise TransportError(
                f"the broker at {self._target} is not ours to stop: instances on other machines reach it directly"
            )
        await self.close()

    @property
    def is_ours(self) -> bool:
        """See Broker.is_ours: the relays are."""
        return not self._direct

    async def close(self) -> None:
        """See Broker.close."""
        self._is_running = False
        await asyncio.gather(*(relay.close() for relay in self._relays))

    async def reload(self) -> None:
        """See Broker.reload."""

    async def wait_died(self) -> str:
        """Never returns: the life of the target is not ours to watch, and links reconnect by themselves."""
        never: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        return await never


class _Relay:
    """Passes bytes on to a node, from a port on the loopback that stays the same."""

    def __init__(self, node: BrokerNode) -> None:
        self._node = node
        self._port = 0
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def open(self) -> int:
        """Listen, and return where."""
        try:
            self._server = await asyncio.start_server(
                self._accept, LOOPBACK, self._port, limit=CHUNK, backlog=1024
            )
        except OSError as error:
            raise TransportError(f"cannot listen at {LOOPBACK}:{self._port} for {self._node}: {error}") from None
        self._port = self._server.sockets[0].getsockname()[1]
        return self._port

    async def close(self) -> None:
        """Cut every connection and listen no more. Twice is as once."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._relay(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass bytes both ways until either side closes, then close both."""
        try:
            with suppress(OSError):
                async with asyncio.timeout(ANSWER_LIMIT):
                    far_reader, far_writer = await asyncio.open_connection(self._node.host, self._node.port)
                try:
                    for option in NOTICE_SILENCE:
                        far_writer.get_extra_info("socket").setsockopt(*option)
                    out = asyncio.create_task(_pass_on(reader, far_writer))
                    back = asyncio.create_task(_pass_on(far_reader, writer))
                    try:
                        await asyncio.wait({out, back}, return_when=asyncio.FIRST_COMPLETED)
                    finally:
                        out.cancel()
                        back.cancel()
                        await asyncio.gather(out, back, return_exceptions=True)
                finally:
                    far_writer.transport.abort()
        finally:
            # Aborted, not closed: what is still unsent is lost with the connection, as it is for a broker.
            writer.transport.abort()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(CHUNK):
        writer.write(chunk)
        await writer.drain()
