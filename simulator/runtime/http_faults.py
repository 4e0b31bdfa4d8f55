"""What faults make of requests to one instance: they wait, are refused, or come too often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from simulator.protocol.http import Request, Response
from simulator.rest import errors
from simulator.runtime.faults import HttpFault

_HOUR = timedelta(hours=1)


class HttpFaults:
    """The faults that last, and how often the instance was asked within the hour."""

    def __init__(self) -> None:
        self._faults: dict[int, HttpFault] = {}
        self._hour: datetime | None = None
        self._asked = 0
        """How often within that hour."""

    def begin(self, number: int, fault: HttpFault) -> None:
        """The fault lasts from now on."""
        self._faults[number] = fault

    def end(self, number: int) -> None:
        """The fault is over."""
        self._faults.pop(number, None)

    @property
    def delay(self) -> timedelta:
        """How much longer an answer takes."""
        return sum((fault.delay for fault in self._faults.values()), timedelta(0))

    def refuse(self, request: Request, now: datetime) -> Response | None:
        """The answer in the place of the instance's own; None: it answers itself.

        The limit is by the full hour of the instance's clock, as the product counts.
        """
        statuses = [fault.status for fault in self._faults.values() if fault.status is not None]
        if statuses:
            return errors.RestError(statuses[-1], _phrase(statuses[-1]), "A fault of the simulation").response()
        rates = [fault.rate for fault in self._faults.values() if fault.rate is not None]
        if not rates:
            return None
        hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        if hour != self._hour:
            self._hour, self._asked = hour, 0
        self._asked += 1
        if self._asked <= min(rates):
            return None
        return errors.too_often(min(rates), request.path, hour + _HOUR, now).response()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
