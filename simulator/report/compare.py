"""Two runs of one scenario, held against each other."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from simulator.journal import Entry, Outcome
from simulator.refusal import UNAUTHENTIC
from simulator.report.result import RunResult


def first_difference(one: RunResult, other: RunResult) -> tuple[Entry | None, Entry | None] | None:
    """The first two entries in which the journals differ; None when they are the same to the last."""
    for first, second in zip_longest(one.journal, other.journal):
        if first != second:
            return first, second
    return None


def differences(one: RunResult, other: RunResult) -> Iterator[str]:
    """Where a run on a broker and one in virtual time differ, although they must not.

    Times differ, and so does the order between envelopes of different channels. Verdicts, what became of each
    step, final tables, and the journal of each channel are the same.
    """
    for first, second in zip_longest(one.steps, other.steps):
        if first is None or second is None or (first.verdict, first.outcome) != (second.verdict, second.outcome):
            step = first or second
            assert step is not None
            yield f"step {step.number}, {step.text}: {_of_step(first)}, but {_of_step(second)}"
    for instance, tables in one.tables.items():
        for table in dict.fromkeys([*tables, *other.tables[instance]]):
            rows, others = tables.get(table, []), other.tables[instance].get(table, [])
            if sorted(map(content, rows)) != sorted(map(content, others)):
                yield f"{table} on {instance}: {rows}, but {others}"
    channels, others_channels = _channels(one), _channels(other)
    for channel in dict.fromkeys([*channels, *others_channels]):
        if channels[channel] != others_channels[channel]:
            instance, sender, application = channel
            yield (
                f"the journal of {instance} about {sender} and {application}: {channels[channel]}, "
                f"but {others_channels[channel]}"
            )


_DRAWN = frozenset({"envelope", "request"})
"""Columns with ids that derive from an instance's key, which a run on a broker draws."""


_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
"""As work notes say when something was done."""


def content(row: Mapping[str, Any]) -> str:
    """What must be the same of a row, as text."""
    return _TIME.sub("(time)", str({name: value for name, value in row.items() if name not in _DRAWN}))


def _of_step(step: object) -> str:
    return f"{getattr(step, 'verdict', 'missing')} {getattr(step, 'outcome', '')}".rstrip()


def _channels(result: RunResult) -> dict[tuple[str, str, str], list[str]]:
    """What each instance journalled of each channel, in order.

    Copies that end no envelope, such as repeats, depend on the network and are left out.
    """
    channels: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for entry in result.journal:
        if entry.outcome not in {Outcome.DUPLICATE, Outcome.UNREADABLE} and entry.code not in UNAUTHENTIC:
            code = f" ({entry.code})" if entry.code else ""
            channels[entry.instance, entry.sender, entry.application].append(f"{entry.kind} {entry.outcome}{code}")
    return channels
