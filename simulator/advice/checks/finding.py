"""One thing that is wrong: as a check says it, and as it is reported with its place and what mends it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from simulator.catalogue.codes import MEANING_BY_CODE
from simulator.scenario.reading.place import DataPath


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """Something will be refused, or has no effect."""
    WARNING = "warning"
    """It works, and probably not as it is meant."""
    NOTE = "note"
    """Worth knowing; also what would be an error if the scenario did not expect it."""


@dataclass(frozen=True, slots=True)
class Objection:
    """The answer of a check that has found something."""

    code: str
    """One of the catalogue: a refusal code where the finding is what leads to that refusal."""
    found: str
    severity: Severity = Severity.ERROR
    path: DataPath | None = None
    """Where it is; None: at the step that the check was asked about."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    code: str
    """Stable: one of `simulator.catalogue`."""
    severity: Severity
    file: str
    line: int
    column: int
    found: str
    remedy: str
    """Who does what, and where."""

    @classmethod
    def at(cls, place: tuple[str, int, int], code: str, severity: Severity, found: str) -> Finding:
        """With the remedy that the catalogue has for the code; *place* is file, line and column."""
        return cls(str(code), severity, *place, found, MEANING_BY_CODE[code].remedy)

    @property
    def place(self) -> str:
        """Where it is; the records of an instance's file have no lines, and their line is 0."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file
