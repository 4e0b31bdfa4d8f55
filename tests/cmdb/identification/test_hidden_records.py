"""A record of a domain that the caller does not see takes no part: not as a CI, and not on the way to one."""

from __future__ import annotations

import pytest

from simulator.cmdb.rules.model import Caller
from simulator.store.setups.setup import domain_id
from tests.cmdb.cases import WEB, item
from tests.cmdb.separated import LINUX, PLATFORM, STRICT, Separated

BOTH = pytest.mark.parametrize("mode", [STRICT, PLATFORM])
WEB_VALUES = {"running_process_command": "c", "running_process_key_parameters": "k"}
SERVER = item(LINUX, name="lx1", os="Linux")


@BOTH
def test_a_lookup_record_of_a_domain_out_of_sight_identifies_nothing_and_is_not_written(mode: str) -> None:
    instance = Separated(mode)
    instance.seed(LINUX, "ci", "ACME", name="lx1")
    instance.seed("cmdb_ci_network_adapter", "nic", "INIT", name="e", mac_address="m", cmdb_ci="ci")
    card = {"className": "cmdb_ci_network_adapter", "values": {"name": "e", "mac_address": "m"}}
    before = instance.get("cmdb_ci", "nic")
    (found,) = instance.send("u_acme", {**item(LINUX, os="x"), "lookup": [card]}, query=True)["items"]
    assert found["operation"] == "INSERT"
    card["values"] |= {"short_description": "changed"}  # type: ignore[operator]
    (found,) = instance.send("u_acme", {**SERVER, "lookup": [card]})["items"]
    assert (found["sysId"], found["relatedItems"][0]["operation"]) == ("ci", "INSERT")
    assert instance.get("cmdb_ci", "nic") == before


@BOTH
def test_a_reference_to_a_ci_of_a_domain_out_of_sight_is_not_valid(mode: str) -> None:
    rule = {
        "name": "Node",
        "applies_to": "cmdb_ci_cluster_node",
        "entries": [{"order": 1, "attributes": ["name"]}],
    }
    instance = Separated(mode, identifiers=[rule])
    instance.seed("cmdb_ci_cluster", "far", "INIT", name="c")
    instance.seed("cmdb_ci_cluster", "near", "ACME", name="d")
    for cluster, expected in (("far", "Unknown"), ("near", "near")):
        (found,) = instance.send("u_acme", item("cmdb_ci_cluster_node", name=cluster, cluster=cluster))["items"]
        assert instance.get("cmdb_ci", found["sysId"])["cluster"] == expected
    by_name = {**item("cmdb_ci_cluster_node", name="n"), "display_values": {"cluster": "c"}}
    (found,) = instance.send("u_acme", by_name)["items"]
    assert instance.get("cmdb_ci", found["sysId"])["cluster"] is None


@BOTH
def test_a_stored_qualifier_of_a_domain_out_of_sight_leads_nowhere_and_stays(mode: str) -> None:
    instance = Separated(mode)
    instance.seed(LINUX, "ci", "ACME", name="lx1")
    instance.seed("cmdb_ci_web_server", "web", "ACME", **WEB_VALUES)
    instance.seed("cmdb_ci_qualifier", "far", "INIT", name="q")
    kind = instance.model.relation_id("Runs on::Runs")
    instance.put("cmdb_rel_ci", "r1", parent="web", child="far", type=kind)
    instance.put("cmdb_rel_ci", "r2", parent="far", child="ci", type=kind)
    qualifiers = [item("cmdb_ci_qualifier", name=name) for name in "ab"]
    chain = [{"parent": one, "child": other, "type": "Runs on::Runs"} for one, other in ((0, 2), (2, 3), (3, 1))]
    response = instance.send("u_acme", WEB, SERVER, *qualifiers, relations=chain)
    assert [one["operation"] for one in response["items"]] == ["INSERT", "UPDATE", "INSERT", "INSERT"]
    assert {"far", "web"} <= {row["sys_id"] for row in instance.all("cmdb_ci")}
    assert {"r1", "r2"} <= {row["sys_id"] for row in instance.all("cmdb_rel_ci")}


def test_the_explanation_names_the_ci_that_is_hidden_with_its_lookup_record() -> None:
    instance = Separated(STRICT)
    lookup = [{"className": "cmdb_serial_number", "values": {"serial_number": "1", "serial_number_type": "uuid"}}]
    (first,) = instance.send("u_init", {**SERVER, "lookup": lookup})["items"]
    instance.reload()
    instance.caller = Caller("u_acme", domain_id("ACME"), frozenset([domain_id("ACME")]))
    result = instance.run({"items": [{**item(LINUX, os="x"), "lookup": lookup}]}, explain=True)
    candidates = [one for attempt in result.explanation[0].attempts for one in attempt.candidates]
    [(sys_id, reason)] = [(one.sys_id, one.reason) for one in candidates]
    assert (sys_id, reason.partition(";")[0]) == (first["sysId"], "hidden by its domain")


def test_a_lookup_record_that_is_tagged_as_a_duplicate_is_not_counted_as_one_again() -> None:
    instance = Separated(STRICT, properties={"glide.identification_engine.skip_duplicates": "false"})
    instance.seed(LINUX, "ci", "ACME", name="lx1")
    columns = {"name": "e", "mac_address": "m", "cmdb_ci": "ci"}
    instance.seed("cmdb_ci_network_adapter", "nic1", "ACME", **columns)
    instance.seed("cmdb_ci_network_adapter", "nic2", "ACME", duplicate_of="nic1", **columns)
    card = {"className": "cmdb_ci_network_adapter", "values": {"name": "e", "mac_address": "m"}}
    (found,) = instance.send("u_acme", {**SERVER, "lookup": [card]})["items"]
    assert (found["operation"], found["relatedSysIds"]) == ("UPDATE", ["nic1"])
