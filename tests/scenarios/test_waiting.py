"""A step that is to be processed waits until what earlier steps have set going has arrived."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from simulator.errors import ScenarioError
from simulator.report.result import RunResult, Verdict
from simulator.scenario.reading.load import load_text
from simulator.scenario.running.run import run_virtual
from simulator.scenario.running.waiting import is_to_be_processed
from simulator.transport.embedded import EmbeddedBroker

from .running import Unseen, in_full, run

TOPOLOGY = """\
name: Waiting
instances: { prod1: production, sub1: development, sub2: development }
applications:
  App: { capabilities: { Cap: { operations: { hand over: data, act: message } } } }
steps:
"""
MANAGED = """\
  - name_manager: { on: [sub1, sub2], manager: prod1 }
  - advance: 10m
"""
SYNCED = """\
  - save_profile_item: { on: prod1, trusting: [sub1, sub2], trusted: prod1 }
  - sync_trust_profiles: { on: prod1 }
"""
SENT = """\
  - send: { from: prod1, to: sub1, operation: act }
    expect: processed
"""
CUT = "  - fault: { partition: [prod1, sub1] }\n"

SECOND = timedelta(seconds=1)


async def result_of(steps: str, seed: int = 0, topology: str = TOPOLOGY) -> RunResult:
    return await run_virtual(load_text(topology + steps, "waiting.yaml"), seed, None, Unseen())


def outcomes(result: RunResult) -> list[str]:
    return [step.outcome for step in result.steps if step.outcome]


def acted_at(result: RunResult, kind: str) -> datetime:
    return next(entry.at for entry in result.journal if entry.kind == kind)


async def test_a_first_file_without_any_settle_is_met_in_virtual_time_and_on_a_broker(tmp_path: Path) -> None:
    loaded = load_text(TOPOLOGY + MANAGED + SYNCED + SENT, "waiting.yaml")
    virtual = await run_virtual(loaded, 0, None, Unseen())
    live = await run(loaded, EmbeddedBroker(preload=None), tmp_path)
    assert virtual.verdict is Verdict.MET, in_full(virtual)
    assert outcomes(live) == outcomes(virtual), in_full(live)


@pytest.mark.parametrize(
    "expected",
    [
        "expect: processed\n    at_once: true",
        "",
        "expect: { refused: no_trusting_instance }",
        "expect: [{ journal: prod1, where: { kind: send, outcome: refused } }]",
    ],
    ids=["at once", "nothing is expected", "a refusal is expected", "a refusal is looked for"],
)
async def test_a_message_that_may_be_refused_runs_its_race(expected: str) -> None:
    send = f"  - send: {{ from: prod1, to: sub1, operation: act }}\n    {expected}\n"
    assert outcomes(await result_of(MANAGED + SYNCED + send))[-1].startswith("refused (no_trusting_instance)")


@pytest.mark.parametrize("where", ["expect", "eventually"])
async def test_a_message_that_is_expected_to_be_processed_later_in_the_file_waits_too(where: str) -> None:
    send = "  - send: { from: prod1, to: sub1, operation: act, as: order }\n"
    within = ", within: 1m" if where == "eventually" else ""
    later = f"{where}: [{{ message: order, outcome: processed{within} }}]\n"
    result = await result_of(MANAGED + SYNCED + send + later)
    assert result.verdict is Verdict.MET, in_full(result)


async def test_what_a_fault_holds_up_is_not_waited_for() -> None:
    """The administrator goes on in the partition, at the time at which the file says so."""
    edited = "  - save_profile_item: { on: prod1, trusting: sub2, trusted: sub1 }\n"
    result = await result_of(MANAGED + CUT + SYNCED + edited)
    assert (
        acted_at(result, "save_profile_item") + SECOND
        > [entry.at for entry in result.journal if entry.kind == "save_profile_item"][-1]
    )


async def test_what_a_fault_elsewhere_does_not_hold_up_is_waited_for() -> None:
    send = "  - send: { from: prod1, to: sub2, operation: act }\n    expect: processed\n"
    result = await result_of(MANAGED + CUT + SYNCED + send)
    assert result.verdict is Verdict.MET, in_full(result)


@pytest.mark.parametrize(
    "fault",
    [
        "{ broker_outage: true }",
        "{ pause: sub1 }",
        "{ crash: { instance: sub1 } }",
        "{ disk: { instance: sub1, state: full } }",
        "{ slow_disk: { instance: sub1, by: 10s } }",
        "{ hold: { from: prod1, to: sub1 } }",
        "{ weather: { loss: 1.0 } }",
        "{ weather: { delay: { least: 20s } } }",
    ],
)
async def test_no_kind_of_fault_that_holds_something_up_is_waited_for(fault: str) -> None:
    edited = "  - save_profile_item: { on: prod1, trusting: sub2, trusted: sub1 }\n"
    result = await result_of(f"{MANAGED}  - fault: {fault}\n{SYNCED}{edited}")
    sync = acted_at(result, "sync_trust_profiles")
    assert [entry.at for entry in result.journal if entry.kind == "save_profile_item"][-1] < sync + SECOND


async def test_what_a_past_fault_has_delayed_is_waited_for_no_longer_than_patience() -> None:
    """What was lost comes again after two seconds, four, eight and so on; nobody waits that long here."""
    lost = "  - fault: { weather: { loss: 1.0 }, for: 1m }\n"
    edited = "  - save_profile_item: { on: prod1, trusting: sub2, trusted: sub1 }\n"
    topology = TOPOLOGY.replace("name: Waiting", "name: Waiting\npatience: 5s")
    result = await result_of(f"{MANAGED}{lost}{SYNCED}  - advance: 61s\n{edited}", topology=topology)
    times = [entry.at for entry in result.journal if entry.kind == "save_profile_item"]
    sync = acted_at(result, "sync_trust_profiles")
    assert timedelta(seconds=61) < times[-1] - sync <= timedelta(seconds=66)


@pytest.mark.parametrize("step", ["settle: 5s", "stop: sub1", "expect: []"])
def test_what_never_waits_takes_no_at_once(step: str) -> None:
    with pytest.raises(ScenarioError, match="waits for nothing; expected no `at_once`"):
        load_text(f"{TOPOLOGY}  - {step}\n    at_once: true\n", "waiting.yaml")


@pytest.mark.parametrize(
    "step",
    [
        "stop: sub1",
        "kill: sub1",
        "snapshot: { on: sub1, as: before }",
        "fault: { isolate: sub1 }",
        "stop_broker: true",
        "calm: true",
    ],
)
def test_what_goes_wrong_never_waits(step: str) -> None:
    """Not even when something is expected right after it: it comes in the middle of everything."""
    expectation = "    expect: [{ table: sn_mif_sync_data, on: prod1, count: 0 }]\n"
    scenario = load_text(f"{TOPOLOGY}{MANAGED}  - {step}\n{expectation}", "waiting.yaml").scenario
    assert not is_to_be_processed(scenario, scenario.steps[-1])
