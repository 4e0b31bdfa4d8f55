"""Table API: what is made, changed and deleted, each table's own way."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.rest.client import BASE, Api, basic, error, header

MASK = "*" * 8
LINUX = "/api/now/table/cmdb_ci_linux_server"
USERS = {"ann": {"roles": ["itil"]}, "joe": {"roles": []}, "dba": {"roles": ["sn_cmdb_admin"]}}


@pytest.fixture
def api() -> Api:
    return Api({"users": USERS, "records": {"core_company": [{"sys_id": "1" * 32, "name": "Initech"}]}})


def made(api: Api, table: str, body: Any, **more: Any) -> dict[str, Any]:
    response = api.send("POST", f"/api/now/table/{table}", body, **more)
    assert response.status == 201, response
    record: dict[str, Any] = response.body["result"]
    return record


def test_a_record_is_made_read_changed_and_deleted(api: Api) -> None:
    """201 with Location, 200, 204 (rest.md 3.4); unknown fields are ignored (trap 10)."""
    body = {"name": "lx", "ram": 4096, "nope": 1, "company": "Initech", "cpu_count": None, "sys_id": "x"}
    response = api.send("POST", LINUX, body)
    assert response.status == 201
    record = response.body["result"]
    place = f"{LINUX}/{record['sys_id']}"
    assert header(response, "Location") == f"{BASE}{place}"
    assert (record["name"], record["ram"], record["sys_class_name"]) == ("lx", "4096", "cmdb_ci_linux_server")
    assert record["company"] == {"link": f"{BASE}/api/now/table/core_company/{'1' * 32}", "value": "1" * 32}
    for method, ram in (("PUT", "8192.0"), ("PATCH", "16384")):
        changed = api.send(method, place, {"ram": ram})
        assert changed.status == 200
        assert (changed.body["result"]["ram"], changed.body["result"]["name"]) == (str(int(float(ram))), "lx")
    assert api.send("PATCH", place, {"ram": ""}).body["result"]["ram"] == ""
    deleted = api.send("DELETE", place)
    assert (deleted.status, deleted.body) == (204, None)
    for method in ("GET", "PATCH", "DELETE"):
        assert error(api.send(method, place, {} if method == "PATCH" else None))[:2] == (404, "No Record found")


def test_the_class_of_the_url_says_which_fields_there_are(api: Api) -> None:
    """Traps 3 and 4: a change to the parent's class leaves the class as it is."""
    sys_id = made(api, "cmdb_ci_linux_server", {"name": "lx", "cpu_count": "2"})["sys_id"]
    changed = api.send("PATCH", f"{LINUX}/{sys_id}", {"sys_class_name": "cmdb_ci", "cpu_count": "4"}).body[
        "result"
    ]
    assert (changed["sys_class_name"], changed["cpu_count"]) == ("cmdb_ci_linux_server", "4")
    assert (
        "cpu_count" not in api.send("PATCH", f"/api/now/table/cmdb_ci/{sys_id}", {"cpu_count": "8"}).body["result"]
    )
    assert api.get(f"{LINUX}/{sys_id}")["cpu_count"] == "4"


def test_a_ci_that_is_written_bypasses_identification_and_is_a_form_edit(api: Api) -> None:
    """Two CIs of one name, no source, and the same refusals as at a form."""
    first, second = (made(api, "cmdb_ci_linux_server", {"name": "twin"})["sys_id"] for _ in range(2))
    assert first != second
    assert api.get("/api/now/table/sys_object_source") == []
    refused = api.send("PATCH", f"{LINUX}/{first}", {"ram": "much"})
    assert error(refused)[:2] == (403, "Operation Failed")
    assert (error(refused)[2] or "").startswith(
        "ram of cmdb_ci_linux_server cannot be much. To allow it, the user"
    )
    assert header(refused, "X-Trustsim-Refusal") == "edit_invalid"
    assert api.get("/api/now/table/cmdb_ci?name=twin&sysparm_fields=name") == [{"name": "twin"}] * 2


def test_a_relation_is_made_once_and_goes_with_its_ci(api: Api) -> None:
    parent, child = (made(api, "cmdb_ci_linux_server", {"name": name})["sys_id"] for name in ("a", "b"))
    relation = {"parent": parent, "child": child, "type": "Runs on::Runs"}
    assert made(api, "cmdb_rel_ci", relation)["parent"]["value"] == parent
    assert "have this relation already" in (
        error(api.send("POST", "/api/now/table/cmdb_rel_ci", relation))[2] or ""
    )
    assert "has a parent, a child and a type" in (
        error(api.send("POST", "/api/now/table/cmdb_rel_ci", {}))[2] or ""
    )
    assert api.send("DELETE", f"{LINUX}/{child}").status == 204
    assert api.get("/api/now/table/cmdb_rel_ci") == []


def test_a_lookup_record_is_made_for_its_ci(api: Api) -> None:
    ci = made(api, "cmdb_ci_linux_server", {"name": "a"})["sys_id"]
    serial = made(api, "cmdb_serial_number", {"serial_number": "S-1", "cmdb_ci": ci})
    assert (serial["serial_number"], serial["cmdb_ci"]["value"]) == ("S-1", ci)


def test_a_user_made_over_rest_can_log_in(api: Api) -> None:
    """Trap 16; nobody is shown the password, nor what the file keeps of it."""
    user = made(
        api, "sys_user", {"user_name": "bob", "user_password": "s3cret", "first_name": "Bob", "last_name": "B"}
    )
    assert user["name"] == "Bob B"
    assert user["user_password"] == MASK
    [stored] = api.connection.execute("select user_password from sys_user where user_name = 'bob'").fetchone()
    assert "s3cret" not in stored
    mine = "/api/now/table/sys_user?sysparm_query=sys_id=javascript:gs.getUserID()"
    assert api.names(mine, "user_name", headers={"authorization": basic("bob", "s3cret")}) == ["bob"]
    assert api.send("GET", mine, user="bob").status == 401
    assert api.send("PATCH", f"/api/now/table/sys_user/{user['sys_id']}", {"user_password": "new"}).status == 200
    assert api.send("GET", mine, headers={"authorization": basic("bob", "new")}).status == 200
    assert api.send("PATCH", f"/api/now/table/sys_user/{user['sys_id']}", {"active": False}).status == 200
    assert api.send("GET", mine, headers={"authorization": basic("bob", "new")}).status == 401


def test_roles_are_given_over_rest(api: Api) -> None:
    denied = api.send("POST", LINUX, {"name": "x"}, user="joe")
    assert error(denied) == (403, "Operation Failed", "ACL Exception Insert Failed due to security constraints")
    assert made(api, "sys_user_has_role", {"user": "joe", "role": "itil"})["state"] == "active"
    made(api, "cmdb_ci_linux_server", {"name": "x"}, user="joe")
    query = "user=javascript:gs.getUserID()^state=active^inherited=false&sysparm_fields=role.name"
    assert api.get(f"/api/now/table/sys_user_has_role?sysparm_query={query}", user="joe") == [
        {"role.name": "itil"}
    ]


def test_a_role_has_a_sys_id_and_may_be_named_where_it_is_referred_to(api: Api) -> None:
    [itil] = api.get("/api/now/table/sys_user_role?name=itil")
    assert re.fullmatch("[0-9a-f]{32}", itil["sys_id"])
    for user, role in (("dba", "itil"), ("joe", itil["sys_id"])):
        assert made(api, "sys_user_has_role", {"user": user, "role": role})["role"]["value"] == itil["sys_id"]
    named = api.names("/api/now/table/sys_user_has_role?role=itil&sysparm_fields=user.user_name", "user.user_name")
    assert sorted(named) == ["ann", "dba", "joe"]
    [rule, *_] = api.get("/api/now/table/sys_security_acl?role=itil&sysparm_display_value=all")
    assert rule["role"]["display_value"] == "itil"
    assert rule["role"]["value"] == itil["sys_id"]


def test_what_a_role_lets_do_that_is_gone_nobody_may(api: Api) -> None:
    """A rule without a role lets everybody; that of a role that was deleted nobody."""
    role = made(api, "sys_user_role", {"name": "u_locations"})["sys_id"]
    made(api, "sys_security_acl", {"name": "cmn_location", "operation": "create", "role": "u_locations"})
    asked = ("POST", "/api/now/table/cmn_location", {"name": "x"})
    made(api, "sys_user_has_role", {"user": "joe", "role": "u_locations"})
    assert api.send(*asked, user="joe").status == 201
    assert api.send("DELETE", f"/api/now/table/sys_user_role/{role}").status == 204
    for user in ("joe", "ann"):
        assert api.send(*asked, user=user).status == 403


def test_display_values_are_taken_for_choices_and_references(api: Api) -> None:
    """`sysparm_input_display_value`; dates are normalised (trap 12)."""
    body = {
        "name": "x",
        "install_status": "Retired",
        "company": "initech",
        "last_discovered": "2026-01-05T10:00:00Z",
    }
    record = made(api, "cmdb_ci_linux_server?sysparm_input_display_value=true&sysparm_display_value=true", body)
    assert (record["install_status"], record["company"]["display_value"]) == ("Retired", "Initech")
    assert record["last_discovered"] == "2026-01-05 10:00:00"


def test_what_does_not_fit_is_refused_and_leaves_nothing(api: Api) -> None:
    for body, said in (
        ({"user_name": "ann"}, "There is another record with this user_name."),
        ({"name": "x"}, "A record of this table needs user_name."),
        (
            {"user_name": "x", "company": "nobody"},
            "company refers to core_company, where you see no one record nobody.",
        ),
        ({"user_name": "x", "active": "perhaps"}, "active cannot be perhaps: expected true or false."),
    ):
        assert error(api.send("POST", "/api/now/table/sys_user", body)) == (403, "Operation Failed", said)
    assert api.send("POST", "/api/now/table/sys_user", {"user_name": ["x"]}).status == 400
    assert api.names("/api/now/table/sys_user", "user_name") == api.names(
        "/api/now/v2/table/sys_user", "user_name"
    )
    assert len(api.get("/api/now/table/sys_user")) == 1 + len(USERS)


def test_a_rule_by_which_the_engine_cannot_go_is_refused(api: Api) -> None:
    refused = api.send("POST", "/api/now/table/cmdb_ie_active_config", {"table": "cmdb_ci", "condition": "name~x"})
    assert "is no condition" in (error(refused)[2] or "")
    assert made(api, "cmdb_ie_active_config", {"table": "cmdb_ci", "condition": "nameLIKEx"})["active"] == "true"
    assert api.send("POST", LINUX, {"name": "still works"}).status == 201


def test_a_property_that_is_written_is_in_force(api: Api) -> None:
    made(api, "sys_properties", {"name": "glide.invalid_query.returns_no_rows", "value": "true"})
    assert api.get("/api/now/table/sys_user?sysparm_query=nope=1") == []
    name = "glide.identification_engine.skip_duplicates.threshold"
    [row] = api.get(f"/api/now/table/sys_properties?name={name}")
    assert "expected a whole number" in (
        error(api.send("PATCH", f"/api/now/table/sys_properties/{row['sys_id']}", {"value": "many"}))[2] or ""
    )


@pytest.mark.parametrize("table", ["sys_rel_source", "v_plugin", "sys_object_source", "reconcile_duplicate_task"])
def test_what_the_instance_keeps_itself_is_only_read(api: Api, table: str) -> None:
    assert error(api.send("POST", f"/api/now/table/{table}", {"name": "x"}))[:2] == (403, "Operation Failed")


@pytest.mark.parametrize(
    ("body", "detail"),
    [(b"{", "expected JSON"), (b"\xff", "expected JSON"), (b"3", "a JSON object"), (b"[" * 100_000, "JSON"),
     (b'{"company": "\\ud800"}', "surrogates not allowed"), (b'{"name": ["\\ud800"]}', "surrogates not allowed")],
)  # fmt: skip
def test_a_body_that_is_no_object_is_refused(api: Api, body: bytes, detail: str) -> None:
    status, message, said = error(api.send("POST", LINUX, body))
    assert (status, message) == (400, "Exception while reading request")
    assert detail in (said or "")


def test_headers_change_the_method_and_silence_the_answer(api: Api) -> None:
    """rest.md 3.1; of several records only the first is used."""
    sys_id = made(api, "cmdb_ci_linux_server", [{"name": "one"}, {"name": "two"}])["sys_id"]
    assert len(api.get(LINUX)) == 1
    quiet = api.send("POST", f"{LINUX}/{sys_id}", {"name": "x"}, headers={
        "x-http-method-override": "patch", "x-no-response-body": "true",
    })  # fmt: skip
    assert (quiet.status, quiet.body) == (200, None)
    assert api.names(LINUX) == ["x"]
    assert api.send("POST", LINUX, b"<a/>", headers={"content-type": "text/csv"}).status == 415


def test_a_business_rule_that_aborts_keeps_a_record_from_being_written(api: Api) -> None:
    """To the word (rest.md 3.5, trap 17); its condition is about the record as it would be."""

    def aborted(rule: dict[str, Any], table: str) -> tuple[int, str, str]:
        said = f"Operation against file '{table}' was aborted by Business Rule '{rule['name']}^{rule['sys_id']}'. "
        return 403, "Operation Failed", f"{said}Business Rule Stack:{rule['name']}"

    sys_id = made(api, "cmdb_ci_linux_server", {"name": "lx", "ram": "8"})["sys_id"]
    kept = {"collection": "cmdb_ci_computer", "abort_action": True, "filter_condition": "ram<4^name!=free"}
    small = made(
        api, "sys_script", {"name": "No small ones", "action_update": True, "action_insert": True, **kept}
    )
    assert (small["when"], small["active"]) == ("before", "true")
    for method, place in (("PATCH", f"{LINUX}/{sys_id}"), ("PUT", f"{LINUX}/{sys_id}"), ("POST", LINUX)):
        assert error(api.send(method, place, {"name": "x", "ram": 2})) == aborted(small, "cmdb_ci_linux_server")
    assert [(row["name"], row["ram"]) for row in api.get(LINUX)] == [("lx", "8")]
    retired = made(api, "sys_script", {"name": "r", "action_update": True, **kept,
                                       "filter_condition": "install_status=7^ram=8"})  # fmt: skip
    above = f"/api/now/table/cmdb_ci/{sys_id}"
    assert error(api.send("PATCH", above, {"install_status": "Retired"})) == (
        aborted(retired, "cmdb_ci_linux_server")
    )
    assert api.send("PATCH", f"{LINUX}/{sys_id}", {"ram": "5"}).status == 200
    assert api.send("PATCH", f"{LINUX}/{sys_id}", {"ram": "2", "name": "free"}).status == 200
    assert api.send("POST", "/api/now/table/cmdb_ci_netgear", {"name": "n"}).status == 201
    keeps = {"name": "Keep", "collection": "core_company", "abort_action": True, "action_delete": True,
             "filter_condition": "nameSTARTSWITHini"}  # fmt: skip
    keep = made(api, "sys_script", keeps)
    company = f"/api/now/table/core_company/{'1' * 32}"
    assert api.send("PATCH", company, {"name": "Initech 2"}).status == 200
    assert error(api.send("DELETE", company)) == aborted(keep, "core_company")
    for off in ({"active": "false"}, {"abort_action": "false"}, {"when": "after"}, {"action_delete": "false"}):
        assert api.send("PATCH", f"/api/now/table/sys_script/{keep['sys_id']}", {**keeps, **off}).status == 200
        made(api, "sys_script", {**keeps, **off})
        still = api.send("POST", "/api/now/table/core_company", {"name": "x"})
        assert still.status == 201
    assert api.send("DELETE", company).status == 204


def test_a_business_rule_goes_by_what_it_walks_to_and_the_first_one_counts(api: Api) -> None:
    body = {"collection": "sys_user", "abort_action": True, "action_update": True}
    made(api, "sys_script", {"name": "later", "order": "200", **body})
    first = made(api, "sys_script", {"name": "first", "filter_condition": "company.nameLIKEini", **body})
    user = f"/api/now/table/sys_user/{made(api, 'sys_user', {'user_name': 'bob'})['sys_id']}"
    assert "'later^" in (error(api.send("PATCH", user, {"email": "b@x"}))[2] or "")
    assert f"'first^{first['sys_id']}'" in (error(api.send("PATCH", user, {"company": "1" * 32}))[2] or "")
    assert api.send("PATCH", user, {"user_name": "bob"}).status == 200  # is no change
    for method, place in (("POST", ""), ("PATCH", f"/{first['sys_id']}")):
        wrong = {"name": "x", "filter_condition": "name~x", **body}
        refused = api.send(method, f"/api/now/table/sys_script{place}", wrong)
        assert "filter_condition: the condition 'name~x' on sys_user: " in (error(refused)[2] or "")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_an_answer_to_a_write_can_do_without_its_body(api: Api, method: str) -> None:
    place = LINUX if method == "POST" else f"{LINUX}/{made(api, 'cmdb_ci_linux_server', {'name': 'x'})['sys_id']}"
    quiet = api.send(method, place, {"name": "new"}, headers={"x-no-response-body": "true"})
    assert (quiet.status, quiet.body) == (201 if method == "POST" else 200, None)
    assert (header(quiet, "Location") is not None) is (method == "POST")
    assert api.names(f"{LINUX}?name=new", headers={"x-no-response-body": "true"}) == ["new"]


def test_ids_of_records_are_never_given_twice(api: Api) -> None:
    """Whatever comes between, and after the instance was opened anew."""
    ids = [made(api, "core_company", {"name": f"c{number}"})["sys_id"] for number in range(3)]
    api.reopen()
    ids += [made(api, "core_company", {"name": f"d{number}"})["sys_id"] for number in range(3)]
    ids += [made(api, "cmdb_ci_linux_server", {"name": "x"})["sys_id"] for _ in range(2)]
    assert len(set(ids)) == 8


def test_a_record_says_who_made_it_and_who_changed_it_last(api: Api) -> None:
    """Whatever the table, and whichever way it comes; a client does not say it itself."""
    users = {name: {"roles": ["itil", "user_admin"]} for name in ("ann", "ben")}
    api.configure({"users": users, "tables": {"u_thing": {"attributes": ["name"]}}})
    asked = "sysparm_fields=sys_created_by,sys_updated_by"

    def authors(table: str, sys_id: str) -> tuple[str, ...]:
        return tuple(api.get(f"/api/now/table/{table}/{sys_id}?{asked}").values())

    def made_by(table: str, body: dict[str, str], user: str) -> str:
        body = {**body, "sys_created_by": "eve", "sys_updated_by": "eve"}
        return str(api.send("POST", f"/api/now/table/{table}", body, user=user).body["result"]["sys_id"])

    bodies = {"cmdb_ci_linux_server": {"name": "x"}, "u_thing": {"name": "x"}, "sys_user": {"user_name": "x"}}
    for table, body in bodies.items():
        sys_id = made_by(table, body, "ann")
        assert authors(table, sys_id) == ("ann", "ann")
        api.send("PATCH", f"/api/now/table/{table}/{sys_id}", {"name": "y"}, user="ben")
        assert authors(table, sys_id) == ("ann", "ben")
    assert api.names("/api/now/table/u_thing?sysparm_query=sys_created_by=ann", "sys_updated_by") == ["ben"]
    payload = {"items": [{"className": "cmdb_ci_linux_server", "values": {"name": "z", "sys_created_by": "eve"}}]}
    answer = api.send("POST", "/api/now/identifyreconcile?sysparm_data_source=ServiceNow", payload, user="ben")
    assert authors("cmdb_ci_linux_server", answer.body["result"]["items"][0]["sysId"]) == ("ben", "ben")
    assert api.names("/api/now/table/sys_user?user_name=ben", "sys_created_by") == ["system"], "came with a setup"


def test_a_client_may_give_a_record_its_sys_id(api: Api) -> None:
    """If it is one and free, in small letters as all are; the administrator's is known everywhere."""
    for number, table in enumerate(("sys_user", "cmdb_ci_linux_server")):
        own = f"AAAABBBBCCCCDDDDEEEEFFFF0000111{number}"
        assert made(api, table, {"user_name": "x", "name": "x", "sys_id": own})["sys_id"] == own.lower()
        assert api.get(f"/api/now/table/{table}/{own}")["name"] == "x"
        again = api.send("POST", f"/api/now/table/{table}", {"user_name": "y", "name": "y", "sys_id": own})
        said = f"There is a record of {table} with the sys_id {own.lower()} already."
        assert error(again) == (403, "Operation Failed", said)
        assert len(made(api, table, {"user_name": "z", "name": "z", "sys_id": "mine"})["sys_id"]) == 32
    assert api.get("/api/now/table/sys_user/6816f79cc0a8016401c5a33be04be441")["user_name"] == "admin"


def test_a_password_is_shown_masked_and_no_mask_is_taken_for_one(api: Api) -> None:
    """A client that sends back what it has read changes nothing."""
    bob = made(api, "sys_user", {"user_name": "bob", "user_password": "s3cret"})
    mine, headers = f"/api/now/table/sys_user/{bob['sys_id']}", {"authorization": basic("bob", "s3cret")}
    shown = api.get(f"{mine}?sysparm_display_value=all")
    assert shown["user_password"] == {"display_value": MASK, "value": MASK}
    assert api.send("PUT", mine, {**shown, "first_name": "Bob"}).body["result"]["first_name"] == "Bob"
    assert api.send("GET", mine, headers=headers).status == 200


def test_a_department_has_a_head(api: Api) -> None:
    made(api, "cmn_department", {"name": "Finance", "dept_head": "ann"})
    new = {"user_name": "x", "department": "Finance"}
    row = made(api, "sys_user?sysparm_fields=department.dept_head.user_name", new)
    assert row == {"department.dept_head.user_name": "ann"}
