"""The scheduler of a Dask cluster: whether it is one, its workers, and whether they have this trustsim."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import simulator
from simulator.cluster import relay, shipping
from simulator.cluster.shipping import Installed
from simulator.errors import ClusterError
from simulator.scenario.reading.library import EXAMPLES

ANSWER_LIMIT = 5
"""Seconds for a scheduler to answer."""


@dataclass(frozen=True, slots=True)
class Worker:
    """One process of the cluster."""

    address: str
    """As the scheduler calls it, such as tcp://10.0.0.2:40001."""
    labels: frozenset[str]
    """The names of its resources (`dask worker --resources`)."""

    @property
    def host(self) -> str:
        """The address of its machine."""
        return urlsplit(self.address).hostname or "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Cluster:
    """The workers that a fleet is to run on."""

    address: str
    """That of the scheduler."""
    workers: tuple[Worker, ...]
    replace: bool
    """Whether what a worker had starts again on others when it is gone."""

    def check(self, placement: Mapping[str, Collection[str]]) -> None:
        """Raises ClusterError for instances that no worker can take, before anything is begun."""
        problems = []
        for name, labels in placement.items():
            if not any(set(labels) <= worker.labels for worker in self.workers):
                wanted = " and ".join(sorted(labels))
                given = ",".join(f"{label}=1" for label in sorted(labels))
                problems.append(
                    f"{name} is to be on a worker with {wanted}, and there is none: "
                    f"`dask worker {self.address} --resources {given}` makes one"
                )
        if problems:
            raise ClusterError("\n".join(problems))


_NEEDED = (
    "click",
    "pydantic",
    "yaml",
    "ruamel.yaml",
    "cryptography",
    "nacl",
    "aiomqtt",
    "aiosqlite",
    "uvicorn",
    "httptools",
)
"""What a host imports besides trustsim."""


def cluster_at(address: str, *, replace: bool) -> Cluster:
    """The workers of the scheduler there. Raises ClusterError."""
    with connected(address) as client:
        return Cluster(address, tuple(workers_of(client, address, _NEEDED)), replace)


@contextmanager
def quiet() -> Iterator[None]:
    """Without what Dask logs: what goes wrong is said once, and by us."""
    logging.disable()
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """A client of the scheduler at *address*. Raises ClusterError where there is none, or no Dask here."""
    try:
        import cloudpickle  # type: ignore[import-untyped]
        from distributed import Client
    except ImportError as error:
        raise ClusterError("--on needs Dask: pip install 'trustsim[cluster]'") from error
    with ExitStack() as stack:
        stack.enter_context(quiet())
        asyncio.run(_expect_scheduler(address))
        try:
            client = stack.enter_context(Client(address, timeout=ANSWER_LIMIT, set_as_default=False))
        except (OSError, ValueError, RuntimeError, TimeoutError) as error:
            raise ClusterError(f"there is no Dask scheduler at {address}: {_first_line(error)}") from error
        for module in (shipping, relay):
            cloudpickle.register_pickle_by_value(module)  # workers that have no trustsim cannot import it
        yield client
        if client.status == "running":
            with suppress(ValueError):  # there was nothing to give
                client.unregister_worker_plugin(shipping.GIVER)


_TO_DO = "name another address, or start one there with `dask scheduler`"


async def _expect_scheduler(address: str) -> None:
    """Asks who is there: a client would wait without end for an answer that is none."""
    from distributed.comm.core import connect
    from distributed.core import send_recv
    from distributed.security import Security

    try:
        async with asyncio.timeout(1.2 * ANSWER_LIMIT):  # to connect may take all of it
            how = Security().get_connection_args("client")  # as Dask's own configuration says
            there = await connect(address, timeout=ANSWER_LIMIT, **how)
            try:
                who = (await send_recv(there, op="identity"))["type"]
            finally:
                there.abort()
    except TimeoutError as error:
        raise ClusterError(
            f"what is at {address} says nothing that a Dask scheduler would say: {_TO_DO}"
        ) from error
    except Exception as error:  # whatever Dask makes of the bytes of somebody else
        raise ClusterError(f"there is no Dask scheduler at {address}, {_TO_DO}: {_first_line(error)}") from error
    if who != "Scheduler":
        raise ClusterError(f"there is no scheduler at {address} but a {who.lower()}: name its scheduler")


def workers_of(client: Any, address: str, needed: Sequence[str]) -> list[Worker]:
    """All workers there are, each of which has this trustsim and what it needs; given to those that have none.

    Raises ClusterError before anything is begun.
    """
    found = client.scheduler_info(n_workers=-1)["workers"]
    if not found:
        raise ClusterError(f"the scheduler at {address} has no workers: start some with `dask worker {address}`")
    _prepare(client, tuple(needed))
    return [Worker(name, frozenset(found[name].get("resources", ()))) for name in sorted(found)]


def _prepare(client: Any, needed: tuple[str, ...]) -> None:
    package = Path(simulator.__file__).parent
    ours = shipping.fingerprint_of(package)
    found: Mapping[str, Installed] = client.run(shipping.look, needed)
    problems = [
        f"the worker {worker} has {problem}"
        for worker, installed in found.items()
        if (problem := _problem(installed, ours))
    ]
    if problems:
        raise ClusterError("\n".join(problems))
    if any(installed.is_given or not installed.fingerprint for installed in found.values()):
        client.register_plugin(shipping.giver(shipping.packed(package, EXAMPLES)))


def _problem(installed: Installed, ours: str) -> str:
    if installed.missing:
        return f"no {', '.join(installed.missing)}: pip install 'trustsim[cluster]' there"
    if installed.fingerprint not in {"", ours}:
        return (
            f"trustsim {installed.version} of other code than this one, {version('trustsim')}: "
            "install the same there and start it again"
        )
    return ""


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
