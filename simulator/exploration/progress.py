"""What a sweep has come to so far, in a file: with it one that was broken off goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from pydantic import TypeAdapter, ValidationError

from simulator.errors import Problem, ScenarioError
from simulator.exploration.storms import WeatherProfile
from simulator.report.naming import with_combination
from simulator.report.result import SeedResult
from simulator.report.seeds import Seeds
from simulator.scenario.reading.load import LoadedScenario

_RESULT = TypeAdapter(SeedResult)

_LONGEST_HEAD = 10_000
"""Bytes in which another file is known to be none."""


class SweepFile:
    """A line for the sweep that it is, and one for each seed, in order."""

    def __init__(self, file: BinaryIO, known: Seeds) -> None:
        self._file = file
        self.known = known
        """The seeds that were in it from the start."""

    def add(self, result: SeedResult) -> None:
        """Adds a line for the next seed."""
        self._file.write(_RESULT.dump_json(result, exclude_defaults=True) + b"\n")
        self._file.flush()


@contextmanager
def sweep_file(
    path: Path, loaded: LoadedScenario, weather: WeatherProfile, first_seed: int
) -> Iterator[SweepFile]:
    """The file of this very sweep, new or begun. Raises ScenarioError for one of another, and for another file."""
    said = json.dumps(
        {
            "sweep": with_combination(loaded.scenario.name, loaded.combination),
            "scenario": sha256(repr(loaded.source.data).encode()).hexdigest(),
            "weather": sha256(repr(weather).encode()).hexdigest(),
            "first_seed": first_seed,
        }
    )
    try:
        with path.open("a+b") as file:
            file.seek(0)
            head = file.readline(_LONGEST_HEAD)
            if head and head.strip() != said.encode():
                raise _wrong(path, 1, "it is not of this sweep: of another scenario, weather or first seed")
            if not head:
                file.write(said.encode() + b"\n")
            known, end = _whole_lines(path, file)
            file.truncate(end)  # who is killed may leave half a line
            yield SweepFile(file, known)
    except OSError as error:
        raise _wrong(path, 1, f"it cannot be used: {error.strerror}") from error


def _whole_lines(path: Path, file: BinaryIO) -> tuple[Seeds, int]:
    """The results that there are, and where the last one ends."""
    known, end = Seeds(), file.tell()
    while (line := file.readline()).endswith(b"\n"):
        try:
            known.append(_RESULT.validate_json(line))
        except ValidationError as error:
            raise _wrong(path, len(known) + 2, "expected the result of a seed") from error
        end = file.tell()
    return known, end


def _wrong(path: Path, line: int, message: str) -> ScenarioError:
    return ScenarioError([Problem(str(path), line, 1, f"{message}; name another file to begin anew")])
