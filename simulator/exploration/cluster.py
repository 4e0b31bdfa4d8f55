"""The workers of a Dask cluster as a crew: they are there, and end, by the cluster's own means."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

from simulator.cluster import shipping
from simulator.cluster.scheduler import connected, workers_of
from simulator.errors import ClusterError
from simulator.exploration.pool import Workers

R = TypeVar("R")

_NEEDED = ("click", "pydantic", "yaml", "ruamel.yaml", "nacl", "aiomqtt", "rich")
"""What a run in virtual time imports besides trustsim."""

_ABSENCE = 30
"""Seconds without any worker after which none is waited for: what supervises them starts one again in less."""


@contextmanager
def crew_on(address: str) -> Iterator[Workers]:
    """The workers of the scheduler at *address*, each of which has this trustsim. Raises ClusterError."""
    with connected(address) as client:
        workers = workers_of(client, address, _NEEDED)
        last_seen = time.monotonic()

        def check() -> None:
            nonlocal last_seen
            if client.status != "running":
                raise ClusterError(f"the scheduler at {address} is gone")
            if client.nthreads():
                last_seen = time.monotonic()
            elif time.monotonic() - last_seen > _ABSENCE:
                raise ClusterError(f"the scheduler at {address} has had no workers for {_ABSENCE} seconds")

        yield Workers(client.get_executor(pure=False), len(workers), check, _result_of, shipping.own_code())


def _result_of(future: Future[R], what: str) -> R:
    """What has come of work on *what*; when a worker dies of it, Dask gives it to others, but not for ever."""
    from distributed.scheduler import KilledWorker

    try:
        return future.result()
    except KilledWorker as error:
        raise ClusterError(
            f"the workers that were given {what} have died of it, {error.allowed_failures + 1} in all: "
            "their logs say why, as for want of memory; with --jobs 1 it happens here"
        ) from error
