"""A fleet whose hosts are on the workers of a cluster, and sweeps: what more workers bring, and what they cost."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from math import ceil
from pathlib import Path
from statistics import median
from time import perf_counter

from simulator.cluster.scheduler import cluster_at
from simulator.cluster.sites import sites_on
from simulator.report.totals import is_met
from simulator.scenario.reading.load import load_text
from simulator.scenario.running.progress import Unfollowed
from simulator.scenario.running.run import watched_live
from simulator.transport.embedded import EmbeddedBroker
from simulator.transport.external import ExternalBroker
from simulator.transport.mosquitto import MosquittoBroker, find_mosquitto
from tests.cluster.dask import scheduler, worker

from .table import Table

SIZES, LARGE = (12, 100), (500, 1_000)
WORKERS = (1, 2, 4)
IDLE = 3.0
"""Seconds in which nothing happens."""

SEEDS, ROUNDS = 60, 3
EXAMPLE = Path(__file__).parents[2] / "scenarios" / "documented-example.yaml"

SCENARIO = """
name: a hub
instances: {{ hub: production, dev: {{ environment: development, count: {} }} }}
applications: {{ App: {{ capabilities: {{ Cap: {{ operations: {{ hand over: data }} }} }} }} }}
patience: 10m
steps:
  - name_manager: {{ on: dev, manager: hub }}
  - advance: 10m
  - save_profile_item: {{ on: hub, trusting: dev, trusted: hub }}
  - sync_trust_profiles: hub
    expect: [{{ sync: App, on: hub, results: {{ dev: synced }} }}]
  - send: {{ from: dev, to: hub }}
    expect: processed
"""


async def measure_fleets(directory: Path, large: bool, tell: Callable[[str], None]) -> Table:
    """Hubs of several sizes on one, two and four workers of this machine."""
    table = Table(
        "A fleet on a cluster",
        (
            "instances",
            "workers",
            "up s",
            "named and settled s",
            "synced s",
            "messages/s",
            "idle bytes/(instance s)",
        ),
        "A manager and those that it manages, one process on each worker, all on this machine; Mosquitto where it "
        "is. Named: each names the manager, who approves it. Synced: one profile to all. Messages: one from each "
        f"to the hub, with receipts. Idle: what sites and agents say in {IDLE:.0f} s of which nothing is asked.",
    )
    with ExitStack() as stack:
        address = stack.enter_context(scheduler(directory / "dask"))
        broker = MosquittoBroker(directory) if find_mosquitto() else EmbeddedBroker()
        target = await broker.start()
        try:
            for number in range(max(WORKERS)):
                stack.enter_context(worker(directory / f"worker-{number}", address))
                if number + 1 in WORKERS:
                    for size in (*SIZES, *(LARGE if large else ())):
                        tell(f"a fleet of {size} on {number + 1} workers")
                        run = directory / f"fleet-{size}-{number}"
                        run.mkdir()
                        table.rows.append(await _measure(run, address, ExternalBroker(target, direct=True), size))
        finally:
            await broker.close()
    return table


async def _measure(directory: Path, address: str, broker: ExternalBroker, size: int) -> tuple[str, ...]:
    loaded = load_text(SCENARIO.format(size - 1), "hub.yaml")
    cluster = await asyncio.to_thread(cluster_at, address, replace=False)
    number = len(cluster.workers)
    began = perf_counter()
    async with (
        sites_on(cluster, {}, directory) as sites,
        watched_live(
            loaded, broker, "bench", directory, ceil(size / number), 0, Unfollowed(), sites=sites
        ) as watched,
    ):
        up = perf_counter() - began
        result = await watched.runner.run()
        assert is_met(result), result.failures
        before = sites.carried
        await asyncio.sleep(IDLE)
        idle = (sites.carried - before) / IDLE / size
    seconds = [step.seconds or 0.0 for step in result.steps]
    named, synced, sent = seconds[0] + seconds[1], seconds[3], seconds[4]
    figures = (f"{up:.1f}", f"{named:.1f}", f"{synced:.2f}", f"{(size - 1) / sent:,.0f}", f"{idle:.2f}")
    return f"{size:,}", str(number), *figures


def measure_sweeps(directory: Path, tell: Callable[[str], None]) -> Table:
    """The same stormy seeds by two processes and by two workers."""
    table = Table(
        "Sweeps",
        ("who", "seeds", "s", "seeds/s", "workers : processes"),
        f"The documented example under stormy weather; whole commands, medians of {ROUNDS} rounds in turns.",
    )
    with ExitStack() as stack:
        address = stack.enter_context(scheduler(directory / "sweeps"))
        for number in range(2):
            stack.enter_context(worker(directory / f"sweeping-{number}", address))
        ways = {"two processes": ("--jobs", "2"), "two workers": ("--on", address)}
        took: dict[str, list[float]] = {who: [] for who in ways}
        for round_ in range(ROUNDS):
            for who, options in ways.items():
                tell(f"sweeps by {who}, round {round_ + 1}")
                took[who].append(_sweep(options))
    ratio = median(a / b for a, b in zip(took["two processes"], took["two workers"], strict=True))
    for who, seconds in took.items():
        rate = SEEDS / median(seconds)
        shown = f"{ratio:.2f}" if who == "two workers" else ""
        table.rows.append((who, str(SEEDS), f"{median(seconds):.1f}", f"{rate:.1f}", shown))
    return table


def _sweep(options: Sequence[str]) -> float:
    command = [sys.executable, "-m", "simulator", "sweep", "--weather", "stormy", "--seeds", str(SEEDS)]
    began = perf_counter()
    subprocess.run([*command, *options, str(EXAMPLE)], check=True, capture_output=True)
    return perf_counter() - began
