"""One thing that is not as a scenario expects it, and the failure that this is in a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.report.result import Failure
from simulator.scenario.reading.load import LoadedScenario
from simulator.scenario.reading.place import DataPath


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What was wanted and what was seen instead."""

    wanted: str
    seen: str
    explanation: str = ""
    is_open: bool = False
    """Whether something was still due when the wait was over."""
    is_early: bool = False
    """Whether there is nothing yet that could be as wanted."""
    responses: Mapping[str, Any] = field(default_factory=dict)
    """By instance: what its CMDB has answered, where that is not as wanted."""

    def as_failure(self, loaded: LoadedScenario, path: DataPath) -> Failure:
        """A failure of the expectation that stands there."""
        place = loaded.place(*path)
        return Failure(
            line=place.line,
            file="" if place.within is None else place.file,
            path=path,
            wanted=self.wanted,
            seen=self.seen,
            explanation=self.explanation,
            is_open=self.is_open,
            responses=self.responses,
        )
