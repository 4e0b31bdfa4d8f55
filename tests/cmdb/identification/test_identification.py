"""By what a CI is found: sys_id, native key, the entries of its rule; and what in a payload refers to what."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.cmdb.rules.model import Caller
from tests.cmdb.base import Instance
from tests.cmdb.cases import KEY, LINUX, RUNS, attempts, codes, item, message, only, operations

SERVERS = "cmdb_ci_linux_server"
NODE_RULE = {
    "name": "Node",
    "applies_to": "cmdb_ci_cluster_node",
    "entries": [{"order": 100, "attributes": ["cluster", "name"]}],
}


def hybrid(**entry: Any) -> dict[str, Any]:
    """A rule by a serial number and the server's own name."""
    entry = {"order": 100, "table": "cmdb_serial_number", "attributes": ["serial_number"],
             "hybrid_entry_ci_criterion_attributes": ["name"], "referenced_field": "cmdb_ci", **entry}  # fmt: skip
    return {"identifiers": [{"name": "Linux", "applies_to": SERVERS, "entries": [entry]}]}


def put_serial(instance: Instance, sys_id: str, ci: str, **columns: str) -> None:
    instance.put("cmdb_serial_number", sys_id, serial_number="1", cmdb_ci=ci, **columns)


def with_serial(name: str) -> dict[str, Any]:
    return {**item(SERVERS, name=name), "lookup": [item("cmdb_serial_number", serial_number="1")]}


# -- sys_id and native key ------------------------------------------------------------------------------


def test_a_sys_id_comes_before_native_key_and_rules() -> None:
    instance = Instance()
    instance.put(SERVERS, "one", name="x")
    instance.put(SERVERS, "two", name="lx1")
    instance.put("sys_object_source", "s", name="ServiceNow", id="pc-1", target_sys_id="two")
    found = only(
        instance.run({"items": [{**item(SERVERS, sys_id="one", name="lx1"), "sys_object_source_info": KEY}]})
    )
    assert (found["sysId"], found["operation"], attempts(found)) == ("one", "UPDATE", [])


def test_a_sys_id_that_is_not_there_is_an_error() -> None:
    result = Instance().run({"items": [item(SERVERS, sys_id="gone", name="lx1")]})
    assert message(result) == (
        "Found invalid sys_id in payload. No record with sys_id [gone] exist in table [cmdb_ci_linux_server] or is"
        " a duplicate record with [duplicate_of] field set to a main CI"
    )


def test_a_dependent_known_by_its_sys_id_needs_no_relation() -> None:
    instance = Instance()
    instance.put("cmdb_ci_web_server", "w", name="w")
    assert (
        only(instance.run({"items": [item("cmdb_ci_web_server", sys_id="w", version="2")]}))["operation"]
        == "UPDATE"
    )


def test_rules_come_before_the_native_key_if_the_property_says_so_and_an_entry_can_run() -> None:
    instance = Instance(skip_sys_object_source_matching="true")
    instance.put(SERVERS, "keyed", name="old")
    instance.put(SERVERS, "named", name="lx1")
    instance.put("sys_object_source", "s", name="ServiceNow", id="pc-1", target_sys_id="keyed")
    bare = {**item(SERVERS, os="c"), "sys_object_source_info": KEY}
    assert only(instance.run({"items": [bare]}))["sysId"] == "keyed"
    assert only(instance.run({"items": [{**LINUX, "sys_object_source_info": KEY}]}))["sysId"] == "named"


def test_a_key_stands_for_one_record_also_if_rules_come_first() -> None:
    """Its row follows to the CI that the rules find, and back; no second row arises."""
    instance = Instance(skip_sys_object_source_matching="true")
    instance.put(SERVERS, "keyed", name="old")
    instance.put(SERVERS, "named", name="lx1")
    instance.put("sys_object_source", "s", name="ServiceNow", id="pc-1", target_sys_id="keyed", last_scan="2025")
    for name, wanted in (("lx1", "named"), ("old", "keyed"), ("lx1", "named")):
        instance.run({"items": [{**item(SERVERS, name=name), "sys_object_source_info": KEY}]})
        [row] = instance.all("sys_object_source")
        assert (row["sys_id"], row["target_sys_id"], row["target_table"]) == ("s", wanted, SERVERS)
    assert str(row["last_scan"]) > "2025"


def test_a_key_of_what_is_gone_stands_for_what_comes_now() -> None:
    """The record was deleted, and its key was left."""
    instance = Instance()
    instance.put(
        "sys_object_source", "s", name="ServiceNow", id="pc-1", target_sys_id="gone", target_table=SERVERS
    )
    done = only(instance.run({"items": [{**LINUX, "sys_object_source_info": KEY}]}))
    [row] = instance.all("sys_object_source")
    assert (row["sys_id"], row["target_sys_id"]) == ("s", done["sysId"])


def test_a_key_that_stands_for_a_ci_out_of_sight_is_left_to_it() -> None:
    """Another customer's source may number its records alike."""
    instance = Instance(skip_sys_object_source_matching="true")
    instance.caller = Caller("u", "acme", frozenset({"acme"}))
    instance.put(SERVERS, "theirs", name="x", sys_domain="init")
    instance.put("sys_object_source", "s", name="ServiceNow", id="pc-1", target_sys_id="theirs")
    instance.run({"items": [{**LINUX, "sys_object_source_info": KEY}]})
    assert len(instance.all("sys_object_source")) == 2


def test_a_key_of_a_lookup_record_stands_for_one_record() -> None:
    """The number of a device's part has changed at its source, which calls the part as before."""
    instance = Instance()
    instance.put(SERVERS, "a", name="lx1")
    for number in ("S1", "S2"):
        serial = {"serial_number": number, "serial_number_type": "bios"}
        lookup = {"className": "cmdb_serial_number", "values": serial, "sys_object_source_info": KEY}
        instance.run({"items": [{**item(SERVERS, name="lx1"), "lookup": [lookup]}]})
    [row] = instance.all("sys_object_source")
    [serial_row] = [each for each in instance.all("cmdb_serial_number") if each["serial_number"] == "S2"]
    assert row["target_sys_id"] == serial_row["sys_id"]


# -- entries --------------------------------------------------------------------------------------------


def test_a_hybrid_entry_needs_the_lookup_record_and_the_attribute_of_the_ci() -> None:
    instance = Instance(hybrid())
    for name in "ab":
        instance.put(SERVERS, name, name=name)
        put_serial(instance, f"s{name}", name)
    found = only(instance.run({"items": [with_serial("b")]}))
    assert found["sysId"] == "b"
    assert found["identificationAttempts"][-1]["hybridEntryCiAttributes"] == ["name"]
    assert only(instance.run({"items": [with_serial("c")]}))["operation"] == "INSERT"
    nameless = {**with_serial("b"), "values": {"os": "x"}}
    assert codes(instance.run({"items": [nameless]})) == ["MISSING_MATCHING_ATTRIBUTES"]


def test_the_condition_of_a_hybrid_entry_is_on_the_lookup_table() -> None:
    instance = Instance(hybrid(condition="valid=true^EQ"))
    instance.put(SERVERS, "a", name="a")
    put_serial(instance, "s", "a", valid="false")
    assert only(instance.run({"items": [with_serial("a")]}))["operation"] == "INSERT"


def test_with_allow_null_a_set_of_criteria_collapses_to_those_that_have_values() -> None:
    """A name alone finds what has the name, whatever else that has; one value at least is needed."""
    instance = Instance()
    instance.put("cmdb_ci_dns_name", "full", name="n", service_provider="p")
    assert only(instance.run({"items": [item("cmdb_ci_dns_name", name="n")]}))["sysId"] == "full"
    assert only(instance.run({"items": [item("cmdb_ci_dns_name", service_provider="p")]}))["sysId"] == "full"
    other = item("cmdb_ci_dns_name", name="n", service_provider="q")
    assert only(instance.run({"items": [other]}))["operation"] == "INSERT"
    assert codes(instance.run({"items": [item("cmdb_ci_dns_name", comments="c")]})) == [
        "MISSING_MATCHING_ATTRIBUTES"
    ]


@pytest.mark.parametrize(("tolerant", "result"), [("true", "MATCHED"), ("false", "MULTI_MATCH")])
def test_several_that_have_what_is_left_of_a_set_are_duplicates_in_that(tolerant: str, result: str) -> None:
    instance = Instance(skip_duplicates=tolerant)
    instance.put("cmdb_ci_dns_name", "one", name="n", service_provider="p")
    instance.put("cmdb_ci_dns_name", "two", name="n", service_provider="q")
    found = only(instance.run({"items": [item("cmdb_ci_dns_name", name="n")]}))
    assert attempts(found)[-1] == result
    (task,) = instance.all("reconcile_duplicate_task")
    assert (task["work_notes"], instance.get("cmdb_ci_dns_name", "two")["duplicate_of"]) == (
        "[name = n]",
        "one" if tolerant == "true" else None,
    )


def test_a_lookup_record_collapses_as_an_item_does() -> None:
    entry = {"order": 100, "table": "cmdb_serial_number", "attributes": ["serial_number", "serial_number_type"],
             "referenced_field": "cmdb_ci", "allow_null_attribute": True}  # fmt: skip
    instance = Instance({"identifiers": [{"name": "Linux", "applies_to": SERVERS, "entries": [entry]}]})
    instance.put(SERVERS, "a", name="a")
    put_serial(instance, "s", "a", serial_number_type="system")
    assert only(instance.run({"items": [with_serial("b")]}))["sysId"] == "a"
    assert len(instance.all("cmdb_serial_number")) == 1


def test_what_collapses_keeps_its_identity_while_it_is_stored_as_partial() -> None:
    """A name without an address is told from an address that reads like a name."""
    instance = Instance({"classes": {"cmdb_ci_dns_name": {"extends": "cmdb_ci", "mandatory": ["comments"]}}})
    kept = item("cmdb_ci_dns_name", name="n", version="1")
    assert operations(instance.run({"items": [kept]}, enhanced=True)) == ["INSERT_AS_PARTIAL"]
    other = item("cmdb_ci_dns_name", ip_address="n", comments="c")
    assert only(instance.run({"items": [other]}, enhanced=True))["mergedPayloadIds"] == []
    same = item("cmdb_ci_dns_name", name="n", comments="c")
    assert len(only(instance.run({"items": [same]}, enhanced=True))["mergedPayloadIds"]) == 1


def test_allow_null_is_not_satisfied_by_the_class_alone() -> None:
    entry = {"order": 100, "attributes": ["cl_port", "sys_class_name"], "allow_null_attribute": True}
    rule = {"name": "Apache", "applies_to": "cmdb_ci_apache_web_server", "independent": False, "entries": [entry]}
    instance = Instance({"identifiers": [rule]})
    instance.put(SERVERS, "host", name="lx1")
    body = {"items": [item("cmdb_ci_apache_web_server", name="w"), LINUX], "relations": RUNS}
    assert codes(instance.run(body))[0] == "MISSING_MATCHING_ATTRIBUTES"


@pytest.mark.parametrize(("switched_on", "operation"), [("false", "UPDATE"), ("true", "INSERT")])
def test_the_condition_of_a_regular_entry_counts_once_the_property_is_on(switched_on: str, operation: str) -> None:
    entry = {"order": 100, "attributes": ["name"], "condition": "os=linux"}
    setup = {"identifiers": [{"name": "Linux", "applies_to": SERVERS, "entries": [entry]}]}
    instance = Instance(setup, enable_identifier_optional_condition=switched_on)
    instance.put(SERVERS, "a", name="lx1", os="other")
    assert only(instance.run({"items": [LINUX]}))["operation"] == operation


def test_an_inclusion_rule_hides_cis_but_stops_no_insert() -> None:
    instance = Instance()
    instance.put("cmdb_ie_active_config", "i", table="cmdb_ci_hardware", condition="install_status=1")
    instance.reload()
    instance.put(SERVERS, "a", name="lx1", install_status="7")
    for _ in range(2):
        assert only(instance.run({"items": [LINUX]}))["operation"] == "INSERT"
    assert len(instance.all(SERVERS)) == 3


def test_a_lookup_record_that_is_missing_comes_with_the_ci() -> None:
    instance = Instance()
    instance.put(SERVERS, "a", name="lx1")
    sent = {**LINUX, "lookup": [item("cmdb_serial_number", serial_number="1", serial_number_type="uuid")]}
    found = only(instance.run({"items": [sent]}))
    (row,) = instance.all("cmdb_serial_number")
    assert (row["cmdb_ci"], found["relatedSysIds"]) == ("a", [row["sys_id"]])
    assert only(instance.run({"items": [sent]}))["relatedItems"][0]["operation"] == "NO_CHANGE"


def test_a_serial_number_that_came_with_a_ci_identifies_it_the_next_time() -> None:
    instance = Instance()
    lookup = item("cmdb_serial_number", serial_number="1", serial_number_type="uuid")
    sent = {**item(SERVERS, os="a"), "lookup": [lookup]}
    first = only(instance.run({"items": [sent]}))
    again = only(instance.run({"items": [sent]}))
    assert (again["sysId"], again["operation"]) == (first["sysId"], "NO_CHANGE")


def test_a_related_record_is_kept_with_the_ci_and_never_identifies_it() -> None:
    instance = Instance()
    software = item("cmdb_software_instance", name="sql")
    first = only(instance.run({"items": [{**LINUX, "related": [software]}]}))
    (row,) = instance.all("cmdb_software_instance")
    assert row["installed_on"] == first["sysId"]
    unnamed = {**item(SERVERS, os="a"), "related": [software]}
    assert codes(instance.run({"items": [unnamed]})) == ["MISSING_MATCHING_ATTRIBUTES"]
    again = only(instance.run({"items": [{**LINUX, "related": [software]}]}))
    assert [each["operation"] for each in again["relatedItems"]] == ["NO_CHANGE"]


# -- references -----------------------------------------------------------------------------------------


def cluster_body() -> dict[str, Any]:
    node = {**item("cmdb_ci_cluster_node", name="n1"), "internal_id": "node"}
    cluster = {**item("cmdb_ci_cluster", name="c1"), "internal_id": "cluster"}
    reference = {"referenceField": "cluster", "referenced": "cluster", "referencedBy": "node"}
    return {"items": [node, cluster], "referenceItems": [reference]}


def test_reference_items_are_filled_in_before_identification() -> None:
    instance = Instance({"identifiers": [NODE_RULE]})
    assert operations(instance.run(cluster_body())) == ["INSERT", "INSERT"]
    (node,), (cluster,) = instance.all("cmdb_ci_cluster_node"), instance.all("cmdb_ci_cluster")
    assert node["cluster"] == cluster["sys_id"]
    assert operations(instance.run(cluster_body())) == ["NO_CHANGE", "NO_CHANGE"]


def test_reference_items_in_a_circle_are_all_filled_in() -> None:
    setup = {"classes": {"u_pair": {"extends": "cmdb_ci", "references": {"other": "u_pair"}}},
             "identifiers": [{"name": "Pair", "applies_to": "u_pair",
                              "entries": [{"order": 1, "attributes": ["name"]}]}]}  # fmt: skip
    instance = Instance(setup)
    refers = [{"referenceField": "other", "referenced": one, "referencedBy": two} for one, two in ("ab", "ba")]
    body = {
        "items": [{**item("u_pair", name=name), "internal_id": name} for name in "ab"],
        "referenceItems": refers,
    }
    instance.run(body)
    rows = {row["name"]: row for row in instance.all("u_pair")}
    assert (rows["a"]["other"], rows["b"]["other"]) == (rows["b"]["sys_id"], rows["a"]["sys_id"])


def test_a_reference_to_an_item_that_is_not_there_is_a_warning() -> None:
    instance = Instance({"identifiers": [NODE_RULE]})
    body = {**cluster_body(), "items": cluster_body()["items"][:1]}
    result = instance.run(body, enhanced=True)
    assert "No item with internal_id [cluster]" in message(result, "warnings")


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("duplicate_of", "No such field [duplicate_of]"),
        ("sys_domain", "No such field [sys_domain]"),
        (
            "first_discovered",
            "Value [main] for field [first_discovered] in table [cmdb_ci_linux_server] is not a time",
        ),
        ("ram", "Value [main] for field [ram] in table [cmdb_ci_linux_server] is not a whole number"),
    ],
)
def test_a_reference_item_fills_only_what_can_refer_and_no_mark_of_the_engine(field: str, said: str) -> None:
    """By `duplicate_of` a payload could have hidden any CI that it leads to, also as a duplicate of itself."""
    instance = Instance()
    items = [{**item(SERVERS, name=name), "internal_id": name} for name in ("main", "other")]
    refers = [{"referenceField": field, "referenced": "main", "referencedBy": name} for name in ("main", "other")]
    body = {"items": items, "referenceItems": refers}
    result = instance.run(body, enhanced=True)
    assert message(result, "warnings").startswith(said)
    assert {row[field] for row in instance.all(SERVERS)}.isdisjoint(
        {row["sys_id"] for row in instance.all(SERVERS)}
    )
    assert operations(instance.run(body, enhanced=True)) == ["NO_CHANGE"] * 2


def test_a_reference_that_is_not_valid_becomes_unknown_so_that_such_cis_are_equal() -> None:
    instance = Instance({"identifiers": [NODE_RULE]})
    first = only(instance.run({"items": [item("cmdb_ci_cluster_node", name="n", cluster="gone")]}))
    assert instance.all("cmdb_ci_cluster_node")[0]["cluster"] == "Unknown"
    again = only(instance.run({"items": [item("cmdb_ci_cluster_node", name="n", cluster="lost")]}))
    assert (again["sysId"], again["operation"]) == (first["sysId"], "NO_CHANGE")


def test_a_display_value_stands_for_the_record_of_that_name() -> None:
    instance = Instance({"identifiers": [NODE_RULE]})
    instance.put("cmdb_ci_cluster", "c", name="c1")
    node = {**item("cmdb_ci_cluster_node", name="n"), "display_values": {"cluster": "c1", "server": "none"}}
    result = instance.run({"items": [node]}, enhanced=True)
    assert instance.all("cmdb_ci_cluster_node")[0]["cluster"] == "c"
    assert message(result, "warnings").startswith("No record with display value [none] for field [server]")


# -- fields ---------------------------------------------------------------------------------------------


def test_a_field_that_no_class_has_is_a_warning_and_one_of_another_class_is_dropped() -> None:
    instance = Instance()
    result = instance.run({"items": [item(SERVERS, name="a", no_such_field="x", container_id="y")]}, enhanced=True)
    assert (codes(result), codes(result, "warnings")) == ([], ["INVALID_INPUT_DATA"])
    assert result.response["hasWarning"] is True
    assert "[no_such_field]" in message(result, "warnings")


@pytest.mark.parametrize("enhanced", [True, False])
def test_unknown_fields_and_domains_are_warned_of_whatever_is_called(enhanced: bool) -> None:
    """Also where it is explained, and whether it is committed or not."""
    sent = item(SERVERS, name="a", no_such_field="x", sys_domain="global")
    for commit in (False, True):
        result = Instance().run({"items": [sent]}, enhanced=enhanced, commit=commit, explain=True)
        said = [each["message"] for each in only(result)["warnings"]]
        assert [text.split("]")[0] for text in said] == ["Field [sys_domain", "No such field [no_such_field"]
        assert result.explanation[0].warnings == tuple(said)


# -- the source -----------------------------------------------------------------------------------------


def test_an_empty_source_is_none_and_an_unknown_one_is_named() -> None:
    assert message(Instance().run({"items": [LINUX]}, source="")) == (
        "In payload no data source exist. You need to provide choice value from choice field [discovery_source] in"
        " table [cmdb_ci]"
    )
    assert "invalid data source [X]" in message(Instance().run({"items": [LINUX]}, source="X"))


# -- size -----------------------------------------------------------------------------------------------


def test_more_items_than_the_guideline_says_are_no_error() -> None:
    body = {"items": [item(SERVERS, name=f"n{number}") for number in range(10_000)]}
    result = Instance().run(body)
    assert set(operations(result)) == {"INSERT"}
    assert result.response["hasError"] is False
