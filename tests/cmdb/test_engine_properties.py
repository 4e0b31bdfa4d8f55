"""What holds of any payload on any store, whichever way the API is called and in both modes of domains."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations
from random import Random  # noqa: TID251 - Hypothesis makes it and prints its seed
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from simulator.cmdb.records import Record, Value
from simulator.store.cmdb.store import CmdbStore
from tests.cmdb.drawn import Case, draw_case
from tests.cmdb.drawn_store import CALLS, call, store_of
from tests.cmdb.naive_identifier import Item, State, candidate_domains, identify
from tests.fleet import examples

NOT_KEPT = "enhanced, nothing kept"
CHANCE = st.randoms(use_true_random=True)


def dump(store: CmdbStore, *but: str) -> dict[str, list[Record]]:
    """All rows of the tables that the engine writes to, *but* some."""
    tables = (
        *("cmdb", "cmdb_serial_number", "cmdb_rel_ci", "sys_object_source", "reconcile_duplicate_task"),
        *("duplicate_audit_result", "reclassification_task", "cmdb_ire_partial_payloads"),
        *("cmdb_ire_partial_payloads_index", "cmdb_ire_incomplete_payloads"),
    )
    return {table: store.rows(table, (), [()]) for table in tables if table not in but}


def without_ids(response: dict[str, Any]) -> dict[str, Any]:
    """A response without the ids of what it inserted."""
    items = [
        {
            **{name: value for name, value in each.items() if name not in ("partialSysIds", "incompleteSysIds")},
            "sysId": None if each.get("operation") == "INSERT" else each.get("sysId"),
            "relatedSysIds": None,
            "relatedItems": [
                {**sub, "sysId": None if sub.get("operation") == "INSERT" else sub.get("sysId")}
                for sub in each.get("relatedItems", ())
            ],
        }
        for each in response["items"]
    ]
    relations = [
        {name: value for name, value in each.items() if name not in ("sysId", "identifierEntrySysId")}
        for each in response["relations"]
    ]
    return {**response, "items": items, "relations": relations}


@given(chance=CHANCE)
@examples(100, nightly=5_000)
def test_the_order_of_rows_in_the_tables_does_not_matter(chance: Random) -> None:
    """Which candidate is taken is decided by age, and of equally old ones by sys_id, never by place."""
    case, kind = draw_case(chance), chance.choice(list(CALLS))
    with store_of(case) as store:
        response, after = call(store, case, kind), dump(store)
    with store_of(case, chance) as store:
        assert call(store, case, kind) == response
        assert dump(store) == after


@given(chance=CHANCE)
@examples(100, nightly=5_000)
def test_a_query_says_what_the_commit_does_and_writes_nothing(chance: Random) -> None:
    """The responses are equal but for the ids of what is inserted."""
    case, kind = draw_case(chance), chance.choice(list(CALLS))
    with store_of(case) as store:
        before = dump(store)
        asked = call(store, case, kind, query=True)
        assert dump(store) == before
        assert without_ids(asked) == without_ids(call(store, case, kind))


@given(chance=CHANCE)
@examples(100, nightly=5_000)
def test_what_is_outside_the_candidate_domains_decides_nothing(chance: Random) -> None:
    """Take away every CI and lookup record that the caller may not match, and the response is the same.

    But for the ids of what is inserted: a key that stands for nothing any more needs no row of its own.
    """
    case, kind = draw_case(chance), chance.choice(list(CALLS))
    seen = candidate_domains(case.state, case.caller)
    cis, lookups = (
        [row for row in rows if row["sys_domain"] in seen] for rows in (case.state.cis, case.state.lookups)
    )
    bare = replace(case, state=replace(case.state, cis=cis, lookups=lookups))
    with store_of(case) as store:
        response = call(store, case, kind)
    with store_of(bare) as store:
        assert without_ids(call(store, bare, kind)) == without_ids(response)


class WholeStore(CmdbStore):
    """Reads of CIs all that they have, whatever is asked for."""

    def rows(
        self,
        table: str,
        columns: tuple[str, ...],
        keys: Iterable[tuple[Value, ...]],
        fields: frozenset[str] | None = None,
    ) -> list[Record]:
        """See Reader.rows."""
        return super().rows(table, columns, keys)


@given(chance=CHANCE)
@examples(100, nightly=5_000)
def test_what_is_not_asked_of_a_ci_decides_nothing(chance: Random) -> None:
    """A call reads those fields of CIs that it needs; with all of them it would do the same."""
    case, kind = draw_case(chance), chance.choice(list(CALLS))
    for ci in case.state.cis:
        if chance.random() < 0.3:
            ci["last_discovered"] = chance.choice(("2025-06-01 00:00:00", "2030-01-01 00:00:00"))
    done = []
    for kept in (CmdbStore, WholeStore):
        with store_of(case, kept=kept) as store:
            done.append((call(store, case, kind), call(store, case, kind, cause="again"), dump(store)))
    assert done[0] == done[1]


@given(chance=CHANCE)
@examples(100, nightly=5_000)
def test_the_same_payload_twice_changes_nothing_and_makes_no_row(chance: Random) -> None:
    """But for what no rule can find again: a CI that an inclusion rule or a condition keeps from being matched."""
    case, kind = _finding_again(draw_case(chance)), chance.choice(list(CALLS))
    with store_of(case) as store:
        first = call(store, case, kind)
        before = dump(store, "cmdb_ire_incomplete_payloads", "cmdb_ire_partial_payloads")
        again = call(store, case, kind, cause="again")
        after = dump(store, "cmdb_ire_incomplete_payloads", "cmdb_ire_partial_payloads")
    for one, other in zip(first["items"], again["items"], strict=True):
        if not one.get("errors") and one["operation"] != "INSERT_AS_PARTIAL":
            assert (other["operation"], other["sysId"]) == ("NO_CHANGE", one["sysId"])
    for each in again["relations"]:
        assert each.get("operation") != "INSERT"
    assert {table: len(rows) for table, rows in before.items()} == {
        table: len(rows) for table, rows in after.items()
    }
    for rows in (before["cmdb"], after["cmdb"]):
        for row in rows:
            del row["sys_mod_count"]  # That the CI has been seen again is written each time.
    assert before["cmdb"] == after["cmdb"]


def _finding_again(case: Case) -> Case:
    """The case without what hides a CI, and with no items where two of them have to do with one CI."""
    rules = [
        replace(rule, entries=[replace(entry, condition=[]) for entry in rule.entries])
        for rule in case.state.rules
    ]
    state = replace(case.state, inclusion=[], rules=rules)
    answers = identify(state, case.caller, case.items, case.relations, NOT_KEPT)
    found = [one for answer in answers for one in {answer.match, *answer.duplicates} - {""}]
    case = replace(case, state=state)
    alone = len(found) == len(set(found)) and not any(_meet(*pair, state) for pair in combinations(case.items, 2))
    return case if alone else replace(case, items=[], relations=[])


def _meet(one: Item, other: Item, state: State) -> bool:
    """Whether an entry that allows null may find the CI of the one by what the other has: they share a value."""
    names = {name for rule in state.rules for each in rule.entries if each.allow_null for name in each.attributes}
    return any(one.values.get(name) and one.values[name] == other.values.get(name) for name in names)


@given(chance=CHANCE)
@examples(100, nightly=5_000)
def test_independent_items_give_the_same_cis_in_one_batch_and_one_by_one(chance: Random) -> None:
    """Where no two of them are found to be the same CI, or one of the same duplicates."""
    case = _independent(draw_case(chance))
    with store_of(case) as store:
        whole = call(store, case, NOT_KEPT)
        together = _cis(store)
    with store_of(case) as store:
        parts = [
            call(store, replace(case, items=[item]), NOT_KEPT, cause=f"part {place}")
            for place, item in enumerate(case.items)
        ]
        assert _cis(store) == together
    assert [each.get("operation") for each in whole["items"]] == [
        each.get("operation") for part in parts for each in part["items"]
    ]


def _independent(case: Case) -> Case:
    answers = identify(case.state, case.caller, case.items, case.relations, NOT_KEPT)
    items, taken = list[Item](), set[str]()
    for item, answer in zip(case.items, answers, strict=True):
        found = {answer.match, *answer.duplicates} - {""}
        if item.class_name.startswith(("x_box", "x_server", "x_linux", "x_switch")) and not (
            found & taken or any(_meet(item, each, case.state) for each in items)
        ):
            items.append(item)
            taken |= found
    return replace(case, items=items, relations=[])


def _cis(store: CmdbStore) -> list[tuple[tuple[str, object], ...]]:
    """The CIs and serial numbers without what is made anew each time; new CIs by their names."""
    name_by_id = {row["sys_id"]: f"{row['name']} {row['sys_created_on']}" for row in store.rows("cmdb", (), [()])}
    rows = [*store.rows("cmdb", (), [()]), *store.rows("cmdb_serial_number", (), [()])]
    return sorted(
        tuple(
            (name, name_by_id.get(value, value))
            for name, value in row.items()
            if name not in ("sys_id",) and value
        )
        for row in rows
    )


@given(chance=CHANCE)
@examples(100, nightly=5_000)
def test_an_enhanced_call_never_loses_an_item(chance: Random) -> None:
    """A good item is stored whatever becomes of the others, one in trouble is kept under the id that is given."""
    case = draw_case(chance)
    answers = identify(case.state, case.caller, case.items, case.relations, "enhanced")
    with store_of(case) as store:
        response = call(store, case, "enhanced")
        ids = {table: {row["sys_id"] for row in rows} for table, rows in dump(store).items()}
    for item in response["items"]:
        good = not answers[item["inputIndices"][0]].problem
        assert good == (item["sysId"] in ids["cmdb"])
        kept = {*item.get("partialSysIds", ()), *item.get("incompleteSysIds", ())}
        assert good != bool(kept)
        assert kept <= ids["cmdb_ire_partial_payloads"] | ids["cmdb_ire_incomplete_payloads"]
