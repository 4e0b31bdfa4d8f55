"""A step that asks an instance over HTTP, live as in virtual time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from simulator.errors import ScenarioError
from simulator.report.result import RunResult
from simulator.runtime.virtual_fleet import finish
from simulator.scenario.load import load_text
from simulator.scenario.run import run_virtual
from simulator.scenario.runner import Unfollowed
from simulator.transport.embedded import EmbeddedBroker

from .running import run

HEAD = """\
name: One that asks
instances: { prod1: production, dev1: development }
applications: { App: { capabilities: { Cap: { operations: { hand over: data } } } } }
steps:
"""
TRUSTED = "/api/now/table/sn_mif_trusted_instance?sysparm_fields=capability"

TOLD = (
    HEAD
    + f"""\
  - create_trust_record: {{ on: dev1, trustee: prod1 }}
  - request: {{ on: dev1, path: "{TRUSTED}", answer: {{ result: [{{ capability: Cap }}] }} }}
  - request: {{ on: [prod1, dev1], path: "{TRUSTED}", answer: {{ result: [{{ capability: Cap }}] }} }}
  - request: {{ on: dev1, path: /api/now/table/nothing, status: 400 }}
  - request: {{ on: dev1, path: /api/now/table/nothing }}
  - request: {{ on: dev1, path: /api/now/table/sys_user, as: admin, password: wrong, status: 200 }}
  - fault: {{ pause: dev1, for: 500ms }}
  - request: {{ on: dev1, path: "{TRUSTED}" }}
  - fault: {{ crash: {{ instance: dev1 }}, for: 500ms }}
  - request: {{ on: dev1, path: "{TRUSTED}", status: 503 }}
  - settle
  - stop: dev1
  - request: {{ on: dev1, path: "{TRUSTED}" }}
"""
)
"""What comes of requests to instances that are up, paused, crashed and stopped."""


def virtually(text: str) -> RunResult:
    """Runs the text in virtual time."""
    return finish(run_virtual(load_text(text, "asks.yaml"), 0, None, Unfollowed()))


@pytest.mark.parametrize("is_live", [False, True], ids=["virtual", "live"])
def test_what_comes_of_requests_is_told(is_live: bool, tmp_path: Path) -> None:
    """The status as what became of the step; of an answer that is not as wanted the first difference, and why."""
    result = virtually(TOLD)
    if is_live:
        loaded = load_text(TOLD, "asks.yaml")
        result = asyncio.run(run(loaded, EmbeddedBroker(preload=None), tmp_path, instances_per_process=2))
    assert [(step.outcome, [(each.wanted, each.seen) for each in step.failures]) for step in result.steps[1:]] == [
        ("200 OK", []),
        ("200 OK", [("prod1: answer.result: 1 entry", "0 entries: []")]),
        ("400 Bad Request", []),
        ("400 Bad Request", [("dev1: a status below 400", "400 Bad Request")]),
        ("401 Unauthorized", [("dev1: 200 OK", "401 Unauthorized")]),
        ("warning: touched nothing", []),
        ("200 OK", []),
        ("warning: touched nothing", []),
        ("503 Service Unavailable", []),
        ("", []),
        ("", []),
        ("", [("dev1 is running, to act", "it is not; a step must start it first")]),
    ]
    assert result.steps[4].failures[0].explanation.startswith("Invalid table nothing")


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("{ on: dev1, path: api/now }", "expected a path such as /api/now/table/sys_user, got 'api/now'"),
        ("{ on: dev1, path: /x, method: FETCH }", "unknown value 'FETCH'"),
        ("{ on: dev7, path: /x }", "dev7"),
        ("{ on: dev1, path: /x, status: 42 }", "status"),
    ],
)
def test_requests_that_cannot_be_are_mistakes(step: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=r"asks\.yaml:5") as caught:
        load_text(f"{HEAD}  - request: {step}\n", "asks.yaml")
    assert said in str(caught.value)
