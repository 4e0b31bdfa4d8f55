"""The fleet's time: the wall clock, moved forward by what a scenario has advanced; and clocks that are off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import ceil

from simulator.runtime.faults import ClockSkew

MICROSECOND = timedelta(microseconds=1)

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""When every run in virtual time begins, and what a clock that is off is reckoned from."""


class FleetClock:
    """Tells fleet time in one process; the fleet tells every process of each advance."""

    def __init__(self, advanced: timedelta = timedelta(0)) -> None:
        self.advanced = advanced
        """How far this clock is ahead of the wall clock; only grows."""

    def now(self) -> datetime:
        """Fleet time, in UTC."""
        return datetime.now(UTC) + self.advanced  # noqa: TID251 - the one place that reads the wall clock


class SkewedClock:
    """What an instance's own clock makes of fleet time: both in microseconds, own = rate * fleet + ahead."""

    def __init__(self) -> None:
        self._skews: dict[int, tuple[float, float]] = {}
        """The rate and the offset that each skew adds."""
        self._rate, self._ahead = 1.0, 0.0

    def begin(self, number: int, skew: ClockSkew, now: int) -> None:
        """The clock is off from now on."""
        self._skews[number] = (skew.drift, skew.ahead / MICROSECOND - skew.drift * now)
        self._add_up()

    def end(self, number: int) -> None:
        """The skew is over; the clock may step back."""
        self._skews.pop(number, None)
        self._add_up()

    def _add_up(self) -> None:
        self._rate = 1.0 + sum(rate for rate, _ in self._skews.values())
        self._ahead = sum(ahead for _, ahead in self._skews.values())

    def own(self, fleet: int) -> int:
        """What this clock shows at that fleet time."""
        return fleet if not self._skews else round(self._rate * fleet + self._ahead)

    def fleet(self, own: int) -> int:
        """The first fleet time at which this clock shows that time."""
        return own if not self._skews else ceil((own - self._ahead) / self._rate) + 1

    def begin_at(self, number: int, skew: ClockSkew, now: datetime) -> None:
        """The clock is off from that date and time on."""
        self.begin(number, skew, (now - EPOCH) // MICROSECOND)

    def own_datetime(self, fleet: datetime) -> datetime:
        """What this clock shows at that fleet time, as a date and time."""
        return EPOCH + self.own((fleet - EPOCH) // MICROSECOND) * MICROSECOND

    def fleet_datetime(self, own: datetime) -> datetime:
        """The first fleet time at which this clock shows that date and time."""
        return EPOCH + self.fleet((own - EPOCH) // MICROSECOND) * MICROSECOND
