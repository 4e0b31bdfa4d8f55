"""`trustsim sweep`, `shrink` and `mutate`: one scenario under many seeds."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from simulator.cli.clusters import on_cluster
from simulator.cli.command import (
    EXIT_INCONCLUSIVE,
    EXIT_MET,
    EXIT_NOT_MET,
    ONLY,
    PATH,
    SET,
    SKIP,
    load,
    load_all,
    words_of,
)
from simulator.cli.output import STANDARD_OUTPUT, going, print_report, result_file, say
from simulator.cli.reports import PAGE
from simulator.report.causes import worst_of
from simulator.report.files.machine import sweeps_to_json
from simulator.report.naming import as_options, with_combination
from simulator.report.pages import sweep_to_html
from simulator.report.result import SeedResult, SeedVerdict, SweepResult
from simulator.report.terminal.run import mutate_report, sweep_report

if TYPE_CHECKING:
    from simulator.exploration.pool import Crew
    from simulator.exploration.progress import SweepFile
    from simulator.exploration.storms import WeatherProfile
    from simulator.scenario.reading.load import LoadedScenario


ON = on_cluster("whose workers do it, instead of --jobs")


@contextmanager
def _crew(jobs: int, on: str | None) -> Iterator[Crew]:
    """Those who are to work. Raises ClusterError."""
    if on is None:
        from simulator.exploration.pool import crew_of

        with crew_of(jobs) as crew:
            yield crew
        return
    from simulator.exploration.cluster import crew_on

    with crew_on(on) as crew:
        yield crew


@click.command(epilog="Example: trustsim sweep scenarios/documented-example.yaml --seeds 200")
@click.argument("file", type=PATH)
@SET
@ONLY
@SKIP
@click.option(
    "--seeds", type=click.IntRange(1), default=100, show_default=True, metavar="N", help="How many seeds."
)
@click.option("--first-seed", type=int, default=0, show_default=True, metavar="SEED", help="The first of them.")
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, metavar="J",
              help="How many at a time; left out: one for each processor.")  # fmt: skip
@click.option("--weather", default="stormy", show_default=True, metavar="calm|mild|stormy|eventful|FILE",
              help="How bad the weather is; a YAML file sets it key by key.")  # fmt: skip
@ON
@click.option("--fail-fast", is_flag=True, help="Stop at the first seed that does not hold.")
@click.option("--resume", type=PATH, metavar="FILE",
              help="Keep what has been done in this file, and go on from what is in it.")  # fmt: skip
@click.option("--json", "json_file", type=PATH, metavar="FILE", help="Write the result of every seed as JSON.")
@PAGE
def sweep(
    file: Path,
    seeds: int,
    first_seed: int,
    jobs: int,
    weather: str,
    on: str | None,
    fail_fast: bool,
    resume: Path | None,
    json_file: Path | None,
    page: Path | None,
) -> None:
    """Run a scenario in virtual time under many seeds, each with weather of its own.

    The product's invariants are checked after every step of every instance, and the scenario's expectations
    and claims. Exit code 0: all seeds held; 1: one was broken, or what should happen sometimes never did; 4: none
    was broken, but one was inconclusive. What went wrong in the same way is shown once, with all seeds that share
    it; where a seed does not hold, it is also said what becomes of the scenario in calm weather. Of a matrix every
    combination is swept, and the JSON is a list of them. With --on the workers of a Dask cluster run the seeds,
    and the result is the same; exit code 3: the cluster cannot do it.
    """
    from simulator.exploration.progress import sweep_file
    from simulator.exploration.storms import load_profile
    from simulator.exploration.sweep import watch_seed

    every, profile = load_all([file]), load_profile(weather)
    for given, said in ((page, "--report shows"), (resume, "--resume is for")):
        if given and len(every) > 1:
            which = f"one of the {len(every)} combinations of {file}"
            raise click.UsageError(f"{said} {which}: choose it with --set")
    numbers, results = range(first_seed, first_seed + seeds), list[SweepResult]()
    with ExitStack() as stack:
        write, write_page = stack.enter_context(result_file(json_file)), stack.enter_context(result_file(page))
        kept = stack.enter_context(sweep_file(resume, every[0], profile, first_seed)) if resume else None
        crew = stack.enter_context(_crew(jobs, on))
        sweep_with = partial(_swept, weather=weather, profile=profile, crew=crew, kept=kept, fail_fast=fail_fast)
        try:
            for loaded in every:
                results.append(sweep_with(loaded, numbers, results))
                print_report(sweep_report(results[-1]), err=json_file == STANDARD_OUTPUT)
                if fail_fast and results[-1].verdict is not SeedVerdict.HELD:
                    break
        finally:
            if json_file:  # which has a text of all seeds at once
                write(sweeps_to_json(results))
        if page:
            worst = [watch_seed(every[0], profile, seed.seed).as_result() for seed in worst_of(results[0])]
            write_page(sweep_to_html(results[0], worst))
    sys.exit(max((_EXITS[swept.verdict] for swept in results), key=_GRAVITY.index))


def _swept(
    loaded: LoadedScenario,
    numbers: Sequence[int],
    swept: list[SweepResult],
    *,
    weather: str,
    profile: WeatherProfile,
    crew: Crew,
    kept: SweepFile | None,
    fail_fast: bool,
) -> SweepResult:
    """One combination under all seeds; what is left of one that is broken off is put among those *swept*."""
    from simulator.exploration.storms import PROFILES
    from simulator.exploration.sweep import run_seed
    from simulator.exploration.sweep import sweep as run_sweep
    from simulator.report.seeds import Seeds

    began, before, results = time.monotonic(), Counter(crew.done), Seeds()
    name = with_combination(loaded.scenario.name, loaded.combination)
    known = min(len(kept.known), len(numbers)) if kept else 0
    try:
        with going(f"{name}: sweeping") as status:
            for result in islice(kept.known, known) if kept else ():
                results.append(result)
            for result in run_sweep(loaded, profile, numbers[known:], crew):
                results.append(result)
                if kept:
                    kept.add(result)
                status.update(
                    f"{name}: {len(results)}/{len(numbers)} seeds, {_rates(Counter(crew.done) - before, began)}"
                )
                if result.verdict is not SeedVerdict.HELD and fail_fast:
                    break
    except BaseException as error:
        swept.append(replace(_sweep_result(loaded, weather, results, began), error=words_of(error)))
        raise
    whole = _sweep_result(loaded, weather, results, began)
    if whole.number_of(SeedVerdict.HELD) != len(results) and profile != PROFILES["calm"]:
        whole = replace(whole, calm=run_seed(loaded, PROFILES["calm"], numbers[0]))
    return whole


def _rates(done: Mapping[str, int], began: float, what: str = "seeds") -> str:
    """How fast a crew is that has done so much since then, and where there are several each of them."""
    seconds = time.monotonic() - began
    each = [f"{where} {number / seconds:.1f}" for where, number in sorted(done.items())]
    return f"{sum(done.values()) / seconds:.1f} {what}/s" + (f" ({', '.join(each)})" if len(each) > 1 else "")


_EXITS = {
    SeedVerdict.HELD: EXIT_MET,
    SeedVerdict.BROKEN: EXIT_NOT_MET,
    SeedVerdict.INCONCLUSIVE: EXIT_INCONCLUSIVE,
}
_GRAVITY = (EXIT_MET, EXIT_INCONCLUSIVE, EXIT_NOT_MET)
"""Of several combinations the worst counts."""


def _sweep_result(loaded: LoadedScenario, weather: str, seeds: Sequence[SeedResult], began: float) -> SweepResult:
    return SweepResult(
        file=loaded.file,
        name=loaded.scenario.name,
        weather=weather,
        seeds=seeds,
        seconds=time.monotonic() - began,
        combination=loaded.combination,
        settings=loaded.source.settings,
    )


@click.command(epilog="Example: trustsim shrink scenarios/storm.yaml --seed 17 -o small.yaml")
@click.argument("file", type=PATH)
@SET
@click.option("--seed", type=int, required=True, metavar="SEED", help="A seed that a sweep found not to hold.")
@click.option("--weather", default="stormy", show_default=True, metavar="calm|mild|stormy|eventful|FILE",
              help="How bad the weather of that sweep was.")  # fmt: skip
@click.option("-o", "--output", type=PATH, metavar="OUT.yaml",
              help="Where the small scenario goes; left out: FILE-seed-SEED.yaml, here.")  # fmt: skip
@click.option("--max-runs", type=click.IntRange(1), default=500, show_default=True, metavar="N",
              help="How many runs shrinking may take, those aside that turn out to be needless.")  # fmt: skip
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, metavar="J",
              help="How many at a time; left out: one for each processor.")  # fmt: skip
@ON
def shrink(
    file: Path, seed: int, weather: str, output: Path | None, max_runs: int, jobs: int, on: str | None
) -> None:
    """Make of a seed under which a scenario fails a small scenario that fails in the same way.

    Steps, faults, instances and expectations that the failure does not need are left out, and what stays is made
    simpler. The storm is written out as `fault` steps. However many work on it, the result is the same. Exit code
    2: the scenario does not fail under this seed; 3: the cluster cannot do it.
    """
    from simulator.exploration.pieces import Size
    from simulator.exploration.shrink import shrink as run_shrink
    from simulator.exploration.storms import load_profile

    loaded, profile = load(file), load_profile(weather)
    output = output or Path(f"{file.stem}-seed-{seed}.yaml")
    if output.resolve() == file.resolve():
        raise click.BadParameter("this is the scenario that is to be shrunk", param_hint="--output")
    with _crew(jobs, on) as crew, going(f"{loaded.scenario.name}: shrinking") as status:
        began = time.monotonic()

        def show(runs: int, size: Size) -> None:
            rates = _rates(crew.done, began, "tries")
            status.update(f"{loaded.scenario.name}: {runs} of at most {max_runs} runs, {size}, {rates}")

        shrunk = run_shrink(loaded, profile, seed, crew, max_runs, show)
    if shrunk is None:
        message = f"{file} does not fail under seed {seed} in {weather} weather, so there is nothing to shrink"
        raise click.BadParameter(message, param_hint="--seed")
    again = f"trustsim run --virtual --seed {seed} {quote(str(output))}"
    settings = as_options(loaded.source.settings)
    command = f"trustsim shrink --seed {seed} --weather {quote(weather)} {settings}{quote(str(file))}"
    with result_file(output) as write:
        write(
            shrunk.as_file(
                [
                    f"Shrunk from: {command}",
                    f"Fails with: {again}",
                ]
            )
        )
    say(shrunk.in_words())
    say(f"written to {output}, fails with: {again}")


@click.command(epilog="Example: trustsim mutate scenarios/documented-example.yaml")
@click.argument("file", type=PATH)
@SET
@click.option(
    "--seeds", type=click.IntRange(1), default=20, show_default=True, metavar="N", help="How many seeds at most."
)
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, metavar="J",
              help="How many rules at a time; left out: one for each processor.")  # fmt: skip
@click.option("--weather", default="stormy", show_default=True, metavar="calm|mild|stormy|eventful|FILE",
              help="How bad the weather is; a YAML file sets it key by key.")  # fmt: skip
@ON
def mutate(file: Path, seeds: int, jobs: int, weather: str, on: str | None) -> None:
    """Switch off one rule of the product at a time, and tell which breaks a scenario would notice.

    Each broken rule is swept until an invariant or an expectation of the scenario shows it. Exit code 0: the table
    is complete; 1: the scenario does not hold with all rules on, so it can tell nothing.
    """
    from simulator.exploration.mutants import MUTANTS
    from simulator.exploration.mutants.trial import try_out
    from simulator.exploration.storms import load_profile
    from simulator.exploration.sweep import sweep as run_sweep

    loaded, profile = load(file), load_profile(weather)
    began, results = time.monotonic(), []
    with _crew(jobs, on) as crew, going(f"{loaded.scenario.name}: sweeping with all rules on") as status:
        held = list(run_sweep(loaded, profile, range(seeds), crew))
        if any(result.verdict is not SeedVerdict.HELD for result in held):
            status.stop()
            print_report(sweep_report(_sweep_result(loaded, weather, held, began)))
            sys.exit(EXIT_NOT_MET)
        for result in try_out(loaded, profile, held, crew):
            results.append(result)
            status.update(f"{loaded.scenario.name}: {len(results)}/{len(MUTANTS)} rules, last {result.name}")
    print_report(mutate_report(loaded.told_file, loaded.scenario.name, weather, seeds, results))
