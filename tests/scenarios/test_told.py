"""What a report says of what went wrong: all that failed, who waits for whom, and what the fleet shows of it."""

from __future__ import annotations

import json

from simulator.report.files.machine import to_json
from simulator.report.result import Failure, RunResult
from simulator.scenario.reading.load import load_text
from simulator.scenario.running.run import run_virtual

from .running import Unseen, in_full

TOPOLOGY = """\
name: Told
instances: { prod1: production, sub1: development, sub2: development, sub3: development, sub4: development }
applications:
  App: { capabilities: { Cap: { operations: { hand over: data, act: message } } } }
steps:
"""
FIRST = TOPOLOGY.count("\n") + 1
MANAGED = """\
  - name_manager: { on: [sub1, sub2, sub3], manager: prod1 }
  - advance: 10m
"""
ITEM = "  - save_profile_item: { on: prod1, trusting: [sub1, sub2, sub3, sub4], trusted: prod1 }\n"
SYNC = "  - sync_trust_profiles: { on: prod1 }\n"
AT_ONCE = "  - send: { from: prod1, to: sub1, operation: act }\n    expect: processed\n    at_once: true\n"
SEND = "  - send: { from: prod1, to: [sub1, sub2, sub4], operation: act }\n    expect: processed\n"


async def result_of(steps: str) -> RunResult:
    return await run_virtual(load_text(TOPOLOGY + steps, "told.yaml"), 0, None, Unseen())


async def failure_of(steps: str) -> Failure:
    result = await result_of(steps)
    assert len(result.failures) == 1, in_full(result)
    return result.failures[0]


# -- what the fleet shows of a refusal ------------------------------------------------------------------


async def test_a_refusal_says_which_sync_is_still_on_its_way() -> None:
    failure = await failure_of(MANAGED + ITEM + SYNC + AT_ONCE)
    assert failure.explanation.startswith(f"The sync of line {FIRST + 3} is still on its way to sub1. ")


async def test_a_refusal_says_that_news_of_the_trust_is_still_on_its_way() -> None:
    """The record is there, and its trustee has not heard of it."""
    record = "  - create_trust_record: { on: sub1, trustee: prod1 }\n"
    failure = await failure_of(record + AT_ONCE)
    assert failure.explanation.startswith(f"The news of the trust of line {FIRST} is still on its way to prod1. ")


async def test_a_refusal_says_who_has_yet_to_approve_and_whom_the_sync_has_not_reached() -> None:
    steps = (
        "  - name_manager: { on: sub1, manager: prod1 }\n"
        + ITEM
        + SYNC
        + AT_ONCE.replace("    at_once: true\n", "")
    )
    failure = await failure_of(steps)
    assert failure.explanation.startswith(
        f"prod1 approves sub1 by itself (line {FIRST}) only at 2026-01-01 00:05:00. "
        f"The sync of line {FIRST + 2} has not reached sub1: prod1 did not manage App there then. "
    )


async def test_an_administrator_whose_request_is_on_its_way_is_told_so() -> None:
    steps = "  - request_management: { on: prod1, instances: sub1 }\n"
    steps += "  - approve_manager: { on: sub1, manager: prod1 }\n    at_once: true\n"
    failure = await failure_of(steps)
    assert "no_such_request" in failure.seen
    assert failure.explanation.startswith(f"The request of line {FIRST} is still on its way to sub1. ")


async def test_a_refusal_that_nothing_on_its_way_would_mend_says_nothing_of_the_fleet() -> None:
    failure = await failure_of("  - send: { from: sub3, to: sub4, operation: act }\n    expect: processed\n")
    assert failure.explanation.startswith("Trusting Instances on sub3 does not list sub4")


# -- all that failed ------------------------------------------------------------------------------------


async def test_all_recipients_that_fail_are_told_each_kind_with_its_reason() -> None:
    failure = await failure_of(MANAGED + "  - stop: sub2\n" + ITEM + SYNC + SEND)
    assert failure.wanted == "prod1 -> sub2, prod1 -> sub4: processed"
    assert failure.seen == "refused (no_trusting_instance) by prod1"
    down, unmanaged = failure.explanation.split("\n")
    assert down.startswith(f"The sync of line {FIRST + 4} is still on its way to sub2, which is not running. ")
    assert unmanaged.startswith(f"The sync of line {FIRST + 4} has not reached sub4: prod1 did not manage")


async def test_recipients_that_fail_alike_share_a_reason() -> None:
    failure = await failure_of(
        "  - send: { from: [sub1, sub2, sub3], to: prod1, operation: act }\n    expect: processed\n"
    )
    assert failure.wanted == "sub1 -> prod1, sub2 -> prod1, sub3 -> prod1: processed"
    assert failure.seen == "refused (no_trusting_instance) by sub1, sub2, sub3"
    assert failure.explanation.endswith("(and 2 more, alike)")


async def test_all_instances_whose_tables_are_otherwise_are_told() -> None:
    table = "sn_mif_managed_by_instance"
    failure = await failure_of(f"{MANAGED}  - expect: [{{ table: {table}, on: [sub1, sub2, sub4], count: 2 }}]\n")
    assert failure.wanted == f"{table} on sub1, sub2: 2 rows; {table} on sub4: 2 rows"
    assert failure.seen.startswith("sub1, sub2: 1 row: {")
    assert failure.seen.endswith("sub4: 0 rows")


async def test_all_instances_with_another_result_of_the_sync_are_told() -> None:
    results = "results: { sub1: refused, sub2: refused, sub3: synced, sub4: synced }"
    failure = await failure_of(f"{MANAGED}{ITEM}{SYNC}  - expect: [{{ sync: App, on: prod1, {results} }}]\n")
    assert failure.wanted == "sync of App to sub1, sub2: refused; sync of App to sub4: synced"
    assert failure.seen == "sub1, sub2: synced; sub4: not_managed"


async def test_all_instances_that_are_not_running_are_told() -> None:
    steps = "  - stop: [sub1, sub2]\n  - name_manager: { on: [sub1, sub2, sub3], manager: prod1 }\n"
    assert (await failure_of(steps)).wanted == "sub1, sub2 are running, to act"


# -- settle and Sync ------------------------------------------------------------------------------------


async def test_a_settle_that_fails_says_who_waits_for_whom_since_when_and_until_when() -> None:
    cut = "  - fault: { partition: [prod1, sub1] }\n"
    failure = await failure_of(MANAGED + cut + ITEM + SYNC + "  - settle: 20s\n")
    assert failure.seen == (
        f"prod1 waits for sub1 to take the sync of line {FIRST + 4}, since 2026-01-01 00:10:00 and until "
        "2026-01-02 12:10:00 at most"
    )


async def test_the_line_of_a_sync_says_how_many_it_reached_and_why_not_the_others() -> None:
    cut = "  - fault: { cut: { from: prod1, to: sub1 } }\n"
    result = await result_of(MANAGED + cut + "  - stop: sub2\n" + ITEM + SYNC)
    assert result.steps[-1].outcome == (
        "processed by prod1; reached 1 of 4; not sub1: it is still on its way; not sub2: not running; "
        "not sub4: prod1 did not manage App there then"
    )


async def test_the_line_of_a_sync_names_those_who_refused_it() -> None:
    lost = "  - delete_manager: { on: sub1, manager: prod1 }\n"
    result = await result_of(MANAGED + ITEM + lost + SYNC + "    at_once: true\n")
    assert "; reached 2 of 4; not sub1: refused (not_my_manager); not sub4: " in result.steps[-1].outcome


async def test_a_sync_of_all_profiles_says_of_each_application_whom_it_reached() -> None:
    """sub1 has only one of the two, and is managed for both."""
    both = TOPOLOGY.replace(
        "sub1: development", "sub1: { environment: development, applications: { App: 1.0.0 } }"
    )
    both = both.replace("steps:", "  More: { capabilities: { Cap: { operations: { hand over: data } } } }\nsteps:")
    names = [
        f"  - name_manager: {{ on: [sub1, sub2], application: {app}, manager: prod1 }}\n"
        for app in ("App", "More")
    ]
    text = both + "".join(names) + "  - advance: 10m\n" + SYNC
    result = await run_virtual(load_text(text, "told.yaml"), 0, None, Unseen())
    assert result.steps[-1].outcome == (
        "processed by prod1; App reached 2 of 2; More reached 1 of 2; not sub1: refused (application_missing)"
    )


async def test_a_sync_that_is_refused_reaches_nobody() -> None:
    result = await result_of(MANAGED + "  - sync_trust_profiles: { on: sub1 }\n    expect: refused\n")
    assert result.steps[-1].outcome == "refused (profile_is_managed) by sub1"


# -- identify -------------------------------------------------------------------------------------------


async def test_an_identify_that_fails_shows_operations_errors_and_attempts() -> None:
    items = "[{ className: cmdb_ci_linux_server, values: { ram: '8' } }]"
    step = f"  - identify: {{ on: [prod1, sub1], source: Discovery, payload: {{ items: {items} }} }}\n"
    result = await result_of(step + "    expect: { response: { items: [{ operation: UPDATE }] } }\n")
    shown = in_full(result)
    assert "items[0] cmdb_ci_linux_server: INSERT" in shown
    assert "MISSING_MATCHING_ATTRIBUTES: In payload missing minimum set of input values" in shown
    assert "Hardware Rule [serial_number] on cmdb_ci_hardware: SKIPPED" in shown
    failure = json.loads(to_json([result]))[0]["steps"][0]["failures"][0]
    assert set(failure["responses"]) == {"prod1", "sub1"}
    (item,) = failure["responses"]["sub1"]["items"]
    assert item["operation"] == "INSERT"
    assert item["errors"][0]["error"] == "MISSING_MATCHING_ATTRIBUTES"
    assert item["identificationAttempts"]
