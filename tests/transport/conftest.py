"""The settings the link contract is held in: a kind of link, and the broker it goes over."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from simulator.transport.broker import Broker
from simulator.transport.embedded import EmbeddedBroker
from simulator.transport.external import ExternalBroker
from simulator.transport.link import Link
from simulator.transport.memory import MemoryNetwork
from simulator.transport.mosquitto import MosquittoBroker, find_mosquitto
from simulator.transport.mqtt import MqttLink

NEEDS_MOSQUITTO = (
    pytest.mark.mosquitto,
    pytest.mark.skipif(find_mosquitto() is None, reason="there is no mosquitto executable on this machine"),
)


@dataclass
class Setting:
    """A running broker, and links to it."""

    broker: Broker

    def link(self, identity: str, inbox: str | None = None) -> Link:
        """A link, not yet connected, that by default receives at `in/<identity>`."""
        inbox = inbox or f"in/{identity}"
        if isinstance(self.broker, MemoryNetwork):
            return self.broker.link(identity, inbox)
        return MqttLink(self.broker.address, identity, inbox)


@pytest.fixture(
    params=[
        "memory",
        "embedded",
        pytest.param("mosquitto", marks=NEEDS_MOSQUITTO),
        pytest.param("external", marks=NEEDS_MOSQUITTO),
    ]
)
async def setting(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Setting]:
    """Each kind of link and broker in turn."""
    async with AsyncExitStack() as stack:
        broker: Broker
        match request.param:
            case "memory":
                broker = MemoryNetwork()
            case "embedded":
                broker = EmbeddedBroker()
            case "mosquitto":
                broker = MosquittoBroker(tmp_path)
            case _:
                target = MosquittoBroker(tmp_path, username="ann", password="s3cret")  # noqa: S106
                stack.push_async_callback(target.stop)
                broker = ExternalBroker(await target.start())
        stack.push_async_callback(broker.stop)
        await broker.start()
        yield Setting(broker)


@pytest.fixture
def closed_port() -> int:
    """A port on the loopback where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
