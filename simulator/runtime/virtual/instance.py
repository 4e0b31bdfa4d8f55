"""One instance in virtual time: an agenda drives it, and what befalls it is up to the faults of its fleet.

The like of live_instance.py, which drives the same instance by the wall clock and on a broker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from simulator.errors import StoreError
from simulator.protocol.actions import Action
from simulator.protocol.envelope import Envelope
from simulator.protocol.http import UNAVAILABLE, Request, Response
from simulator.protocol.topics import Arrival
from simulator.runtime.clock import EPOCH, MICROSECOND, SkewedClock
from simulator.runtime.faults import ClockSkew, Crash, DiskFault, HttpFault, InstanceFault, Pause, SlowDisk
from simulator.runtime.http_faults import HttpFaults
from simulator.runtime.instance import Instance, Outgoing
from simulator.runtime.kinds import CrashPoint
from simulator.runtime.spec import InstanceSpec
from simulator.runtime.virtual.agenda import Agenda, Microseconds
from simulator.store.store import Store
from simulator.tables import Key, Row
from simulator.transport.certificate import ALERTS, Certificate
from simulator.trust.directory import DirectoryEntry

STORE_RETRY: Microseconds = 1_000_000
"""How long an instance whose disk failed it waits before it tries again."""

Step = Callable[[Instance, datetime], list[Outgoing]]
"""What an instance does at a time by its own clock; returns what to publish."""


class VirtualInstance:
    """An instance while it is up, and its store, which outlives it.

    *rows* are entered when it starts for the first time; where a *directory* is given it is shared with others,
    and the store has it already. *carry* takes what it publishes, *on_step* hears of every step, and *on_stir* of
    whatever may let it do something, or has.
    """

    def __init__(
        self,
        spec: InstanceSpec,
        store: Store,
        rows: Sequence[Row],
        directory: Mapping[Key, DirectoryEntry] | None,
        agenda: Agenda,
        carry: Callable[[VirtualInstance, Outgoing], None],
        on_step: Callable[[str], None],
        on_stir: Callable[[VirtualInstance], None],
    ) -> None:
        self.spec = spec
        self.store = store
        self.is_wanted = False
        """Whether it is to be up when no fault keeps it down: a scenario may have stopped it."""
        self.refusal = ALERTS.get(spec.certificate, "")
        """Why it cannot connect; empty when it can."""
        self._rows = rows
        self._directory = directory
        self._agenda = agenda
        self._carry = carry
        self._on_step = on_step
        self._on_stir = on_stir
        self._instance: Instance | None = None
        self._wake_at: Microseconds | None = None
        """When the agenda will wake it; an earlier entry for another time is stale."""
        self._crash_point: CrashPoint | None = None
        """Where it will die with its next step."""
        self._pauses = 0
        """How many faults keep it paused."""
        self._missed: list[Arrival] = []
        """What reached it while it was paused."""
        self._slowed_by: dict[int, Microseconds] = {}
        """By how much each fault makes a transaction take longer."""
        self._http_faults = HttpFaults()
        self._clock = SkewedClock()

    # -- looking ----------------------------------------------------------------------------------------

    @property
    def is_away(self) -> bool:
        """Whether it can do nothing now."""
        return self._instance is None or self.is_paused

    @property
    def is_paused(self) -> bool:
        """Whether a fault keeps it from doing anything, although it is up."""
        return self._instance is not None and self._pauses > 0

    @property
    def is_busy(self) -> bool:
        """Whether it will do something by itself: come back, or do what is due."""
        return self._instance is None or bool(self._missed) or self._instance.is_due(self._now())

    @property
    def is_quiet(self) -> bool:
        """Whether it will do nothing until it stirs or wakes, whatever becomes of others."""
        return not self.is_wanted or not (self.is_busy or any(self.awaited()))

    @property
    def wakes_at(self) -> Microseconds | None:
        """When it will do something by itself, if it does not stir before."""
        next_wake = None if self._instance is None else self._instance.next_wake()
        return None if next_wake is None else self._clock.fleet((next_wake - EPOCH) // MICROSECOND)

    def awaited(self) -> Iterator[str]:
        """Whose receipts it waits for; nobody's while it is down."""
        return iter(()) if self._instance is None else self._instance.awaited()

    def _now(self) -> datetime:
        """What its own clock says."""
        return EPOCH + self._clock.own(self._agenda.now) * MICROSECOND

    # -- up and down ------------------------------------------------------------------------------------

    def start(self) -> None:
        """It is to be up, and is as soon as its disk lets it."""
        self.is_wanted = True
        self._on_stir(self)
        self._start()

    def _start(self) -> None:
        if self._instance is not None or not self.is_wanted:
            return
        if self.store.fault:
            self._start_later()
            return
        spec, now = self.spec, self._now()
        instance = Instance(self.store, spec.key, spec.namespace, now, self._directory, explains=spec.explains)
        has_history = instance.has_history
        instance.enter(self._rows, self._now())
        self._instance, self._wake_at = instance, None
        self._schedule_wake()
        if has_history:
            self._drive(Instance.announce)
        self._journal_refusal()

    def _start_later(self) -> None:
        self._agenda.add(self._agenda.now + STORE_RETRY, self._start)

    def stop(self) -> None:
        """It is to be down, in good order."""
        if self._instance is not None and not self.store.fault:  # with a disk at fault it stops short
            self._instance.close()
        self.kill()

    def kill(self) -> None:
        """It is to be down, at once."""
        self.is_wanted = False
        self._die()

    def _die(self) -> None:
        """It is down from now on, and with it goes what had reached it and was yet to be handled."""
        self._instance = None
        self._missed.clear()
        self._on_stir(self)

    # -- what reaches it --------------------------------------------------------------------------------

    def act(self, action: Envelope[Action]) -> bool:
        """Hands it an action; False when it is away, or its disk has failed it."""
        if self._instance is None or self._pauses:
            return False
        return self._instance.has_seen(action) or self._drive(lambda it, now: it.act(action, now))

    @property
    def answers_later_by(self) -> timedelta:
        """How much longer its answers take."""
        return self._http_faults.delay

    def serve(self, request: Request) -> Response:
        """Answers a request to its REST API; it is unavailable when it is away or its disk has failed it."""
        if self.is_away:
            return UNAVAILABLE
        if (refused := self._http_faults.refuse(request, self._now())) is not None:
            return refused
        response = UNAVAILABLE

        def step(instance: Instance, now: datetime) -> list[Outgoing]:
            nonlocal response
            response, outgoing = instance.serve(request, now)
            return outgoing

        return response if self._drive(step) else UNAVAILABLE

    def receive(self, arrival: Arrival) -> None:
        """Hands it what came from the network."""
        if self._instance is None or self.refusal:
            return
        if self._pauses:
            self._missed.append(arrival)
            self._on_stir(self)
            return
        self._drive(lambda it, now: it.receive([arrival], now))

    def reconnected(self) -> None:
        """The broker is back."""
        if not self.is_away:
            self._drive(Instance.reconnected)

    def certify(self, certificate: Certificate) -> None:
        """It connects with another certificate, or is refused."""
        self.refusal = ALERTS.get(certificate, "")
        self._journal_refusal()
        if self._instance is not None and not self.refusal:
            self._drive(Instance.reconnected)

    def _journal_refusal(self) -> None:
        if self._instance is not None and self.refusal:
            alert = self.refusal
            self._drive(lambda it, now: it.cannot_connect(alert, now))

    # -- what befalls it --------------------------------------------------------------------------------

    def begin(self, number: int, fault: Crash | InstanceFault) -> None:
        """The fault befalls it from now on; *number* names it."""
        match fault:
            case Crash(point=CrashPoint.NOW):
                self._die()
            case Crash(point=point):
                self._crash_point = point
            case Pause():
                self._pauses += 1
            case ClockSkew():
                self._clock.begin(number, fault, self._agenda.now)
                self._clock_stepped()
            case DiskFault():
                self.store.fault = f"the disk is {fault.state}"
            case SlowDisk():
                self._slowed_by[number] = fault.by // MICROSECOND
            case HttpFault():
                self._http_faults.begin(number, fault)

    def end(self, number: int, fault: Crash | InstanceFault) -> None:
        """The fault is over."""
        match fault:
            case Crash():
                self._crash_point = None
                self._start()
            case Pause():
                self._resume()
            case ClockSkew():
                self._clock.end(number)
                self._clock_stepped()
            case DiskFault():
                self.store.fault = None
                self._look_again()
            case SlowDisk():
                self._slowed_by.pop(number, None)
            case HttpFault():
                self._http_faults.end(number)

    def _resume(self) -> None:
        self._pauses -= 1
        if self.is_away:
            return
        missed, self._missed = self._missed, []
        for arrival in missed:
            self.receive(arrival)
        self._look_again()

    def _clock_stepped(self) -> None:
        if self._instance is not None:
            self._instance.clock_stepped(self._now())
        self._look_again()

    def _look_again(self) -> None:
        """Something has changed that decides when it wakes."""
        self._on_stir(self)
        if self._instance is not None:
            self._wake_at = None
            self._schedule_wake()

    # -- one step ---------------------------------------------------------------------------------------

    def _drive(self, step: Step) -> bool:
        """Takes one step, now, and has carried away what comes of it.

        False when an injected fault of the disk has undone it, or it has died. Raises StoreError for a true one.
        """
        instance = self._instance
        assert instance is not None
        self._on_stir(self)
        crash_point, self._crash_point = self._crash_point, None
        if crash_point is CrashPoint.IN_TRANSACTION:
            self._die()  # what had not been committed is gone, and nothing was
            return False
        try:
            all_outgoing = step(instance, self._now())
        except StoreError:
            if self.store.fault is None:
                raise
            self._die()  # it starts over from its file when the disk lets it
            self._start_later()
            return False
        if crash_point is CrashPoint.AFTER_COMMIT:
            self._die()
            return False
        self._on_step(self.spec.name)
        if self._slowed_by:
            self._finish_later(instance, all_outgoing)
        else:
            self._publish(all_outgoing)
        if crash_point is CrashPoint.AFTER_PUBLISH:
            self._die()
            return False
        self._schedule_wake()
        return True

    def _publish(self, all_outgoing: Sequence[Outgoing]) -> None:
        for outgoing in all_outgoing:
            self._carry(self, outgoing)

    def _finish_later(self, instance: Instance, all_outgoing: Sequence[Outgoing]) -> None:
        """A slow disk: until the transaction is over nothing else is done, and nothing of it leaves."""

        def finish() -> None:
            if self._instance is instance:  # else it has died, and what it had to say is still in its file
                self._publish(all_outgoing)
            self._resume()

        self._pauses += 1
        self._agenda.add(self._agenda.now + sum(self._slowed_by.values()), finish)

    def _schedule_wake(self) -> None:
        at = self.wakes_at
        if at is not None and at != self._wake_at:
            self._agenda.add(at, partial(self._wake, at))
        self._wake_at = at

    def _wake(self, at: Microseconds) -> None:
        if self.is_away or self._wake_at != at:
            return
        self._wake_at = None
        self._drive(Instance.wake)
