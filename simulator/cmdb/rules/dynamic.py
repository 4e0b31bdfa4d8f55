"""Choosing among the values that sources report, whoever reports them ("Create a dynamic reconciliation rule")."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from math import isfinite

from simulator.cmdb.records import Record


class Choice(StrEnum):
    """The types of dynamic rules."""

    FIRST = "first reported"
    LAST = "last reported"
    MOST = "most reported"
    LARGEST = "largest value"
    SMALLEST = "smallest value"

    @classmethod
    def of(cls, text: str) -> Choice:
        """Read a type, as its label or as a name: `Most reported`, `largest_value`. Raises ValueError."""
        wanted = text.strip().lower().replace("_", " ")
        for each in cls:
            if wanted in (each.value, each.value.split(maxsplit=1)[0], f"{each.value} value"):
                return each
        names = ", ".join(each.value for each in cls)
        raise ValueError(f"expected a type of dynamic reconciliation rule, got {text!r}; there are: {names}")


def choose(choice: Choice, reports: Iterable[Record]) -> Record | None:
    """The report whose value the CI gets, of rows of `cmdb_multisource_data` about one attribute of it.

    A source counts once, with what it said last; one that says nothing does not count. First reported is the value
    of the source that was the first to report the attribute, even where it has changed its mind since: the texts
    leave that open. Ties go to the value that was reported last, then discovered last, then updated last.
    """
    told = sorted((each for each in reports if each.get("value")), key=_recency)
    if not told:
        return None
    match choice:
        case Choice.FIRST:
            return min(told, key=lambda each: each.get("sys_created_on") or "")
        case Choice.LAST:
            return told[-1]
        case Choice.MOST:
            count = Counter(each["value"] for each in told)
            return max(reversed(told), key=lambda each: count[each["value"]])
        case Choice.LARGEST | Choice.SMALLEST:
            return _extreme(told, is_largest=choice is Choice.LARGEST)


def _extreme(told: list[Record], *, is_largest: bool) -> Record:
    """The largest or smallest; as numbers where all are numbers, otherwise as text."""
    pick = max if is_largest else min
    values = [each["value"] or "" for each in told]
    numbers = [_number(value) for value in values]
    wanted = pick(values) if None in numbers else pick(each for each in numbers if each is not None)
    ranks: list[str] | list[float | None] = values if None in numbers else numbers
    return next(each for each, rank in zip(reversed(told), reversed(ranks), strict=True) if rank == wanted)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


def _recency(report: Record) -> tuple[str, ...]:
    """When the source last reported it, discovered the CI, and was noted; the name makes an order of the rest."""
    names = ("updated_on", "last_discovered", "sys_updated_on", "discovery_source")
    return tuple(report.get(name) or "" for name in names)
