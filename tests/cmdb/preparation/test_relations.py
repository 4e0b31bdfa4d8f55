"""Relations of a payload: what they may point at, what depends on what, and chains of qualifiers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cmdb.base import Instance
from tests.cmdb.cases import LINUX, RUNS, WEB, attempts, codes, item, message, operations

QUALIFIER = item("cmdb_ci_qualifier", name="traffic")
ACCOUNT = item("cmdb_ci_cloud_service_account", object_id="acc", datacenter_type="cmdb_ci_aws_datacenter")
CENTER = item("cmdb_ci_logical_datacenter", object_id="eu")
MACHINE = item("cmdb_ci_vm_instance", object_id="vm-1")


def relation(parent: Any, child: Any, kind: str = "Runs on::Runs") -> dict[str, Any]:
    return {"parent": parent, "child": child, "type": kind}


def error(result: Any) -> dict[str, str]:
    found: dict[str, str] = result.response["relations"][0]["errors"][0]
    return found


def test_an_index_may_be_a_number_or_the_text_of_one() -> None:
    instance = Instance()
    assert operations(instance.run({"items": [WEB, LINUX], "relations": [relation("0", "1")]})) == ["INSERT"] * 2
    assert len(instance.all("cmdb_rel_ci")) == 1


def test_a_sys_id_as_an_index_cannot_be_parsed() -> None:
    sys_id = "a" * 32
    instance = Instance()
    response = instance.run({"items": [WEB, LINUX], "relations": [relation(0, sys_id)]}).response
    assert response["errors"] == [
        {
            "error": "ABANDONED",
            "message": "Error occurred during parsing input json payload: com.fasterxml.jackson.databind.exc."
            f'InvalidFormatException: Cannot deserialize value of type `int` from String "{sys_id}": not a valid'
            " Integer value",
        }
    ]
    assert (response["items"], response["hasError"], instance.all("cmdb_ci")) == ([], True, [])


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"parent": 0, "child": 9}, ["child record index: [9]"]),
        ({"parent": 9, "child": 0}, ["parent record index: [9]"]),
        ({"parent": -1, "child": 9}, ["parent record index: [-1]", "child record index: [9]"]),
        ({"child": 0}, ["parent record index: [null]"]),
        ({"parent_id": "a", "child_id": "b"}, ["parent record index: [a]", "child record index: [b]"]),
        ({"parent_id": "a"}, ["parent record index: [a]", "child record index: [null]"]),
    ],
)
def test_case_24_an_index_that_no_item_has_is_invalid(sent: dict[str, Any], said: list[str]) -> None:
    """One message for each end, which names the relation as it was sent."""
    sent = {**sent, "type": "Runs on::Runs"}
    (found,) = Instance().run({"items": [LINUX], "relations": [sent]}).response["relations"]
    text = json.dumps(sent, separators=(",", ":"))
    assert [each["message"] for each in found["errors"]] == [
        f"Payload relations '{text}' has invalid {end}" for end in said
    ]


def test_case_24_a_relation_type_that_does_not_exist_is_invalid() -> None:
    found = error(Instance().run({"items": [LINUX, WEB], "relations": [relation(0, 1, "no")]}))
    assert found["error"] == "INVALID_INPUT_DATA"
    assert found["message"].startswith("No such relationship with name [no] exist in table [cmdb_rel_type].")


def test_case_23_a_relation_that_is_there_changes_nothing() -> None:
    instance = Instance()
    body = {"items": [WEB, LINUX], "relations": RUNS}
    instance.run(body)
    again = instance.run(body)
    assert again.response["relations"][0]["operation"] == "NO_CHANGE"
    assert len(instance.all("cmdb_rel_ci")) == 1


def test_internal_ids_reach_items_and_their_lookup_and_related_records() -> None:
    instance = Instance()
    adapter = {**item("cmdb_ci_network_adapter", name="eth0", mac_address="m"), "internal_id": "nic"}
    server = {**LINUX, "internal_id": "server", "lookup": [adapter]}
    body = {
        "items": [server],
        "relations": [{"parent_id": "server", "child_id": "nic", "type": "Owns::Owned by"}],
    }
    result = instance.run(body)
    (row,) = instance.all("cmdb_rel_ci")
    found = result.response["items"][0]
    assert (row["parent"], row["child"]) == (found["sysId"], found["relatedSysIds"][0])
    assert instance.run(body).response["relations"][0]["operation"] == "NO_CHANGE"


def test_cases_20_and_21_a_dependent_needs_one_host() -> None:
    instance = Instance()
    assert codes(instance.run({"items": [WEB]})) == ["MISSING_DEPENDENCY"]
    other = item("cmdb_ci_linux_server", name="lx2")
    two = instance.run({"items": [WEB, LINUX, other], "relations": [relation(0, 1), relation(0, 2)]})
    assert codes(two)[0] == "MULTIPLE_DEPENDENCIES"
    first, second = (json.dumps(relation(0, host), separators=(",", ":")) for host in (1, 2))
    assert message(two) == f"Found multiple dependent relation items [{first}] and [{second}] in payload"
    assert operations(instance.run({"items": [WEB, LINUX], "relations": RUNS})) == ["INSERT", "INSERT"]


def test_a_reversed_hosting_rule_is_printed_by_the_half_that_is_the_dependents() -> None:
    text = message(Instance().run({"items": [item("cmdb_ci_lb_service", name="s")]}))
    assert (
        "[cmdb_ci_lb_service >> Hosted on >> cmdb_ci_cloud_load_balancer,cmdb_ci_lb_service >> Runs >>"
        " cmdb_ci_hardware]"
    ) in text


def test_a_reversed_hosting_rule_makes_its_dependent_the_child() -> None:
    body = {"items": [LINUX, item("cmdb_ci_lb_service", name="s")], "relations": [relation(0, 1)]}
    instance = Instance()
    assert operations(instance.run(body)) == ["INSERT", "INSERT"]
    assert operations(instance.run(body)) == ["NO_CHANGE", "NO_CHANGE"]


def test_a_dependent_may_depend_on_a_dependent() -> None:
    instance = Instance()
    hosted = "Hosted on::Hosts"
    body = {"items": [MACHINE, CENTER, ACCOUNT], "relations": [relation(0, 1, hosted), relation(1, 2, hosted)]}
    assert operations(instance.run(body)) == ["INSERT"] * 3
    again = instance.run(body)
    assert operations(again) == ["NO_CHANGE"] * 3
    assert attempts(again.response["items"][0]) == ["SKIPPED", "MATCHED"]
    wrong = {**body, "items": [MACHINE, CENTER, item("cmdb_ci_cloud_service_account", name="x")]}
    texts = [each["errors"][0]["error"] for each in instance.run(wrong).response["items"]]
    assert texts == ["ABANDONED", "ABANDONED", "MISSING_MATCHING_ATTRIBUTES"]


def test_items_that_depend_on_each_other_are_a_loop() -> None:
    rule = {"name": "Ring", "applies_to": "u_ring", "independent": False,
            "entries": [{"order": 1, "attributes": ["name"]}]}  # fmt: skip
    hosting = {"parent_type": "u_ring", "rel_type": "Runs on::Runs", "child_type": "u_ring"}
    instance = Instance(
        {"classes": {"u_ring": {"extends": "cmdb_ci"}}, "identifiers": [rule], "hosting": [hosting]}
    )
    items = [item("u_ring", name=name) for name in "ab"]
    result = instance.run({"items": items, "relations": [relation(0, 1), relation(1, 0)]})
    assert codes(result) == ["QUALIFICATION_LOOP"] * 2
    assert message(result) == "Qualification chain has loop that contains relation 'Runs on::Runs'"


# -- qualifiers -----------------------------------------------------------------------------------------

CHAIN = {"items": [WEB, LINUX, QUALIFIER], "relations": [relation(0, 2), relation(2, 1)]}


def test_a_dependent_is_hosted_through_a_qualifier_and_found_again() -> None:
    instance = Instance()
    assert operations(instance.run(CHAIN)) == ["INSERT"] * 3
    assert operations(instance.run(CHAIN)) == ["NO_CHANGE"] * 3
    assert (len(instance.all("cmdb_rel_ci")), len(instance.all("cmdb_ci_qualifier"))) == (2, 1)
    changed = {**CHAIN, "items": [WEB, LINUX, item("cmdb_ci_qualifier", name="new")]}
    assert operations(instance.run(changed)) == ["NO_CHANGE", "NO_CHANGE", "UPDATE"]
    assert [row["name"] for row in instance.all("cmdb_ci_qualifier")] == ["new"]


def test_a_stored_chain_is_changed_to_the_one_in_the_payload() -> None:
    instance = Instance()
    instance.run({"items": [WEB, LINUX], "relations": RUNS})
    assert operations(instance.run(CHAIN)) == ["NO_CHANGE", "NO_CHANGE", "INSERT"]
    assert len(instance.all("cmdb_rel_ci")) == 2
    longer = {
        "items": [*CHAIN["items"], QUALIFIER],
        "relations": [relation(0, 2), relation(2, 3), relation(3, 1)],
    }
    assert operations(instance.run(longer)) == ["NO_CHANGE", "NO_CHANGE", "INSERT", "INSERT"]
    assert (len(instance.all("cmdb_rel_ci")), len(instance.all("cmdb_ci_qualifier"))) == (3, 2)
    assert operations(instance.run(longer)) == ["NO_CHANGE"] * 4


@pytest.mark.parametrize(
    ("relations", "code"),
    [
        ([relation(0, 1), relation(0, 2)], "RELATION_CHAIN_ENDS_AT_QUALIFIER"),
        ([relation(0, 2), relation(2, 3), relation(3, 2)], "QUALIFICATION_LOOP"),
        ([relation(0, 2), relation(2, 1), relation(2, 3), relation(3, 1)], "TYPE_CONFLICT_IN_QUALIFICATION"),
        ([relation(0, 2), relation(2, 1, "Hosted on::Hosts")], "TYPE_CONFLICT_IN_QUALIFICATION"),
        ([relation(0, 1), relation(0, 2), relation(2, 1)], "MULTIPLE_DEPENDENCIES"),
    ],
)
def test_a_chain_must_lead_from_one_ci_to_another_in_one_way(relations: list[dict[str, Any]], code: str) -> None:
    instance = Instance()
    result = instance.run({"items": [WEB, LINUX, QUALIFIER, QUALIFIER], "relations": relations})
    assert code in codes(result)
    assert not instance.all("cmdb_ci")


@pytest.mark.parametrize(
    ("part", "table", "code"),
    [
        ("lookup", "cmdb_serial_number", "IDENTIFICATION_RULE_FOR_LOOKUP_MISSING"),
        ("related", "cmdb_key_value", "IDENTIFICATION_RULE_FOR_RELATED_ITEM_MISSING"),
    ],
)
@pytest.mark.parametrize("enhanced", [False, True])
def test_no_rule_says_how_to_find_the_records_of_a_qualifier(
    part: str, table: str, code: str, enhanced: bool
) -> None:
    qualifier = {**QUALIFIER, part: [item(table, key="k")]}
    result = Instance().run({**CHAIN, "items": [WEB, LINUX, qualifier]}, enhanced=enhanced)
    assert result.response["items"][2]["errors"][0]["error"] == code


def test_two_ways_to_one_host_are_told() -> None:
    relations = [relation(0, 1), relation(0, 2), relation(2, 1)]
    result = Instance().run({"items": [WEB, LINUX, QUALIFIER], "relations": relations})
    assert message(result).startswith("Multiple paths leading to the same destination: {")


def test_a_dependent_without_criteria_is_refused_even_below_a_new_host() -> None:
    result = Instance().run(
        {"items": [item("cmdb_ci_web_server", os="x"), LINUX], "relations": RUNS}, enhanced=True
    )
    assert operations(result) == ["INSERT_AS_INCOMPLETE", "INSERT"]
    assert codes(result) == ["MISSING_MATCHING_ATTRIBUTES"]


def test_each_source_that_tells_of_a_relation_is_kept_once() -> None:
    """Also the second one, for which the relation is there already; without regard to case."""
    servers = [item("cmdb_ci_linux_server", name=name) for name in "ab"]
    instance = Instance()
    for sent in (None, "SCCM", "sccm", "Altiris"):
        told = {} if sent is None else {"sys_rel_source_info": {"source_name": sent}}
        found = instance.run({"items": servers, "relations": [{**relation(0, 1, "Depends on::Used by"), **told}]})
        assert found.response["relations"][0]["operation"] == ("INSERT" if sent is None else "NO_CHANGE")
    (row,) = instance.all("cmdb_rel_ci")
    rows = instance.all("sys_rel_source")
    assert [(each["name"], each["relation"]) for each in rows] == [
        ("SCCM", row["sys_id"]),
        ("Altiris", row["sys_id"]),
    ]


def test_a_second_relation_type_of_one_name_is_the_documented_error() -> None:
    """The setup takes it, as the product's form does; a payload that names it cannot say which one it means."""
    types = {"cmdb_rel_type": [{"sys_id": "9" * 32, "name": "Depends on::Used by"}]}
    instance = Instance({"records": types})
    servers = [item("cmdb_ci_linux_server", name=name) for name in "ab"]
    found = error(instance.run({"items": servers, "relations": [relation(0, 1, "Depends on::Used by")]}))
    assert found["error"] == "DUPLICATE_RELATIONSHIP_TYPES"
    assert "with name [Depends on::Used by] in table [cmdb_rel_type] having sys_ids: [" in found["message"]
    assert "9" * 32 in found["message"]


def test_a_ci_that_is_related_to_its_host_twice_is_no_duplicate_of_itself() -> None:
    """Directly, and by a qualifier that is stored between the two."""
    instance = Instance()
    body = {"items": [WEB, LINUX], "relations": RUNS}
    instance.run(body)
    (web,), (direct,) = instance.all("cmdb_ci_web_server"), instance.all("cmdb_rel_ci")
    ends = {name: direct[name] or "" for name in ("parent", "child", "type")}
    instance.put("cmdb_ci_qualifier", "q", name="traffic", sys_class_name="cmdb_ci_qualifier", sys_domain="global")
    instance.put("cmdb_rel_ci", "r1", **{**ends, "child": "q"})
    instance.put("cmdb_rel_ci", "r2", **{**ends, "parent": "q"})
    assert operations(instance.run(body)) == ["NO_CHANGE", "NO_CHANGE"]
    assert instance.get("cmdb_ci_web_server", web["sys_id"] or "")["duplicate_of"] is None
    assert not instance.all("reconcile_duplicate_task")
