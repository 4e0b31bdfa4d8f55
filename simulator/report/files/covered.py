"""Coverage as people and programs read it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from textwrap import wrap

from simulator.report.coverage import OF_THE_PRODUCT, Coverage, Point, coverage_of
from simulator.report.files.machine import as_json
from simulator.report.files.markdown import table, text_of
from simulator.report.result import Kind, Run

_WIDTH = 100
"""Of a line with many names."""

_ONE = {
    Kind.ITEM: "profile item",
    Kind.RECORD: "trust record",
    Kind.OPERATION: "operation",
    Kind.ENTRY: "identification entry",
    Kind.RULE: "reconciliation rule",
}


def in_lines(coverage: Coverage) -> Iterator[str]:
    """A table for a terminal, and what is not exercised, each with its place."""
    yield f"{'coverage of trust':<24} {'exercised':>10}"
    for kind, points in coverage.by_kind:
        number = f"{_exercised(points)} of {len(points)}"
        yield f"{kind:<24} {number:>10}{'' if kind in OF_THE_PRODUCT else f'  {_share(points)}'}"
    yield f"{'of what is defined':<24} {'':>10}  {_percent(coverage.percent)}"
    yield from (f"not exercised: {_place(point)}{_named(point)}" for point in _missing(coverage))
    for kind, names in _not_met(coverage):
        yield from _wrapped(f"{kind} not met: ", names)


def to_markdown(coverage: Coverage) -> str:
    """The same for tickets and pages."""
    rows = [[str(kind), str(_exercised(points)), str(len(points))] for kind, points in coverage.by_kind]
    parts = ["# Coverage of trust", table(["what", "exercised", "of"], rows)]
    parts.append(f"**{_percent(coverage.percent)}** of what is defined.")
    if missing := [f"- {text_of(_place(point) + _named(point))}" for point in _missing(coverage)]:
        parts.append("\n".join(missing))
    return "\n\n".join(parts) + "\n"


def to_json(coverage: Coverage) -> str:
    """Every point, and the numbers by kind."""
    kinds = {str(kind): {"exercised": _exercised(points), "of": len(points)} for kind, points in coverage.by_kind}
    points = list(map(asdict, coverage.points))
    return as_json({"percent": round(coverage.percent, 2), "kinds": kinds, "points": points})


def read(text: str) -> Coverage:
    """What `to_json` has written."""
    points = [{**point, "kind": Kind(point["kind"])} for point in json.loads(text)["points"]]
    return Coverage(tuple(Point(**point) for point in points))


def objection(coverage: Coverage, least: float | None) -> str:
    """Why it is not enough; empty where it is."""
    if least is None or coverage.percent >= least:
        return ""
    return f"coverage {_percent(coverage.percent)} is under {least:g} %"


# -- beside the runs ------------------------------------------------------------------------------------


def markdown_with(runs: Sequence[Run]) -> str:
    """The runs in Markdown, and what they have exercised."""
    from simulator.report.files.markdown import to_markdown as runs_to_markdown

    return f"{runs_to_markdown(runs)}\n{to_markdown(coverage_of(runs))}"


def page_with(runs: Sequence[Run]) -> str:
    """The page of the runs, with what they have exercised."""
    from simulator.report.files.page import Section, to_html

    coverage = coverage_of(runs)
    numbers = [(str(kind), _exercised(points), len(points)) for kind, points in coverage.by_kind]
    said = f"{_percent(coverage.percent)} of what is defined."
    sections = [Section("Coverage of trust", ("what", "exercised", "of"), numbers, said)]
    if missing := [(_place(point).removesuffix(": "), _named(point)) for point in _missing(coverage)]:
        sections.append(Section("Not exercised", ("where", "what"), missing))
    sections += [
        Section(f"{kind} not met", ("name",), [(name,) for name in names]) for kind, names in _not_met(coverage)
    ]
    return to_html(runs, sections)


# -- words ----------------------------------------------------------------------------------------------


def _wrapped(head: str, names: Sequence[str]) -> Iterator[str]:
    """Lines that break between names and not within them."""
    unbroken = [name.replace(" ", "\N{NO-BREAK SPACE}") for name in names]
    for line in wrap(head + ", ".join(unbroken), _WIDTH, subsequent_indent="  "):
        yield line.replace("\N{NO-BREAK SPACE}", " ")


def _exercised(points: Sequence[Point]) -> int:
    return sum(point.is_exercised for point in points)


def _missing(coverage: Coverage) -> list[Point]:
    """What is defined and not exercised."""
    return [point for point in coverage.points if not point.is_exercised and point.kind not in OF_THE_PRODUCT]


def _not_met(coverage: Coverage) -> Iterator[tuple[Kind, list[str]]]:
    """The states and codes that the product has and nothing has met."""
    for kind in OF_THE_PRODUCT:
        if names := [point.name for point in coverage.of(kind) if not point.is_exercised]:
            yield kind, names


def _named(point: Point) -> str:
    return f"{_ONE[point.kind]} {point.name}{f' ({point.note})' if point.note else ''}"


def _place(point: Point) -> str:
    if not point.file:
        return ""
    return f"{point.file}:{point.line}: " if point.line else f"{point.file}: "


def _share(points: Sequence[Point]) -> str:
    return _percent(100 * _exercised(points) / len(points))


def _percent(share: float) -> str:
    """Rounded down: all is only all."""
    return f"{int(share)} %"
