"""Who follows a run, and what they are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from simulator.report.result import StepResult


@dataclass(frozen=True, slots=True)
class Standing:
    """How a run stands at the moment."""

    passed: timedelta
    """Since the instances were up, in fleet time."""
    in_flight: int
    """Envelopes of which their recipients have said nothing yet."""
    refused: int


class Progress(Protocol):
    """Who follows a run."""

    def begins(self, number: int, line: int, text: str) -> None:
        """A step begins; *number* counts from 1."""
        ...

    def ended(self, step: StepResult) -> None:
        """A step has ended."""
        ...

    def moved(self, standing: Callable[[], Standing]) -> None:
        """An instance has done something; how the run stands is looked up for who asks, which takes its time."""
        ...


class Unfollowed:
    """The progress of a run that nobody follows."""

    def begins(self, number: int, line: int, text: str) -> None:
        """See Progress.begins."""

    def ended(self, step: StepResult) -> None:
        """See Progress.ended."""

    def moved(self, standing: Callable[[], Standing]) -> None:
        """See Progress.moved."""
