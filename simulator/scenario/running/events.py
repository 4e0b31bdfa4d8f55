"""What happens to a fleet as a whole, when a step says so."""

from __future__ import annotations

from simulator.runtime.fleet import Fleet
from simulator.scenario.judging.mismatch import Mismatch
from simulator.scenario.judging.touches import Touches
from simulator.scenario.judging.traffic import Traffic
from simulator.scenario.model import FaultStep, Scenario, Step
from simulator.scenario.phrases import duration_in_words
from simulator.scenario.running.copies import Copies
from simulator.scenario.running.faults import faults_of
from simulator.scenario.running.patience import Patience


class Events:
    """Makes the events of one run happen."""

    def __init__(
        self,
        scenario: Scenario,
        fleet: Fleet,
        patience: Patience,
        copies: Copies,
        touches: Touches,
        traffic: Traffic,
    ) -> None:
        self._scenario = scenario
        self._fleet = fleet
        self._patience = patience
        self._copies = copies
        self._touches = touches
        self._traffic = traffic

    async def happen(self, step: Step, number: int) -> Mismatch | None:
        """What the step of that number says; a mismatch when the fleet does not settle as it says."""
        if step.advance is not None:
            await self._fleet.advance(step.advance)
        if step.snapshot:
            self._copies.take(step.snapshot)
        if step.stop:
            await self._fleet.stop(step.stop)
        if step.kill:
            await self._fleet.kill(step.kill)
        if step.start:
            await self._fleet.start(step.start)
        if step.stop_broker:
            await self._fleet.stop_broker()
        if step.start_broker:
            await self._fleet.start_broker()
        if step.certificate:
            for instance in step.certificate.on:
                await self._fleet.certify(instance, step.certificate.state)
        if step.fault:
            await self._inject(step.fault, number)
        if step.calm:
            await self.calm()
        if step.settle is not None and not await self._patience.settle(step.settle):
            seen = self._traffic.still_due() or "something is still due"
            return Mismatch(f"settled within {duration_in_words(step.settle)}", seen, is_open=True)
        return None

    async def calm(self) -> None:
        """All faults end, or do not begin."""
        await self._fleet.calm()
        self._touches.calmed(self._fleet.now())

    async def _inject(self, it: FaultStep, number: int) -> None:
        faults = faults_of(self._scenario, it)
        begins_at = self._fleet.now() + it.after
        ends_at = None if it.lasts is None else begins_at + it.lasts
        # One of HTTP is about no message.
        self._touches.begins(number, () if it.http else faults, begins_at, ends_at)
        for fault in faults:
            await self._fleet.inject(fault, it.after, it.lasts)
