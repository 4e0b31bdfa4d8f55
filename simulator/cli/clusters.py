"""What every command needs that works on a cluster: its address, and its workers for a fleet."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from simulator.cluster.scheduler import Cluster
    from simulator.cluster.sites import ClusterSites
    from simulator.scenario.reading.load import LoadedScenario
    from simulator.transport.choice import BrokerChoice


def on_cluster(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option --on, of whose help *what* says what the workers do."""
    return click.option(
        "--on", metavar="tcp://HOST:PORT", callback=_checked, help=f"The scheduler of a Dask cluster {what}."
    )


def _checked(_context: click.Context, _option: click.Parameter, on: str | None) -> str | None:
    if on is not None and not re.fullmatch(r"(tcp|tls)://[^/\s:]+:[0-9]{1,5}", on):
        raise click.BadParameter(f"expected the address of a scheduler such as tcp://127.0.0.1:8786, got {on!r}")
    return on


REPLACE = click.option(
    "--replace", is_flag=True,
    help="With --on: start again elsewhere what ran on a worker that is gone, with what was known of it here.",
)  # fmt: skip


def check_on(on: str | None, broker: BrokerChoice, *, replace: bool, virtual: bool = False) -> None:
    """Whether a fleet can run there with these. Raises click.UsageError."""
    if on is None:
        if replace:
            raise click.UsageError("--replace needs --on: here nothing is left when the machine is gone")
        return
    if virtual:
        raise click.UsageError("--on is for a run on a broker: in virtual time a fleet is one process")
    if isinstance(broker, str):
        raise click.UsageError(
            "--on needs --broker mqtt://HOST:PORT, which instances on other machines can reach: "
            f"one of the run's own ({broker}) listens on this machine only"
        )


def cluster_for(on: str | None, scenarios: Iterable[LoadedScenario], *, replace: bool) -> Cluster | None:
    """The workers for these, which have a place for every instance. Raises ClusterError before anything begins."""
    if on is None:
        return None
    from simulator.cluster.scheduler import cluster_at

    cluster = cluster_at(on, replace=replace)
    for loaded in scenarios:
        cluster.check(loaded.scenario.labels)
    return cluster


@asynccontextmanager
async def placed(
    cluster: Cluster | None, loaded: LoadedScenario, directory: Path
) -> AsyncIterator[ClusterSites | None]:
    """The sites for one fleet; None: this machine. Raises ClusterError."""
    if cluster is None:
        yield None
        return
    from simulator.cluster.sites import sites_on

    async with sites_on(cluster, loaded.scenario.labels, directory) as sites:
        yield sites
