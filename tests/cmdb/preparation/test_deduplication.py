"""Equal items of a payload, and equal lookup and related records of one item."""

from __future__ import annotations

from functools import cache
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cmdb.base import Instance
from tests.cmdb.cases import KEY, LINUX, RUNS, WEB, codes, item, message, only, operations
from tests.fleet import examples

SERVERS = "cmdb_ci_linux_server"


def test_case_19_equal_items_are_refused_with_their_indices_or_become_one() -> None:
    instance = Instance()
    result = instance.run({"items": [LINUX, item(SERVERS, name="other"), LINUX]})
    assert codes(result) == ["DUPLICATE_PAYLOAD_RECORDS"] * 3
    assert message(result) == (
        f"Found duplicate items in the payload (index 0 and 2), using className [{SERVERS}] and fields [name]."
        " Remove duplicate items from payload"
    )
    indices = [each.get("duplicateIndices") for each in result.response["items"]]
    assert indices == [[2], None, [0]]
    assert not instance.all(SERVERS)
    merged = instance.run({"items": [LINUX, LINUX]}, enhanced=True).response["items"]
    assert [each["inputIndices"] for each in merged] == [[0, 1]]


def test_items_are_told_apart_by_the_first_entry_that_both_can_use() -> None:
    instance = Instance()
    same_name = [item(SERVERS, name="localhost", serial_number=number) for number in "12"]
    assert operations(instance.run({"items": same_name})) == ["INSERT", "INSERT"]
    first_only = [item(SERVERS, name="a", serial_number="3"), item(SERVERS, name="a")]
    assert codes(instance.run({"items": first_only})) == ["DUPLICATE_PAYLOAD_RECORDS"] * 2


def test_what_is_equal_to_an_item_that_went_into_another_goes_into_that_too() -> None:
    instance = Instance()
    items = [item(SERVERS, name="a"), item(SERVERS, name="a", serial_number="1")]
    result = instance.run({"items": [*items, item(SERVERS, serial_number="1", ram="2")]}, enhanced=True)
    assert [each["inputIndices"] for each in result.response["items"]] == [[0, 1, 2]]
    (server,) = instance.all(SERVERS)
    assert (server["name"], server["serial_number"], server["ram"]) == ("a", "1", "2")


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_what_is_equal_only_to_two_items_together_is_one_with_them_in_any_order(order: tuple[int, ...]) -> None:
    """One has the name of the third, one its serial number; neither has anything of the other."""
    named = item(SERVERS, name="a", ram="1")
    numbered, both = item(SERVERS, serial_number="1", ram="2"), item(SERVERS, name="a", serial_number="1")
    items = [[named, numbered, both][place] for place in order]
    instance = Instance()
    result = instance.run({"items": items}, enhanced=True)
    assert [each["inputIndices"] for each in result.response["items"]] == [[0, 1, 2]]
    (server,) = instance.all(SERVERS)
    last = "1" if order.index(0) > order.index(1) else "2"
    assert (server["name"], server["serial_number"], server["ram"]) == ("a", "1", last)
    again = instance.run({"items": items}, enhanced=True)
    assert operations(again) == ["NO_CHANGE"]


SERVER = st.fixed_dictionaries(
    {},
    optional={"name": st.sampled_from("abc"), "serial_number": st.sampled_from("12")},
).filter(bool)
CALLED = st.tuples(SERVER, st.sampled_from((None, None, "x", "y")))
"""What is said of a server, and its key at the source if it has one there."""


@cache
def emptied() -> Instance:
    """The instance of all examples, each of which is undone."""
    return Instance()


@given(said=st.lists(CALLED, min_size=2, max_size=5))
@examples(100, nightly=5_000)
def test_no_two_of_the_items_of_a_payload_make_one_ci_twice(said: list[tuple[dict[str, str], str | None]]) -> None:
    """Sent again, each is found alone, as what it has become."""
    keys = [{"sys_object_source_info": {**KEY, "source_native_key": key}} if key else {} for _, key in said]
    items = [item(SERVERS, **values) | key for (values, _), key in zip(said, keys, strict=True)]
    instance = emptied()
    instance.connection.execute("begin")
    try:
        first, again = (instance.run({"items": items}, enhanced=True) for _ in range(2))
        assert set(operations(first)) == {"INSERT"}
        assert set(operations(again)) == {"NO_CHANGE"}
        found = [[each["sysId"] for each in result.response["items"]] for result in (first, again)]
        assert found[0] == found[1]
        assert len(instance.all(SERVERS)) == len(set(found[0]))
        assert not instance.all("reconcile_duplicate_task")
    finally:
        instance.connection.execute("rollback")


def test_an_item_that_others_went_into_is_told_apart_by_what_it_has_from_them() -> None:
    named, *servers = [
        item(SERVERS, name="a"),
        *(item(SERVERS, name="a", serial_number=number) for number in "12"),
    ]
    for items in ([named, *servers], [*servers, named]):
        instance = Instance()
        instance.run({"items": items}, enhanced=True)
        assert {row["serial_number"] for row in instance.all(SERVERS)} == {"1", "2"}


def test_dependents_are_equal_under_one_host_only_and_equal_hosts_are_one() -> None:
    instance = Instance()
    other = item(SERVERS, name="lx2")
    relations = [{**RUNS[0], "parent": 0, "child": 2}, {**RUNS[0], "parent": 1, "child": 3}]
    apart = instance.run({"items": [WEB, WEB, LINUX, other], "relations": relations}, enhanced=True)
    assert operations(apart) == ["INSERT"] * 4
    instance = Instance()
    together = instance.run({"items": [WEB, WEB, LINUX, LINUX], "relations": relations}, enhanced=True)
    assert [each["inputIndices"] for each in together.response["items"]] == [[0, 1], [2, 3]]
    assert [each["operation"] for each in together.response["relations"]] == ["INSERT", "NO_CHANGE"]


def test_both_native_keys_of_a_merged_item_are_kept() -> None:
    instance = Instance()
    items = [{**LINUX, "sys_object_source_info": {**KEY, "source_native_key": key}} for key in ("k1", "k2")]
    instance.run({"items": items}, enhanced=True)
    assert {row["id"] for row in instance.all("sys_object_source")} == {"k1", "k2"}
    assert len(instance.all(SERVERS)) == 1


@pytest.mark.parametrize(
    ("kind", "code", "record"),
    [
        (
            "lookup",
            "DUPLICATE_LOOKUP_PAYLOAD",
            item("cmdb_serial_number", serial_number="1", serial_number_type="u"),
        ),
        ("related", "DUPLICATE_RELATED_PAYLOAD", item("cmdb_software_instance", name="sql")),
    ],
)
def test_equal_lookup_or_related_records_of_an_item(kind: str, code: str, record: dict[str, Any]) -> None:
    instance = Instance()
    body = {"items": [{**LINUX, kind: [record, record]}]}
    result = instance.run(body)
    assert codes(result) == [code]
    fields = "serial_number,serial_number_type" if kind == "lookup" else "name"
    text = f"Found duplicate {kind.title()} items (0 and 1) in the payload index 0 using fields {fields}"
    assert message(result) == text
    assert only(result).get("duplicateLookupIndices") == ({"0": [1]} if kind == "lookup" else None)
    (merged,) = only(instance.run(body, enhanced=True))["relatedItems"]
    assert merged["inputIndices"] == [{"mainIndex": 0, "subIndex": 0}, {"mainIndex": 0, "subIndex": 1}]


def test_each_lookup_record_names_all_that_are_equal_to_it() -> None:
    one, other = (item("cmdb_serial_number", serial_number=name, serial_number_type="u") for name in "ab")
    found = only(Instance().run({"items": [{**LINUX, "lookup": [one, other, one, one, other]}]}))
    assert (found["duplicateLookupIndices"], found["errorCount"]) == ({"0": [2, 3], "1": [4]}, 1)
