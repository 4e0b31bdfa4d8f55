"""A broker with several nodes: which of them a link is connected to, and that it goes on when one is gone."""

from __future__ import annotations

import asyncio
import os
import pickle
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simulator.errors import TransportError
from simulator.transport.embedded import EmbeddedBroker
from simulator.transport.external import ExternalBroker
from simulator.transport.mqtt import MqttLink

from .nodes import Nodes, three_nodes

BOUND = 10.0
"""Seconds nothing here should take; only a test that fails waits so long."""


@pytest.fixture
async def nodes() -> AsyncIterator[Nodes]:
    """All of them there."""
    async with three_nodes(EmbeddedBroker()) as it:
        yield it


async def payload(link: MqttLink) -> bytes:
    """The only one that has come."""
    (arrival,) = await asyncio.wait_for(link.receive(), BOUND)
    return arrival.payload


@pytest.mark.parametrize(("name", "place"), [("ann", 0), ("zoe", 1), ("bob", 2)])
async def test_clients_are_spread_by_their_identities(nodes: Nodes, name: str, place: int) -> None:
    """Each stays where it is when the other two are gone."""
    async with MqttLink(nodes.address, name, f"in/{name}") as link:
        await nodes.only(place)
        await link.publish(f"in/{name}", b"hello")
        assert await payload(link) == b"hello"
        assert link.connections == 1


async def test_it_begins_with_the_next_that_answers(nodes: Nodes) -> None:
    """In the order of the list: with its own gone it is the second, which stays when the third goes."""
    await nodes.only(1, 2)
    async with MqttLink(nodes.address, "ann", "in/ann") as ann:
        await nodes.only(1)
        await ann.publish("in/ann", b"hello")
        assert await payload(ann) == b"hello"
        assert ann.connections == 1


async def test_it_goes_on_to_the_next_round_and_round(nodes: Nodes) -> None:
    """Whenever its node is lost it is connected to the next, its inbox subscribed, after the last to the first."""
    async with MqttLink(nodes.address, "ann", "in/ann") as ann, asyncio.timeout(BOUND):
        for connections, there in enumerate((1, 2, 0, 2), 1):
            await nodes.only(there)
            await ann.wait_connected(after=connections)
            await ann.publish("in/ann", b"at %d" % there)
            assert await payload(ann) == b"at %d" % there


async def test_the_next_one_is_not_the_one_that_was_lost(nodes: Nodes) -> None:
    """A node that comes back at once is not tried again before the others were."""
    async with MqttLink(nodes.address, "ann", "in/ann") as ann, asyncio.timeout(BOUND):
        await nodes.doors[0].stop()
        await nodes.doors[0].start()
        await ann.wait_connected(after=1)
        await nodes.doors[0].stop()
        await nodes.doors[2].stop()
        await ann.publish("in/ann", b"at the second")
        assert await payload(ann) == b"at the second"
        assert ann.connections == 2


async def test_a_broker_without_any_node_is_an_error_that_names_all(nodes: Nodes) -> None:
    """Each with why there is no connection to it."""
    await nodes.only()
    one, two, three = nodes.address.nodes
    with pytest.raises(TransportError, match=f"{one}: .*refused.*; .*{two}: .*refused.*; .*{three}: .*refused"):
        async with MqttLink(nodes.address, "ann", "in/ann"):
            pytest.fail("connected to nobody")


async def test_silence_is_noticed_within_seconds(nodes: Nodes) -> None:
    """Where a cable is cut nobody says so: the kernel has to ask, on the way to a relay and from there on."""
    external = ExternalBroker(nodes.address)
    first = (await external.start()).nodes[0]
    async with MqttLink(external.address, "ann", "in/ann"), MqttLink(nodes.address, "eve", "in/eve"):
        for port, count in ((first.relay, 1), (first.port, 2)):
            timers = connections_to(port)
            assert len(timers) == count
            assert all(kind == KEEPALIVE and 0 < seconds <= 4 for kind, seconds in timers)
    await external.close()


KEEPALIVE = 2
"""As /proc/net/tcp calls the timer."""


def connections_to(port: int | None) -> list[tuple[int, float]]:
    """The timer of each to a port on the loopback: its kind, and the seconds until it is due."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    timers = [row[5].split(":") for row in rows if row[2] == f"0100007F:{port:04X}" and row[3] == "01"]
    return [(int(kind, 16), int(due, 16) / os.sysconf("SC_CLK_TCK")) for kind, due in timers]


async def test_there_is_a_relay_for_each_node(nodes: Nodes) -> None:
    """So stopping cuts off all of them, and as the target's nodes go, links change behind the relays."""
    external = ExternalBroker(nodes.address)
    address = await external.start()
    assert [str(node) for node in address.nodes] == [str(node) for node in nodes.address.nodes]
    assert pickle.loads(pickle.dumps(address)) == address  # noqa: S301 - our own, as it goes to other processes
    async with MqttLink(address, "ann", "in/ann") as ann, asyncio.timeout(BOUND):
        await nodes.only(1)
        await ann.wait_connected(after=1)
        await ann.publish("in/ann", b"hello")
        assert await payload(ann) == b"hello"
        await external.stop()
        with pytest.raises(TransportError):
            async with MqttLink(address, "bob", "in/bob"):
                pytest.fail("came through a relay that is closed")
        assert await external.start() == address
        await ann.wait_connected(after=2)
    await external.close()
