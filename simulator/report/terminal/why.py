"""Why something is allowed or not, row by row, and how far an instance reaches."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from simulator.report.why import Answer, Reach


def why_report(where: str, sender: str, recipient: str, answers: Sequence[Answer]) -> RenderableType:
    """Each answer with its rows, and with what would change it."""
    parts: list[RenderableType] = [Text(where, style="dim")]
    for answer in answers:
        parts += [Text(), _heading(answer, sender, recipient), Padding(_rows(answer), (0, 0, 0, 2))]
        parts += [Padding(Text(said.explanation), (0, 0, 0, 2)) for said in answer.refused]
    return Group(*parts)


def _heading(answer: Answer, sender: str, recipient: str) -> Text:
    heading = Text.assemble((f"{sender} -> {recipient}  {answer.what}\n", "bold"))
    if answer.refused:
        said = answer.refused[0]
        heading.append(f"✗ refused ({said.code}) by {said.instance}", style="bold red")
    else:
        heading.append("✓ allowed", style="green")
    return heading.append(f": {answer.needs}", style="dim")


def _rows(answer: Answer) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold", style="dim")
    for row in answer.rows:
        table.add_row(row.instance, Text(f"{row.title}: {row.found or 'no such row'}"), Text(row.since))
    return table


def reach_report(where: str, instance: str, reaches: Sequence[Reach]) -> RenderableType:
    """First what it may do, then what it gets."""
    parts: list[RenderableType] = [Text(where, style="dim")]
    for is_got, title in (
        (False, f"What {instance} may do to others"),
        (True, f"What {instance} gets from others"),
    ):
        of = [reach for reach in reaches if reach.is_got is is_got]
        parts += [Text(), Text(title, style="bold"), _reaches(of) if of else Text("nothing", style="dim")]
    return Group(*parts)


def _reaches(reaches: Sequence[Reach]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("application > capability", "operation", "instances", "what that means"):
        table.add_column(column, overflow="fold")
    for reach in reaches:
        table.add_row(Text(reach.what), Text(reach.operation), Text(", ".join(reach.peers)), Text(reach.effect))
    return table
