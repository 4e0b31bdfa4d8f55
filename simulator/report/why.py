"""Why one instance may send another something or not, and what an instance may do to all others, for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table that has to do with it, or that there is none."""

    instance: str
    title: str
    """What people call the table."""
    found: str
    """The row in words; empty: there is none."""
    since: str
    """Since when that is so, and what has led to it."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one side has against it."""

    instance: str
    code: str
    explanation: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether one thing is allowed, and why."""

    what: str
    """The application, capability and operation; or the application whose data is shared."""
    needs: str
    """What has to be so for it."""
    refused: tuple[Said, ...]
    """None: it is allowed. The first is whose word ends it."""
    rows: tuple[Row, ...]


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


@dataclass(frozen=True, slots=True)
class Reach:
    """One thing that an instance may do to others, or get from them."""

    is_got: bool
    what: str
    operation: str
    peers: tuple[str, ...]
    effect: str


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
