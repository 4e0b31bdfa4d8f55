"""What identifies compares without regard to case, and what is written keeps the case of who wrote it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from random import Random  # noqa: TID251 - Hypothesis makes it and prints its seed
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cmdb.text import spellings
from simulator.store.cmdb.store import CmdbStore
from simulator.store.file import connect
from tests.cmdb.base import Instance
from tests.cmdb.cases import KEY, LINUX, RUNS, WEB, attempts, codes, item, only, operations
from tests.fleet import examples


def keyed(name: str, source: str, key: str) -> dict[str, Any]:
    """A server with its key at its source."""
    sent = item("cmdb_ci_linux_server", name=name)
    return {**sent, "sys_object_source_info": {"source_name": source, "source_native_key": key}}


def numbered(name: str, number: str, kind: str = "uuid") -> dict[str, Any]:
    """A server with a serial number."""
    values = {"serial_number": number, "serial_number_type": kind}
    lookup = [{"className": "cmdb_serial_number", "values": values}]
    return {**item("cmdb_ci_linux_server", name=name), "lookup": lookup}


def test_a_criterion_matches_in_any_case_and_the_name_becomes_what_was_sent() -> None:
    instance = Instance()
    first = only(instance.run({"items": [LINUX]}))
    second = only(instance.run({"items": [item("cmdb_ci_linux_server", name="LX1")]}))
    assert (second["operation"], second["sysId"]) == ("UPDATE", first["sysId"])
    assert instance.get("cmdb_ci", first["sysId"])["name"] == "LX1"


def test_a_masked_name_keeps_its_case() -> None:
    rule = {
        "name": "r",
        "applies_to": "cmdb_ci_linux_server",
        "discovery_source": "Discovery",
        "attributes": "name",
    }
    instance = Instance({"records": {"cmdb_reconciliation_definition": [{**rule, "priority": 1}]}})
    first = only(instance.run({"items": [LINUX]}, source="Discovery"))
    second = only(instance.run({"items": [item("cmdb_ci_linux_server", name="LX1")]}))
    assert second["maskedAttributes"] == ["name"]
    assert instance.get("cmdb_ci", first["sysId"])["name"] == "lx1"


@pytest.mark.parametrize("spelled", ["müller-pc", "MÜLLER-PC", "Müller-Pc", "mÜller-pc"])
def test_letters_beyond_a_to_z_match_in_any_case(spelled: str) -> None:
    instance = Instance()
    instance.run({"items": [item("cmdb_ci_linux_server", name="Müller-PC")]})
    found = only(instance.run({"items": [item("cmdb_ci_linux_server", name=spelled, os="x")]}))
    (server,) = instance.all("cmdb_ci_linux_server")
    assert (found["operation"], server["duplicate_of"]) == ("UPDATE", None)
    assert not instance.all("reconcile_duplicate_task"), "it is no duplicate of itself"


def test_a_long_name_in_another_alphabet_matches_in_capitals() -> None:
    instance = Instance()
    instance.run({"items": [item("cmdb_ci_linux_server", name="Сервер-Бухгалтерия")]})
    found = only(instance.run({"items": [item("cmdb_ci_linux_server", name="СЕРВЕР-БУХГАЛТЕРИЯ")]}))
    assert found["operation"] == "UPDATE"


def test_a_native_key_matches_in_any_case_and_has_one_row() -> None:
    instance = Instance()
    instance.run({"items": [keyed("a", "ServiceNow", "pc-1")]})
    found = only(instance.run({"items": [keyed("b", "SERVICENOW", "PC-1")]}))
    assert (attempts(found), found["operation"]) == (["MATCHED"], "UPDATE")
    assert [row["id"] for row in instance.all("sys_object_source")] == ["pc-1"]


def test_a_lookup_record_matches_in_any_case_and_takes_the_new_spelling() -> None:
    instance = Instance()
    instance.run({"items": [numbered("a", "ABC-1")]})
    found = only(instance.run({"items": [numbered("b", "abc-1", "UUID")]}))
    assert (found["operation"], found["relatedItems"][0]["operation"]) == ("UPDATE", "UPDATE")
    assert [row["serial_number"] for row in instance.all("cmdb_serial_number")] == ["abc-1"]


def test_all_lookup_records_have_to_be_the_cis_whatever_their_case() -> None:
    instance = Instance()
    first, second = numbered("a", "X1"), numbered("a", "X2")
    both = {**first, "lookup": first["lookup"] + second["lookup"]}
    instance.run({"items": [both]})
    lower = [
        {**each, "values": {**each["values"], "serial_number": each["values"]["serial_number"].lower()}}
        for each in both["lookup"]
    ]
    twice = {**both, "values": {"name": "other"}, "lookup": [*lower, *first["lookup"]]}
    assert only(instance.run({"items": [twice]}, enhanced=True))["operation"] == "UPDATE"
    assert len(instance.all("cmdb_serial_number")) == 2


def test_a_related_record_matches_in_any_case() -> None:
    instance = Instance()
    for name, operation in (("Queue", "INSERT"), ("QUEUE", "UPDATE")):
        related = [{"className": "cmdb_print_queue_instance", "values": {"name": name}}]
        found = only(instance.run({"items": [{**LINUX, "related": related}]}))
        assert found["relatedItems"][0]["operation"] == operation
    assert len(instance.all("cmdb_print_queue_instance")) == 1


def test_a_dependent_matches_in_any_case() -> None:
    instance = Instance()
    instance.run({"items": [WEB, LINUX], "relations": RUNS})
    loud = item("cmdb_ci_web_server", name="w", running_process_command="C", running_process_key_parameters="K")
    assert operations(instance.run({"items": [loud, LINUX], "relations": RUNS})) == ["UPDATE", "NO_CHANGE"]


def test_a_hybrid_criterion_of_the_ci_matches_in_any_case() -> None:
    entry = {
        "order": 100,
        "table": "cmdb_serial_number",
        "attributes": ["serial_number"],
        "referenced_field": "cmdb_ci",
        "hybrid_entry_ci_criterion_attributes": ["name"],
    }
    rule = {"name": "r", "applies_to": "cmdb_ci_server", "entries": [entry]}
    instance = Instance({"identifiers": [rule]})
    instance.run({"items": [numbered("a", "X1")]})
    assert operations(instance.run({"items": [numbered("A", "x1")]})) == ["UPDATE"]


def test_items_that_differ_in_case_are_one_item_on_enhanced_and_refused_otherwise() -> None:
    items = [item("cmdb_ci_linux_server", name="lx9", os="a"), item("cmdb_ci_linux_server", name="LX9", ram="1")]
    instance = Instance()
    assert set(codes(instance.run({"items": items}))) == {"DUPLICATE_PAYLOAD_RECORDS"}
    found = only(instance.run({"items": items}, enhanced=True))
    assert (found["operation"], found["inputIndices"]) == ("INSERT", [0, 1])
    (row,) = instance.all("cmdb_ci_linux_server")
    assert (row["name"], row["os"], row["ram"]) == ("LX9", "a", "1")


def test_keys_that_differ_in_case_are_one_key_within_a_payload() -> None:
    instance = Instance()
    result = instance.run({"items": [keyed("a", "ServiceNow", "k"), keyed("b", "servicenow", "K")]}, enhanced=True)
    assert (len(result.response["items"]), len(instance.all("sys_object_source"))) == (1, 1)


def test_a_partial_is_completed_by_what_differs_in_case() -> None:
    instance = Instance()
    waiting = {"className": "cmdb_ci_computer", "values": {"ram": "1"}, "sys_object_source_info": KEY}
    stored = only(instance.run({"items": [waiting]}, enhanced=True))
    assert stored["operation"] == "INSERT_AS_PARTIAL"
    found = only(instance.run({"items": [keyed("a", "SERVICENOW", "PC-1")]}, enhanced=True))
    assert found["mergedPayloadIds"] == stored["partialSysIds"]


def test_a_source_is_known_by_its_choice_whatever_its_case() -> None:
    rule = {"name": "r", "applies_to": "cmdb_ci_linux_server", "discovery_source": "dISCOVERY", "attributes": "os"}
    instance = Instance({"records": {"cmdb_reconciliation_definition": [{**rule, "priority": 1}]}})
    found = only(instance.run({"items": [LINUX]}, source="DISCOVERY"))
    assert found["operation"] == "INSERT"
    assert instance.get("cmdb_ci", found["sysId"])["discovery_source"] == "Discovery"
    changed = item("cmdb_ci_linux_server", name="lx1", os="b")
    assert "maskedAttributes" not in only(instance.run({"items": [changed]}, source="discovery"))


def test_a_relation_type_is_known_by_its_name_in_any_case() -> None:
    instance = Instance()
    loud = [{"parent": 0, "child": 1, "type": "RUNS ON::runs"}]
    assert operations(instance.run({"items": [WEB, LINUX], "relations": loud})) == ["INSERT", "INSERT"]
    result = instance.run({"items": [WEB, LINUX], "relations": RUNS})
    assert [each["operation"] for each in result.response["relations"]] == ["NO_CHANGE"]


def test_a_display_value_names_its_record_in_any_case() -> None:
    instance = Instance({"records": {"core_company": [{"name": "Kite Ltd"}]}})
    result = instance.run({"items": [{**LINUX, "display_values": {"company": "KITE LTD"}}]})
    (row,) = instance.all("cmdb_ci_linux_server")
    assert row["company"] == instance.all("core_company")[0]["sys_id"]
    assert codes(result, "warnings") == []


def test_an_index_serves_every_criterion() -> None:
    """Whatever an identifier's or related entry asks for, and native keys, are looked up in an index."""
    instance = Instance()
    asked: list[str] = []
    instance.connection.set_trace_callback(asked.append)
    for row in (*instance.all("cmdb_identifier_entry"), *instance.all("cmdb_related_entry")):
        columns = tuple((row["attributes"] or "").split(","))
        if "hybrid_entry_ci_criterion_attributes" not in row:
            columns += (row["referenced_field"] or "",)
        for spelled in ("abc", "Älf"):
            instance.store.rows(row["table"] or "", columns, [tuple(spelled for _ in columns)])
    instance.store.rows("sys_object_source", ("name", "id"), [("a", "b")])
    instance.connection.set_trace_callback(None)
    plans = {
        sql: instance.connection.execute(f"explain query plan {sql}").fetchall()
        for sql in asked
        if " from json_each" in sql
    }
    assert len(plans) > 40
    for sql, plan in plans.items():
        assert any(step[3].startswith("SEARCH t USING") for step in plan), (sql, plan)


def test_a_file_of_an_earlier_version_is_made_to_compare_so(tmp_path: Path) -> None:
    path, schema = tmp_path / "dev1.sqlite", files("simulator.store.schema")
    with closing(sqlite3.connect(path, isolation_level=None)) as earlier:
        for name in sorted(one.name for one in schema.iterdir() if one.name.endswith(".sql") and one.name < "009"):
            earlier.executescript(schema.joinpath(name).read_text())
        earlier.executescript("""
            pragma user_version = 8;
            insert into sys_db_object values ('a', '', '', 0, 'cmdb', 'Base', null);
            insert into sys_dictionary values ('a', '', '', 0, 'cmdb', 'name', 'string', 'false', null);
            insert into sys_dictionary values ('b', '', '', 0, 'cmdb', 'duplicate_of', 'string', 'false', null);
            alter table cmdb add column "name" text;
            alter table cmdb add column "duplicate_of" text;
            create index cmdb_by_name on cmdb (name) where name is not null;
            insert into cmdb values ('1', '', '', 0, 'cmdb', 'global', '/', 'Web', null);
        """)
    with closing(connect(path)) as connection:
        store = CmdbStore(connection)
        assert [row["sys_id"] for row in store.rows("cmdb", ("name",), [("WEB",)])] == ["1"]


@given(text=st.text(alphabet="äÖñéΣж1aB-", max_size=6), chance=st.randoms())
@examples(200)
def test_an_index_is_asked_for_every_spelling(text: str, chance: Random) -> None:
    spelled = "".join(chance.choice([letter, letter.lower(), letter.upper()]) for letter in text)
    asked = {"".join(c.lower() if c.isascii() else c for c in key[0] or "") for key in spellings((text,))}
    assert "".join(c.lower() if c.isascii() else c for c in spelled) in asked


@given(text=st.text())
@examples(200)
def test_an_index_is_always_asked_for_what_was_sent_too(text: str) -> None:
    keys = list(spellings((text, None)))
    assert (text, None) in keys
    assert len(keys) == len(set(keys)) <= 4 + 4**6
