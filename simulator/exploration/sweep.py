"""The same scenario under many seeds: each draws its own weather, and the invariants must hold in all of them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from functools import partial

from simulator.exploration.pool import Crew
from simulator.exploration.storms import WeatherProfile, in_a_storm
from simulator.report.result import SeedResult, SeedVerdict
from simulator.runtime.virtual.fleet import finish
from simulator.scenario.reading.load import LoadedScenario
from simulator.scenario.running.progress import Unfollowed
from simulator.scenario.running.run import WatchedRun, run_watched


def run_seed(loaded: LoadedScenario, weather: WeatherProfile, seed: int) -> SeedResult:
    """Runs the scenario once, in the weather of that seed."""
    run = watch_seed(loaded, weather, seed, in_full=False)
    return SeedResult(
        seed=seed,
        verdict=_verdict(run),
        broken=run.broken,
        failures=tuple(run.result.failures),
        fingerprint=run.result.fingerprint,
        sightings=run.result.sightings,
    )


def watch_seed(loaded: LoadedScenario, weather: WeatherProfile, seed: int, *, in_full: bool = True) -> WatchedRun:
    """The same, with all that there is to see of it; *in_full*: see Runner.run."""
    return run_unseen(in_a_storm(loaded, weather, seed), seed, in_full=in_full)


def run_unseen(loaded: LoadedScenario, seed: int, *, in_full: bool = True) -> WatchedRun:
    """Runs a scenario in virtual time and in memory, with nobody to follow it; *in_full*: see Runner.run."""
    return finish(run_watched(loaded, seed, None, Unfollowed(), in_full=in_full))


def _verdict(run: WatchedRun) -> SeedVerdict:
    failures = run.result.failures
    if run.broken or any(not failure.is_open for failure in failures):
        return SeedVerdict.BROKEN
    return SeedVerdict.HELD if run.is_settled and not failures else SeedVerdict.INCONCLUSIVE


def sweep(
    loaded: LoadedScenario, weather: WeatherProfile, seeds: Iterable[int], crew: Crew
) -> Generator[SeedResult, None, None]:
    """Runs all seeds, and gives the results in their order as they come. Raises MachineryError of the crew."""
    one: Callable[[int], SeedResult] = partial(run_seed, loaded, weather)
    return crew.map(one, seeds)
