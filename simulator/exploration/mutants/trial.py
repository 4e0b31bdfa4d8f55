"""Who notices that a rule is off: a scenario under many seeds, its expectations and the invariants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from simulator.exploration.mutants import MUTANTS
from simulator.exploration.pool import Crew
from simulator.exploration.storms import WeatherProfile
from simulator.exploration.sweep import run_seed
from simulator.report.result import MutantResult, SeedResult, SeedVerdict
from simulator.scenario.reading.load import LoadedScenario


def try_out(
    loaded: LoadedScenario, weather: WeatherProfile, held: Iterable[SeedResult], crew: Crew
) -> Iterator[MutantResult]:
    """Sweeps the scenario with each rule off until it is noticed; *held* are the seeds as they are with all on."""
    fingerprints = {result.seed: result.fingerprint for result in held}
    one: Callable[[str], MutantResult] = partial(try_one, loaded, weather, fingerprints)
    return crew.map(one, [mutant.name for mutant in MUTANTS])


def try_one(
    loaded: LoadedScenario, weather: WeatherProfile, fingerprints: Mapping[int, str], name: str
) -> MutantResult:
    """The same for one mutant. *fingerprints* are those of the seeds to try, by seed, with all rules on."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    is_reached = False
    with mutant.in_force():
        for seeds, (seed, fingerprint) in enumerate(fingerprints.items(), start=1):
            try:
                result = run_seed(loaded, weather, seed)
            except Exception as error:  # whatever a broken product raises, it has been noticed
                return MutantResult(name, mutant.rule, seeds, f"the run ends with {error!r}")
            is_reached |= result.fingerprint != fingerprint
            if result.verdict is not SeedVerdict.HELD:
                return MutantResult(name, mutant.rule, seeds, _by(result))
    return MutantResult(name, mutant.rule, None, "" if is_reached else "the rule makes no difference here")


def _by(result: SeedResult) -> str:
    """What was seen first: an invariant, an expectation, or a fleet that never comes to rest."""
    if result.broken:
        return f"invariant: {result.broken[0]}"
    for failure in result.failures:
        if not failure.is_open:
            return f"line {failure.line}: {failure.wanted}; seen: {failure.seen}"
    return "the fleet does not settle"
