"""Times as a user reads and writes them, in the user's time zone and format; records keep them in UTC."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from simulator.cmdb.classes.columns import Column, Type
from simulator.cmdb.records import Record

ZONE, DATE, TIME = "glide.sys.default.tz", "glide.sys.date_format", "glide.sys.time_format"
"""The properties that say it for users who do not."""

USED = frozenset({"time_zone", "date_format", "time_format"})
"""The fields of a user that say it."""

_KEPT_DATE, _KEPT_TIME = "%Y-%m-%d", "%H:%M:%S"
_KEPT = f"{_KEPT_DATE} {_KEPT_TIME}"

_OF_TIME = (Type.DATE_TIME, Type.DATE)

_LETTERS = {
    "yyyy": "%Y", "yy": "%y", "MM": "%m", "dd": "%d", "HH": "%H", "hh": "%I", "mm": "%M", "ss": "%S", "a": "%p",
}  # fmt: skip
"""What the letters of a format stand for."""

_RUN = re.compile(r"([A-Za-z])\1*")


@dataclass(frozen=True, slots=True)
class Times:
    """How a user reads times."""

    zone: tzinfo = UTC
    date: str = _KEPT_DATE
    time: str = _KEPT_TIME

    @classmethod
    def of(cls, user: Record, properties: Mapping[str, str]) -> Times:
        """What the user's record says, otherwise the instance's properties; what is no such thing says nothing."""
        dates = (user.get("date_format"), properties.get(DATE))
        times = (user.get("time_format"), properties.get(TIME))
        return cls(
            next((zone for name in (user.get("time_zone"), properties.get(ZONE)) if (zone := _zone(name))), UTC),
            next((found for text in dates if (found := _format(text))), _KEPT_DATE),
            next((found for text in times if (found := _format(text))), _KEPT_TIME),
        )

    def shown(self, column: Column, values: Sequence[str]) -> list[str]:
        """Values of the column as the user reads them."""
        if column.type not in _OF_TIME:
            return [column.shown(value) for value in values]
        return list(values) if self == AS_KEPT else [self._shown(column, value) for value in values]

    def _shown(self, column: Column, value: str) -> str:
        """A time; a day is the same in every time zone."""
        try:
            at = datetime.fromisoformat(value)
            if column.type is Type.DATE:
                return at.strftime(self.date)
            return at.replace(tzinfo=UTC).astimezone(self.zone).strftime(f"{self.date} {self.time}")
        except (ValueError, OverflowError):  # empty, or at the end of time
            return value

    def read(self, column: Column, text: str) -> str:
        """What the user has written for the column, in the form that the column reads; other texts stay."""
        if column.type is Type.DATE:
            day = _parsed(text, self.date)
            return text if day is None else day.strftime(_KEPT_DATE)
        if column.type is not Type.DATE_TIME:
            return text
        at = _parsed(text, f"{self.date} {self.time}") or _parsed(text, self.date) or _written(text)
        if at is None or at.tzinfo is not None:
            return text
        try:
            return at.replace(tzinfo=self.zone).astimezone(UTC).strftime(_KEPT)
        except OverflowError:
            return text


AS_KEPT = Times()
"""In UTC, as records keep them."""


def _zone(name: str | None) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (LookupError, ValueError, OSError):
        return None


def _format(text: str | None) -> str | None:
    """The format in Python's words; None for one with letters that stand for nothing here."""
    runs = [run[0] for run in _RUN.finditer(text or "")]
    if not runs or any(run not in _LETTERS for run in runs) or "%" in (text or ""):
        return None
    return _RUN.sub(lambda run: _LETTERS[run[0]], text or "")


def _parsed(text: str, format_: str) -> datetime | None:
    try:
        return datetime.strptime(text.strip(), format_)  # noqa: DTZ007 - the zone is the user's
    except ValueError:
        return None


def _written(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return None
