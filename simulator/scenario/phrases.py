"""Durations and lists of names, as sentences about scenarios have them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

_LISTED = 4


def duration_in_words(span: timedelta) -> str:
    """A duration as a scenario file writes it."""
    seconds = span.total_seconds()
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:.6f}".rstrip("0").rstrip(".") + "s"


def listed(names: Sequence[str]) -> str:
    """Names as a person lists them: a, b and c; of more than four only the first are named."""
    if len(names) > _LISTED:
        names = [*names[: _LISTED - 1], f"{len(names) - _LISTED + 1} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
