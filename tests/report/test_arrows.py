"""The arrows of a run: one for each entry of a journal and each envelope on its way, with the step it comes of."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from simulator.report.arrows import Arrow, Fate, arrows_of
from simulator.report.result import RunResult
from simulator.runtime.virtual.fleet import finish
from simulator.scenario.reading.load import load
from simulator.scenario.running.progress import Unfollowed
from simulator.scenario.running.run import run_virtual

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def result_of(name: str) -> RunResult:
    """A run in virtual time."""
    return finish(run_virtual(load(SCENARIOS / f"{name}.yaml"), 0, None, Unfollowed()))


def in_short(arrow: Arrow) -> tuple[int, str, str, str, str, str]:
    return arrow.step, arrow.sender, arrow.recipient, arrow.kind, arrow.fate, arrow.code


@pytest.mark.parametrize("name", ["documented-example", "a-stormy-night", "decommission", "transport-defects"])
def test_nothing_is_cut_and_nothing_is_made_up(name: str) -> None:
    """As many arrows of each fate as the journals have entries of the outcome."""
    result = result_of(name)
    arrows = Counter(arrow.fate.value for arrow in arrows_of(result))
    entries = Counter(entry.outcome.value for entry in result.journal)
    expected = entries | {"repeated": entries.pop("duplicate", 0), "lost": len(result.undelivered)}
    assert arrows == Counter({fate: number for fate, number in expected.items() if number})


def test_an_arrow_has_the_step_it_comes_of() -> None:
    """Also where several steps are taken at one moment, and where an answer comes of what was asked."""
    arrows = [in_short(arrow) for arrow in arrows_of(result_of("documented-example"))]
    assert (1, "subprod1", "subprod1", "name_manager", "processed", "") in arrows
    assert (1, "prod1", "subprod1", "manager_confirmation", "processed", "") in arrows
    assert (5, "subprod2", "prod1", "trust_sync_result", "processed", "") in arrows
    assert (7, "subprod1", "prod1", "capability_answer", "processed", "") in arrows
    assert (9, "subprod1", "prod1", "capability_message", "refused", "no_trust_record") in arrows
    assert not any(step == 0 for step, *_ in arrows)


def test_what_was_sent_leaves_when_its_cause_is_done() -> None:
    """A request that waits for auto-approval leaves five minutes after it came."""
    arrows = arrows_of(result_of("documented-example"))
    designation = next(arrow for arrow in arrows if arrow.kind == "manager_designation")
    approval = next(arrow for arrow in arrows if arrow.kind == "approve_designation")
    confirmation = next(arrow for arrow in arrows if arrow.kind == "manager_confirmation")
    assert approval.sent_at == designation.arrived_at
    assert confirmation.sent_at == approval.arrived_at
    assert confirmation.cause == approval.envelope


def test_what_never_arrived_has_no_arrival() -> None:
    """An envelope that expired at its sender, and one that is on its way when the run is over."""
    for arrow in arrows_of(result_of("transport-defects")):
        is_given_up = arrow.fate is Fate.EXPIRED and arrow.by == arrow.sender
        assert (arrow.arrived_at is None) is (arrow.fate is Fate.LOST or (is_given_up and not arrow.is_inside))
