"""The results of a sweep in little room: of a seed that held nothing is kept but its journal's hash."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import overload

from simulator.report.result import SeedResult, SeedVerdict, Sighting

_HASH = 32
"""Bytes of a SHA-256."""


class Seeds(Sequence[SeedResult]):
    """Results in the order in which they were added: 44 bytes for one that held, all of one that did not."""

    def __init__(self) -> None:
        self._numbers = array("q")
        self._hashes = bytearray()
        self._seen = array("i")
        """Of each its sightings, as a place among those that there have been; -1 for one that is kept whole."""
        self._sightings: list[tuple[Sighting, ...]] = []
        self._place_by_sightings: dict[tuple[Sighting, ...], int] = {}
        self._whole: dict[int, SeedResult] = {}
        """By their places."""

    def append(self, result: SeedResult) -> None:
        """Adds one."""
        if result.verdict is SeedVerdict.HELD:
            place = self._place_by_sightings.setdefault(result.sightings, len(self._sightings))
            if place == len(self._sightings):
                self._sightings.append(result.sightings)
            self._seen.append(place)
            self._hashes += bytes.fromhex(result.fingerprint)
        else:
            self._whole[len(self._numbers)] = result
            self._seen.append(-1)
            self._hashes += bytes(_HASH)
        self._numbers.append(result.seed)

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> SeedResult: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[SeedResult]: ...

    def __getitem__(self, index: int | slice) -> SeedResult | Sequence[SeedResult]:
        if isinstance(index, slice):
            return [self._at(place) for place in range(len(self))[index]]
        return self._at(range(len(self))[index])

    def _at(self, place: int) -> SeedResult:
        if place in self._whole:
            return self._whole[place]
        return SeedResult(
            seed=self._numbers[place],
            verdict=SeedVerdict.HELD,
            broken=(),
            failures=(),
            fingerprint=self._hashes[place * _HASH : (place + 1) * _HASH].hex(),
            sightings=self._sightings[self._seen[place]],
        )
