"""One thing that is wrong with a topology, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """Something will be refused, or has no effect."""
    WARNING = "warning"
    """It works, and probably not as it is meant."""
    NOTE = "note"
    """Worth knowing; also what would be an error if the scenario did not expect it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    code: str
    """Stable: a refusal code where the finding is what leads to it, else one of `simulator.trust.findings`."""
    severity: Severity
    file: str
    line: int
    column: int
    found: str
    remedy: str
    """Who does what, and where."""

    @property
    def place(self) -> str:
        """Where it is; the records of an instance's file have no lines, and their line is 0."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file
