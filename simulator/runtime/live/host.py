"""An operating-system process that runs one or more instances, as the fleet tells it to."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

from simulator.errors import MachineryError
from simulator.protocol.codec import load_action
from simulator.runtime.clock import FleetClock
from simulator.runtime.faults import Fault, InstanceFault, LinkFault
from simulator.runtime.kinds import CrashPoint
from simulator.runtime.live.control import (
    LAST_WORDS,
    LINE_LIMIT,
    Call,
    Reply,
    dump_line,
    dump_response,
    load_fault,
    load_line,
    load_request,
)
from simulator.runtime.live.instance import InstanceStatus, LiveInstance, Members
from simulator.runtime.spec import HostSpec, InstanceSpec
from simulator.runtime.weather import Weather
from simulator.transport.certificate import Certificate, Credentials
from simulator.transport.mqtt import MqttLink


def main(spec: HostSpec, control: socket.socket) -> NoReturn:
    """The process: serves the fleet's calls until the fleet is gone or says stop; exit code 1 on a fault."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the fleet stops its hosts
    farewell = control.dup()
    log = _open_log(spec.log)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    # What is loaded by now stays: the collector need not look at it again, nor dirty pages that are shared.
    gc.freeze()
    words: list[str] = []
    try:
        asyncio.run(Host(spec).serve(control))
    except* MachineryError as errors:
        words += [f"{type(error).__name__}: {error}" for error in _leaves(errors)]
    except* Exception:
        words.append(traceback.format_exc().strip())
    if words:
        _say("\n".join(words), farewell)
    os._exit(bool(words))  # nothing is left to clean up, and a thread that hangs must not hold the process


def _open_log(file: Path) -> int:
    """Where what is printed goes: nowhere, when the disk does not take it."""
    try:
        return os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)


def _say(last_words: str, farewell: socket.socket) -> None:
    """To the fleet first: the log is on the disk of the instances' files, which may be what is wrong."""
    line = json.dumps(Reply(call=LAST_WORDS, result=last_words)) + "\n"
    with contextlib.suppress(OSError):
        farewell.settimeout(_FAREWELL_LIMIT)
        farewell.sendall(line.encode())
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{last_words}\n")
        sys.stderr.flush()


_FAREWELL_LIMIT = 1.0
"""Seconds for the last words to leave: a fleet that is there reads at once."""


class Host:
    """The instances of one process."""

    def __init__(self, spec: HostSpec) -> None:
        self._spec = spec
        self._clock = FleetClock(spec.advanced)
        self._weather = Weather(f"{spec.seed}/{spec.name}")
        self._instances: dict[str, LiveInstance] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._links: dict[str, MqttLink] = {}
        self._members: dict[int, Members] = {}
        """By the identity of a directory: what is made of it once."""
        self._has_left = False
        """Whether its instances are to stay away from the broker."""
        self._told: dict[str, InstanceStatus] = {}
        """The status of each as the fleet knows it."""

    async def serve(self, control: socket.socket) -> None:
        """Answers calls until the fleet is gone. Raises what an instance raises."""
        reader, writer = await asyncio.open_connection(sock=control, limit=LINE_LIMIT)
        answers: set[asyncio.Task[None]] = set()
        async with asyncio.TaskGroup() as group:
            while line := await _next_line(reader):
                answer = group.create_task(self._answer(load_line(line), writer, group))
                answers.add(answer)
                answer.add_done_callback(answers.discard)
            # Nobody waits for an answer any more, and an instance that is just starting has to end too.
            for task in (*answers, *self._tasks.values()):
                task.cancel()

    async def _answer(self, call: Call, writer: asyncio.StreamWriter, group: asyncio.TaskGroup) -> None:
        result = await self._do(call, group)
        writer.write(dump_line({"call": call["call"], "result": result}))

    async def _do(self, call: Call, group: asyncio.TaskGroup) -> Any:
        match call["do"]:
            case "start":
                return await self._start(call["instance"], Certificate(call["argument"]), group)
            case "stop":
                await self._stop(call["instance"])
            case "crash":
                self._instances[call["instance"]].crashing.crash()
                await self._stop(call["instance"])
            case "stand_at":
                self._instances[call["instance"]].crashing.stand_at(CrashPoint(call["argument"]))
            case "stands":
                return await self._instances[call["instance"]].crashing.stands()
            case "go_on":
                self._instances[call["instance"]].crashing.go_on()
            case "act":
                return await self._instances[call["instance"]].act(load_action(call["argument"]))
            case "request":
                request = load_request(call["argument"])
                return dump_response(await self._instances[call["instance"]].serve(request))
            case "certify":
                credentials = self._credentials(call["instance"], Certificate(call["argument"]))
                return await self._instances[call["instance"]].certify(credentials)
            case "claim":
                return await self._instances[call["instance"]].claim(*call["argument"])
            case "leave":
                self._has_left = True
                await asyncio.gather(*(link.leave() for link in self._links.values()))
            case "come_back":
                self._has_left = False
                for link in self._links.values():
                    link.come_back()
            case "advance":
                self._clock.advanced = timedelta(seconds=call["argument"])
                for instance in self._instances.values():
                    instance.clock_has_moved()
            case "begin":
                self._begin(*load_fault(call["argument"]))
            case "end":
                await self._end(*load_fault(call["argument"]))
            case "status":
                return await self._news()
        return None

    async def _news(self) -> dict[str, Any]:
        """The statuses that are not as they were last told."""
        statuses = {name: await instance.status() for name, instance in list(self._instances.items())}
        news = {name: status for name, status in statuses.items() if self._told.get(name) != status}
        self._told.update(news)
        return {name: asdict(status) for name, status in news.items()}

    def _begin(self, number: int, fault: Fault) -> None:
        if isinstance(fault, LinkFault):
            self._weather.begin(number, fault)
        elif isinstance(fault, InstanceFault):
            self._by_id(fault.instance).begin(number, fault)

    async def _end(self, number: int, fault: Fault) -> None:
        if isinstance(fault, LinkFault):
            for (sender, recipient), payload in self._weather.end(number):
                await self._by_id(sender).release(recipient, payload)
        elif isinstance(fault, InstanceFault):
            self._by_id(fault.instance).end(number, fault)

    def _by_id(self, instance_id: str) -> LiveInstance:
        return next(it for it in self._instances.values() if it.spec.id == instance_id)

    async def _start(self, name: str, certificate: Certificate, group: asyncio.TaskGroup) -> str:
        """Returns why the broker refuses the instance's certificate, or nothing."""
        spec = next(spec for spec in self._spec.instances if spec.name == name)
        link = MqttLink(self._spec.broker, spec.client, spec.inbox, self._credentials(name, certificate))
        if self._has_left:
            await link.leave()
        self._links[name] = link
        instance = LiveInstance(
            spec,
            self._spec.directory,
            link,
            self._clock,
            self._weather,
            self._spec.listening,
            self._members_of(spec),
        )
        started = asyncio.Event()
        self._tasks[name] = group.create_task(instance.run(started.set), name=name)
        await started.wait()
        self._instances[name] = instance
        return link.refusal

    def _members_of(self, spec: InstanceSpec) -> Members | None:
        """What it shares with others here; one that begins with a file knows of the fleet what that says."""
        if spec.content is not None or len(self._spec.instances) == 1:
            return None
        key = id(spec.directory)  # the same tuple for all members of a fleet
        if key not in self._members:
            self._members[key] = Members.of(spec.directory, self._clock.now())
        return self._members[key]

    def _credentials(self, name: str, certificate: Certificate) -> Credentials:
        return Credentials(certificate, self._spec.tls_files.get(name))

    async def _stop(self, name: str) -> None:
        self._instances.pop(name, None)
        self._told.pop(name, None)
        self._links.pop(name, None)
        if task := self._tasks.pop(name, None):
            task.cancel()
            await asyncio.wait({task})


async def _next_line(reader: asyncio.StreamReader) -> bytes:
    """Empty when the fleet is gone."""
    try:
        line = await reader.readline()
    except ConnectionError:
        return b""
    return line if line.endswith(b"\n") else b""


def _leaves(group: BaseExceptionGroup[Any]) -> Iterable[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
