"""The CMDB beside a bare upsert of the same rows, and beside splink, which links by the same rules.

A store that holds a number of CIs takes in more: new ones, then the same again unchanged, then with one in ten
changed. A process of its own for each size and batch measures, one after the other:

- ours: each payload from its JSON text to the text of its response, committed; what `trustsim ire` does. It is
  identified by native key where that is known, else by serial number and name.
- bare SQLite: the rows that ours has made, into a file with the same schema and indexes and the same durability,
  by `insert ... on conflict (sys_id) do update`, in transactions of the same size. It is told the sys_ids and
  looks nothing up.
- splink on DuckDB: links a file of what is there with a file of what comes, by deterministic rules: the same
  serial number, or the same name. It writes nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from .table import Table

SIZES = (10_000, 100_000, 1_000_000)
"""CIs in the file once those that are new have come."""

BATCHES = (100, 500)
"""Items in a payload."""

LIMIT = 1200.0
"""Seconds after which a process is taken for hung; the largest takes some two hundred."""


def measure_cmdb(directory: Path, tell: Callable[[str], None], sizes: Sequence[int] = SIZES) -> Table:
    """All sizes and batches."""
    table = Table(
        "A CMDB takes in CIs",
        ("CIs in it", "batch", "what comes", "ours CIs/s", "bare SQLite", "ours : bare", "splink", "peak MB"),
        "SQLite's journal in WAL, synchronous = NORMAL. splink only links. Peak memory is that of our process.",
    )
    for size in sizes:
        for batch in BATCHES:
            tell(f"the CMDB, {size:,} CIs in batches of {batch}")
            measured = _run("ours", directory, size, batch)
            ours, bare = measured["ours"], measured["bare"]
            splink = _run("splink", directory, size, batch)["splink"] if batch == BATCHES[-1] else {}
            peak = f"{measured['peak']['bytes'] / 1e6:,.0f}"
            for what, rate in ours.items():
                rates = f"{rate:,.0f}", f"{bare[what]:,.0f}", f"{rate / bare[what]:.2f}"
                linked = f"{splink[what]:,.0f}" if what in splink else ""
                table.rows.append((f"{size:,}", str(batch), what, *rates, linked, peak))
    return table


def _run(who: str, directory: Path, size: int, batch: int) -> dict[str, dict[str, float]]:
    """What one process measures: by who and what, CIs per second."""
    command = (sys.executable, "-m", "tests.bench.cis", who, str(directory), str(size), str(batch))
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
    measured: dict[str, dict[str, float]] = json.loads(done.stdout)
    return measured
