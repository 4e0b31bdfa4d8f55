"""How long a run waits for what is to come, and what it looks at meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from simulator.protocol.http import UNAVAILABLE, Request, Response
from simulator.runtime.fleet import Fleet
from simulator.scenario.judging.expect import Check
from simulator.scenario.judging.fates import Fate, Fates
from simulator.scenario.judging.journals import Journals
from simulator.scenario.judging.mismatch import Mismatch
from simulator.scenario.model import OutcomeExpectation, Timed


def are_none_open() -> bool:
    """Whether something is yet to become of no message."""
    return False


class Patience:
    """Waits on a fleet for one thing or another, mostly no longer than the scenario says: that is its *limit*."""

    def __init__(self, fleet: Fleet, journals: Journals, limit: timedelta) -> None:
        self._fleet = fleet
        self._journals = journals
        self._limit = limit

    async def hold(
        self, timed: Timed, check: Check, are_open: Callable[[], bool] = are_none_open
    ) -> Mismatch | None:
        """Waits until the expectation can be judged, or is met within its time; None when it is met.

        As long as messages *are_open* what is final cannot be met, and nothing is to be checked.
        """
        deadline = self._fleet.now() + (timed.within or self._limit)
        ends_wait = timed.within is not None or _is_final(timed)
        while True:
            # Asked before looking: what is settled now cannot change between the two.
            is_settled = timed.within is not None or await self._fleet.is_settled()
            is_over = self._fleet.now() >= deadline or (timed.within is None and is_settled)
            if not is_over and not ends_wait:  # whatever is there now may still change
                await self._fleet.pause(until=deadline)
                continue
            self._journals.read()
            if not is_over and _is_final(timed) and are_open():
                await self._fleet.pause(until=deadline)
                continue
            mismatch = check()
            if mismatch is None:
                return Mismatch("never what this describes", "it holds") if timed.never else None
            if is_over:
                return None if timed.never else replace(mismatch, is_open=not await self._fleet.is_settled())
            await self._fleet.pause(until=deadline)

    async def answer(self, instance: str, request: Request) -> Response:
        """What it answers to a client who asks again as long as a fault keeps it down."""
        deadline = self._fleet.now() + self._limit
        while True:
            answer = await self._fleet.request(instance, request)
            if answer != UNAVAILABLE or self._fleet.now() >= deadline:
                return answer
            await self._fleet.pause(until=deadline)

    async def let_arrive(self) -> None:
        """Waits until what earlier steps have set going has arrived, but not for what a fault holds up."""
        deadline = self._fleet.now() + self._limit
        while not await self._fleet.is_at_rest() and self._fleet.now() < deadline:
            await self._fleet.pause(until=deadline)

    async def settle(self, limit: timedelta) -> bool:
        """Waits until nothing is due anywhere, at most that long; whether it came to that."""
        deadline = self._fleet.now() + limit
        while not await self._fleet.is_settled():
            if self._fleet.now() >= deadline:
                return False
            await self._fleet.pause(until=deadline)
        return True

    async def fates(self, fates: Fates) -> list[Fate]:
        """What becomes of each, as long as anything is due anywhere but what a fault holds up."""
        deadline = self._fleet.now() + self._limit
        while fates.are_open():
            is_over = self._fleet.now() >= deadline or await self._fleet.is_at_rest()
            self._journals.read()
            if is_over:
                break
            await self._fleet.pause(until=deadline)
        return fates()

    async def arrival(self, what: str, sender: str, envelope: str, deadline: datetime) -> Fate:
        """What has become of an envelope of that sender until then, or as soon as anything has."""
        while True:
            self._journals.read()
            fate = self._journals.fate_of_envelope(what, sender, envelope)
            if fate.outcome is not None or self._fleet.now() >= deadline:
                return fate
            await self._fleet.pause(until=deadline)


def _is_final(timed: Timed) -> bool:
    """Whether what meets this expectation once meets it for good: a fate that has come does not change."""
    return isinstance(timed, OutcomeExpectation) and timed.wanted != "pending"
