"""What holds after any payloads over the base data, one after the other, however wrong they are."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from random import Random  # noqa: TID251 - Hypothesis makes it and prints its seed
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from simulator.cmdb.engine import Result
from simulator.cmdb.records import Record
from simulator.protocol.cmdb import Identify
from simulator.runtime.cmdb import Cmdb
from simulator.store.setups.setup import domain_id
from tests.cmdb.base import NOW
from tests.cmdb.drawn_payloads import Sent, draw_properties, draw_sent
from tests.cmdb.separated import PLATFORM, STRICT, Separated
from tests.fleet import examples

CHANCE = st.randoms(use_true_random=True)
PAYLOADS = 4
"""In a sequence: enough for one to find what others have left."""

SUB_TABLES = ("cmdb_serial_number", "cmdb_key_value", "cmdb_software_instance", "cmdb_print_queue_instance")
TABLES = (
    *("cmdb", *SUB_TABLES, "cmn_location", "cmdb_rel_ci", "sys_object_source", "sys_rel_source"),
    *("reconcile_duplicate_task", "duplicate_audit_result", "reclassification_task"),
    *("cmdb_ire_partial_payloads", "cmdb_ire_partial_payloads_index", "cmdb_ire_incomplete_payloads"),
)
KEPT_AFTER_ERRORS = {
    *("reconcile_duplicate_task", "duplicate_audit_result", "reclassification_task"),
    "cmdb_ire_incomplete_payloads",
}
_SYS_ID = re.compile(r"[0-9a-f]{32}")

Rows = dict[str, list[Record]]


@dataclass(frozen=True)
class _Cmdb:
    """A CMDB of several domains, as drawn."""

    instance: Separated
    causes: Iterator[int]

    def send(self, user: str, sent: Sent, *, query: bool = False) -> dict[str, Any]:
        """The response to that payload."""
        identify = Identify(
            user=user,
            source=sent.source,
            body=json.dumps(sent.body),
            options=sent.options,
            enhanced=sent.options is not None,
            query=query,
        )
        result = Cmdb(self.instance.store).identify(identify, f"cause {next(self.causes)}", NOW)
        assert isinstance(result, Result)
        return result.response

    def dump(self) -> Rows:
        """All rows of the tables that the engine writes to."""
        return {table: self.instance.all(table) for table in TABLES}

    def sys_ids(self) -> list[str]:
        """Some CIs that a payload may name."""
        return [row["sys_id"] or "" for row in self.instance.all("cmdb")[:8]]


@cache
def _separated() -> Separated:
    return Separated()


@contextmanager
def drawn_cmdb(chance: Random) -> Iterator[_Cmdb]:
    """An empty CMDB with properties as drawn; all that is done to it is undone at the end."""
    instance = _separated()
    instance.connection.execute("begin")
    try:
        instance.configure(properties=draw_properties(chance))
        instance.switch(chance.choice((STRICT, PLATFORM)))
        yield _Cmdb(instance, iter(range(1_000)))
    finally:
        instance.connection.execute("rollback")


@given(chance=CHANCE)
@examples(25, nightly=1_000)
def test_a_response_tells_of_everything_that_was_sent_exactly_once(chance: Random) -> None:
    with drawn_cmdb(chance) as cmdb:
        for _ in range(PAYLOADS):
            sent = draw_sent(chance, cmdb.sys_ids())
            response = cmdb.send("u_acme", sent)
            if "errors" in response:
                continue  # the payload as a whole was turned down
            items = sent.body["items"]
            told = response["items"]
            assert Counter(place for each in told for place in each["inputIndices"]) == Counter(range(len(items)))
            assert Counter(
                (place["mainIndex"], place["subIndex"])
                for each in told
                for sub in each.get("relatedItems", ())
                for place in sub["inputIndices"]
            ) == Counter(
                (main, place)
                for main, item in enumerate(items)
                for place in range(len(item.get("lookup", ())) + len(item.get("related", ())))
            )
            assert Counter(place for each in response["relations"] for place in each["inputIndices"]) == Counter(
                range(len(sent.body["relations"]))
            )


@given(chance=CHANCE)
@examples(25, nightly=1_000)
def test_a_query_tells_what_the_commit_does_and_writes_nothing(chance: Random) -> None:
    """But for ids that nobody has yet, and those of what is kept for later."""
    with drawn_cmdb(chance) as cmdb:
        for _ in range(PAYLOADS):
            sent = draw_sent(chance, cmdb.sys_ids())
            before = cmdb.dump()
            asked = cmdb.send("u_acme", sent, query=True)
            assert cmdb.dump() == before
            assert _without_ids(asked) == _without_ids(cmdb.send("u_acme", sent))


def _without_ids(told: Any) -> Any:
    if isinstance(told, dict):
        unlike = {
            "sysId",
            "relatedSysIds",
            "partialSysIds",
            "incompleteSysIds",
            "logContextId",
            "mergedPayloadIds",
        }
        if told.get("className") == "cmdb_rel_ci":
            unlike.add("identifierEntrySysId")
        return {name: _without_ids(value) for name, value in told.items() if name not in unlike}
    if isinstance(told, list):
        return [_without_ids(each) for each in told]
    return _SYS_ID.sub("an id", told) if isinstance(told, str) else told


@given(chance=CHANCE)
@examples(25, nightly=1_000)
def test_every_row_refers_to_rows_that_are_there_and_no_mark_leads_to_a_mark(chance: Random) -> None:
    with drawn_cmdb(chance) as cmdb:
        for _ in range(PAYLOADS):
            response = cmdb.send("u_acme", draw_sent(chance, cmdb.sys_ids()))
            rows = cmdb.dump()
            ids = {table: [row["sys_id"] for row in some] for table, some in rows.items()}
            assert all(len(some) == len(set(some)) for some in ids.values())
            cis, everything = set(ids["cmdb"]), {sys_id for some in ids.values() for sys_id in some}
            assert _all_in(rows, "cmdb_serial_number", "cmdb_ci", cis)
            assert _all_in(rows, "cmdb_rel_ci", "parent", everything)
            assert _all_in(rows, "cmdb_rel_ci", "child", everything)
            assert _all_in(rows, "sys_object_source", "target_sys_id", everything)
            assert _all_in(rows, "sys_rel_source", "relation", set(ids["cmdb_rel_ci"]))
            assert _all_in(rows, "duplicate_audit_result", "duplicate_ci", everything)
            partials = set(ids["cmdb_ire_partial_payloads"])
            assert _all_in(rows, "cmdb_ire_partial_payloads_index", "partial_payload", partials)
            assert _are_unlike(rows, "cmdb_rel_ci", "parent", "child", "type")
            assert _are_unlike(rows, "cmdb_ire_partial_payloads_index", "identifier_key", "partial_payload")
            mark_by_ci = {row["sys_id"]: row.get("duplicate_of") for row in rows["cmdb"]}
            marks = [mark for mark in mark_by_ci.values() if mark]
            assert all(mark in mark_by_ci and not mark_by_ci[mark] for mark in marks)
            assert _told_ids(response) <= everything


def _all_in(rows: Rows, table: str, column: str, known: set[str | None]) -> bool:
    return all(row.get(column) in known for row in rows[table])


def _are_unlike(rows: Rows, table: str, *columns: str) -> bool:
    values = [tuple(row.get(column) for column in columns) for row in rows[table]]
    return len(values) == len(set(values))


def _told_ids(response: dict[str, Any]) -> set[str]:
    """The ids of all that the response says is there now."""
    if "errors" in response:
        return set()
    items = [*response["items"], *response["additionalCommittedItems"]]
    subs = [
        sub for each in items for sub in (*each.get("relatedItems", ()), *each.get("additionalRelatedItems", ()))
    ]
    relations = [*response["relations"], *response["additionalCommittedRelations"]]
    told = {each.get("sysId", "Unknown") for each in (*items, *subs, *relations)}
    return told - {"Unknown", "", None}


@given(chance=CHANCE)
@examples(25, nightly=1_000)
def test_where_one_error_stops_all_it_leaves_tasks_and_marks_and_nothing_else(chance: Random) -> None:
    with drawn_cmdb(chance) as cmdb:
        for _ in range(PAYLOADS):
            sent = draw_sent(chance, cmdb.sys_ids())
            before = cmdb.dump()
            response = cmdb.send("u_acme", sent)
            if sent.is_all_or_nothing and response.get("hasError"):
                assert _unmarked(cmdb.dump()) == _unmarked(before)


def _unmarked(rows: Rows) -> Rows:
    """Without what may be written about duplicates, and what is kept of the payload."""
    marks = {"duplicate_of", "sys_updated_on", "sys_updated_by", "sys_mod_count"}
    return {
        table: [{name: value for name, value in row.items() if name not in marks} for row in some]
        for table, some in rows.items()
        if table not in KEPT_AFTER_ERRORS
    }


@given(chance=CHANCE)
@examples(25, nightly=1_000)
def test_a_caller_changes_nothing_of_other_domains_and_learns_of_no_ci_there(chance: Random) -> None:
    """INIT sees ACME in neither mode, whatever it sends."""
    with drawn_cmdb(chance) as cmdb:
        for _ in range(PAYLOADS):
            cmdb.send("u_acme", draw_sent(chance, cmdb.sys_ids()))
            of_acme = cmdb.dump()
            sent = draw_sent(chance, cmdb.sys_ids())
            response = json.dumps(cmdb.send("u_init", sent))
            after = {table: {row["sys_id"]: row for row in some} for table, some in cmdb.dump().items()}
            domain = {row["sys_id"]: row["sys_domain"] for row in of_acme["cmdb"]}
            init = domain_id("INIT")
            for table, some in of_acme.items():
                for row in some:
                    if row.get("sys_domain", init) != init:
                        assert after[table].get(row["sys_id"]) == row
            not_sent = set(_SYS_ID.findall(response)) - set(_SYS_ID.findall(json.dumps(sent.body)))
            assert all(domain.get(sys_id, init) == init for sys_id in not_sent)
