"""What a scenario claims of its whole run: what holds always, never, eventually and sometimes.

`always` and `never` are looked at after every step of every instance they are about, in virtual time, and on a
broker as often as the run looks at the fleet. `eventually` is waited for when the steps are over and all faults
have ended. `sometimes` must have happened in at least one seed of a sweep, so that a sweep cannot hold only
because nothing ever happens in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from simulator.report.result import Failure, Sighting, StepResult
from simulator.runtime.fleet import Fleet
from simulator.scenario.judging.expect import Check, check_of, in_words, instances_of, per_instance
from simulator.scenario.judging.fates import Fate
from simulator.scenario.judging.mismatch import Mismatch
from simulator.scenario.model import Expectation
from simulator.scenario.reading.load import LoadedScenario
from simulator.scenario.reading.place import DataPath


@dataclass(slots=True)
class _Claim:
    """One claim, and what has been seen of it so far."""

    kind: str
    expectation: Expectation
    path: DataPath
    checks: list[tuple[Sequence[str], Check]] = field(default_factory=list)
    """Whom each is about, nobody in particular where that is empty, and what looks at them."""
    failure: Failure | None = None
    is_seen: bool = False


class Claims:
    """Watches one run; *read* brings what *fates* tells of messages up to date for one instance."""

    def __init__(
        self,
        loaded: LoadedScenario,
        fleet: Fleet,
        fates: Callable[[str], list[Fate]],
        read: Callable[[str], None],
    ) -> None:
        self._loaded = loaded
        self._fleet = fleet
        self._read = read
        self._began_at: datetime | None = None
        self._where = ""
        self._claims = [
            _Claim(kind, expectation, (kind, index))
            for kind in ("always", "never", "sometimes")
            for index, expectation in enumerate(getattr(loaded.scenario, kind))
        ]
        for claim in self._claims:
            parts = per_instance(claim.expectation) if claim.kind == "never" else [claim.expectation]
            claim.checks = [(instances_of(part), check_of(part, fleet, fates)) for part in parts]

    def step_begins(self, number: int, line: int) -> None:
        """Which step of the scenario the fleet is in from now on."""
        self._began_at = self._began_at or self._fleet.now()
        self._where = f"step {number} (line {line})"

    def look(self, instance: str) -> None:
        """One instance may have changed."""
        for claim in self._claims:
            if claim.failure is None and not claim.is_seen:
                for about, check in claim.checks:
                    if not about:
                        self._read(instance)
                    if not about or instance in about:
                        self._look_at(claim, check)

    def look_everywhere(self) -> None:
        """Any instance may have changed."""
        if self._claims:
            for instance in self._loaded.scenario.instances:
                self.look(instance)

    def _look_at(self, claim: _Claim, check: Check) -> None:
        mismatch = check()
        match claim.kind:
            case "sometimes":
                claim.is_seen = mismatch is None
            case "always" if mismatch is not None and not mismatch.is_early:
                claim.failure = self._failure(claim, f"always {mismatch.wanted}", mismatch.seen)
            case "never" if mismatch is None:
                claim.failure = self._failure(claim, f"never {in_words(claim.expectation)}", "it holds")

    def _failure(self, claim: _Claim, wanted: str, seen: str) -> Failure:
        assert self._began_at is not None, "instances take no steps before the first step begins"
        after = str(self._fleet.now() - self._began_at)
        seen = f"{seen}, {after} after the first step, in {self._where}"
        return Mismatch(wanted, seen).as_failure(self._loaded, claim.path)

    def results(self, first_number: int) -> list[StepResult]:
        """One for each claim, as the last steps of a report."""
        return [
            StepResult(
                number=number,
                line=self._loaded.line(*claim.path),
                text=f"{claim.kind}: {in_words(claim.expectation)}",
                outcome=_outcome(claim),
                reasons=(),
                failures=(claim.failure,) if claim.failure else (),
                began=self._began_at or self._fleet.now(),
                ended=self._fleet.now(),
                seconds=0.0,
            )
            for number, claim in enumerate(self._claims, start=first_number)
        ]

    def sightings(self) -> tuple[Sighting, ...]:
        """What is claimed to happen sometimes, and whether it has."""
        return tuple(
            Sighting(self._loaded.line(*claim.path), in_words(claim.expectation), claim.is_seen)
            for claim in self._claims
            if claim.kind == "sometimes"
        )


def _outcome(claim: _Claim) -> str:
    if claim.kind == "sometimes":
        return "seen" if claim.is_seen else "not seen in this run"
    return "does not hold" if claim.failure else "held throughout"
