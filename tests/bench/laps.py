"""Laps: things that a process of the bench measures again and again when it is told to, in turns with others."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter

PATIENCE = 60.0
"""Seconds after which a lap is taken for hung; each takes a second or so."""

_ROOT = Path(__file__).parents[2]

Lap = Callable[[int, int], None]
"""Does something so many times; the second number counts the laps, so that no two need to be alike."""


def serve(laps: Mapping[str, Lap]) -> None:
    """The process: runs the lap that each line of standard input names, and answers with its seconds."""
    # simloop collects garbage twice a seed: what is imported here, ours or theirs, is none of its business.
    gc.freeze()
    for number, line in enumerate(sys.stdin):
        name, times = json.loads(line)
        gc.collect()
        began = perf_counter()
        laps[name](times, number)
        sys.stdout.write(f"{perf_counter() - began}\n")
        sys.stdout.flush()


class Runner:
    """A process that serves laps."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def rate(self, lap: str, times: int) -> float:
        """Runs one lap; how many times a second it did its thing."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([lap, times]).encode() + b"\n")
        async with asyncio.timeout(PATIENCE):
            seconds = await self._process.stdout.readline()
        if not seconds:
            raise RuntimeError(f"the process that runs {lap} has ended; what it said stands above")
        return times / float(seconds)


@asynccontextmanager
async def runner(python: Path, module: str) -> AsyncIterator[Runner]:
    """The laps of that module, in a process of that Python which ends with the body."""
    process = await asyncio.create_subprocess_exec(
        python, "-m", module, stdin=PIPE, stdout=PIPE, cwd=_ROOT, env={**os.environ, "PYTHONPATH": str(_ROOT)}
    )
    try:
        yield Runner(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def in_turns(laps: Sequence[tuple[Runner, str, int]], rounds: int) -> list[list[float]]:
    """The rates of each lap in all rounds; one more round comes first, to warm up, and does not count."""
    rates: list[list[float]] = [[] for _ in laps]
    for _ in range(rounds + 1):
        for rate, (one, lap, times) in zip(rates, laps, strict=True):
            rate.append(await one.rate(lap, times))
    return [rate[1:] for rate in rates]
