"""How runs ended, in a few words: the same in every report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from simulator.report.numbers import counted
from simulator.report.result import BrokenRun, Run, RunResult, Verdict

MARKS = {Verdict.MET: "✓ met", Verdict.NOT_MET: "✗ not met"}


def is_met(run: Run) -> bool:
    """Whether a run came to its end and met all that was expected."""
    return isinstance(run, RunResult) and run.verdict is Verdict.MET


def steps_met(result: RunResult) -> str:
    """Such as "9 of 10 steps"."""
    met = sum(step.verdict is Verdict.MET for step in result.steps)
    return f"{met} of {counted(len(result.steps), 'step')}"


def figures(result: RunResult) -> str:
    """Such as "10 of 10 steps, 3 instances, 0.15 s"; without the time where there is none."""
    said = [steps_met(result), counted(len(result.instances), "instance")]
    return ", ".join([*said, f"{result.seconds:.2f} s"] if result.seconds is not None else said)


def totals(runs: Sequence[Run]) -> str:
    """Such as "2 of 3 files, 29 of 30 steps", and how many came to no end."""
    results = [run for run in runs if isinstance(run, RunResult)]
    steps = [step.verdict for result in results for step in result.steps]
    what = "run" if any(run.combination for run in runs) else "file"  # of a matrix a file has several
    said = f"{sum(map(is_met, runs))} of {counted(len(runs), what)}, "
    said += f"{steps.count(Verdict.MET)} of {counted(len(steps), 'step')}"
    broken = sum(isinstance(run, BrokenRun) for run in runs)
    return f"{said}, {broken} broken off" if broken else said


def since(began: datetime, at: datetime) -> str:
    """How long after the beginning, to the millisecond, such as "0:05:00.001" and "1 day, 0:00:00.000"."""
    span = at - began
    milliseconds = span // timedelta(milliseconds=1) % 1000
    return f"{timedelta(days=span.days, seconds=span.seconds)}.{milliseconds:03}"
