"""A store on a thread of its own, so that an event loop never waits for the disk.

aiosqlite gives each connection a thread and runs single statements there, a thread hop each; a message would
take a dozen. So we send it whole functions instead (as datasette does with its writes): one hop per
transaction, and no other task's statements can come between.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, Self, TypeVar

import aiosqlite

from simulator.store.file import connect
from simulator.store.store import Store

T = TypeVar("T")
P = ParamSpec("P")


class StoreThread(aiosqlite.Connection):
    """A connection to an instance's file whose thread runs whole functions, one after the other.

    Use it as `async with`; it closes the file. A new file begins with *content*; see simulator.store.file.connect.
    """

    def __init__(self, path: Path, content: bytes | None = None) -> None:
        super().__init__(partial(connect, path, content), iter_chunk_size=64)
        self._end: asyncio.Future[Any] | None = None
        self._waiting: deque[tuple[asyncio.Future[Any], Callable[[], Any]]] = deque()
        """What is to be called, and who waits for it."""
        self._done: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        """Who waits for a call, and its result or what it has raised."""
        self._under_way = 0
        """How many calls the thread was given whose results the loop has not fetched yet."""
        self._is_woken = False
        """Whether the loop is about to look at what is done."""

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
        if not self._running:
            raise ValueError("the store's thread has ended")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._under_way += 1
        self._waiting.append((future, partial(function, *args, **kwargs)))
        self._tx.put_nowait((None, self._work_off))
        return await future

    @property
    def is_idle(self) -> bool:
        """Whether it has nothing to do, and nothing done that nobody knows of yet."""
        return not self._under_way

    async def run_brief(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Like `run`, for what takes less time than the way to the thread: done here if that has nothing to do."""
        if self._under_way or not self._running:
            return await self.run(function, *args, **kwargs)
        return function(*args, **kwargs)

    def _work_off(self) -> None:
        """On the thread: calls all that is waiting; the loop is woken once for all that it has not yet fetched."""
        while self._waiting:
            future, function = self._waiting.popleft()
            try:
                self._done.append((future, function(), None))
            except BaseException as error:
                self._done.append((future, None, error))
            if not self._is_woken:
                self._is_woken = True
                future.get_loop().call_soon_threadsafe(self._fetch)

    def _fetch(self) -> None:
        """On the loop: whoever waits for a call gets what has come of it."""
        self._is_woken = False  # first, so that what is done from now on wakes the loop again
        while self._done:
            future, result, error = self._done.popleft()
            self._under_way -= 1
            if future.done():
                continue  # who waited for it has been cancelled
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)
