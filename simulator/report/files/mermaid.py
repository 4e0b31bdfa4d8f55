"""Finished runs as a sequence diagram of Mermaid, which tickets and wikis draw."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from simulator.report.arrows import Arrow, Fate
from simulator.report.files.sequence import label_of, lanes_of, rows_of
from simulator.report.printable import printable
from simulator.report.result import BrokenRun, Run, RunResult
from simulator.report.totals import MARKS, steps_met

_ARROWS = {
    Fate.PROCESSED: "->>",
    Fate.REFUSED: "-x",
    Fate.REPEATED: "-->>",
    Fate.UNREADABLE: "--)",
    Fate.EXPIRED: "-)",
    Fate.LOST: "--x",
}


def to_mermaid(runs: Sequence[Run]) -> str:
    """One diagram; several runs stand one below the other, and instances of one name in one lane."""
    names = [name for run in runs if isinstance(run, RunResult) for name in lanes_of(run)]
    # A note needs a lane to stand over, also where every run was broken off.
    ids = {name: f"i{number}" for number, name in enumerate(dict.fromkeys(names or ["nobody"]))}
    lines = ["sequenceDiagram"]
    lines += [f"    participant {id_} as {_text(name)}" for name, id_ in ids.items()]
    for run in runs:
        lines += [f"    {line}" for line in _run(run, ids)]
    return "\n".join(lines) + "\n"


def _run(run: Run, ids: Mapping[str, str]) -> Iterator[str]:
    everywhere = ",".join(dict.fromkeys([*ids.values()][:: max(1, len(ids) - 1)]))
    if isinstance(run, BrokenRun):
        yield f"Note over {everywhere}: {_text(f'{run.name} ({run.told_file}), broken off: {run.error}')}"
        return
    title = f"{run.name} ({run.told_file}), {MARKS[run.verdict]}: {steps_met(run)}"
    yield f"Note over {everywhere}: {_text(title)}"
    for row in rows_of(run):
        if isinstance(row, Arrow):
            yield f"{ids[row.sender]}{_ARROWS[row.fate]}{ids[row.recipient]}: {_text(label_of(row))}"
        else:
            yield f"Note over {everywhere}: {_text(label_of(row))}"


_PLAIN = re.compile(r"[^\w .,/()?!*'-]")
"""All that Mermaid, or the HTML that it makes, might take for more than text."""


def _text(text: str) -> str:
    """The text in one line, with Mermaid's own entities for what is no letter."""
    return _PLAIN.sub(lambda found: f"#{ord(found[0])};", " ".join(printable(text).split()))
