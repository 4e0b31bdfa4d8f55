"""Instances are killed while they talk: what was committed arrives once, in order, and nothing else does.

SIGKILL_ROUNDS=200 makes it a soak; SIGKILL_SEED repeats the choices of a run that failed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from datetime import timedelta
from itertools import permutations, product
from pathlib import Path
from random import Random  # noqa: TID251 - seeded, and the seed is printed
from typing import TypeVar

import pytest

from simulator.errors import HostError
from simulator.protocol.actions import Action, CreateTrustRecord, Send
from simulator.protocol.envelope import LIFETIME, Envelope, derive_id
from simulator.runtime.clock import EPOCH as START
from simulator.runtime.live.fleet import LiveFleet
from simulator.runtime.live.forkserver import start_fork_server
from simulator.runtime.spec import InstanceSpec
from simulator.scenario.reading.load import load
from simulator.scenario.topology import instance_specs
from simulator.transport.embedded import EmbeddedBroker
from simulator.transport.mosquitto import MosquittoBroker, find_mosquitto

from .ledger import Ledger

NEEDS_MOSQUITTO = (
    pytest.mark.mosquitto,
    pytest.mark.skipif(find_mosquitto() is None, reason="there is no mosquitto executable on this machine"),
)

ROUNDS = int(os.environ.get("SIGKILL_ROUNDS", "12"))
SEED = os.environ.get("SIGKILL_SEED") or secrets.token_hex(4)

LONGEST_PAUSE = 0.25
"""Seconds between two blows: time for some hundred envelopes, so that a blow can fall anywhere in the path."""

BETWEEN_SENDS = 0.01
"""Seconds between two sends of an instance: the embedded broker keeps up, and something is always on its way."""

BURST = 10
BURST_TAKES = 0.015
"""Sends handed over at once before a kill, and about the seconds they take: the kill falls in between."""

A = TypeVar("A", bound=Action)

SETTLE_LIMIT = timedelta(minutes=1)
"""Nothing that was lost on the way waits longer than the outbox's first few retries."""

INSTANCES = ("ann", "bob", "cid", "dan")
APPLICATIONS = ("Impact Health", "Service Graph")
CAPABILITY = "Scan"
WITH_ANSWER = "request scan"
OPERATIONS = ("transfer results", WITH_ANSWER)

OFFER = f"""
    version: 1.4.3
    capabilities:
      {CAPABILITY}:
        version: 1.0.0
        operations: {{ transfer results: data, {WITH_ANSWER}: {{ kind: message, answer: {{ accepted: true }} }} }}
"""

TOPOLOGY = f"""
name: everybody trusts everybody
instances: {{ {", ".join(f"{name}: production" for name in INSTANCES)} }}
applications:
  {APPLICATIONS[0]}: {OFFER}
  {APPLICATIONS[1]}: {OFFER}
steps: [settle]
"""


@pytest.mark.parametrize(
    ("broker_kind", "instances_per_process", "rounds"),
    [
        pytest.param("embedded", 1, ROUNDS, id="embedded"),
        pytest.param("mosquitto", 1, ROUNDS, id="mosquitto", marks=NEEDS_MOSQUITTO),
        pytest.param("embedded", 4, max(1, ROUNDS // 3), id="embedded, one process"),
        pytest.param("mosquitto", 4, max(1, ROUNDS // 3), id="mosquitto, one process", marks=NEEDS_MOSQUITTO),
    ],
)
async def test_what_is_committed_arrives_once(
    broker_kind: str, instances_per_process: int, rounds: int, tmp_path: Path
) -> None:
    """Kills at random moments, and now and then a broker that goes away, lose nothing and double nothing."""
    print(f"SIGKILL_SEED={SEED} SIGKILL_ROUNDS={ROUNDS}")  # noqa: T201 - pytest shows it when the test fails
    start_fork_server()
    broker = EmbeddedBroker(preload=None) if broker_kind == "embedded" else MosquittoBroker(tmp_path)
    specs = _specs(tmp_path)
    async with LiveFleet(specs, broker, tmp_path, instances_per_process) as fleet:
        await _trust_everybody(fleet, specs)
        traffic = Traffic(fleet, specs, Random(f"{SEED} traffic"))  # noqa: S311 - not for secrets
        senders = [asyncio.create_task(traffic.keep_sending(spec)) for spec in specs]
        await _blows(fleet, traffic, specs, Random(f"{SEED} blows"), rounds)  # noqa: S311 - not for secrets
        traffic.is_over = True
        await asyncio.gather(*senders)
        await _settle(fleet)
    ledger = Ledger(specs, tmp_path)
    committed = ledger.committed(traffic.handed)
    assert traffic.returned <= {send.id for send in committed}, "act() returned before the commit"
    assert len(committed) > rounds
    ledger.check(committed, frozenset({WITH_ANSWER}))
    # To be read with pytest -s: a run in which no blow ever hit anything would prove little.
    print(  # noqa: T201
        f"{len(committed)} sends committed, {len(traffic.handed) - len(committed)} lost before their commit, "
        f"{len(committed) - len(traffic.returned)} killed after it, {ledger.duplicates()} repeats recognised"
    )


class Traffic:
    """Every instance sends to everybody, as fast as it is let, while it is up."""

    def __init__(self, fleet: LiveFleet, specs: list[InstanceSpec], chance: Random) -> None:
        self._fleet = fleet
        self._ids = [spec.id for spec in specs]
        self._chance = chance
        self.is_over = False
        self.handed: list[Envelope[Send]] = []
        """Every send that was handed to its instance, committed or not."""
        self.returned: set[str] = set()
        """The ids of those whose instance has said that they are committed."""

    async def keep_sending(self, spec: InstanceSpec) -> None:
        """Sends from one instance until the traffic is over."""
        while not self.is_over:
            await self.send(spec)
            await asyncio.sleep(BETWEEN_SENDS)

    async def send(self, spec: InstanceSpec) -> None:
        """Sends once if the instance is up; what a kill cuts short is not sent again."""
        if not self._fleet.is_running(spec.name):
            return
        action = Send(
            application=self._chance.choice(APPLICATIONS),
            capability=CAPABILITY,
            operation=self._chance.choice(OPERATIONS),
            recipient=self._chance.choice([id_ for id_ in self._ids if id_ != spec.id]),
            payload={"number": len(self.handed)},
        )
        send = _envelope(self._fleet, spec.id, action, len(self.handed))
        self.handed.append(send)
        with contextlib.suppress(HostError):
            await self._fleet.act(spec.name, send)
            self.returned.add(send.id)


async def _blows(
    fleet: LiveFleet, traffic: Traffic, specs: list[InstanceSpec], chance: Random, rounds: int
) -> None:
    """Each round kills one or two instances and starts them again; every third has no broker for a while."""
    for number in range(rounds):
        victims = chance.sample(specs, chance.choice((1, 1, 2)))
        names = [victim.name for victim in victims]
        is_without_broker = number % 3 == 2
        await asyncio.sleep(chance.uniform(0, LONGEST_PAUSE))
        if is_without_broker:
            await fleet.stop_broker()
            await asyncio.sleep(chance.uniform(0, LONGEST_PAUSE))
        # A burst of sends right before, so that the kill finds transactions to cut short.
        burst = [asyncio.create_task(traffic.send(victim)) for victim in victims for _ in range(BURST)]
        await asyncio.sleep(chance.uniform(0, BURST_TAKES))
        await fleet.kill(names)
        await asyncio.gather(*burst)
        await asyncio.sleep(chance.uniform(0, LONGEST_PAUSE))
        if is_without_broker:
            await fleet.start_broker()
        await fleet.start(names)


async def _trust_everybody(fleet: LiveFleet, specs: list[InstanceSpec]) -> None:
    everything = product(permutations(specs, 2), APPLICATIONS)
    for number, ((trustor, trustee), application) in enumerate(everything):
        action = CreateTrustRecord(
            application=application, capability=CAPABILITY, version="1.0.0", trustee=trustee.id
        )
        await fleet.act(trustor.name, _envelope(fleet, trustor.id, action, -number))
    await _settle(fleet)


async def _settle(fleet: LiveFleet) -> None:
    deadline = fleet.now() + SETTLE_LIMIT
    while not await fleet.is_settled():
        assert fleet.now() < deadline, f"not settled after {SETTLE_LIMIT}"
        await fleet.pause(until=deadline)


def _envelope(fleet: LiveFleet, instance: str, action: A, number: int) -> Envelope[A]:
    now = fleet.now()
    return Envelope(
        id=derive_id("sigkill", instance, action.kind, number),
        sender=instance,
        recipient=instance,
        cause=None,
        sent_at=now,
        expires_at=now + LIFETIME,
        message=action,
    )


def _specs(directory: Path) -> list[InstanceSpec]:
    file = directory / "topology.yaml"
    file.write_text(TOPOLOGY)
    return instance_specs(load(file).scenario, "sigkill", START)
