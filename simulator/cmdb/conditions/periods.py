"""Spans of time as queries speak of them: the day of a time, the week before, a Monday; all in UTC."""

from __future__ import annotations

from datetime import datetime, timedelta

_FORM = "%Y-%m-%d %H:%M:%S"
_LENGTHS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "dayofweek": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NAMES = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip

_SECOND = timedelta(seconds=1)


def read(text: str) -> datetime | None:
    """A time as records keep it, or the beginning of a day; None for anything else."""
    try:
        return datetime.strptime(text if " " in text else f"{text} 00:00:00", _FORM)  # noqa: DTZ007 - all are UTC
    except ValueError:
        return None


def write(at: datetime) -> str:
    """A time as records keep it."""
    return f"{at:{_FORM}}"


def start_of(unit: str, at: datetime) -> datetime:
    """The beginning of the minute, day, week (Monday) and so on in which a time is."""
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    match unit:
        case "minute":
            return at.replace(second=0, microsecond=0)
        case "hour":
            return at.replace(minute=0, second=0, microsecond=0)
        case "week":
            return day - timedelta(days=day.weekday())
        case "month" | "quarter" | "year":
            months = _MONTHS[unit]
            return day.replace(month=(day.month - 1) // months * months + 1, day=1)
        case _:
            return day


def moved(at: datetime, unit: str, number: int) -> datetime:
    """The time as many units later, or earlier; of a shorter month the last day. Raises OverflowError."""
    if unit in _LENGTHS:
        return at + number * _LENGTHS[unit]
    years, month = divmod(at.month - 1 + number * _MONTHS[unit], 12)
    if not 1 <= at.year + years <= 9999:
        raise OverflowError(f"there is no year {at.year + years}")
    first = at.replace(year=at.year + years, month=month + 1, day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1) if first.year < 9999 else first
    return first.replace(day=min(at.day, max(last.day, 28)))


def period(unit: str, at: datetime) -> tuple[datetime, datetime]:
    """The first and the last second of the unit in which a time is. Raises OverflowError."""
    start = start_of(unit, at)
    return start, moved(start, unit, 1) - _SECOND


def is_same(one: str, other: str, unit: str) -> bool:
    """Whether two times are in the same unit; what is no time is in none."""
    first, second = read(one), read(other)
    return first is not None and second is not None and start_of(_one(unit), first) == start_of(_one(unit), second)


def is_apart(have: str, other: str, operator: str, span: str) -> bool:
    """Whether a time is more (MORETHAN) or less (LESSTHAN) than `day@before@1` away from another."""
    unit, direction, number = span.split("@")
    first, second = read(have), read(other)
    if first is None or second is None:
        return False
    is_before = direction == "before"
    try:
        limit = moved(second, _one(unit), -int(number) if is_before else int(number))
    except OverflowError:
        return operator == "LESSTHAN"
    if operator == "MORETHAN":
        return first < limit if is_before else first > limit
    return limit < first <= second if is_before else second <= first < limit


def has_part(text: str, wanted: str) -> bool:
    """Whether a time has a part such as `dayofweek,monday,ee`: EE equal, GT, GE, LT, LE."""
    at = read(text)
    part, _, rest = wanted.partition(",")
    value, _, operator = rest.partition(",")
    number = _number(part, value)
    if at is None or number is None:
        return False
    have = _part(part, at)
    return {"ee": have == number, "gt": have > number, "ge": have >= number,
            "lt": have < number, "le": have <= number}.get(operator, False)  # fmt: skip


def _part(part: str, at: datetime) -> int:
    return {
        "dayofweek": at.weekday(),
        "month": at.month,
        "quarter": (at.month + 2) // 3,
        "week": at.isocalendar().week,
        "year": at.year,
        "hour": at.hour,
    }.get(part, -1)


def _number(part: str, value: str) -> int | None:
    """The number of a day or month by its name, or as it is written."""
    if part == "dayofweek":
        return _DAYS.index(value) if value in _DAYS else None
    if part == "month" and value in _NAMES:
        return _NAMES.index(value) + 1
    return int(value) if value.isascii() and value.isdigit() and len(value) < _MOST_DIGITS else None


_MOST_DIGITS = 9


def _one(unit: str) -> str:
    """`day` for `days`."""
    return unit.removesuffix("s")
