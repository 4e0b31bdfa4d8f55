"""Scenario files, run one by one or several at a time, and what came of them in the order of the files."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.cli.clusters import placed
from simulator.cli.command import words_of
from simulator.cli.fleets import directory_of
from simulator.cli.output import say
from simulator.cli.progress import Board, Follower
from simulator.cli.stopping import until_stopped
from simulator.report.result import BrokenRun, Run, RunResult, UnbegunRun
from simulator.report.totals import is_met

if TYPE_CHECKING:
    from concurrent.futures import Future

    from simulator.cluster.scheduler import Cluster
    from simulator.scenario.reading.load import LoadedScenario
    from simulator.scenario.running.progress import Progress
    from simulator.transport.choice import BrokerChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How files are run."""

    broker: BrokerChoice | None
    """As --broker has it; None: in virtual time."""
    tls: bool
    keep: Path | None
    instances_per_process: int
    seed: int
    jobs: int
    """How many at a time."""
    at_rest: bool
    cluster: Cluster | None = None
    """Where the instances run; None: on this machine."""
    fail_fast: bool = False
    """Whether no other is begun after one that is not met."""

    def in_virtual_time(self) -> Way:
        """The same without a broker; files are kept of the first run only."""
        return replace(self, broker=None, keep=None, cluster=None, fail_fast=False)


class Results:
    """What came of files, also of those whose run came to no end."""

    def __init__(self) -> None:
        self._runs: dict[int, Run] = {}

    @property
    def runs(self) -> list[Run]:
        """All of them, in the order of the files."""
        return [self._runs[index] for index in sorted(self._runs)]

    @property
    def finished(self) -> list[RunResult]:
        """Those that came to their end."""
        return [run for run in self.runs if isinstance(run, RunResult)]

    def begun(self, scenarios: Sequence[LoadedScenario]) -> list[LoadedScenario]:
        """Those of the scenarios that were run."""
        return [scenarios[index] for index in sorted(self._runs)]

    def told(self, scenarios: Sequence[LoadedScenario]) -> list[Run | UnbegunRun]:
        """All scenarios in their order, those that were not run as such."""
        return [
            self._runs.get(index)
            or UnbegunRun(file=loaded.file, name=loaded.scenario.name, combination=loaded.combination)
            for index, loaded in enumerate(scenarios)
        ]

    def put(self, index: int, result: RunResult) -> None:
        """What came of the file with that index."""
        self._runs[index] = result

    @contextmanager
    def noting(self, index: int, loaded: LoadedScenario, follower: Follower | None = None) -> Iterator[None]:
        """Notes what lets a run come to no end; the *follower* knows how far it came."""
        try:
            yield
        except BaseException as error:
            is_stopped = isinstance(error, KeyboardInterrupt | asyncio.CancelledError)
            where = f" {follower.where}" if follower else ""
            said = f"stopped{where}" if is_stopped else words_of(error)
            self._runs[index] = BrokenRun(
                file=loaded.file, name=loaded.scenario.name, error=said, combination=loaded.combination
            )
            raise


def run_all(
    scenarios: Sequence[LoadedScenario],
    way: Way,
    board: Board,
    results: Results,
    took: Callable[[RunResult], None],
) -> None:
    """Runs them all; *took* gets what came of each, in their order. The first fault ends all of it.

    Where the way is to fail fast, one that is not met lets those come to their end that were begun, and no others.
    """
    if way.broker is not None:
        until_stopped(_all_live(scenarios, way, way.broker, board, results, took))
    elif way.jobs == 1:
        for index, loaded in enumerate(scenarios):
            with board.following(loaded) as follower, results.noting(index, loaded, follower):
                results.put(index, result := run_in_virtual_time(way, loaded, follower))
            took(result)
            if way.fail_fast and not is_met(result):
                break
    else:
        _all_in_workers(scenarios, way, board, results, took)


def run_in_virtual_time(way: Way, loaded: LoadedScenario, progress: Progress | None = None) -> RunResult:
    """Runs one file in this process."""
    from simulator.runtime.virtual.fleet import finish
    from simulator.scenario.running.progress import Unfollowed
    from simulator.scenario.running.run import run_virtual

    with directory_of(loaded, way.keep) as directory:
        return finish(
            run_virtual(
                loaded,
                way.seed,
                directory if way.keep else None,
                progress or Unfollowed(),
                knows_clients=way.tls,
                at_rest=way.at_rest,
            )
        )


def _all_in_workers(
    scenarios: Sequence[LoadedScenario],
    way: Way,
    board: Board,
    results: Results,
    took: Callable[[RunResult], None],
) -> None:
    from simulator.exploration.pool import result_of, workers

    with workers(min(way.jobs, len(scenarios))) as pool:
        left: Iterator[tuple[int, LoadedScenario]] = iter(enumerate(scenarios))
        begun: deque[tuple[int, LoadedScenario, Future[RunResult]]] = deque()

        def begin(many: int) -> None:
            run = partial(run_in_virtual_time, way)
            begun.extend((index, loaded, pool.submit(run, loaded)) for index, loaded in islice(left, many))

        # What may be the last is not begun long before it is known whether it is: all might be over by then.
        begin(_AHEAD * way.jobs if way.fail_fast else len(scenarios))
        while begun:
            index, loaded, future = begun.popleft()
            if future.cancelled():
                continue
            with results.noting(index, loaded):
                results.put(index, result := result_of(future))
            if way.fail_fast and not is_met(result):
                left = iter(())
                for *_, each in begun:  # at once: they go on while this is told
                    each.cancel()
            begin(1)
            board.done()
            took(result)


_AHEAD = 2
"""For each process: the run that it is at, and the next."""


async def _all_live(
    scenarios: Sequence[LoadedScenario],
    way: Way,
    broker: BrokerChoice,
    board: Board,
    results: Results,
    took: Callable[[RunResult], None],
) -> None:
    """All of them in one loop: what takes time are the fleets, in processes of their own."""
    live = _Live(way, broker, board, results)
    running = [asyncio.create_task(live.in_turn(index, loaded)) for index, loaded in enumerate(scenarios)]
    try:
        for each in running:
            if (result := await each) is not None:
                took(result)
    finally:
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)


class _Live:
    """Runs on a broker, so many at a time as the way says."""

    def __init__(self, way: Way, broker: BrokerChoice, board: Board, results: Results) -> None:
        self._way = way
        self._broker = broker
        self._board = board
        self._results = results
        self._turn = asyncio.Semaphore(way.jobs)
        self._is_over = False
        """Whether a fault has ended one of them."""
        self._is_enough = False
        """Whether one was not met, and that is enough."""

    async def in_turn(self, index: int, loaded: LoadedScenario) -> RunResult | None:
        """Runs one when its turn comes; None where it is not begun because that is enough."""
        async with self._turn:
            if self._is_enough:
                return None
            if self._is_over:  # whose turn comes by a fault of another is not begun
                raise asyncio.CancelledError
            try:
                result = await self._run(index, loaded)
            except BaseException:
                self._is_over = True
                raise
            self._is_enough |= self._way.fail_fast and not is_met(result)
            return result

    async def _run(self, index: int, loaded: LoadedScenario) -> RunResult:
        from simulator.scenario.running.brokers import make_broker, namespace_on
        from simulator.scenario.running.run import run_live

        way = self._way
        with (
            self._board.following(loaded) as follower,
            self._results.noting(index, loaded, follower),
            directory_of(loaded, way.keep) as directory,
        ):
            async with placed(way.cluster, loaded, directory) as sites:
                result = await run_live(
                    loaded,
                    make_broker(loaded, self._broker, directory, tls=way.tls, direct=way.cluster is not None),
                    namespace_on(self._broker),
                    directory,
                    way.instances_per_process,
                    way.seed,
                    follower,
                    at_rest=way.at_rest,
                    sites=sites,
                    tell=partial(say, err=True),
                )
            self._results.put(index, result)
            return result
