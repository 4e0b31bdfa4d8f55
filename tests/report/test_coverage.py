"""What runs have exercised of trust, of runs as they are."""

from __future__ import annotations

from functools import reduce

from simulator.report.coverage import Coverage, coverage_of
from simulator.report.files.covered import read, to_json
from simulator.report.result import BrokenRun, Kind, RunResult
from simulator.runtime.virtual.fleet import finish
from simulator.scenario.reading.load import load_text
from simulator.scenario.running.progress import Unfollowed
from simulator.scenario.running.run import run_virtual

HEAD = """\
name: Some steps
instances: { prod1: production, dev1: development, dev2: development }
applications:
  App: { capabilities: { Cap: { operations: { hand over: data } } } }
steps:
"""
MANAGED = """\
  - name_manager: { on: dev1, manager: prod1 }
  - advance: 10m
"""


def run(steps: str, *, knows_clients: bool = False, head: str = HEAD) -> RunResult:
    loaded = load_text(head + steps, "some.yaml")
    return finish(run_virtual(loaded, 0, None, Unfollowed(), knows_clients=knows_clients))


def met(result: RunResult, kind: Kind) -> set[str]:
    return {point.name for point in coverage_of([result]).of(kind) if point.is_exercised}


def test_a_code_is_met_where_it_is_journalled() -> None:
    """By whoever says no."""
    assert met(run("  - send: { from: prod1, to: dev1 }\n"), Kind.CODE) == {"no_trust_record"}


def test_a_code_of_an_item_is_met_where_only_the_managers_table_has_it() -> None:
    """Of several items that a sync has left out, each."""
    steps = """\
  - save_profile_item: { on: prod1, trusting: dev1, trusted: dev2 }
  - decommission: dev2
  - settle
  - sync_trust_profiles: prod1
  - settle
"""
    result = run(MANAGED + steps)
    assert "instance_retired" not in {entry.code for entry in result.journal}
    assert met(result, Kind.CODE) == {"instance_retired"}
    [row] = result.tables["prod1"]["sn_mif_sync_status"]
    row["detail"] += "; Cap > dev3: other_account"
    assert met(result, Kind.CODE) == {"instance_retired", "other_account"}


def test_what_the_broker_refuses_is_met_although_no_instance_journals_it() -> None:
    """As where certificates say who is who."""
    step = "  - impersonate: { from: dev1, as: prod1, to: dev2 }\n"
    ready = "  - enable_tls: [prod1, dev1, dev2]\n"
    assert met(run(ready + step, knows_clients=True), Kind.CODE) == {"topic_denied"}


def test_states_are_those_that_rows_have_had() -> None:
    """On the way, too, and not only at the end."""
    result = run(MANAGED + "  - sync_trust_profiles: prod1\n  - settle\n")
    assert met(result, Kind.STATE) == {
        "management awaiting_manager_confirmation",
        "management auto_approved",
        "readiness ready",
        "sync pending",
        "sync synced",
    }


def test_readiness_is_a_state_whoever_lacks_it() -> None:
    """One that takes in what a peer sends is ready; who is not says why."""
    late = HEAD.replace("dev1: development", "dev1: { environment: development, release: Xanadu }")
    result = run("  - create_trust_record: { on: dev1, trustee: prod1 }\n    expect: refused\n", head=late)
    assert met(result, Kind.STATE) == {"readiness release_too_old"}


def test_a_run_that_came_to_no_end_has_exercised_nothing() -> None:
    """Nor does it define anything."""
    assert coverage_of([BrokenRun(file="some.yaml", name="Some steps", error="stopped")]) == Coverage()
    assert Coverage().percent == 100


def test_coverage_adds_up_in_any_order_and_is_read_back() -> None:
    """So that processes can count by themselves."""
    trusted = "  - create_trust_record: { on: prod1, trustee: dev1 }\n"
    sent = trusted + "  - send: { from: prod1, to: dev1 }\n"
    parts = [coverage_of([run(steps)]) for steps in (trusted, sent, MANAGED)]
    together = reduce(Coverage.__or__, parts)
    assert together == reduce(Coverage.__or__, reversed(parts))
    assert together == together | together
    assert read(to_json(together)) == together
    assert {point.name for point in together.of(Kind.RECORD) if point.is_exercised} == {
        "prod1 trusts dev1 for App > Cap"
    }
