"""A scenario on a live fleet, within the test's own process."""

from __future__ import annotations

import asyncio
from io import StringIO
from pathlib import Path

from rich.console import Console  # noqa: TID251 - what is printed is looked at, and by no terminal

from simulator.report.result import RunResult
from simulator.report.terminal.run import report
from simulator.runtime.live.forkserver import start_fork_server
from simulator.scenario.reading.load import LoadedScenario
from simulator.scenario.running.progress import Unfollowed
from simulator.scenario.running.run import run_live
from simulator.transport.broker import Broker

RUN_LIMIT = 60.0
"""Seconds that no run here should take; only one that hangs does."""


class Unseen(Unfollowed):
    """A run's progress, with nobody to follow it."""


async def run(
    loaded: LoadedScenario, broker: Broker, directory: Path, instances_per_process: int = 1, namespace: str = "mif"
) -> RunResult:
    """Runs the scenario on a fleet of its own, which is gone afterwards."""
    start_fork_server()
    async with asyncio.timeout(RUN_LIMIT):
        return await run_live(loaded, broker, namespace, directory, instances_per_process, 0, Unseen())


def in_full(result: RunResult, width: int = 160) -> str:
    """The whole report with the journal, to be shown when an assertion fails."""
    text = StringIO()
    Console(file=text, width=width).print(report(result, verbose=True))
    return text.getvalue()
