"""A result as a table, for a terminal and for a Markdown page."""

from __future__ import annotations

from dataclasses import dataclass, field

import rich.table


@dataclass
class Table:
    """Rows of text under a title; `note` says how they were measured."""

    title: str
    columns: tuple[str, ...]
    note: str
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def rich(self) -> rich.table.Table:
        """For the terminal."""
        table = rich.table.Table(title=self.title, caption=self.note, title_justify="left", caption_justify="left")
        for number, column in enumerate(self.columns):
            table.add_column(column, justify="left" if number < 2 else "right")
        for row in self.rows:
            table.add_row(*row)
        return table

    def markdown(self) -> str:
        """For the README."""
        lines = [self.columns, tuple("---" if number < 2 else "---:" for number in range(len(self.columns)))]
        table = "\n".join(f"| {' | '.join(row)} |" for row in [*lines, *self.rows])
        return f"\n{self.title}\n\n{table}\n\n{self.note}\n"
