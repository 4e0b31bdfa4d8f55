"""One live instance in this process: what messages and its clients' requests do to the loop that it runs on."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from simulator.protocol.http import Request, Response
from simulator.protocol.topics import ANY, Arrival, topic
from simulator.rest.api import is_brief
from simulator.runtime.clock import EPOCH, FleetClock
from simulator.runtime.faults import SlowDisk
from simulator.runtime.instance import Instance, Outgoing
from simulator.runtime.live import instance as live_instance
from simulator.runtime.live.instance import LiveInstance, Members
from simulator.scenario.reading.load import load_text
from simulator.scenario.topology import instance_specs
from simulator.store.file import connect
from simulator.store.store import Store
from simulator.transport.memory import MemoryNetwork
from simulator.trust.directory import DirectoryEntry
from tests.rest.client import request

COMPANY = "/api/now/table/core_company"


THREE = "name: three\ninstances: { one: production, two: development, three: test }\nsteps: [settle]\n"


@asynccontextmanager
async def running(
    directory: Path, network: MemoryNetwork | None = None, *, shares: bool = False
) -> AsyncIterator[LiveInstance]:
    """An instance that has started, and *shares* what it knows of others with others."""
    spec = instance_specs(load_text(THREE, "three.yaml").scenario, "test", EPOCH)[0]
    link = (network or MemoryNetwork()).link(spec.id, spec.inbox)
    members = Members.of(spec.directory, EPOCH) if shares else None
    instance = LiveInstance(spec, directory, link, FleetClock(), members=members)
    started = asyncio.Event()
    task = asyncio.create_task(instance.run(started.set))
    await started.wait()
    yield instance
    task.cancel()
    await asyncio.wait({task})


async def made(instance: LiveInstance, name: str) -> str:
    """The path of a company that is there now."""
    response = await instance.serve(request("POST", COMPANY, {"name": name}))
    return f"{COMPANY}/{response.body['result']['sys_id']}"


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[int]]:
    """On which threads an instance has received something, and its store has made a checkpoint."""
    seen: dict[str, list[int]] = {"receive": [], "checkpoint": []}
    receive, checkpoint = Instance.receive, Store.checkpoint

    def received(self: Instance, arrivals: Sequence[Arrival], now: datetime) -> list[Outgoing]:
        seen["receive"].append(threading.get_ident())
        return receive(self, arrivals, now)

    def checked(self: Store) -> None:
        seen["checkpoint"].append(threading.get_ident())
        checkpoint(self)

    monkeypatch.setattr(Instance, "receive", received)
    monkeypatch.setattr(Store, "checkpoint", checked)
    return seen


Send = Callable[[bytes], Awaitable[None]]


@asynccontextmanager
async def sending(network: MemoryNetwork, instance: LiveInstance, sender: str = "x") -> AsyncIterator[Send]:
    """Sends payloads to the instance, each when it has finished with the one before."""
    sent = 0
    async with network.link("x", topic("test", "x", "x", ANY)) as link:

        async def send(payload: bytes) -> None:
            nonlocal sent
            sent += 1
            await link.publish(topic("test", instance.spec.account, instance.spec.id, sender), payload)
            for _ in range(10_000):
                if (await instance.status()).handled == sent:
                    return
                await asyncio.sleep(0)
            pytest.fail("it is still not finished with it")

        yield send


async def test_a_message_takes_no_way_to_another_thread_and_what_is_large_does(
    tmp_path: Path, threads: dict[str, list[int]]
) -> None:
    """The way costs as much as the message; megabytes would keep all others of the process waiting."""
    network = MemoryNetwork()
    async with running(tmp_path, network) as instance, sending(network, instance) as send:
        await send(b"small")
        await send(b"large" * 10_000)
    small, large = threads["receive"]
    assert small == threading.get_ident() != large


async def test_the_loop_never_waits_for_a_checkpoint(
    tmp_path: Path, threads: dict[str, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made on the store's thread, again and again, before SQLite would make it with a commit."""
    monkeypatch.setattr(live_instance, "CHECKPOINT_EVERY", 3)
    network = MemoryNetwork()
    async with running(tmp_path, network) as instance, sending(network, instance) as send:
        for _ in range(10):
            await send(b"small")
    assert len(threads["checkpoint"]) == 3
    assert threading.get_ident() not in threads["checkpoint"]


def known(directory: Path) -> list[tuple[str, str]]:
    """The members of the fleet as an instance's file has them: names and public keys, as they came."""
    with closing(Store(connect(directory / "one.sqlite"), "one")) as store:
        return [(row.name, row.public_key) for row in store.load(DirectoryEntry)]


async def test_who_shares_what_it_knows_of_others_has_it_in_its_file_all_the_same(tmp_path: Path) -> None:
    """Each file stands for itself."""
    own, shared = tmp_path / "own", tmp_path / "shared"
    for directory, shares in ((own, False), (shared, True)):
        directory.mkdir()
        async with running(directory, shares=shares):
            pass
    assert known(own) == known(shared)
    assert [name for name, _ in known(shared)] == ["one", "two", "three"]


async def test_who_comes_back_knows_of_others_what_its_file_says(tmp_path: Path) -> None:
    """What has changed since is not forgotten for what all began with."""
    async with running(tmp_path, shares=True) as instance:
        two = instance.spec.directory[1].sys_id
    with closing(sqlite3.connect(tmp_path / "one.sqlite")) as file, file:
        file.execute("update sn_mif_instance set name = 'deux' where name = 'two'")
    network = MemoryNetwork()
    async with running(tmp_path, network, shares=True) as instance, sending(network, instance, two) as send:
        await send(b"nothing that can be read")
    with closing(Store(connect(tmp_path / "one.sqlite"), "one")) as store:
        [(_, entry)] = store.journal()
    assert entry.explanation.endswith("in the name of deux")
    assert [name for name, _ in known(tmp_path)] == ["one", "deux", "three"]


async def turns_while(answer: asyncio.Task[Response]) -> int:
    """How often the loop comes round before the answer is there."""
    turns = 0
    while not answer.done():
        await asyncio.sleep(0)
        turns += 1
    return turns


async def test_one_record_is_read_without_a_way_to_another_thread(tmp_path: Path) -> None:
    """It is there in the next turn of the loop; a list, which may be long, lets others go on meanwhile."""
    async with running(tmp_path) as instance:
        path = await made(instance, "Acme")
        reading = asyncio.create_task(instance.serve(request("GET", path)))
        assert await turns_while(reading) == 1
        assert reading.result().body["result"]["name"] == "Acme"
        assert await turns_while(asyncio.create_task(instance.serve(request("GET", COMPANY)))) > 1


async def test_who_reads_sees_what_was_asked_before(tmp_path: Path) -> None:
    """A change that is under way is waited for."""
    async with running(tmp_path) as instance:
        path = await made(instance, "Acme")
        for number in range(20):
            change = asyncio.create_task(instance.serve(request("PATCH", path, {"name": f"Acme {number}"})))
            await asyncio.sleep(0)
            read = await instance.serve(request("GET", path))
            assert read.body["result"]["name"] == f"Acme {number}"
            await change


async def test_slow_disk_keeps_nobody_else_waiting(tmp_path: Path) -> None:
    """The loop goes on with all else while one record is read from it."""
    async with running(tmp_path) as instance:
        path = await made(instance, "Acme")
        instance.begin(1, SlowDisk(instance.spec.id, timedelta(seconds=0.1)))
        assert await turns_while(asyncio.create_task(instance.serve(request("GET", path)))) > 10


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (request("GET", f"{COMPANY}/{'1' * 32}"), True),
        (request("GET", f"/api/now/v2/table/core_company/{'1' * 32}?sysparm_fields=name"), True),
        (request("GET", COMPANY), False),
        (request("GET", f"/api/now/attachment/{'1' * 32}/file"), False),
        (request("GET", "/api/now/stats/core_company"), False),
        (request("DELETE", f"{COMPANY}/{'1' * 32}"), False),
        (request("GET", f"{COMPANY}/{'1' * 32}", headers={"x-http-method-override": "DELETE"}), False),
    ],
)
def test_brief_is_only_to_read_one_record(asked: Request, expected: bool) -> None:
    assert is_brief(asked) is expected
