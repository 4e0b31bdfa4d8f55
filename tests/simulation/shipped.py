"""The scenarios that are shipped, as virtual runs take them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from simulator.scenario.reading.load import LoadedScenario, load
from simulator.scenario.running.progress import Unfollowed

ROOT = Path(__file__).parents[2]
EVERY = sorted((ROOT / "scenarios").glob("*.yaml"))
MATRICES = [file for file in EVERY if "\nmatrix:" in file.read_text()]
"""Files of several scenarios, of which most commands ask for one; tests/scenarios/test_matrices.py runs them."""
FILES = [file for file in EVERY if file not in MATRICES]


class Unseen(Unfollowed):
    """A run's progress, with nobody to follow it."""


@cache
def loaded(file: Path) -> LoadedScenario:
    """A scenario, read once."""
    return load(file)


def holds_in_any_storm(file: Path) -> bool:
    """Whether its expectations may be held against a storm: not where they are about faults of its own."""
    return not any(step.fault for step in loaded(file).scenario.steps)
