"""The fleet's side of one host: starts it, calls it, and notices when it dies."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import count
from typing import Any

from simulator.errors import HostError
from simulator.runtime.live.channel import Channel, Site
from simulator.runtime.live.control import LAST_WORDS, Call, Command, dump_line, load_line
from simulator.runtime.spec import HostSpec

STOP_LIMIT = 10.0
"""Seconds a host may take to stop in good order before it is killed."""

_WORDS_SHOWN = 5
"""How many lines of a dead host's last words are quoted."""


class HostProcess:
    """One host of the fleet, on some site; it can be started again after it was stopped or killed."""

    def __init__(self, spec: HostSpec, site: Site) -> None:
        self.spec = spec
        self.site = site
        self.statuses: dict[str, Any] = {}
        """What was last heard of each instance; of one that does not run any more it means nothing."""
        self._channel: Channel | None = None
        self._reading: asyncio.Task[None]
        self._open: dict[int, asyncio.Future[Any]] = {}
        self._looks: set[int] = set()
        """The calls among these that ask for statuses."""
        self._numbers = count(LAST_WORDS + 1)
        self._last_words = ""

    @property
    def is_running(self) -> bool:
        """Whether the process is up."""
        return self._channel is not None

    @property
    def pid(self) -> int | None:
        """The process id, or None while it does not run."""
        return self._channel.pid if self._channel is not None else None

    async def start(self, spec: HostSpec) -> None:
        """Starts the process, with no instance running yet."""
        self.spec, self._last_words = spec, ""
        self._channel = await self.site.launch(spec)
        self._reading = asyncio.create_task(self._read(self._channel), name=f"{spec.name}: control")

    def call(self, do: Command, instance: str = "", argument: Any = None) -> asyncio.Future[Any]:
        """Calls the host; what is awaited is its result, or HostError with its last words when it dies of it.

        Calls reach the host in the order in which they are made, whenever their results are awaited.
        """
        self.check_alive()
        assert self._channel is not None, "what is alive has a channel"
        number = next(self._numbers)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._open[number] = future
        if do == "status":
            self._looks.add(number)
        self._channel.write(dump_line(Call(call=number, do=do, instance=instance, argument=argument)))
        return future

    async def status(self) -> Mapping[str, Any]:
        """What its instances still have to do, by name; only what has changed is sent."""
        await self.call("status")
        return self.statuses

    def check_alive(self) -> None:
        """Raises HostError with its last words when the process does not run."""
        if self._channel is None or self._reading.done():
            raise HostError(self._obituary())

    async def stop(self) -> None:
        """Ends the process in good order: its instances stop first. Kills it when that takes too long."""
        if self._channel is None:
            return
        self._channel.close()
        await self._channel.join(STOP_LIMIT)
        await self.kill()

    async def kill(self) -> None:
        """Ends the process with SIGKILL, and waits for its end."""
        if self._channel is None:
            return
        channel, self._channel = self._channel, None
        await channel.kill()
        self._reading.cancel()
        await asyncio.wait({self._reading})
        self._fail(HostError(f"{self.spec.name} was killed"))

    async def _read(self, channel: Channel) -> None:
        while line := await channel.read():
            reply = load_line(line)
            if reply["call"] == LAST_WORDS:
                self._last_words = reply["result"]
                continue
            if reply["call"] in self._looks:  # heard also when nobody waits for it any more
                self._looks.discard(reply["call"])
                self.statuses.update(reply["result"])
            future = self._open.pop(reply["call"])
            if not future.done():
                future.set_result(reply["result"])
        if self._channel is not None:  # it has died by itself
            self._fail(HostError(self._obituary()))

    def _fail(self, error: HostError) -> None:
        for future in self._open.values():
            if not future.done():
                future.set_exception(error)
                future.exception()  # seen, should nobody wait for it any more
        self._open.clear()
        self._looks.clear()

    def _obituary(self) -> str:
        code = self._channel.exitcode if self._channel is not None else None
        said = self._last_words or (self._channel.logged() if self._channel is not None else "")
        words = "\n  ".join(said.strip().splitlines()[-_WORDS_SHOWN:])
        names = ", ".join(instance.name for instance in self.spec.instances)
        if self.site.lost:
            return f"{names} cannot be reached any more: {self.site.lost}"
        return f"the process of {names} ended with exit code {code}; its last words:\n  {words or '(none)'}"
