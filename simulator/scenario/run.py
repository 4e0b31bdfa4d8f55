"""One run of a scenario, on a broker or in virtual time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from simulator.protocol.topics import DEFAULT_NAMESPACE
from simulator.report.result import RunResult
from simulator.runtime.fleet import LiveFleet
from simulator.runtime.virtual import VirtualFleet
from simulator.scenario.load import LoadedScenario
from simulator.scenario.runner import Progress, Runner
from simulator.scenario.topology import instance_specs
from simulator.transport.broker import Broker


async def run_live(
    loaded: LoadedScenario,
    broker: Broker,
    namespace: str,
    directory: Path,
    instances_per_process: int,
    seed: int,
    progress: Progress,
) -> RunResult:
    """Runs it on a fleet of processes; *seed* decides only what the weather draws."""
    specs = instance_specs(loaded.scenario, namespace)
    async with LiveFleet(specs, broker, directory, instances_per_process, seed) as fleet:
        return await Runner(loaded, fleet, progress).run()


async def run_virtual(loaded: LoadedScenario, seed: int, directory: Path | None, progress: Progress) -> RunResult:
    """Runs it in virtual time; the same seed gives the same journal."""
    async with VirtualFleet(instance_specs(loaded.scenario, DEFAULT_NAMESPACE), seed, directory) as fleet:
        return replace(await Runner(loaded, fleet, progress).run(), seed=seed)
