"""A call reads those fields of CIs that it needs, and compares items that have something in common."""

from __future__ import annotations

from tests.cmdb.base import Instance
from tests.cmdb.cases import KEY, RUNS, WEB, codes, item, only, operations

SERVER, ADAPTER = "cmdb_ci_linux_server", "cmdb_ci_network_adapter"
MAC = {"mac_address": "00:00:00:00:00:01", "name": "eth0"}


def test_a_condition_asks_for_a_field_that_nobody_sends() -> None:
    """The base rule looks for network adapters that are not retired."""
    sent = {"items": [item(SERVER, os="Linux") | {"lookup": [item(ADAPTER, **MAC)]}]}
    for status, operation in (("100", "INSERT"), ("1", "UPDATE")):
        instance = Instance()
        instance.put(SERVER, "a", name="old")
        instance.put(ADAPTER, "b", cmdb_ci="a", install_status=status, **MAC)
        assert operations(instance.run(sent)) == [operation]


def test_an_inclusion_rule_asks_for_a_field_that_nobody_sends() -> None:
    rules = [{"table": SERVER, "condition": "os=Linux"}]
    for os, operation in (("Solaris", "INSERT"), ("Linux", "NO_CHANGE")):
        instance = Instance({"records": {"cmdb_ie_active_config": rules}})
        instance.put(SERVER, "a", name="lx1", os=os)
        assert operations(instance.run({"items": [item(SERVER, name="lx1")]})) == [operation]


def test_a_lookup_record_that_is_a_ci_is_compared_in_all_that_is_sent_of_it() -> None:
    instance = Instance()
    adapter = item(ADAPTER, **MAC, ip_address="10.0.0.1", short_description="of the server")
    sent = {"items": [{**item(SERVER, name="lx1"), "lookup": [adapter]}]}
    told = [only(instance.run(sent))["relatedItems"][0]["operation"] for _ in range(2)]
    assert told == ["INSERT", "NO_CHANGE"]


def test_a_ci_that_changes_its_class_loses_what_nobody_sends() -> None:
    instance = Instance()
    instance.put(SERVER, "a", name="lx1", serial_number="1", cpu_count="8")
    assert operations(instance.run({"items": [item("cmdb_ci_hardware", name="lx1")]})) == ["UPDATE_WITH_DOWNGRADE"]
    assert instance.connection.execute("select cpu_count from cmdb where sys_id = 'a'").fetchone() == (None,)


def test_an_item_and_what_runs_on_it_may_not_have_one_key() -> None:
    """Hosts are compared before what depends on them, and that with all before it."""
    key = {"sys_object_source_info": KEY}
    sent = {"items": [WEB | key, item(SERVER, name="lx1") | key], "relations": RUNS}
    assert codes(Instance().run(sent)) == ["DUPLICATE_PAYLOAD_RECORDS"] * 2


def test_items_that_became_one_are_looked_for_by_all_that_they_say() -> None:
    instance = Instance()
    instance.put(SERVER, "a", name="old", serial_number="S1")
    sent = {"items": [item(SERVER, name="lx1"), item(SERVER, name="lx1", serial_number="S1")]}
    (answer,) = instance.run(sent, enhanced=True).response["items"]
    assert (answer["operation"], answer["sysId"]) == ("UPDATE", "a")


def test_an_empty_text_is_nothing() -> None:
    instance = Instance()
    instance.put(SERVER, "a", name="lx1")
    assert operations(instance.run({"items": [item(SERVER, name="lx1", os="")]})) == ["NO_CHANGE"]
    assert operations(instance.run({"items": [item(SERVER, name="lx2", os="")]})) == ["INSERT"]
    assert [row["os"] for row in instance.all(SERVER)] == [None, None]


def test_a_rule_about_values_asks_for_a_field_that_nobody_sends() -> None:
    rule = {
        "name": "r",
        "applies_to": SERVER,
        "discovery_source": "Discovery",
        "priority": "1",
        "attributes": "ram",
        "condition": "os=Linux",
        "active": "true",
    }
    for os, masked in (("Linux", ["ram"]), ("Solaris", None)):
        instance = Instance({"records": {"cmdb_reconciliation_definition": [rule]}})
        instance.put(SERVER, "a", name="lx1", ram="1", os=os)
        answer = only(instance.run({"items": [item(SERVER, name="lx1", ram="2")]}))
        assert answer.get("maskedAttributes") == masked


def test_a_condition_walks_to_a_field_that_nobody_sends() -> None:
    """From a serial number to the CI that has it, though that CI has been read already."""
    entry = {
        "order": 1,
        "table": "cmdb_serial_number",
        "attributes": ["serial_number"],
        "referenced_field": "cmdb_ci",
        "condition": "cmdb_ci.short_description=main",
    }
    rule = {"name": "r", "applies_to": SERVER, "entries": [entry]}
    sent = {"items": [item(SERVER) | {"lookup": [item("cmdb_serial_number", serial_number="1")]}]}
    for told, operation in (("main", "NO_CHANGE"), ("other", "INSERT")):
        instance = Instance({"identifiers": [rule]})
        instance.put(SERVER, "a", short_description=told)
        instance.put("cmdb_serial_number", "s", serial_number="1", cmdb_ci="a")
        assert operations(instance.run(sent)) == [operation]


def test_who_asks_why_is_told_what_cis_are_called() -> None:
    instance = Instance()
    instance.put(SERVER, "a", name="lx1", serial_number="1")
    result = instance.run({"items": [item(SERVER, serial_number="1")]}, explain=True)
    assert [one.title for each in result.explanation[0].attempts for one in each.candidates] == [f"{SERVER} lx1"]


def test_a_task_for_duplicates_tells_what_they_have_in_the_attributes_that_found_them() -> None:
    instance = Instance(None, **{"lookup_match.create_duplicate_task_ci.enabled": "true"})
    serial = {"serial_number": "1", "serial_number_type": "uuid"}
    for sys_id in ("a", "b"):
        instance.put(SERVER, sys_id, serial_number="own")
        instance.put("cmdb_serial_number", f"s{sys_id}", **serial, cmdb_ci=sys_id, valid="true", absent="false")
    instance.run({"items": [item(SERVER, os="Linux") | {"lookup": [item("cmdb_serial_number", **serial)]}]})
    (task,) = instance.all("reconcile_duplicate_task")
    assert task["work_notes"] == "[serial_number = own], [serial_number_type = None]"
