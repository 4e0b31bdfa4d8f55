"""Every shipped file with a matrix: all of its combinations are met, on a broker and in virtual time alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.report.compare import differences
from simulator.report.result import Verdict
from simulator.scenario.reading.load import LoadedScenario, load_all
from simulator.scenario.running.run import run_virtual
from simulator.transport.embedded import EmbeddedBroker
from tests.simulation.shipped import MATRICES

from .running import Unseen, in_full, run

COMBINATIONS = [loaded for file in MATRICES for loaded in load_all(file)]


@pytest.mark.parametrize("loaded", COMBINATIONS, ids=lambda loaded: Path(loaded.told_file).stem)
async def test_all_expectations_are_met(loaded: LoadedScenario, tmp_path: Path) -> None:
    result = await run(loaded, EmbeddedBroker(preload=None), tmp_path, 100)
    assert result.verdict is Verdict.MET, "\n" + in_full(result)
    assert list(differences(result, await run_virtual(loaded, 0, None, Unseen()))) == []
