"""Hosts on this machine: each a process that the fork server makes, at the other end of a socket pair."""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
from collections.abc import Sequence
from typing import Any

from simulator.errors import HostError
from simulator.runtime.live.channel import Site
from simulator.runtime.live.control import LINE_LIMIT
from simulator.runtime.spec import HostSpec
from simulator.transport.start import start


class LocalSites:
    """This machine alone; see Sites."""

    pause = 0.005
    """See Sites.pause."""
    replace = False
    """See Sites.replace."""

    def __init__(self) -> None:
        self._site = LocalSite()

    def place(self, instances: Sequence[str]) -> list[tuple[Site, list[str]]]:
        """See Sites.place."""
        return [(self._site, list(instances))]

    def check(self) -> None:
        """See Sites.check."""


class LocalSite:
    """This machine; see Site. The fork server is to be running (forkserver.py)."""

    lost = ""
    """See Site.lost."""
    host = None
    """See Site.host."""

    async def launch(self, spec: HostSpec) -> LocalChannel:
        """See Site.launch."""
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
        reader, writer = await asyncio.open_connection(sock=ours, limit=LINE_LIMIT)
        return LocalChannel(spec, process, reader, writer)


class LocalChannel:
    """See Channel."""

    def __init__(
        self, spec: HostSpec, process: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.pid: int = process.pid
        """See Channel.pid."""
        self._spec = spec
        self._process = process  # a ForkServerProcess, which has no public name
        self._reader = reader
        self._writer = writer
        self._ending: asyncio.Task[None] | None = None
        """Waits for its end, once for all who do: the process says only once how it ended."""
        self.exitcode: int | None = None
        """See Channel.exitcode."""

    def write(self, line: bytes) -> None:
        """See Channel.write."""
        self._writer.write(line)

    async def read(self) -> bytes:
        """See Channel.read."""
        try:
            line = await self._reader.readline()
        except ConnectionError:
            line = b""
        if line.endswith(b"\n"):
            return line
        await self.join(1)  # it has closed its end, or died in the middle of a line
        return b""

    def close(self) -> None:
        """See Channel.close."""
        self._writer.close()

    async def join(self, limit: float) -> None:
        """See Channel.join."""
        await asyncio.wait({self._end()}, timeout=limit)

    async def kill(self) -> None:
        """See Channel.kill."""
        if self.exitcode is None:
            self._process.kill()
        await self._end()
        self._writer.close()

    def _end(self) -> asyncio.Task[None]:
        if self._ending is None:
            self._ending = asyncio.create_task(self._wait(), name=f"{self._spec.name}: end")
        return self._ending

    async def _wait(self) -> None:
        await asyncio.to_thread(self._process.join)
        self.exitcode = self._process.exitcode
        self._process.close()

    def logged(self) -> str:
        """See Channel.logged."""
        try:
            return self._spec.log.read_text(errors="replace")
        except OSError:
            return ""


def _run(spec: HostSpec, control: socket.socket) -> None:
    # Imported here, so that only the hosts' processes pay for all that an instance imports.
    from simulator.runtime.live.host import main

    main(spec, control)
