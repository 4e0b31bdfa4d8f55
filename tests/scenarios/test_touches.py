"""A fault that has touched no message says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.report.result import RunResult, StepResult, Verdict
from simulator.scenario.reading.load import load_text
from simulator.scenario.running.run import run_virtual
from simulator.transport.embedded import EmbeddedBroker

from .running import Unseen, in_full, run

TOPOLOGY = """\
name: Faults
instances: { prod1: production, dev1: development, dev2: development }
applications:
  App: { capabilities: { Cap: { operations: { hand over: data } } } }
steps:
"""
NAMED = "  - name_manager: { on: dev1, manager: prod1 }\n  - advance: 10m\n"

IDLE = [
    "{ cut: { from: dev2, to: prod1 } }",
    "{ partition: [prod1, dev2] }",
    "{ weather: { from: dev2, loss: 1.0 } }",
    "{ pause: dev2, for: 1m }",
    "{ crash: { instance: dev2, point: after_commit }, for: 1m }",
    "{ disk: { instance: dev2 }, for: 1m }",
    "{ clock: { instance: dev2, behind: 5m } }",
    "{ broker_outage: true, after: 1h }",
]
BUSY = [
    "{ cut: { from: dev1, to: prod1 }, for: 1m }",
    "{ cut: { from: prod1, to: dev1 }, for: 1m }",
    "{ partition: [prod1, dev1], for: 1m }",
    "{ weather: { delay: { least: 1s } }, for: 1m }",
    "{ pause: prod1, for: 1m }",
    "{ crash: { instance: prod1, point: after_commit }, for: 1m }",
    "{ disk: { instance: prod1 }, for: 1m }",
    "{ clock: { instance: prod1, behind: 5m }, for: 1m }",
    "{ broker_outage: true, for: 1m }",
]


async def result_of(steps: str) -> RunResult:
    return await run_virtual(load_text(TOPOLOGY + steps, "faults.yaml"), 0, None, Unseen())


async def fault_of(steps: str) -> StepResult:
    return next(step for step in (await result_of(steps)).steps if step.text.startswith("fault"))


@pytest.mark.parametrize("fault", IDLE)
async def test_one_that_touches_nothing_is_a_warning(fault: str) -> None:
    step = await fault_of(f"  - fault: {fault}\n{NAMED}")
    assert (step.verdict, step.outcome) == (Verdict.MET, "warning: touched nothing")


@pytest.mark.parametrize("fault", IDLE)
async def test_one_that_must_touch_something_and_does_not_is_not_met(fault: str) -> None:
    step = await fault_of(f"  - fault: {fault[:-2]}, must_touch: true }}\n{NAMED}")
    assert [failure.seen for failure in step.failures] == ["touched nothing"]


@pytest.mark.parametrize("fault", BUSY)
async def test_one_that_touches_something_is_met(fault: str) -> None:
    step = await fault_of(f"  - fault: {fault[:-2]}, must_touch: true }}\n{NAMED}")
    assert (step.verdict, step.outcome) == (Verdict.MET, "")


async def test_one_that_comes_when_all_is_over_touches_nothing() -> None:
    """What has arrived before it is not touched any more, nor what is sent when it has ended."""
    fault = "  - fault: { cut: { from: dev1, to: prod1 } }\n"
    assert (await fault_of(NAMED + "  - settle\n" + fault)).outcome == "warning: touched nothing"
    assert (await fault_of(fault + "  - calm\n" + NAMED)).outcome == "warning: touched nothing"


async def test_on_a_broker_it_is_told_as_in_virtual_time(tmp_path: Path) -> None:
    steps = f"  - fault: {IDLE[0]}\n  - fault: {{ cut: {{ from: prod1, to: dev1 }}, for: 1s }}\n{NAMED}"
    loaded = load_text(TOPOLOGY + steps, "faults.yaml")
    live = await run(loaded, EmbeddedBroker(preload=None), tmp_path)
    virtual = await run_virtual(loaded, 0, None, Unseen())
    assert [step.outcome for step in live.steps] == [step.outcome for step in virtual.steps], in_full(live)
