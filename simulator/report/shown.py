"""A table or view of instances for a person, by the product's labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from simulator.report.rows import rows_report
from simulator.report.views import VIEWS, View


@dataclass(frozen=True, slots=True)
class Shown:
    """One table or view of one instance."""

    instance: str
    table: str
    view: str | None
    """The name of the view; None: the table itself."""
    rows: Sequence[Mapping[str, Any]]
    """By value, but for instances, which have their names."""
    read: Sequence[Mapping[str, str]]
    """The same as people read them; what is empty is left out."""
    more: bool = False
    """Whether there are more than these."""


def fits(view: str | None, row: Mapping[str, str], where: Mapping[str, str | None]) -> bool:
    """Whether people read these values in the columns of these names, in whichever case."""
    columns = {column.name: column for column in VIEWS[view].columns} if view else {}
    return all(
        (columns[name].read(row) if name in columns else row.get(name, "")).casefold() == (value or "").casefold()
        for name, value in where.items()
    )


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


def as_objects(shown: Sequence[Shown]) -> list[dict[str, Any]]:
    """The same for programs."""
    return [{"instance": one.instance, "view": one.view, "table": one.table, "rows": one.rows} for one in shown]
