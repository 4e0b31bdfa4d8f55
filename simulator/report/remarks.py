"""What there is to say beside a line of a file, for editors and for those who review changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from simulator.errors import Problem

if TYPE_CHECKING:
    from simulator.report.result import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing to say."""

    file: str
    line: int
    """From 1; 0: the file has no lines, as that of an instance."""
    column: int = 0
    """From 1; 0: the whole line."""
    code: str
    """What kind of thing it is; stable."""
    level: Literal["error", "warning", "note"] = "error"
    title: str = ""
    text: str


def remarks_of(runs: Sequence[Run]) -> Iterator[Remark]:
    """One for each failure of finished runs, and for each run that came to no end."""
    # Imported here, because a file that is only checked has no results.
    from simulator.report.result import BrokenRun

    for run in runs:
        if isinstance(run, BrokenRun):
            yield Remark(file=run.file, line=1, code="no-end", title=run.title, text=run.error)
            continue
        for step in run.steps:
            for failure in step.failures:
                said = f"wanted: {failure.wanted}\nseen: {failure.seen}"
                said += f"\nwhy: {failure.explanation}" if failure.explanation else ""
                title = f"{run.title}: {step.text}"
                yield Remark(
                    file=failure.file or run.file, line=failure.line, code="not-met", title=title, text=said
                )


def remark_of(problem: Problem) -> Remark:
    """What is wrong with a file."""
    at = {"file": problem.file, "line": problem.line, "column": problem.column}
    return Remark(**at, code="not-valid", text=problem.message)  # type: ignore[arg-type]
