"""The workers of a Dask cluster as a crew: they are there, and end, by the cluster's own means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from simulator.cluster.scheduler import connected, workers_of
from simulator.errors import ClusterError
from simulator.exploration.pool import Workers

_NEEDED = ("click", "pydantic", "yaml", "ruamel.yaml", "cryptography", "aiomqtt", "rich")
"""What a run in virtual time imports besides trustsim."""


@contextmanager
def crew_on(address: str) -> Iterator[Workers]:
    """The workers of the scheduler at *address*, each of which has this trustsim. Raises ClusterError."""
    with connected(address) as client:
        workers = workers_of(client, address, _NEEDED)

        def check() -> None:
            if client.status != "running":
                raise ClusterError(f"the scheduler at {address} is gone")

        yield Workers(client.get_executor(pure=False), len(workers), check)
