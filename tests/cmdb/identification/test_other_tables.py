"""Items of tables that hold no CIs: places, people, and what a setup adds ("IRE support for non-CMDB tables")."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from simulator.advice.ruleset import flaws_of
from simulator.errors import StoreError
from simulator.protocol.cmdb import Identify
from simulator.store.cmdb.store import CmdbStore
from simulator.store.file import connect
from simulator.store.setups.configure import configure
from simulator.store.setups.setup import Setup
from tests.cmdb.base import NOW, Instance
from tests.cmdb.cases import attempts, codes, item, only, operations
from tests.cmdb.forms.desk import PEOPLE, Desk
from tests.cmdb.forms.test_audit import found, ids
from tests.cmdb.separated import PLATFORM, STRICT, Separated

LINUX, LOCATION, USER, GROUP = "cmdb_ci_linux_server", "cmn_location", "sys_user", "sys_user_group"
CONTRACT = "x_acme_contract"
STATIC, DYNAMIC = "cmdb_reconciliation_definition", "cmdb_dynamic_reconciliation_definition"


def rule(table: str, *attributes: list[str], **columns: Any) -> dict[str, Any]:
    """An identification rule whose entries ask for these attributes."""
    entries = [{"order": order, "attributes": names} for order, names in enumerate(attributes, start=1)]
    return {"name": f"Rule of {table}", "applies_to": table, "entries": entries, **columns}


PLACES = rule(LOCATION, ["name"], ["street", "city"])
SETUP: dict[str, Any] = {
    "identifiers": [
        PLACES,
        rule("cmn_department", ["id"]),
        rule("cmn_cost_center", ["account_number"]),
        rule("cmn_building", ["name", "location"]),
        rule(USER, ["user_name"], ["email"]),
        rule(GROUP, ["name"]),
    ]
}


def keyed(key: str, class_name: str, **values: str) -> dict[str, Any]:
    """An item with its key at the source."""
    return {
        **item(class_name, **values),
        "sys_object_source_info": {"source_name": "ServiceNow", "source_native_key": key},
    }


@pytest.mark.parametrize(
    ("table", "own", "more"),
    [
        (LOCATION, {"name": "Berlin"}, {"zip": "10115"}),
        ("cmn_department", {"id": "D1"}, {"name": "Sales"}),
        ("cmn_cost_center", {"account_number": "A1"}, {"name": "Sales"}),
        (USER, {"user_name": "joe"}, {"email": "joe@example.com"}),
        (GROUP, {"name": "Ops"}, {}),
        ("cmn_building", {"name": "B1", "location": "l" * 32}, {"floors": "3"}),
    ],
)
def test_a_record_is_inserted_found_in_any_case_and_updated(
    table: str, own: dict[str, str], more: dict[str, str]
) -> None:
    """By the rule of the setup; what is the same is no change, and stays as it is."""
    instance = Instance(SETUP)
    instance.put(LOCATION, "l" * 32, name="Berlin" if table != LOCATION else "Rome")
    before = len(instance.all(table))
    inserted = only(instance.run({"items": [item(table, **own)]}))
    assert (inserted["operation"], inserted["errorCount"]) == ("INSERT", 0)
    sys_id = inserted["sysId"]
    stored = instance.get(table, sys_id)
    assert stored.items() >= {**own, "sys_domain": "global", "sys_domain_path": "/"}.items()
    assert len(instance.all(table)) == before + 1
    again = only(instance.run({"items": [item(table, **{name: own[name].upper() for name in own}, **more)]}))
    assert (again["sysId"], attempts(again)[1]) == (sys_id, "MATCHED")
    assert instance.get(table, sys_id).items() >= more.items()
    stored = instance.get(table, sys_id)
    same = instance.run({"items": [item(table, **{name: stored[name] or "" for name in (*own, *more)})]})
    assert (operations(same), dict(same.changes.updates)) == (["NO_CHANGE"], {})
    assert len(instance.all(table)) == before + 1


def test_without_a_rule_of_a_setup_there_is_none() -> None:
    """The documents have rules created first, and the base data brings none."""
    error = only(Instance().run({"items": [item(LOCATION, name="Berlin")]}))["errors"][0]
    expected = ("IDENTIFICATION_RULE_MISSING", f"Identity Rule Missing for table [{LOCATION}]")
    assert (error["error"], error["message"]) == expected


def test_the_property_names_the_tables() -> None:
    name = "glide.identification_engine.non_cmdb_tables"
    setup = {"identifiers": [PLACES, rule("core_company", ["name"]), rule("cmn_schedule", ["name"])]}
    instance = Instance({**setup, "properties": {name: " core_company, cmn_schedule"}})
    sent = [item(LOCATION, name="x"), item("core_company", name="Kite"), item("cmn_schedule", name="24x7")]
    response = instance.run({"items": sent}, enhanced=True).response["items"]
    assert [each["errorCount"] for each in response] == [1, 0, 0]
    assert [row["name"] for row in instance.all("cmn_schedule")] == ["24x7"]
    with pytest.raises(ValueError, match=r"expected tables among .*cmn_location.* got 'sys_properties'"):
        Setup.model_validate({"properties": {name: "cmn_location,sys_properties"}})


def test_a_server_comes_with_its_location() -> None:
    """One payload, in either order; the reference is the sys_id that the location gets, or has."""
    instance = Instance(SETUP)
    server = {**item(LINUX, name="h1"), "internal_id": "s"}
    place = {**keyed("L1", LOCATION, name="Berlin"), "internal_id": "p"}
    references = [{"referenceField": "location", "referenced": "p", "referencedBy": "s"}]
    for items, expected in (([server, place], "INSERT"), ([place, server], "NO_CHANGE")):
        result = instance.run({"items": items, "referenceItems": references}, enhanced=True)
        assert operations(result) == [expected, expected]
    (berlin,) = instance.all(LOCATION)
    (h1,) = instance.all(LINUX)
    assert h1["location"] == berlin["sys_id"]


def test_a_reference_of_a_record_leads_to_another_one_of_the_payload() -> None:
    instance = Instance(SETUP)
    inner = {**item(LOCATION, name="Berlin"), "internal_id": "b"}
    outer = {**item(LOCATION, name="Europe"), "internal_id": "e"}
    references = [{"referenceField": "parent", "referenced": "e", "referencedBy": "b"}]
    instance.run({"items": [inner, outer], "referenceItems": references})
    by_name = {row["name"]: row for row in instance.all(LOCATION)}
    assert by_name["Berlin"]["parent"] == by_name["Europe"]["sys_id"]


def test_a_reference_fills_no_password() -> None:
    """Nor anything else that a value cannot fill: it would lock the user out."""
    instance = Instance(SETUP)
    joe = {**item(USER, user_name="joe"), "internal_id": "j"}
    place = {**item(LOCATION, name="Berlin"), "internal_id": "p"}
    references = [{"referenceField": "user_password", "referenced": "p", "referencedBy": "j"}]
    result = instance.run({"items": [joe, place], "referenceItems": references}, enhanced=True)
    first = result.response["items"][0]
    assert (
        first["warnings"][0]["message"] == f"No such field [user_password] in table [{USER}]. Its value is ignored"
    )
    assert instance.get(USER, first["sysId"])["user_password"] is None


def test_a_record_is_found_by_its_sys_id_and_by_its_key() -> None:
    instance = Instance(SETUP)
    instance.put(LOCATION, "b" * 32, name="Berlin")
    instance.run({"items": [keyed("K1", LOCATION, name="berlin")]})
    (source,) = instance.all("sys_object_source")
    assert (source["target_table"], source["target_sys_id"]) == (LOCATION, "b" * 32)
    renamed = only(instance.run({"items": [keyed("k1", LOCATION, name="Berlin Mitte")]}))
    assert (renamed["operation"], attempts(renamed)) == ("UPDATE", ["MATCHED"])
    instance.run({"items": [item(LOCATION, sys_id="b" * 32, zip="10115")]})
    (row,) = instance.all(LOCATION)
    assert (row["name"], row["zip"]) == ("Berlin Mitte", "10115")
    missing = instance.run({"items": [item(LOCATION, sys_id="f" * 32, zip="1")]})
    assert codes(missing) == ["INVALID_INPUT_DATA"]
    assert codes(instance.run({"items": [item(LINUX, sys_id="b" * 32, os="x")]})) == ["INVALID_INPUT_DATA"]


def test_a_key_stands_for_a_ci_and_for_a_record_of_each_other_table() -> None:
    """Sources number the rows of each of their tables."""
    instance = Instance(SETUP)
    sent = {
        "items": [keyed("17", LINUX, name="h1"), keyed("17", LOCATION, name="A"), keyed("17", GROUP, name="G")]
    }
    assert operations(instance.run(sent)) == ["INSERT"] * 3
    renamed = {
        "items": [keyed("17", GROUP, name="G2"), keyed("17", LINUX, name="h2"), keyed("17", LOCATION, name="B")]
    }
    assert operations(instance.run(renamed)) == ["UPDATE"] * 3
    targets = sorted(row["target_table"] or "" for row in instance.all("sys_object_source"))
    assert targets == [LINUX, LOCATION, GROUP]
    assert [instance.all(table)[-1]["name"] for table in (LINUX, LOCATION, GROUP)] == ["h2", "B", "G2"]


def test_fields_that_the_table_does_not_have_are_not_filled() -> None:
    """Neither those of discovery nor any other; a password is set where users are kept."""
    instance = Instance(SETUP)
    values = {
        "user_name": "joe",
        "last_discovered": "2026-01-01 00:00:00",
        "u_none": "1",
        "user_password": "secret",
    }
    result = instance.run({"items": [item(USER, **values)]}, enhanced=True)
    warned = [each["message"] for each in only(result)["warnings"]]
    fields = ("last_discovered", "u_none", "user_password")
    assert warned == [f"No such field [{field}] in table [{USER}]. Its value is ignored" for field in fields]
    joe = instance.get(USER, only(result)["sysId"])
    assert (joe["user_name"], joe["user_password"]) == ("joe", None)


def test_relations_with_other_tables_are_refused() -> None:
    instance = Instance(SETUP)
    ends = {"parent": 0, "child": 1, "type": "Runs on::Runs"}
    result = instance.run(
        {"items": [item(LINUX, name="h"), item(LOCATION, name="B")], "relations": [ends]}, enhanced=True
    )
    (relation,) = result.response["relations"]
    (error,) = relation["errors"]
    assert error["error"] == "INVALID_INPUT_DATA"
    assert error["message"].endswith(
        f"has a child of non-CMDB table [{LOCATION}], which supports no relationships"
    )
    assert (operations(result), instance.all("cmdb_rel_ci")) == (["INSERT", "INSERT"], [])


@pytest.mark.parametrize("table", [LOCATION, CONTRACT])
def test_a_dependent_rule_is_refused(table: str) -> None:
    setup = {
        "tables": {CONTRACT: {"attributes": ["name"]}},
        "identifiers": [rule(table, ["name"], independent=False)],
    }
    error = only(Instance(setup).run({"items": [item(table, name="Berlin")]}))["errors"][0]
    assert error["error"] == "IDENTIFICATION_RULE_MISSING"
    assert "supports independent ones only" in error["message"]
    assert [flaw.code for flaw, _ in flaws_of(Setup.model_validate(setup))] == ["dependent_rule_on_other_table"]


def test_lower_sources_do_not_overwrite() -> None:
    """Reconciliation rules, their priorities and data source rules are as for CIs."""
    by_source = [
        {"name": source, "applies_to": LOCATION, "discovery_source": source, "attributes": "zip", "priority": rank}
        for source, rank in (("Discovery", 1), ("ServiceNow", 2))
    ]
    no_insert = {"applies_to": LOCATION, "discovery_source": "Other Automated"}
    records = {STATIC: by_source, "cmdb_ire_data_source_rule": [no_insert]}
    instance = Instance({**SETUP, "records": records})

    def send(source: str, **values: str) -> dict[str, Any]:
        return only(instance.run({"items": [item(LOCATION, name="Berlin", **values)]}, source=source))

    assert [each["error"] for each in send("Other Automated")["errors"]] == ["INSERT_NOT_ALLOWED_FOR_SOURCE"]
    send("ServiceNow", zip="1")
    send("Discovery", zip="2")
    assert send("ServiceNow", zip="3", city="B")["maskedAttributes"] == ["zip"]
    (row,) = instance.all(LOCATION)
    assert (row["zip"], row["city"]) == ("2", "B")


@pytest.mark.parametrize(("switch", "zip_code"), [("false", "1"), ("true", "9")])
def test_dynamic_rules_have_a_switch_of_their_own(switch: str, zip_code: str) -> None:
    largest = {"name": "L", "type": "Largest value", "applies_to": LOCATION, "attributes": "zip"}
    instance = Instance(
        {**SETUP, "records": {DYNAMIC: [largest]}},
        multisource_enabled="true",
        multisource_non_cmdb_ci_enabled=switch,
    )
    for source, sent in (("Discovery", "0"), ("ServiceNow", "9"), ("Other Automated", "1")):
        instance.run({"items": [item(LOCATION, name="Berlin", zip=sent)]}, source=source)
    assert instance.all(LOCATION)[0]["zip"] == zip_code


def test_duplicates_leave_a_task_and_the_oldest_is_updated() -> None:
    """There is no field to tag the others with; an inclusion rule and an audit look at them as at CIs."""
    places = [{"sys_id": sys_id, "name": "Berlin"} for sys_id in ids(1, 2) if sys_id]
    desk = Desk({LOCATION: [*places, {"name": "Rome"}]}, {**PEOPLE, "identifiers": [PLACES]})
    assert found(desk, LOCATION) == [ids(1, 2)]
    for zip_code in ("1", "2"):
        assert desk.identify(item(LOCATION, name="berlin", zip=zip_code)) == ["UPDATE"]
    assert desk.rows("duplicate_audit_result", "table", "duplicate_ci") == [(LOCATION, each) for each in ids(1, 2)]
    assert desk.rows(LOCATION, "name", "zip") == [("Berlin", None), ("Rome", None), ("berlin", "2")]
    assert desk.remediate() == ""
    assert desk.rows(LOCATION, "name") == [("Rome",), ("berlin",)]


def test_what_fails_the_inclusion_rule_is_no_candidate() -> None:
    inclusion = {"table": LOCATION, "condition": "city=B"}
    instance = Instance({**SETUP, "records": {"cmdb_ie_active_config": [inclusion]}})
    instance.put(LOCATION, "b" * 32, name="Berlin", city="A")
    assert only(instance.run({"items": [item(LOCATION, name="Berlin", city="B")]}))["operation"] == "INSERT"


def test_names_that_must_be_unique_are_an_error_of_their_item() -> None:
    """Whoever has the name, in whichever domain; also where two items of one payload want it, or none is sent."""
    instance = Instance(SETUP)
    instance.put(USER, "a" * 32, user_name="joe", email="a@x")

    def send(*users: dict[str, str]) -> list[list[str]]:
        result = instance.run(
            {"items": [item(USER, **each) for each in users]}, options="partial_payloads:false", enhanced=True
        )
        return [[error["error"] for error in each.get("errors", ())] for each in result.response["items"]]

    configure(instance.store, Setup.model_validate({"identifiers": [rule(USER, ["email"])]}))
    instance.reload()
    assert send({"email": "b@x", "user_name": "joe"}) == [["INVALID_INPUT_DATA"]]
    assert send({"email": "c@x"}) == [["REQUIRED_ATTRIBUTE_EMPTY"]]
    assert send({"email": "d@x", "user_name": "dan"}, {"email": "e@x", "user_name": "dan"}) == [
        [],
        ["INVALID_INPUT_DATA"],
    ]
    assert send({"email": "d@x", "user_name": "joe"}) == [["INVALID_INPUT_DATA"]]
    assert send({"email": "d@x", "user_name": "don"}, {"email": "a@x", "user_name": "joe"}) == [[], []]
    assert sorted(row["user_name"] or "" for row in instance.all(USER)) == ["admin", "don", "joe"]


@pytest.mark.parametrize(("mode", "operation"), [(STRICT, "INSERT"), (PLATFORM, "UPDATE")])
def test_records_are_looked_for_where_cis_are(mode: str, operation: str) -> None:
    """In strict mode in the caller's domain alone, in platform mode below it too; new ones are in the caller's."""
    instance = Separated(mode, **SETUP)
    instance.seed(LOCATION, "b" * 32, "ACME-EU", name="Berlin")
    (sent,) = instance.send("u_acme", item(LOCATION, name="Berlin", zip="1"))["items"]
    assert sent["operation"] == operation
    expected = "ACME" if operation == "INSERT" else "ACME-EU"
    assert instance.domain_of(sent["sysId"], LOCATION) == expected
    (hidden,) = instance.send("u_init", item(LOCATION, sys_id="b" * 32, zip="2"))["items"]
    assert [each["error"] for each in hidden["errors"]] == ["INVALID_INPUT_DATA"]


def test_a_table_without_domains_is_everybodys() -> None:
    name = "glide.identification_engine.non_cmdb_tables"
    instance = Separated(STRICT, identifiers=[rule("cmn_schedule", ["name"])], properties={name: "cmn_schedule"})
    assert [
        instance.send(user, item("cmn_schedule", name="24x7"))["items"][0]["operation"]
        for user in ("u_acme", "u_init")
    ] == ["INSERT", "NO_CHANGE"]


def test_a_user_that_came_so_is_known_at_once() -> None:
    instance = Separated(STRICT, **SETUP)
    instance.send("u_acme", item(USER, user_name="new"))
    answer = instance.cmdb.identify(Identify(user="new", source="Discovery", body='{"items": []}'), "c", NOW)
    assert getattr(answer, "code", "") == "role_missing"


@pytest.mark.parametrize("part", ["tables", "classes"])
def test_tables_of_an_application_are_identified(part: str) -> None:
    """And classes that do not extend cmdb, whatever their names; a record may get a table below its own."""
    tables = {CONTRACT: {"attributes": ["number", "party"]}, f"{CONTRACT}_lease": {"extends": CONTRACT}}
    instance = Instance({part: tables, "identifiers": [rule(CONTRACT, ["number"])]})
    sent = keyed("C-1", CONTRACT, number="1", party="Kite")
    first = only(instance.run({"items": [sent]}))
    assert (first["operation"], first["errorCount"]) == ("INSERT", 0)
    again = only(instance.run({"items": [keyed("C-1", CONTRACT, number="1", party="Kite")]}))
    assert (again["operation"], attempts(again)) == ("NO_CHANGE", ["MATCHED"])
    assert (
        only(instance.run({"items": [item(CONTRACT, sys_id=first["sysId"], party="Owl")]}))["operation"]
        == "UPDATE"
    )
    lease = only(instance.run({"items": [item(f"{CONTRACT}_lease", number="1")]}))
    assert (lease["operation"], lease["sysId"]) == ("UPDATE_WITH_UPGRADE", first["sysId"])
    assert instance.all("cmdb_ci") == []
    assert [row["party"] for row in instance.all(f"{CONTRACT}_lease")] == ["Owl"]


def test_tables_of_the_global_scope_are_not_identified_unless_they_are_preset() -> None:
    setup = {"tables": {"incident": {"attributes": ["name"]}}, "identifiers": [rule("incident", ["name"])]}
    assert codes(Instance(setup).run({"items": [item("incident", name="x")]})) == ["IDENTIFICATION_RULE_MISSING"]
    assert [flaw.code for flaw, _ in flaws_of(Setup.model_validate(setup))] == ["rule_class_unknown"]


def test_what_an_application_adds_to_a_table_is_found_through_that() -> None:
    tables = {
        "task": {"attributes": ["short_description"]},
        "x_acme_task": {"extends": "task", "attributes": ["code"]},
    }
    instance = Instance({"tables": tables, "identifiers": [rule("x_acme_task", ["code", "short_description"])]})
    sent = {"items": [keyed("T1", "x_acme_task", code="1", short_description="a")]}
    assert [operations(instance.run(sent)) for _ in range(2)] == [["INSERT"], ["NO_CHANGE"]]
    found_by_rule = instance.run({"items": [item("x_acme_task", code="1", short_description="A")]})
    assert attempts(only(found_by_rule))[-1] == "MATCHED"
    assert len(instance.all("task")) == 1


def test_a_class_beside_cmdb_ci_takes_items() -> None:
    """It has CIs' relations, and no fields of discovery."""
    instance = Instance({"classes": {"u_rack": {"extends": "cmdb"}}, "identifiers": [rule("u_rack", ["name"])]})
    sent = {"items": [item("u_rack", name="R1"), item(LINUX, name="h")]}
    relations = [{"parent": 0, "child": 1, "type": "Contains::Contained by"}]
    for expected in ("INSERT", "NO_CHANGE"):
        result = instance.run({**sent, "relations": relations})
        assert operations(result) == [expected] * 2
    assert len(instance.all("cmdb_rel_ci")) == 1


def test_what_cannot_be_identified_yet_waits() -> None:
    instance = Instance({"identifiers": [rule(USER, ["user_name"], ["email"])]})
    partial = keyed("U1", USER, first_name="Joe")
    assert operations(instance.run({"items": [partial]}, enhanced=True)) == ["INSERT_AS_PARTIAL"]
    assert operations(instance.run({"items": [keyed("U1", USER, user_name="joe")]}, enhanced=True)) == ["INSERT"]
    assert {row["user_name"]: row["first_name"] for row in instance.all(USER)}["joe"] == "Joe"


def test_what_waits_waits_for_its_own_table() -> None:
    instance = Instance({"identifiers": [rule(GROUP, ["name"]), PLACES]})
    assert operations(instance.run({"items": [keyed("7", LOCATION, zip="1")]}, enhanced=True)) == [
        "INSERT_AS_PARTIAL"
    ]
    assert operations(instance.run({"items": [keyed("7", GROUP, name="Ops")]}, enhanced=True)) == ["INSERT"]
    assert operations(instance.run({"items": [keyed("7", LINUX, name="h")]}, enhanced=True)) == ["INSERT"]
    assert operations(instance.run({"items": [keyed("7", LOCATION, name="B")]}, enhanced=True)) == ["INSERT"]
    assert [row["zip"] for row in instance.all(LOCATION)] == ["1"]


def test_an_entry_that_asks_for_no_column_is_refused() -> None:
    with pytest.raises(StoreError, match="an identifier entry names u_none, which cmn_location does not have"):
        Instance({"identifiers": [rule(LOCATION, ["name", "u_none"])]})


@pytest.mark.parametrize(
    ("table", "said"), [("cmn_schedule", "are not identified"), ("x_none", "there is no class")]
)
def test_the_doctor_names_rules_for_tables_that_are_not_identified(table: str, said: str) -> None:
    setup = {
        "identifiers": [rule(table, ["name"])],
        "records": {STATIC: [{"applies_to": table, "discovery_source": "Discovery"}]},
    }
    flaws = [flaw for flaw, _ in flaws_of(Setup.model_validate(setup))]
    assert [flaw.code for flaw in flaws] == ["rule_class_unknown", "rule_class_unknown"]
    assert all(said in flaw.found for flaw in flaws)
    fine = {
        "identifiers": [PLACES],
        "records": {STATIC: [{"applies_to": LOCATION, "discovery_source": "Discovery"}]},
    }
    assert flaws_of(Setup.model_validate(fine)) == []


def test_the_doctor_looks_at_their_records_too() -> None:
    setup = {"identifiers": [PLACES], "records": {LOCATION: [{"name": "n/a"}, {"name": "A"}, {"name": "A"}]}}
    codes_found = sorted(flaw.code for flaw, _ in flaws_of(Setup.model_validate(setup)))
    assert codes_found == ["name_repeats", "placeholder_value"]


def test_an_explanation_names_the_records() -> None:
    instance = Instance(SETUP)
    instance.put(LOCATION, "b" * 32, name="Berlin")
    result = instance.run({"items": [item(LOCATION, name="berlin")]}, explain=True)
    (one,) = result.explanation
    (candidate,) = one.attempts[1].candidates
    assert (candidate.title, candidate.is_match) == ("cmn_location Berlin", True)


def test_a_file_of_an_earlier_version_takes_them(tmp_path: Path) -> None:
    path, schema = tmp_path / "dev1.sqlite", files("simulator.store.schema")
    names = sorted(one.name for one in schema.iterdir() if one.name.endswith(".sql") and one.name < "020")
    with closing(sqlite3.connect(path, isolation_level=None)) as earlier:
        for name in names:
            earlier.executescript(schema.joinpath(name).read_text())
        earlier.executescript("""
            pragma user_version = 19;
            insert into cmn_location (sys_id, sys_created_on, sys_updated_on, sys_mod_count, name, street, company)
                values ('1', '', '', 0, 'Berlin', 'Markt 1', 'c');
            insert into sys_user (sys_id, sys_created_on, sys_updated_on, sys_mod_count, user_name, email)
                values ('2', '', '', 0, 'joe', 'Joe@x');
        """)
    with closing(connect(path)) as connection:
        store = CmdbStore(connection)
        (berlin,) = store.rows(LOCATION, ("street",), [("MARKT 1",)])
        (joe,) = store.rows(USER, ("email",), [("joe@X",)])
        assert (berlin["name"], berlin["company"], joe["user_name"]) == ("Berlin", "c", "joe")
        assert store.roles_of("JOE") is None
        assert store.roles_of("joe") == set()
