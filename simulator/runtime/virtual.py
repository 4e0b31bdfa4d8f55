"""A fleet in virtual time: the same instances in one process, on an agenda in the place of clock and broker.

Nothing waits: the clock jumps to whatever is due next. Nothing is left to chance but what the seed decides, so
the same seed gives the same journals, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from simulator.errors import HostError, StoreError
from simulator.journal import Entry
from simulator.protocol.actions import Action, CmdbRows
from simulator.protocol.codec import encode
from simulator.protocol.envelope import Envelope
from simulator.protocol.messages import PeerMessage
from simulator.runtime.agenda import Agenda, Microseconds
from simulator.runtime.clock import MICROSECOND, SkewedClock
from simulator.runtime.faults import (
    BrokerOutage,
    ClockSkew,
    Crash,
    CrashPoint,
    DiskFault,
    Fault,
    LinkFault,
    Pause,
    SlowDisk,
)
from simulator.runtime.instance import Instance, Outgoing
from simulator.runtime.spec import InstanceSpec
from simulator.runtime.weather import Weather
from simulator.store.memory import MemoryStores
from simulator.store.store import Store, connect
from simulator.tables import Row
from simulator.transport.certificate import ALERTS, Certificate
from simulator.trust.directory import DirectoryEntry

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""When every virtual run begins."""

LATENCY: Microseconds = 1_000
"""How long a payload is on its way when the weather is fine."""

STORE_RETRY: Microseconds = 1_000_000
"""How long an instance whose disk failed it waits before it tries again."""

ACT_LIMIT: Microseconds = 24 * 60 * 60 * 1_000_000
"""How long whoever acts on an instance waits for it to come back: longer than any storm lasts."""

NOT_AUTHORIZED = "Not authorized"
"""What a broker that knows its clients says to one that publishes as another (MQTT 5, reason code 135)."""

R = TypeVar("R", bound=Row)
T = TypeVar("T")
Step = Callable[[Instance, datetime], list[Outgoing]]


class VirtualInstance:
    """One instance of a virtual fleet: its store, which outlives it, and the instance while it is up."""

    def __init__(self, spec: InstanceSpec, rows: Sequence[Row], store: Store) -> None:
        self.spec = spec
        self.rows = rows
        """What is entered at every start."""
        self.store = store
        self.instance: Instance | None = None
        self.is_wanted = True
        """Whether it is to be up when no fault keeps it down: a scenario may have stopped it."""
        self.wake_at: Microseconds | None = None
        """When the agenda will wake it; an earlier entry for another time is stale."""
        self.crash: CrashPoint | None = None
        """Where it will die with its next step."""
        self.pauses = 0
        """How many faults keep it paused."""
        self.missed: list[bytes] = []
        """What reached it while it was paused."""
        self.slowed_by: dict[int, Microseconds] = {}
        """By how much each fault makes a transaction take longer."""
        self.clock = SkewedClock()
        self.refusal = ALERTS.get(spec.certificate, "")
        """Why it cannot connect; empty when it can."""

    @property
    def is_away(self) -> bool:
        """Whether it can do nothing now."""
        return self.instance is None or self.pauses > 0


class VirtualFleet:
    """See Fleet. With a directory the instances keep files there, without one they live in memory.

    *on_step* is told the name of every instance that has taken a step. Where the broker *knows_clients*, as one
    with TLS does, nobody publishes in another's name.
    """

    def __init__(
        self,
        instances: Iterable[InstanceSpec],
        seed: int,
        directory: Path | None = None,
        on_step: Callable[[str], None] = lambda _: None,
        *,
        knows_clients: bool = False,
    ) -> None:
        self._knows_clients = knows_clients
        self._agenda = Agenda()
        self._weather = Weather(seed)
        self._directory = directory
        self._specs = list(instances)
        self._entries = {
            row.key: row for spec in self._specs[:1] for row in spec.rows if isinstance(row, DirectoryEntry)
        }
        """The directory, the same for all and kept once: a fleet must not cost the square of its size."""
        self._memory = MemoryStores(self._entries.values(), EPOCH)
        self._instances: dict[str, VirtualInstance] = {}
        self._by_id: dict[str, VirtualInstance] = {}
        self._faults: dict[int, Fault] = {}
        self._fault_numbers = count(1)
        self._outages: set[int] = set()
        """The faults that keep the broker away; 0 stands for the scenario itself."""
        self._on_step = on_step

    async def __aenter__(self) -> Self:
        for spec in self._specs:
            if self._directory is None:
                store = self._memory.open(spec.id)
                rows = [row for row in spec.rows if not isinstance(row, DirectoryEntry)]
            else:
                store = Store(connect(self._directory / spec.file_name), spec.id)
                rows = list(spec.rows)
            self._instances[spec.name] = self._by_id[spec.id] = VirtualInstance(spec, rows, store)
        await self.start(list(self._instances))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_all()
        await self.stop(list(self._instances))
        if self._directory is None:
            self._memory.close()
        else:
            for it in self._instances.values():
                it.store.close()

    # -- time and work ----------------------------------------------------------------------------------

    def now(self) -> datetime:
        """Virtual time."""
        return EPOCH + self._agenda.now * MICROSECOND

    async def act(self, instance: str, action: Envelope[Action]) -> None:
        """See Fleet.act. Where a fault stands in the way, whoever acts waits for its end and tries again."""
        it, limit = self._instances[instance], self._agenda.now + ACT_LIMIT
        while not self._try_to_act(it, action):
            if self._agenda.next_at() is None or self._agenda.now > limit:
                raise HostError(f"{instance} does not come back, and something is to be done there")
            self._agenda.step()

    def _try_to_act(self, it: VirtualInstance, action: Envelope[Action]) -> bool:
        if it.instance is None or it.pauses:
            return False
        return it.instance.has_seen(action.id) or self._drive(it, lambda up, now: up.act(action, now))

    async def advance(self, by: timedelta) -> None:
        """See Fleet.advance; what becomes due on the way is done at its own time."""
        self._agenda.run_until(self._agenda.now + by // MICROSECOND)

    async def pause(self, until: datetime) -> None:
        """See Fleet.pause: does what is due next, or jumps to *until* when that comes first."""
        limit = (until - EPOCH) // MICROSECOND
        next_at = self._agenda.next_at()
        if next_at is None or next_at > limit:
            self._agenda.run_until(limit)
        else:
            self._agenda.step()

    async def is_settled(self) -> bool:
        """See Fleet.is_settled."""
        wanted = [it for it in self._instances.values() if it.is_wanted]
        ids = {it.spec.id for it in wanted if not it.refusal}
        return not any(
            it.instance is None
            or it.missed
            or it.instance.is_due(self._now_of(it))
            or (not self.is_cut_off and not it.refusal and not ids.isdisjoint(it.instance.waiting_for()))
            for it in wanted
        )

    @property
    def is_cut_off(self) -> bool:
        """Whether the scenario keeps the broker away, so that nothing brings it back by itself."""
        return 0 in self._outages

    # -- instances --------------------------------------------------------------------------------------

    def is_running(self, instance: str) -> bool:
        """See Fleet.is_running: one that a fault keeps down comes back by itself."""
        return self._instances[instance].is_wanted

    async def start(self, instances: Sequence[str]) -> None:
        """See Fleet.start."""
        for name in instances:
            self._instances[name].is_wanted = True
            self._start(self._instances[name])

    def _start(self, it: VirtualInstance) -> None:
        if it.instance is not None or not it.is_wanted:
            return
        if it.store.fault:
            self._start_later(it)
            return
        entries = self._entries if self._directory is None else None
        instance = Instance(it.store, it.spec.key, it.spec.namespace, self._now_of(it), entries)
        has_history = instance.has_history
        instance.enter(it.rows, self._now_of(it))
        it.instance, it.wake_at = instance, None
        self._schedule_wake(it, instance)
        if has_history:
            self._drive(it, Instance.announce)
        self._journal_refusal(it)

    def _start_later(self, it: VirtualInstance) -> None:
        self._agenda.add(self._agenda.now + STORE_RETRY, partial(self._start, it))

    async def stop(self, instances: Sequence[str]) -> None:
        """See Fleet.stop."""
        for it in (self._instances[name] for name in instances):
            it.is_wanted = False
            if it.instance is not None and not it.store.fault:  # with a disk at fault it stops short
                it.instance.close()
            self._die(it)

    async def kill(self, instances: Sequence[str]) -> None:
        """See Fleet.kill."""
        for it in (self._instances[name] for name in instances):
            it.is_wanted = False
            self._die(it)

    def _die(self, it: VirtualInstance) -> None:
        """It is down from now on, and with it goes what had reached it and was yet to be handled."""
        it.instance = None
        it.missed.clear()

    # -- the network ------------------------------------------------------------------------------------

    async def stop_broker(self) -> None:
        """See Fleet.stop_broker: what is on its way is lost."""
        self._outages.add(0)

    async def start_broker(self) -> None:
        """See Fleet.start_broker."""
        self._end_outage(0)

    def _end_outage(self, number: int) -> None:
        self._outages.discard(number)
        if self._outages:
            return
        for it in self._instances.values():
            if not it.is_away:
                self._drive(it, Instance.reconnected)

    async def certify(self, instance: str, certificate: Certificate) -> None:
        """See Fleet.certify."""
        it = self._instances[instance]
        it.refusal = ALERTS.get(certificate, "")
        self._journal_refusal(it)
        if it.instance is not None and not it.refusal:
            self._drive(it, Instance.reconnected)

    def _journal_refusal(self, it: VirtualInstance) -> None:
        if it.instance is not None and it.refusal:
            alert = it.refusal
            self._drive(it, lambda up, now: up.cannot_connect(alert, now))

    def refusal(self, instance: str) -> str:
        """See Fleet.refusal."""
        it = self._instances[instance]
        return it.refusal if it.is_wanted else ""

    async def claim(self, instance: str, envelope: Envelope[PeerMessage]) -> str:
        """See Fleet.claim."""
        it = self._instances[instance]
        if it.is_away or it.refusal or self._outages:
            return ""
        if self._knows_clients:
            return NOT_AUTHORIZED
        self._carry(it, Outgoing(envelope.recipient, "", encode(envelope, it.spec.key)))
        return ""

    def _carry(self, sender: VirtualInstance, outgoing: Outgoing) -> None:
        if self._outages or sender.refusal:
            return
        recipient = self._by_id[outgoing.recipient]
        if self._weather.is_fine:
            self._send_off(recipient, outgoing.payload, 0)
            return
        for passage in self._weather.carry(sender.spec.id, outgoing.recipient, outgoing.payload):
            self._send_off(recipient, passage.payload, passage.after // MICROSECOND)

    def _send_off(self, recipient: VirtualInstance, payload: bytes, later: Microseconds) -> None:
        self._agenda.add(self._agenda.now + LATENCY + later, partial(self._deliver, recipient, payload))

    def _deliver(self, recipient: VirtualInstance, payload: bytes) -> None:
        if self._outages or recipient.instance is None or recipient.refusal:
            return
        if recipient.pauses:
            recipient.missed.append(payload)
            return
        self._drive(recipient, lambda it, now: it.receive([payload], now))

    # -- faults -----------------------------------------------------------------------------------------

    async def inject(self, fault: Fault, after: timedelta, lasts: timedelta | None) -> None:
        """See Fleet.inject."""
        number = next(self._fault_numbers)
        begin_at = self._agenda.now + after // MICROSECOND
        if after:
            self._agenda.add(begin_at, partial(self._begin, number, fault))
        else:
            self._begin(number, fault)
        if lasts is not None:
            self._agenda.add(begin_at + lasts // MICROSECOND, partial(self._end, number))

    async def calm(self) -> None:
        """See Fleet.calm."""
        self._end_all()

    def _end_all(self) -> None:
        for number in list(self._faults):
            self._end(number)

    def _begin(self, number: int, fault: Fault) -> None:
        self._faults[number] = fault
        match fault:
            case LinkFault():
                self._weather.begin(number, fault)
            case BrokerOutage():
                self._outages.add(number)
            case Crash(instance, CrashPoint.NOW):
                self._die(self._by_id[instance])
            case Crash(instance, point):
                self._by_id[instance].crash = point
            case Pause(instance):
                self._by_id[instance].pauses += 1
            case ClockSkew(instance):
                self._by_id[instance].clock.begin(number, fault, self._agenda.now)
                self._clock_stepped(self._by_id[instance])
            case DiskFault(instance, state):
                self._by_id[instance].store.fault = f"the disk is {state}"
            case SlowDisk(instance, by):
                self._by_id[instance].slowed_by[number] = by // MICROSECOND

    def _end(self, number: int) -> None:
        match self._faults.pop(number, None):
            case None:
                return
            case LinkFault():
                for (_, recipient), payload in self._weather.end(number):
                    self._send_off(self._by_id[recipient], payload, 0)
            case BrokerOutage():
                self._end_outage(number)
            case Crash(instance):
                self._by_id[instance].crash = None
                self._start(self._by_id[instance])
            case Pause(instance):
                self._resume(self._by_id[instance])
            case ClockSkew(instance):
                self._by_id[instance].clock.end(number)
                self._clock_stepped(self._by_id[instance])
            case DiskFault(instance):
                self._by_id[instance].store.fault = None
                self._look_again(self._by_id[instance])
            case SlowDisk(instance):
                self._by_id[instance].slowed_by.pop(number, None)

    def _resume(self, it: VirtualInstance) -> None:
        it.pauses -= 1
        if it.is_away:
            return
        missed, it.missed = it.missed, []
        for payload in missed:
            self._deliver(it, payload)
        self._look_again(it)

    def _clock_stepped(self, it: VirtualInstance) -> None:
        if it.instance is not None:
            it.instance.clock_stepped(self._now_of(it))
        self._look_again(it)

    def _look_again(self, it: VirtualInstance) -> None:
        """Something has changed that decides when the instance wakes."""
        if it.instance is not None:
            it.wake_at = None
            self._schedule_wake(it, it.instance)

    # -- looking ----------------------------------------------------------------------------------------

    def show(self, instance: str, table: str) -> list[dict[str, Any]]:
        """See Fleet.show."""
        return self._instances[instance].store.show(table)

    def has_table(self, instance: str, table: str) -> bool:
        """See Fleet.has_table."""
        return self._instances[instance].store.has_table(table)

    def load(self, instance: str, row_type: type[R]) -> list[R]:
        """See Fleet.load."""
        return self._instances[instance].store.load(row_type)

    def cmdb_rows(self, instance: str) -> CmdbRows:
        """See Fleet.cmdb_rows."""
        return self._instances[instance].store.cmdb_rows()

    def journal(self, instance: str, after: int = 0) -> list[tuple[int, Entry]]:
        """See Fleet.journal."""
        return self._instances[instance].store.journal(after)

    # -- one step ---------------------------------------------------------------------------------------

    def _now_of(self, it: VirtualInstance) -> datetime:
        """What the instance's own clock says."""
        return EPOCH + it.clock.own(self._agenda.now) * MICROSECOND

    def _drive(self, it: VirtualInstance, step: Step) -> bool:
        """Takes one step of the instance, now, and carries away what comes of it; False when it failed."""
        assert it.instance is not None
        crash, it.crash = it.crash, None
        if crash is CrashPoint.IN_TRANSACTION:
            self._die(it)  # what had not been committed is gone, and nothing was
            return False
        try:
            all_outgoing = step(it.instance, self._now_of(it))
        except StoreError:
            self._die(it)  # it starts over from its file when the disk lets it
            self._start_later(it)
            return False
        if crash is CrashPoint.AFTER_COMMIT:
            self._die(it)
            return False
        self._on_step(it.spec.name)
        if it.slowed_by:
            self._finish_later(it, it.instance, all_outgoing)
        else:
            for outgoing in all_outgoing:
                self._carry(it, outgoing)
        if crash is CrashPoint.AFTER_PUBLISH:
            self._die(it)
            return False
        self._schedule_wake(it, it.instance)
        return True

    def _finish_later(self, it: VirtualInstance, instance: Instance, all_outgoing: Sequence[Outgoing]) -> None:
        """A slow disk: until the transaction is over nothing else is done, and nothing of it leaves."""

        def finish() -> None:
            if it.instance is instance:  # else it has died, and what it had to say is still in its file
                for outgoing in all_outgoing:
                    self._carry(it, outgoing)
            self._resume(it)

        it.pauses += 1
        self._agenda.add(self._agenda.now + sum(it.slowed_by.values()), finish)

    def _schedule_wake(self, it: VirtualInstance, instance: Instance) -> None:
        next_wake = instance.next_wake()
        if next_wake is None:
            it.wake_at = None
            return
        at = it.clock.fleet((next_wake - EPOCH) // MICROSECOND)
        if at != it.wake_at:
            it.wake_at = at
            self._agenda.add(at, partial(self._wake, it, at))

    def _wake(self, it: VirtualInstance, at: Microseconds) -> None:
        if it.is_away or it.wake_at != at:
            return
        it.wake_at = None
        self._drive(it, Instance.wake)


def finish(run: Coroutine[Any, Any, T]) -> T:
    """Runs to its end what waits for nothing but a virtual fleet, and so never waits: no event loop is needed."""
    try:
        run.send(None)
    except StopIteration as ended:
        return cast("T", ended.value)
    raise AssertionError("a run in virtual time waits for something real")
