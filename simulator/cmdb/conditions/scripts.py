"""The scripts that clients put into queries: a handful of calls, looked up here; nothing is ever run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from simulator.cmdb.conditions import periods

PREFIX = "javascript:"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and when."""

    user: str
    user_id: str
    now: datetime

    @property
    def at(self) -> datetime:
        """The time in UTC, without saying so."""
        return self.now.astimezone(UTC).replace(tzinfo=None)


_CALL = re.compile(r"\s*gs\.(\w+)\(([^()]*)\)\s*;?\s*")
_AGO = re.compile(r"(days|minutes)Ago(Start|End)")
_PERIOD = re.compile(r"(beginning|end)Of(This|Last|Next)?(Today|Yesterday|Tomorrow|Week|Month|Quarter|Year)")
_DISTANCE = {None: 0, "This": 0, "Last": -1, "Next": 1, "Today": 0, "Yesterday": -1, "Tomorrow": 1}
_MOST_DAYS = 1_000_000


def value_of(text: str, asker: Asker) -> str | None:
    """What a script says, with `javascript:` before it or not; None for one that is not among those known."""
    call = _CALL.fullmatch(text.removeprefix(PREFIX))
    if call is None:
        return None
    name, arguments = call[1], [each.strip().strip("'\"") for each in call[2].split(",")]
    try:
        return _value(name, arguments, asker)
    except (OverflowError, ValueError):
        return None


def _value(name: str, arguments: list[str], asker: Asker) -> str | None:
    match name, arguments:
        case "getUserID", [""]:
            return asker.user_id
        case "getUserName", [""]:
            return asker.user
        case "dateGenerate", [day, time]:
            at = periods.read(f"{day} {_TIMES.get(time, time)}")
            return None if at is None else periods.write(at)
        case "datePart", [part, value, operator]:
            return f"{part},{value},{operator}"
    if (ago := _AGO.fullmatch(name)) and len(arguments) == 1:
        return _ago(ago[1].removesuffix("s"), int(arguments[0]), ago[2], asker)
    if (period := _PERIOD.fullmatch(name)) and arguments == [""]:
        return _of_period(period[1], period[2], period[3], asker)
    return None


_TIMES = {"start": "00:00:00", "end": "23:59:59"}


def _ago(unit: str, number: int, edge: str, asker: Asker) -> str | None:
    if abs(number) > _MOST_DAYS:
        return None
    first, last = periods.period(unit, periods.moved(asker.at, unit, -number))
    return periods.write(first if edge == "Start" else last)


def _of_period(edge: str, which: str | None, name: str, asker: Asker) -> str | None:
    unit = "day" if name in _DISTANCE else name.lower()
    if (unit == "day") is (which is not None):
        return None
    distance = _DISTANCE[name] if unit == "day" else _DISTANCE[which]
    first, last = periods.period(unit, periods.moved(periods.start_of(unit, asker.at), unit, distance))
    return periods.write(first if edge == "beginning" else last)
