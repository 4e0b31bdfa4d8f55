"""Failures as GitHub's workflow commands, which put them beside the lines of the scenario files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simulator.report.printable import printable
from simulator.report.result import BrokenRun, Run


def annotations_of(runs: Sequence[Run]) -> Iterator[str]:
    """A line for each failure, to be printed as it is."""
    for run in runs:
        if isinstance(run, BrokenRun):
            yield _error(run.file, 1, run.name, run.error)
            continue
        for step in run.steps:
            for failure in step.failures:
                said = f"wanted: {failure.wanted}\nseen: {failure.seen}"
                said += f"\nwhy: {failure.explanation}" if failure.explanation else ""
                yield _error(run.file, failure.line, f"{run.name}: {step.text}", said)


def _error(file: str, line: int, title: str, message: str) -> str:
    return f"::error file={_property(file)},line={line},title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    """As GitHub's toolkit does it; a sign stands for what a terminal would obey."""
    kept = printable(text.replace("\r", "\n"))
    return kept.replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
