"""What is due when, in virtual time: a heap of things to do, and the clock that jumps from one to the next."""

from __future__ import annotations

import heapq
from collections.abc import Callable

from simulator.errors import HostError

Microseconds = int

MAX_STEPS = 20_000_000
"""Many times what the largest run takes, and minutes of processor time."""


class Agenda:
    """Virtual time as whole microseconds from 0; things due at the same time are done in the order of adding."""

    __slots__ = ("_added", "_heap", "_steps", "now")

    def __init__(self, now: Microseconds = 0) -> None:
        self.now = now
        self._heap: list[tuple[Microseconds, int, Callable[[], None]]] = []
        self._added = 0
        self._steps = 0

    def add(self, at: Microseconds, do: Callable[[], None]) -> None:
        """Calls *do* at that time; what is in the past is due now."""
        self._added += 1
        heapq.heappush(self._heap, (at if at > self.now else self.now, self._added, do))

    def next_at(self) -> Microseconds | None:
        """When the next thing is due."""
        return self._heap[0][0] if self._heap else None

    def step(self) -> None:
        """Moves the clock to the next thing that is due, and does it. There must be one.

        Raises HostError after MAX_STEPS: a fleet that never comes to rest would keep a run for ever.
        """
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise HostError(f"the fleet does not come to rest: {MAX_STEPS} steps were taken in virtual time")
        self.now, _, do = heapq.heappop(self._heap)
        do()

    def run_until(self, at: Microseconds) -> None:
        """Does everything that is due by that time, and leaves the clock there."""
        heap = self._heap
        while heap and heap[0][0] <= at:
            self.step()
        self.now = max(self.now, at)
