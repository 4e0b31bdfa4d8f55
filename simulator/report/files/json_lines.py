"""The journals of finished runs as JSON lines, for jq and for databases."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from simulator.report.printable import printable_json
from simulator.report.result import Run, RunResult


def to_json_lines(runs: Sequence[Run]) -> str:
    """An object for each entry, in the order of time, with the scenario file that it comes of."""
    return "".join(
        printable_json(json.dumps({"file": run.told_file, **asdict(entry)}, ensure_ascii=False, default=str))
        + "\n"
        for run in runs
        if isinstance(run, RunResult)
        for entry in run.journal
    )
