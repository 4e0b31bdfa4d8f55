"""What happens in a fleet, told to every page that looks at it, as server-sent events.

    begin  the run as it stands when the fleet is up (simulator.report.files.page), and where everything is
    news   what is to be added to it

All pages are told the same from the first on. Each is written to at its own speed: a slow one only falls behind.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from typing import Any

from simulator.journal import Alteration, Entry
from simulator.report.arrows import Archer
from simulator.report.files.page import News, codes_of, milliseconds
from simulator.report.result import StepResult

MOST_AT_ONCE = 256 * 1024
"""Bytes that are handed to a page in one go."""


class Feed:
    """Keeps what was told of a *run* from its beginning; used on one event loop."""

    def __init__(self, run: Mapping[str, Any]) -> None:
        self._archer = Archer()
        self._news = News()
        self._told: list[bytes] = []
        self._more = asyncio.Event()
        self._tell("begin", run)

    def happened(
        self,
        at: datetime,
        entries: Sequence[Entry],
        steps: Sequence[StepResult],
        alterations: Sequence[Alteration],
        about: Mapping[str, Any],
    ) -> None:
        """Something has happened; *about* is what else has become of the fleet."""
        for step in steps:
            self._archer.step(step)
        news = self._news.of([self._archer.entry(entry) for entry in entries], steps, alterations)
        codes = codes_of(entry.code for entry in entries)
        self._tell("news", {**news, "at": milliseconds(at), "codes": codes, **about})

    def _tell(self, event: str, data: Mapping[str, Any]) -> None:
        text = json.dumps(data, separators=(",", ":"), default=str)
        self._told.append(f"event: {event}\ndata: {text}\n\n".encode())
        self._more.set()
        self._more = asyncio.Event()

    async def follow(self) -> AsyncGenerator[bytes]:
        """All that was told, and then what is told, as it comes."""
        place = 0
        while True:
            more = self._more
            while place < len(self._told):
                first, size = place, 0
                while place < len(self._told) and (size == 0 or size + len(self._told[place]) <= MOST_AT_ONCE):
                    size += len(self._told[place])
                    place += 1
                yield b"".join(self._told[first:place])
            await more.wait()
