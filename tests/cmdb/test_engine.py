"""The engine against the documented behaviour."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.cmdb.payload import Options, OptionsError
from simulator.cmdb.rules.model import Caller
from tests.cmdb.base import Instance
from tests.cmdb.cases import KEY, LINUX, attempts, only


def test_case_1_a_new_server_is_inserted_and_every_entry_listed() -> None:
    item = only(Instance().run({"items": [LINUX]}))
    assert item["operation"] == "INSERT"
    assert item["identifierEntrySysId"] == "Unknown"
    assert attempts(item) == ["SKIPPED", "SKIPPED", "SKIPPED", "NO_MATCH", "SKIPPED"]


def test_cases_2_and_3_the_same_payload_again_changes_nothing_and_a_changed_value_updates() -> None:
    instance = Instance()
    first = only(instance.run({"items": [LINUX]}))
    again = only(instance.run({"items": [LINUX]}))
    assert (again["operation"], again["sysId"]) == ("NO_CHANGE", first["sysId"])
    assert attempts(again)[-1] == "MATCHED"
    changed = {**LINUX, "values": {"name": "lx1", "os": "b"}}
    assert only(instance.run({"items": [changed]}))["operation"] == "UPDATE"


def test_case_5_an_invalid_serial_number_is_no_match() -> None:
    instance = Instance()
    lookup = {"className": "cmdb_serial_number", "values": {"serial_number": "1", "serial_number_type": "uuid"}}
    instance.put("cmdb_ci_linux_server", "c", name="lx1")
    instance.put(
        "cmdb_serial_number", "s", serial_number="1", serial_number_type="uuid", valid="false", cmdb_ci="c"
    )
    item = only(instance.run({"items": [{**LINUX, "lookup": [lookup]}]}))
    assert attempts(item)[1:] == ["NO_MATCH", "SKIPPED", "MATCHED"]


def test_case_6_without_a_source_everything_is_refused() -> None:
    instance = Instance()
    result = instance.run({"items": [LINUX]}, source=None)
    assert result.response["hasError"] is True
    assert "[null]" in only(result)["errors"][0]["message"]
    assert not instance.all("cmdb")


def test_case_8_an_unregistered_source_on_enhanced_is_incomplete() -> None:
    instance = Instance()
    assert only(instance.run({"items": [LINUX]}, source="X", enhanced=True))["operation"] == "INSERT_AS_INCOMPLETE"
    assert instance.all("cmdb_ire_incomplete_payloads")


def test_case_10_malformed_options_name_the_piece() -> None:
    with pytest.raises(OptionsError, match=r"Chunk \[partial\] is not a valid entry"):
        Options.parse("partial", enhanced=True)


def test_case_18_partial_payloads_force_the_next_two() -> None:
    assert Options.parse("partial_payloads:true,partial_commits:false", enhanced=True).partial_commits


def test_case_16_one_bad_item_abandons_the_rest_unless_enhanced() -> None:
    bad = {"className": "cmdb_ci_nothing", "values": {}}
    instance = Instance()
    item = only(instance.run({"items": [LINUX, bad]}))
    assert item["errors"][0]["error"] == "ABANDONED"
    assert not instance.all("cmdb")
    instance.run({"items": [LINUX, bad]}, enhanced=True)
    assert instance.all("cmdb_ci_linux_server")


def test_case_25_the_native_key_matches_before_any_rule() -> None:
    instance = Instance()
    instance.run({"items": [{**LINUX, "sys_object_source_info": KEY}]})
    renamed = {"className": "cmdb_ci_linux_server", "values": {"name": "new"}, "sys_object_source_info": KEY}
    item = only(instance.run({"items": [renamed]}))
    assert (item["operation"], attempts(item)) == ("UPDATE", ["MATCHED"])


def test_a_ci_of_another_domain_is_hidden_and_explained() -> None:
    instance = Instance()
    instance.put("cmdb_ci_linux_server", "g", name="lx1")
    instance.caller = Caller("u_acme", "acme", frozenset({"acme"}))
    sent = {**LINUX, "values": {**LINUX["values"], "sys_domain": "init"}}  # type: ignore[dict-item]
    result = instance.run({"items": [sent]}, explain=True)
    assert only(result)["operation"] == "INSERT"
    assert instance.get("cmdb_ci_linux_server", only(result)["sysId"])["sys_domain"] == "acme"
    reasons = [each.reason for attempt in result.explanation[0].attempts for each in attempt.candidates]
    assert reasons == ["hidden by its domain; domain global"]


def test_case_50_a_query_stores_nothing_and_gives_no_id() -> None:
    instance = Instance()
    item = only(instance.run({"items": [LINUX]}, commit=False))
    assert item["operation"] == "INSERT"
    assert "sysId" not in item
    assert not instance.all("cmdb")


@pytest.mark.parametrize("body", ["{", "[]", "[" * 100000, {"items": 1}, {"items": [{"className": 1}]}])
def test_what_is_no_payload_is_an_error_with_a_reason(body: Any) -> None:
    response = Instance().run(body).response
    assert response["errors"][0]["message"].startswith("Error occurred during parsing input json payload")


def test_a_reload_makes_a_bounded_number_of_queries() -> None:
    instance = Instance()
    body = {"items": [{"className": "cmdb_ci_linux_server", "values": {"name": f"n{i}"}} for i in range(500)]}
    instance.run(body)
    queries: list[str] = []
    instance.connection.set_trace_callback(lambda sql: queries.append(sql) if sql.startswith("select") else None)
    assert {each["operation"] for each in instance.run(body).response["items"]} == {"NO_CHANGE"}
    assert 0 < len(queries) < 12
