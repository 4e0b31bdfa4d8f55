"""The list of failure modes: complete, and every entry leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulator.scenario.failures import FAILURES, Failure

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def test_every_failure_mode_is_listed() -> None:
    """F1 to F35, in order and once."""
    assert [failure.number for failure in FAILURES] == [f"F{number}" for number in range(1, 36)]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.number)
def test_it_is_shown_or_has_a_reason(failure: Failure) -> None:
    """The scenario has what the list says it has: a code, a state or a step; without one there is a reason."""
    assert failure.how
    if not failure.scenario:
        return
    text = (SCENARIOS / f"{failure.scenario}.yaml").read_text()
    for quoted in re.findall(r"`([^`]+)`", failure.how):
        word = quoted.removeprefix("defect: ").split(" ")[-1] if quoted.startswith("defect") else quoted
        assert word in text or quoted.startswith("trustsim"), f"{failure.scenario} does not show {quoted}"
