"""Expectations of what a CMDB answers and of its tables: a wrong one fails, and says where first.

All of them stand in one scenario, which is run once: a wrong expectation does not end a run.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import cache

import pytest

from simulator.report.result import Failure, RunResult
from simulator.scenario.reading.load import load_text
from simulator.scenario.running.run import run_virtual

from .running import Unseen

BEGIN = """\
name: Right and wrong
instances: { prod1: production, dev1: development, unused: test }
applications:
  App: { capabilities: { Cap: { operations: { cis: { kind: data, cmdb: true }, plain: data } } } }
steps:
  - configure_cmdb:
      on: prod1
      setup:
        domains: { TOP: { primary: true }, ACME: { parent: TOP } }
        users: { ann: { domain: ACME, roles: [itil] } }
        classes: { u_reader: { extends: cmdb_ci_hardware } }
  - create_trust_record: { on: dev1, trustee: prod1 }
  - assign_user: { on: prod1, instance: dev1, user: ann, source: Discovery }
  - settle
"""

WEB1 = (
    "identify: { on: prod1, user: ann, source: Discovery, payload: { items: "
    "[{ className: cmdb_ci_linux_server, values: { name: web1, ram: '8' } }] } }"
)
SENT = (
    "send: { from: dev1, to: prod1, operation: cis, payload: { items: "
    "[{ className: cmdb_ci_linux_server, values: { name: web2 } }] } }"
)


@dataclass(frozen=True, slots=True)
class Case:
    """One step, and the failure that it must lead to, or none."""

    id: str
    step: str
    wanted: str = ""
    seen: str = ""


CASES = [
    Case("a response", f"{WEB1}\n    expect: {{ response: {{ items: [{{ operation: INSERT }}] }} }}"),
    Case(
        "its outcome too",
        f"{WEB1}\n    expect: {{ outcome: processed, by: prod1, response: {{ items: [{{ errorCount: 0 }}] }} }}",
    ),
    Case(
        "another value",
        WEB1 + "\n    expect: { response: { items: [{ className: cmdb_ci_linux_server, operation: INSERT }] } }",
        "prod1: response.items[0].operation: INSERT",
        "NO_CHANGE",
    ),
    Case(
        "more entries",
        f"{WEB1}\n    expect: {{ response: {{ items: [{{}}, {{}}] }} }}",
        "prod1: response.items: 2 entries",
        "1 entry: ",
    ),
    Case(
        "a key that is not there",
        f"{WEB1}\n    expect: {{ response: {{ summary: {{ cmdb_ci_linux_server: {{ inserted: 1 }} }} }} }}",
        'prod1: response.summary: {"cmdb_ci_linux_server": {"inserted": 1}}',
        "nothing",
    ),
    Case("that a key is not there", f"{WEB1}\n    expect: {{ response: {{ summary: null }} }}"),
    Case(
        "true is not 1",
        f"{WEB1}\n    expect: {{ response: {{ items: [{{ errorCount: false }}] }} }}",
        "prod1: response.items[0].errorCount: false",
        "0",
    ),
    Case("the receiver's response", f"{SENT}\n    expect: {{ response: {{ items: [{{ operation: INSERT }}] }} }}"),
    Case(
        "a response of what is not for the CMDB",
        "send: { from: dev1, to: prod1, operation: plain }\n    expect: { response: {} }",
        "dev1 -> prod1: a response",
        "its CMDB was not asked",
    ),
    Case(
        "a response of what is refused",
        WEB1.replace("ann", "bob") + "\n    expect: { response: {} }",
        "prod1: processed",
        "refused (user_unknown) by prod1",
    ),
    Case(
        "a message's response",
        SENT.replace("operation: cis", "operation: cis, as: again")
        + "\n    expect: [{ message: again, response: { items: [{ operation: UPDATE }] } }]",
        "dev1 -> prod1: response.items[0].operation: UPDATE",
        "NO_CHANGE",
    ),
    Case(
        "rows of a class, with names and numbers",
        "expect: [{ table: cmdb_ci_linux_server, on: prod1, rows: "
        "[{ name: web1, ram: 8, sys_domain: ACME }, { name: web2, ram: null }] }]",
    ),
    Case(
        "another row of a class",
        "expect: [{ table: cmdb_ci_hardware, on: prod1, where: { name: web1 }, rows: [{ sys_domain: TOP }] }]",
        "cmdb_ci_hardware on prod1 where {name: web1}: a row {sys_domain: TOP}",
        "1 row: {sys_class_name: cmdb_ci_linux_server, sys_domain: ACME, sys_domain_path: ",
    ),
    Case(
        "a user's domain", "expect: [{ table: sys_user, on: prod1, where: { user_name: ann, sys_domain: ACME } }]"
    ),
    Case("a class of prod1 alone", "expect: [{ table: u_reader, on: [prod1, unused], count: 0 }]"),
    Case("a CMDB that was never used", "expect: [{ table: cmdb_ci, on: unused, count: 0 }]"),
]


@cache
def result() -> RunResult:
    """The one run."""
    text = BEGIN + "".join(f"  - {case.step}\n" for case in CASES)
    return asyncio.run(run_virtual(load_text(text, "cmdbs.yaml"), 0, None, Unseen()))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_an_expectation(case: Case) -> None:
    """What is right is met, and what is wrong fails with the first difference."""
    failures: tuple[Failure, ...] = result().steps[BEGIN.count("\n  - ") + CASES.index(case)].failures
    assert [failure.wanted for failure in failures] == ([case.wanted] if case.wanted else [])
    assert all(case.seen in failure.seen for failure in failures)


def test_a_report_says_what_became_of_the_items() -> None:
    """In the place of a code that a refusal would have."""
    outcomes = [step.outcome for step in result().steps]
    assert outcomes.count("processed (INSERT) by prod1") == 2
    assert "processed (NO_CHANGE) by prod1" in outcomes


def test_final_tables_have_the_cmdb_without_times() -> None:
    """So that a run on a broker and one in virtual time can be compared."""
    tables = result().tables
    assert "cmdb" not in tables["unused"]
    [row] = [row for row in tables["prod1"]["cmdb"] if row["name"] == "web1"]
    assert row == {
        "sys_class_name": "cmdb_ci_linux_server",
        "sys_domain": "ACME",
        "sys_domain_path": "!!!/!!!/",
        "name": "web1",
        "ram": "8",
        "discovery_source": "Discovery",
    }
