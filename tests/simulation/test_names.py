"""Every instance has one name in expectations and reports, the scenario's own, also when it was renamed since."""

from __future__ import annotations

import asyncio

import pytest

from simulator.report.result import RunResult, Verdict
from simulator.scenario.reading.load import load_text
from simulator.scenario.running.run import run_virtual
from tests.scenarios.running import Unseen, in_full

RENAMED = """\
name: Renamed
instances: { prod1: production, dev1: development, dev2: development }
applications: { App: { capabilities: { Cap: { operations: { op: message } } } } }
steps:
  - name_manager: { on: [dev1, dev2], manager: prod1 }
  - settle
  - advance: 10m
  - save_profile_item: { on: prod1, trusting: [dev1, dev2], trusted: prod1 }
  - save_profile_item: { on: prod1, trusting: prod1, trusted: dev1 }
  - sync_trust_profiles: { on: prod1 }
  - settle
  - rename: { on: dev1, to: qa1 }
  - settle
"""


def run(text: str) -> RunResult:
    """The scenario in virtual time."""
    return asyncio.run(run_virtual(load_text(text, "names.yaml"), 0, None, Unseen()))


def outcome(steps: str) -> RunResult:
    """What comes of these steps after dev1 has become qa1."""
    return run(RENAMED + steps)


def test_a_sync_is_expected_of_a_renamed_instance_as_of_any_other() -> None:
    result = outcome("  - expect: [{ sync: App, on: prod1, results: { dev1: synced, dev2: synced } }]\n")
    assert result.verdict is Verdict.MET, in_full(result)


@pytest.mark.parametrize("name", ["dev1", "qa1"])
def test_a_renamed_instance_is_expected_by_either_name(name: str) -> None:
    """As the scenario calls it, or as the tables do."""
    expected = """\
  - expect:
      - { table: sn_mif_managed_instance, on: prod1, where: { managed_instance: NAME }, count: 1 }
      - { table: sn_mif_trusted_instance, on: prod1, rows: [{ trusted_instance: NAME }] }
      - { table: sn_mif_trusted_instance, on: prod1, where: { trusted_instance: dev2 }, count: 0 }
      - { journal: prod1, where: { sender: NAME, kind: instance_changed }, count: 1 }
"""
    result = outcome(expected.replace("NAME", name))
    assert result.verdict is Verdict.MET, in_full(result)


@pytest.mark.parametrize(("name", "count"), [("dev1", 1), ("qa1", 0)])
def test_a_new_name_is_not_there_before_it_was_heard_of(name: str, count: int) -> None:
    rename = "  - rename: { on: dev1, to: qa1 }\n"
    where = f"where: {{ managed_instance: {name} }}, count: {count}"
    expected = f"  - expect: [{{ table: sn_mif_managed_instance, on: prod1, {where} }}]\n"
    result = run(RENAMED.replace(rename, "  - stop: prod1\n" + rename) + expected)
    assert result.verdict is Verdict.MET, in_full(result)


def test_a_name_of_the_scenario_stays_with_its_instance_when_another_takes_it() -> None:
    result = outcome(
        "  - rename: { on: dev2, to: dev1 }\n  - settle\n"
        "  - expect: [{ sync: App, on: prod1, results: { dev1: synced, dev2: synced } }]\n"
        "  - expect: [{ table: sn_mif_trusted_instance, on: prod1, rows: [{ trusted_instance: dev1 }] }]\n"
    )
    assert result.verdict is Verdict.MET, in_full(result)
    assert {(it.trustor, it.trustee) for it in result.trust} == {
        ("dev1", "prod1"),
        ("dev2", "prod1"),
        ("prod1", "dev1"),
    }


def test_the_matrix_and_the_journal_of_a_report_have_one_name_for_an_instance() -> None:
    result = outcome("  - send: { from: prod1, to: dev1 }\n  - settle\n")
    journal = {name for entry in result.journal for name in (entry.instance, entry.sender, entry.recipient)}
    in_trust = {name for it in result.trust for name in (it.trustor, it.trustee)}
    in_tables = {
        row[column]
        for tables in result.tables.values()
        for rows in tables.values()
        for row in rows
        for column in row
        if column.endswith("_instance")
    }
    assert [journal, in_trust, in_tables] == [{"prod1", "dev1", "dev2"}] * 3


def test_an_instance_that_has_done_nothing_is_named_in_the_journal() -> None:
    idle = (
        RENAMED.split("steps:")[0]
        + "steps:\n  - stop: dev1\n  - send: { from: prod1, to: dev1, unchecked: true }\n"
    )
    result = run(idle)
    assert [entry.recipient for entry in result.journal] == ["dev1"]
