"""The contract of a link, held against every kind of link and broker."""

from __future__ import annotations

import asyncio

import pytest

from simulator.errors import TransportError
from simulator.protocol.topics import Arrival
from simulator.transport.address import BrokerAddress
from simulator.transport.certificate import ALERTS, Certificate, Credentials
from simulator.transport.endpoint import MAX_BATCH
from simulator.transport.link import Link
from simulator.transport.mqtt import MqttLink

from .conftest import Setting

BOUND = 10.0
"""Seconds nothing here should take; only a test that fails waits so long."""


async def receive(link: Link, count: int) -> list[bytes]:
    """The next `count` payloads of `link`."""
    payloads: list[bytes] = []
    async with asyncio.timeout(BOUND):
        while len(payloads) < count:
            payloads += [arrival.payload for arrival in await link.receive()]
    return payloads


async def lost(link: Link) -> None:
    """Wait until `link` has noticed that its connection is gone."""
    async with asyncio.timeout(BOUND):
        while True:
            try:
                await link.publish("in/nobody", b"are you there?")
            except TransportError:
                return
            await asyncio.sleep(0.001)


@pytest.mark.parametrize(
    "payload",
    [b"", b"\0", b"plain", bytes(range(256)), "grüße".encode(), bytes(range(256)) * 1024],
    ids=["empty", "zero", "text", "binary", "utf8", "256KiB"],
)
async def test_bytes_arrive_unchanged(setting: Setting, payload: bytes) -> None:
    """What one link publishes to another's inbox arrives as it was, and as bytes."""
    async with setting.link("ann") as ann, setting.link("bob") as bob:
        await ann.publish("in/bob", payload)
        (received,) = await receive(bob, 1)
    assert received == payload
    assert type(received) is bytes


async def test_receive_tells_in_whose_name_the_topic_is(setting: Setting) -> None:
    """The last level of the topic names whoever publishes there, or says so."""
    async with setting.link("ann") as ann, setting.link("bob", inbox="in/bob/+") as bob:
        await ann.publish("in/bob/ann", b"from ann")
        await ann.publish("in/bob/eve", b"as eve")
        arrivals = list[Arrival]()
        async with asyncio.timeout(BOUND):
            while len(arrivals) < 2:
                arrivals += await bob.receive()
    assert arrivals == [Arrival("ann", b"from ann"), Arrival("eve", b"as eve")]


async def test_two_links_talk_both_ways(setting: Setting) -> None:
    """A request and its reply cross in opposite directions, and a link may write to itself."""
    async with setting.link("ann") as ann, setting.link("bob") as bob:
        await ann.publish("in/bob", b"request")
        assert await receive(bob, 1) == [b"request"]
        await bob.publish("in/ann", b"reply")
        assert await receive(ann, 1) == [b"reply"]
        await ann.publish("in/ann", b"note to self")
        assert await receive(ann, 1) == [b"note to self"]


async def test_many_payloads_arrive_in_order(setting: Setting) -> None:
    """Two thousand payloads of one publisher all arrive, in the order they were sent."""
    sent = [f"{number} {'.' * 600}".encode() for number in range(2000)]
    async with setting.link("ann") as ann, setting.link("bob") as bob:
        receiving = asyncio.create_task(receive(bob, len(sent)))
        for payload in sent:
            await ann.publish("in/bob", payload)
        assert await receiving == sent


async def test_a_batch_is_bounded(setting: Setting) -> None:
    """However much waits, one receive() returns at most MAX_BATCH, oldest first, and the next the rest."""
    count = MAX_BATCH + 50
    async with setting.link("ann") as ann, setting.link("bob") as bob:
        for number in range(count):
            await ann.publish("in/bob", str(number).encode())
        received: list[bytes] = []
        async with asyncio.timeout(BOUND):
            while len(received) < count:
                batch = await bob.receive()
                assert 1 <= len(batch) <= MAX_BATCH
                received += [arrival.payload for arrival in batch]
    assert received == [str(number).encode() for number in range(count)]


async def test_a_link_receives_its_own_inbox_only(setting: Setting) -> None:
    """Payloads for other topics, longer and shorter ones included, do not arrive."""
    async with setting.link("ann") as ann, setting.link("bob") as bob:
        for topic in ("in/ann", "in/bobby", "in", "in/bob/more", "IN/BOB"):
            await ann.publish(topic, topic.encode())
        await ann.publish("in/bob", b"mine")
        assert await receive(bob, 1) == [b"mine"]


async def test_publishing_without_a_broker_fails(setting: Setting) -> None:
    """While the broker is down, publish raises TransportError."""
    async with setting.link("ann") as ann:
        await setting.broker.stop()
        await lost(ann)
        with pytest.raises(TransportError, match="ann"):
            await ann.publish("in/bob", b"into the void")


async def test_a_link_comes_back_by_itself(setting: Setting) -> None:
    """After the broker was away, links reconnect, subscribe again and carry payloads; receive() never noticed."""
    async with setting.link("ann") as ann, setting.link("bob") as bob:
        assert (ann.connections, bob.connections) == (1, 1)
        receiving = asyncio.create_task(receive(bob, 1))
        await setting.broker.stop()
        await lost(ann)
        await lost(bob)
        assert not receiving.done()
        before = setting.broker.address
        assert await setting.broker.start() == before
        async with asyncio.timeout(BOUND):
            await ann.wait_connected(after=1)
            await bob.wait_connected(after=1)
        assert (ann.connections, bob.connections) == (2, 2)
        await ann.publish("in/bob", b"back again")
        assert await receiving == [b"back again"]


async def test_waiting_for_a_connection(setting: Setting) -> None:
    """wait_connected returns at once while connected, and waits for the next one when asked for it."""
    async with setting.link("ann") as ann:
        await asyncio.wait_for(ann.wait_connected(), BOUND)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ann.wait_connected(after=1), 0.01)
        waiting = asyncio.create_task(ann.wait_connected(after=1))
        await setting.broker.stop()
        await lost(ann)
        assert not waiting.done()
        await setting.broker.start()
        await asyncio.wait_for(waiting, BOUND)


async def test_the_first_connect_fails_when_nobody_is_there(setting: Setting) -> None:
    """A link whose broker is down from the beginning raises TransportError with host and port."""
    await setting.broker.stop()
    address = setting.broker.address
    with pytest.raises(TransportError, match=f"{address.node.host}:{address.node.port}"):
        async with setting.link("ann"):
            pytest.fail("connected to a stopped broker")


async def test_a_cancelled_receive_loses_nothing(setting: Setting) -> None:
    """Whenever a receive() is cancelled, what it would have returned is there for the next one."""
    count = 200
    received: list[bytes] = []
    async with setting.link("ann") as ann, setting.link("bob") as bob, asyncio.timeout(BOUND):

        async def publish() -> None:
            for number in range(count):
                await ann.publish("in/bob", str(number).encode())
                await asyncio.sleep(0)

        publishing = asyncio.create_task(publish())
        while len(received) < count:
            attempt = asyncio.create_task(bob.receive())
            for _ in range(3):
                await asyncio.sleep(0)
            attempt.cancel()
            try:
                received += [arrival.payload for arrival in await attempt]
            except asyncio.CancelledError:
                continue
        await publishing
    assert received == [str(number).encode() for number in range(count)]


async def test_links_leave_nothing_behind(setting: Setting) -> None:
    """Closing a link ends its tasks, whether it is connected or looking for its broker."""
    before = asyncio.all_tasks()
    async with setting.link("ann"):
        pass
    async with setting.link("ann"), setting.link("bob") as bob:
        await setting.broker.stop()
        await lost(bob)
    assert asyncio.all_tasks() <= before


async def test_a_wildcard_takes_one_level(setting: Setting) -> None:
    """An inbox that ends with + takes in every topic with one level there, and no other."""
    async with setting.link("bob", "in/bob/+") as bob, setting.link("ann") as ann:
        for topic in ("in/bob/ann", "in/bob", "in/bob/ann/more", "in/carl/ann", "in/bob/eve"):
            await ann.publish(topic, topic.encode())
        assert await receive(bob, 2) == [b"in/bob/ann", b"in/bob/eve"]


@pytest.mark.parametrize("certificate", [it for it in Certificate if it is not Certificate.VALID])
async def test_a_certificate_that_is_not_valid_is_refused(setting: Setting, certificate: Certificate) -> None:
    """The link says why and neither sends nor receives; with a valid one it does both again."""
    async with setting.link("ann") as ann, setting.link("bob") as bob:
        await ann.renew(Credentials(certificate))
        assert ann.refusal == ALERTS[certificate]
        await bob.publish("in/ann", b"lost")
        with pytest.raises(TransportError):
            await ann.publish("in/bob", b"not sent")
        await ann.renew(Credentials())
        assert ann.refusal == ""
        await bob.publish("in/ann", b"hello")
        await ann.publish("in/bob", b"hello")
        assert [await receive(link, 1) for link in (ann, bob)] == [[b"hello"], [b"hello"]]


async def test_a_broker_that_knows_nobody_objects_to_nothing(setting: Setting) -> None:
    """Whatever topic a link claims, the payload is carried."""
    async with setting.link("ann") as ann, setting.link("bob") as bob:
        assert await ann.claim("in/bob", b"as somebody else") == ""
        assert await receive(bob, 1) == [b"as somebody else"]


async def test_a_closed_port_is_named(closed_port: int) -> None:
    """The error for a port where nobody listens says which host and port."""
    with pytest.raises(TransportError, match=f"127.0.0.1:{closed_port}.*refused"):
        async with MqttLink(BrokerAddress.at("127.0.0.1", closed_port), "ann", "in/ann"):
            pytest.fail("connected to a closed port")


async def test_a_peer_that_hangs_up_is_an_error_at_once() -> None:
    """A peer that hangs up instead of answering is an error at once, not after a time-out."""

    def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server, asyncio.timeout(2):
        address = BrokerAddress.at("127.0.0.1", server.sockets[0].getsockname()[1])
        with pytest.raises(TransportError, match=r"closed the connection|reset"):
            async with MqttLink(address, "ann", "in/ann"):
                pytest.fail("connected to somebody who hung up")
