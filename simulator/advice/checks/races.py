"""What may still be on its way when a scenario takes a step that does not wait for it, without running it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from simulator.advice.checks.finding import Objection, Severity
from simulator.scenario import model
from simulator.scenario.judging.traffic import noun_of
from simulator.scenario.model import OutcomeExpectation, Scenario, Step
from simulator.scenario.running.waiting import is_to_be_processed


@dataclass(frozen=True, slots=True)
class _Moving:
    """One message that a step has set going."""

    kind: str
    line: int
    recipient: str
    application: str

    def in_words(self) -> str:
        return f"The {noun_of(self.kind)} of line {self.line} may still be on its way to {self.recipient}."


class Races:
    """Follows the steps of a scenario in their order."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._moving: list[_Moving] = []

    def left(self, step: Step) -> Iterator[Objection]:
        """What may be on its way to where the step looks; nothing where it waits for that."""
        if self._waits(step):
            self._moving.clear()
        concerned, application = _looks_at(step)
        moving = [it for it in self._moving if it.recipient in concerned and application in {None, it.application}]
        severity = Severity.NOTE if _is_meant(step) else Severity.WARNING
        for words in dict.fromkeys(it.in_words() for it in moving):
            yield Objection("race_left", words, severity)

    def taken(self, step: Step, line: int, reached: Iterable[tuple[str, str]]) -> None:
        """The step is taken; *reached* are the instances that a sync is for, each with the application."""
        self._moving += [_Moving(kind, line, to, application) for kind, to, application in _posts(step, reached)]
        if isinstance(step.expect, list) and any(one.within is None for one in step.expect):
            self._moving.clear()  # an expectation waits until nothing is due any more

    def _waits(self, step: Step) -> bool:
        if step.advance is not None or step.settle is not None:
            return True
        return not step.at_once and is_to_be_processed(self._scenario, step)


def _is_meant(step: Step) -> bool:
    """Whether the author knows of the race: the step says so, or expects that it is lost."""
    return step.at_once or isinstance(step.expect, OutcomeExpectation)


def _looks_at(step: Step) -> tuple[set[str], str | None]:
    """The instances whose tables decide on the step, and the application that it is about; None for any."""
    match getattr(step, step.verb):
        case model.SendStep() as it:
            return {*it.sender, *it.to}, it.application
        case list() as names if step.verb in {"stop", "kill"}:
            return set(names), None
        case model.SnapshotStep() as it:
            return {it.on}, None
        case model.ManagerAnswerStep() | model.SyncTrustProfilesStep() as it:
            return ({it.on} if isinstance(it.on, str) else set(it.on)), None
        case _:
            return set(), None


def _posts(step: Step, reached: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """The kind, the recipient and the application of each message that the step sets going to build trust."""
    match getattr(step, step.verb):
        case model.NameManagerStep() as it:
            yield "manager_designation", it.manager, it.application
        case model.DeleteManagedStep() as it:
            yield from (("management_ended", name, it.application) for name in it.instances)
        case model.RequestManagementStep() as it:
            yield from (("management_request", name, it.application) for name in it.instances)
        case model.ManagerAnswerStep() as it:
            kind = "management_revoked" if step.verb == "delete_manager" else "management_decision"
            yield kind, it.manager, it.application
        case model.SyncTrustProfilesStep():
            yield from (("trust_profile_sync", *pair) for pair in reached)
        case model.DeleteTrustRecordStep() as it:
            yield from (("trust_removed", name, it.application) for name in it.trustee)
        case model.CreateTrustRecordStep() as it:
            yield from (("trust_granted", name, it.application) for name in it.trustee)
