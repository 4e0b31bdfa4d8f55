"""`trustsim broker` and `trustsim instance`: parts of a fleet, for a test of one's own."""

from __future__ import annotations

import asyncio
import re
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulator.protocol.codec import Signed, decode, encode
from simulator.protocol.envelope import LIFETIME, Envelope, derive_id
from simulator.protocol.messages import ManagerDesignation, Receipt
from simulator.protocol.signature import signing_key
from simulator.protocol.topics import topic
from simulator.runtime.clock import EPOCH as START
from simulator.runtime.spec import InstanceSpec
from simulator.scenario.reading.load import load
from simulator.scenario.topology import instance_specs
from simulator.transport.address import BrokerAddress
from simulator.transport.mqtt import MqttLink

from .command import BOUND, HEAD, Command, run

SOON = 5.0

TOPOLOGY = (
    HEAD.format(name="Two and a guest").replace("}\n", ", guest: test }\n", 1)
    + """\
auto_approval: 0s
steps: [settle]
"""
)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Command]:
    """A broker that serves at a free port."""
    with Command(tmp_path, "broker", "--port", "0") as command:
        command.wait_until(lambda: "Ctrl-C stops it" in command.out)
        yield command


@pytest.fixture
def topology(tmp_path: Path) -> Path:
    """A scenario file whose steps nobody runs."""
    path = tmp_path / "topology.yaml"
    path.write_text(TOPOLOGY)
    return path


def address_of(broker: Command) -> BrokerAddress:
    """What the broker has announced."""
    [address] = re.findall(r"mqtt://\S+?(?=;)", broker.out)
    return BrokerAddress.parse(address)


def spec_of(topology: Path, name: str) -> InstanceSpec:
    """One instance of the topology."""
    [spec] = [spec for spec in instance_specs(load(topology).scenario, "mif", START) if spec.name == name]
    return spec


def topic_to(recipient: InstanceSpec, sender: InstanceSpec) -> str:
    """Where the sender publishes for the recipient."""
    return topic(recipient.namespace, recipient.account, recipient.id, sender.id)


def journal(directory: Path, instance: str) -> list[tuple[str, str, str, str]]:
    """What an instance has journalled: the message's kind, who sent it, the outcome and the code."""
    with closing(sqlite3.connect(directory / f"{instance}.sqlite")) as connection:
        query = "select kind, sender, outcome, code from x_trustsim_journal order by number"
        return connection.execute(query).fetchall()


async def test_the_broker_serves(broker: Command) -> None:
    """`broker` announces its address, where clients can talk to each other."""
    address = address_of(broker)
    async with MqttLink(address, "ann", "in/ann") as ann, MqttLink(address, "bob", "in/bob") as bob:
        await ann.publish("in/bob", b"hello")
        assert await payloads(bob) == [b"hello"]


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_the_broker_stops(broker: Command, signal_number: signal.Signals) -> None:
    """Ctrl-C or SIGTERM ends it with exit code 130, and no process is left."""
    broker.process.send_signal(signal_number)
    result = broker.wait(SOON)
    broker.wait_gone(SOON)
    assert result.code == 130
    assert result.err.split() == ["trustsim:", "stopped"]


def test_a_taken_port(broker: Command, tmp_path: Path) -> None:
    """A second broker at the same port ends with exit code 3, and says where and why."""
    port = address_of(broker).node.port
    result = run(tmp_path, "broker", "--port", str(port))
    assert result.code == 3
    assert str(port) in result.err
    assert "address already in use" in result.err
    assert "Traceback" not in result.err


async def test_instances_of_their_own_find_each_other(broker: Command, topology: Path, tmp_path: Path) -> None:
    """Instances that were started apart talk to each other, and to a test that signs as one of theirs.

    The guest signs in the name of subprod1 that prod1 is its manager; prod1 confirms it to the real
    subprod1, which journals it.
    """
    address = address_of(broker)
    prod1, subprod1, guest = (spec_of(topology, name) for name in ("prod1", "subprod1", "guest"))
    with (
        instance(tmp_path, topology, "prod1", address) as one,
        instance(tmp_path, topology, "subprod1", address) as two,
    ):
        async with MqttLink(address, guest.id, guest.inbox) as link:
            await link.publish(topic_to(prod1, subprod1), encode(_designation(subprod1, prod1), subprod1.key))
            confirmed = ("manager_confirmation", prod1.id, "processed", "")
            one.wait_until(
                lambda: ("manager_designation", subprod1.id, "processed", "") in journal(tmp_path, "prod1")
            )
            two.wait_until(lambda: any(entry[:2] == confirmed[:2] for entry in journal(tmp_path, "subprod1")))
        for command in (one, two):
            command.interrupt()
            assert command.wait(SOON).code == 130
            command.wait_gone(SOON)


async def test_a_signed_envelope_gets_a_receipt(broker: Command, topology: Path, tmp_path: Path) -> None:
    """Who signs as an instance of the topology gets a receipt that is signed by the recipient."""
    address, prod1, guest = address_of(broker), spec_of(topology, "prod1"), spec_of(topology, "guest")
    async with MqttLink(address, guest.id, guest.inbox) as link:
        with instance(tmp_path, topology, "prod1", address):
            envelope = _designation(guest, prod1)
            await link.publish(topic_to(prod1, guest), encode(envelope, guest.key))
            receipt = await _receipt(link, envelope.id)
            assert receipt.envelope.sender == prod1.id
            assert encode(receipt.envelope, prod1.key).partition(b"\n")[2] == receipt.signed.partition(b".")[2]


async def test_a_wrongly_signed_envelope_gets_none(broker: Command, topology: Path, tmp_path: Path) -> None:
    """Who signs with another key is refused: journalled with a code, and not answered."""
    address, prod1, guest = address_of(broker), spec_of(topology, "prod1"), spec_of(topology, "guest")
    async with MqttLink(address, guest.id, guest.inbox) as link:
        with instance(tmp_path, topology, "prod1", address):
            forged = _designation(guest, prod1)
            true = replace(forged, id=derive_id("true"))
            await link.publish(topic_to(prod1, guest), encode(forged, signing_key("another seed", guest.id)))
            await link.publish(topic_to(prod1, guest), encode(true, guest.key))
            await _receipt(link, true.id, but_not=forged.id)
        refused, processed, *_ = journal(tmp_path, "prod1")
    assert refused[:3] == ("manager_designation", guest.id, "refused")
    assert "signature" in refused[3]
    assert processed == ("manager_designation", guest.id, "processed", "")


async def test_an_instance_keeps_its_file(broker: Command, topology: Path, tmp_path: Path) -> None:
    """Started again in the same directory, it remembers what it had processed: a repeat is a duplicate."""
    address, prod1, guest = address_of(broker), spec_of(topology, "prod1"), spec_of(topology, "guest")
    payload = encode(envelope := _designation(guest, prod1), guest.key)
    async with MqttLink(address, guest.id, guest.inbox) as link:
        for _ in range(2):
            with instance(tmp_path, topology, "prod1", address) as command:
                await link.publish(topic_to(prod1, guest), payload)
                await _receipt(link, envelope.id)
                command.interrupt()
                assert command.wait(SOON).code == 130
    outcomes = [outcome for kind, _, outcome, _ in journal(tmp_path, "prod1") if kind == "manager_designation"]
    assert outcomes == ["processed", "duplicate"]


def test_an_instance_without_a_broker(topology: Path, tmp_path: Path) -> None:
    """Exit code 3, naming the broker."""
    result = run(
        tmp_path,
        "instance",
        topology,
        "prod1",
        "--broker",
        "mqtt://127.0.0.1:1",
        "--directory",
        tmp_path / "files",
    )
    assert result.code == 3
    [message] = result.err.splitlines()
    assert message.startswith("trustsim: no connection to the broker at mqtt://127.0.0.1:1: ")


def test_an_instance_in_a_place_where_nothing_can_be_made(topology: Path, tmp_path: Path) -> None:
    """A directory that cannot be made is a mistake on the command line."""
    (tmp_path / "file").write_text("")
    result = run(
        *(tmp_path, "instance", topology, "prod1", "--broker", "mqtt://127.0.0.1:1"),
        *("--directory", tmp_path / "file" / "below"),
    )
    assert result.code == 2
    assert "Traceback" not in result.err


def instance(tmp_path: Path, topology: Path, name: str, address: BrokerAddress) -> Command:
    """One instance of the topology in a process of its own, that listens."""
    command = Command(tmp_path, "instance", topology, name, "--broker", str(address), "--directory", tmp_path)
    command.wait_until(
        lambda: f"{name} listens on {address}, topics {spec_of(topology, name).inbox}" in command.out
    )
    return command


def _designation(sender: InstanceSpec, recipient: InstanceSpec) -> Envelope[ManagerDesignation]:
    now = datetime.now(UTC)  # noqa: TID251 - the instance goes by the wall clock
    return Envelope(
        id=derive_id("designation", sender.id),
        sender=sender.id,
        recipient=recipient.id,
        cause=None,
        sent_at=now,
        expires_at=now + LIFETIME,
        message=ManagerDesignation(application="App"),
    )


async def _receipt(link: MqttLink, envelope_id: str, but_not: str = "") -> Signed:
    """Waits for the receipt for one envelope; fails if there is one for *but_not* before it."""
    async with asyncio.timeout(BOUND):
        while True:
            for arrival in await link.receive():
                signed = decode(arrival.payload)
                message = signed.envelope.message
                if isinstance(message, Receipt):
                    assert but_not not in message.envelope_ids
                    if envelope_id in message.envelope_ids:
                        return signed


async def payloads(link: MqttLink) -> list[bytes]:
    """What comes next."""
    return [arrival.payload for arrival in await link.receive()]
