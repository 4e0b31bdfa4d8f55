"""Equal CIs and equal lookup records: who stays, what is marked, and the tasks."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.cmdb.records import ChangeSet
from simulator.cmdb.rules.model import Caller
from tests.cmdb.base import NOW, Instance
from tests.cmdb.cases import LINUX, RUNS, attempts, codes, item, message, only

SERVERS = "cmdb_ci_linux_server"
TASKS, AUDITS = "reconcile_duplicate_task", "duplicate_audit_result"
REPORTED = {"lookup_match.create_duplicate_task_ci.enabled": "true"}


def serial(number: str) -> dict[str, Any]:
    values = {"serial_number": number, "serial_number_type": "uuid"}
    return {"className": "cmdb_serial_number", "values": values}


def put_serials(instance: Instance, **cis: str) -> None:
    """For each serial number one record for each CI that is named, in that order."""
    for number, names in cis.items():
        for place, ci in enumerate(names.split()):
            instance.put(
                "cmdb_serial_number",
                f"{number}{place}",
                serial_number=number,
                serial_number_type="uuid",
                valid="true",
                absent="false",
                cmdb_ci=ci,
            )


def lookup_instance(*, exact: bool, allowed: bool = False, properties: dict[str, str] | None = None) -> Instance:
    """Two servers, CI1 the older one, identified by their serial numbers alone."""
    entry = {"order": 100, "table": "cmdb_serial_number", "attributes": ["serial_number", "serial_number_type"],
             "referenced_field": "cmdb_ci", "exact_count_match": exact}  # fmt: skip
    rule = {"name": "Linux", "applies_to": SERVERS, "entries": [entry]}
    instance = Instance({"identifiers": [rule]}, **(properties or {}))
    if allowed:
        table = "cmdb_duplicate_lookup_related_allowed_class"
        instance.put(table, "allowed", **{"class": "cmdb_serial_number", "identifier_table": SERVERS})
        instance.reload()
    for number in "12":
        instance.put(SERVERS, f"CI{number}", name=f"s{number}", sys_created_on=f"2025-01-0{number} 00:00:00")
    return instance


def members(instance: Instance) -> list[set[str | None]]:
    """For each task the records that it names."""
    rows = instance.all(AUDITS)
    return [
        {row["duplicate_ci"] for row in rows if row["follow_on_task"] == task["sys_id"]}
        for task in instance.all(TASKS)
    ]


BOTH = {"className": SERVERS, "values": {"name": "s"}, "lookup": [serial("ABC123"), serial("DEF456")]}


def test_case_27_the_oldest_is_updated_the_others_point_at_it_and_a_task_names_all() -> None:
    instance = Instance()
    for number in "312":
        instance.put(SERVERS, number, name="lx1", sys_created_on=f"2025-01-0{number} 00:00:00")
    found = only(instance.run({"items": [LINUX]}))
    assert (found["operation"], found["sysId"]) == ("UPDATE", "1")
    assert {row["sys_id"]: row["duplicate_of"] for row in instance.all(SERVERS)} == {"1": None, "2": "1", "3": "1"}
    assert members(instance) == [{"1", "2", "3"}]
    (task,) = instance.all(TASKS)
    assert (task["work_notes"], task["number"]) == ("[name = lx1]", "DUP0001001")


@pytest.mark.parametrize(("count", "skip"), [(7, "true"), (2, "false")])
def test_cases_28_and_29_too_many_or_not_skipped_is_an_error_and_one_task(count: int, skip: str) -> None:
    instance = Instance(skip_duplicates=skip)
    for number in range(count):
        instance.put(SERVERS, str(number), name="lx1")
    for _ in range(2):
        result = instance.run({"items": [LINUX]})
        assert attempts(only(result))[-1] == "MULTI_MATCH"
        assert message(result) == "Found duplicate records in table [cmdb_ci_hardware] using fields [name]"
    assert codes(result) == ["MULTIPLE_DUPLICATE_RECORDS"]
    assert not any(row["duplicate_of"] or row["os"] for row in instance.all(SERVERS))
    assert len(instance.all(TASKS)) == 1


def test_a_closed_task_does_not_stand_for_an_open_one() -> None:
    instance = Instance(skip_duplicates="false")
    for number in "12":
        instance.put(SERVERS, number, name="lx1")
    instance.run({"items": [LINUX]})
    instance.connection.execute(f"update {TASKS} set state = '3'")  # noqa: S608
    instance.run({"items": [LINUX]})
    assert len(instance.all(TASKS)) == 2


def test_a_query_marks_nothing_and_makes_no_task() -> None:
    instance = Instance()
    for number in "12":
        instance.put(SERVERS, number, name="lx1")
    assert only(instance.run({"items": [LINUX]}, commit=False))["sysId"] == "1"
    assert not instance.all(TASKS)
    assert not any(row["duplicate_of"] for row in instance.all(SERVERS))


def test_equal_cis_of_two_domains_are_one_task_of_the_main_ones_domain_and_not_marked() -> None:
    instance = Instance({"domains": {"TOP": {"primary": True}, "ACME": {"parent": "TOP"}}})
    ids = {row["name"]: row["sys_id"] or "" for row in instance.all("domain")}
    instance.put(SERVERS, "old", name="lx1", sys_domain=ids["ACME"], sys_created_on="2024-01-01 00:00:00")
    instance.put(SERVERS, "new", name="lx1", sys_domain=ids["TOP"])
    for _ in range(2):
        assert only(instance.run({"items": [LINUX]}))["sysId"] == "old"
    assert [row["duplicate_of"] for row in instance.all(SERVERS)] == [None, None]
    assert [task["sys_domain"] for task in instance.all(TASKS)] == [ids["ACME"]]


def test_a_duplicate_is_not_matched_again() -> None:
    instance = Instance()
    instance.put(SERVERS, "main", name="other")
    instance.put(SERVERS, "tagged", name="lx1", duplicate_of="main")
    assert only(instance.run({"items": [LINUX]}))["operation"] == "INSERT"
    assert codes(instance.run({"items": [item(SERVERS, sys_id="tagged")]})) == ["INVALID_INPUT_DATA"]


def test_updating_any_other_attribute_of_a_tagged_duplicate_clears_the_tag() -> None:
    instance = Instance()
    instance.put(SERVERS, "host", name="lx1")
    adapter = {"name": "eth0", "mac_address": "m", "cmdb_ci": "host"}
    instance.put("cmdb_ci_network_adapter", "main", **adapter, sys_created_on="2026-01-01 00:00:00")
    instance.put("cmdb_ci_network_adapter", "tagged", **adapter, duplicate_of="main")
    sent = {**LINUX, "lookup": [item("cmdb_ci_network_adapter", name="eth0", mac_address="m", netmask="n")]}
    instance.run({"items": [sent]})
    row = instance.get("cmdb_ci_network_adapter", "tagged")
    assert (row["netmask"], row["duplicate_of"]) == ("n", None)


@pytest.mark.parametrize(
    "payloads", [[["name", "serial_number"]], [["serial_number", "name"]], [["name"], ["serial_number"]]]
)
def test_what_becomes_a_duplicate_takes_its_own_duplicates_along(payloads: list[list[str]]) -> None:
    """Chains are what the page rules out for people, and the engine makes none either."""
    instance = Instance()
    values = {"1": {"serial_number": "s"}, "2": {"serial_number": "s", "name": "lx"}, "3": {"name": "lx"}}
    for sys_id, columns in values.items():
        instance.put(SERVERS, sys_id, **columns)
    for names in payloads:
        instance.run({"items": [item(SERVERS, **{name: values["2"][name]}) for name in names]})
    assert {row["sys_id"]: row["duplicate_of"] for row in instance.all(SERVERS)} == {"1": None, "2": "1", "3": "1"}


def test_a_payload_does_not_set_duplicate_of() -> None:
    instance = Instance()
    instance.put(SERVERS, "main", name="lx1")
    instance.run({"items": [item(SERVERS, name="lx1", duplicate_of="main")]})
    assert instance.get(SERVERS, "main")["duplicate_of"] is None


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("reported", [True, False])
def test_example_a_the_older_ci_wins_and_both_lookup_keys_get_a_task(exact: bool, reported: bool) -> None:
    instance = lookup_instance(exact=exact, allowed=True, properties=REPORTED if reported else {})
    put_serials(instance, ABC123="CI1 CI1 CI2", DEF456="CI1 CI2 CI2")
    assert only(instance.run({"items": [BOTH]}))["sysId"] == "CI1"
    keys = [{"ABC1230", "ABC1231"}, {"DEF4561", "DEF4562"}]  # of one key and one CI each
    found = members(instance)
    assert all(key in found for key in keys)
    assert ({"CI1", "CI2"} in found) is reported
    assert len(found) == 2 + reported


def test_example_a_without_allowed_classes_makes_no_task_for_lookup_records() -> None:
    instance = lookup_instance(exact=True)
    put_serials(instance, ABC123="CI1 CI1 CI2", DEF456="CI1 CI2 CI2")
    instance.run({"items": [BOTH]})
    assert not instance.all(TASKS)


@pytest.mark.parametrize("reported", [True, False])
def test_example_b_is_no_match_with_exact_count_and_the_older_ci_without(reported: bool) -> None:
    properties = REPORTED if reported else {}
    instance = lookup_instance(exact=True, properties=properties)
    put_serials(instance, ABC123="CI1", DEF456="CI2")
    assert only(instance.run({"items": [BOTH]}))["operation"] == "INSERT"
    assert not instance.all(TASKS)
    instance = lookup_instance(exact=False, properties=properties)
    put_serials(instance, ABC123="CI1", DEF456="CI2")
    assert only(instance.run({"items": [BOTH]}))["sysId"] == "CI1"
    assert members(instance) == ([{"CI1", "CI2"}] if reported else [])


def test_without_exact_count_the_ci_with_most_shared_records_wins() -> None:
    instance = lookup_instance(exact=False)
    put_serials(instance, ABC123="CI1 CI2", DEF456="CI2")
    assert only(instance.run({"items": [BOTH]}))["sysId"] == "CI2"


def test_multi_match_a_equal_dependents_of_one_host() -> None:
    instance = Instance(skip_duplicates="false")
    instance.put(SERVERS, "host", name="lx1")
    (kind,) = [row["sys_id"] or "" for row in instance.all("cmdb_rel_type") if row["name"] == "Runs on::Runs"]
    for number in "12":
        instance.put("cmdb_ci_web_server", number, cl_port="80")
        instance.put("cmdb_rel_ci", f"r{number}", parent=number, child="host", type=kind)
    result = instance.run({"items": [item("cmdb_ci_web_server", cl_port="80"), LINUX], "relations": RUNS})
    assert codes(result)[0] == "MULTI_MATCH"
    assert message(result) == (
        "Duplicate dependent records found having relationship [Runs on::Runs] with same CI"
        " (className:[cmdb_ci_linux_server], sysId:[host])"
    )
    assert members(instance) == [{"1", "2"}]


def test_multi_match_b_two_relations_of_a_dependent_and_its_host() -> None:
    relations = [
        {"parent": 1, "child": 0, "type": "Contains::Contained by"},
        {"parent": 0, "child": 1, "type": "Hosted on::Hosts"},
    ]
    result = Instance().run({"items": [item("cmdb_ci_disk", name="d"), LINUX], "relations": relations})
    assert codes(result)[0] == "MULTI_MATCH"
    assert message(result).startswith("Found multiple relations between payload items: '")


def test_multi_match_c_equal_lookup_records_of_one_ci() -> None:
    instance = lookup_instance(exact=True, properties={"skip_duplicates": "false"})
    put_serials(instance, ABC123="CI1 CI1")
    sent = {**BOTH, "lookup": [serial("ABC123")]}
    result = instance.run({"items": [sent]})
    assert codes(result) == ["MULTI_MATCH"]
    assert message(result) == (
        "Found duplicate records in lookup table [cmdb_serial_number] using fields [serial_number,"
        " serial_number_type] and reference field [cmdb_ci]"
    )
    instance = lookup_instance(exact=True)
    put_serials(instance, ABC123="CI1 CI1")
    assert only(instance.run({"items": [sent]}))["relatedSysIds"] == ["ABC1230"]


def test_a_hidden_ci_is_no_duplicate() -> None:
    instance = Instance({"domains": {"TOP": {"primary": True}}})
    (domain,) = instance.all("domain")
    instance.put(SERVERS, "seen", name="lx1")
    instance.put(SERVERS, "hidden", name="lx1", sys_domain=domain["sys_id"] or "")
    instance.caller = Caller("u", "global", frozenset({"global"}))
    assert only(instance.run({"items": [LINUX]}))["sysId"] == "seen"
    assert not instance.all(TASKS)


@pytest.mark.parametrize(("state", "tasks"), [("1", 1), ("2", 1), ("3", 2), ("7", 2)])
def test_a_task_that_is_open_or_in_progress_is_not_raised_again(state: str, tasks: int) -> None:
    instance = Instance(skip_duplicates="false")
    for number in "12":
        instance.put(SERVERS, number, name="lx1")
    instance.run({"items": [LINUX]})
    (task,) = instance.all(TASKS)
    changes = ChangeSet()
    changes.updates[TASKS][task["sys_id"] or ""] = {"state": state}
    instance.store.apply(changes, NOW)
    instance.run({"items": [LINUX]})
    assert len(instance.all(TASKS)) == tasks


def test_a_task_for_cis_that_share_lookup_records_names_the_table_of_the_cis() -> None:
    instance = lookup_instance(exact=False, properties=REPORTED)
    put_serials(instance, ABC123="CI1 CI2")
    instance.run({"items": [BOTH]})
    (task,) = instance.all(TASKS)
    assert task["short_description"] == (
        "Found duplicate records in table [cmdb_ci_linux_server] using fields [serial_number, serial_number_type]"
    )


# -- two items, one CI ----------------------------------------------------------------------------------


def test_two_items_that_lead_to_one_ci_change_it_one_after_the_other() -> None:
    """One by the key of its source, one by its name; the second one finds what the first one has made of it."""
    key = {"source_name": "Discovery", "source_native_key": "k"}
    instance = Instance()
    instance.run({"items": [{**item("cmdb_ci_win_server", name="c"), "sys_object_source_info": key}]})
    first = {**item(SERVERS, name="d", os="x"), "sys_object_source_info": key}
    result = instance.run({"items": [first, item("cmdb_ci_win_server", name="c")]})
    told = [(each["operation"], each["className"]) for each in result.response["items"]]
    assert told == [("UPDATE_WITH_SWITCH", SERVERS), ("UPDATE_WITH_SWITCH", "cmdb_ci_win_server")]
    (row,) = instance.all("cmdb_ci")
    assert (row["sys_class_name"], row["name"]) == ("cmdb_ci_win_server", "c")
    again = instance.run({"items": [first, item("cmdb_ci_win_server", name="c")]}, commit=False)
    assert [each["operation"] for each in again.response["items"]] == ["UPDATE_WITH_SWITCH"] * 2
