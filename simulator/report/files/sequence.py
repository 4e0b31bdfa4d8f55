"""The rows of a sequence diagram: the steps of a run, and between them what passed."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.report.arrows import Arrow, Fate, arrows_of
from simulator.report.result import RunResult, StepResult, Verdict


def rows_of(result: RunResult) -> Iterator[StepResult | Arrow]:
    """Each step before what it has led to; otherwise in the order of fleet time."""
    arrows = arrows_of(result)
    at = 0
    for step in result.steps:
        while at < len(arrows) and _is_before(arrows[at], step):
            yield arrows[at]
            at += 1
        yield step
    yield from arrows[at:]


def lanes_of(result: RunResult) -> list[str]:
    """The instances, and then whoever else is named as the sender or recipient of anything."""
    named = [name for arrow in arrows_of(result) for name in (arrow.sender, arrow.recipient)]
    return list(dict.fromkeys([*result.instances, *named]))


def _is_before(arrow: Arrow, step: StepResult) -> bool:
    return arrow.at < step.began or (arrow.at == step.began and arrow.step < step.number)


def label_of(row: StepResult | Arrow) -> str:
    """What stands at a row: of a step also what is not as expected, of an arrow also what became of it."""
    if isinstance(row, Arrow):
        if row.fate is Fate.PROCESSED:
            return row.what
        return f"{row.what}: {row.fate}{f' ({row.code})' if row.code else ''}"
    said = f"step {row.number}, line {row.line}: {row.text}"
    if row.verdict is Verdict.MET:
        return said
    wrong = "; ".join(f"wanted {failure.wanted}, seen {failure.seen}" for failure in row.failures)
    return f"✗ {said}: {wrong}"
