"""The same scenario under many seeds: each draws its own weather, and the invariants must hold in all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from simulator.protocol.topics import DEFAULT_NAMESPACE
from simulator.report.result import RunResult, SeedResult, SeedVerdict, StepResult
from simulator.runtime.virtual import VirtualFleet
from simulator.scenario.load import LoadedScenario
from simulator.scenario.runner import Runner
from simulator.scenario.storms import Storm, WeatherProfile
from simulator.scenario.topology import instance_specs
from simulator.scenario.witness import Witness

SETTLE_LIMIT = timedelta(hours=24)
"""How long a storm may keep a fleet busy: far longer than any episode, and well below the 36 hours of expiry."""


def run_seed(loaded: LoadedScenario, weather: WeatherProfile, seed: int) -> SeedResult:
    """Runs the scenario once, in the weather of that seed."""
    return asyncio.run(_run_seed(loaded, weather, seed))


async def _run_seed(loaded: LoadedScenario, weather: WeatherProfile, seed: int) -> SeedResult:
    witness = Witness(loaded.scenario)
    specs = instance_specs(loaded.scenario, DEFAULT_NAMESPACE)
    storm = Storm(weather, seed, [spec.id for spec in specs])
    fleet = VirtualFleet(specs, seed, on_step=witness.look)
    witness.watch(fleet)

    async with fleet:
        storm.begin(fleet)
        runner = Runner(loaded, fleet, _Brewing(storm, fleet), SETTLE_LIMIT)
        result = await runner.run()
        await fleet.calm()
        is_settled = await runner.settle(SETTLE_LIMIT)
        if is_settled:
            witness.look_at_the_end()
        fingerprint = runner.fingerprint()
    broken = tuple(witness.broken)
    return SeedResult(
        seed=seed,
        verdict=_verdict(broken, result, is_settled),
        broken=broken,
        failures=tuple(result.failures),
        fingerprint=fingerprint,
    )


@dataclass(frozen=True, slots=True)
class _Brewing:
    """Lets a storm follow a run, so that its episodes begin with the steps."""

    storm: Storm
    fleet: VirtualFleet

    def begins(self, number: int, line: int, text: str) -> None:
        self.storm.with_a_step(self.fleet)

    def ended(self, step: StepResult) -> None:
        pass


def _verdict(broken: tuple[str, ...], result: RunResult, is_settled: bool) -> SeedVerdict:
    if broken or any(not failure.is_open for failure in result.failures):
        return SeedVerdict.BROKEN
    return SeedVerdict.HELD if is_settled and not result.failures else SeedVerdict.INCONCLUSIVE


def sweep(
    loaded: LoadedScenario, weather: WeatherProfile, seeds: Iterable[int], jobs: int
) -> Iterator[SeedResult]:
    """Runs all seeds, *jobs* at a time in processes of their own, and gives the results as they come."""
    one: Callable[[int], SeedResult] = partial(run_seed, loaded, weather)
    if jobs == 1:
        yield from map(one, seeds)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(one, seeds, chunksize=8)
