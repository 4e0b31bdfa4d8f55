"""How long a source's word counts: the Effective Duration of a data refresh rule."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a duration has no time zone
_STORED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_SHOWN = re.compile(r"(?:(?P<days>\d{1,9})\s+)?(?P<hours>\d+):(?P<minutes>\d\d):(?P<seconds>\d\d)")
_NUMBER = re.compile(r"\d{1,9}(?:\.\d+)?")


def parse(text: str | None) -> timedelta:
    """Read a duration: a number is days, as the texts do not name a unit and the product shows days first.

    Also read are the two forms that the product has for durations: `15 08:00:00` as it shows one, and
    `1970-01-16 08:00:00` as it stores one, counted from the beginning of 1970. Of a text that only begins well,
    such as `15 x`, the beginning counts; nothing, or garbage, is 0 ("Create a data refresh rule").
    """
    text = (text or "").strip()
    if _STORED.match(text):
        try:
            return max(datetime.fromisoformat(text[:19]) - _EPOCH, timedelta(0))
        except ValueError:
            return timedelta(0)
    shown = _SHOWN.match(text)
    if shown:
        hours, minutes, seconds = (int(shown[name]) for name in ("hours", "minutes", "seconds"))
        return timedelta(days=int(shown["days"] or 0), hours=hours % 10**9, minutes=minutes, seconds=seconds)
    number = _NUMBER.match(text)
    return timedelta(days=float(number[0])) if number else timedelta(0)


def is_past(duration: timedelta, since: str | None, now: str) -> bool:
    """Whether *duration* has passed; both times as records keep them, and one that cannot be read is long ago."""
    try:
        return datetime.fromisoformat(now) - datetime.fromisoformat(since or "") >= duration
    except (TypeError, ValueError):  # someone wrote another thing there, or a time with a zone
        return True
