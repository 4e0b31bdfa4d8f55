"""Finished runs as a summary in Markdown, for tickets, wikis and the pages of a CI server."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from simulator.report.answers import answer_in_words
from simulator.report.matrices import Matrix, matrices_of
from simulator.report.printable import printable
from simulator.report.result import BrokenRun, Failure, Run, RunResult, StepResult, Verdict
from simulator.report.totals import MARKS, figures, is_met, totals


def to_markdown(runs: Sequence[Run]) -> str:
    """What was not met first and in full, then every run with its steps and who trusts whom in the end."""
    if len(runs) == 1:
        return _joined(_run(runs[0], "#"))
    mark = MARKS[Verdict.MET if all(map(is_met, runs)) else Verdict.NOT_MET]
    parts = [f"# {mark}: {totals(runs)}", table(["", "scenario", "file", ""], map(_line, runs))]
    for run in sorted(runs, key=is_met):
        parts += _run(run, "##")
    return _joined(parts)


def _joined(parts: Sequence[str] | Iterator[str]) -> str:
    return "\n\n".join(parts) + "\n"


def _line(run: Run) -> list[str]:
    said = figures(run) if isinstance(run, RunResult) else "broken off"
    return ["✓" if is_met(run) else "✗", text_of(run.name), text_of(run.told_file), said]


def _run(run: Run, level: str) -> Iterator[str]:
    if isinstance(run, BrokenRun):
        yield f"{level} ✗ {text_of(run.name)}"
        yield f"**broken off** in {text_of(run.told_file)}"
        yield _verbatim(run.error)
        return
    yield f"{level} {'✓' if is_met(run) else '✗'} {text_of(run.name)}"
    yield f"**{MARKS[run.verdict]}**: {figures(run)}, in {text_of(run.told_file)}"
    for step in run.steps:
        for failure in step.failures:
            yield f"**{text_of(failure.place(run.file))}**, step {step.number}: {text_of(step.text)}"
            yield _verbatim(_details(failure))
    yield table(["line", "step", "what became of it", "expected"], map(_step, run.steps))
    for matrix in matrices_of(run):
        yield f"**{text_of(matrix.title)}**"
        yield _matrix(matrix)
    if run.replay:
        yield f"In virtual time, journal {run.fingerprint}, again with:"
        yield _verbatim(run.replay)


def _step(step: StepResult) -> list[str]:
    return [str(step.line), text_of(step.text), text_of(step.outcome), MARKS[step.verdict]]


def _matrix(matrix: Matrix) -> str:
    rows = [[text_of(name), *map(text_of, cells)] for name, cells in matrix.rows]
    return table([text_of(matrix.corner), *map(text_of, matrix.columns)], rows)


def _details(failure: Failure) -> str:
    told = {"wanted": failure.wanted, "seen": failure.seen, "why": failure.explanation}
    told |= {f"answer of {name}": answer_in_words(answer) for name, answer in failure.responses.items()}
    return "\n".join(f"{name}: {words}" for name, words in told.items() if words)


def table(head: Sequence[str], rows: Iterator[list[str]] | Sequence[list[str]]) -> str:
    """A table, of cells that are Markdown already."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))


_MEANT = re.compile(r"[\\`*\[\]<|~$@&#]|:(?=[\w+-]+:)|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
"""What Markdown, HTML or a dialect of them takes for more than text, wherever it stands in a line."""


def text_of(text: str) -> str:
    """The text in one line in which nothing is markup; what is so at the beginning of a line is not looked at."""
    return _MEANT.sub(lambda found: f"&#{ord(found[0])};", " ".join(printable(text).split()))


def _verbatim(text: str) -> str:
    """The text as it is, in a block that it cannot end."""
    text = printable(text)
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", text))])
    return f"{fence}text\n{text}\n{fence}"
