"""A store on a thread of its own, so that an event loop never waits for the disk.

aiosqlite gives each connection a thread and runs single statements there, a thread hop each; a message would
take a dozen. So we send it whole functions instead (as datasette does with its writes): one hop per
transaction, and no other task's statements can come between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, Self, TypeVar, cast

import aiosqlite

from simulator.store.file import connect
from simulator.store.store import Store

T = TypeVar("T")
P = ParamSpec("P")


class StoreThread(aiosqlite.Connection):
    """A connection to an instance's file whose thread runs whole functions, one after the other.

    Use it as `async with`; it closes the file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(partial(connect, path), iter_chunk_size=64)
        self._end: asyncio.Future[Any] | None = None

    async def __aenter__(self) -> Self:
        """Opens the file. When it is cancelled meanwhile, or fails, its thread has ended before it says so."""
        opening = asyncio.ensure_future(super().__aenter__())
        try:
            await asyncio.shield(opening)
        except asyncio.CancelledError:
            await asyncio.wait({opening})
            await self.close()
            raise
        finally:
            if self._connection is None and self._end:
                await self._end  # the thread reports its end to the loop, which may be gone in a moment
                self._thread.join()  # that was the last it does
        return self

    def stop(self) -> asyncio.Future[Any] | None:
        """Ends the thread when it has done what it was given; what is returned is done then."""
        self._end = super().stop()
        return self._end

    def store(self, owner: str) -> Store:
        """The store behind this connection, for functions that `run` calls and for nothing else."""
        return Store(self._conn, owner)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Calls the function on the thread; returns what it returns and raises what it raises."""
        return cast(T, await self._execute(function, *args, **kwargs))  # type: ignore[no-untyped-call]
