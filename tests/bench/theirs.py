"""Laps of SimPy and simloop, the like of ours.py. `python -m tests.bench.theirs` serves them, in an environment
that has them: see rivals.py.

The star in simloop's terms: six hosts, a hub and five spokes, and eight jobs, each a request, work and a reply, in
datagrams, the cheapest that its network has. The same as ours: every request and every reply is acknowledged,
repeated after two seconds with a back-off that doubles, and taken once; latency and loss are the same; all jobs
run at once, and at the end each must have been done exactly once. Not the same: ours runs three steps of a
scenario file; each message is checked against a schema, signed, held against a signature and the recipient's
trust, committed to SQLite on both sides and journalled; five trust records are made, and the spokes told of them,
before; invariants are checked after every step; and the weather is applied between instances, not hosts. simloop
for its part draws the order of all callbacks from the seed and records each for replay, which ours need not.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import simpy  # type: ignore[import-not-found, import-untyped, unused-ignore]

try:
    import simloop  # type: ignore[import-not-found, unused-ignore]
except ImportError:  # it needs Python 3.12
    simloop = None

from .laps import serve

SPOKES, JOBS, PORT = 5, 8, 9000
WORK = 0.001
"""Seconds that the hub works on a job."""

RETRY_FIRST, RETRY_MAX = 2.0, 300.0
"""As in simulator/runtime/outbox.py."""

Address = tuple[str, int]


class _Node(asyncio.DatagramProtocol):
    """One end: repeats what is not acknowledged, and takes what comes once."""

    def __init__(self) -> None:
        self.inbox = asyncio.Queue[tuple[Address, bytes, bytes]]()
        self._transport: asyncio.DatagramTransport
        self._acknowledged: dict[bytes, asyncio.Event] = {}
        self._seen: set[bytes] = set()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        kind, id_, text = data.split(b" ", 2)
        if kind == b"ack":
            self._acknowledged[id_].set()
            return
        self._transport.sendto(b"ack " + id_ + b" ", address)
        if id_ not in self._seen:
            self._seen.add(id_)
            self.inbox.put_nowait((address, id_, text))

    async def send(self, address: Address, id_: bytes, text: bytes) -> None:
        """Returns when it is acknowledged."""
        acknowledged = self._acknowledged[id_] = asyncio.Event()
        wait = RETRY_FIRST
        while not acknowledged.is_set():
            self._transport.sendto(b"msg " + id_ + b" " + text, address)
            try:
                async with asyncio.timeout(wait):
                    await acknowledged.wait()
            except TimeoutError:
                wait = min(2 * wait, RETRY_MAX)


async def _open() -> Any:
    loop = asyncio.get_running_loop()
    _, node = await loop.create_datagram_endpoint(_Node, local_addr=("0.0.0.0", PORT))  # noqa: S104 - a simulated host
    return node


async def _hub(done: list[bytes]) -> None:
    node = await _open()

    async def work(address: Address, id_: bytes, text: bytes) -> None:
        await asyncio.sleep(WORK)
        done.append(text)
        await node.send(address, b"re-" + id_, b"done " + text)

    async with asyncio.TaskGroup() as works:
        for _ in range(JOBS):
            works.create_task(work(*await node.inbox.get()))


async def _spoke(hub: Address, jobs: list[bytes]) -> list[bytes]:
    node = await _open()
    await asyncio.gather(*(node.send(hub, b"job-" + job, job) for job in jobs))
    return [(await node.inbox.get())[2] for _ in jobs]


async def _star(latency: tuple[float, float], loss: float) -> None:
    net: Any = asyncio.get_running_loop().net  # type: ignore[attr-defined]
    net.set_defaults(latency=latency, drop=loss)
    done: list[bytes] = []
    hub = net.host("hub").create_task(_hub(done))
    await asyncio.sleep(0.001)  # until it listens
    jobs = [b"%d" % number for number in range(JOBS)]
    replies = await asyncio.gather(
        *(
            net.host(f"s{number}").create_task(_spoke((net.address("hub"), PORT), jobs[number::SPOKES]))
            for number in range(SPOKES)
        )
    )
    assert sorted(text for some in replies for text in some) == [b"done " + job for job in jobs]
    await hub
    assert sorted(done) == jobs


def _seeds(latency: tuple[float, float], loss: float, times: int, lap: int) -> None:
    report = simloop.explore(partial(_star, latency, loss), range(lap * times, (lap + 1) * times))
    assert report is None, report.render()


def _timeouts(processes: int, times: int, lap: int) -> None:
    environment = simpy.Environment()
    for number in range(processes):
        environment.process(_ticking(environment, 1000 + number, times // processes))
    environment.run()


def _ticking(environment: Any, delay: int, times: int) -> Any:
    for _ in range(times):
        yield environment.timeout(delay)


if __name__ == "__main__":
    serve(
        {f"events {processes}": partial(_timeouts, processes) for processes in (10, 1000)}
        | {
            f"{weather}{shape}": partial(_seeds, latency, loss)
            for weather, latency, loss in (("calm", (0.001, 0.001), 0.0), ("lossy", (0.001, 0.101), 0.1))
            for shape in ("", " datagrams")
        }
    )
