"""Every scenario that is shipped is met in virtual time too."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.journal import Outcome
from simulator.report.result import Verdict
from simulator.scenario.run import run_virtual
from tests.scenarios.running import in_full

from .shipped import FILES, Unseen, loaded


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_all_expectations_are_met(file: Path) -> None:
    """The scenario does what it says, at once, and nothing is processed twice."""
    result = await run_virtual(loaded(file), 0, None, Unseen())
    assert result.verdict is Verdict.MET, "\n" + in_full(result)
    assert result.seed == 0
    outcomes = [(entry.instance, entry.envelope) for entry in result.journal if entry.outcome is Outcome.PROCESSED]
    assert len(outcomes) == len(set(outcomes)), "an envelope was processed twice"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_files_change_nothing(file: Path, tmp_path: Path) -> None:
    """Whether the instances keep files or live in memory, the journal is the same."""
    kept = await run_virtual(loaded(file), 3, tmp_path, Unseen())
    assert kept.fingerprint == (await run_virtual(loaded(file), 3, None, Unseen())).fingerprint
    assert all((tmp_path / f"{name}.sqlite").stat().st_size for name in loaded(file).scenario.instances)
