"""The fleet's side of one host: starts its process, calls it, and notices when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import socket
from itertools import count
from typing import Any

from simulator.errors import HostError
from simulator.runtime.control import LAST_WORDS, LINE_LIMIT, Call, Command, read_line, write_line
from simulator.runtime.spec import HostSpec
from simulator.transport.start import start

STOP_LIMIT = 10.0
"""Seconds a host may take to stop in good order before it is killed."""

_WORDS_SHOWN = 5
"""How many lines of a dead host's last words are quoted."""


class HostProcess:
    """One host of the fleet; it can be started again after it was stopped or killed."""

    def __init__(self, spec: HostSpec) -> None:
        self.spec = spec
        self._process: Any = None  # a ForkServerProcess, which has no public name
        self._writer: asyncio.StreamWriter
        self._reading: asyncio.Task[None]
        self._open: dict[int, asyncio.Future[Any]] = {}
        self._numbers = count(LAST_WORDS + 1)
        self._last_words = ""

    @property
    def is_running(self) -> bool:
        """Whether the process is up."""
        return self._process is not None

    @property
    def pid(self) -> int | None:
        """The process id, or None while it does not run."""
        return self._process.pid if self._process is not None else None

    async def start(self, spec: HostSpec) -> None:
        """Starts the process, with no instance running yet."""
        self.spec, self._last_words = spec, ""
        ours, theirs = socket.socketpair()
        process = multiprocessing.get_context("forkserver").Process(
            target=_run, args=(spec, theirs), name=f"trustsim-{spec.name}", daemon=True
        )
        launch = asyncio.ensure_future(asyncio.to_thread(start, process))
        try:
            await asyncio.shield(launch)
        except asyncio.CancelledError:
            await asyncio.gather(launch, return_exceptions=True)  # it still needs the far end
            ours.close()
            if process.pid is not None:  # it would miss the directory that is about to go
                process.kill()
                await asyncio.to_thread(process.join)
            raise
        except OSError as error:
            ours.close()
            raise HostError(f"{spec.name} cannot be started: {error}") from error
        finally:
            theirs.close()
        reader, self._writer = await asyncio.open_connection(sock=ours, limit=LINE_LIMIT)
        self._process = process
        self._reading = asyncio.create_task(self._read(reader), name=f"{spec.name}: control")

    def call(self, do: Command, instance: str = "", argument: Any = None) -> asyncio.Future[Any]:
        """Calls the host; what is awaited is its result, or HostError with its last words when it dies of it.

        Calls reach the host in the order in which they are made, whenever their results are awaited.
        """
        self.check_alive()
        number = next(self._numbers)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._open[number] = future
        write_line(self._writer, Call(call=number, do=do, instance=instance, argument=argument))
        return future

    def check_alive(self) -> None:
        """Raises HostError with its last words when the process does not run."""
        if self._process is None or self._reading.done():
            raise HostError(self._obituary())

    async def stop(self) -> None:
        """Ends the process in good order: its instances stop first. Kills it when that takes too long."""
        if self._process is None:
            return
        self._writer.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_LIMIT):
                await asyncio.to_thread(self._process.join, STOP_LIMIT)
        await self.kill()

    async def kill(self) -> None:
        """Ends the process with SIGKILL, and waits for its end."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.kill()
        await asyncio.to_thread(process.join)
        process.close()
        self._reading.cancel()
        await asyncio.wait({self._reading})
        self._writer.close()
        self._fail(HostError(f"{self.spec.name} was killed"))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while (reply := await read_line(reader)) is not None:
            if reply["call"] == LAST_WORDS:
                self._last_words = reply["result"]
                continue
            future = self._open.pop(reply["call"])
            if not future.done():
                future.set_result(reply["result"])
        if self._process is not None:  # it has died by itself
            await asyncio.to_thread(self._process.join, 1)
            self._fail(HostError(self._obituary()))

    def _fail(self, error: HostError) -> None:
        for future in self._open.values():
            if not future.done():
                future.set_exception(error)
        self._open.clear()

    def _obituary(self) -> str:
        code = self._process.exitcode if self._process is not None else None
        words = "\n  ".join((self._last_words or self._logged()).strip().splitlines()[-_WORDS_SHOWN:])
        names = ", ".join(instance.name for instance in self.spec.instances)
        return f"the process of {names} ended with exit code {code}; its last words:\n  {words or '(none)'}"

    def _logged(self) -> str:
        """What it has printed, where it could not even say what it dies of."""
        try:
            return self.spec.log.read_text(errors="replace")
        except OSError:
            return ""


def _run(spec: HostSpec, control: socket.socket) -> None:
    # Imported here, so that only the hosts' processes pay for all that an instance imports.
    from simulator.runtime.host import main

    main(spec, control)
