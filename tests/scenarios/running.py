"""A scenario on a live fleet, within the test's own process."""

from __future__ import annotations

import asyncio
from io import StringIO
from pathlib import Path

from rich.console import Console

from simulator.report.result import RunResult, StepResult
from simulator.report.terminal import report
from simulator.runtime.clock import FleetClock
from simulator.runtime.fleet import LiveFleet
from simulator.runtime.forkserver import start_fork_server
from simulator.scenario.load import LoadedScenario
from simulator.scenario.runner import Runner
from simulator.scenario.topology import instance_specs
from simulator.transport.broker import Broker

RUN_LIMIT = 60.0
"""Seconds that no run here should take; only one that hangs does."""


class Unseen:
    """A run's progress, with nobody to follow it."""

    def begins(self, number: int, line: int, text: str) -> None:
        """Says nothing."""

    def ended(self, step: StepResult) -> None:
        """Says nothing."""


async def run(
    loaded: LoadedScenario, broker: Broker, directory: Path, instances_per_process: int = 1, namespace: str = "mif"
) -> RunResult:
    """Runs the scenario on a fleet of its own, which is gone afterwards; the caller stops the broker."""
    start_fork_server()
    specs = instance_specs(loaded.scenario, namespace, FleetClock().now())
    async with asyncio.timeout(RUN_LIMIT):
        async with LiveFleet(specs, broker, directory, instances_per_process) as fleet:
            return await Runner(loaded, fleet, Unseen()).run()


def in_full(result: RunResult, width: int = 160) -> str:
    """The whole report with the journal, to be shown when an assertion fails."""
    text = StringIO()
    Console(file=text, width=width).print(report(result, with_journal=True))
    return text.getvalue()
