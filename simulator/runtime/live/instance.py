"""One instance on a broker, by the wall clock: carries bytes between the link and the instance.

Three loops: what the link brings, what the clock makes due, and what a new connection makes worth another
try. Each runs the instance on its store's thread, or right here where that takes less time than the way to the
thread, and publishes what comes back; clients' requests go the same way.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from simulator.errors import StoreError, TransportError
from simulator.protocol.actions import Action, Send
from simulator.protocol.envelope import Envelope
from simulator.protocol.http import UNAVAILABLE, Request, Response
from simulator.protocol.topics import Arrival, topic
from simulator.rest.api import is_brief
from simulator.runtime.clock import FleetClock, SkewedClock
from simulator.runtime.faults import ClockSkew, DiskFault, HttpFault, InstanceFault, Pause, SlowDisk
from simulator.runtime.http_faults import HttpFaults
from simulator.runtime.instance import Instance, Outgoing
from simulator.runtime.kinds import CrashPoint
from simulator.runtime.listening import Listening
from simulator.runtime.live.crashing import Crashing
from simulator.runtime.spec import InstanceSpec
from simulator.runtime.weather import Weather
from simulator.store.store import holding
from simulator.store.thread import StoreThread
from simulator.tables import Key
from simulator.transport.certificate import Credentials
from simulator.transport.http import HttpServer
from simulator.transport.link import Link
from simulator.trust.directory import DirectoryEntry

STORE_RETRY = 1.0
"""Seconds that an instance waits after an injected fault of its disk."""

BRIEF_BYTES = 16 * 1024
"""What arrives together is brief up to this: some twenty messages, in 3 ms. The way to the store's thread and back
costs 0.1 to 0.2 ms of processor time, as much as a message: a round trip of one pair took 1.3 instead of 0.95 ms.
"""

CHECKPOINT_EVERY = 1000
"""Envelopes after which what the log holds is taken over into the file.

That can wait for the disk for 0.3 seconds, and so it is done on the thread, before there are the 8,000 pages at
which SQLite would do it with a commit: an envelope takes five.
"""

Step = Callable[[datetime], list[Outgoing]]
"""What an instance does at a time; returns what to publish."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class InstanceStatus:
    """What an instance still has to do."""

    waiting_for: dict[str, int]
    """How many envelopes have no receipt yet, by recipient."""
    handled: int
    """How many envelopes it has finished with since it started."""
    is_due: bool
    """Whether a timer or a retry is due."""
    next_timer: str | None
    """When the next timer is due, in ISO 8601."""
    refusal: str
    """Why the broker refuses its certificate; empty when it does not."""


@dataclass(frozen=True, slots=True)
class Members:
    """What the instances of a process know of the members of their fleet, which is the same for all of them.

    If each wrote and read the whole directory by itself, a process would take the square of its fleet to start.
    """

    entries: Mapping[Key, DirectoryEntry]
    content: bytes
    """What a new file begins with: a store that holds these entries."""

    @classmethod
    def of(cls, directory: Sequence[DirectoryEntry], now: datetime) -> Members:
        """With files that are made at that time."""
        return cls({entry.key: entry for entry in directory}, holding(directory, now))


class LiveInstance:
    """An instance that runs on a link, with its file in *directory*; it may share its *members* with others."""

    def __init__(
        self,
        spec: InstanceSpec,
        directory: Path,
        link: Link,
        clock: FleetClock,
        weather: Weather | None = None,
        listening: Listening | None = None,
        members: Members | None = None,
    ) -> None:
        self.spec = spec
        self._path = directory / spec.file_name
        self._link = link
        self._clock = clock
        is_new = members is not None and not self._path.exists()
        self._entries = members.entries if members and is_new else None
        """What it knows of others with the others here; a file that is there may know less, or otherwise."""
        self._thread = StoreThread(self._path, members.content if members else None)
        self._instance: Instance
        self._next_wake: datetime | None = None
        self._asleep_until: datetime | None = None
        """The wake that the wake loop has gone to sleep for."""
        self._rescheduled = asyncio.Event()
        self._checkpoint_at = CHECKPOINT_EVERY
        """How many envelopes it will have finished with when the next checkpoint is due."""
        self._steps = 0
        """How often something may have changed of what it still has to do."""
        self._status = -1, InstanceStatus({}, 0, is_due=False, next_timer=None, refusal="")
        """What it was when it was last looked at, and how many steps there were before."""
        self.crashing = Crashing()
        """How it dies, where it is to."""
        self._weather = weather or Weather(0)
        self._own_clock = SkewedClock()
        self._has_stepped = False
        """Whether that clock has stepped, and the instance is yet to hear of it."""
        self._topics = {
            entry.sys_id: topic(spec.namespace, entry.account, entry.sys_id, spec.id) for entry in spec.directory
        }
        self._paused_by: set[int] = set()
        self._slowed_by: dict[int, timedelta] = {}
        self._is_going = asyncio.Event()
        self._is_going.set()
        self._http_faults = HttpFaults()
        self._listening = listening
        self._fault: asyncio.Future[None]
        """What has failed while a request was answered."""
        self._late = set[asyncio.Task[None]]()
        """What weather has delayed and is yet to be published."""

    async def run(self, started: Callable[[], None] = lambda: None) -> None:
        """Runs until it is cancelled; calls *started* once its tables are loaded and it is connected.

        One whose certificate the broker refuses is up all the same, and says so. Raises StoreError or
        TransportError when it cannot go on.
        """
        async with self._thread, self._link:
            self._store = self._thread.store(self.spec.id)
            self._instance = await self._thread.run(self._open)
            has_history = self._instance.has_history
            await self._thread.run(self._instance.enter, self.spec.rows, self._now())
            self._fault = asyncio.get_running_loop().create_future()
            try:
                async with self._http(), asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._receive_loop(), name=f"{self.spec.name}: receive")
                    tasks.create_task(self._wake_loop(), name=f"{self.spec.name}: wake")
                    tasks.create_task(self._reconnect_loop(), name=f"{self.spec.name}: reconnect")
                    tasks.create_task(self._wait_for_fault(), name=f"{self.spec.name}: requests")
                    await self._drive(self._instance.announce if has_history else self._instance.wake)
                    await self._journal_refusal()
                    started()
            finally:
                for late in self._late:
                    late.cancel()
                if not self.crashing.has_crashed and not self._store.fault:
                    await self._thread.run(self._instance.close)

    def _open(self) -> Instance:
        spec, self._checkpoint_at = self.spec, CHECKPOINT_EVERY
        return Instance(self._store, spec.key, spec.namespace, self._now(), self._entries, explains=spec.explains)

    async def act(self, action: Envelope[Action]) -> bool:
        """Hands an action to the instance; on return it is committed. False when the instance has died over it.

        Whoever acts tries again while the disk is at fault, and when the instance is back, but not what is done.
        """
        is_again, is_sent = self._instance.has_history, isinstance(action.message, Send)
        while not self.crashing.has_crashed:
            if is_again and await self._thread.run_brief(self._instance.has_seen, action):
                return True
            if await self._drive(lambda now: self._instance.act(action, now), is_brief=is_sent):
                return True
            is_again = True
        return False

    async def serve(self, request: Request) -> Response:
        """Answers a request to its REST API; it is unavailable when its disk has failed it, or it dies of it."""
        if delay := self._http_faults.delay:
            await asyncio.sleep(delay.total_seconds())
        if (refused := self._http_faults.refuse(request, self._now())) is not None:
            return refused
        response = UNAVAILABLE

        def step(now: datetime) -> list[Outgoing]:
            nonlocal response
            response, outgoing = self._instance.serve(request, now)
            return outgoing

        return response if await self._drive(step, is_brief=is_brief(request)) else UNAVAILABLE

    def _http(self) -> AbstractAsyncContextManager[object]:
        """What answers HTTP requests, where that is wanted."""
        if self._listening is None:
            return nullcontext()
        return HttpServer(self._answer, self._listening.sockets(self.spec.name))

    async def _answer(self, request: Request) -> Response:
        """A fault of the disk ends the instance, as in a loop of its own; a mistake of ours costs the request."""
        try:
            return await self.serve(request)
        except StoreError as error:
            if not self._fault.done():
                self._fault.set_exception(error)
            raise
        except Exception:
            self._instance = await self._thread.run(self._open)  # what is in memory may be ahead of the file
            self._steps += 1
            raise

    async def _wait_for_fault(self) -> None:
        """What has failed in a request fails here."""
        await self._fault

    async def certify(self, credentials: Credentials) -> str:
        """Connects anew with these; returns why the broker refuses them, or nothing."""
        await self._link.renew(credentials)
        await self._journal_refusal()
        return self._link.refusal

    async def _journal_refusal(self) -> None:
        if self._link.refusal:
            await self._drive(partial(self._instance.cannot_connect, self._link.refusal))

    async def claim(self, published_by: str, recipient: str, payload: str) -> str:
        """Publishes what it is given on the topic of *published_by*; returns what the broker says against it."""
        to = self._topics[recipient].removesuffix(self.spec.id) + published_by
        try:
            return await self._link.claim(to, payload.encode())
        except TransportError:
            return ""  # who has no connection reaches nobody, in whoever's name

    async def status(self) -> InstanceStatus:
        """What the instance still has to do; nobody is asked when nothing can have changed since the last time."""
        is_due = self._next_wake is not None and self._next_wake <= self._now()
        before, status = self._status
        is_known = before == self._steps and self._thread.is_idle and status.refusal == self._link.refusal
        if is_due or not is_known:
            before = self._steps
            self._status = before, await self._thread.run_brief(self._look)
        return self._status[1]

    def clock_has_moved(self) -> None:
        """The clock was advanced: looks again at what is due."""
        self._rescheduled.set()

    # -- faults -----------------------------------------------------------------------------------------

    def begin(self, number: int, fault: InstanceFault) -> None:
        """The fault befalls this instance from now on."""
        match fault:
            case Pause():
                self._paused_by.add(number)
                self._is_going.clear()
            case ClockSkew():
                self._own_clock.begin_at(number, fault, self._clock.now())
                self._clock_has_stepped()
            case DiskFault():
                self._store.fault = f"the disk is {fault.state}"
            case SlowDisk():
                self._slowed_by[number] = fault.by
            case HttpFault():
                self._http_faults.begin(number, fault)

    def end(self, number: int, fault: InstanceFault) -> None:
        """The fault is over."""
        match fault:
            case Pause():
                self._paused_by.discard(number)
                if not self._paused_by:
                    self._is_going.set()
            case ClockSkew():
                self._own_clock.end(number)
                self._clock_has_stepped()
            case DiskFault():
                self._store.fault = None
            case SlowDisk():
                self._slowed_by.pop(number, None)
            case HttpFault():
                self._http_faults.end(number)

    def _clock_has_stepped(self) -> None:
        self._has_stepped = True
        self._steps += 1
        self._rescheduled.set()

    async def release(self, recipient: str, payload: bytes) -> None:
        """Publishes what a fault has held."""
        with contextlib.suppress(TransportError):
            await self._link.publish(self._topics[recipient], payload)

    # -- the loops --------------------------------------------------------------------------------------

    async def _receive_loop(self) -> None:
        while True:
            arrivals = await self._link.receive()
            await self._drive(partial(self._instance.receive, arrivals), is_brief=_are_brief(arrivals))

    async def _wake_loop(self) -> None:
        while True:
            self._rescheduled.clear()
            self._asleep_until = self._next_wake
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._seconds_to_next_wake()):
                    await self._rescheduled.wait()
            if self._has_stepped:
                self._has_stepped = False
                self._next_wake = await self._thread.run(self._step_clock)
                self._steps += 1
            if self._next_wake is not None and self._next_wake <= self._now():
                await self._drive(self._instance.wake)

    async def _reconnect_loop(self) -> None:
        seen = self._link.connections
        while True:
            await self._link.wait_connected(after=seen)
            seen = self._link.connections
            await self._drive(self._instance.reconnected)

    # -- one step ---------------------------------------------------------------------------------------

    async def _drive(self, step: Step, *, is_brief: bool = False) -> bool:
        """Takes one step of the instance, now, and publishes what comes of it.

        False when an injected fault of the disk has undone it, or it has died. Raises StoreError for a true one.
        """
        await self._is_going.wait()
        if not await self.crashing.passes(CrashPoint.IN_TRANSACTION):
            return False
        try:
            outgoing, next_wake = await self._run(partial(self._take, step), is_brief=is_brief)
        except StoreError:
            if self._store.fault is None:
                raise
            await self._start_over()
            return False
        finally:
            self._steps += 1
        if not await self.crashing.passes(CrashPoint.AFTER_COMMIT):
            return False
        self._next_wake = next_wake
        # Most steps only put the next wake off; the loop finds that out when it wakes in vain.
        if next_wake is not None and (self._asleep_until is None or next_wake < self._asleep_until):
            self._rescheduled.set()
        # Without a connection nothing is lost: the outbox keeps it, and the reconnect loop tries again.
        with contextlib.suppress(TransportError):
            for item in outgoing:
                await self._publish(item)
        return await self.crashing.passes(CrashPoint.AFTER_PUBLISH)

    async def _run(self, step: Callable[[], T], *, is_brief: bool) -> T:
        """On a slow disk nothing is brief, and the loop is not to wait for one."""
        if not is_brief or self._slowed_by:
            return await self._thread.run(step)
        if self._instance.handled >= self._checkpoint_at:
            self._checkpoint_at = self._instance.handled + CHECKPOINT_EVERY
            await self._thread.run(self._store.checkpoint)
        return await self._thread.run_brief(step)

    async def _publish(self, item: Outgoing) -> None:
        if self._weather.is_fine:
            await self._link.publish(item.topic, item.payload)
            return
        for passage in self._weather.carry(self.spec.id, item.recipient, item.payload):
            if passage.after:
                late = asyncio.create_task(
                    self._publish_late(passage.after.total_seconds(), item, passage.payload)
                )
                self._late.add(late)
                late.add_done_callback(self._late.discard)
            else:
                await self._link.publish(item.topic, passage.payload)

    async def _publish_late(self, seconds: float, item: Outgoing, payload: bytes) -> None:
        await asyncio.sleep(seconds)
        await self.release(item.recipient, payload)

    async def _start_over(self) -> None:
        """An injected fault has failed a transaction: what is in memory may be ahead of the file."""
        self._instance = await self._thread.run(self._open)
        self._steps += 1
        await asyncio.sleep(STORE_RETRY)

    def _now(self) -> datetime:
        """What this instance's own clock says."""
        return self._own_clock.own_datetime(self._clock.now())

    def _take(self, step: Step) -> tuple[list[Outgoing], datetime | None]:
        taken = step(self._now()), self._instance.next_wake()
        if self._slowed_by:
            # On the store's thread, as a disk would be waited for: the next step waits too, the event loop not.
            # (Who sleeps for no time at all gives a turn away.)
            time.sleep(sum(self._slowed_by.values(), timedelta(0)).total_seconds())
        return taken

    def _step_clock(self) -> datetime | None:
        self._instance.clock_stepped(self._now())
        return self._instance.next_wake()

    def _seconds_to_next_wake(self) -> float | None:
        if self._next_wake is None:
            return None
        return max(0.0, (self._next_wake - self._now()).total_seconds())

    def _look(self) -> InstanceStatus:
        is_due = self._instance.is_due(self._now())
        next_timer = self._instance.next_timer()
        if next_timer is not None:
            next_timer = self._own_clock.fleet_datetime(next_timer)
        return InstanceStatus(
            self._instance.waiting_for(),
            self._instance.handled,
            is_due,
            next_timer.isoformat() if next_timer else None,
            self._link.refusal,
        )


def _are_brief(arrivals: Sequence[Arrival]) -> bool:
    """Whether an event loop can wait for what comes of them."""
    return sum(len(arrival.payload) for arrival in arrivals) <= BRIEF_BYTES
