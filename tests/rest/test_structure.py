"""Tables, columns, choices and domains that clients read, add and change: what an instance is built of."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rest.client import Api, error, header

T = "/api/now/table/"
SETUP = {
    "users": {"ann": {"roles": ["itil"]}, "sam": {"domain": "acme", "roles": ["itil"]}},
    "domains": {"top": {"primary": True}, "acme": {"parent": "top"}, "beta": {"parent": "top"}},
    "tables": {"task": {"label": "Task", "attributes": {"number": {"display": True}, "state": {
        "type": "integer", "choices": {"3": "Closed", "1": "New", "2": "Active"}}}}},
}  # fmt: skip


@pytest.fixture
def api() -> Api:
    return Api(SETUP)


def made(api: Api, table: str, **body: Any) -> dict[str, Any]:
    response = api.send("POST", f"{T}{table}", body)
    assert response.status == 201, response
    record: dict[str, Any] = response.body["result"]
    return record


def refused(api: Api, method: str, url: str, **body: Any) -> str:
    status, message, detail = error(api.send(method, f"{T}{url}", body))
    assert (status, message) == (403, "Operation Failed")
    return detail or ""


def id_of(api: Api, table: str, **where: str) -> str:
    [row] = api.get(f"{T}{table}?" + "&".join(f"{name}={value}" for name, value in where.items()))
    return str(row["sys_id"])


# -- tables and columns ---------------------------------------------------------------------------------------


def test_a_table_that_is_added_is_served_and_takes_columns(api: Api) -> None:
    table = made(api, "sys_db_object", name="u_car", label="Car")
    assert (table["name"], table["label"], table["ws_access"]) == ("u_car", "Car", "true")
    column = made(api, "sys_dictionary", name="u_car", element="u_wheels", internal_type="integer",
                  column_label="Wheels", mandatory="true")  # fmt: skip
    assert (column["element"], column["internal_type"], column["mandatory"]) == ("u_wheels", "integer", "true")
    made(api, "sys_dictionary", name="u_car", element="u_owner", internal_type="reference", reference="sys_user")
    car = made(api, "u_car", u_wheels="4.0", u_owner="ann")
    assert (car["u_wheels"], car["sys_class_name"]) == ("4", "u_car")
    assert car["u_owner"]["link"].endswith(f"/sys_user/{car['u_owner']['value']}")
    assert "u_wheels cannot be round" in refused(api, "POST", "u_car", u_wheels="round")
    assert api.send("POST", f"{T}u_car", {"u_wheels": "3"}, user="ann").status == 201
    api.reopen()
    assert sorted(row["u_wheels"] for row in api.get(f"{T}u_car")) == ["3", "4"]


def test_a_table_extends_a_table_or_a_class_by_its_name_or_its_sys_id(api: Api) -> None:
    above = id_of(api, "sys_db_object", name="task")
    made(api, "sys_db_object", name="u_change", label="Change", super_class=above)
    made(api, "u_change", number="CHG1", state="New")
    assert [(row["number"], row["sys_class_name"]) for row in api.get(f"{T}task")] == [("CHG1", "u_change")]
    made(api, "sys_db_object", name="u_cmdb_ci_robot", label="Robot", super_class="cmdb_ci_computer")
    made(api, "sys_dictionary", name="u_cmdb_ci_robot", element="u_arms", internal_type="integer")
    made(api, "sys_dictionary", name="u_cmdb_ci_robot", element="u_legs", internal_type="integer")
    robot = made(api, "u_cmdb_ci_robot", name="r2", u_arms="2", u_legs="3", ram="5")
    assert (robot["u_arms"], robot["u_legs"], robot["ram"]) == ("2", "3", "5")
    assert api.names(f"{T}cmdb_ci_computer") == ["r2"]
    item = {"items": [{"className": "u_cmdb_ci_robot", "values": {"name": "r2", "u_arms": "4"}}]}
    answer = api.send("POST", "/api/now/identifyreconcile?sysparm_data_source=ServiceNow", item).body["result"]
    assert answer["items"][0]["operation"] == "UPDATE"
    made(api, "sys_dictionary", name="cmdb_ci_computer", element="u_shelf")
    assert made(api, "u_cmdb_ci_robot", name="r3", u_shelf="a")["u_shelf"] == "a"
    assert made(api, "cmdb_ci_computer", name="r4", ram="7", cpu_count="1")["ram"] == "7"


def test_a_table_or_column_that_cannot_be_is_refused(api: Api) -> None:
    assert "needs name" in refused(api, "POST", "sys_db_object", label="x")
    assert "There is a table task already" in refused(api, "POST", "sys_db_object", name="task")
    assert "no one record nope" in refused(api, "POST", "sys_db_object", name="u_x", super_class="nope")
    assert "U-X is no name" in refused(api, "POST", "sys_db_object", name="U-X")
    assert "expected a table that a setup declares" in (
        refused(api, "POST", "sys_db_object", name="u_x", super_class="sys_user")
    )
    assert "needs name, element" in refused(api, "POST", "sys_dictionary")
    assert "sys_user takes no further columns" in (
        refused(api, "POST", "sys_dictionary", name="sys_user", element="u_x")
    )
    assert "nope takes no further columns" in refused(api, "POST", "sys_dictionary", name="nope", element="u_x")
    assert "has a column name already" in (
        refused(api, "POST", "sys_dictionary", name="cmdb_ci_computer", element="name")
    )
    assert "say in reference" in (
        refused(api, "POST", "sys_dictionary", name="task", element="u_x", internal_type="reference")
    )
    assert "internal_type cannot be html: expected reference, string" in (
        refused(api, "POST", "sys_dictionary", name="task", element="u_x", internal_type="html")
    )
    assert "u x is no name" in refused(api, "POST", "sys_dictionary", name="task", element="u x")
    assert api.send("POST", f"{T}sys_db_object", {"name": "u_x"}, user="ann").status == 403
    for table in ("sys_db_object", "sys_dictionary"):
        assert "u_x" not in {row["name"] for row in api.get(f"{T}{table}")}
    assert api.send("GET", f"{T}u_x").status == 400


def test_of_a_table_and_a_column_that_are_there_some_things_change(api: Api) -> None:
    table = f"sys_db_object/{id_of(api, 'sys_db_object', name='task')}"
    assert api.send("PATCH", f"{T}{table}", {"label": "Work", "name": "task"}).body["result"]["label"] == "Work"
    assert "only: label, ws_access" in refused(api, "PATCH", table, super_class="problem")
    column = f"sys_dictionary/{id_of(api, 'sys_dictionary', name='task', element='number')}"
    changed = api.send("PUT", f"{T}{column}", {"column_label": "No.", "max_length": "5", "mandatory": True})
    assert (changed.body["result"]["column_label"], changed.body["result"]["mandatory"]) == ("No.", "true")
    assert made(api, "task", number="1234567")["number"] == "12345"
    assert "internal_type of a record" in refused(api, "PATCH", column, internal_type="integer")
    for place in (table, column):
        assert "stays once it is there" in refused(api, "DELETE", place)


# -- choices ----------------------------------------------------------------------------------------------------


def test_choices_stand_in_an_order_and_can_be_added(api: Api) -> None:
    asked = f"{T}sys_choice?sysparm_query=name=task^element=state^inactive=false^ORDERBYsequence"
    rows = api.get(asked)
    assert [(row["label"], row["sequence"]) for row in rows] == [("Closed", "1"), ("New", "2"), ("Active", "3")]
    made(api, "sys_choice", name="task", element="state", value="4", label="On hold", sequence="0")
    assert api.names(asked, "label") == ["On hold", "Closed", "New", "Active"]
    task = made(api, "task?sysparm_display_value=all", state="on hold")
    assert task["state"] == {"display_value": "On hold", "value": "4"}
    choice = f"sys_choice/{id_of(api, 'sys_choice', name='task', element='state', value='4')}"
    api.send("PATCH", f"{T}{choice}", {"label": "Parked"})
    assert api.get(f"{T}task?sysparm_display_value=true")[0]["state"] == "Parked"
    assert api.send("DELETE", f"{T}{choice}").status == 204
    assert api.get(f"{T}task?sysparm_display_value=true")[0]["state"] == "4"


def test_a_choice_of_a_client_is_the_one_that_a_setup_states_later(api: Api) -> None:
    made(api, "sys_choice", name="task", element="state", value="4", label="On hold")
    state = {"type": "integer", "choices": {"1": "New", "4": "Waiting"}}
    api.configure({"tables": {"task": {"attributes": {"number": {"display": True}, "state": state}}}})
    assert {*api.names(f"{T}sys_choice?name=task&element=state", "label")} == {"New", "Waiting"}


# -- domains ----------------------------------------------------------------------------------------------------


def test_a_domain_is_added_below_another_and_has_records(api: Api) -> None:
    acme = id_of(api, "domain", name="acme")
    lab = made(api, "domain", name="lab", parent=acme, description="for tests")
    assert (lab["parent"]["value"], lab["type"], lab["active"]) == (acme, "customer", "true")
    [(path, above)] = api.connection.execute(
        "select d.sys_domain_path, p.sys_domain_path from domain d join domain p on p.sys_id = d.parent "
        "where d.name = 'lab'"
    )
    assert path.startswith(above)
    assert path != above
    api.configure({"records": {"cmdb_ci_linux_server": [{"name": "lx", "sys_domain": "lab"}]}})
    assert api.names(f"{T}cmdb_ci_linux_server", user="sam") == ["lx"]
    moved = api.send("PATCH", f"{T}domain/{lab['sys_id']}", {"parent": "beta"})
    assert moved.status == 200, moved
    assert api.get(f"{T}cmdb_ci_linux_server", user="sam") == []
    assert moved.body["result"]["description"] == "for tests"
    assert "another record with this name" in refused(api, "POST", "domain", name="lab")
    assert "got a circle" in refused(api, "PATCH", f"domain/{acme}", parent="acme")
    assert "exactly one primary" in refused(api, "PATCH", f"domain/{acme}", primary="true", parent="")
    assert "set active to false" in refused(api, "DELETE", f"domain/{acme}")
    assert api.send("POST", f"{T}domain", {"name": "x"}, user="sam").status == 403


def test_a_domain_contains_another_until_it_does_not(api: Api) -> None:
    api.configure({"records": {"cmdb_ci_linux_server": [{"name": "lx", "sys_domain": "beta"}]}})
    for _ in range(2):
        pair = made(api, "domain_contains", domain="acme", contains="beta")
    assert len(api.get(f"{T}domain_contains")) == 1
    made(api, "domain", name="gamma", parent="top")
    made(api, "domain_contains", domain="acme", contains="gamma")
    assert api.names(f"{T}cmdb_ci_linux_server", user="sam") == ["lx"]
    assert "cannot be changed" in refused(api, "PATCH", f"domain_contains/{pair['sys_id']}", contains="acme")
    assert api.send("DELETE", f"{T}domain_contains/{pair['sys_id']}").status == 204
    assert [row["contains"]["value"] for row in api.get(f"{T}domain_contains")] == [
        id_of(api, "domain", name="gamma")
    ]
    assert api.get(f"{T}cmdb_ci_linux_server", user="sam") == []
    assert "expected another domain, got itself" in (
        refused(api, "POST", "domain_contains", domain="acme", contains="acme")
    )


def test_the_first_domain_switches_separation_on() -> None:
    api = Api({"users": {"joe": {"roles": ["itil"]}}})
    assert "exactly one primary" in refused(api, "POST", "domain", name="a")
    top = made(api, "domain", name="top", primary=True)
    made(api, "domain", name="a", parent=top["sys_id"])
    made(api, "domain", name="b", parent="top")
    api.configure({"records": {"cmdb_ci_linux_server": [{"name": "lx", "sys_domain": "b"}]}})
    joe = id_of(api, "sys_user", user_name="joe")
    api.send("PATCH", f"{T}sys_user/{joe}", {"sys_domain": "a"})
    response = api.send("GET", f"{T}cmdb_ci_linux_server", user="joe")
    assert (response.body["result"], header(response, "X-Total-Count")) == ([], "0")


# -- rules and tasks ----------------------------------------------------------------------------------------------


def test_rules_of_the_engine_are_read_and_written_and_in_force_at_once(api: Api) -> None:
    body = {"items": [{"className": "cmdb_ci_linux_server", "values": {"name": "lx", "ram": "5"}}]}
    path = "/api/now/identifyreconcile?sysparm_data_source="
    made(api, "cmdb_ire_data_source_rule", applies_to="cmdb_ci_linux_server", discovery_source="ServiceNow",
         insert_not_allowed="true", active="true")  # fmt: skip
    answer = api.send("POST", f"{path}ServiceNow", body).body["result"]
    assert answer["items"][0]["errorCount"] == 1
    [rule] = api.get(f"{T}cmdb_ire_data_source_rule")
    assert api.send("DELETE", f"{T}cmdb_ire_data_source_rule/{rule['sys_id']}").status == 204
    assert api.send("POST", f"{path}ServiceNow", body).body["result"]["items"][0]["operation"] == "INSERT"
    [entry, *_] = api.get(f"{T}cmdb_identifier_entry?table=cmdb_ci_hardware&sysparm_query=ORDERBYorder")
    assert set(entry["identifier"]) == {"link", "value"}
    assert "exact_count_match" in entry
    switched = api.send("PATCH", f"{T}cmdb_identifier_entry/{entry['sys_id']}", {"active": "false"})
    assert switched.body["result"]["active"] == "false"
    assert (
        api.send("PATCH", f"{T}cmdb_identifier_entry/{entry['sys_id']}", {"active": "true"}, user="ann").status
        == 403
    )


def test_tasks_of_the_engine_are_read_and_closed(api: Api) -> None:
    for _ in range(2):
        made(api, "cmdb_ci_linux_server", name="twin")
    assert api.send("POST", "/api/x_trustsim/audit", {"table": "cmdb_ci_linux_server"}).status == 200
    [task] = api.get(f"{T}reconcile_duplicate_task?sysparm_display_value=true")
    assert (task["number"], task["state"], task["active"]) == ("DUP0001001", "Open", "true")
    place = f"reconcile_duplicate_task/{task['sys_id']}"
    assert "of a task only the state, to 3, 4, 7" in refused(api, "PATCH", place, state="Work in Progress")
    assert "state, work_notes cannot" in refused(api, "PATCH", place, state="3", work_notes="x")
    assert "can be read, and not written" in refused(api, "DELETE", place)
    assert "ACL Exception Update Failed" in (
        error(api.send("PATCH", f"{T}{place}", {"state": "3"}, user="sam"))[2] or ""
    )
    closed = api.send("PATCH", f"{T}{place}", {"state": "Closed Skipped", "number": "DUP0001001"})
    assert (closed.status, closed.body["result"]["state"]) == (200, "7")
    assert api.send("PATCH", f"{T}{place}", {"state": "7"}).status == 200
    assert "closed already" in refused(api, "PATCH", place, state="3")
