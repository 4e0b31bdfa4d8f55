"""What a fleet asks of a worker, and hears also when the worker is gone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from simulator.cluster.frames import Ports
from simulator.cluster.scheduler import Worker
from simulator.cluster.sites import WorkerSite
from simulator.errors import ClusterError


@pytest.fixture
def site(tmp_path: Path) -> WorkerSite:
    """A worker to which nothing has been sent yet."""
    return WorkerSite(Worker("tcp://127.0.0.1:1", frozenset()), None, tmp_path)


async def test_who_ask_for_ports_at_once_hear_each_of_their_own(site: WorkerSite) -> None:
    """The agent answers in the order in which it was asked; who has given up takes nobody's answer."""
    one, given_up, other = (asyncio.create_task(site.free_ports(number)) for number in (1, 2, 3))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.wait({given_up})
    for ports in ((1,), (2, 3), (4, 5, 6)):
        site._take(Ports(ports))
    assert (await one, await other) == ((1,), (4, 5, 6))


async def test_nobody_waits_for_ports_of_a_worker_that_is_gone(site: WorkerSite) -> None:
    asked = asyncio.create_task(site.free_ports(1))
    await asyncio.sleep(0)
    site.lose("the worker is gone")
    for waiting in (asked, site.free_ports(1)):
        with pytest.raises(ClusterError, match="the worker is gone"):
            await asyncio.wait_for(waiting, 5)
