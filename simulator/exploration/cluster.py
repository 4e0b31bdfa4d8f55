"""The workers of a Dask cluster as a crew: they are there, and end, by the cluster's own means."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import simulator
from simulator.errors import ClusterError
from simulator.exploration import shipping
from simulator.exploration.pool import Workers
from simulator.exploration.shipping import Installed
from simulator.scenario.reading.library import EXAMPLES

_ANSWER_LIMIT = 5
"""Seconds for a scheduler to answer."""

_NEEDED = ("click", "pydantic", "yaml", "ruamel.yaml", "cryptography", "aiomqtt", "rich")
"""What a run in virtual time imports besides trustsim."""


@contextmanager
def crew_on(address: str) -> Iterator[Workers]:
    """The workers of the scheduler at *address*, each of which has this trustsim. Raises ClusterError."""
    try:
        import cloudpickle  # type: ignore[import-untyped]
        from distributed import Client
    except ImportError as error:
        raise ClusterError("--on needs Dask: pip install 'trustsim[cluster]'") from error
    with ExitStack() as stack:
        logging.disable()  # what goes wrong is said once, and by us
        stack.callback(logging.disable, logging.NOTSET)
        try:
            client = stack.enter_context(Client(address, timeout=_ANSWER_LIMIT, set_as_default=False))
        except (OSError, ValueError, RuntimeError, TimeoutError) as error:
            raise ClusterError(f"there is no Dask scheduler at {address}: {_first_line(error)}") from error
        cloudpickle.register_pickle_by_value(shipping)  # workers that have no trustsim cannot import it
        number = len(client.scheduler_info(n_workers=-1)["workers"])
        if not number:
            raise ClusterError(
                f"the scheduler at {address} has no workers: start some with `dask worker {address}`"
            )
        _prepare(client)

        def check() -> None:
            if client.status != "running":
                raise ClusterError(f"the scheduler at {address} is gone")

        yield Workers(client.get_executor(pure=False), number, check)


def _prepare(client: Any) -> None:
    """Sees to it that all workers have the code that runs here. Raises ClusterError before anything is begun."""
    package = Path(simulator.__file__).parent
    ours = shipping.fingerprint_of(package)
    found: Mapping[str, Installed] = client.run(shipping.look, _NEEDED)
    problems = [
        f"the worker {worker} has {problem}"
        for worker, installed in found.items()
        if (problem := _problem(installed, ours))
    ]
    if problems:
        raise ClusterError("\n".join(problems))
    without = [worker for worker, installed in found.items() if not installed.fingerprint]
    if without:
        client.run(shipping.install, shipping.packed(package, EXAMPLES), workers=without)


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
