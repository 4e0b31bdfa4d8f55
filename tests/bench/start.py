"""How long `trustsim run` takes to bring a fleet up and to end, against two plain starts of our program."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

from simulator.transport.mosquitto import find_mosquitto

from .table import Table

ROUNDS = 5
SIZES = (3, 12)
LIMIT = 60.0
"""Seconds after which a run is taken for hung."""

SCENARIO = """
name: nothing but a start
instances: { %s }
applications:
  Impact Health:
    version: 1.4.3
    capabilities: { Scan: { version: 1.0.0, operations: { transfer results: data } } }
steps: [{ advance: 1s }]
"""


async def measure_start(directory: Path, tell: Callable[[str], None]) -> Table:
    """Fleets of several sizes on all brokers there are."""
    table = Table(
        "Start of a fleet",
        ("broker", "instances", "all up s", "whole command s", "two plain starts s", "up : two starts"),
        "All up: from the start of the command until the first step is over, an `advance`, which takes a "
        "millisecond. A plain start: Python with all that an instance imports. One process per instance; "
        f"medians of {ROUNDS} rounds in turns.",
    )
    brokers = ["mosquitto", "embedded"] if find_mosquitto() else ["embedded"]
    for broker in brokers:
        for size in SIZES:
            tell(f"start of {size} instances, {broker}")
            file = directory / f"start-{size}.yaml"
            file.write_text(SCENARIO % ", ".join(f"i{number}: production" for number in range(size)))
            ups, wholes, plains = [], [], []
            for _ in range(ROUNDS):
                up, whole = await _run(file, broker)
                ups.append(up)
                wholes.append(whole)
                plains.append(await _plain() + await _plain())
            ratio = median(up / plain for up, plain in zip(ups, plains, strict=True))
            times = (f"{median(seconds):.2f}" for seconds in (ups, wholes, plains))
            table.rows.append((broker, str(size), *times, f"{ratio:.2f}"))
    return table


async def _run(file: Path, broker: str) -> tuple[float, float]:
    """Seconds until all instances are up, and until the command is over."""
    began = perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator", "run", str(file), "--broker", broker),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(LIMIT):
            title, step = await process.stderr.readline(), await process.stderr.readline()
            up = perf_counter() - began
            rest = await process.stderr.read()
            code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert code == 0, (title + step + rest).decode()
    return up, perf_counter() - began


async def _plain() -> float:
    began = perf_counter()
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "import simulator.runtime.live.host")
    assert await process.wait() == 0
    return perf_counter() - began
