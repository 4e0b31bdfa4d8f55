"""Tables are data: what a setup declares is served like what every instance has."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from simulator.errors import StoreError
from simulator.store.cmdb.dump import dump, restore
from simulator.store.file import connect, connect_existing, connect_with_cmdb
from simulator.store.setups.configure import configure
from simulator.store.setups.setup import Setup
from simulator.store.store import Store
from tests.cmdb.base import Instance
from tests.rest.client import Api, error

T = "/api/now/table/"
ITSM: dict[str, Any] = {
    "users": {"ann": {"roles": ["itil"]}, "joe": {}},
    "tables": {
        "task": {
            "label": "Task",
            "attributes": {
                "number": {"display": True}, "short_description": "string", "active": "boolean",
                "assigned_to": {"reference": "sys_user"}, "cmdb_ci": {"reference": "cmdb_ci"},
                "state": {"type": "integer", "choices": {"1": "New", "7": "Closed"}},
            },
        },
        "incident": {"extends": "task", "label": "Incident", "number": "INC",
                     "attributes": {"severity": "integer", "problem_id": {"reference": "problem"}}},
        "problem": {"extends": "task", "label": "Problem", "number": "PRB"},
        "major_incident": {"extends": "incident", "attributes": {"bridge": "string"}},
    },
    "records": {
        "problem": [{"number": "PRB0000007", "short_description": "disks fail"}],
        "incident": [{"short_description": "no mail", "problem_id": "PRB0000007", "severity": "2", "state": "New"},
                     {"short_description": "no web", "sys_domain": "global"}],
    },
}  # fmt: skip


@pytest.fixture
def api() -> Api:
    return Api(ITSM)


def test_records_of_a_setup_are_numbered_and_refer_to_each_other(api: Api) -> None:
    rows = api.get(
        f"{T}incident?sysparm_query=ORDERBYnumber&sysparm_display_value=true&sysparm_exclude_reference_link=true"
    )
    assert [(row["number"], row["short_description"], row["problem_id"], row["state"]) for row in rows] == [
        ("INC0001001", "no mail", "PRB0000007", "New"), ("INC0001002", "no web", "", ""),
    ]  # fmt: skip
    assert rows[0]["sys_class_name"] == "Incident"


def test_a_record_lives_as_any_other(api: Api) -> None:
    made = api.send("POST", f"{T}incident", {"short_description": "x", "active": True, "bridge": "?"}, user="ann")
    record = made.body["result"]
    assert (record["number"], record["active"], record["sys_class_name"]) == ("INC0001003", "true", "incident")
    assert "bridge" not in record
    place = f"{T}incident/{record['sys_id']}"
    assert (
        api.send("PATCH", place, {"state": "Closed", "sys_class_name": "task"}, user="ann").body["result"]["state"]
        == "7"
    )
    assert (
        api.get(f"{T}incident?sysparm_query=problem_id.short_descriptionLIKEdisk", user="ann")[0]["severity"]
        == "2"
    )
    assert api.send("DELETE", place, user="ann").status == 403
    assert api.send("DELETE", place).status == 204
    assert api.send("GET", place).status == 404


DEFAULTS: dict[str, Any] = {
    "users": {"ann": {"roles": ["itil"]}},
    "classes": {
        "cmdb_ci_widget": {
            "extends": "cmdb_ci", "attributes": {"colour": {"default": "red"}}, "mandatory": ["colour"],
        },
        "cmdb_ci_big_widget": {
            "extends": "cmdb_ci_widget", "attributes": {"mass": {"type": "integer", "default": 7}},
        },
    },
    "identifiers": [
        {"name": "widgets", "applies_to": "cmdb_ci_widget", "entries": [{"order": 1, "attributes": ["name"]}]}
    ],
    "tables": {
        "task": {"attributes": {
            "name": "string", "active": {"type": "boolean", "default": True},
            "state": {"type": "integer", "choices": {"1": "New", "7": "Closed"}, "default": "New"},
            "assigned_to": {"reference": "sys_user", "default": "ann"},
        }},
        "incident": {"extends": "task", "attributes": {"priority": {"type": "integer", "default": "4"}}},
    },
    "records": {
        "incident": [{"name": "a"}, {"name": "b", "state": "Closed"}], "cmdb_ci_big_widget": [{"name": "w"}],
    },
}  # fmt: skip


def test_new_record_has_the_defaults_of_its_columns_where_it_says_nothing() -> None:
    """By whichever way it comes; what a client sends empty stays so, and so do records that are there."""
    api = Api(DEFAULTS)
    fields = "sysparm_fields=name,active,state,assigned_to.user_name,priority"

    def incidents() -> list[tuple[str, ...]]:
        return [tuple(row.values()) for row in api.get(f"{T}incident?{fields}&sysparm_query=ORDERBYname")]

    api.send("POST", f"{T}incident", {"name": "c"})
    api.send("POST", f"{T}incident", {"name": "d", "active": "", "state": "", "priority": "1"})
    before = [("a", "true", "1", "ann", "4"), ("b", "true", "7", "ann", "4"), ("c", "true", "1", "ann", "4")]
    assert incidents() == [*before, ("d", "", "", "ann", "1")]
    api.send("POST", f"{T}cmdb_ci_big_widget", {"name": "x", "mass": ""})
    payload = {"items": [{"className": "cmdb_ci_big_widget", "values": {"name": "y"}}]}
    api.send("POST", "/api/now/identifyreconcile?sysparm_data_source=ServiceNow", payload)
    widgets = api.get(f"{T}cmdb_ci_big_widget?sysparm_fields=name,colour,mass&sysparm_query=ORDERBYname")
    assert [tuple(row.values()) for row in widgets] == [("w", "red", "7"), ("x", "red", ""), ("y", "red", "7")]
    assert api.names(f"{T}sys_dictionary?name=task&element=state", "default_value") == ["1"]
    [count] = api.names(f"{T}sys_dictionary?name=task&element=state", "sys_mod_count")
    tables = {"task": {"attributes": {"state": {**DEFAULTS["tables"]["task"]["attributes"]["state"]}}}}
    api.configure({"tables": tables})
    assert api.names(f"{T}sys_dictionary?name=task&element=state", "sys_mod_count") == [count]
    tables["task"]["attributes"]["state"]["default"] = None
    api.configure({"tables": tables})
    api.send("POST", f"{T}incident", {"name": "e"})
    assert incidents()[2:] == [before[2], ("d", "", "", "ann", "1"), ("e", "true", "", "ann", "4")]


def test_business_rule_sees_the_defaults_of_a_new_record() -> None:
    api = Api(DEFAULTS)
    rule = {
        "name": "none of these", "collection": "incident", "filter_condition": "priority=4",
        "abort_action": "true", "action_insert": "true",
    }  # fmt: skip
    api.send("POST", f"{T}sys_script", rule)
    assert api.send("POST", f"{T}incident", {"name": "c"}).status == 403
    assert api.send("POST", f"{T}incident", {"name": "c", "priority": "3"}).status == 201


def test_column_that_a_client_adds_may_have_a_default() -> None:
    api = Api(DEFAULTS)
    column = {"name": "incident", "element": "u_urgent", "internal_type": "boolean", "default_value": "False"}
    assert api.send("POST", f"{T}sys_dictionary", column).body["result"]["default_value"] == "false"
    assert api.send("POST", f"{T}incident", {"name": "c"}).body["result"]["u_urgent"] == "false"


@pytest.mark.parametrize(
    ("attribute", "said"),
    [
        ({"type": "integer", "default": "four"}, "expected a whole number such as 8192, got 'four'"),
        ({"reference": "sys_user", "default": "eve"}, "expected the sys_id or the name of a record of sys_user"),
        ({"default": "javascript:gs.now()"}, "expected a value, got the script 'javascript:gs.now()'"),
    ],
)
@pytest.mark.parametrize("part", ["tables", "classes"])
def test_default_that_is_no_value_of_its_column_is_refused(attribute: Any, said: str, part: str) -> None:
    extends = {"extends": "cmdb_ci"} if part == "classes" else {}
    setup = Setup.model_validate({part: {"u_thing": {**extends, "attributes": {"x": attribute}}}})
    with (
        closing(connect_with_cmdb()) as connection,
        pytest.raises(StoreError, match=rf"{part}\.u_thing\.attributes\.x\.default: ") as caught,
    ):
        configure(Store(connection, "x").cmdb(), setup)
    assert said in str(caught.value)


def test_a_table_shows_its_own_columns_of_all_that_extend_it(api: Api) -> None:
    api.send("POST", f"{T}major_incident", {"short_description": "all down", "bridge": "+1"})
    tasks = api.get(f"{T}task?sysparm_query=ORDERBYshort_description")
    assert [row["sys_class_name"] for row in tasks] == ["major_incident", "problem", "incident", "incident"]
    assert "severity" not in tasks[0]
    assert [len(api.get(f"{T}{name}")) for name in ("incident", "major_incident", "problem")] == [3, 1, 1]
    assert len(api.get(f"{T}task?sysparm_query=sys_class_nameINSTANCEOFincident")) == 3
    assert (
        api.get("/api/now/stats/task?sysparm_count=true&sysparm_group_by=sys_class_name")[0]["stats"]["count"]
        == "2"
    )


def test_the_dictionary_tells_of_them(api: Api) -> None:
    about = api.get(f"{T}sys_db_object?name=incident")[0]
    assert (about["label"], about["super_class"]) == ("Incident", "task")
    assert set(api.names(f"{T}sys_dictionary?name=incident", "element")) == {"severity", "problem_id"}


def test_who_may_write_them_is_a_rule(api: Api) -> None:
    assert len(api.get(f"{T}incident", user="joe")) == 2
    assert error(api.send("POST", f"{T}incident", {}, user="joe"))[0] == 403
    rule = {"name": "incident", "operation": "create", "role": ""}
    api.send("POST", f"{T}sys_security_acl", rule)
    assert api.send("POST", f"{T}incident", {}, user="joe").status == 201


def test_the_engine_knows_nothing_of_them(api: Api) -> None:
    body = {"items": [{"className": "incident", "values": {"short_description": "x"}}]}
    result = api.send("POST", "/api/now/identifyreconcile?sysparm_data_source=ServiceNow", body).body["result"]
    assert result["hasError"] is True
    assert len(api.get(f"{T}incident")) == 2


def test_a_table_grows_and_keeps_its_records(api: Api) -> None:
    api.configure({"tables": {"incident": {"attributes": {"impact": "integer"}}}})
    row = api.get(f"{T}incident?short_description=no mail")[0]
    assert (row["impact"], row["severity"], row["number"]) == ("", "2", "INC0001001")
    assert api.send("PATCH", f"{T}incident/{row['sys_id']}", {"impact": "3"}).body["result"]["impact"] == "3"


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"sys_user": {}}, "tables.sys_user: sys_user is there already"),
        ({"cmdb_ci_server": {}}, "is there already"),
        (
            {"u_x": {"extends": "cmdb_ci"}},
            "tables.u_x.extends: expected a table that a setup declares, got 'cmdb_ci'",
        ),
        ({"u_x": {"number": "X"}}, "tables.u_x.number: u_x has no column number"),
    ],
)
def test_a_table_that_cannot_be_is_refused(tables: dict[str, Any], said: str) -> None:
    with pytest.raises(StoreError, match=said):
        Instance({"tables": tables})


def test_a_file_with_tables_is_opened_again_and_a_clone_brings_them(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "a.sqlite")) as connection:
        store = Store(connection, "a").cmdb()
        store.install()
        configure(store, Setup.model_validate(ITSM))
        rows = dump(connection)
        connection.commit()
    with closing(connect_existing(tmp_path / "a.sqlite")) as connection:
        assert connection.execute("select count(*) from incident").fetchone() == (2,)
    with closing(connect_with_cmdb()) as connection:
        restore(connection, rows)
        assert connection.execute("select number from incident order by 1").fetchall() == [
            ("INC0001001",),
            ("INC0001002",),
        ]
        assert Store(connection, "b").cmdb().next_number("incident") == "INC0001003"
