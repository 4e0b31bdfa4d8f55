"""A table or view of instances, as a grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from simulator.report.shown import Shown
from simulator.report.terminal.rows import rows_report
from simulator.report.views import VIEWS, View


def shown_report(where: str, shown: Sequence[Shown]) -> RenderableType:
    """Each table under the name of its instance."""
    parts: list[RenderableType] = [Text(where, style="dim")]
    for one in shown:
        title = VIEWS[one.view].title if one.view else one.table
        parts += [Text(), Text(f"{one.instance}: {title}", style="bold")]
        parts.append(_grid(VIEWS[one.view], one.read) if one.view and one.read else rows_report(one.read))
        if one.more:
            parts.append(Text("and more; --limit says how many are shown", style="dim"))
    return Group(*parts)


def _grid(view: View, rows: Sequence[Mapping[str, str]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in view.columns:
        table.add_column(column.label, overflow="fold")
    for row in sorted([column.read(row) for column in view.columns] for row in rows):
        table.add_row(*map(Text, row))
    return table
