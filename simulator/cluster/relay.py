"""What Dask keeps on a worker for a fleet: it starts the agent there, and passes frames on in both directions.

This module goes to the worker as it stands, so it knows nothing but Python's own library.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

AGENT = "simulator.cluster.agent"

LENGTH = 4
"""Bytes before each frame on a pipe, which say how long it is."""

POLL = 1.0
"""Seconds after which who waits for frames is told that there are none: it shows that both are there."""

LEASE = 10.0
"""Seconds without anybody who asks for frames after which the agent ends, and with it all that it has started."""


class Relay:
    """The way to one agent, as an actor of Dask; all but its making is done by the worker's loop."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._taken = 0
        """How many frames were passed on to the agent."""
        self._frames: list[bytes] = []
        """Those from the agent that are not known to have arrived."""
        self._given = 0
        """How many are."""
        self._news: asyncio.Event
        self._reading: asyncio.Task[None]
        self._lease: asyncio.TimerHandle | None = None
        """Ends the agent when it runs out."""
        self._is_over = False

    async def begin(self) -> None:
        """Starts the agent. Raises OSError."""
        spec = importlib.util.find_spec(AGENT.partition(".")[0])
        assert spec is not None and spec.origin is not None, "whoever begins has looked before"  # noqa: PT018
        home = str(Path(spec.origin).parents[1])  # where the code was put, which may be nowhere else
        path = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))
        command, environment = (sys.executable, "-P", "-m", AGENT), {**os.environ, "PYTHONPATH": path}
        self._process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment, start_new_session=True
        )
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())
        self._renew()

    async def send(self, number: int, frames: list[bytes]) -> None:
        """Passes frames on to the agent, in their order; *number* is that of the first, from 0.

        Dask makes a call again whose answer it has not had, so what has a number that was here before is known.
        """
        assert self._process is not None
        assert self._process.stdin is not None
        for frame in frames[self._taken - number :]:
            self._process.stdin.write(len(frame).to_bytes(LENGTH, "big") + frame)
            self._taken += 1
        await self._process.stdin.drain()

    async def receive(self, number: int) -> list[bytes] | None:
        """The frames of the agent from *number* on, as soon as there are any; those before have arrived.

        An empty list after a while in which there were none; None after its end.
        """
        self._renew()
        del self._frames[: number - self._given]
        self._given = number
        if not self._frames and not self._is_over:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), POLL)
            except TimeoutError:
                return []
        return list(self._frames) if self._frames or not self._is_over else None

    async def end(self) -> None:
        """Lets the agent end in good order, and waits for that."""
        if self._process is not None and self._lease is not None:
            self._lease.cancel()
            self._give_up()
            await self._process.wait()
            await self._reading

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        try:
            while True:
                length = int.from_bytes(await self._process.stdout.readexactly(LENGTH), "big")
                self._frames.append(await self._process.stdout.readexactly(length))
                self._news.set()
        except asyncio.IncompleteReadError:
            self._is_over = True
            self._news.set()

    def _renew(self) -> None:
        """Whoever has begun may be gone without a word."""
        if self._lease is not None:
            self._lease.cancel()
        self._lease = asyncio.get_running_loop().call_later(LEASE, self._give_up)

    def _give_up(self) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
