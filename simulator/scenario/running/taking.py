"""The steps that a fleet has taken, and the next ones: who keeps a fleet gives it as many as it likes."""

from __future__ import annotations

import asyncio

from simulator.report.result import StepResult
from simulator.runtime.fleet import Fleet
from simulator.scenario.reading.load import LoadedScenario, load_steps
from simulator.scenario.running.runner import Runner

GIVEN = "the steps"
"""What the text of further steps goes by, in front of the places in it."""


class Taking:
    """Has the *runner* take steps on its *fleet*, one after the other, whoever gives them."""

    def __init__(self, loaded: LoadedScenario, fleet: Fleet, runner: Runner) -> None:
        self.loaded = loaded
        """The scenario with all steps that were taken."""
        self._fleet = fleet
        self._runner = runner
        self._turn = asyncio.Lock()

    async def begin(self) -> list[StepResult]:
        """Takes the steps of the scenario. Raises MachineryError."""
        async with self._turn:
            return await self._runner.take(self.loaded, 0)

    async def take(self, text: str) -> list[StepResult]:
        """Takes the steps that *text* lists, each after all others. Raises ScenarioError and MachineryError.

        Of steps one of which is wrong, none is taken.
        """
        async with self._turn:
            extended = load_steps(text, GIVEN, self.loaded)
            first, self.loaded = len(self.loaded.scenario.steps), extended
            return await self._runner.take(extended, first)

    async def attend(self) -> None:
        """Lets faults begin and end that are due; who takes a step does this anyway. Raises MachineryError."""
        if self._turn.locked():
            return
        async with self._turn:
            await self._fleet.pause(until=self._fleet.now())
