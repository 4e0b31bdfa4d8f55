"""The life of a broker: start, stop, start again, and a death nobody asked for."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simulator.errors import TransportError
from simulator.transport import mosquitto
from simulator.transport.address import BrokerAddress
from simulator.transport.broker import serve
from simulator.transport.embedded import EmbeddedBroker
from simulator.transport.external import ExternalBroker
from simulator.transport.mosquitto import MosquittoBroker
from simulator.transport.mqtt import MqttLink

from .conftest import NEEDS_MOSQUITTO, Setting

BOUND = 10.0
"""Seconds nothing here should take; only a test that fails waits so long."""

OwnBroker = EmbeddedBroker | MosquittoBroker


@pytest.fixture(params=["embedded", pytest.param("mosquitto", marks=NEEDS_MOSQUITTO)])
async def broker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OwnBroker]:
    """Each broker that is a process of ours, not yet started."""
    broker = EmbeddedBroker() if request.param == "embedded" else MosquittoBroker(tmp_path)
    yield broker
    await broker.stop()


def accepts(address: BrokerAddress) -> bool:
    """Whether anybody listens at `address`."""
    try:
        socket.create_connection(address.node.door, timeout=BOUND).close()
    except ConnectionRefusedError:
        return False
    return True


def exists(pid: int) -> bool:
    """Whether there is a process `pid`; one that has ended and waits to be collected does not count."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


async def gone(pid: int) -> None:
    """Wait until there is no process `pid`."""
    async with asyncio.timeout(BOUND):
        while exists(pid):  # noqa: ASYNC110 - somebody else's child: there is nothing to wait on
            await asyncio.sleep(0.005)


async def test_it_comes_back_at_the_same_address(setting: Setting) -> None:
    """Stopped, a broker refuses clients; started again, it takes them where it did before."""
    broker = setting.broker
    address = broker.address
    for _ in range(2):
        await broker.stop()
        await broker.stop()
        assert await broker.start() == address
        assert await broker.start() == address
    async with setting.link("ann"):
        pass


async def test_a_stopped_broker_leaves_no_process(broker: OwnBroker) -> None:
    """After stop() its process is gone and its port is closed."""
    address = await broker.start()
    pid = broker.pid
    assert pid is not None
    assert exists(pid)
    assert accepts(address)
    await broker.stop()
    assert not exists(pid)
    assert not accepts(address)
    assert broker.pid is None


async def test_a_taken_port_is_an_error(broker: OwnBroker, tmp_path: Path) -> None:
    """A second broker at the same port cannot start and says where."""
    address = await broker.start()
    second: OwnBroker
    if isinstance(broker, EmbeddedBroker):
        second = EmbeddedBroker(port=address.node.port)
    else:
        second = MosquittoBroker(tmp_path / "second", address.node.port)
    with pytest.raises(TransportError, match=f"(?s){address.node.port}.*[Aa]ddress already in use"):
        await second.start()
    await second.stop()
    assert second.pid is None


async def test_an_unexpected_death_is_noticed(broker: OwnBroker) -> None:
    """wait_died() returns when the broker is killed, and not when it is stopped; it can start again."""
    address = await broker.start()
    watching = asyncio.create_task(broker.wait_died())
    await broker.stop()
    await broker.start()
    await asyncio.sleep(0)
    assert not watching.done()
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGKILL)
    last_words = await asyncio.wait_for(watching, BOUND)
    assert f"{address.node.host}:{address.node.port}" in last_words
    assert "exit code -9" in last_words
    assert await broker.start() == address


async def test_ctrl_c_does_not_reach_it(broker: OwnBroker) -> None:
    """An interrupt of the terminal's process group leaves the broker to whoever started it."""
    address = await broker.start()
    assert broker.pid is not None
    if os.getpgid(broker.pid) == os.getpgid(0):
        os.kill(broker.pid, signal.SIGINT)
    async with MqttLink(address, "ann", "in/ann"):
        pass
    assert exists(broker.pid)


PARENT = """
import asyncio, sys
from pathlib import Path
from simulator.transport.embedded import EmbeddedBroker
from simulator.transport.mosquitto import MosquittoBroker

async def main():
    broker = EmbeddedBroker() if sys.argv[1] == "embedded" else MosquittoBroker(Path(sys.argv[2]))
    await broker.start()
    print(broker.pid, flush=True)
    await broker.wait_died()

asyncio.run(main())
"""


async def test_it_does_not_outlive_a_killed_parent(broker: OwnBroker, tmp_path: Path) -> None:
    """Not even SIGKILL of the process that started it leaves a broker behind."""
    kind = "embedded" if isinstance(broker, EmbeddedBroker) else "mosquitto"
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, kind, str(tmp_path)), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert parent.stdout is not None
        pid = int(await asyncio.wait_for(parent.stdout.readline(), BOUND))
        assert exists(pid)
    finally:
        parent.kill()
        await parent.wait()
    await gone(pid)


async def test_an_account_is_required(tmp_path: Path) -> None:
    """A broker with an account lets in who knows it, and nobody else."""
    broker = EmbeddedBroker(username="ann", password="s3cret")  # noqa: S106
    address = await broker.start()
    try:
        async with MqttLink(address, "ann", "in/ann"):
            pass
        for stranger in (
            BrokerAddress.at(address.node.host, address.node.port),
            BrokerAddress.at(address.node.host, address.node.port, "ann", "guess"),
            BrokerAddress.at(address.node.host, address.node.port, "bob", "s3cret"),
        ):
            with pytest.raises(TransportError, match=f"{address.node.port}.*[Nn]ot authori[sz]ed"):
                async with MqttLink(stranger, "ann", "in/ann"):
                    pytest.fail("let in a stranger")
    finally:
        await broker.stop()


async def test_a_missing_mosquitto_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an executable the error names the remedy."""
    monkeypatch.setattr(mosquitto, "find_mosquitto", lambda: None)
    with pytest.raises(TransportError, match="apt-get install mosquitto"):
        await MosquittoBroker(tmp_path).start()


async def test_an_external_broker_that_is_not_there_is_named(closed_port: int) -> None:
    """start() says which host and port cannot be reached."""
    with pytest.raises(TransportError, match=f"127.0.0.1:{closed_port}"):
        await ExternalBroker(BrokerAddress.at("127.0.0.1", closed_port)).start()


async def test_stopping_an_external_broker_leaves_the_broker_alone(broker: OwnBroker) -> None:
    """stop() cuts our clients off, while the broker itself goes on."""
    external = ExternalBroker(await broker.start())
    address = await external.start()
    await external.stop()
    assert not accepts(address)
    assert accepts(broker.address)


async def test_an_external_broker_that_is_reached_directly_is_not_stopped(broker: OwnBroker) -> None:
    """Clients get the target's own address; stop() says why it cannot be had, and close() leaves all as it is."""
    external = ExternalBroker(await broker.start(), direct=True)
    assert await external.start() == await external.start() == broker.address
    async with MqttLink(external.address, "ann", "in/ann") as ann:
        with pytest.raises(TransportError, match=f"{broker.address} is not ours to stop.*reach it directly"):
            await external.stop()
        await external.close()
        await ann.publish("in/ann", b"still here")
        assert [arrival.payload for arrival in await asyncio.wait_for(ann.receive(), BOUND)] == [b"still here"]


async def test_a_link_survives_its_external_broker(broker: OwnBroker) -> None:
    """When somebody restarts the broker behind the relay, links come back without our doing."""
    external = ExternalBroker(await broker.start())
    async with MqttLink(await external.start(), "ann", "in/ann") as ann, asyncio.timeout(BOUND):
        await broker.stop()
        await broker.start()
        await ann.wait_connected(after=1)
    await external.stop()


async def test_serving_in_the_foreground(broker: OwnBroker) -> None:
    """serve() announces the address, runs until cancelled, and stops the broker."""
    announced: asyncio.Future[BrokerAddress] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(broker, announced.set_result))
    address = await asyncio.wait_for(announced, BOUND)
    assert accepts(address)
    serving.cancel()
    await asyncio.wait({serving})
    assert serving.cancelled()
    assert not accepts(address)


async def test_serving_ends_with_the_broker(broker: OwnBroker) -> None:
    """serve() raises the last words of a broker that dies."""
    announced: asyncio.Future[BrokerAddress] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(broker, announced.set_result))
    await asyncio.wait_for(announced, BOUND)
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGKILL)
    with pytest.raises(TransportError, match="died"):
        await asyncio.wait_for(serving, BOUND)
