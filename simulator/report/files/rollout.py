"""A roll-out as a checklist in Markdown: what people enter, ask for, wait for and look at, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from simulator.report.files.markdown import table, text_of
from simulator.report.numbers import counted


class Kind(StrEnum):
    """What somebody has to do."""

    ENTRY = "entry"
    TICKET = "ticket"
    WAIT = "wait"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Task:
    """One line of the checklist."""

    kind: Kind
    instance: str
    """Where; empty for a wait."""
    role: str
    """Who; empty where anybody can."""
    text: str
    line: int | None = None
    """Of the scenario's file; None for what it takes for granted."""
    lasts: timedelta = timedelta(0)
    """Of a wait."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """All tasks, in three parts."""

    name: str
    file: str
    before: tuple[Task, ...]
    steps: tuple[Task, ...]
    after: tuple[Task, ...]
    left_out: tuple[tuple[int, str], ...]
    """The lines of steps that belong to a rehearsal alone, each with what it is."""
    objections: tuple[tuple[int, str], ...]
    """The lines of what will be refused, each with why."""

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All of them."""
        return (*self.before, *self.steps, *self.after)


def rollout_markdown(rollout: Rollout) -> str:
    """The checklist; tasks are numbered through."""
    parts = [f"# Roll-out: {text_of(rollout.name)}", _totals(rollout), _people(rollout)]
    if rollout.objections:
        parts.append(f"## What fails as it stands\n\n{_by_line(rollout.objections)}")
    number = 1
    for title, tasks in (
        ("Before the first entry", rollout.before),
        ("Step by step", rollout.steps),
        ("At the end", rollout.after),
    ):
        if tasks:
            parts += [f"## {title}", "\n".join(_line(each, task) for each, task in enumerate(tasks, number))]
        number += len(tasks)
    if rollout.left_out:
        parts.append(f"## Left out, as only a rehearsal does it\n\n{_by_line(rollout.left_out)}")
    return "\n\n".join(parts) + "\n"


def _by_line(said: Sequence[tuple[int, str]]) -> str:
    return "\n".join(f"- line {line}: {text_of(what)}" for line, what in said)


def _totals(rollout: Rollout) -> str:
    numbers = {kind: sum(task.kind is kind for task in rollout.tasks) for kind in Kind}
    waits = sum((task.lasts for task in rollout.tasks), timedelta(0))
    said = [
        counted(numbers[Kind.ENTRY], "entry", "entries"),
        counted(numbers[Kind.TICKET], "ticket"),
        counted(numbers[Kind.CHECK], "check"),
        f"{hours(waits)} of waiting",
    ]
    return f"From {text_of(rollout.file)}: {', '.join(said)}."


def hours(span: timedelta) -> str:
    """A span as people plan it: hours and minutes."""
    minutes = round(span.total_seconds() / 60)
    parts = [f"{minutes // 60} h"] if minutes >= 60 else []
    return " ".join([*parts, *([f"{minutes % 60} min"] if minutes % 60 or not parts else [])])


def _people(rollout: Rollout) -> str:
    """Who has how much to do on which instance, and which tasks these are."""
    of: dict[tuple[str, str], list[tuple[int, Task]]] = {}
    for number, task in enumerate(rollout.tasks, 1):
        if task.kind is not Kind.WAIT:
            of.setdefault((task.instance, task.role), []).append((number, task))
    rows = [
        [
            text_of(instance),
            text_of(role) or "who looks at it",
            str(sum(task.kind is Kind.ENTRY for _, task in tasks) or ""),
            str(sum(task.kind is Kind.TICKET for _, task in tasks) or ""),
            _numbers([number for number, _ in tasks]),
        ]
        for (instance, role), tasks in of.items()
    ]
    return table(["instance", "role", "entries", "tickets", "tasks"], rows)


def _numbers(numbers: Sequence[int]) -> str:
    """Numbers with those that follow on each other drawn together: 1, 4-6."""
    return ", ".join(f"{first}-{last}" if last > first else str(first) for first, last in _runs(numbers))


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    first = last = numbers[0]
    for number in numbers[1:]:
        if number > last + 1:
            yield first, last
            first = number
        last = number
    yield first, last


def _line(number: int, task: Task) -> str:
    place = f" (line {task.line})" if task.line is not None else ""
    if task.kind is Kind.WAIT:
        return f"- [ ] {number}. Wait {hours(task.lasts)}: {text_of(task.text)}{place}"
    who = f" ({text_of(task.role)})" if task.role else ""
    ticket = "Now Support ticket: " if task.kind is Kind.TICKET else ""
    return f"- [ ] {number}. **{text_of(task.instance)}**{who}: {ticket}{text_of(task.text)}{place}"
