"""Drift: line by line, by application."""

from __future__ import annotations

from collections import defaultdict

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from simulator.report.drift import Drift, DriftLine, DriftState

_STYLE = {DriftState.SYNCED: "green", DriftState.MANUAL: "cyan"}


def drift_report(drift: Drift) -> RenderableType:
    """One line for each relation, item and record, by application, and the sum of it."""
    parts: list[RenderableType] = [
        Text.assemble((drift.directory, "bold"), (f"\n{len(drift.instances)} instances", "dim")),
        Text(),
    ]
    lines_by_application: dict[str, list[DriftLine]] = defaultdict(list)
    for line in drift.lines:
        lines_by_application[line.application].append(line)
    width = max((len(line.state) for line in drift.lines), default=0)
    for application, lines in lines_by_application.items():
        parts += [Text(application, style="bold"), _table(lines, width), Text()]
    return Group(*parts, Text(drift.summary, style="bold"))


def _table(lines: list[DriftLine], width: int) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=width)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for line in lines:
        what = Text(f"{line.subject} {line.verb} {line.object}")
        detail = Text(f"{line.capability} {line.version}".strip())
        if line.detail:
            detail.append(f"{': ' if line.capability else ''}{line.detail}")
        table.add_row(Text(line.state, style=_STYLE.get(line.state, "bold red")), what, detail)
    return Padding(table, (0, 0, 0, 2))
