"""`trustsim run`: scenario files on a broker, in virtual time, or both."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.cells import cell_len

from simulator.cli import watching
from simulator.cli.brokers import BROKER
from simulator.cli.clusters import REPLACE, check_on, cluster_for, on_cluster
from simulator.cli.command import (
    EXIT_MET,
    EXIT_NOT_DETERMINED,
    EXIT_NOT_MET,
    FILES,
    ONLY,
    SET,
    SKIP,
    load_all,
    taken,
)
from simulator.cli.covering import covering, with_cover
from simulator.cli.fleets import INSTANCES_PER_PROCESS, TLS, check_tls, kept_in, say_if_open
from simulator.cli.github import tell_github
from simulator.cli.output import STANDARD_OUTPUT, print_report, say
from simulator.cli.progress import Board, board
from simulator.cli.reports import REPORT, report_files
from simulator.cli.runs import Results, Way, run_all
from simulator.cli.watching import WATCH
from simulator.report.numbers import counted
from simulator.report.result import Run, RunResult
from simulator.report.terminal.run import closing, report, run_in_full, run_line
from simulator.report.totals import is_met
from simulator.runtime.live.forkserver import start_fork_server

if TYPE_CHECKING:
    from simulator.scenario.reading.load import LoadedScenario
    from simulator.transport.choice import BrokerChoice


@click.command(epilog="Example: trustsim run --virtual scenarios --report report.html")
@FILES
@click.option("--virtual", is_flag=True, help="Run in virtual time: no broker, no processes, no waiting.")
@click.option("--seed", type=int, default=0, show_default=True, help="What chance is drawn from.")
@click.option("--both", is_flag=True, help="Run on a broker and in virtual time, and compare.")
@click.option("--check-determinism", is_flag=True, help="Run twice in virtual time and compare.")
@BROKER
@TLS
@INSTANCES_PER_PROCESS
@on_cluster("whose workers run the instances")
@REPLACE
@click.option(
    "--keep", type=click.Path(path_type=Path), metavar="DIR", help="Keep the instances' SQLite files here."
)
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="Write the results as JSON."
)
@click.option("--junit", type=click.Path(path_type=Path), metavar="FILE", help="Write the results as JUnit XML.")
@SET
@ONLY
@SKIP
@click.option("--until", type=click.IntRange(1), metavar="LINE",
              help="Run one file up to this line only, and judge nothing that is expected below it.")  # fmt: skip
@click.option("--fail-fast", is_flag=True, help="Begin no other run after one that is not met.")
@REPORT
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, metavar="N",
              help="How many files at a time.")  # fmt: skip
@WATCH
@with_cover
@click.option("-v", "--verbose", is_flag=True,
              help="Also explain refusals that are expected, and show every journal.")  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="Show nothing but failures and the verdict.")
def run(
    files: tuple[Path, ...],
    virtual: bool,
    both: bool,
    seed: int,
    check_determinism: bool,
    broker: BrokerChoice,
    tls: bool,
    instances_per_process: int,
    on: str | None,
    replace: bool,
    keep: Path | None,
    json_file: Path | None,
    junit: Path | None,
    until: int | None,
    reports: tuple[Path, ...],
    jobs: int,
    watch: bool,
    fail_fast: bool,
    verbose: bool,
    quiet: bool,
    **cover: Any,
) -> None:
    """Run scenario files, each on a fleet of its own; of a folder all that are in it.

    The last line is the verdict. One file is shown with all of its steps; of several each has a line, and what
    was not met comes at the end.
    """
    if watch:
        watching.watch(files)
    virtual |= check_determinism
    check_tls(tls, broker, virtual=virtual)
    check_on(on, broker, replace=replace, virtual=virtual)
    if verbose and quiet:
        raise click.UsageError("--verbose and --quiet are two wishes at once")
    if json_file == junit == STANDARD_OUTPUT:
        raise click.UsageError("standard output takes one of --json and --junit")
    if not virtual:
        start_fork_server()
    scenarios = _read(files, until)
    _check(keep, scenarios)
    cluster = cluster_for(on, scenarios, replace=replace)
    if not virtual and not quiet:
        say_if_open(tls, broker)
    way = Way(
        broker=None if virtual else broker,
        tls=tls,
        keep=keep,
        instances_per_process=instances_per_process,
        seed=seed,
        jobs=jobs,
        at_rest=both,
        cluster=cluster,
        fail_fast=fail_fast,
    )
    told = _Told(
        [loaded.told_file for loaded in scenarios],
        verbose=verbose,
        quiet=quiet,
        err=STANDARD_OUTPUT in (json_file, junit),
    )
    results, again, objections = Results(), list[RunResult](), list[str]()
    with (
        covering(cover) as covered,
        report_files(reports, json=json_file, junit=junit, with_coverage=covered.is_told) as write,
    ):
        try:
            with board(len(scenarios), tells_steps=told.tells_steps, quiet=quiet) as progress:
                run_all(scenarios, way, progress, results, partial(told.took, progress))
            if both or check_determinism:
                again = _again(results.begun(scenarios), way, quiet=quiet)
                compare = _check_same if check_determinism else _check_alike
                objections += compare(results.finished, again, quiet=quiet)
        finally:
            write([*results.told(scenarios), *(again if both else ())])
            tell_github(results.runs, err=told.err, with_coverage=covered.is_told)
        if not_begun := len(scenarios) - len(results.runs):
            objections.append(f"{not_begun} not run after the first that was not met")
        objections += covered.tell(results.runs, err=told.err)
        told.end(results.runs, objections)
    sys.exit(EXIT_MET if all(map(is_met, results.runs)) and not objections else EXIT_NOT_MET)


def _read(files: Sequence[Path], until: int | None) -> list[LoadedScenario]:
    """The scenarios, up to that line where one is given. Raises ScenarioError or click.UsageError."""
    scenarios = [loaded.until(until) for loaded in load_all(files)]
    if until is None:
        return scenarios
    if len({loaded.file for loaded in scenarios}) > 1:
        raise click.UsageError("--until is a line of one file, and there are several")
    if not any(loaded.scenario.steps for loaded in scenarios):
        raise click.UsageError(f"--until {until}: no step begins on that line or above it")
    return scenarios


def _again(scenarios: Sequence[LoadedScenario], way: Way, *, quiet: bool) -> list[RunResult]:
    """The same files in virtual time, of which nobody needs to hear before they are compared."""
    results = Results()
    with board(len(scenarios), tells_steps=False, quiet=quiet) as progress:
        run_all(scenarios, way.in_virtual_time(), progress, results, lambda _: None)
    return results.finished


class _Told:
    """What a person is told of runs: of one in full, of several a line each; then failures and verdict."""

    def __init__(self, files: Sequence[str], *, verbose: bool, quiet: bool, err: bool) -> None:
        self._is_one = len(files) == 1
        self._width = max(map(cell_len, files))
        self._verbose = verbose
        self._quiet = quiet
        self._began = time.monotonic()
        self.err = err

    @property
    def tells_steps(self) -> bool:
        """Whether each step has a line of its own while it goes on."""
        return self._verbose or (self._is_one and not self._quiet)

    def took(self, progress: Board, result: RunResult) -> None:
        """One of them has come to its end."""
        if self._is_one or self._quiet:
            return
        with progress.status.aside():
            print_report(run_in_full(result) if self._verbose else run_line(result, self._width), err=self.err)

    def end(self, runs: Sequence[Run], objections: Sequence[str]) -> None:
        """All of them have that were begun; *objections* are what else lets them fail."""
        match runs:
            case [RunResult() as result] if self._is_one and not self._quiet:
                print_report(report(result, verbose=self._verbose, objections=objections), err=self.err)
            case _:
                print_report(closing(runs, time.monotonic() - self._began, objections), err=self.err)


def _check_alike(live: Sequence[RunResult], virtual: Sequence[RunResult], *, quiet: bool) -> list[str]:
    """Says whether runs on a broker and in virtual time came to the same; returns what there is to object to."""
    alike = [_are_alike(*pair, quiet=quiet) for pair in zip(live, virtual, strict=True)]
    return [] if all(alike) else [f"{counted(alike.count(False), 'file')} not alike in virtual time"]


def _are_alike(live: RunResult, virtual: RunResult, *, quiet: bool) -> bool:
    """Says whether they are, and where they are not."""
    from simulator.report.compare import differences

    found = list(differences(live, virtual))
    verdict = "differ" if found else "are alike"
    if not found and quiet:
        return True
    say(
        f"{live.told_file}: the run on a broker and the one in virtual time {verdict}\n"
        f"in virtual time: journal {virtual.fingerprint}, again with: {virtual.replay}",
        err=True,
    )
    for difference in found:
        say(f"  {difference}", err=True)
    return not found


def _check_same(once: Sequence[RunResult], again: Sequence[RunResult], *, quiet: bool) -> list[str]:
    """Ends the command with exit code 5, at the first difference, when two runs were not the same."""
    from simulator.report.compare import first_difference

    for one, other in zip(once, again, strict=True):
        runs = f"{one.told_file}: two runs with seed {one.seed}"
        if difference := first_difference(one, other):
            say(f"{runs} differ, first in\n  {difference[0]}\n  {difference[1]}")
            sys.exit(EXIT_NOT_DETERMINED)
        if not quiet:
            say(f"{runs} are the same, journal {one.fingerprint}", err=True)
    return []


def _check(keep: Path | None, scenarios: Sequence[LoadedScenario]) -> None:
    """Finds what would only go wrong when the first scenario is run, or after the last one was."""
    directories = [kept_in(keep, loaded) for loaded in scenarios] if keep else []
    for index, directory in enumerate(directories):
        if directory.exists() or directory in directories[:index]:
            raise taken(directory)
