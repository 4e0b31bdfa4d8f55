"""Finished runs in the Test Anything Protocol, version 14: a subtest for each, with a test for each step."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from simulator.report.answers import answer_in_words
from simulator.report.printable import printable, printable_json
from simulator.report.result import NOT_RUN, BrokenRun, Failure, Run, StepResult, UnbegunRun
from simulator.report.totals import is_met

_INDENT = "    "


def to_tap(runs: Sequence[Run | UnbegunRun]) -> str:
    """The whole of it, plan first."""
    lines = ["TAP version 14", f"1..{len(runs)}"]
    for number, run in enumerate(runs, 1):
        lines += _run(number, run)
    return "\n".join(lines) + "\n"


def _run(number: int, run: Run | UnbegunRun) -> Iterator[str]:
    title = _text(f"{run.name} ({run.told_file})")
    if isinstance(run, UnbegunRun):
        yield f"ok {number} - {title} # SKIP {NOT_RUN}"
        return
    if isinstance(run, BrokenRun):
        yield f"not ok {number} - {title}"
        yield from _diagnostics([{"message": run.error, "file": run.file}])
        return
    yield f"# Subtest: {title}"
    yield f"{_INDENT}1..{len(run.steps)}"
    for step in run.steps:
        yield from (f"{_INDENT}{line}" for line in _step(run.file, step))
    yield f"{'ok' if is_met(run) else 'not ok'} {number} - {title}"


def _step(file: str, step: StepResult) -> Iterator[str]:
    yield f"{'not ok' if step.failures else 'ok'} {step.number} - {_text(step.text)}"
    yield from _diagnostics([_details(file, failure) for failure in step.failures])


def _details(file: str, failure: Failure) -> Mapping[str, object]:
    details: dict[str, object] = {
        "message": f"wanted {failure.wanted}; seen {failure.seen}",
        "at": {"file": failure.file or file, "line": failure.line},
        "wanted": failure.wanted,
        "seen": failure.seen,
    }
    if failure.explanation:
        details["why"] = failure.explanation
    if failure.responses:
        details["answers"] = {name: answer_in_words(answer) for name, answer in failure.responses.items()}
    return details


def _diagnostics(told: Sequence[Mapping[str, object]]) -> Iterator[str]:
    """A block of YAML, whose values are written as JSON: no text can end it."""
    if told:
        yield "  ---"
        for details in told if len(told) == 1 else [{"failures": told}]:
            yield from (
                f"  {key}: {printable_json(json.dumps(value, ensure_ascii=False))}"
                for key, value in details.items()
            )
        yield "  ..."


def _text(text: str) -> str:
    """A description in one line, with no directive in it; a number at its beginning stays one of its own."""
    return re.sub(r"[\\#]", r"\\\g<0>", " ".join(printable(text).split()))
