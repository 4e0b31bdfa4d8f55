"""How a live instance dies: at once, or when it comes to a point of its next step and stands still there."""

from __future__ import annotations

import asyncio

from simulator.runtime.kinds import CrashPoint


class Crashing:
    """Lets an instance pass the points of a step as long as it lives."""

    def __init__(self) -> None:
        self._has_crashed = asyncio.Event()
        self._point: CrashPoint | None = None
        """Where it will stand still with its next step, to be killed."""
        self._is_there: asyncio.Future[bool] | None = None
        """Whether it has come to that point, once that is certain."""

    @property
    def has_crashed(self) -> bool:
        """Whether it is dead, and nothing is written down any more."""
        return self._has_crashed.is_set()

    def crash(self) -> None:
        """From now on nothing is written down any more: the next cancellation ends it like SIGKILL."""
        self._has_crashed.set()

    def stand_at(self, point: CrashPoint) -> None:
        """Lets it stand still at that point of its next step."""
        self._point, self._is_there = point, asyncio.get_running_loop().create_future()

    async def stands(self) -> bool:
        """Returns when it does, and then it is to be killed; False when `go_on` was called before."""
        assert self._is_there is not None, "it was told where"
        return await self._is_there

    def go_on(self) -> None:
        """It is not to stand still any more; too late when it does."""
        self._point = None
        if self._is_there is not None and not self._is_there.done():
            self._is_there.set_result(False)

    async def passes(self, point: CrashPoint) -> bool:
        """Whether it lives on; where it is to stand still it does, and returns when it has been killed."""
        if self._has_crashed.is_set():
            return False
        if self._is_there is None:
            return True
        if self._point is point:
            self._point = None
            self._is_there.set_result(True)
        if not (self._is_there.done() and self._is_there.result()):
            return True
        await self._has_crashed.wait()
        return False
