"""Which steps wait until what earlier steps have set going has arrived."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from simulator.journal import Outcome
from simulator.scenario.model import (
    Expectation,
    JournalExpectation,
    MessageExpectation,
    OutcomeExpectation,
    Scenario,
    Step,
)


def is_to_be_processed(scenario: Scenario, step: Step) -> bool:
    """Whether a step acts, and its author counts on its being processed.

    Of a message nothing is expected unless the file says so, here or where its name comes up; an administrator
    counts on it unless the file says otherwise.
    """
    match step.expect:
        case _ if step.request is not None:
            return True
        case _ if not step.has_outcome:  # what goes wrong does so in the middle of everything
            return False
        case OutcomeExpectation() as expected:
            return expected.wanted == Outcome.PROCESSED and not expected.never
        case list() as expectations:
            return not any(_is_of_something_else(one) for one in expectations)
        case None if step.sending:
            return step.capture is not None or (
                step.sending.name is not None and _is_message_to_be_processed(scenario, step.sending.name)
            )
        case None:
            return step.impersonate is None


def _is_of_something_else(expectation: Expectation) -> bool:
    """Whether an expectation is about something that is not processed."""
    if isinstance(expectation, OutcomeExpectation):
        return expectation.wanted != Outcome.PROCESSED
    if isinstance(expectation, JournalExpectation):
        where = expectation.where
        return "code" in where or where.get("outcome", Outcome.PROCESSED) != Outcome.PROCESSED
    return False


def _is_message_to_be_processed(scenario: Scenario, name: str) -> bool:
    wanted = {
        expectation.wanted
        for expectation in _expectations(scenario)
        if isinstance(expectation, MessageExpectation) and expectation.message == name and not expectation.never
    }
    return wanted == {Outcome.PROCESSED}


def _expectations(scenario: Scenario) -> Iterator[Expectation]:
    of_steps: Iterable[list[Expectation]] = (
        step.expect for step in scenario.steps if isinstance(step.expect, list)
    )
    yield from chain(*of_steps, scenario.expect, scenario.eventually)
