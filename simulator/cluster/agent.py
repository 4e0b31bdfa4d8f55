"""The process on a worker that starts a fleet's hosts there, and tells what is written into their files.

It speaks over its standard input and output, and ends with the first: then its hosts end, and their files go.
"""

from __future__ import annotations

import asyncio
import resource
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from simulator.cluster.frames import (
    AUTHORITY_FILE,
    SERVER_FILE,
    AskPorts,
    Changed,
    End,
    Ended,
    Launch,
    Launched,
    Line,
    NotLaunched,
    Ports,
    ToAgent,
    ToSite,
    dump,
    load_for_agent,
)
from simulator.cluster.relay import LENGTH
from simulator.errors import HostError, StoreError
from simulator.runtime.listening import take_ports
from simulator.runtime.live.control import load_line
from simulator.runtime.live.forkserver import start_fork_server
from simulator.runtime.live.local import LocalChannel, LocalSite
from simulator.runtime.live.process import STOP_LIMIT
from simulator.runtime.spec import HostSpec, InstanceSpec
from simulator.runtime.temporary import temporary_directory
from simulator.store.beginning import write_content
from simulator.store.replica import Original

LOOK = 0.1
"""Seconds between two looks for what was written without an answer that tells of it."""


class Agent:
    """Some hosts in a directory of this machine; *send* takes what the site is to know."""

    def __init__(self, directory: Path, send: Callable[[ToSite], None]) -> None:
        self._directory = directory
        self._send = send
        self._site = LocalSite()
        self._channels: dict[int, LocalChannel] = {}
        self._originals: dict[str, Original] = {}
        self._called: dict[tuple[int, int], str] = {}
        """By the numbers of host and call: the instance that owes an answer; empty where all of the host do."""

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Does what it is told until nobody is there any more; its hosts have ended then."""
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(self._watch())
            try:
                with suppress(asyncio.IncompleteReadError):
                    while True:
                        length = int.from_bytes(await reader.readexactly(LENGTH), "big")
                        self._do(load_for_agent(await reader.readexactly(length)), group)
            finally:
                watch.cancel()
                for channel in self._channels.values():
                    channel.close()
                await asyncio.gather(*(channel.join(STOP_LIMIT) for channel in self._channels.values()))
                await asyncio.gather(*(channel.kill() for channel in self._channels.values()))
        for original in self._originals.values():
            original.close()

    def _do(self, frame: ToAgent, group: asyncio.TaskGroup) -> None:
        match frame:
            case Launch():
                group.create_task(self._launch(frame))
            case Line(number, line) if number in self._channels:
                call = load_line(line)
                self._called[number, call["call"]] = call["instance"]
                self._channels[number].write(line)
            case End(number, at_once) if number in self._channels:
                if at_once:
                    group.create_task(self._channels[number].kill())
                else:
                    self._channels[number].close()
            case AskPorts(host, count):
                ports = take_ports(map(str, range(count)), host, 0)
                self._send(Ports(tuple(ports.values())))

    async def _launch(self, launch: Launch) -> None:
        """Starts a host and passes on what it says, until it ends."""
        number, spec = launch.number, self._here(launch.spec)
        try:
            for name, content in launch.files.items():
                write_content(self._directory / name, content)
            channel = await self._site.launch(spec)
        except (HostError, StoreError) as error:
            self._send(NotLaunched(number, str(error)))
            return
        self._channels[number] = channel
        self._send(Launched(number, channel.pid))
        while line := await channel.read():
            # First the changes, for whoever hears the answer looks at once.
            called = self._called.pop((number, load_line(line)["call"]), "")
            self._tell_what_has_led_to(called, spec.instances)
            self._send(Line(number, line))
        await self._bury(number, spec)

    def _here(self, spec: HostSpec) -> HostSpec:
        """The same with the files of this machine."""
        listening = spec.listening
        if listening is not None and listening.authority is not None:
            own = dict.fromkeys(listening.server_files, self._directory / SERVER_FILE)
            listening = replace(listening, server_files=own, authority=self._directory / AUTHORITY_FILE)
        return replace(spec, directory=self._directory, listening=listening)

    async def _bury(self, number: int, spec: HostSpec) -> None:
        channel = self._channels[number]
        await channel.join(STOP_LIMIT)
        self._tell_changes(spec.instances)
        self._send(Ended(number, channel.exitcode, channel.logged()))
        del self._channels[number]

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            for name in list(self._originals):
                self._tell_change(name)

    def _tell_what_has_led_to(self, called: str, instances: Iterable[InstanceSpec]) -> None:
        """Tells of the instance that was called, which has a file by now; of all where the call was for all."""
        if not called:
            self._tell_changes(instances)
            return
        [file] = [each.file_name for each in instances if each.name == called]
        if file not in self._originals:
            self._originals[file] = Original(self._directory / file)
        self._tell_change(file)

    def _tell_changes(self, instances: Iterable[InstanceSpec]) -> None:
        for instance in instances:
            if instance.file_name in self._originals:
                self._tell_change(instance.file_name)

    def _tell_change(self, name: str) -> None:
        if (changes := self._originals[name].changes()) is not None:
            self._send(Changed(name, changes))


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, sys.stdout.buffer)
    writer = asyncio.StreamWriter(transport, protocol, None, loop)

    def send(frame: ToSite) -> None:
        dumped = dump(frame)
        writer.write(len(dumped).to_bytes(LENGTH, "big") + dumped)

    with temporary_directory() as directory:
        await Agent(directory, send).serve(reader)
    writer.close()


def main() -> None:
    """The process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends with its worker, in good order
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # an instance takes five files here
    start_fork_server()
    asyncio.run(_serve())


if __name__ == "__main__":
    main()
