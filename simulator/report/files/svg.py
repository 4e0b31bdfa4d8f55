"""Finished runs as sequence diagrams in one SVG: a lane for each instance, a row for each step and arrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width
from xml.etree import ElementTree as Xml

from simulator.report.arrows import Arrow, Fate
from simulator.report.files.markup import as_xml
from simulator.report.files.sequence import label_of, lanes_of, rows_of
from simulator.report.printable import printable
from simulator.report.result import BrokenRun, Run, StepResult, Verdict
from simulator.report.totals import MARKS, figures, since

_ROW, _LANE, _LEFT, _MARGIN = 28, 150, 150, 12
"""Pixels: the height of a row, from lane to lane, to the first lane (times stand before it), and around all."""

_LETTER = 6.6
"""Pixels of a letter, as of the font that is asked for; of others it is about that."""

_LOOP = 26
"""Pixels from a lane to the turn of what stays there."""

_STYLE = """
svg { --back: #fff; --ink: #1b1f24; --dim: #667; --band: #eef1f5; --met: #1a6b34; --not: #b3261e; --odd: #8a5a00 }
@media (prefers-color-scheme: dark) {
  svg { --back: #15181c; --ink: #e6e9ee; --dim: #98a; --band: #242a31 }
  svg { --met: #6fd08c; --not: #ff8a80; --odd: #f0c060 }
}
text { font: 11px ui-monospace, Menlo, Consolas, monospace; fill: var(--ink); white-space: pre }
.back { fill: var(--back) } .band { fill: var(--band) } .time { fill: var(--dim) }
.name, .step { font-weight: bold } .over { text-anchor: middle }
.lane { stroke: var(--dim); stroke-width: 1; stroke-dasharray: 1 3 }
.label { paint-order: stroke; stroke: var(--back); stroke-width: 3px }
.line { fill: none; stroke-width: 1.5 } .dashed { stroke-dasharray: 5 3 }
.met { stroke: var(--met) } .not { stroke: var(--not) } .odd { stroke: var(--odd) }
text.met, text.not { stroke: none } text.met { fill: var(--met) } text.not { fill: var(--not) }
"""

_CLASSES = {
    Fate.PROCESSED: "met",
    Fate.REFUSED: "not",
    Fate.REPEATED: "odd dashed",
    Fate.UNREADABLE: "not dashed",
    Fate.EXPIRED: "odd",
    Fate.LOST: "not dashed",
}

_ENDS = {
    Fate.PROCESSED: "M-8-4L0 0L-8 4",
    Fate.REFUSED: "M-9-4L-1 4M-9 4L-1-4",
    Fate.REPEATED: "M-8-4L0 0L-8 4M-13-4L-5 0L-13 4",
    Fate.UNREADABLE: "M-9-4H-1V4H-9Z",
    Fate.EXPIRED: "M-9 0A4 4 0 1 0-1 0A4 4 0 1 0-9 0",
    Fate.LOST: "M-9-4L-1 4M-9 4L-1-4M-1-4V4",
}
"""What each fate has at the head of its arrow, drawn from left to right: told apart without their colours."""


@dataclass(frozen=True, slots=True)
class _Drawing:
    """A run, and where it begins."""

    top: int
    run: Run
    rows: Sequence[StepResult | Arrow]
    lanes: dict[str, int]
    """Where the lane of each instance is."""

    @classmethod
    def of(cls, run: Run, top: int) -> _Drawing:
        """A run's, from that height on."""
        if isinstance(run, BrokenRun):
            return cls(top, run, (), {})
        lanes = {name: _LEFT + _LANE // 2 + number * _LANE for number, name in enumerate(lanes_of(run))}
        return cls(top, run, list(rows_of(run)), lanes)

    @property
    def bottom(self) -> int:
        """Where it ends."""
        return self.top + (len(self.rows) + 4) * _ROW


def to_svg(runs: Sequence[Run]) -> str:
    """The diagrams, one below the other, in colours for light and dark."""
    drawings, top = list[_Drawing](), _MARGIN
    for run in runs:
        drawings.append(_Drawing.of(run, top))
        top = drawings[-1].bottom
    width = max([_LEFT, *map(_width, drawings)]) + _MARGIN
    height = top + _MARGIN
    root = Xml.Element("svg", xmlns="http://www.w3.org/2000/svg", role="img", width=str(width), height=str(height),
                       viewBox=f"0 0 {width} {height}")  # fmt: skip
    Xml.SubElement(root, "title").text = "; ".join(run.name for run in runs)
    Xml.SubElement(root, "style").text = _STYLE
    Xml.SubElement(root, "rect", {"class": "back", "width": str(width), "height": str(height)})
    for drawing in drawings:
        _draw(root, drawing, width)
    return as_xml(root)


def _draw(root: Xml.Element, it: _Drawing, width: int) -> None:
    y = it.top + _ROW // 2
    _write(root, _MARGIN, y, it.run.name, "name")
    if isinstance(it.run, BrokenRun):
        _write(root, _MARGIN, y + _ROW, f"broken off: {_in_one_line(it.run.error)}", "not")
        return
    style = "met" if it.run.verdict is Verdict.MET else "not"
    _write(root, _MARGIN, y + _ROW, f"{MARKS[it.run.verdict]}: {figures(it.run)}", style)
    for name, x in it.lanes.items():
        head = Xml.SubElement(root, "g")
        Xml.SubElement(head, "title").text = name
        _write(head, x, y + 2 * _ROW, _cut(name), "name over")
        lane = {"class": "lane", "x1": str(x), "x2": str(x)}
        Xml.SubElement(root, "line", lane, y1=str(y + 2 * _ROW + 6), y2=str(it.bottom - _ROW))
    for number, row in enumerate(it.rows, 3):
        at = y + number * _ROW
        if isinstance(row, Arrow):
            _write(root, _MARGIN, at, since(it.run.began, row.at), "time")
            _draw_arrow(root, row, it.lanes, at)
        else:
            height = {"y": str(at - 15), "height": str(_ROW - 6)}
            Xml.SubElement(root, "rect", {"class": "band", "width": str(width), **height})
            _write(root, _MARGIN, at, label_of(row), "step" if row.verdict is Verdict.MET else "step not")


def _draw_arrow(root: Xml.Element, arrow: Arrow, lanes: dict[str, int], y: int) -> None:
    group = Xml.SubElement(root, "g", {"class": f"arrow {arrow.fate}"})
    said = label_of(arrow) + (f"\n{arrow.explanation}" if arrow.explanation else "")
    Xml.SubElement(group, "title").text = f"{arrow.sender} to {arrow.recipient}: {said}"
    start, end = lanes[arrow.sender], lanes[arrow.recipient]
    turn = -1 if end < start else 1
    if arrow.is_inside:
        path, turn, end = f"M{start} {y - 4}H{start + _LOOP}V{y + 5}H{start + 2}", -1, start + 2
        y_of_head = y + 5
    else:
        if arrow.arrived_at is None:  # it gets no further
            end -= turn * _LANE // 4
        path, y_of_head = f"M{start} {y + 5}H{end}", y + 5
    style = _CLASSES[arrow.fate]
    Xml.SubElement(group, "path", {"class": f"line {style}", "d": path})
    head = {"class": f"line {style.removesuffix(' dashed')}", "d": _ENDS[arrow.fate]}
    Xml.SubElement(group, "path", head, transform=f"translate({end} {y_of_head}) scale({turn} 1)")
    _write(group, _place_of_label(arrow, lanes), y, label_of(arrow), "label")


def _place_of_label(arrow: Arrow, lanes: dict[str, int]) -> int:
    if arrow.is_inside:
        return lanes[arrow.sender] + _LOOP + 6
    return min(lanes[arrow.sender], lanes[arrow.recipient]) + 8


def _width(it: _Drawing) -> int:
    texts = [(_MARGIN, it.run.name), (_LEFT + _LANE * len(it.lanes), "")]
    texts += [
        (_place_of_label(row, it.lanes) if isinstance(row, Arrow) else _MARGIN, label_of(row)) for row in it.rows
    ]
    if isinstance(it.run, BrokenRun):
        texts.append((_MARGIN, f"broken off: {_in_one_line(it.run.error)}"))
    return max(round(x + _LETTER * _letters(text)) for x, text in texts)


def _letters(text: str) -> int:
    return len(text) + sum(east_asian_width(sign) in "WF" for sign in text)


def _cut(name: str) -> str:
    """What fits above a lane; the rest is told to who points at it."""
    most = round((_LANE - 12) / _LETTER)
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _in_one_line(text: str) -> str:
    return " ".join(printable(text).split())


def _write(parent: Xml.Element, x: int, y: int, text: str, style: str) -> None:
    element = Xml.SubElement(parent, "text", {"class": style, "x": str(x), "y": str(y)})
    element.text = _in_one_line(text)
