"""A fleet by the wall clock: a process for each instance, or for several, on one broker."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from simulator.decision import PostIds
from simulator.errors import HostError
from simulator.protocol.actions import Action
from simulator.protocol.codec import dump_action, encode
from simulator.protocol.envelope import Envelope
from simulator.protocol.http import UNAVAILABLE, Request, Response
from simulator.protocol.messages import PeerMessage
from simulator.runtime.clock import FleetClock
from simulator.runtime.faults import Fault
from simulator.runtime.listening import Listening
from simulator.runtime.live.broker import LiveBroker
from simulator.runtime.live.channel import Sites
from simulator.runtime.live.control import Command, dump_request, load_response
from simulator.runtime.live.faults import LiveFaults
from simulator.runtime.live.hosts import Hosts
from simulator.runtime.live.local import LocalSites
from simulator.runtime.live.process import HostProcess
from simulator.runtime.live.statuses import Statuses
from simulator.runtime.reading import ReadFleet
from simulator.runtime.spec import InstanceSpec
from simulator.store.beginning import write_content
from simulator.store.file import connect
from simulator.store.reader import Reader
from simulator.tables import Row
from simulator.transport.address import BrokerAddress
from simulator.transport.broker import Broker
from simulator.transport.certificate import Certificate, TlsFiles

R = TypeVar("R", bound=Row)

STANDSTILL = timedelta(seconds=0.5)
"""How long nothing has to happen before a fleet that is not settled counts as held up: many round trips."""


class LiveFleet(ReadFleet):
    """A fleet of processes on a broker; `async with` starts all of it, and leaving leaves nothing behind.

    *on_step* is told the name of every instance that may have taken a step, whenever the fleet is waited for.
    With *listening* every instance answers HTTP while it is up. *guests* are left out: others take their places.
    The hosts run on *sites*, without any on this machine; *tell* hears of sites that are lost. In *directory* is
    the file of every instance, or its replica.
    """

    def __init__(
        self,
        instances: Iterable[InstanceSpec],
        broker: Broker,
        directory: Path,
        instances_per_process: int = 1,
        seed: int = 0,
        on_step: Callable[[str], None] = lambda _: None,
        advanced: timedelta = timedelta(0),
        listening: Listening | None = None,
        guests: Collection[str] = (),
        sites: Sites | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._specs = {spec.name: spec for spec in instances}
        self.names = {spec.id: name for name, spec in self._specs.items()}
        """See KnownFleet.names."""
        self._broker = broker
        self._directory = directory
        self._on_step = on_step
        self._guests = frozenset(guests)
        self._clock = FleetClock(advanced)
        self._sites = sites or LocalSites()
        self._tell_loss = tell
        self._hosts = Hosts(
            self._specs, broker, directory, instances_per_process, seed, self._clock, listening, self._sites
        )
        self._link = LiveBroker(broker, self._hosts)
        self._running: set[str] = set()
        """Those that are meant to be up."""
        self._crashed: set[str] = set()
        """Those of them that a fault keeps down."""
        self._crashes = Counter[str]()
        """How often a fault has killed each."""
        self._certificates = {name: spec.certificate for name, spec in self._specs.items()}
        self._refusals: dict[str, str] = {}
        """Why those that run cannot connect; empty for those that can."""
        self._faults = LiveFaults(self)
        self._readers: dict[str, Reader] = {}

    async def __aenter__(self) -> Self:
        for name, spec in list(self._specs.items()):
            self._issue(name)
            write_content(self._directory / spec.file_name, spec.content)
            if name in self._guests:
                connect(self._directory / spec.file_name).close()  # an empty one, for whoever looks
            self._specs[name] = replace(spec, content=None)  # it is on the disk, and no host needs it
        await self._link.open()
        self._hosts.place(list(self._specs))
        try:
            await self.start([name for name in self._specs if name not in self._guests])
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def _close(self) -> None:
        for reader in self._readers.values():
            reader.close()
        await self._link.unwatch()
        await asyncio.shield(self._hosts.stop())  # a second Ctrl-C must not leave processes behind
        await self._broker.close()

    @property
    def broker(self) -> BrokerAddress:
        """Where the instances meet."""
        return self._broker.address

    def spec(self, instance: str) -> InstanceSpec:
        """What an instance is brought up with, its signing key included."""
        return self._specs[instance]

    def tls_files(self, instance: str) -> TlsFiles | None:
        """What a client needs to be that instance, where the broker asks for it."""
        return self._broker.authority.files_of(instance) if self._broker.authority else None

    def post_ids(self, instance: str) -> PostIds:
        """See Fleet.post_ids."""
        return self._specs[instance].post_ids

    # -- time and work ----------------------------------------------------------------------------------

    @property
    def instances(self) -> list[str]:
        """See KnownFleet.instances: guests keep what they know to themselves."""
        return [name for name in self._specs if name not in self._guests]

    def now(self) -> datetime:
        """Fleet time: the wall clock, and what was advanced."""
        return self._clock.now()

    async def act(self, instance: str, action: Envelope[Action]) -> None:
        """See Fleet.act. Where a crash stands in the way, whoever acts waits for its end."""
        await self._revived(instance)
        if instance not in self._running:
            raise HostError(f"{instance} is not running, and something is to be done there")
        if not await self._patiently("act", instance, dump_action(action)):
            raise HostError(f"{instance} was killed before something was done there")

    async def request(self, instance: str, request: Request) -> Response:
        """See Fleet.request."""
        crashes = self._crashes[instance]
        if instance in self._crashed:
            return UNAVAILABLE
        call = self._hosts.of(instance).call("request", instance, dump_request(request))
        while crashes == self._crashes[instance]:
            if (await asyncio.wait({call}, timeout=self._sites.pause))[0]:
                return load_response(call.result())
            await self._turn()
        call.cancel()
        return UNAVAILABLE

    async def _revived(self, instance: str) -> None:
        while instance in self._crashed:
            await self.pause(until=self.now() + STANDSTILL)

    async def _patiently(self, do: Command, instance: str, argument: Any) -> Any:
        """Calls the instance's host, which may answer only when a fault has ended: they go on meanwhile.

        One that lets the instance crash before the answer takes the call with it; it is made again afterwards.
        """
        while True:
            crashes = self._crashes[instance]
            call = asyncio.ensure_future(self._hosts.of(instance).call(do, instance, argument))
            try:
                pause = self._sites.pause
                while crashes == self._crashes[instance] and not (await asyncio.wait({call}, timeout=pause))[0]:
                    await self._turn()
                if self._hosts.of(instance).site.lost:
                    await self._recover()
                if crashes == self._crashes[instance]:
                    return call.result()
            finally:
                call.cancel()
            await asyncio.gather(call, return_exceptions=True)
            await self._revived(instance)

    async def advance(self, by: timedelta) -> None:
        """See Fleet.advance.

        The clock jumps from timer to timer, and the fleet may settle before each jump: what would have happened
        on the way, had nobody advanced the clock, happens on the way.
        """
        target = self.now() + by
        await self.rest()
        while (event := await self._next_event()) is not None and event <= target:
            await self._jump(event)
            await self.rest()
        await self._jump(target)

    async def _jump(self, to: datetime) -> None:
        self._clock.advanced += max(to - self.now(), timedelta(0))
        await self._hosts.call_up("advance", self._clock.advanced.total_seconds())

    async def rest(self) -> None:
        """Lets what is due be done, until all of it is or nothing moves any more."""
        handled, limit = -1, self.now()
        while not await self.is_settled():
            if (now_handled := sum((await self._status()).handled.values())) != handled:
                handled, limit = now_handled, self.now() + STANDSTILL
            if self.now() >= limit:
                return
            await self.pause(until=limit)

    async def _next_event(self) -> datetime | None:
        """When the next timer of an instance is due, or a fault begins or ends."""
        timers = (await self._status()).timers
        return min([*timers, *([self._faults.next_at] if self._faults.next_at else [])], default=None)

    async def pause(self, until: datetime) -> None:
        """See Fleet.pause; whoever waits also hears of a process that has died."""
        self._check_alive()
        await asyncio.sleep(min(self._sites.pause, max(0.0, (until - self.now()).total_seconds())))
        for instance in self._running - self._crashed:
            self._on_step(instance)
        await self._turn()

    async def is_settled(self) -> bool:
        """See Fleet.is_settled.

        Two rounds, because an envelope may pass from an instance not yet asked to one that was: if nothing
        was pending in either and nobody has handled anything between, nothing was on its way.
        """
        return await self._is_idle(but_held_up=False)

    async def is_at_rest(self) -> bool:
        """See Fleet.is_at_rest."""
        return await self._is_idle(but_held_up=True)

    async def _is_idle(self, *, but_held_up: bool) -> bool:
        await self._turn()
        faults = list(self._faults.lasting.values()) if but_held_up else []

        def is_any_at_work(statuses: Statuses) -> bool:
            return statuses.is_any_at_work(faults, can_meet=not self._link.is_stopped)

        first = await self._status()
        if (self._crashed and not but_held_up) or is_any_at_work(first):
            return False
        second = await self._status()
        return not is_any_at_work(second) and first.handled == second.handled

    @property
    def is_troubled(self) -> bool:
        """Whether a fault lasts or the broker is stopped, so that messages wait although nothing is due."""
        return bool(self._faults.lasting) or self._link.is_stopped

    def _check_alive(self) -> None:
        self._link.check_alive()
        self._sites.check()
        for host in self.hosts_up():
            host.check_alive()

    async def _status(self) -> Statuses:
        self._check_alive()
        hosts = self.hosts_up()
        replies = await asyncio.gather(*(host.status() for host in hosts), return_exceptions=True)
        for host, reply in zip(hosts, replies, strict=True):
            if isinstance(reply, BaseException) and not host.site.lost:
                raise reply
        await self._recover()
        up = self._running - self._crashed
        told = [reply for reply in replies if not isinstance(reply, BaseException)]
        statuses = {name: status for reply in told for name, status in reply.items() if name in up}
        self._refusals.update({name: status["refusal"] for name, status in statuses.items()})
        return Statuses({self._specs[name].id: status for name, status in statuses.items()})

    # -- instances --------------------------------------------------------------------------------------

    def is_running(self, instance: str) -> bool:
        """See Fleet.is_running."""
        return instance in self._running

    async def start(self, instances: Sequence[str]) -> None:
        """See Fleet.start."""
        down = [name for name in instances if name not in self._running]
        hosts = {self._hosts.of(name).spec.name: self._hosts.of(name) for name in down}
        await asyncio.gather(*(self._start_host(host) for host in hosts.values() if not host.is_running))
        starts = (self._hosts.of(name).call("start", name, self._certificates[name]) for name in down)
        self._refusals.update(zip(down, await asyncio.gather(*starts), strict=True))
        self._running.update(down)
        self._crashed.difference_update(down)
        await self._faults.inflict(down)

    async def _start_host(self, host: HostProcess) -> None:
        await self._hosts.start(host)
        await self._link.tell(host)
        await self._faults.tell_host(host)

    async def stop(self, instances: Sequence[str]) -> None:
        """See Fleet.stop."""
        up = self._leave(instances)
        await asyncio.gather(*(self._hosts.of(name).call("stop", name) for name in up))

    async def kill(self, instances: Sequence[str]) -> None:
        """See Fleet.kill: SIGKILL for a process of its own; in a shared one the instance stops short."""
        for name in self._leave(instances):
            await self._kill(name)

    def _leave(self, instances: Sequence[str]) -> list[str]:
        """They are not to be up any more; returns those that are."""
        up = [name for name in instances if self.is_up(name)]
        self._running.difference_update(instances)
        self._crashed.difference_update(instances)
        for name in instances:
            self._faults.forget_crash(name)
        return up

    async def _kill(self, name: str) -> None:
        host = self._hosts.of(name)
        if len(host.spec.instances) == 1:
            await host.kill()
        else:
            await host.call("crash", name)

    async def _recover(self) -> None:
        """What ran on a site that is lost is down, as after SIGKILL; elsewhere it begins with the replicas."""
        self._sites.check()
        lost = self._hosts.lost()
        names = [spec.name for host in lost for spec in host.spec.instances]
        died = [name for name in names if self.is_up(name)]
        if died:
            self._tell_loss(f"{', '.join(died)} down: {lost[0].site.lost}")
        for name in died:
            self._crashes[name] += 1
            self._faults.forget_crash(name)
        if not self._sites.replace:
            self._running.difference_update(names)
            self._crashed.difference_update(names)
        elif lost:
            self._crashed.update(died)
            self._hosts.give_up(lost)
            self._hosts.place(names)
            self._running.difference_update(died)
            await self.start(died)
            if died:
                self._tell_loss(f"{', '.join(died)} up again, with what was known of them here")

    # -- certificates -----------------------------------------------------------------------------------

    async def certify(self, instance: str, certificate: Certificate) -> None:
        """See Fleet.certify."""
        self._certificates[instance] = certificate
        self._issue(instance)
        await self._broker.reload()
        if self.is_up(instance):
            self._refusals[instance] = await self._patiently("certify", instance, certificate)

    def _issue(self, instance: str) -> None:
        if authority := self._broker.authority:
            authority.certify(instance, self._specs[instance].id, self._certificates[instance])

    def refusal(self, instance: str) -> str:
        """See Fleet.refusal."""
        return self._refusals[instance] if instance in self._running else ""

    async def claim(self, instance: str, envelope: Envelope[PeerMessage], published_by: str) -> str:
        """See Fleet.claim."""
        await self._revived(instance)
        payload = encode(envelope, self._specs[instance].key).decode()
        refusal: str = await self._patiently("claim", instance, [published_by, envelope.recipient, payload])
        return refusal

    # -- faults -----------------------------------------------------------------------------------------

    async def inject(self, fault: Fault, after: timedelta, lasts: timedelta | None) -> None:
        """See Fleet.inject."""
        await self._recover()
        await self._faults.inject(fault, after, lasts)

    async def calm(self) -> None:
        """See Fleet.calm."""
        await self._faults.calm()

    async def _turn(self) -> None:
        """What has befallen the fleet since the last time."""
        await self._recover()
        await self._faults.turn()

    def name_of(self, instance_id: str) -> str:
        """See Struck.name_of."""
        return self.names[instance_id]

    def is_up(self, instance: str) -> bool:
        """See Struck.is_up."""
        return instance in self._running and instance not in self._crashed

    def host_of(self, instance: str) -> HostProcess:
        """See Struck.host_of."""
        return self._hosts.of(instance)

    def hosts_up(self) -> list[HostProcess]:
        """See Struck.hosts_up."""
        return self._hosts.up()

    async def crash(self, instance: str) -> None:
        """See Struck.crash."""
        if self.is_up(instance):
            self._crashed.add(instance)
            self._crashes[instance] += 1
            await self._kill(instance)

    async def revive(self, instance: str) -> None:
        """See Struck.revive."""
        if instance in self._crashed:  # and is, for whoever waits, until it is up
            self._running.discard(instance)
            await self.start([instance])

    # -- the broker -------------------------------------------------------------------------------------

    async def stop_broker(self) -> None:
        """See Fleet.stop_broker."""
        await self._link.stop()

    async def start_broker(self) -> None:
        """See Fleet.start_broker."""
        await self._link.start()

    async def cut_broker(self) -> None:
        """See Struck.cut_broker."""
        await self._link.cut()

    async def mend_broker(self) -> None:
        """See Struck.mend_broker."""
        await self._link.mend()

    # -- looking ----------------------------------------------------------------------------------------

    def moved_since(self, mark: int) -> tuple[list[str], int]:
        """See Fleet.moved_since: any of them may, at any time."""
        return self.instances, mark

    def reader(self, instance: str) -> Reader:
        """See ReadFleet.reader: it stays open as long as the fleet."""
        if instance not in self._readers:
            spec = self._specs[instance]
            self._readers[instance] = Reader.open(self._directory / spec.file_name, spec.id)
        return self._readers[instance]
