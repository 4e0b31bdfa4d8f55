"""Every kind of expectation can fail, and says what was wanted and seen; the right one beside it is met.

All of them stand in one scenario, which is run once: a wrong expectation does not end a run.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from simulator.report.result import Failure, RunResult, Verdict
from simulator.scenario.reading.load import load_text
from simulator.scenario.running.run import run_virtual
from simulator.transport.embedded import EmbeddedBroker

from .running import Unseen, in_full, run

FILE = "expectations.yaml"

BEGIN = """\
name: Right and wrong
instances: { prod1: production, dev1: development, dev2: development, away: test }
applications:
  App:
    capabilities:
      Cap:
        operations:
          hand over: data
          act: { kind: message, answer: { done: true } }
steps:
  - stop: away
  - name_manager: { on: [dev1, dev2], manager: prod1 }
  - settle
  - advance: 10m
  - settle
  - save_profile_item: { on: prod1, trusting: [dev1, dev2, away], trusted: prod1 }
  - sync_trust_profiles: { on: prod1 }
  - settle
  - send: { from: dev1, to: prod1, operation: hand over, payload: { findings: 3 }, as: data }
  - send: { from: [dev1, dev2], to: prod1, operation: act, unchecked: true, as: untrusted }
  - send: { from: prod1, to: away, operation: act, unchecked: true, as: waiting }
  - settle
"""
"""Leaves: data processed by prod1, untrusted refused by prod1 twice, waiting pending; 1 of 3 instances away."""


@dataclass(frozen=True, slots=True)
class Case:
    """One step, and the failure that it must lead to, or none."""

    id: str
    step: str
    wanted: str = ""
    seen: str = ""
    why: str = ""
    """Words that the explanation contains."""


NO_RECORD = "The trust table of prod1 has no record for App > Cap with trustee dev1"
ROW = "application: App, capability: Cap, trusting_instance: dev1, version: 1.0.0"

CASES = [
    # -- what becomes of a step --
    Case("a step's outcome", "send: { from: dev1, to: prod1, operation: hand over }\n    expect: processed"),
    Case(
        "a wrong outcome of a step",
        "send: { from: dev1, to: prod1, operation: hand over }\n    expect: refused",
        "dev1 -> prod1: refused",
        "processed by prod1",
    ),
    Case(
        "a step's refusal",
        "send: { from: dev1, to: prod1, operation: act, unchecked: true }\n"
        "    expect: { refused: no_trust_record, by: prod1, because: there is trust only the other way }",
    ),
    Case(
        "a wrong instance that refuses a step",
        "send: { from: dev1, to: prod1, operation: act, unchecked: true }\n"
        "    expect: { refused: no_trust_record, by: dev1 }",
        "dev1 -> prod1: refused (no_trust_record) by dev1",
        "refused (no_trust_record) by prod1",
        NO_RECORD,
    ),
    Case(
        "an action that is refused though nobody expects it",
        "approve_manager: { on: away, manager: prod1 }",
        "away is running, to act",
        "it is not; a step must start it first",
    ),
    Case(
        "a second wrong action",
        "delete_trust_record: { on: prod1, trustee: dev1 }",
        "prod1: processed",
        "refused (no_such_record) by prod1",
        "The trust table of prod1 has no record",
    ),
    Case(
        "an action that is refused as expected",
        "delete_trust_record: { on: prod1, trustee: dev1 }\n    expect: refused",
    ),
    Case(
        "sending from an instance that is down",
        "send: { from: [dev1, away], to: prod1, operation: act }",
        "away is running, to act",
        "it is not; a step must start it first",
    ),
    # -- a message with a name --
    Case("a message", "expect: [{ message: data, outcome: processed, by: prod1 }]"),
    Case(
        "a message's wrong outcome",
        "expect: [{ message: data, outcome: expired }]",
        "dev1 -> prod1: expired",
        "processed by prod1",
    ),
    Case(
        "a message's wrong instance",
        "expect: [{ message: data, outcome: processed, by: dev1 }]",
        "dev1 -> prod1: processed by dev1",
        "processed by prod1",
    ),
    Case(
        "a message that is refused",
        "expect: [{ message: untrusted, refused: no_trust_record, because: there is trust only the other way }]",
    ),
    Case(
        "a message's wrong code",
        "expect: [{ message: untrusted, refused: version_mismatch }]",
        "dev1 -> prod1, dev2 -> prod1: refused (version_mismatch)",
        "refused (no_trust_record) by prod1",
        NO_RECORD,
    ),
    Case(
        "a message's wrong reason",
        "expect: [{ message: untrusted, refused: no_trust_record, because: it is Monday }]",
        "dev1 -> prod1, dev2 -> prod1: refused (no_trust_record) because 'it is Monday'",
        "refused (no_trust_record) by prod1",
        NO_RECORD,
    ),
    Case("a message that waits", "expect: [{ message: waiting, outcome: pending }]"),
    Case(
        "a message that does not wait",
        "expect: [{ message: data, outcome: pending }]",
        "dev1 -> prod1: pending",
        "processed by prod1",
    ),
    Case(
        "a message that waits too long",
        "expect: [{ message: waiting, outcome: processed, within: 50ms }]",
        "prod1 -> away: processed",
        "pending",
    ),
    Case(
        "a message that waits, without a limit",
        "expect: [{ message: waiting, outcome: processed }]",
        "prod1 -> away: processed",
        "pending",
    ),
    Case(
        "never, of something that does not happen",
        "expect: [{ message: waiting, outcome: processed, never: true }]",
    ),
    Case(
        "never, of something that has happened",
        "expect: [{ message: data, outcome: processed, never: true }]",
        "never what this describes",
        "it holds",
    ),
    # -- connections --
    Case("a connection", "expect: [{ connection: prod1 }]"),
    Case(
        "a connection that is not refused",
        "expect: [{ connection: prod1, refused: certificate_expired }]",
        "connection of prod1: refused (certificate_expired)",
        "not refused",
    ),
    Case(
        "a connection of an instance that is down",
        "expect: [{ connection: away }]",
        "connection of away: not refused",
        "it is not running",
    ),
    # -- tables --
    Case("rows", "expect: [{ table: sn_mif_trusting_instance, on: prod1 }]"),
    Case("no rows", "expect: [{ table: sn_mif_trusting_instance, on: [dev1, dev2], count: 0 }]"),
    Case(
        "at least one row where there is none",
        "expect: [{ table: sn_mif_trusting_instance, on: dev1 }]",
        "sn_mif_trusting_instance on dev1: at least one row",
        "0 rows",
    ),
    Case(
        "a wrong number of rows",
        "expect: [{ table: sn_mif_trusting_instance, on: prod1, where: { trusting_instance: dev1 }, count: 2 }]",
        "sn_mif_trusting_instance on prod1 where {trusting_instance: dev1}: 2 rows",
        f"1 row: {{{ROW}}}",
    ),
    Case(
        "none where there are some",
        "expect: [{ table: sn_mif_sync_data, on: prod1, count: 0, never: true }]",
    ),
    Case(
        "a wrong row",
        "expect: [{ table: sn_mif_trusting_instance, on: prod1, rows: [{ trusting_instance: away }] }]",
        "sn_mif_trusting_instance on prod1: a row {trusting_instance: away}",
        "2 rows: {application: App, capability: Cap, trusting_instance: dev",
    ),
    Case(
        "a row too many",
        "expect: [{ table: sn_mif_trusting_instance, on: prod1, rows: [{ trusting_instance: dev1 }] }]",
        "sn_mif_trusting_instance on prod1: exactly 1 row",
        "2 rows: {application: App, capability: Cap, trusting_instance: dev",
    ),
    Case(
        "the same row twice",
        "expect: [{ table: sn_mif_trusting_instance, on: prod1, where: { trusting_instance: dev1 },"
        " rows: [{ version: 1.0.0 }, { version: 1.0.0 }] }]",
        "sn_mif_trusting_instance on prod1 where {trusting_instance: dev1}: a row {version: 1.0.0}",
        f"1 row: {{{ROW}}}",
    ),
    Case(
        "rows in any order",
        "expect: [{ table: sn_mif_trusting_instance, on: prod1,"
        " rows: [{ trusting_instance: dev2 }, { trusting_instance: dev1 }] }]",
    ),
    Case(
        "one of several instances",
        "expect: [{ table: sn_mif_trusted_instance, on: [dev1, dev2, away], count: 1 }]",
        "sn_mif_trusted_instance on away: 1 row",
        "0 rows",
    ),
    # -- sync --
    Case(
        "a sync", "expect: [{ sync: App, on: prod1, results: { dev1: synced, dev2: synced, away: not_managed } }]"
    ),
    Case(
        "a wrong result of a sync",
        "expect: [{ sync: App, on: prod1, results: { dev1: synced, away: synced } }]",
        "sync of App to away: synced",
        "not_managed",
    ),
    Case(
        "a refusal that a sync did not meet",
        "expect: [{ sync: App, on: prod1, results: { dev1: { refused: no_trust_record } } }]",
        "sync of App to dev1: refused (no_trust_record)",
        "synced",
    ),
    Case(
        "a sync that never was",
        "expect: [{ sync: App, on: dev1, results: { dev2: synced } }]",
        "sync of App to dev2: synced",
        "no result",
    ),
    # -- journals --
    Case(
        "a journal",
        "expect: [{ journal: prod1, where: { sender: dev2, code: no_trust_record, outcome: refused }, count: 1 }]",
    ),
    Case(
        "a wrong number of entries",
        "expect: [{ journal: prod1, where: { kind: capability_message, sender: dev2 }, count: 2 }]",
        "journal on prod1 where {kind: capability_message, sender: dev2}: 2 entries",
        "1 entry",
    ),
    Case(
        "an entry that is missing",
        "expect: [{ journal: dev1, where: { outcome: unreadable } }]",
        "journal on dev1 where {outcome: unreadable}: at least one entry",
        "0 entries",
    ),
    # -- time --
    Case(
        "too little time",
        "expect: [{ table: sn_mif_sync_data, on: prod1, count: 9, within: 20ms }]",
        "sn_mif_sync_data on prod1: 9 rows",
        "",
    ),
    Case(
        "never, for as long as it takes",
        "expect: [{ table: sn_mif_sync_data, on: prod1, count: 9, never: true, within: 20ms }]",
    ),
]

END = [
    "expect:",
    "  - { message: data, outcome: refused }",
    "  - { message: data, outcome: processed }",
]


@dataclass(frozen=True)
class Ran:
    """The one run, and where each case stands in its file."""

    result: RunResult
    line_by_case: dict[str, int]
    last_line: int

    def failures_between(self, first: int, end: int) -> list[Failure]:
        """The failures on lines from *first* to before *end*."""
        return [failure for failure in self.result.failures if first <= failure.line < end]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Runs all cases, one after the other."""
    text, line_by_case = BEGIN, {}
    for case in CASES:
        line_by_case[case.id] = text.count("\n") + 1
        text += f"  - {case.step}\n"
    text += "\n".join(END)
    directory: Path = tmp_path_factory.mktemp("expectations")
    loaded = load_text(text, FILE)
    result = asyncio.run(run(loaded, EmbeddedBroker(preload=None), directory, instances_per_process=100))
    return Ran(result, line_by_case, text.count("\n") + 1)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES])
def test_an_expectation(case: Case, ran: Ran) -> None:
    """A right expectation leads to no failure, a wrong one to one failure at its line that tells all."""
    first = ran.line_by_case[case.id]
    failures = ran.failures_between(first, first + case.step.count("\n") + 1)
    [step] = [step for step in ran.result.steps if step.line == first]
    if not case.wanted:
        assert not failures, in_full(ran.result)
        assert step.verdict is Verdict.MET
        return
    [failure] = failures
    assert step.verdict is Verdict.NOT_MET
    assert failure.wanted == case.wanted
    assert failure.seen.startswith(case.seen)
    assert case.why in failure.explanation
    assert bool(case.why) == bool(failure.explanation)


def test_a_wrong_beginning_would_be_seen(ran: Ran) -> None:
    """What leads up to the cases goes as it should."""
    assert not ran.failures_between(1, min(ran.line_by_case.values())), in_full(ran.result)


async def test_a_fleet_that_cannot_settle(tmp_path: Path) -> None:
    """Where something is due that cannot be delivered, `settle` fails when its time is over."""
    text = BEGIN + "  - fault: { broker_outage: true }\n  - send: { from: prod1, to: dev1, operation: act }\n"
    text += "  - settle: 50ms\n"
    result = await run(load_text(text, FILE), EmbeddedBroker(preload=None), tmp_path, instances_per_process=100)
    [failure] = result.failures
    assert failure.line == text.count("\n")
    assert failure.wanted == "settled within 0.05s"
    assert failure.seen.startswith(f"prod1 waits for dev1 to take the message of line {failure.line - 1}, since ")


async def test_a_message_that_nobody_waits_for(tmp_path: Path) -> None:
    """What has become of it is told in the end, with the reason of each that was refused."""
    text = BEGIN + "  - send: { from: prod1, to: [dev1, away], operation: act }\n"
    loaded = load_text(text, FILE)
    live = await run(loaded, EmbeddedBroker(preload=None), tmp_path, instances_per_process=100)
    virtual = await run_virtual(loaded, 0, None, Unseen())
    for result in (live, virtual):
        assert result.steps[-1].outcome == "processed by dev1; refused (no_trusting_instance) by prod1"
        [reason] = result.steps[-1].reasons
        assert "Trusting Instances on prod1 does not list away for App > Cap" in reason


def test_expectations_at_the_end(ran: Ran) -> None:
    """The expectations at the end are the last step; each failure has a line of its own."""
    [failure] = ran.failures_between(ran.last_line - 2, ran.last_line + 1)
    assert failure.line == ran.last_line - 1
    assert ran.result.steps[-1].text == "at the end"
    assert ran.result.steps[-1].failures == (failure,)


def test_the_verdict(ran: Ran) -> None:
    """One failure is enough for the whole run not to be met, and every failure is counted."""
    assert ran.result.verdict is Verdict.NOT_MET
    assert len(ran.result.failures) == sum(bool(case.wanted) for case in CASES) + 1
