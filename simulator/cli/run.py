"""`trustsim run`: scenario files on a broker, in virtual time, or both."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli.command import (
    EXIT_MET,
    EXIT_NOT_DETERMINED,
    EXIT_NOT_MET,
    FILES,
    load_all,
    taken,
    words_of,
)
from simulator.cli.fleets import (
    BROKER,
    INSTANCES_PER_PROCESS,
    NOT_ENCRYPTED,
    TLS,
    check_broker,
    check_tls,
    directory_of,
    following,
    kept_in,
    make_broker,
    namespace_on,
)
from simulator.cli.output import STANDARD_OUTPUT, print_report, result_file, say
from simulator.cli.stopping import until_stopped
from simulator.report.compare import differences, first_difference
from simulator.report.machine import to_json, to_junit
from simulator.report.result import BrokenRun, RunResult, Verdict
from simulator.report.terminal import report
from simulator.runtime.forkserver import start_fork_server

if TYPE_CHECKING:
    from simulator.scenario.load import LoadedScenario


@click.command()
@FILES
@click.option("--virtual", is_flag=True, help="Run in virtual time: no broker, no processes, no waiting.")
@click.option("--seed", type=int, default=0, show_default=True, help="What chance is drawn from.")
@click.option("--both", is_flag=True, help="Run on a broker and in virtual time, and compare.")
@click.option("--check-determinism", is_flag=True, help="Run twice in virtual time and compare.")
@BROKER
@TLS
@INSTANCES_PER_PROCESS
@click.option(
    "--keep", type=click.Path(path_type=Path), metavar="DIR", help="Keep the instances' SQLite files here."
)
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="Write the results as JSON."
)
@click.option("--junit", type=click.Path(path_type=Path), metavar="FILE", help="Write the results as JUnit XML.")
@click.option("-v", "--verbose", is_flag=True, help="Also show what every instance journalled.")
def run(
    files: tuple[Path, ...],
    virtual: bool,
    both: bool,
    seed: int,
    check_determinism: bool,
    broker: str,
    tls: bool,
    instances_per_process: int,
    keep: Path | None,
    json_file: Path | None,
    junit: Path | None,
    verbose: bool,
) -> None:
    """Run scenario files, one after the other, each on a fleet of its own."""
    virtual |= check_determinism
    check_tls(tls, broker, virtual=virtual)
    if not virtual:
        start_fork_server()
    scenarios = load_all(files)
    _check(broker, keep, scenarios)
    if json_file == junit == STANDARD_OUTPUT:
        raise click.UsageError("standard output takes one of --json and --junit")
    if not virtual and not tls:
        say(NOT_ENCRYPTED, err=True)
    is_met = True
    with _results(json_file, junit) as results:
        for loaded in scenarios:
            with _noting(loaded, results), directory_of(loaded, keep) as directory:
                if virtual:
                    result = _run_virtual(loaded, seed, directory if keep else None)
                else:
                    result = _run_live(loaded, broker, tls, directory, instances_per_process, seed, at_rest=both)
                results.append(result)
            if check_determinism:
                _check_same(result, _run_virtual(loaded, seed, None))
            if both:
                is_met &= _check_alike(result, _run_virtual(loaded, seed, None, knows_clients=tls, at_rest=True))
            is_met &= result.verdict is Verdict.MET
            print_report(report(result, with_journal=verbose), err=STANDARD_OUTPUT in (json_file, junit))
    sys.exit(EXIT_MET if is_met else EXIT_NOT_MET)


_Results = list[RunResult | BrokenRun]


@contextmanager
def _results(json_file: Path | None, junit: Path | None) -> Iterator[_Results]:
    """Collects the results of runs, and writes those that there are to files, however it ends."""
    with result_file(json_file) as write_json, result_file(junit) as write_junit:
        results: _Results = []
        try:
            yield results
        finally:
            write_json(to_json(results))
            write_junit(to_junit(results))


@contextmanager
def _noting(loaded: LoadedScenario, results: _Results) -> Iterator[None]:
    """Notes among the results what lets one run come to no end."""
    number = len(results)
    try:
        yield
    except BaseException as error:
        if len(results) == number:
            results.append(BrokenRun(file=loaded.file, name=loaded.scenario.name, error=words_of(error)))
        raise


def _run_live(
    loaded: LoadedScenario,
    broker: str,
    tls: bool,
    directory: Path,
    instances_per_process: int,
    seed: int,
    *,
    at_rest: bool,
) -> RunResult:
    from simulator.scenario.run import run_live

    with following(loaded) as progress:
        return until_stopped(
            run_live(
                loaded,
                make_broker(loaded, broker, directory, tls=tls),
                namespace_on(broker),
                directory,
                instances_per_process,
                seed,
                progress,
                at_rest=at_rest,
            )
        )


def _run_virtual(
    loaded: LoadedScenario,
    seed: int,
    directory: Path | None,
    *,
    knows_clients: bool = False,
    at_rest: bool = False,
) -> RunResult:
    from simulator.runtime.virtual_fleet import finish
    from simulator.scenario.run import run_virtual

    with following(loaded) as progress:
        return finish(run_virtual(loaded, seed, directory, progress, knows_clients=knows_clients, at_rest=at_rest))


def _check_alike(live: RunResult, virtual: RunResult) -> bool:
    """Says whether a run on a broker and one in virtual time came to the same, and where they did not."""
    found = list(differences(live, virtual))
    verdict = "differ" if found else "are alike"
    say(
        f"{live.file}: the run on a broker and the one in virtual time {verdict}\n"
        f"in virtual time: journal {virtual.fingerprint}, again with: {virtual.replay}",
        err=True,
    )
    for difference in found:
        say(f"  {difference}", err=True)
    return not found


def _check_same(one: RunResult, other: RunResult) -> None:
    """Ends the command with exit code 5, at the first difference, when two runs were not the same."""
    difference = first_difference(one, other)
    if difference is None:
        say(f"{one.file}: two runs with seed {one.seed} are the same, journal {one.fingerprint}", err=True)
        return
    say(f"{one.file}: two runs with seed {one.seed} differ, first in\n  {difference[0]}\n  {difference[1]}")
    sys.exit(EXIT_NOT_DETERMINED)


def _check(broker: str, keep: Path | None, scenarios: Sequence[LoadedScenario]) -> None:
    """Finds what would only go wrong when the first scenario is run, or after the last one was."""
    check_broker(broker)
    directories = [kept_in(keep, loaded) for loaded in scenarios] if keep else []
    for index, directory in enumerate(directories):
        if directory.exists() or directory in directories[:index]:
            raise taken(directory)
