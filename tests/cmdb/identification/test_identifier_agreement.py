"""The engine and a second, naive identifier say the same of any payload in any store, in both modes of domains."""

from __future__ import annotations

from collections import Counter
from random import Random  # noqa: TID251 - Hypothesis makes it and prints its seed
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from simulator.cmdb.records import Record
from simulator.store.cmdb.store import CmdbStore
from tests.cmdb import naive_identifier
from tests.cmdb.drawn import Case, draw_case
from tests.cmdb.drawn_store import CALLS, call, store_of
from tests.cmdb.naive_identifier import Answer, candidate_domains
from tests.fleet import examples


def cis_of(store: CmdbStore) -> dict[str | None, Record]:
    return {row["sys_id"]: row for row in store.rows("cmdb", (), [()])}


def said(item: dict[str, Any]) -> tuple[object, ...]:
    """What a response says of an item, in the words of the naive identifier."""
    attempts = [
        (each["identifierName"], each["attemptResult"], tuple(each["attributes"]), each.get("searchOnTable", ""))
        for each in item["identificationAttempts"]
    ]
    operation = item.get("operation", "")
    kept = {"INSERT_AS_PARTIAL": "partial", "INSERT_AS_INCOMPLETE": "incomplete"}.get(operation, "")
    troubles = [*item.get("errors", ()), *(item.get("warnings", ()) if kept else ())]
    problem = troubles[0]["error"] if troubles else ""
    found = item["sysId"] if not problem and operation != "INSERT" else ""
    return attempts, problem, kept, found, "" if problem else operation


def expected(answer: Answer) -> tuple[object, ...]:
    """The same of a naive answer."""
    found = "" if answer.problem else answer.match
    return answer.attempts, answer.problem, answer.kept, found, "" if answer.problem else answer.operation


def assert_agree(chance: Random) -> Counter[str]:
    """One payload on one store; returns what came up."""
    case, kind = draw_case(chance), chance.choice(list(CALLS))
    answers = naive_identifier.identify(case.state, case.caller, case.items, case.relations, kind)
    seen = candidate_domains(case.state, case.caller)
    with store_of(case) as store:
        before = cis_of(store)
        items = call(store, case, kind)["items"]
        after = cis_of(store)
        tasks = store.rows("reconcile_duplicate_task", (), [()])
        audits = store.rows("duplicate_audit_result", (), [()])
    by_place = {item["inputIndices"][0]: item for item in items}
    assert len(by_place) == len(case.items)
    for place, answer in enumerate(answers):
        assert said(by_place[place]) == expected(answer), (place, case)
    _assert_duplicates_are_reported(answers, tasks, audits)
    _assert_records_keep_to_their_domains(before, after, seen, case)
    return Counter(
        [f"{case.state.platform} {word}" for answer in answers for word in _words(answer)]
        + [f"{case.state.platform} tasks"] * len(tasks)
    )


def _words(answer: Answer) -> list[str]:
    kinds = [
        f"{result} {table}" for _, result, _, table in answer.attempts if table.startswith(("x_", "sys_", "cmdb"))
    ]
    return [*kinds, answer.problem or answer.operation, answer.kept]


def _assert_duplicates_are_reported(answers: list[Answer], tasks: list[Record], audits: list[Record]) -> None:
    sets = {answer.duplicates: answer.task_domain for answer in answers if answer.duplicates}
    found = {
        tuple(row["duplicate_ci"] or "" for row in audits if row["follow_on_task"] == task["sys_id"]): task[
            "sys_domain"
        ]
        for task in tasks
    }
    assert {tuple(sorted(one)): domain for one, domain in sets.items()} == {
        tuple(sorted(one)): domain for one, domain in found.items()
    }


def _assert_records_keep_to_their_domains(
    before: dict[str | None, Record], after: dict[str | None, Record], seen: list[str], case: Case
) -> None:
    """What is outside the candidate domains stays, what is inside stays there, and what is new is at home."""
    for sys_id, row in before.items():
        if row["sys_domain"] not in seen:
            assert after[sys_id] == row
        assert after[sys_id]["sys_domain"] == row["sys_domain"]
    for sys_id, row in after.items():
        if sys_id not in before and row["sys_class_name"] != "x_card":
            assert row["sys_domain"] == case.caller.domain
        assert row["sys_domain"] in seen or sys_id in before


@given(chance=st.randoms(use_true_random=True))
@examples(100)
def test_the_identifiers_agree(chance: Random) -> None:
    """Match, attempts, operation, errors, duplicates and domain of whatever is sent to whatever store."""
    assert_agree(chance)


def test_what_is_drawn_has_every_answer() -> None:
    """Identifiers that agree only where nothing is found would prove nothing: in both modes all comes up often."""
    chance = Random(0)  # noqa: S311 - nothing secret is drawn
    seen: Counter[str] = Counter()
    for _ in range(500):
        seen += assert_agree(chance)
    tables = ("x_box", "x_server", "x_card", "cmdb_serial_number", "x_app")
    words = [f"{result} {table}" for result in ("MATCHED", "NO_MATCH", "SKIPPED") for table in tables]
    words += ["MATCHED sys_object_source", "MULTI_MATCH x_box", "MULTIPLE_DUPLICATE_RECORDS", "tasks"]
    words += [
        "INSERT",
        "UPDATE",
        "NO_CHANGE",
        "UPDATE_WITH_UPGRADE",
        "UPDATE_WITH_SWITCH",
        "UPDATE_WITH_DOWNGRADE",
    ]
    words += ["ABANDONED", "MISSING_DEPENDENCY", "MISSING_MATCHING_ATTRIBUTES", "INVALID_INPUT_DATA"]
    words += ["RECLASSIFICATION_NOT_ALLOWED", "partial", "incomplete"]
    assert min((seen[f"{mode} {word}"], mode, word) for mode in (True, False) for word in words)[0] > 1
