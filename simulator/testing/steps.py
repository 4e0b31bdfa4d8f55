"""The steps that a test takes on a fleet."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn

from simulator.errors import Problem, ScenarioError
from simulator.journal import Entry
from simulator.protocol.http import Response
from simulator.report.result import RunResult, StepResult
from simulator.scenario.judging.definitions import definitions
from simulator.scenario.reading.load import LoadedScenario
from simulator.scenario.running.run import Watched, WatchedRun
from simulator.scenario.running.taking import Taking
from simulator.testing.outcome import NotMetError, Outcome, WrongStepError
from simulator.testing.writing import literally, step_text

__tracebackhide__ = True  # whose step fails is the test that has called for it

_LOOK = 0.1
"""Seconds between two looks at a live fleet of which nothing is asked."""


class Steps:
    """Takes the steps of the scenario and of calls, and holds their results."""

    def __init__(self, loaded: LoadedScenario, watched: Watched[Any], seed: int | None) -> None:
        self._taking = Taking(loaded, watched.fleet, watched.runner)
        self._file = loaded.file
        self._defined = definitions(loaded)
        """What stands in the file itself."""
        self._watched = watched
        self._seed = seed
        """Of virtual time; None: it is live."""
        self._results: list[StepResult] = []
        self._began, self._began_at = time.monotonic(), watched.fleet.now()
        self._attending: asyncio.Task[NoReturn] | None = None

    @property
    def loaded(self) -> LoadedScenario:
        """The scenario with all steps that were taken."""
        return self._taking.loaded

    async def begin(self) -> None:
        """Takes the steps of the scenario. Raises NotMetError and MachineryError."""
        self._hold(await self._taking.begin(), self._file)

    async def act(self, verb: str, actor: str | None, values: Mapping[str, Any]) -> Outcome:
        """See Taker.act: comes after all that was set going before, unless it is to come `at_once`."""
        if not values.get("at_once"):
            await self._watched.runner.patience.let_arrive()
        number = await self._take(step_text(verb, actor, values))
        return Outcome(tuple(await self._watched.runner.fates(number)))

    async def do(self, verb: str, actor: str | None, values: Mapping[str, Any]) -> None:
        """See Taker.do."""
        await self._take(step_text(verb, actor, values))

    async def ask(self, verb: str, actor: str | None, values: Mapping[str, Any]) -> Response:
        """See Taker.ask."""
        number = await self._take(step_text(verb, actor, values))
        [response] = self._watched.runner.responses(number).values()
        return response

    async def expect(self, expectations: Sequence[Mapping[str, Any]]) -> None:
        """Waits as a file does, and raises NotMetError where what must hold does not."""
        await self._take(literally([{"expect": expectations}]))

    async def _take(self, text: str) -> int:
        """Takes a step, and returns its number."""
        if self._attending is not None and self._attending.done():
            self._attending.result()  # the fleet has broken down since
        try:
            results = await self._taking.take(text)
        except ScenarioError as error:
            raise WrongStepError("\n".join(map(_about_call, error.problems))) from None
        self._hold(results)
        return results[-1].number

    def _hold(self, results: Sequence[StepResult], file: str = "") -> None:
        self._results += results
        if any(step.failures for step in results):
            raise NotMetError(results, file)

    def attend(self) -> None:
        """From now on lets faults begin and end by the clock while nothing is asked."""
        self._attending = asyncio.create_task(self._attend(), name="attend to the fleet")

    async def _attend(self) -> NoReturn:
        while True:
            await asyncio.sleep(_LOOK)
            await self._taking.attend()

    async def attend_no_more(self) -> None:
        """Ends what `attend` has begun."""
        if self._attending is not None:
            self._attending.cancel()
            await asyncio.gather(self._attending, return_exceptions=True)  # who calls or ends hears of a fault

    def journal(self) -> list[Entry]:
        """See Runner.journal."""
        return self._watched.runner.journal()

    def result(self) -> RunResult:
        """The run as it stands; with a seed where the file alone makes it again."""
        results = [*self._results, *self._watched.runner.claims(len(self._results) + 1)]
        result = self._watched.runner.result(results, self._began_at, time.monotonic() - self._began)
        if self.loaded.file == self._file:
            return replace(result, seed=self._seed)
        called = [it if it in self._defined else replace(it, line=0) for it in result.defined]
        return replace(result, file=self._file, defined=tuple(called))

    async def end(self) -> None:
        """Lets the fleet come to rest. Raises NotMetError for claims and invariants that were broken."""
        if self._attending is not None and self._attending.done():
            self._attending.result()
        result = self.result()
        is_settled = await self._watched.come_to_rest()
        broken = tuple(self._watched.witness.broken)
        result = WatchedRun(self.loaded, result, broken, is_settled).as_result()
        later = result.steps[len(self._results) :]
        if any(step.failures for step in later):
            raise NotMetError(later, self._file)


def _about_call(problem: Problem) -> str:
    """What is wrong with a step, without where it stands in a text that nobody has written."""
    return re.sub(r"^steps\[[0-9]+\](\.|: )", "", problem.message)
