"""A fleet in virtual time: the same instances in one process, on an agenda in the place of clock and broker.

Nothing waits: the clock jumps to whatever is due next. Nothing is left to chance but what the seed decides, so
the same seed gives the same journals, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from simulator.decision import PostIds
from simulator.errors import HostError
from simulator.protocol.actions import Action
from simulator.protocol.codec import encode
from simulator.protocol.envelope import Envelope
from simulator.protocol.http import Request, Response
from simulator.protocol.messages import PeerMessage
from simulator.protocol.topics import Arrival, sender_of
from simulator.runtime.clock import EPOCH, MICROSECOND
from simulator.runtime.faults import BrokerOutage, Fault, LinkFault, disable, hold_up
from simulator.runtime.instance import Outgoing
from simulator.runtime.reading import ReadFleet
from simulator.runtime.spec import InstanceSpec
from simulator.runtime.virtual.agenda import Agenda, Microseconds
from simulator.runtime.virtual.instance import VirtualInstance
from simulator.runtime.virtual.stirring import Stirring
from simulator.runtime.weather import Weather
from simulator.store.beginning import write_content
from simulator.store.file import MEMORY, connect
from simulator.store.memory import MemoryStores
from simulator.store.store import Store
from simulator.tables import Key, Row
from simulator.transport.certificate import Certificate
from simulator.trust.directory import DirectoryEntry

LATENCY: Microseconds = 1_000
"""How long a payload is on its way when the weather is fine."""

ACT_LIMIT: Microseconds = 24 * 60 * 60 * 1_000_000
"""How long whoever acts on an instance waits for it to come back: longer than any storm lasts."""

NOT_AUTHORIZED = "Not authorized"
"""What a broker that knows its clients says to one that publishes as another (MQTT 5, reason code 135)."""

IN_SQL_OF, IN_SQL_MOST = 8, 64
"""Of so many seeds one has its stores in memory in SQL from the beginning, where its fleet is no larger than that.

It makes no difference to what comes of a seed; that some do keeps a sweep a test of the SQL.
"""

R = TypeVar("R", bound=Row)
T = TypeVar("T")


class VirtualFleet(ReadFleet):
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
        begins_at: datetime = EPOCH,
    ) -> None:
        self._knows_clients = knows_clients
        self._agenda = Agenda((begins_at - EPOCH) // MICROSECOND)
        self._weather = Weather(seed)
        self._directory = directory
        self._specs = list(instances)
        self.names = {spec.id: spec.name for spec in self._specs}
        """See KnownFleet.names."""
        self._entries = {entry.key: entry for spec in self._specs[:1] for entry in spec.directory}
        """The directory, the same for all and kept once: a fleet must not cost the square of its size."""
        in_sql = seed % IN_SQL_OF == IN_SQL_OF - 1 and len(self._specs) <= IN_SQL_MOST
        self._memory = MemoryStores(self._entries.values(), EPOCH, in_sql=in_sql)
        self._instances: dict[str, VirtualInstance] = {}
        self._by_id: dict[str, VirtualInstance] = {}
        self._faults: dict[int, Fault] = {}
        self._fault_numbers = count(1)
        self._outages: set[int] = set()
        """The faults that keep the broker away; 0 stands for the scenario itself."""
        self._on_step = on_step
        self._stirring = Stirring(self._agenda)

    async def __aenter__(self) -> Self:
        for spec in self._specs:
            if self._directory is not None:
                write_content(self._directory / spec.file_name, spec.content)
                self._add(spec, Store(connect(self._directory / spec.file_name), spec.id), spec.rows)
            elif spec.content is not None:  # what it knows of the others is its own
                self._add(spec, Store(connect(MEMORY, spec.content), spec.id), spec.rows)
            else:
                self._add(spec, self._memory.open(spec.id), spec.own_rows, self._entries)
        await self.start(list(self._instances))
        return self

    def _add(
        self,
        spec: InstanceSpec,
        store: Store,
        rows: Sequence[Row],
        directory: Mapping[Key, DirectoryEntry] | None = None,
    ) -> None:
        it = VirtualInstance(
            spec, store, rows, directory, self._agenda, self._carry, self._on_step, self._stirring.stir
        )
        self._instances[spec.name] = self._by_id[spec.id] = it

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_all()
        await self.stop(list(self._instances))
        for it in self._instances.values():
            if self._directory is not None or it.spec.content is not None:
                it.store.close()
        self._memory.close()

    def post_ids(self, instance: str) -> PostIds:
        """See Fleet.post_ids."""
        return self._instances[instance].spec.post_ids

    # -- time and work ----------------------------------------------------------------------------------

    @property
    def instances(self) -> list[str]:
        """See KnownFleet.instances."""
        return list(self._instances)

    def now(self) -> datetime:
        """Virtual time."""
        return EPOCH + self._agenda.now * MICROSECOND

    async def act(self, instance: str, action: Envelope[Action]) -> None:
        """See Fleet.act. Where a fault stands in the way, whoever acts waits for its end and tries again."""
        it, limit = self._instances[instance], self._agenda.now + ACT_LIMIT
        while not it.act(action):
            next_at = self._agenda.next_at()
            if next_at is None or next_at > limit:
                raise HostError(f"{instance} does not come back, and something is to be done there")
            self._agenda.step()

    async def request(self, instance: str, request: Request) -> Response:
        """See Fleet.request. Who asks one that is paused waits, as its connection would."""
        it, limit = self._instances[instance], self._agenda.now + ACT_LIMIT
        while it.is_paused and self._agenda.next_at() is not None and self._agenda.now <= limit:
            self._agenda.step()
        self._agenda.run_until(self._agenda.now + it.answers_later_by // MICROSECOND)
        return it.serve(request)

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
        """See Fleet.is_settled; asked after every step."""
        return self._is_idle(faults=())

    async def is_at_rest(self) -> bool:
        """See Fleet.is_at_rest."""
        return self._is_idle(self._faults.values())

    def _is_idle(self, faults: Collection[Fault]) -> bool:
        """Whether nobody is at work but on what the *faults* hold up."""
        return not self._stirring.any(partial(self._is_at_work, faults))

    def _is_at_work(self, faults: Collection[Fault], it: VirtualInstance) -> bool:
        """Whether it has something due, or waits for a receipt that can come."""
        me = it.spec.id
        if not it.is_wanted or disable(faults, me):
            return False
        if it.is_busy:
            return True
        if self.is_cut_off or it.refusal:
            return False
        peers = (self._by_id[id_] for id_ in it.awaited())
        return any(peer.is_wanted and not peer.refusal and not hold_up(faults, me, peer.spec.id) for peer in peers)

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
            self._instances[name].start()

    async def stop(self, instances: Sequence[str]) -> None:
        """See Fleet.stop."""
        for name in instances:
            self._instances[name].stop()

    async def kill(self, instances: Sequence[str]) -> None:
        """See Fleet.kill."""
        for name in instances:
            self._instances[name].kill()

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
            it.reconnected()

    async def certify(self, instance: str, certificate: Certificate) -> None:
        """See Fleet.certify."""
        self._instances[instance].certify(certificate)

    def refusal(self, instance: str) -> str:
        """See Fleet.refusal."""
        it = self._instances[instance]
        return it.refusal if it.is_wanted else ""

    async def claim(self, instance: str, envelope: Envelope[PeerMessage], published_by: str) -> str:
        """See Fleet.claim."""
        it = self._instances[instance]
        if it.is_away or it.refusal or self._outages:
            return ""
        if self._knows_clients and published_by != it.spec.id:
            return NOT_AUTHORIZED
        self._carry_as(it, envelope.recipient, Arrival(published_by, encode(envelope, it.spec.key)))
        return ""

    def _carry(self, sender: VirtualInstance, outgoing: Outgoing) -> None:
        self._carry_as(sender, outgoing.recipient, Arrival(sender_of(outgoing.topic), outgoing.payload))

    def _carry_as(self, sender: VirtualInstance, to: str, arrival: Arrival) -> None:
        if self._outages or sender.refusal:
            return
        recipient = self._by_id[to]
        if self._weather.is_fine:
            self._send_off(recipient, arrival, 0)
            return
        for passage in self._weather.carry(sender.spec.id, to, arrival.payload):
            self._send_off(recipient, Arrival(arrival.sender, passage.payload), passage.after // MICROSECOND)

    def _send_off(self, recipient: VirtualInstance, arrival: Arrival, later: Microseconds) -> None:
        self._agenda.add(self._agenda.now + LATENCY + later, partial(self._deliver, recipient, arrival))

    def _deliver(self, recipient: VirtualInstance, arrival: Arrival) -> None:
        if not self._outages:
            recipient.receive(arrival)

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
            case _:
                self._by_id[fault.instance].begin(number, fault)

    def _end(self, number: int) -> None:
        match fault := self._faults.pop(number, None):
            case None:
                return
            case LinkFault():
                for (sender, recipient), payload in self._weather.end(number):
                    self._send_off(self._by_id[recipient], Arrival(sender, payload), 0)
            case BrokerOutage():
                self._end_outage(number)
            case _:
                self._by_id[fault.instance].end(number, fault)

    # -- looking ----------------------------------------------------------------------------------------

    def reader(self, instance: str) -> Store:
        """See ReadFleet.reader."""
        return self._instances[instance].store

    def moved_since(self, mark: int) -> tuple[list[str], int]:
        """See Fleet.moved_since."""
        moved, now = self._stirring.since(mark)
        return [it.spec.name for it in moved], now


def finish(run: Coroutine[Any, Any, T]) -> T:
    """Runs to its end what waits for nothing but a virtual fleet, and so never waits: no event loop is needed."""
    try:
        run.send(None)
    except StopIteration as ended:
        return cast("T", ended.value)
    raise AssertionError("a run in virtual time waits for something real")
