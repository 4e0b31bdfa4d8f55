"""One broker that is reached at three places, each of which can be cut off: to a link they are three nodes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from simulator.transport.address import BrokerAddress, BrokerNode
from simulator.transport.embedded import EmbeddedBroker
from simulator.transport.external import ExternalBroker


class Nodes:
    """The nodes, by their places in the list."""

    def __init__(self, doors: list[ExternalBroker]) -> None:
        self.doors = doors
        ports = [door.address.node.relay or 0 for door in doors]
        self.address = BrokerAddress(tuple(BrokerNode("127.0.0.1", port) for port in ports))

    async def only(self, *open_doors: int) -> None:
        """Those are there, and the others are gone."""
        for index, door in enumerate(self.doors):
            await (door.start() if index in open_doors else door.stop())


@asynccontextmanager
async def three_nodes(target: EmbeddedBroker) -> AsyncIterator[Nodes]:
    """All of them there; the *target* is started, and ends with them."""
    async with AsyncExitStack() as stack:
        stack.push_async_callback(target.close)
        doors = [ExternalBroker(await target.start()) for _ in range(3)]
        for door in doors:
            await door.start()
            stack.push_async_callback(door.close)
        yield Nodes(doors)
