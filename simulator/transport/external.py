"""Somebody else's broker, reached through a relay that is ours to cut."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace

from simulator.errors import TransportError
from simulator.transport.address import BrokerAddress
from simulator.transport.mqtt import MqttLink

HOST = "127.0.0.1"
CHUNK = 65_536
PROBE = "trustsim-probe"


class ExternalBroker:
    """A broker that is not ours to stop, and yet can be stopped as far as our clients can tell.

    They connect to a relay on the loopback, which passes bytes on to `target`; stop() cuts the relay's
    connections and refuses new ones. The target itself is never touched.
    """

    authority = None

    def __init__(self, target: BrokerAddress) -> None:
        self._target = target
        self._address = replace(target, host=HOST, port=0)
        self._server: asyncio.Server | None = None
        self._relayed: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> BrokerAddress:
        """Where clients connect, with the target's account; the port is 0 before the first start."""
        return self._address

    async def start(self) -> BrokerAddress:
        """See Broker.start; TransportError names the target if it cannot be reached or refuses us."""
        if self._server is None:
            async with MqttLink(self._target, PROBE, PROBE):
                pass
            try:
                self._server = await asyncio.start_server(
                    self._accept, HOST, self._address.port, limit=CHUNK, backlog=1024
                )
            except OSError as error:
                raise TransportError(f"cannot listen at {self._address}: {error}") from None
            self._address = replace(self._address, port=self._server.sockets[0].getsockname()[1])
        return self._address

    async def stop(self) -> None:
        """See Broker.stop."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for connection in self._relayed:
            connection.cancel()
        await asyncio.gather(*self._relayed, return_exceptions=True)
        await server.wait_closed()

    async def reload(self) -> None:
        """See Broker.reload."""

    async def wait_died(self) -> str:
        """Never returns: the life of the target is not ours to watch, and links reconnect by themselves."""
        never: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        return await never

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._relay(reader, writer))
        self._relayed.add(connection)
        connection.add_done_callback(self._relayed.discard)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass bytes both ways until either side closes, then close both."""
        try:
            with suppress(OSError):
                far_reader, far_writer = await asyncio.open_connection(self._target.host, self._target.port)
                try:
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
