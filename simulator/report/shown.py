"""A table or view of instances, by the product's labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.report.views import VIEWS


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


def as_objects(shown: Sequence[Shown]) -> list[dict[str, Any]]:
    """The same for programs."""
    return [{"instance": one.instance, "view": one.view, "table": one.table, "rows": one.rows} for one in shown]
