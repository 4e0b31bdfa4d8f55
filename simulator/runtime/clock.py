"""The fleet's time: the wall clock, moved forward by what a scenario has advanced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FleetClock:
    """Tells fleet time in one process; the fleet tells every process of each advance."""

    def __init__(self, advanced: timedelta = timedelta(0)) -> None:
        self.advanced = advanced
        """How far this clock is ahead of the wall clock; only grows."""

    def now(self) -> datetime:
        """Fleet time, in UTC."""
        return datetime.now(UTC) + self.advanced  # noqa: TID251 - the one place that reads the wall clock
