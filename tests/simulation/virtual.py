"""A virtual fleet that a test drives step by step, and what became of the messages it sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count

from simulator.journal import Entry, Outcome
from simulator.protocol.actions import Action, CreateTrustRecord, NameManager, Send
from simulator.protocol.envelope import LIFETIME, Envelope, derive_id
from simulator.runtime.clock import EPOCH as START
from simulator.runtime.faults import Fault
from simulator.runtime.virtual.fleet import VirtualFleet
from simulator.scenario.reading.load import LoadedScenario, load_text
from simulator.scenario.topology import instance_specs
from simulator.trust.capability import ActedMessage, ReceivedAnswer, ReceivedData

TOPOLOGY = """\
name: A fleet
auto_approval: 5m
instances: { prod1: production, dev1: development, dev2: development }
applications:
  App: &App
    capabilities: { Cap: { operations: { hand over: data, act: { kind: message, answer: { done: true } } } } }
  Other: *App
steps: [settle]
"""
LOADED: LoadedScenario = load_text(TOPOLOGY, "fleet.yaml")

ID_BY_NAME = {spec.name: spec.id for spec in instance_specs(LOADED.scenario, "mif", START)}

ZERO = timedelta(0)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
LATENCY = timedelta(milliseconds=1)


class Virtual:
    """A fleet of prod1, dev1 and dev2: prod1 may have the data of both, and may have both act."""

    def __init__(self, fleet: VirtualFleet) -> None:
        self.fleet = fleet
        self.id_by_name = ID_BY_NAME
        self._numbers = count()
        self._sent: dict[str, str] = {}
        """The recipient of each message."""

    # -- what happens -----------------------------------------------------------------------------------

    async def act(self, name: str, action: Action) -> str:
        """An administrator or an application of the instance acts; returns the action's id."""
        me, now = self.id_by_name[name], self.fleet.now()
        id_ = derive_id("act", next(self._numbers))
        envelope = Envelope(
            id=id_, sender=me, recipient=me, cause=None, sent_at=now, expires_at=now + LIFETIME, message=action
        )
        await self.fleet.act(name, envelope)
        return id_

    async def send(
        self, sender: str, recipient: str, number: int, operation: str = "hand over", application: str = "App"
    ) -> str:
        """An application sends its message of that number; returns the message's id."""
        action = Send(
            application=application,
            capability="Cap",
            operation=operation,
            recipient=self.id_by_name[recipient],
            payload={"number": number},
            unchecked=False,
        )
        message = self.fleet.post_ids(sender).of(await self.act(sender, action), 0)
        self._sent[message] = recipient
        return message

    async def send_all(self, sender: str, recipient: str, number: int) -> list[str]:
        """Sends so many messages, in turn of both applications."""
        return [
            await self.send(sender, recipient, at, application=("App", "Other")[at % 2]) for at in range(number)
        ]

    async def trust(self, trustor: str, trustee: str) -> None:
        """The trustor trusts the trustee for both applications."""
        for application in ("App", "Other"):
            record = CreateTrustRecord(
                application=application, capability="Cap", version="1.0.0", trustee=self.id_by_name[trustee]
            )
            await self.act(trustor, record)

    async def name_manager(self, managed: str, manager: str) -> None:
        """The managed side names its manager, who approves after five minutes."""
        await self.act(managed, NameManager(application="App", manager=self.id_by_name[manager]))

    async def inject(self, fault: Fault, lasts: timedelta | None = None, after: timedelta = ZERO) -> None:
        """Lets something go wrong."""
        await self.fleet.inject(fault, after, lasts)

    async def settle(self) -> timedelta:
        """Ends when nothing is due any more, as it must long before anything expires; returns how long it took."""
        began = self.fleet.now()
        limit = began + timedelta(hours=24)
        while not await self.fleet.is_settled():
            assert self.fleet.now() < limit, "the fleet does not come to rest"
            await self.fleet.pause(until=limit)
        return self.fleet.now() - began

    async def until(self, condition: Callable[[], bool]) -> timedelta:
        """Ends when the condition holds; returns how long that took."""
        began = self.fleet.now()
        limit = began + timedelta(hours=24)
        while not condition():
            assert self.fleet.now() < limit, "it never holds"
            await self.fleet.pause(until=limit)
        return self.fleet.now() - began

    # -- looking ----------------------------------------------------------------------------------------

    def entries(self, name: str, *messages: str, outcome: Outcome | None = None) -> list[Entry]:
        """What an instance journalled: about some messages or about all, with one outcome or with any."""
        return [
            entry
            for _, entry in self.fleet.journal(name)
            if (not messages or entry.envelope in messages) and outcome in {None, entry.outcome}
        ]

    def is_done(self, message: str) -> bool:
        """Whether its recipient has processed it."""
        return bool(self.entries(self._sent[message], message, outcome=Outcome.PROCESSED))

    def numbers(self, name: str, sender: str, application: str = "App") -> list[object]:
        """The numbers of the data and messages of one sender that an instance has taken in, in order."""
        data = self.fleet.load(name, ReceivedData)
        messages = self.fleet.load(name, ActedMessage)
        rows = [(row.source_instance, row) for row in data] + [(row.sender_instance, row) for row in messages]
        return [
            row.payload["number"]
            for source, row in rows
            if (source, row.application) == (self.id_by_name[sender], application)
        ]

    def answers(self, name: str) -> int:
        """How many answers an instance has got."""
        return len(self.fleet.load(name, ReceivedAnswer))

    def delays(self, sender: str, messages: Sequence[str]) -> list[timedelta]:
        """How long each message took from being sent until it was processed, by the clock of the fleet."""
        ids = self.fleet.post_ids(sender)
        sent_at = {ids.of(entry.envelope, 0): entry.at for entry in self.entries(sender) if entry.kind == "send"}
        return [
            self.entries(self._sent[message], message, outcome=Outcome.PROCESSED)[0].at - sent_at[message]
            for message in messages
        ]

    async def assert_delivered_once(self) -> None:
        """When all has come to rest, every message was processed exactly once, and nothing waits."""
        await self.fleet.calm()
        await self.settle()
        processed = Counter(
            entry.envelope for name in self.id_by_name for entry in self.entries(name, outcome=Outcome.PROCESSED)
        )
        assert {message: processed[message] for message in self._sent} == dict.fromkeys(self._sent, 1)
        assert set(processed.values()) == {1}
        rows = [row for name in self.id_by_name for row in self.fleet.load(name, ReceivedData)]
        acted = [row for name in self.id_by_name for row in self.fleet.load(name, ActedMessage)]
        assert len(rows) + len(acted) == len(self._sent)


@asynccontextmanager
async def running(seed: int = 0) -> AsyncIterator[Virtual]:
    """A fleet in which dev1 and dev2 trust prod1, at rest and in fine weather."""
    async with VirtualFleet(instance_specs(LOADED.scenario, "mif", START), seed) as fleet:
        it = Virtual(fleet)
        await it.trust("dev1", "prod1")
        await it.trust("dev2", "prod1")
        await it.settle()
        yield it
