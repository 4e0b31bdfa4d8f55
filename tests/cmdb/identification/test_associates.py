"""Lookup and related records that several items of one payload tell of."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cmdb.base import Instance
from tests.cmdb.cases import item

LINUX_SERVER = "cmdb_ci_linux_server"


@pytest.mark.parametrize("enhanced", [True, False])
def test_what_two_items_say_of_a_new_record_of_one_ci_is_one_record(enhanced: bool) -> None:
    """They lead to the CI in different ways, so they are not equal; the second changes what the first has made."""

    def serial(number: str, **values: str) -> dict[str, Any]:
        own = {"serial_number": number, "serial_number_type": "uuid", **values}
        source = {"source_name": "ServiceNow", "source_native_key": f"sn-{number.lower()}"}
        return {"className": "cmdb_serial_number", "values": own, "sys_object_source_info": source}

    def tag(value: str) -> dict[str, Any]:
        return {"className": "cmdb_key_value", "values": {"key": "env", "value": value}}

    by_name = {**item(LINUX_SERVER, name="h1"), "lookup": [serial("S1")], "related": [tag("test")]}
    by_serial = {
        **item(LINUX_SERVER, serial_number="X1"),
        "lookup": [serial("s1", absent="true"), serial("S2")],
        "related": [tag("production")],
    }
    instance = Instance()
    instance.put(LINUX_SERVER, "c" * 32, name="h1", serial_number="X1")
    first, second = instance.run({"items": [by_name, by_serial]}, enhanced=enhanced).response["items"]
    assert [each["operation"] for each in first["relatedItems"]] == ["INSERT", "INSERT"]
    assert [each["operation"] for each in second["relatedItems"]] == ["UPDATE", "INSERT", "UPDATE"]
    serials = {row["sys_id"]: row for row in instance.all("cmdb_serial_number")}
    (value,) = instance.all("cmdb_key_value")
    assert first["relatedSysIds"] == [second["relatedSysIds"][0], value["sys_id"]]
    assert second["relatedSysIds"] == [*serials, value["sys_id"]]
    assert [(row["serial_number"], row["absent"]) for row in serials.values()] == [("s1", "true"), ("S2", "false")]
    assert value["value"] == "production"
    assert sorted(row["id"] or "" for row in instance.all("sys_object_source")) == ["sn-s1", "sn-s2"]


def test_what_two_items_say_of_a_known_record_of_one_ci_is_compared_with_what_the_first_made_of_it() -> None:
    def tagged(value: str, **values: str) -> dict[str, Any]:
        related = [{"className": "cmdb_key_value", "values": {"key": "env", "value": value}}]
        return {**item(LINUX_SERVER, **values), "related": related}

    instance = Instance()
    instance.run({"items": [tagged("test", name="h1", serial_number="X1")]})
    items = [tagged("production", name="h1"), tagged("test", serial_number="X1")]
    results = instance.run({"items": items}).response["items"]
    assert [each["relatedItems"][0]["operation"] for each in results] == ["UPDATE", "UPDATE"]
    assert [row["value"] for row in instance.all("cmdb_key_value")] == ["test"]


@pytest.mark.parametrize("is_there", [True, False])
def test_records_that_lack_what_tells_them_apart_are_one_record_of_a_new_ci_too(is_there: bool) -> None:
    """Sent again, both would lead to one of two rows, and that would be updated by the other."""
    instance = Instance()
    if is_there:
        instance.run({"items": [item(LINUX_SERVER, name="h1")]})
    serials = [item("cmdb_serial_number", serial_number="1", valid=valid) for valid in ("false", "true")]
    tags = [item("cmdb_key_value", value=value) for value in ("test", "production")]
    body = {"items": [{**item(LINUX_SERVER, name="h1"), "lookup": serials, "related": tags}]}
    told = []
    for _ in range(2):
        (result,) = instance.run(body, enhanced=True).response["items"]
        told.append((result["relatedSysIds"], [each["operation"] for each in result["relatedItems"]]))
        assert [row["valid"] for row in instance.all("cmdb_serial_number")] == ["true"]
        assert [row["value"] for row in instance.all("cmdb_key_value")] == ["production"]
    assert told[0][1] == ["INSERT", "UPDATE"] * 2
    assert told[1][0] == told[0][0]


@pytest.mark.parametrize("by", ["values", "referenceItems"])
def test_a_record_stays_that_of_the_ci_which_it_is_sent_with(by: str) -> None:
    """Whatever it says of itself: with another CI it would be lost to its own, and be inserted there again."""
    instance = Instance()
    other, second = "e" * 32, {**item(LINUX_SERVER, name="h2"), "internal_id": "other"}
    instance.put(LINUX_SERVER, other, name="h2")
    serial = item("cmdb_serial_number", serial_number="1", serial_number_type="u")
    tag = item("cmdb_key_value", key="k", value="v")
    body: dict[str, Any] = {
        "items": [{**item(LINUX_SERVER, name="h1"), "lookup": [serial], "related": [tag]}, second]
    }
    fields = {"cmdb_ci": serial, "configuration_item": tag}
    for field, record in fields.items():
        record["internal_id"] = field
        if by == "values":
            record["values"] |= {"sys_id": "f" * 32, field: other}
    if by == "referenceItems":
        body["referenceItems"] = [
            {"referenceField": field, "referenced": "other", "referencedBy": field} for field in fields
        ]
    told = [instance.run(body).response["items"][0] for _ in range(2)]
    assert [[each["operation"] for each in one["relatedItems"]] for one in told] == [
        ["INSERT"] * 2,
        ["NO_CHANGE"] * 2,
    ]
    rows = [*instance.all("cmdb_serial_number"), *instance.all("cmdb_key_value")]
    assert [row["sys_id"] for row in rows] == told[0]["relatedSysIds"] == told[1]["relatedSysIds"]
    assert [rows[0]["cmdb_ci"], rows[1]["configuration_item"]] == [told[0]["sysId"]] * 2
