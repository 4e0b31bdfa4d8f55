"""Every scenario that is shipped is met in virtual time too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from simulator.journal import Outcome
from simulator.report.files.formats import written
from simulator.report.result import RunResult, Verdict
from simulator.report.results import results_schema, runs_of
from simulator.scenario.running.run import run_virtual
from simulator.trust.record import TrustRecord
from simulator.trust.rows import ROW_TYPES
from tests.scenarios.running import in_full

from .shipped import FILES, Unseen, loaded


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema, by which nothing may be there that it does not describe."""
    for described in schema["$defs"].values():
        if "properties" in described:
            described["additionalProperties"] = False
    return schema


RESULTS = Draft202012Validator(closed(results_schema()))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_all_expectations_are_met(file: Path) -> None:
    """The scenario does what it says, at once, and nothing is processed twice."""
    result = await run_virtual(loaded(file), 0, None, Unseen())
    assert result.verdict is Verdict.MET, "\n" + in_full(result)
    assert result.seed == 0
    outcomes = [(entry.instance, entry.envelope) for entry in result.journal if entry.outcome is Outcome.PROCESSED]
    assert len(outcomes) == len(set(outcomes)), "an envelope was processed twice"
    assert_told(result)
    text = written([result], ".json")
    assert list(RESULTS.iter_errors(json.loads(text))) == [], (
        "`schema --result` describes every result, and all of it"
    )
    assert written(runs_of(text), ".json") == text


def assert_told(result: RunResult) -> None:
    """Each change of a row begins with what the one before has left, and the last with what is there at the end.

    Whatever has caused one is in the journal of the instance.
    """
    causes = {(entry.instance, entry.envelope) for entry in result.journal}
    latest: dict[tuple[str, ...], Mapping[str, Any] | None] = {}
    for change in result.alterations:
        row, row_type = change.after or change.before, TRACED[change.table]
        assert row is not None
        key = (change.instance, change.table, *(row[column] for column in row_type.KEY))
        assert latest.get(key, change.before) == change.before
        assert change.before != change.after
        latest[key] = change.after
        assert (change.instance, change.cause) in causes
    for (instance, table, *values), after in latest.items():
        there = [each for each in result.tables[instance][table] if [each[c] for c in TRACED[table].KEY] == values]
        assert there == ([after] if after else [])
    for trust in result.trust:
        assert (trust.trustor, TrustRecord.TABLE, trust.application, trust.capability, trust.trustee) in latest


TRACED = {row_type.TABLE: row_type for row_type in ROW_TYPES if row_type.IS_TRACED}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_files_change_nothing(file: Path, tmp_path: Path) -> None:
    """Whether the instances keep files or live in memory, all that there is to see is the same."""
    kept, in_memory = [await run_virtual(loaded(file), 3, directory, Unseen()) for directory in (tmp_path, None)]
    assert kept.fingerprint == in_memory.fingerprint
    for seen in ("journal", "tables", "trust", "alterations", "answers", "undelivered"):
        assert getattr(kept, seen) == getattr(in_memory, seen), seen
    assert all((tmp_path / f"{name}.sqlite").stat().st_size for name in loaded(file).scenario.instances)
