"""Rows of a table, one below the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

_TITLES = ("number", "name", "user_name", "label", "sys_id")
"""What people call a record by, the first that it has."""

_UNSAID = {"sys_id", "sys_mod_count", "sys_created_by", "sys_updated_by", "sys_domain_path", "sys_class_name"}

Row = Mapping[str, str]


def rows_report(rows: Sequence[Row]) -> RenderableType:
    """Each record with what it holds, as people read it; the file's bookkeeping is left out."""
    if not rows:
        return Text("no rows", style="dim")
    return Group(*(part for row in rows for part in (_heading(row), Padding(_fields(row), (0, 0, 0, 4)))))


def _heading(row: Row) -> Text:
    title = next((row[name] for name in _TITLES if row.get(name)), "")
    heading = Text(title, style="bold")
    if kind := row.get("sys_class_name"):
        heading.append(f"  {kind}", style="not bold dim")
    if row.get("sys_id") not in (None, title):
        heading.append(f"  {row['sys_id']}", style="not bold dim")
    return heading


def _fields(row: Row) -> Text:
    shown = {name: value for name, value in row.items() if name not in _UNSAID}
    pairs = [Text.assemble((f"{name} ", "dim"), value) for name, value in shown.items()]
    return Text(", ").join(pairs)
