"""A program's own part in a fleet: it takes the place of one of the instances, and speaks the wire itself.

    async with Peer.guest("subprod2") as me:
        await me.send("prod1", "Impact Health", "Code Check", "transfer results", {"score": 7})
        received = await me.receive()
        print(received.sender, received.message)
        await received.confirm()

The other side holds what comes against its own trust, as ever: a peer decides nothing but what it says. What the
envelopes are is in simulator/protocol/README.md.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import TypeAdapter

from simulator.errors import WireError
from simulator.protocol.codec import decode, encode
from simulator.protocol.envelope import LIFETIME, Envelope
from simulator.protocol.messages import CapabilityMessage, Payload, PeerMessage, Receipt, WireMessage
from simulator.protocol.signature import is_authentic
from simulator.protocol.topics import DEFAULT_NAMESPACE, topic
from simulator.runtime.clock import FleetClock
from simulator.runtime.spec import InstanceSpec
from simulator.scenario.reading.load import load
from simulator.scenario.topology import instance_specs
from simulator.serving.client import guest_of
from simulator.serving.registry import find
from simulator.transport.address import BrokerAddress
from simulator.transport.certificate import PLAIN, Credentials, TlsFiles
from simulator.transport.mqtt import MqttLink
from simulator.trust.application import Application, Capability, Operation

__all__ = ["Peer", "Received"]

AGAIN = 2.0
"""Seconds after which what has no receipt is sent again."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message that has come, from an instance by its name."""

    sender: str
    message: PeerMessage
    envelope: Envelope[WireMessage]
    _receipt: Callable[[Envelope[WireMessage]], Awaitable[None]]

    async def confirm(self) -> None:
        """Sends a receipt, without which the sender sends it again."""
        await self._receipt(self.envelope)


class Peer:
    """One instance of a fleet that this program is; `async with` connects it. One task at a time receives."""

    def __init__(self, spec: InstanceSpec, broker: BrokerAddress, credentials: Credentials = PLAIN) -> None:
        self._spec = spec
        self._link = MqttLink(broker, spec.client, spec.inbox, credentials)
        self._entries = {entry.sys_id: entry for entry in spec.directory}
        self._ids = {row.name: row.sys_id for row in self._entries.values()}
        self._confirmed: dict[str, asyncio.Event] = {}
        """By the id of what was sent and has no receipt yet."""
        self._come: asyncio.Queue[Received] = asyncio.Queue()
        self._reading: asyncio.Task[None]
        self._clock = FleetClock()

    @classmethod
    def of(cls, file: str | Path, name: str, broker: str, namespace: str = DEFAULT_NAMESPACE) -> Self:
        """An instance of a scenario's topology, beside others that `trustsim instance` serves.

        Its signing key derives from the scenario's seed. Raises ScenarioError, and ValueError for the address.
        """
        return cls(_spec_of(Path(file), name, namespace), BrokerAddress.parse(broker))

    @classmethod
    def guest(cls, name: str, fleet: str | None = None) -> Self:
        """An instance for which a fleet that is up keeps a place (`trustsim up --guest NAME`).

        *fleet* is its scenario file or control address; None: the only one that is up. Raises NoFleetError, and
        MachineryError where it has no such guest.
        """
        entry = find(fleet)
        told = guest_of(entry, name)
        spec = _spec_of(Path(entry.file), name, told["namespace"], told["settings"])
        keys: dict[str, str] = told["public_keys"]
        directory = tuple(replace(it, public_key=keys[it.sys_id]) for it in spec.directory)
        spec = replace(spec, private_key=bytes.fromhex(told["private_key"]), directory=directory)
        files = TlsFiles(Path(told["authority"]), Path(told["certificate"])) if told["authority"] else None
        broker = TypeAdapter(BrokerAddress).validate_python(told["broker"])
        return cls(spec, broker, Credentials(files=files))

    async def __aenter__(self) -> Self:
        await self._link.__aenter__()
        self._reading = asyncio.create_task(self._read(), name=f"{self._spec.name}: read")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reading.cancel()
        await asyncio.wait({self._reading})
        await self._link.__aexit__(kind, error, trace)

    async def send(
        self, to: str, application: str, capability: str, operation: str, payload: Payload | None = None
    ) -> str:
        """Sends one operation of a capability, in the versions of the topology; returns the envelope's id.

        On return the other side has committed what it decided, which it says in its journal and not in the
        receipt. Sends again until there is a receipt; who does not want to wait for ever sets a timeout. Raises
        KeyError for an instance or an operation that there is not.
        """
        message = CapabilityMessage(
            application=application,
            application_version=self._row(Application, application).version,
            capability=capability,
            version=self._row(Capability, application, capability).version,
            operation=operation,
            operation_kind=self._row(Operation, application, capability, operation).kind,
            payload=payload or {},
        )
        envelope = self._envelope(self._ids[to], message)
        confirmed = self._confirmed[envelope.id] = asyncio.Event()
        try:
            while not confirmed.is_set():
                await self._publish(envelope)
                try:
                    async with asyncio.timeout(AGAIN):
                        await confirmed.wait()
                except TimeoutError:
                    continue
        finally:
            del self._confirmed[envelope.id]
        return envelope.id

    async def receive(self) -> Received:
        """The next message that has come, authentic and for this instance; receipts are not among them."""
        return await self._come.get()

    async def _read(self) -> None:
        while True:
            for arrival in await self._link.receive():
                self._take(arrival.sender, arrival.payload)

    def _take(self, published_by: str, payload: bytes) -> None:
        """What cannot be read, or is not from whom it says, is as good as never sent."""
        try:
            signed = decode(payload)
        except WireError:
            return
        envelope, sender = signed.envelope, self._entries.get(signed.envelope.sender)
        if sender is None or published_by != envelope.sender or envelope.recipient != self._spec.id:
            return
        if not is_authentic(signed.signed, signed.signature, sender.public_key):
            return
        if isinstance(envelope.message, Receipt):
            for id_ in envelope.message.envelope_ids:
                if id_ in self._confirmed:
                    self._confirmed[id_].set()
            return
        self._come.put_nowait(Received(sender.name, envelope.message, envelope, self._receipt))

    async def _receipt(self, envelope: Envelope[WireMessage]) -> None:
        await self._publish(self._envelope(envelope.sender, Receipt(envelope_ids=(envelope.id,))))

    def _envelope(self, recipient: str, message: Any) -> Envelope[Any]:
        now = self._clock.now()
        return Envelope(
            id=secrets.token_hex(16),
            sender=self._spec.id,
            recipient=recipient,
            cause=None,
            sent_at=now,
            expires_at=now + LIFETIME,
            message=message,
        )

    async def _publish(self, envelope: Envelope[Any]) -> None:
        to = topic(self._spec.namespace, self._spec.account, envelope.recipient, self._spec.id)
        await self._link.publish(to, encode(envelope, self._spec.key))

    def _row(self, row_type: type[Any], *names: str) -> Any:
        for row in self._spec.rows:
            if isinstance(row, row_type) and _names_of(row) == names:
                return row
        raise KeyError(f"{self._spec.name} has no {row_type.__name__.lower()} {' > '.join(names)}")


def _names_of(row: Application | Capability | Operation) -> tuple[str, ...]:
    match row:
        case Application():
            return (row.name,)
        case Capability():
            return row.application, row.name
        case Operation():
            return row.application, row.capability, row.name


def _spec_of(file: Path, name: str, namespace: str, settings: Sequence[str] = ()) -> InstanceSpec:
    """The instance of that name in a file of which variables are set, each as in `version=1.5.0`."""
    loaded = load(file, settings=dict(each.split("=", 1) for each in settings))
    specs = {spec.name: spec for spec in instance_specs(loaded.scenario, namespace, FleetClock().now())}
    if name not in specs:
        raise KeyError(f"{file} has no instance {name}; it has: {', '.join(specs)}")
    return specs[name]
