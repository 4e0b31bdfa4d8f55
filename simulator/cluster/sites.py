"""The workers of a Dask cluster as sites of hosts: the fleet's side, with a replica of every instance's file.

What a fleet reads of an instance it reads from the replica, which no answer of the instance's host overtakes: what
was committed before it is in the replica when the answer is heard.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

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
    load_for_site,
)
from simulator.cluster.relay import Relay
from simulator.cluster.scheduler import ANSWER_LIMIT, Cluster, Worker, quiet
from simulator.errors import ClusterError, HostError, MachineryError
from simulator.runtime.live.channel import Site
from simulator.runtime.spec import HostSpec
from simulator.store.replica import Replica

LOOK = 0.5
"""Seconds between two looks whether scheduler and worker are there, while one of them owes an answer."""

LAUNCH_LIMIT = 60.0
"""Seconds for a host to start on a worker, which may first have to import what it needs."""


class WorkerSite:
    """One worker; see Site. *directory* is where the replicas are."""

    def __init__(self, worker: Worker, client: Any, directory: Path) -> None:
        self.worker = worker
        self.lost = ""
        """See Site.lost."""
        self.carried = 0
        """Bytes of all frames so far, in both directions."""
        self._client = client
        self._directory = directory
        self._relay: Any = None  # an Actor of Dask, whose methods are those of Relay
        self._numbers = count(1)
        self._channels: dict[int, WorkerChannel] = {}
        self._replicas: dict[str, Replica] = {}
        self._there: set[str] = set()
        """The files that the worker has."""
        self._out: deque[bytes] = deque()
        self._is_out = asyncio.Event()
        """Whether there is something to send."""
        self._asked: deque[asyncio.Future[tuple[int, ...]]] = deque()
        """Who waits for free ports, in the order in which the agent answers."""
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def host(self) -> str:
        """See Site.host."""
        return self.worker.host

    async def open(self) -> None:
        """Starts the agent on the worker. Raises ClusterError."""
        made = self._client.submit(
            Relay, actor=True, workers=[self.worker.address], allow_other_workers=False, pure=False
        )
        with self._client.as_current():  # an actor looks for its client when it is first used
            self._relay = await self._answer(made)
            begun = self._relay.begin()
        await self._answer(begun)
        self._tasks = [asyncio.create_task(self._send_all()), asyncio.create_task(self._receive_all())]

    async def close(self) -> None:
        """Ends the agent with all that it has started, and lets go of the replicas."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._relay is not None and not self.lost:
            with suppress(ClusterError):
                await self._answer(self._relay.end())
        for replica in self._replicas.values():
            replica.close()

    async def launch(self, spec: HostSpec) -> WorkerChannel:
        """See Site.launch; files that are here and not there go along."""
        if self.lost:
            raise HostError(f"{spec.name} cannot be started: {self.lost}")
        names = [instance.file_name for instance in spec.instances]
        missing = [name for name in names if name not in self._there and (self._directory / name).exists()]
        files = {name: (self._directory / name).read_bytes() for name in missing}
        if spec.listening is not None and spec.listening.authority is not None:
            files[SERVER_FILE] = spec.listening.server_files[self.host].read_bytes()
            files[AUTHORITY_FILE] = spec.listening.authority.read_bytes()
        self._there.update(names)
        channel = WorkerChannel(self, next(self._numbers))
        self._channels[channel.number] = channel
        self.send(Launch(channel.number, spec, files))
        try:
            async with asyncio.timeout(LAUNCH_LIMIT):
                await channel.started
        except TimeoutError:
            raise HostError(f"{spec.name} has not started on {self.worker.address} in time") from None
        return channel

    async def free_ports(self, number: int) -> Sequence[int]:
        """Ports of the worker's machine on which nobody listens. Raises ClusterError."""
        if self.lost:
            raise ClusterError(self.lost)
        asked: asyncio.Future[tuple[int, ...]] = asyncio.get_running_loop().create_future()
        self._asked.append(asked)
        self.send(AskPorts(self.host, number))
        return await asked

    def send(self, frame: ToAgent) -> None:
        """Sends a frame after those before; it is lost with the worker."""
        if not self.lost:
            self._out.append(dumped := dump(frame))
            self.carried += len(dumped)
            self._is_out.set()

    async def _send_all(self) -> None:
        sent = 0
        with self._losing():
            while True:
                await self._is_out.wait()
                self._is_out.clear()
                frames = list(self._out)
                self._out.clear()
                await self._answer(self._relay.send(sent, frames))
                sent += len(frames)

    async def _receive_all(self) -> None:
        received = 0
        with self._losing():
            while (frames := await self._answer(self._relay.receive(received))) is not None:
                received += len(frames)
                for frame in frames:
                    self.carried += len(frame)
                    self._take(load_for_site(frame))
            raise ClusterError(f"what runs for the fleet on {self.worker.address} has ended")

    def _take(self, frame: ToSite) -> None:
        match frame:
            case Launched(number, pid):
                self._channels[number].started.set_result(pid)
            case NotLaunched(number, reason):
                self._channels[number].started.set_exception(HostError(reason))
            case Line(number, line):
                self._channels[number].arrive(line)
            case Ended(number, exitcode, log):
                self._channels.pop(number).end(exitcode, log)
            case Changed(file, changes):
                if file not in self._replicas:
                    self._replicas[file] = Replica(self._directory / file)
                self._replicas[file].apply(changes)
            case Ports(ports):
                asked = self._asked.popleft()
                if not asked.done():  # or nobody waits for it any more
                    asked.set_result(ports)

    @contextmanager
    def _losing(self) -> Iterator[None]:
        """What goes wrong between us loses the site, with all channels to it."""
        try:
            yield
        except MachineryError as error:  # the disk here may be full, too
            self.lose(str(error))

    def lose(self, why: str) -> None:
        """The worker is gone: so are its hosts, and nobody answers."""
        self.lost = self.lost or why
        for asked in self._asked:
            if not asked.done():
                asked.set_exception(ClusterError(self.lost))
        self._asked.clear()
        for channel in list(self._channels.values()):
            channel.end(None, "")
        self._channels.clear()

    async def _answer(self, call: Any) -> Any:
        """What comes of a call of the worker. Raises ClusterError when it or the scheduler is gone."""
        waiting = asyncio.ensure_future(call)
        try:
            while not (await asyncio.wait({waiting}, timeout=LOOK))[0]:
                await self._check()
            return waiting.result()
        except (OSError, TimeoutError, RuntimeError, ValueError) as error:
            await asyncio.sleep(LOOK)  # the scheduler may hear of a death a moment later than we
            await self._check()
            raise ClusterError(f"the worker {self.worker.address} does not answer: {error}") from error
        finally:
            waiting.cancel()

    async def _check(self) -> None:
        """Raises ClusterError when scheduler or worker are gone."""
        if self._client.status != "running":
            raise ClusterError("the scheduler is gone")
        try:
            async with asyncio.timeout(ANSWER_LIMIT):
                known = await self._client.scheduler.identity(n_workers=-1)
        except (OSError, TimeoutError) as error:
            raise ClusterError("the scheduler does not answer") from error
        if self.worker.address not in known["workers"]:
            raise ClusterError(f"the worker {self.worker.address} is gone")


class WorkerChannel:
    """The way to one host on a worker; see Channel."""

    def __init__(self, site: WorkerSite, number: int) -> None:
        self.number = number
        self.started: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """Its process id, when it has started."""
        self.exitcode: int | None = None
        """See Channel.exitcode."""
        self._site = site
        self._log = ""
        self._lines: asyncio.Queue[bytes] = asyncio.Queue()
        self._ended = asyncio.Event()

    @property
    def pid(self) -> int:
        """See Channel.pid."""
        return self.started.result()

    def write(self, line: bytes) -> None:
        """See Channel.write."""
        self._site.send(Line(self.number, line))

    async def read(self) -> bytes:
        """See Channel.read."""
        return await self._lines.get()

    def close(self) -> None:
        """See Channel.close."""
        self._site.send(End(self.number, at_once=False))

    async def join(self, limit: float) -> None:
        """See Channel.join."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                await self._ended.wait()

    async def kill(self) -> None:
        """See Channel.kill."""
        if not self._ended.is_set():
            self._site.send(End(self.number, at_once=True))
            await self._ended.wait()

    def logged(self) -> str:
        """See Channel.logged."""
        return self._log

    def arrive(self, line: bytes) -> None:
        """The host has said something."""
        self._lines.put_nowait(line)

    def end(self, exitcode: int | None, log: str) -> None:
        """The host has ended."""
        self.exitcode, self._log = exitcode, log
        if not self.started.done():
            self.started.set_exception(HostError(self._site.lost or log))
            self.started.exception()  # seen, should nobody wait for it any more
        self._ended.set()
        self._lines.put_nowait(b"")


class ClusterSites:
    """The workers of a cluster; see runtime.channel.Sites."""

    pause = 0.02
    """See Sites.pause: an answer takes half of that."""

    def __init__(
        self, sites: Sequence[WorkerSite], placement: Mapping[str, Collection[str]], client: Any, *, replace: bool
    ) -> None:
        self.replace = replace
        """See Sites.replace."""
        self._sites = sites
        self._placement = placement
        self._client = client

    @property
    def hosts(self) -> set[str]:
        """The addresses of all workers, on which an instance may come to be."""
        return {site.host for site in self._sites}

    @property
    def carried(self) -> int:
        """Bytes that fleet and workers have said to each other so far, files included."""
        return sum(site.carried for site in self._sites)

    def place(self, instances: Sequence[str]) -> list[tuple[Site, list[str]]]:
        """See Sites.place: each goes to the one with the fewest of those that have its labels."""
        return [(site, names) for site, names in self._placed(instances)]

    def _placed(self, instances: Sequence[str]) -> list[tuple[WorkerSite, list[str]]]:
        load: dict[WorkerSite, list[str]] = {site: [] for site in self._sites if not site.lost}
        for name in instances:
            wanted = frozenset(self._placement.get(name, ()))
            fitting = [site for site in load if wanted <= site.worker.labels]
            if not fitting:
                raise HostError(f"{name} has no place: no worker is left{_with(wanted)}")
            load[min(fitting, key=lambda site: len(load[site]))].append(name)
        return [(site, names) for site, names in load.items() if names]

    async def addresses(
        self, instances: Sequence[str], firsts: Sequence[int]
    ) -> tuple[dict[str, str], list[dict[str, int]]]:
        """Where the instances listen: the address of each, and as many ports as there are *firsts*.

        Ports go from the first upwards in the order of the instances; where it is 0 they are free ones.
        """
        hosts = dict[str, str]()
        ports = [{name: first + at for at, name in enumerate(instances) if first} for first in firsts]
        for site, names in self._placed(instances):
            hosts |= dict.fromkeys(names, site.host)
            drawn = [each for first, each in zip(firsts, ports, strict=True) if not first]
            free = iter(await site.free_ports(len(names) * len(drawn)) if drawn else ())
            for each in drawn:
                each.update(zip(names, free, strict=False))
        return hosts, ports

    def check(self) -> None:
        """See Sites.check."""
        if self._client.status != "running":
            raise ClusterError("the scheduler is gone, and with it the fleet")


@asynccontextmanager
async def sites_on(
    cluster: Cluster, placement: Mapping[str, Collection[str]], directory: Path
) -> AsyncIterator[ClusterSites]:
    """Its workers as sites of one fleet, whose files are copied in *directory*. Raises ClusterError."""
    from distributed import Client

    address = cluster.address
    async with AsyncExitStack() as stack:
        stack.enter_context(quiet())
        try:
            client = await stack.enter_async_context(
                Client(address, timeout=ANSWER_LIMIT, set_as_default=False, asynchronous=True)
            )
        except (OSError, ValueError, RuntimeError, TimeoutError) as error:
            raise ClusterError(f"there is no Dask scheduler at {address}: {error}") from error
        sites = [WorkerSite(worker, client, directory) for worker in cluster.workers]
        for site in sites:
            stack.push_async_callback(site.close)
        await asyncio.gather(*(site.open() for site in sites))
        yield ClusterSites(sites, placement, client, replace=cluster.replace)


def _with(labels: Collection[str]) -> str:
    return f" with {' and '.join(sorted(labels))}" if labels else ""
