"""python -m tests.bench: measures, and prints the tables; about six minutes, of which virtual time takes two."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import click
from rich.console import Console  # noqa: TID251 - it is no text of data that is printed

from simulator.runtime.live.forkserver import start_fork_server

from .cmdb import measure_cmdb
from .gate import measure_gate
from .http import measure_http
from .machines import measure_fleets, measure_sweeps
from .page import measure_live_page, measure_page
from .path import measure_path
from .start import measure_start
from .table import Table
from .virtual import measure_virtual


@click.command()
@click.option(
    "--seconds",
    type=click.FloatRange(0.1, 10),
    default=1.0,
    show_default=True,
    help="How long each single measurement takes.",
)
@click.option(
    "--only",
    type=click.Choice(["path", "start", "virtual", "gate", "cmdb", "http", "page", "machines"]),
    help="Only this one; left out: all.",
)
@click.option("--large", is_flag=True, help="Also the largest fleets.")
def main(seconds: float, only: str | None, large: bool) -> None:
    """Measure the path beside a bare client, starts, virtual time, gate, CMDB, HTTP, the page, a cluster."""
    start_fork_server()
    console = Console()
    tables: list[Table] = []
    with tempfile.TemporaryDirectory(prefix="trustsim-bench-") as directory, console.status("measuring") as status:
        if only in {None, "path"}:
            tables.append(asyncio.run(measure_path(Path(directory), seconds, status.update)))
        if only in {None, "start"}:
            tables.append(asyncio.run(measure_start(Path(directory), status.update)))
        if only in {None, "virtual"}:
            tables.extend(asyncio.run(measure_virtual(Path(directory), large, status.update)))
        if only in {None, "gate"}:
            tables.append(measure_gate(seconds, status.update))
        if only in {None, "cmdb"}:
            tables.append(measure_cmdb(Path(directory), status.update))
        if only in {None, "http"}:
            tables.append(asyncio.run(measure_http(Path(directory), seconds, status.update)))
        if only in {None, "page"}:
            tables.append(measure_page(Path(directory), status.update))
            tables.append(asyncio.run(measure_live_page(status.update)))
        if only in {None, "machines"}:
            tables.append(asyncio.run(measure_fleets(Path(directory), large, status.update)))
            tables.append(measure_sweeps(Path(directory), status.update))
    for table in tables:
        console.print(table.rich())
    for table in tables:
        console.print(table.markdown(), markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    main()
