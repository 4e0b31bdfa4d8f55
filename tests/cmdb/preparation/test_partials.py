"""Items that cannot be identified yet: what is kept, and what completes it."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from simulator.protocol.cmdb import Identify
from simulator.refusal import Refusal
from simulator.runtime.cmdb import Cmdb
from simulator.store.cmdb.store import CmdbStore
from simulator.store.file import connect_with_cmdb
from simulator.store.setups.setup import Setup
from tests.cmdb.base import NOW, Instance
from tests.cmdb.cases import KEY, LINUX, RUNS, WEB, codes, item, message, only, operations

COMPUTER, DISK = "cmdb_ci_computer", "cmdb_ci_disk"
PARTIALS, KEYS, INCOMPLETE = (
    f"cmdb_ire_{name}" for name in ("partial_payloads", "partial_payloads_index", "incomplete_payloads")
)
CONTAINS = {"parent": 0, "child": 1, "type": "Contains::Contained by"}


def keyed(class_name: str, recency: str | None = None, **values: Any) -> dict[str, Any]:
    """An item with the key of its source."""
    info = {**KEY, **({"source_recency_timestamp": recency} if recency else {})}
    return {**item(class_name, **values), "sys_object_source_info": info}


def send(instance: Instance, *items: dict[str, Any], **more: Any) -> Any:
    relations = more.pop("relations", [])
    return instance.run({"items": list(items), "relations": relations}, enhanced=True, **more)


def test_case_11_an_item_with_a_native_key_is_kept_as_partial() -> None:
    instance = Instance()
    found = only(send(instance, keyed(COMPUTER, ram="8192")))
    assert (found["operation"], found["errorCount"], found["errors"]) == ("INSERT_AS_PARTIAL", 0, [])
    assert '"ram":"8192"' in found["warnings"][0]["message"]
    assert [row["sys_id"] for row in instance.all(PARTIALS)] == found["partialSysIds"]
    assert not instance.all("cmdb_ci")


def test_case_15_without_criteria_and_key_an_item_is_incomplete() -> None:
    instance = Instance()
    found = only(send(instance, item(COMPUTER, ram="1")))
    assert found["operation"] == "INSERT_AS_INCOMPLETE"
    assert [row["sys_id"] for row in instance.all(INCOMPLETE)] == found["incompleteSysIds"]


def test_another_error_makes_an_item_with_an_identity_incomplete() -> None:
    assert only(send(Instance(), keyed(COMPUTER, sys_id="gone")))["operation"] == "INSERT_AS_INCOMPLETE"


def test_a_dependent_with_its_criteria_but_no_host_is_partial_and_completed_by_one_with_a_host() -> None:
    instance = Instance()
    first = only(send(instance, WEB))
    assert (first["operation"], first["warnings"][0]["error"]) == ("INSERT_AS_PARTIAL", "MISSING_DEPENDENCY")
    done = send(instance, WEB, LINUX, relations=RUNS)
    assert operations(done) == ["INSERT", "INSERT"]
    assert only(done)["mergedPayloadIds"] == first["partialSysIds"]
    assert not instance.all(PARTIALS)
    assert not instance.all(KEYS)


def test_the_criteria_of_a_rule_to_fall_back_to_are_an_identity_too() -> None:
    tomcat = item("cmdb_ci_app_server_tomcat", cl_port="80")
    assert only(send(Instance(), tomcat))["operation"] == "INSERT_AS_PARTIAL"


def test_a_dependent_with_an_error_of_its_own_is_incomplete_even_below_a_partial_host() -> None:
    web = item("cmdb_ci_web_server", name="w", cl_port="80")
    runs = [{**RUNS[0], "child": place} for place in (1, 2)]
    result = send(Instance(), web, keyed(COMPUTER, ram="1"), LINUX, relations=runs)
    assert operations(result) == ["INSERT_AS_INCOMPLETE", "INSERT_AS_PARTIAL", "INSERT"]
    assert codes(result) == ["MULTIPLE_DEPENDENCIES"]


def test_disk_feed_and_computer_feed_become_the_server_with_its_disk() -> None:
    instance = Instance()
    first = send(instance, keyed(COMPUTER), item(DISK, name="sda"), relations=[CONTAINS])
    assert operations(first) == ["INSERT_AS_PARTIAL", "INSERT_AS_PARTIAL"]
    assert first.response["relations"][0]["operation"] == "INSERT_AS_PARTIAL"
    assert first.response["hasError"] is False
    done = send(instance, keyed("cmdb_ci_linux_server", name="lx1"))
    assert (only(done)["className"], only(done)["operation"]) == ("cmdb_ci_linux_server", "INSERT")
    (disk,) = done.response["additionalCommittedItems"]
    assert (disk["className"], disk["operation"], disk["inputIndices"]) == (DISK, "INSERT", [])
    (held,) = done.response["additionalCommittedRelations"]
    assert (held["operation"], held["inputIndices"]) == ("INSERT", [])
    (row,) = instance.all("cmdb_rel_ci")
    assert (row["parent"], row["child"]) == (only(done)["sysId"], disk["sysId"])
    assert operations(send(instance, keyed("cmdb_ci_linux_server", name="lx1"))) == ["NO_CHANGE"]


def test_what_depends_on_a_partial_item_is_kept_with_it_however_deep() -> None:
    instance = Instance()
    hosted = "Hosted on::Hosts"
    machine, center = item("cmdb_ci_vm_instance", object_id="v"), item("cmdb_ci_logical_datacenter", object_id="d")
    relations = [{"parent": 0, "child": 1, "type": hosted}, {"parent": 1, "child": 2, "type": hosted}]
    first = send(instance, machine, center, keyed("cmdb_ci_cloud_service_account"), relations=relations)
    assert operations(first) == ["INSERT_AS_PARTIAL"] * 3
    assert len(instance.all(PARTIALS)) == 1
    account = {"account_id": "a", "datacenter_type": "cmdb_ci_aws_datacenter"}
    done = send(instance, keyed("cmdb_ci_cloud_service_account", **account))
    assert [each["operation"] for each in done.response["additionalCommittedItems"]] == ["INSERT"] * 2
    assert len(instance.all("cmdb_rel_ci")) == 2


def test_a_relation_to_a_ci_that_was_in_order_comes_back_with_the_partial_item() -> None:
    instance = Instance()
    relation = {"parent": 0, "child": 1, "type": "Depends on::Used by"}
    first = send(instance, LINUX, keyed(COMPUTER, ram="1"), relations=[relation])
    assert operations(first) == ["INSERT", "INSERT_AS_PARTIAL"]
    done = send(instance, keyed(COMPUTER, name="pc"))
    (row,) = instance.all("cmdb_rel_ci")
    assert (row["parent"], row["child"]) == (only(first)["sysId"], only(done)["sysId"])


def test_a_relation_to_an_incomplete_item_is_incomplete() -> None:
    relation = {"parent": 0, "child": 1, "type": "Depends on::Used by"}
    result = send(Instance(), LINUX, item(COMPUTER, ram="1"), relations=[relation])
    (found,) = result.response["relations"]
    assert (found["operation"], found["errors"][0]["error"]) == ("INSERT_AS_INCOMPLETE", "ABANDONED")


def test_a_partial_item_that_stays_partial_takes_the_earlier_one_in() -> None:
    instance = Instance()
    first = only(send(instance, keyed(COMPUTER, ram="1")))
    second = only(send(instance, keyed(COMPUTER, cpu_count="2")))
    assert (second["operation"], second["mergedPayloadIds"]) == ("INSERT_AS_PARTIAL", first["partialSysIds"])
    assert [row["sys_id"] for row in instance.all(PARTIALS)] == second["partialSysIds"]
    send(instance, keyed(COMPUTER, name="pc"))
    (row,) = instance.all(COMPUTER)
    assert (row["ram"], row["cpu_count"]) == ("1", "2")


@pytest.mark.parametrize(
    ("stored", "sent", "os"),
    [("2026-01-02 00:00:00", "2026-01-01 00:00:00", "old"), ("2026-01-01 00:00:00", "2026-01-02 00:00:00", "new"),
     ("2026-01-01 00:00:00", "2026-01-01 00:00:00", "new")],
)  # fmt: skip
def test_of_two_values_under_one_key_the_more_recent_wins(stored: str, sent: str, os: str) -> None:
    instance = Instance()
    send(instance, keyed(COMPUTER, stored, os="old"))
    send(instance, keyed(COMPUTER, sent, os="new", name="pc"))
    assert [row["os"] for row in instance.all(COMPUTER)] == [os]


@pytest.mark.parametrize(("ranked", "os"), [("SCCM", "old"), ("ServiceNow", "new"), (None, "new")])
def test_of_two_values_under_different_keys_static_reconciliation_rules_choose(
    ranked: str | None, os: str
) -> None:
    instance = Instance()
    if ranked is not None:
        table = "cmdb_reconciliation_definition"
        instance.put(table, "r", name="r", applies_to=COMPUTER, discovery_source=ranked, attributes="os")
        instance.reload()
    first = item(COMPUTER, name="pc", os="old")
    instance.put("cmdb_ire_data_source_rule", "b", applies_to=COMPUTER, discovery_source="SCCM")
    instance.reload()
    assert operations(send(instance, first, source="SCCM")) == ["INSERT_AS_PARTIAL"]
    assert operations(send(instance, item(COMPUTER, name="pc", os="new"))) == ["INSERT"]
    assert [row["os"] for row in instance.all(COMPUTER)] == [os]


def test_a_stored_lookup_record_is_an_additional_related_item() -> None:
    instance = Instance()
    software = item("cmdb_software_instance", name="sql")
    send(instance, {**keyed(COMPUTER), "related": [software]})
    done = only(send(instance, keyed(COMPUTER, name="pc")))
    assert [each["operation"] for each in done["additionalRelatedItems"]] == ["INSERT"]
    assert len(instance.all("cmdb_software_instance")) == 1


def test_a_row_holds_a_thousand_items_at_most() -> None:
    instance = Instance(partial_payload_items_max_size="3")
    disks = [item(DISK, name=f"d{number}") for number in range(5)]
    relations = [{**CONTAINS, "child": number} for number in range(1, 6)]
    first = send(instance, keyed(COMPUTER), *disks, relations=relations)
    assert len(only(first)["partialSysIds"]) == 3
    assert [len(json.loads(row["payload"] or "")["items"]) for row in instance.all(PARTIALS)] == [3, 3, 2]
    done = send(instance, keyed(COMPUTER, name="pc"))
    assert len(done.response["additionalCommittedItems"]) == 5
    assert len(instance.all("cmdb_rel_ci")) == 5
    assert not instance.all(PARTIALS)


def test_after_ninety_days_nothing_is_left_to_complete() -> None:
    instance = Instance()
    send(instance, keyed(COMPUTER, ram="1"))
    done = send(instance, keyed(COMPUTER, name="pc"), now=NOW + timedelta(days=91))
    assert only(done)["mergedPayloadIds"] == []
    assert [row["ram"] for row in instance.all(COMPUTER)] == [None]


def test_after_ninety_days_partials_are_deleted_with_their_keys() -> None:
    """With the next call, whatever that is about, and not before; one that only asks deletes nothing."""
    with closing(connect_with_cmdb()) as connection:
        cmdb = Cmdb(store := CmdbStore(connection))
        assert cmdb.begin(Setup(), NOW) is None
        body = json.dumps({"items": [keyed(COMPUTER, ram="1")]})
        partial = Identify(user="admin", source="ServiceNow", enhanced=True, body=body)
        other = replace(partial, body=json.dumps({"items": [item(COMPUTER, name="other")]}))
        for days, call, left in (
            (0, partial, 1),
            (89, other, 1),
            (91, replace(other, query=True), 1),
            (91, other, 0),
        ):
            assert not isinstance(cmdb.call(call, NOW + timedelta(days=days)), Refusal)
            assert len(store.rows(PARTIALS, (), [()])) == left
            assert bool(store.rows(f"{PARTIALS}_index", (), [()])) == bool(left)


def test_a_query_keeps_nothing() -> None:
    instance = Instance()
    assert only(send(instance, keyed(COMPUTER), commit=False))["operation"] == "INSERT_AS_PARTIAL"
    assert not instance.all(PARTIALS)


def test_case_17_good_items_of_an_enhanced_call_are_stored() -> None:
    instance = Instance()
    result = send(instance, LINUX, item("cmdb_ci_nothing"))
    assert operations(result) == ["INSERT", "INSERT_AS_INCOMPLETE"]
    assert message(result) == "Identity Rule Missing for table [cmdb_ci_nothing]"


def test_without_partial_payloads_items_in_trouble_are_errors_and_good_ones_are_stored() -> None:
    instance = Instance()
    result = send(instance, LINUX, keyed(COMPUTER), options="partial_payloads:false")
    assert codes(result) == ["MISSING_MATCHING_ATTRIBUTES"]
    assert not instance.all(PARTIALS)
    assert len(instance.all("cmdb_ci")) == 1


def test_a_relation_of_the_request_does_not_reach_what_was_stored() -> None:
    instance = Instance()
    send(instance, keyed(COMPUTER), item(DISK, name="sda"), relations=[CONTAINS])
    done = send(instance, keyed("cmdb_ci_linux_server", name="lx1"), relations=[CONTAINS])
    assert "invalid child record index: [1]" in done.response["relations"][0]["errors"][0]["message"]


# -- references -----------------------------------------------------------------------------------------


def refer(field: str, referenced: str, by: str) -> dict[str, str]:
    return {"referenceField": field, "referenced": referenced, "referencedBy": by}


def named(internal_id: str, one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "internal_id": internal_id}


def disk_on_what_lacks_a_name(instance: Instance) -> Any:
    """A computer with a key only, and its disk, which refers to it."""
    items = [named("h", keyed(COMPUTER, ram="1")), named("d", item(DISK, name="sda"))]
    body = {"items": items, "relations": [CONTAINS], "referenceItems": [refer("computer", "h", "d")]}
    return instance.run(body, enhanced=True)


@pytest.mark.parametrize("times", [1, 2])
def test_what_refers_to_a_partial_item_refers_to_the_ci_that_it_becomes(times: int) -> None:
    """However often it comes before it is complete, and whatever the completing payload calls its own items."""
    instance = Instance()
    for _ in range(times):
        assert operations(disk_on_what_lacks_a_name(instance)) == ["INSERT_AS_PARTIAL"] * 2
    done = send(instance, named("d", keyed("cmdb_ci_linux_server", name="lx")))
    (disk,) = instance.all(DISK)
    assert disk["computer"] == only(done)["sysId"]
    assert len(instance.all("cmdb_rel_ci")) == 1


def test_a_payload_that_says_all_again_completes_it_too() -> None:
    instance = Instance()
    disk_on_what_lacks_a_name(instance)
    items = [named("h", keyed(COMPUTER, name="lx")), named("d", item(DISK, name="sda"))]
    body = {"items": items, "relations": [CONTAINS], "referenceItems": [refer("computer", "h", "d")]}
    done = instance.run(body, enhanced=True)
    (disk,) = instance.all(DISK)
    assert disk["computer"] == only(done)["sysId"]


def test_a_ci_in_order_refers_to_a_partial_item_once_that_is_complete() -> None:
    classes = {"u_rack": {"extends": "cmdb_ci", "attributes": ["u_top"], "references": {"u_top": "cmdb_ci"}}}
    rule = {"name": "Rack", "applies_to": "u_rack", "entries": [{"order": 100, "attributes": ["name"]}]}
    instance = Instance({"classes": classes, "identifiers": [rule]})
    items = [named("h", keyed(COMPUTER, ram="1")), named("r", item("u_rack", name="r1"))]
    body = {"items": items, "referenceItems": [refer("u_top", "h", "r")]}
    assert operations(instance.run(body, enhanced=True)) == ["INSERT_AS_PARTIAL", "INSERT"]
    done = send(instance, keyed(COMPUTER, name="lx"))
    (rack,) = instance.all("u_rack")
    assert rack["u_top"] == only(done)["sysId"]


def test_the_records_of_a_partial_item_keep_their_source_and_what_they_refer_to() -> None:
    """Also where the completing payload sends an equal one."""
    card = named("c", item("cmdb_ci_network_adapter", name="e0", mac_address="a"))
    card["sys_object_source_info"] = {"source_name": "ServiceNow", "source_native_key": "card"}
    classes = {
        "cmdb_ci_network_adapter": {"references": {"u_box": "cmdb_ci"}, "extends": "cmdb_ci"},
        COMPUTER: {"extends": "cmdb_ci_hardware", "mandatory": ["os"]},
    }
    instance = Instance({"classes": classes})
    host = {**named("h", keyed(COMPUTER, name="pc")), "lookup": [card]}
    body = {"items": [host], "referenceItems": [refer("u_box", "h", "c")]}
    assert operations(instance.run(body, enhanced=True)) == ["INSERT_AS_PARTIAL"]
    again = {**keyed(COMPUTER, name="pc", os="x"), "lookup": [item("cmdb_ci_network_adapter", **card["values"])]}
    done = send(instance, again)
    (adapter,) = instance.all("cmdb_ci_network_adapter")
    assert (adapter["u_box"], adapter["cmdb_ci"]) == (only(done)["sysId"], only(done)["sysId"])
    assert {row["id"] for row in instance.all("sys_object_source")} == {"pc-1", "card"}


def test_a_reference_in_a_field_that_there_is_not_is_told() -> None:
    body = {"items": [named("h", LINUX)], "referenceItems": [refer("u_nothing", "h", "h")]}
    assert "No such field [u_nothing]" in message(Instance().run(body, enhanced=True), "warnings")


TWINS = {"classes": {COMPUTER: {"references": {"u_twin": "cmdb_ci"}, "extends": "cmdb_ci_hardware"}}}


def kept(key: str, /, **values: str) -> dict[str, Any]:
    """A computer that only its source knows, by its own key."""
    source = {"source_name": "ServiceNow", "source_native_key": key}
    return {**item(COMPUTER, **values), "internal_id": key, "sys_object_source_info": source}


@pytest.mark.parametrize("later", [["a", "b"], ["b", "a"], ["ab"], ["ba"]])
def test_what_joins_two_partial_items_comes_when_both_are_complete_whichever_is_first(later: list[str]) -> None:
    instance = Instance(TWINS)
    relation = {"parent_id": "a", "child_id": "b", "type": "Depends on::Used by"}
    body = {"items": [kept("a", ram="1"), kept("b", ram="2")], "relations": [relation],
            "referenceItems": [refer("u_twin", "b", "a")]}  # fmt: skip
    first = instance.run(body, enhanced=True)
    assert operations(first) == ["INSERT_AS_PARTIAL"] * 2
    assert first.response["relations"][0]["operation"] == "INSERT_AS_PARTIAL"
    for names in later:
        done = instance.run({"items": [kept(name, name=name) for name in names]}, enhanced=True)
        assert operations(done) == ["INSERT"] * len(names)
    rows = {row["name"]: row for row in instance.all(COMPUTER)}
    assert set(rows) == {"a", "b"}
    assert (rows["a"]["u_twin"], rows["b"]["u_twin"]) == (rows["b"]["sys_id"], None)
    assert (rows["a"]["ram"], rows["b"]["ram"]) == ("1", "2")
    assert [(row["parent"], row["child"]) for row in instance.all("cmdb_rel_ci")] == [
        (rows["a"]["sys_id"], rows["b"]["sys_id"])
    ]
    assert (instance.all(PARTIALS), instance.all("cmdb_ire_incomplete_payloads")) == ([], [])


@pytest.mark.parametrize(("first", "last"), [("a", "b"), ("b", "a")])
def test_what_the_other_end_of_a_kept_reference_has_become_stays(first: str, last: str) -> None:
    """What waits with one end of the other is only by what that is recognised: it is called otherwise by now."""
    instance = Instance(TWINS)
    body = {"items": [kept("a", ram="1"), kept("b", ram="2")], "referenceItems": [refer("u_twin", "b", "a")]}
    instance.run(body, enhanced=True)
    for name in ("old", "new"):
        instance.run({"items": [kept(first, name=name, ram="3")]}, enhanced=True)
    instance.run({"items": [kept(last, name="last")]}, enhanced=True)
    rows = {row["name"]: row for row in instance.all(COMPUTER)}
    assert set(rows) == {"new", "last"}
    assert rows["new"]["ram"] == "3"
    by, to = ("new", "last") if first == "a" else ("last", "new")
    assert (rows[by]["u_twin"], rows[to]["u_twin"]) == (rows[to]["sys_id"], None)


def test_a_stored_part_is_not_that_of_another_host_because_it_is_called_the_same() -> None:
    instance = Instance()
    contains = {"parent": 0, "child": 1, "type": CONTAINS["type"]}
    instance.run({"items": [kept("a", ram="1"), item(DISK, name="sda")], "relations": [contains]}, enhanced=True)
    items = [kept("b", name="b"), item(DISK, name="sda"), kept("a", name="a")]
    instance.run({"items": items, "relations": [contains]}, enhanced=True)
    assert [row["name"] for row in instance.all(DISK)] == ["sda", "sda"]
    assert len({row["parent"] for row in instance.all("cmdb_rel_ci")}) == 2


@pytest.mark.parametrize("is_keyed", [True, False])
@pytest.mark.parametrize("later", [["a", "b"], ["b", "a"], ["ab"]])
def test_what_joins_parts_of_two_partial_items_comes_with_these(later: list[str], is_keyed: bool) -> None:
    """A disk of one host mirrors that of another; both wait for their hosts, in payloads of their own."""
    instance = Instance({"classes": {DISK: {"references": {"u_mirror": "cmdb_ci"}}}})

    def disk(name: str) -> dict[str, Any]:
        source = {"source_name": "ServiceNow", "source_native_key": name}
        own = {**item(DISK, name=name), "internal_id": name}
        return {**own, "sys_object_source_info": source} if is_keyed else own

    contains = [{"parent_id": host, "child_id": f"d{host}", "type": CONTAINS["type"]} for host in "ab"]
    instance.run(
        {
            "items": [kept("a", ram="1"), kept("b", ram="2"), disk("da"), disk("db")],
            "relations": [*contains, {"parent_id": "da", "child_id": "db", "type": "Depends on::Used by"}],
            "referenceItems": [refer("u_mirror", "db", "da")],
        },
        enhanced=True,
    )
    for names in later:
        instance.run({"items": [kept(name, name=name) for name in names]}, enhanced=True)
    disks = {row["name"]: row for row in instance.all(DISK)}
    assert set(disks) == {"da", "db"}
    assert (disks["da"]["u_mirror"], disks["db"]["u_mirror"]) == (disks["db"]["sys_id"], None)
    joined = {(row["parent"], row["child"]) for row in instance.all("cmdb_rel_ci")}
    hosts = {row["name"]: row["sys_id"] for row in instance.all(COMPUTER)}
    assert joined == {
        (hosts["a"], disks["da"]["sys_id"]),
        (hosts["b"], disks["db"]["sys_id"]),
        (disks["da"]["sys_id"], disks["db"]["sys_id"]),
    }
    assert (instance.all(PARTIALS), instance.all("cmdb_ire_incomplete_payloads")) == ([], [])


def test_an_item_that_has_the_engine_s_own_words_is_kept_without_them() -> None:
    """By them a stored payload says whose its values are, and what waits elsewhere; a caller says neither."""
    instance = Instance()
    key = {"sys_object_source_info": KEY}
    sent = {**item(COMPUTER, ram="2"), **key, "told_by": "x", "kept_apart": True}
    assert operations(instance.run({"items": [sent]}, enhanced=True)) == ["INSERT_AS_PARTIAL"]
    assert operations(instance.run({"items": [{**item(COMPUTER, name="pc1"), **key}]}, enhanced=True)) == [
        "INSERT"
    ]
    assert [row["ram"] for row in instance.all(COMPUTER)] == ["2"]
