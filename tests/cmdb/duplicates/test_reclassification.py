"""What becomes of a CI's class when a payload names another."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.cmdb.payload import Options
from simulator.cmdb.rules.model import Caller
from tests.cmdb.base import Instance
from tests.cmdb.cases import RUNS, codes, item, message, only

LINUX, WINDOWS, SERVER = "cmdb_ci_linux_server", "cmdb_ci_win_server", "cmdb_ci_server"


def instance_with(table: str, setup: dict[str, Any] | None = None, **properties: str) -> Instance:
    instance = Instance(setup, **properties)
    instance.put(table, "ci", name="s")
    return instance


def rule(instance: Instance, source: str, target: str, **columns: str) -> None:
    columns = {"type": "Switch", **columns}
    table = "cmdb_ire_reclassification_restriction"
    instance.put(table, f"rule{len(instance.all(table))}", source_table=source, target_table=target, **columns)
    instance.reload()


def forbidding(change: str) -> dict[str, Any]:
    return {"properties": {f"glide.class.{change}.enabled": "false"}}


@pytest.mark.parametrize(
    ("have", "want", "operation"),
    [
        (SERVER, LINUX, "UPDATE_WITH_UPGRADE"),
        (LINUX, SERVER, "UPDATE_WITH_DOWNGRADE"),
        (LINUX, WINDOWS, "UPDATE_WITH_SWITCH"),
    ],
)
def test_case_35_a_ci_changes_its_class_and_keeps_its_sys_id(have: str, want: str, operation: str) -> None:
    instance = instance_with(have)
    found = only(instance.run({"items": [item(want, name="s")]}))
    assert (found["operation"], found["sysId"], found["className"]) == (operation, "ci", want)
    assert instance.get("cmdb_ci", "ci")["sys_class_name"] == want


def test_case_35_a_forbidden_change_is_refused_with_one_open_task_for_ci_and_class() -> None:
    instance = instance_with(SERVER, forbidding("upgrade"))
    for _ in range(2):
        result = instance.run({"items": [item(LINUX, name="s", os="b")]})
        assert codes(result) == ["RECLASSIFICATION_NOT_ALLOWED"]
    reason = "The property glide.class.upgrade.enabled says so"
    assert message(result) == f"CI Reclassification not allowed from class: [{SERVER}] to [{LINUX}]. {reason}"
    assert instance.get("cmdb_ci", "ci")["sys_class_name"] == SERVER
    (task,) = instance.all("reclassification_task")
    assert (task["cmdb_ci"], task["sys_domain"]) == ("ci", "global")
    assert SERVER in (task["description"] or "")
    assert LINUX in (task["description"] or "")
    assert '"os": "b"' in (task["payload"] or "")
    instance.run({"items": [item("cmdb_ci_aix_server", name="s")]})
    assert len(instance.all("reclassification_task")) == 2


def test_the_task_is_in_the_domain_of_the_ci() -> None:
    instance = Instance({**forbidding("upgrade"), "domains": {"TOP": {"primary": True}}})
    (domain,) = instance.all("domain")
    instance.put(SERVER, "ci", name="s", sys_domain=domain["sys_id"] or "")
    instance.caller = Caller("u", "global", None)
    instance.run({"items": [item(LINUX, name="s")]})
    assert instance.all("reclassification_task")[0]["sys_domain"] == domain["sys_id"]


def test_a_query_makes_no_task() -> None:
    instance = instance_with(SERVER, forbidding("upgrade"))
    assert codes(instance.run({"items": [item(LINUX, name="s")]}, commit=False)) == [
        "RECLASSIFICATION_NOT_ALLOWED"
    ]
    assert not instance.all("reclassification_task")


@pytest.mark.parametrize("by", ["property", "setting", "text"])
def test_case_35_update_without_keeps_the_class_and_writes_the_rest_without_a_task(by: str) -> None:
    properties = {"update_without_upgrade_enabled": "true"} if by == "property" else {}
    instance = instance_with(SERVER, forbidding("upgrade"), **properties)
    sent = item(LINUX, name="s", os="b", kernel_release="6")
    if by != "property":
        sent["settings"] = {"updateWithoutUpgrade": True if by == "setting" else "true"}
    found = only(instance.run({"items": [sent]}))
    assert (found["operation"], found["className"]) == ("UPDATE", SERVER)
    assert [(each["code"], each["ruleSysId"]) for each in found["info"]] == [("SKIPPED_CLASS_UPGRADE", "")]
    assert instance.get("cmdb_ci", "ci")["os"] == "b"
    assert not instance.all("reclassification_task")


@pytest.mark.parametrize(("flag", "operation"), [(True, "UPDATE_WITH_UPGRADE"), (False, None)])
def test_the_flag_of_an_item_beats_the_property(flag: bool, operation: str | None) -> None:
    instance = instance_with(SERVER, forbidding("upgrade") if flag else None)
    result = instance.run({"items": [{**item(LINUX, name="s"), "classUpgrade": flag}]})
    assert codes(result) == ([] if flag else ["RECLASSIFICATION_NOT_ALLOWED"])
    if operation is not None:
        assert only(result)["operation"] == operation


def test_case_36_a_restriction_rule_keeps_the_class_in_its_direction_only() -> None:
    instance = instance_with(LINUX)
    rule(instance, LINUX, WINDOWS)
    found = only(instance.run({"items": [item(WINDOWS, name="s", os="b")]}))
    assert (found["className"], found["operation"]) == (LINUX, "UPDATE")
    assert found["info"][0]["code"] == "SKIPPED_CLASS_SWITCH"
    assert found["info"][0]["ruleSysId"] == "rule0"
    assert found["info"][0]["message"].endswith("by a reclassification restriction rule")
    assert instance.get("cmdb_ci", "ci")["os"] == "b"
    assert not instance.all("reclassification_task")
    instance.put(WINDOWS, "back", name="w")
    assert only(instance.run({"items": [item(LINUX, name="w")]}))["operation"] == "UPDATE_WITH_SWITCH"


@pytest.mark.parametrize("value", [True, "true"])
def test_case_36_an_item_may_skip_the_restriction_rules(value: object) -> None:
    instance = instance_with(LINUX)
    rule(instance, LINUX, WINDOWS)
    sent = {**item(WINDOWS, name="s"), "settings": {"skipReclassificationRestrictionRules": value}}
    assert only(instance.run({"items": [sent]}))["operation"] == "UPDATE_WITH_SWITCH"


def test_restriction_rules_can_be_switched_off_and_an_inactive_one_does_nothing() -> None:
    instance = instance_with(LINUX, reclassification_restriction_rules_enabled="false")
    rule(instance, LINUX, WINDOWS)
    assert only(instance.run({"items": [item(WINDOWS, name="s")]}))["operation"] == "UPDATE_WITH_SWITCH"
    instance = instance_with(LINUX)
    rule(instance, LINUX, WINDOWS, active="false")
    assert only(instance.run({"items": [item(WINDOWS, name="s")]}))["operation"] == "UPDATE_WITH_SWITCH"


@pytest.mark.parametrize(
    ("columns", "kept"),
    [({}, False), ({"source_inheritance": "true"}, False), ({"target_inheritance": "true"}, False),
     ({"source_inheritance": "true", "target_inheritance": "true"}, True)],
)  # fmt: skip
def test_a_restriction_rule_bears_on_subclasses_where_it_says_so(columns: dict[str, str], kept: bool) -> None:
    instance = instance_with(LINUX)
    rule(instance, SERVER, "cmdb_ci_netgear", **columns)
    found = only(instance.run({"items": [item("cmdb_ci_ip_switch", name="s")]}))
    assert (found["className"] == LINUX) is kept


def test_a_restriction_rule_knows_downgrade_but_no_upgrade() -> None:
    instance = instance_with(LINUX)
    rule(instance, LINUX, SERVER, type="Downgrade")
    assert only(instance.run({"items": [item(SERVER, name="s")]}))["info"][0]["code"] == "SKIPPED_CLASS_DOWNGRADE"
    instance = instance_with(SERVER)
    rule(instance, SERVER, LINUX, type="Upgrade")
    assert only(instance.run({"items": [item(LINUX, name="s")]}))["operation"] == "UPDATE_WITH_UPGRADE"


def test_a_restriction_rule_comes_before_update_without() -> None:
    instance = instance_with(LINUX, update_without_switch_enabled="true")
    rule(instance, LINUX, WINDOWS)
    assert only(instance.run({"items": [item(WINDOWS, name="s")]}))["info"][0]["ruleSysId"] == "rule0"


@pytest.mark.parametrize("want", [SERVER, WINDOWS])
def test_what_the_new_class_does_not_have_is_lost(want: str) -> None:
    instance = Instance()
    instance.put(LINUX, "ci", name="s", kernel_release="6", os="b")
    instance.run({"items": [item(want, name="s")]})
    assert instance.get("cmdb_ci", "ci")["os"] == "b"
    instance.run({"items": [item(LINUX, name="s")]})
    assert instance.get("cmdb_ci", "ci")["kernel_release"] is None


def test_classes_with_different_identification_rules_never_change_places() -> None:
    instance = instance_with(LINUX)
    result = instance.run({"items": [item("cmdb_ci_esx_server", sys_id="ci", correlation_id="x")]})
    assert codes(result) == ["RECLASSIFICATION_NOT_ALLOWED"]


def test_a_refused_change_leaves_the_other_items_of_an_enhanced_call_alone() -> None:
    instance = instance_with(SERVER, forbidding("upgrade"))
    result = instance.run({"items": [item(LINUX, name="s"), item(LINUX, name="t")]}, enhanced=True)
    assert [each["operation"] for each in result.response["items"]] == ["INSERT_AS_INCOMPLETE", "INSERT"]
    assert Options.parse(None, enhanced=True).partial_commits


def test_what_depends_on_a_ci_whose_class_may_not_change_is_abandoned_before_any_entry_is_tried() -> None:
    instance = instance_with(SERVER, forbidding("upgrade"))
    web = item("cmdb_ci_web_server", name="w")
    body = {"items": [web, item(LINUX, name="s")], "relations": RUNS}
    result = instance.run(body, enhanced=True, options="partial_payloads:false")
    assert codes(result) == ["ABANDONED", "RECLASSIFICATION_NOT_ALLOWED"]
    assert only(result)["identificationAttempts"] == []


def test_a_refusal_says_which_rules_or_which_flag_forbid_the_change() -> None:
    instance = Instance()
    instance.put("cmdb_ci_storage_server", "a", name="array")
    found = message(instance.run({"items": [item(LINUX, sys_id="a")]}))
    rules = "Storage Server Rule on cmdb_ci_storage_server and Hardware Rule on cmdb_ci_hardware"
    assert found.endswith(f". The classes have different identification rules: {rules}")
    instance.put(SERVER, "b", name="b")
    found = message(instance.run({"items": [{**item(LINUX, sys_id="b"), "classUpgrade": False}]}))
    assert found.endswith(". The item says so with classUpgrade")
