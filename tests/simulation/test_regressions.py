"""Bugs that were found once, each as the scenario that showed it."""

from __future__ import annotations

import pytest

from simulator.exploration.sweep import run_unseen
from simulator.report.result import Verdict
from simulator.scenario.reading.load import load_text

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

FORGOTTEN = """
name: A repeat of an envelope that its recipient has long forgotten expires and is not handled twice
instances: { a: production, b: development }
applications: { App: { data_sharing: true } }
steps:
  - fault: { weather: { from: b, to: a, replay: 100% } }
  - share_data: { from: b, to: a }
  - settle
  - stop: a
  - advance: 80h
  - start: a
  - share_data: { from: b, to: a }
expect:
  - { table: sn_mif_sync_data, on: a, count: 2 }
  - { journal: a, where: { kind: shared_data, outcome: expired } }
"""

DEAD_WHILE_SLOW = """
name: What reaches an instance with a slow disk dies with it, and comes again
instances: { a: production, x: development, y: development }
applications:
  App: { capabilities: { Cap: { operations: { op: data } } } }
steps:
  - create_trust_record: { on: [x, y], trustee: a }
  - settle
  - fault: { slow_disk: { instance: a, by: 5s }, for: 1m }
  - fault: { crash: { instance: a }, after: 1s, for: 1s }
  - send: { from: [x, y], to: a }
    expect: processed
  - settle: 10m
"""
"""Found with the stormy seeds 2297 of documented-example and 9232 of revocation-and-change-of-manager."""


NOT_BACK = """
name: An application that a clone has removed does not come back when the instance starts again
instances: { a: production, x: development, bare: { environment: development, applications: {} } }
applications: { App: { data_sharing: true } }
steps:
  - clone: { from: bare, to: x }
  - settle
  - stop: x
  - start: x
  - set_grant_access: { on: x, instance: a, grant: true }
    expect: { refused: application_missing }
"""
"""Found with the eventful seed 21 of data-sharing."""

OLD_TYPES = """
name: A restore does not bring back a relation that the types of today forbid
instances: { a: production, b: production }
applications:
  App: { capabilities: { Cap: { operations: { op: data } } } }
steps:
  - name_manager: { on: b, manager: a }
  - advance: 10m
  - snapshot: { on: a, as: a as a manager }
  - demote: { on: a }
  - restore: a as a manager
    expect:
      - { table: sn_mif_managed_instance, on: a, rows: [{ status: revoked, reason: subprod_manages_prod }] }
"""
"""Found with the eventful seed 49 of promote-and-demote."""

RETOLD = """
name: What is told again has not the id of what its recipient has answered
instances: { a: production, x: development }
applications: { App: { data_sharing: true } }
steps:
  - snapshot: { on: x, as: x }
  - fault: { cut: { from: a, to: x }, for: 50h }
  - restore: x
  - advance: 60h
expect:
  - { table: sn_mif_trust_config, on: a, rows: [{ is_granting_access: true }] }
"""
"""Found with the eventful seed 129 of data-sharing."""

APPROVED_TOO_LATE = """
name: A relation that is approved when its manager has lost the request ends on both sides
instances: { a: production, x: development }
applications:
  App: { capabilities: { Cap: { operations: { op: data } } } }
steps:
  - snapshot: { on: a, as: before }
  - request_management: { on: a, instances: x }
  - settle
  - restore: before
  - settle
  - approve_manager: { on: x, manager: a }
  - settle
expect:
  - { table: sn_mif_managed_by_instance, on: x, rows: [{ approval: rejected, reason: relation_lost }] }
  - { table: sn_mif_managed_instance, on: a, rows: [{ status: revoked, reason: relation_lost }] }
"""
"""Found with the eventful seeds 7 and 94 of revocation-and-change-of-manager."""


@pytest.mark.parametrize(
    "text", [TURNS, DEAD_WHILE_SLOW, FORGOTTEN, NOT_BACK, OLD_TYPES, RETOLD, APPROVED_TOO_LATE]
)
def test_what_was_mended_stays_mended(text: str) -> None:
    """The scenario is met, and breaks no invariant."""
    run = run_unseen(load_text(text, "regression.yaml"), seed=0)
    assert run.result.verdict is Verdict.MET, run.result.failures
    assert run.broken == ()
