"""Bugs that were found once, each as the scenario that showed it."""

from __future__ import annotations

import pytest

from simulator.exploration.sweep import run_unseen
from simulator.report.result import Verdict
from simulator.scenario.load import load_text

TURNS = """
name: A manager that was itself managed for a while goes on counting its own revisions
instances: { a: production, b: production, x: development }
applications:
  App: { capabilities: { Cap: { operations: { op: data } } } }
steps:
  - name_manager: { on: x, manager: a }
  - advance: 10m
  - save_profile_item: { on: a, trusting: x, trusted: a }
  - sync_trust_profiles: { on: a }
  - sync_trust_profiles: { on: a }
  - sync_trust_profiles: { on: a }
  - settle
  - delete_manager: { on: x, manager: a }
  - settle
  - name_manager: { on: a, manager: b }
  - advance: 10m
  - sync_trust_profiles: { on: b }
  - settle
  - delete_manager: { on: a, manager: b }
  - settle
  - name_manager: { on: x, manager: a }
  - advance: 10m
  - save_profile_item: { on: a, trusting: x, trusted: a }
  - sync_trust_profiles: { on: a }
    expect:
      - { sync: App, on: a, results: { x: synced } }
"""


@pytest.mark.parametrize("text", [TURNS])
def test_what_was_mended_stays_mended(text: str) -> None:
    """The scenario is met, and breaks no invariant."""
    run = run_unseen(load_text(text, "regression.yaml"), seed=0)
    assert run.result.verdict is Verdict.MET, run.result.failures
    assert run.broken == ()
