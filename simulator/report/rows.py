"""Rows of a table for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

_TITLES = ("number", "name", "user_name", "label", "sys_id")
"""What people call a record by, the first that it has."""

_UNSAID = {"sys_id", "sys_mod_count", "sys_domain_path", "sys_class_name"}

Row = Mapping[str, str | int | None]


def rows_report(rows: Sequence[Row], domain_names: Mapping[str, str]) -> RenderableType:
    """Each record with what it holds; empty fields and the file's bookkeeping are left out."""
    if not rows:
        return Text("no rows", style="dim")
    return Group(
        *(part for row in rows for part in (_heading(row), Padding(_fields(row, domain_names), (0, 0, 0, 4))))
    )


def _heading(row: Row) -> Text:
    title = next((str(row[name]) for name in _TITLES if row.get(name)), "")
    heading = Text(title, style="bold")
    if kind := row.get("sys_class_name"):
        heading.append(f"  {kind}", style="not bold dim")
    if row.get("sys_id") not in (None, title):
        heading.append(f"  {row['sys_id']}", style="not bold dim")
    return heading


def _fields(row: Row, domain_names: Mapping[str, str]) -> Text:
    shown = {name: value for name, value in row.items() if value not in (None, "") and name not in _UNSAID}
    if "sys_domain" in shown:
        shown["sys_domain"] = domain_names.get(str(shown["sys_domain"]), shown["sys_domain"])
    pairs = [Text.assemble((f"{name} ", "dim"), str(value)) for name, value in shown.items()]
    return Text(", ").join(pairs)
