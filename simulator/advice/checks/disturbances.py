"""What the doctor does not follow: what faults, and instances and brokers that are away, do to later steps."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.advice.checks.finding import Objection, Severity
from simulator.scenario.phrases import listed
from simulator.scenario.reading.load import LoadedScenario
from simulator.scenario.running.waiting import is_to_be_processed

_DISTURB = {"fault", "stop", "kill", "stop_broker"}
"""The steps that keep others from being processed, for a time that a run alone can tell."""


def not_followed(loaded: LoadedScenario) -> Iterator[Objection]:
    """The first disturbance after which something is to be processed, and what to say of all of them."""
    steps = loaded.scenario.steps
    counted_on = [index for index, step in enumerate(steps) if is_to_be_processed(loaded.scenario, step)]
    before = steps[: max(counted_on, default=0)]
    disturbing = [index for index, step in enumerate(before) if step.verb in _DISTURB]
    if not disturbing:
        return
    lines = listed([str(loaded.line("steps", index)) for index in disturbing])
    found = (
        f"What is done on {'lines' if len(disturbing) > 1 else 'line'} {lines} may keep later steps from being "
        "processed: here they are looked at as if every instance were up and every message arrived."
    )
    yield Objection("fault_not_followed", found, Severity.NOTE, ("steps", disturbing[0]))
