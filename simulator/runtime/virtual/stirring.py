"""Which instances of a fleet in virtual time to look at: those that have stirred, and no others.

A fleet is looked at after every step. If each look went round all instances, a run would cost the square of its
fleet.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from itertools import count

from simulator.runtime.virtual.agenda import Agenda, Microseconds
from simulator.runtime.virtual.instance import VirtualInstance

_EARLIER: Microseconds = 10
"""How much before its time an instance is looked at: a clock that is off rounds, by less than that."""


class Stirring:
    """Is told of every instance that may be different from now on."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        self._awake: deque[VirtualInstance] = deque()
        """Those that may be at work; the first was when it was last asked."""
        self._asleep: list[tuple[Microseconds, int, VirtualInstance]] = []
        """A heap of those that are not before that time, unless they stir; some may be awake by now."""
        self._are_awake: set[VirtualInstance] = set()
        self._tie = count()
        self._last = 0
        self._stirred: dict[VirtualInstance, int] = {}
        """The number of the last time that each has stirred; the latest comes last."""

    def stir(self, it: VirtualInstance) -> None:
        """It may do, or have done, something."""
        self._last += 1
        self._stirred.pop(it, None)
        self._stirred[it] = self._last
        self._wake(it)

    def _wake(self, it: VirtualInstance) -> None:
        if it not in self._are_awake:
            self._are_awake.add(it)
            self._awake.append(it)

    def since(self, mark: int) -> tuple[list[VirtualInstance], int]:
        """Those that have stirred since that mark, 0 at first, and the mark of now."""
        found = []
        for it in reversed(self._stirred):
            if self._stirred[it] <= mark:
                break
            found.append(it)
        return found, self._last

    def any(self, is_at_work: Callable[[VirtualInstance], bool]) -> bool:
        """Whether one is at work.

        The look goes round from the one that was at work last: whoever came before it was asked not long ago.
        """
        while self._asleep and self._asleep[0][0] <= self._agenda.now + _EARLIER:
            self._wake(heapq.heappop(self._asleep)[2])
        for _ in range(len(self._awake)):
            it = self._awake[0]
            if is_at_work(it):
                return True
            if it.is_quiet:
                self._awake.popleft()
                self._are_awake.remove(it)
                if (wakes_at := it.wakes_at) is not None:
                    heapq.heappush(self._asleep, (wakes_at, next(self._tie), it))
            else:
                self._awake.rotate(-1)
        return False
