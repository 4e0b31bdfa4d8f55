"""Columns have types: what is the same in another form is no change, and what is no value is told and left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cmdb.classes.columns import Column, Type
from simulator.cmdb.conditions.encoded import parse
from simulator.store.records.query import show
from tests.cmdb.base import Instance
from tests.cmdb.cases import KEY, codes, item, message, only
from tests.fleet import examples

LINUX = "cmdb_ci_linux_server"
A_TIME = "a time such as 2026-01-05 10:00:00 or 2026-01-05T10:00:00Z"

FORMS: list[tuple[str, list[Any], str]] = [
    ("ram", [8192, "8192", "8192.0", 8192.0, " 8192 ", "8.192e3"], "8192"),
    ("cpu_speed", [2.6, "2.6", "2.60", "26e-1"], "2.6"),
    ("cpu_speed", [0, "0.0", "-0", "0e5"], "0"),
    ("virtual", [True, "true", "TRUE", "True", 1, "1"], "true"),
    ("virtual", [False, "false", "False", 0, "0"], "false"),
    ("install_date", ["2026-01-05 10:00:00", "2026-01-05T10:00:00Z", "2026-01-05T12:00:00+02:00",
                      "2026-01-05T10:00:00.123Z", "2026-01-05T10:00"], "2026-01-05 10:00:00"),
    ("install_date", ["2026-01-05", "2026-01-05T00:00:00Z"], "2026-01-05 00:00:00"),
    ("purchase_date", ["2026-01-05", "2026-01-05 10:00:00", "2026-01-05T23:30:00Z"], "2026-01-05"),
    ("install_status", [1, "1", "1.0", "Installed", "installed"], "1"),
    ("hardware_status", ["in_stock", "In Stock", "IN STOCK"], "in_stock"),
    ("os", ["Linux Red Hat"], "Linux Red Hat"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "forms", "kept"), FORMS)
def test_one_value_in_all_its_forms_is_no_change(field: str, forms: list[Any], kept: str) -> None:
    instance = Instance()
    instance.run({"items": [item(LINUX, name="a", **{field: forms[0]})]})
    for form in forms:
        found = only(instance.run({"items": [item(LINUX, name="a", **{field: form})]}, enhanced=True))
        assert (found["operation"], found.get("warnings")) == ("NO_CHANGE", None), form
    assert [row[field] for row in instance.all(LINUX)] == [kept]


@pytest.mark.parametrize(
    ("field", "sent", "expected"),
    [
        ("ram", "much", "a whole number such as 8192"),
        ("ram", "1e999999999", "a whole number such as 8192"),
        ("ram", "NaN", "a whole number such as 8192"),
        ("cpu_speed", "2,6 GHz", "a number such as 2.6"),
        ("virtual", "perhaps", "true or false"),
        ("install_date", "yesterday", "a time such as 2026-01-05 10:00:00 or 2026-01-05T10:00:00Z"),
        (
            "install_date",
            "0001-01-01T00:00:00+14:00",
            "a time such as 2026-01-05 10:00:00 or 2026-01-05T10:00:00Z",
        ),
        ("install_status", "Mislaid", "a whole number such as 8192"),
    ],
)
def test_what_is_no_value_of_its_column_is_told_and_left_out(field: str, sent: str, expected: str) -> None:
    instance = Instance()
    result = instance.run({"items": [item(LINUX, name="a", **{field: sent})]}, enhanced=True)
    assert (only(result)["operation"], codes(result, "warnings")) == ("INSERT", ["INVALID_INPUT_DATA"])
    place = f"for field [{field}] in table [{LINUX}]"
    assert message(result, "warnings") == f"Value [{sent}] {place} is not {expected}. It is ignored"
    assert [row[field] for row in instance.all(LINUX)] == [None]


def test_a_text_is_cut_to_its_column_and_is_found_again_by_it() -> None:
    instance = Instance()
    first = only(instance.run({"items": [item(LINUX, name="x" * 300)]}))
    again = only(instance.run({"items": [item(LINUX, name="x" * 300)]}))
    assert (again["operation"], again["sysId"]) == ("NO_CHANGE", first["sysId"])
    assert instance.get(LINUX, first["sysId"])["name"] == "x" * 255


def test_truth_values_of_lookup_records_are_read() -> None:
    """As exports write them, "True" and "False": else no such serial number counts as valid ever again."""
    values = {"serial_number": "U-1", "serial_number_type": "uuid", "valid": "True", "absent": "False"}
    lookup = [{"className": "cmdb_serial_number", "values": values}]
    instance = Instance()
    instance.run({"items": [{**item(LINUX, name="h1"), "lookup": lookup}]})
    found = only(instance.run({"items": [{**item(LINUX, name="h1-renamed"), "lookup": lookup}]}))
    assert (found["operation"], found["relatedItems"][0]["operation"]) == ("UPDATE", "NO_CHANGE")
    assert [row["name"] for row in instance.all(LINUX)] == ["h1-renamed"]


def test_a_value_of_a_lookup_record_that_is_none_is_told_of_its_item() -> None:
    values = {"serial_number": "U-1", "serial_number_type": "uuid", "valid": "perhaps"}
    lookup = [{"className": "cmdb_serial_number", "values": values}]
    instance = Instance()
    result = instance.run({"items": [{**item(LINUX, name="h1"), "lookup": lookup}]}, enhanced=True)
    assert "[valid] in table [cmdb_serial_number] is not true or false" in message(result, "warnings")
    assert [row["valid"] for row in instance.all("cmdb_serial_number")] == ["true"]


def test_an_iso_time_of_a_source_counts_as_a_time() -> None:
    instance = Instance()
    for recency in ("2026-01-05T10:00:00Z", "2026-01-05T12:30:00+02:00"):
        info = {**KEY, "source_recency_timestamp": recency}
        instance.run({"items": [{**item(LINUX, name="a"), "sys_object_source_info": info}]})
    assert [row["last_scan"] for row in instance.all("sys_object_source")] == ["2026-01-05 10:30:00"]


def test_an_older_iso_time_leaves_when_a_ci_was_seen() -> None:
    instance = Instance()
    instance.run({"items": [item(LINUX, name="a", last_discovered="2026-01-05T10:00:00Z")]})
    instance.run({"items": [item(LINUX, name="a", last_discovered="2026-01-05 09:00:00")]})
    assert [row["last_discovered"] for row in instance.all(LINUX)] == ["2026-01-05 10:00:00"]


def test_a_sys_id_in_capitals_is_the_same_sys_id() -> None:
    instance, sys_id = Instance(), "ab" * 16
    instance.put(LINUX, sys_id, name="a")
    found = only(instance.run({"items": [item(LINUX, sys_id=sys_id.upper(), os="x")]}))
    assert (found["operation"], found["sysId"]) == ("UPDATE", sys_id)


def test_a_stored_partial_is_completed_by_the_same_number_in_another_form() -> None:
    entries = [{"order": 1, "attributes": ["tcp_port"]}]
    rule = {"name": "r", "applies_to": "cmdb_ci_nginx_web_server", "independent": False, "entries": entries}
    hosts = [{"parent_type": "cmdb_ci_appl", "rel_type": "Runs on::Runs", "child_type": "cmdb_ci_hardware"}]
    instance = Instance({"identifiers": [rule], "hosting": hosts})
    stored = only(instance.run({"items": [item("cmdb_ci_nginx_web_server", tcp_port=8080)]}, enhanced=True))
    again = only(instance.run({"items": [item("cmdb_ci_nginx_web_server", tcp_port="8080.0")]}, enhanced=True))
    assert stored["operation"] == "INSERT_AS_PARTIAL"
    assert again["mergedPayloadIds"] == stored["partialSysIds"]


@pytest.mark.parametrize(
    ("query", "matches"),
    [
        ("ram=8192.0", True),
        ("ram=8192.5", False),
        ("ram>8191.5", True),
        ("ramIN1,8192.0", True),
        ("ramBETWEEN8e3@9e3", True),
        ("ramISEMPTY", False),
        ("virtual=1", True),
        ("virtual=TRUE", True),
        ("virtual!=0", True),
        ("install_status=Installed", True),
        ("install_status!=installed", False),
        ("install_statusIN7,Installed", True),
        ("install_date=2026-01-05T10:00:00Z", True),
        ("install_date<2026-01-05T11:00:00+02:00", False),
        ("install_date>2026-01-05", True),
        ("company.name=kite ltd", True),
    ],
)
def test_conditions_and_queries_compare_what_values_mean(query: str, matches: bool) -> None:
    company = {"name": "Kite Ltd", "sys_id": "c" * 32}
    values = {"ram": "8192.0", "virtual": "True", "install_status": "Installed", "company": "c" * 32, "os": "y"}
    server = {"name": "a", "install_date": "2026-01-05T10:00:00Z", **values}
    rule = {"applies_to": LINUX, "discovery_source": "Discovery", "attributes": "os", "condition": query}
    records = {"core_company": [company], LINUX: [server], "cmdb_reconciliation_definition": [rule]}
    instance = Instance({"records": records})
    assert [row["name"] for row in show(instance.connection, LINUX, query)] == ["a"][: int(matches)]
    found = only(instance.run({"items": [item(LINUX, name="a", os="x")]}))
    assert ("maskedAttributes" in found) == matches


def test_a_setup_gives_an_attribute_a_type_and_choices() -> None:
    attributes = {"u_slots": "integer", "u_note": None, "u_grade": {"choices": {"1": "Gold", "2": "Silver"}}}
    instance = Instance({"classes": {"u_box": {"extends": LINUX, "attributes": attributes}}})
    sent = item("u_box", name="b", u_slots="4.0", u_note="4.0", u_grade="gold")
    result = instance.run({"items": [sent]}, enhanced=True)
    assert codes(result, "warnings") == []
    (row,) = instance.all("u_box")
    assert (row["u_slots"], row["u_note"], row["u_grade"]) == ("4", "4.0", "1")


def test_the_dictionary_says_what_the_engine_reads_by() -> None:
    instance = Instance()
    rows = {(row["name"], row["element"]): row for row in instance.all("sys_dictionary")}
    ram, name = rows["cmdb_ci_computer", "ram"], rows["cmdb", "name"]
    assert (ram["internal_type"], ram["column_label"], ram["mandatory"]) == ("integer", "Ram", "false")
    assert (name["internal_type"], name["max_length"], name["display"]) == ("string", "255", "true")
    company = rows["cmdb", "company"]
    assert (company["internal_type"], company["reference"]) == ("reference", "core_company")
    assert rows["cmdb_serial_number", "valid"]["internal_type"] == "boolean"
    assert rows["sn_mif_trust_profile_item", "active"]["internal_type"] == "boolean"
    status = [row for row in instance.all("sys_choice") if row["element"] == "install_status"]
    assert {row["value"]: row["label"] for row in status}["7"] == "Retired"


def test_all_that_the_dictionary_refers_to_is_there() -> None:
    instance = Instance()
    tables = {row["name"] for row in instance.all("sys_db_object")}
    for row in instance.all("sys_dictionary"):
        assert row["name"] in tables
        assert row["reference"] is None or row["reference"] in tables, row


@given(text=st.text())
@examples(300)
def test_what_was_read_is_read_as_itself(text: str) -> None:
    for each in Type:
        read = Column("c", each).read(text)
        assert read is None or Column("c", each).read(read) == read, (each, text)


def test_a_condition_without_a_known_column_is_as_it_is_written() -> None:
    assert parse("ram=8192.0").terms[0].value == "8192.0"


PLACES = {
    "cmn_location": ("location", "Berlin"),
    "cmn_department": ("department", "Tools"),
    "cmn_cost_center": ("cost_center", "CC1"),
    "business_unit": ("business_unit", "Rental"),
    "cmdb_model": ("model_id", "K9"),
    "cmn_schedule": ("schedule", "Nights"),
    "sys_user": ("assigned_to", "Ann Lee"),
    "sys_user_group": ("support_group", "Operators"),
    "core_company": ("vendor", "Kite Ltd"),
}


@pytest.mark.parametrize("table", PLACES)
def test_a_payload_refers_by_display_value_or_sys_id_and_what_leads_nowhere_is_unknown(table: str) -> None:
    field, name = PLACES[table]
    instance = Instance(
        {"records": {table: [{"name": name, **({"user_name": "a"} if table == "sys_user" else {})}]}}
    )
    (sys_id,) = [row["sys_id"] for row in instance.all(table) if row["name"] == name]
    assert sys_id is not None
    sent = item(LINUX, name="a")
    for values, kept in (
        ({"display_values": {field: name.upper()}}, sys_id),
        ({"values": {**sent["values"], field: sys_id.upper()}}, sys_id),
        ({"values": {**sent["values"], field: name}}, "Unknown"),
        ({"display_values": {field: name}}, sys_id),
    ):
        instance.run({"items": [{**sent, **values}]})
        assert [row[field] for row in instance.all(LINUX)] == [kept]
