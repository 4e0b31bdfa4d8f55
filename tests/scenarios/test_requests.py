"""A step that asks an instance over HTTP, live as in virtual time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from simulator.errors import ScenarioError
from simulator.protocol.http import Request
from simulator.report.result import RunResult
from simulator.runtime.faults import HttpFault
from simulator.runtime.http_faults import HttpFaults
from simulator.runtime.virtual.fleet import finish
from simulator.scenario.reading.load import load_text
from simulator.scenario.running.progress import Unfollowed
from simulator.scenario.running.run import run_virtual
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
  - request: {{ on: dev1, path: "{TRUSTED}" }}
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
    """The status as what became of the step; of an answer that is not as wanted the first difference, and why.

    Who says nothing of the status asks again as long as the instance is down.
    """
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
        ("200 OK", []),
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


UNFRIENDLY = (
    HEAD
    + f"""\
  - fault: {{ http: {{ on: dev1, status: 503, delay: 100ms }}, for: 1h }}
  - request:
      {{ on: dev1, path: "{TRUSTED}", answer: {{ error: {{ message: Service Unavailable }} }}, status: 503 }}
  - request: {{ on: prod1, path: "{TRUSTED}" }}
  - calm
  - request: {{ on: dev1, path: "{TRUSTED}" }}
  - fault: {{ http: {{ on: dev1, rate: 1 }} }}
  - request: {{ on: dev1, path: "{TRUSTED}" }}
  - request:
      on: dev1
      path: "{TRUSTED}"
      status: 429
      answer: {{ error: {{ detail: Rate limit of 1 requests per hour for Table API exceeded }} }}
  - advance: 1h
  - request: {{ on: dev1, path: "{TRUSTED}" }}
"""
)


@pytest.mark.parametrize("is_live", [False, True], ids=["virtual", "live"])
def test_an_api_may_fail_its_clients(is_live: bool, tmp_path: Path) -> None:
    """By status, by rate within an hour, and by delay; others are as ever, and so is it afterwards."""
    result = virtually(UNFRIENDLY)
    if is_live:
        loaded = load_text(UNFRIENDLY, "asks.yaml")
        result = asyncio.run(run(loaded, EmbeddedBroker(preload=None), tmp_path, instances_per_process=2))
    assert [step.failures for step in result.steps] == [()] * len(result.steps)


def test_who_comes_too_often_is_told_when_to_come_again() -> None:
    """The headers of a limit, by the clock's full hour."""
    faults, now = HttpFaults(), datetime(2026, 1, 5, 10, 59, 30, 500_000, tzinfo=UTC)
    faults.begin(1, HttpFault("dev1", rate=2))
    request = Request("GET", "/api/now/v2/table/sys_user")
    assert [faults.refuse(request, now) for _ in range(2)] == [None, None]
    refused = faults.refuse(request, now)
    assert refused is not None
    assert (refused.status, refused.headers) == (
        429,
        (
            ("Retry-After", "30"),
            ("X-RateLimit-Limit", "2"),
            ("X-RateLimit-Reset", "1767610800"),
            ("X-RateLimit-Rule", "2 requests per hour"),
        ),
    )
    assert faults.refuse(request, now + timedelta(seconds=30)) is None
    faults.end(1)
    assert [faults.refuse(request, now) for _ in range(3)] == [None] * 3


def test_a_fault_of_an_api_says_what_it_is() -> None:
    with pytest.raises(ScenarioError, match="expected `status`, `rate` or `delay`"):
        load_text(f"{HEAD}  - fault: {{ http: {{ on: dev1 }} }}\n", "asks.yaml")
