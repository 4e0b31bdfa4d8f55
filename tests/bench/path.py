"""The full path (sign, publish, verify, gate, durable commit, receipt) against a bare client's request and reply.

Both run in the same processes on the same broker, in turns, because the machine is seldom quiet.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import astuple, dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from simulator.runtime.clock import EPOCH as START
from simulator.runtime.spec import InstanceSpec
from simulator.scenario.reading.load import load
from simulator.scenario.topology import instance_specs
from simulator.transport.broker import Broker
from simulator.transport.embedded import EmbeddedBroker
from simulator.transport.mosquitto import MosquittoBroker, find_mosquitto
from simulator.trust.record import Origin, TrustingInstance, TrustRecord

from .table import Table
from .worker import APPLICATION, CAPABILITY, OPERATION, VERSION, WIRE_BYTES, Kind, Pair, WorkerSpec, main

ROUNDS = 5
WARM_UP = 0.3
"""Seconds of each kind before the first round."""

PATIENCE = 30.0
"""Seconds beyond its time after which a process is taken for hung."""

TOPOLOGY = f"""
name: pairs
instances: {{ %s }}
applications:
  {APPLICATION}:
    version: 1.4.3
    capabilities: {{ {CAPABILITY}: {{ version: {VERSION}, operations: {{ {OPERATION}: data }} }} }}
steps: [settle]
"""


@dataclass(frozen=True, slots=True)
class Layout:
    """How pairs are spread over processes: near ends in one half of them, far ends in the other."""

    pairs: int
    processes: int

    def __str__(self) -> str:
        return f"{self.pairs} {'pair' if self.pairs == 1 else 'pairs'}, {self.processes} processes"


LAYOUTS = (Layout(1, 2), Layout(6, 12), Layout(50, 2))


@dataclass(frozen=True, slots=True)
class Round:
    """One measurement of one kind."""

    rate: float
    """Round trips per second."""
    p50: float
    p99: float
    """Milliseconds that half of the round trips, and 99 of 100, stayed below."""
    cpu: float
    """Microseconds of processor time a round trip, both ends together, without the broker."""


async def measure_path(directory: Path, seconds: float, tell: Callable[[str], None]) -> Table:
    """All layouts on all brokers there are."""
    table = Table(
        "Message and receipt on the full path against a bare client's request and reply",
        ("broker", "layout", "bare trips/s", "messages/s", "p50 / p99 ms", "CPU us",
         "full trips/s", "messages/s", "p50 / p99 ms", "CPU us", "full : bare"),
        f"Bare: aiomqtt, QoS 1, {WIRE_BYTES} bytes each way, no logic, no store. Full: signed, verified, past the "
        "gate, committed on both sides, receipted. One at a time per pair, two messages a round trip; "
        f"CPU: of both ends for one trip; medians of {ROUNDS} rounds in turns, {seconds:g} s each.",
    )  # fmt: skip
    brokers: dict[str, Broker] = {"embedded": EmbeddedBroker(preload=None)}
    if find_mosquitto() is not None:
        brokers = {"Mosquitto": MosquittoBroker(directory), **brokers}
    for name, broker in brokers.items():
        await broker.start()
        try:
            for number, layout in enumerate(LAYOUTS):
                tell(f"{name}, {layout}")
                files = directory / f"{name}-{number}"
                files.mkdir()
                bare, full = await _measure(broker, layout, files, seconds)
                ratio = median(ours.rate / theirs.rate for theirs, ours in zip(bare, full, strict=True))
                table.rows.append((name, str(layout), *_columns(bare), *_columns(full), f"{ratio:.2f}"))
        finally:
            await broker.stop()
    return table


def _columns(rounds: Sequence[Round]) -> tuple[str, str, str, str]:
    rate, p50, p99, cpu = (median(values) for values in zip(*map(astuple, rounds), strict=True))
    return f"{rate:,.0f}", f"{2 * rate:,.0f}", f"{p50:.2f} / {p99:.2f}", f"{cpu:,.0f}"


async def _measure(
    broker: Broker, layout: Layout, directory: Path, seconds: float
) -> tuple[list[Round], list[Round]]:
    """The rounds of the bare client and of the full path."""
    pairs = make_pairs(layout.pairs, directory)
    trips = 0
    rounds: dict[Kind, list[Round]] = {"bare": [], "full": []}
    async with _workers(_worker_specs(broker, layout, pairs, directory)) as workers:
        for length in (WARM_UP, *[seconds] * ROUNDS):
            for kind, results in rounds.items():
                latencies, cpu = await _round(workers, kind, length)
                trips += len(latencies) if kind == "full" else 0
                cuts = quantiles(latencies, n=100)
                per_trip = 1e6 * cpu / len(latencies)
                results.append(Round(len(latencies) / length, 1e3 * cuts[49], 1e3 * cuts[98], per_trip))
    arrived = sum(_arrived(directory / pair.far.file_name) for pair in pairs)
    assert arrived == trips, f"{trips} round trips, but {arrived} messages in the recipients' files"
    return rounds["bare"][1:], rounds["full"][1:]


async def _round(workers: Sequence[Connection], kind: Kind, seconds: float) -> tuple[list[float], float]:
    """The latencies of all round trips, and the processor time that all processes took for them."""
    _, before = await _order(workers, kind, 0)
    latencies, _ = await _order(workers, kind, seconds)
    _, after = await _order(workers, kind, 0)
    return latencies, after - before


async def _order(workers: Sequence[Connection], kind: Kind, seconds: float) -> tuple[list[float], float]:
    for worker in workers:
        worker.send((kind, seconds))
    results = [await asyncio.to_thread(_result, worker, seconds + PATIENCE) for worker in workers]
    return [latency for latencies, _ in results for latency in latencies], sum(cpu for _, cpu in results)


def _result(control: Connection, limit: float) -> Any:
    if not control.poll(limit):
        raise TimeoutError(f"a process of the bench has not answered for {limit:g} seconds")
    return control.recv()


@asynccontextmanager
async def _workers(specs: Sequence[WorkerSpec]) -> AsyncIterator[list[Connection]]:
    """The processes of one layout, as the pipes that they take orders from."""
    context = multiprocessing.get_context("forkserver")
    processes, controls = [], []
    try:
        for spec in specs:
            ours, theirs = context.Pipe()
            process = context.Process(target=main, args=(spec, theirs), daemon=True)
            await asyncio.to_thread(process.start)
            theirs.close()
            processes.append(process)
            controls.append(ours)
        for control in controls:
            await asyncio.to_thread(_result, control, PATIENCE)
        yield controls
    finally:
        for control in controls:
            control.close()  # which ends the process
        for process in processes:
            await asyncio.to_thread(process.join, PATIENCE)
            process.kill()
            process.join()


def _worker_specs(broker: Broker, layout: Layout, pairs: Sequence[Pair], directory: Path) -> list[WorkerSpec]:
    size = layout.pairs * 2 // layout.processes
    groups = [tuple(pairs[at : at + size]) for at in range(0, len(pairs), size)]
    far = [WorkerSpec(broker.address, directory, near=(), far=group) for group in groups]
    return far + [WorkerSpec(broker.address, directory, near=group, far=()) for group in groups]


def make_pairs(count: int, directory: Path) -> list[Pair]:
    """Instances that all know each other; each near one trusts its far one, which may get its data."""
    names = [f"{end}-{number}" for number in range(count) for end in ("near", "far")]
    file = directory / "topology.yaml"
    file.write_text(TOPOLOGY % ", ".join(f"{name}: production" for name in names))
    specs = instance_specs(load(file).scenario, "bench", START)
    return [
        Pair(number, _trusting(near, far), _trusted(near, far))
        for number, (near, far) in enumerate(zip(specs[::2], specs[1::2], strict=True))
    ]


def _trusting(near: InstanceSpec, far: InstanceSpec) -> InstanceSpec:
    record = TrustRecord(
        application=APPLICATION,
        capability=CAPABILITY,
        trusted_instance=far.id,
        version=VERSION,
        origin=Origin.MANUAL,
    )
    return replace(near, own_rows=(*near.own_rows, record))


def _trusted(near: InstanceSpec, far: InstanceSpec) -> InstanceSpec:
    mirror = TrustingInstance(
        application=APPLICATION, capability=CAPABILITY, trusting_instance=near.id, version=VERSION
    )
    return replace(far, own_rows=(*far.own_rows, mirror))


def _arrived(file: Path) -> int:
    connection = sqlite3.connect(file)
    (number,) = connection.execute("select count(*) from sn_mif_sync_data").fetchone()
    connection.close()
    return int(number)
