"""Groups stand for sets of instances, some steps have a short form, and Sync is for one application or for all."""

from __future__ import annotations

import asyncio

import pytest

from simulator.report.result import Verdict
from simulator.scenario.model import Step
from simulator.scenario.reading.load import load_text
from simulator.scenario.running.run import run_virtual
from tests.scenarios.running import Unseen, in_full

from .reading.test_load import problems_of

TOPOLOGY = """\
name: Groups
instances: { prod1: production, dev1: development, dev2: development, dev3: test }
groups: { devs: [dev1, dev2], all: [prod1, devs, dev3, devs], one: dev3 }
applications:
  App: &App { capabilities: { Cap: { operations: { op: message } } } }
  Other: *App
steps:
"""
"""Seven lines, so that steps begin on line 8."""


def only(step: str) -> Step:
    """The only step of a scenario."""
    [found] = load_text(f"{TOPOLOGY}- {step}\n", "f").scenario.steps
    return found


@pytest.mark.parametrize(
    ("step", "short"),
    [
        ("stop: [dev1, dev2]", "stop: devs"),
        ("stop: [dev2, dev1, dev3]", "stop: [dev2, devs, one]"),
        ("start: [prod1, dev1, dev2, dev3]", "start: all"),
        ("rename: { on: dev3, to: x }", "rename: { on: one, to: x }"),
        (
            "name_manager: { on: [dev1, dev2], manager: prod1, application: App }",
            "name_manager: { on: devs, manager: prod1, application: App }",
        ),
        ("fault: { partition: [[dev1, dev2], prod1] }", "fault: { partition: [devs, prod1] }"),
        (
            "expect: [{ table: sn_mif_message, on: [dev1, dev2], count: 0 }]",
            "expect: [{ table: sn_mif_message, on: devs, count: 0 }]",
        ),
        (
            "expect: [{ sync: App, on: prod1, results: { dev1: synced, dev2: stale } }]",
            "expect: [{ sync: App, on: prod1, results: { dev2: stale, devs: synced } }]",
        ),
        ("demote: { on: prod1 }", "demote: prod1"),
        ("demote: { on: [prod1, dev3] }", "demote: [prod1, one]"),
        ("install_plugin: { on: [dev1, dev2] }", "install_plugin: devs"),
        ("sync_trust_profiles: { on: prod1 }", "sync_trust_profiles: prod1"),
        (
            "sync_trust_profiles: { on: prod1, application: [App] }",
            "sync_trust_profiles: { on: prod1, application: App }",
        ),
    ],
)
def test_a_step_in_short_is_the_step_in_full(step: str, short: str) -> None:
    assert only(step) == only(short)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            TOPOLOGY + "- stop: devz\n",
            "8:9: steps[0].stop: there is no instance 'devz'; did you mean 'devs'?",
        ),
        (
            TOPOLOGY + "- rename: { on: devs, to: x }\n",
            "8:17: steps[0].rename.on: expected one instance; the group devs has 2",
        ),
        (
            TOPOLOGY.replace("one: dev3", "prod1: dev3") + "- settle\n",
            "3:63: groups: prod1 is an instance; expected another name",
        ),
        (
            TOPOLOGY.replace("one: dev3", "one: [dev3, dev4]") + "- settle\n",
            "3:75: groups.one[1]: there is no instance 'dev4'; did you mean 'devs'?",
        ),
        (
            TOPOLOGY.replace("one: dev3", "one: [one]") + "- settle\n",
            "3:63: groups: the group one has no instances",
        ),
    ],
)
def test_a_wrong_group_is_explained_where_it_stands(text: str, found: str) -> None:
    assert found in problems_of(text)


MANAGED = """\
- name_manager: { on: devs, manager: prod1, application: App }
- name_manager: { on: dev1, manager: prod1, application: Other }
- settle
- advance: 10m
- save_profile_item: { on: prod1, application: App, trusting: devs, trusted: prod1 }
- save_profile_item: { on: prod1, application: Other, trusting: dev1, trusted: prod1 }
"""


@pytest.mark.parametrize(
    ("step", "synced"),
    [
        ("sync_trust_profiles: prod1", ["App", "Other"]),
        ("sync_trust_profiles: { on: prod1, application: [App, Other] }", ["App", "Other"]),
        ("sync_trust_profiles: { on: prod1, application: Other }", ["Other"]),
    ],
)
def test_sync_is_for_the_applications_that_are_named_or_for_all(step: str, synced: list[str]) -> None:
    text = f"{TOPOLOGY}{MANAGED}- {step}\n- settle\n"
    result = asyncio.run(run_virtual(load_text(text, "f.yaml"), 0, None, Unseen()))
    assert result.verdict is Verdict.MET, in_full(result)
    rows = result.tables["prod1"]["sn_mif_sync_status"]
    assert sorted({row["application"] for row in rows if row["status"] == "synced"}) == synced


def test_sync_of_all_is_refused_where_nothing_is_kept_and_something_is_managed() -> None:
    text = f"{TOPOLOGY}{MANAGED}- sync_trust_profiles: dev1\n  expect: {{ refused: profile_is_managed }}\n"
    result = asyncio.run(run_virtual(load_text(text, "f.yaml"), 0, None, Unseen()))
    assert result.verdict is Verdict.MET, in_full(result)
