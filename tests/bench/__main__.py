"""python -m tests.bench: measures, and prints the tables; less than four minutes."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import click
from rich.console import Console

from simulator.runtime.forkserver import start_fork_server

from .path import measure_path
from .start import measure_start
from .table import Table


@click.command()
@click.option(
    "--seconds",
    type=click.FloatRange(0.1, 10),
    default=1.0,
    show_default=True,
    help="How long each single measurement takes.",
)
@click.option("--only", type=click.Choice(["path", "start"]), help="Only this one; left out: both.")
def main(seconds: float, only: str | None) -> None:
    """Measure the full path against a bare client, and the start of a fleet."""
    start_fork_server()
    console = Console()
    tables: list[Table] = []
    with tempfile.TemporaryDirectory(prefix="trustsim-bench-") as directory, console.status("measuring") as status:
        if only != "start":
            tables.append(asyncio.run(measure_path(Path(directory), seconds, status.update)))
        if only != "path":
            tables.append(asyncio.run(measure_start(Path(directory), status.update)))
    for table in tables:
        console.print(table.rich())
    for table in tables:
        console.print(table.markdown(), markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    main()
