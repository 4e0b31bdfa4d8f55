"""A process of the bench: the near or the far ends of some pairs, bare and full, on one event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Literal, Protocol

import aiomqtt

from simulator.protocol.actions import Send
from simulator.protocol.codec import encode
from simulator.protocol.envelope import LIFETIME, Envelope
from simulator.protocol.messages import CapabilityMessage
from simulator.protocol.operations import OperationKind
from simulator.runtime.clock import FleetClock
from simulator.runtime.live.instance import LiveInstance, Step
from simulator.runtime.spec import InstanceSpec
from simulator.transport.address import BrokerAddress
from simulator.transport.mqtt import MqttLink

APPLICATION, CAPABILITY, VERSION, OPERATION = "Impact Health", "Scan", "1.0.0", "transfer results"

WIRE_BYTES = 600
"""Size of a request and a reply of the bare client, and of a message on the full path."""

Kind = Literal["bare", "full"]


@dataclass(frozen=True, slots=True)
class Pair:
    """Who asks whom."""

    number: int
    near: InstanceSpec
    far: InstanceSpec


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """What one process runs; can be pickled."""

    broker: BrokerAddress
    directory: Path
    near: tuple[Pair, ...]
    far: tuple[Pair, ...]


class Near(Protocol):
    """The end of a pair that asks."""

    async def trip(self) -> None:
        """Asks once, and returns when the answer is here."""
        ...


def main(spec: WorkerSpec, control: Connection) -> None:
    """The process: says True when all is connected, then takes orders (kind, seconds).

    An order returns the latencies of its round trips, and the processor time of the process so far.
    """
    asyncio.run(_serve(spec, control))


async def _serve(spec: WorkerSpec, control: Connection) -> None:
    async with AsyncExitStack() as stack:
        for pair in spec.far:
            await stack.enter_async_context(_bare_far(spec, pair))
            await stack.enter_async_context(_instance(LiveInstance, spec, pair.far))
        near: dict[Kind, list[Near]] = {"bare": [], "full": []}
        for pair in spec.near:
            client = await stack.enter_async_context(_bare_client(spec, f"bare-near-{pair.number}"))
            near["bare"].append(await _BareNear.open(client, pair))
            instance = await stack.enter_async_context(_instance(_NearInstance, spec, pair.near))
            near["full"].append(_FullNear(instance, pair))
        control.send(True)
        while True:
            try:
                kind, seconds = await asyncio.to_thread(control.recv)
            except EOFError:  # the bench is over, or gone
                return
            until = perf_counter() + seconds
            latencies = await asyncio.gather(*(_trips(end, until) for end in near[kind]))
            control.send(([latency for some in latencies for latency in some], process_time()))


async def _trips(near: Near, until: float) -> list[float]:
    """Round trips of one pair, one after the other; the seconds that each took."""
    latencies = []
    while (began := perf_counter()) < until:
        await near.trip()
        latencies.append(perf_counter() - began)
    return latencies


# -- bare: a client as it comes, without logic and store ------------------------------------------------


def _bare_client(spec: WorkerSpec, identifier: str) -> aiomqtt.Client:
    return aiomqtt.Client(
        spec.broker.node.host,
        spec.broker.node.port,
        identifier=identifier,
        protocol=aiomqtt.ProtocolVersion.V311,
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
    )


class _BareNear:
    def __init__(self, client: aiomqtt.Client, pair: Pair) -> None:
        self._client = client
        self._messages = client.messages
        self._topic = f"bare/{pair.number}/request"

    @classmethod
    async def open(cls, client: aiomqtt.Client, pair: Pair) -> _BareNear:
        await client.subscribe(f"bare/{pair.number}/reply", qos=1)
        return cls(client, pair)

    async def trip(self) -> None:
        await self._client.publish(self._topic, bytes(WIRE_BYTES), qos=1)
        await anext(self._messages)


@asynccontextmanager
async def _bare_far(spec: WorkerSpec, pair: Pair) -> AsyncIterator[None]:
    async with _bare_client(spec, f"bare-far-{pair.number}") as client:
        await client.subscribe(f"bare/{pair.number}/request", qos=1)

        async def reply() -> None:
            async for message in client.messages:
                assert isinstance(message.payload, bytes)
                await client.publish(f"bare/{pair.number}/reply", message.payload, qos=1)

        async with _running(reply()):
            yield


# -- full: instances, with all that they do -------------------------------------------------------------


class _NearInstance(LiveInstance):
    """An instance that tells when everything it has posted is delivered."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.delivered = asyncio.Event()

    async def _drive(self, step: Step, *, is_brief: bool = False) -> bool:
        is_done = await super()._drive(step, is_brief=is_brief)
        if not self._instance.waiting_for():
            self.delivered.set()
        return is_done


class _FullNear:
    def __init__(self, instance: _NearInstance, pair: Pair) -> None:
        self._instance = instance
        self._clock = FleetClock()
        self._prefix = f"{pair.number:08x}"
        self._numbers = count()
        self._id = pair.near.id
        self._action = Send(
            application=APPLICATION,
            capability=CAPABILITY,
            operation=OPERATION,
            recipient=pair.far.id,
            payload={"findings": "x" * filler(pair)},
        )

    async def trip(self) -> None:
        self._instance.delivered.clear()
        now = self._clock.now()
        await self._instance.act(
            Envelope(
                id=f"{self._prefix}{next(self._numbers):024x}",
                sender=self._id,
                recipient=self._id,
                cause=None,
                sent_at=now,
                expires_at=now + LIFETIME,
                message=self._action,
            )
        )
        await self._instance.delivered.wait()


def filler(pair: Pair) -> int:
    """How long the payload must be for a message of WIRE_BYTES on the wire."""
    now = FleetClock().now()
    message = CapabilityMessage(
        application=APPLICATION,
        application_version="1.0.0",
        capability=CAPABILITY,
        version=VERSION,
        operation=OPERATION,
        operation_kind=OperationKind.DATA,
        payload={"findings": ""},
    )
    ids = {"id": pair.near.id, "sender": pair.near.id, "recipient": pair.far.id, "cause": pair.near.id}
    envelope = Envelope(**ids, sent_at=now, expires_at=now + LIFETIME, message=message)
    return max(0, WIRE_BYTES - len(encode(envelope, pair.near.key)))


@asynccontextmanager
async def _instance(type_: Any, spec: WorkerSpec, instance_spec: InstanceSpec) -> AsyncIterator[Any]:
    link = MqttLink(spec.broker, identity=instance_spec.id, inbox=instance_spec.inbox)
    instance = type_(instance_spec, spec.directory, link, FleetClock())
    started = asyncio.Event()
    async with _running(instance.run(started.set)):
        await started.wait()
        yield instance


@asynccontextmanager
async def _running(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs *work* beside the body, and ends it with the body."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
