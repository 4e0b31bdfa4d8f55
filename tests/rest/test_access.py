"""Who sees and writes what: domains, roles, and access rules as rows (rest.md 3.6)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rest.client import Api, error, header

T = "/api/now/table/"
SERVERS = f"{T}cmdb_ci_linux_server"
DOMAINS = {
    "domains": {"top": {"primary": True}, "acme": {"parent": "top"}, "beta": {"parent": "top"},
                "acme-lab": {"parent": "acme"}},
    "users": {
        "ann": {"domain": "acme", "roles": ["itil"]},
        "bob": {"domain": "beta", "roles": ["itil"], "visibility": ["acme-lab"]},
        "eve": {"domain": "beta", "roles": ["itil", "query_no_domain_table_api"]},
        "joe": {"domain": "acme"},
    },
    "records": {
        "cmdb_ci_linux_server": [
            {"name": "a1", "sys_domain": "acme"}, {"name": "a2", "sys_domain": "acme"},
            {"name": "lab", "sys_domain": "acme-lab"}, {"name": "b1", "sys_domain": "beta"},
            {"name": "g", "sys_domain": "global"},
        ],
    },
}  # fmt: skip


@pytest.fixture
def api() -> Api:
    return Api(DOMAINS)


@pytest.mark.parametrize(
    ("user", "names"),
    [("admin", "a1 a2 b1 g lab"), ("ann", "a1 a2 g lab"), ("bob", "b1 g lab"), ("eve", "b1 g")],
)
def test_a_caller_sees_its_domain_those_below_and_those_made_visible(api: Api, user: str, names: str) -> None:
    """Other domains' records are not there: they are not counted either."""
    response = api.send("GET", f"{SERVERS}?sysparm_query=ORDERBYname", user=user)
    assert [row["name"] for row in response.body["result"]] == names.split()
    assert header(response, "X-Total-Count") == str(len(names.split()))


def test_who_may_looks_past_domains(api: Api) -> None:
    url = f"{SERVERS}?sysparm_query_no_domain=true"
    assert len(api.get(url, user="eve")) == 5
    assert len(api.get(url, user="bob")) == 3


def test_what_is_made_is_in_the_domain_of_its_maker_and_hidden_from_others(api: Api) -> None:
    made = api.send(
        "POST", f"{SERVERS}?sysparm_display_value=true", {"name": "new", "sys_domain": "beta"}, user="ann"
    )
    record = made.body["result"]
    assert record["sys_domain"]["display_value"] == "acme"
    place = f"{SERVERS}/{record['sys_id']}"
    for method in ("GET", "PATCH", "DELETE"):
        assert error(api.send(method, place, {} if method == "PATCH" else None, user="bob"))[:2] == (
            404,
            "No Record found",
        )
    assert api.send("PATCH", place, {"ram": "1"}, user="ann").status == 200
    company = api.send("POST", f"{T}core_company?sysparm_display_value=true", {"name": "c"}).body["result"]
    assert company["sys_domain"]["display_value"] == "global"


@pytest.mark.parametrize("mode", ["strict", "platform"])
def test_two_customers_load_the_same_names_and_stay_apart(mode: str) -> None:
    """An MSP: what one customer's integration sends never meets the other's CIs, in either mode of the engine."""
    setup = {**DOMAINS, "records": {}, "properties": {
        "glide.identification_engine.platform_domain_separation_enabled": mode == "platform",
    }}  # fmt: skip
    api = Api(setup)
    body = {"items": [{"className": "cmdb_ci_linux_server", "values": {"name": f"lx{n}"}} for n in range(100)]}
    for operation in ("INSERT", "NO_CHANGE"):
        for user in ("ann", "bob"):
            answer = api.send("POST", "/api/now/identifyreconcile?sysparm_data_source=ServiceNow", body, user=user)
            assert {item["operation"] for item in answer.body["result"]["items"]} == {operation}
    assert len(api.get(SERVERS)) == 200
    for user, domain in (("ann", "acme"), ("bob", "beta")):
        rows = api.get(f"{SERVERS}?sysparm_display_value=true&sysparm_exclude_reference_link=true", user=user)
        assert {row["sys_domain"] for row in rows} == {domain}
        assert len(rows) == 100


# -- rules ----------------------------------------------------------------------------------------------------


def rule(api: Api, name: str, operation: str, role: str = "") -> None:
    body = {"name": name, "operation": operation, "role": role}
    assert api.send("POST", f"{T}sys_security_acl", body).status == 201


def test_rows_that_may_not_be_read_are_dropped_after_paging(api: Api) -> None:
    """And are counted; a single one is not found."""
    response = api.send("GET", f"{SERVERS}?sysparm_limit=2", user="joe")
    assert (response.status, response.body["result"], header(response, "X-Total-Count")) == (200, [], "4")
    assert header(response, "Link") is not None
    [some, *_] = api.get(SERVERS, user="ann")
    assert error(api.send("GET", f"{SERVERS}/{some['sys_id']}", user="joe"))[0] == 404


def test_a_rule_for_a_class_comes_before_that_for_the_class_above(api: Api) -> None:
    rule(api, "cmdb_ci_linux_server", "read", "admin")
    api.configure({"records": {"cmdb_ci_win_server": [{"name": "win", "sys_domain": "acme"}]}})
    assert api.names(f"{T}cmdb_ci_server", user="ann") == ["win"]
    assert len(api.get(f"{T}cmdb_ci_server")) == 6


def test_fields_of_a_class_may_be_closed(api: Api) -> None:
    rule(api, "cmdb_ci_computer.ram", "read", "admin")
    rule(api, "cmdb_ci_linux_server.name", "write", "admin")
    made = api.send("POST", SERVERS, {"name": "new", "ram": "5"}, user="ann").body["result"]
    assert "ram" not in made
    place = f"{SERVERS}/{made['sys_id']}"
    assert api.get(place)["ram"] == "5"
    changed = api.send("PATCH", place, {"name": "other", "os": "x"}, user="ann").body["result"]
    assert (changed["name"], changed["os"]) == ("new", "x")


def test_who_may_not_read_a_field_may_not_ask_by_it_where_that_is_enforced(api: Api) -> None:
    rule(api, "cmdb_ci_computer.ram", "read", "admin")
    whole = ("ram=1", "ramISEMPTY", "ramIN1,2", "cpu_countSAMEASram")
    parts = ("ram>1", "ORDERBYram", "ramLIKE1", "cpu_countGT_FIELDram")
    asked = [f"{SERVERS}?sysparm_query={query}" for query in (*whole, *parts)]
    assert {api.send("GET", url, user="ann").status for url in asked} == {200}
    api.configure({"properties": {"glide.export.query.enforce_field_acl": True}})
    for url in asked:
        assert error(api.send("GET", url, user="ann")) == (
            403,
            "Insufficient rights to query records",
            "Field(s) present in the query do not have permission to be read",
        )
    assert api.send("GET", asked[0]).status == 200
    rule(api, "cmdb_ci_computer.ram", "query_match", "itil")
    assert [api.send("GET", url, user="ann").status for url in asked] == [200] * 4 + [403] * 4
    rule(api, "cmdb_rel_ci.child", "read", "admin")
    rule(api, "cmdb_ci.serial_number", "read", "admin")
    others = (
        "RLQUERYcmdb_rel_ci.child,>0^ENDRLQUERY",
        "RLQUERYcmdb_rel_ci.parent,>0^child=x^ENDRLQUERY",
        "JOINcmdb_ci_server.sys_id=cmdb_rel_ci.child!type=x",
        "JOINa.sys_id=cmdb_rel_ci.parent!child=x",
        "JOINcmdb_ci_server.serial_number=cmdb_rel_ci.parent!type=x",
        "companyISEMPTY^ORserial_number=x",
    )
    for query in others:  # fmt: skip
        url = f"{SERVERS}?sysparm_query={query}"
        assert (api.send("GET", url, user="ann").status, api.send("GET", url).status) == (403, 200), query


def test_what_a_reference_leads_to_is_read_by_its_own_rules(api: Api) -> None:
    """Fields that may not be read are left out, also of records that are walked to."""
    ids = {row["name"]: row["sys_id"] for row in api.get(SERVERS)}
    relation = {"parent": ids["a1"], "child": ids["g"], "type": "Runs on::Runs"}
    assert api.send("POST", f"{T}cmdb_rel_ci", relation).status == 201
    asked = f"{T}cmdb_rel_ci?sysparm_fields=parent.name,child.asset_tag,type.name,parent.company.name"
    named = {"type.name": "Runs on::Runs"}
    assert api.get(asked, user="ann") == [
        {"parent.name": "a1", "child.asset_tag": "", "parent.company.name": ""} | named
    ]
    assert api.get(asked, user="joe") == [named]
    rule(api, "cmdb_ci.asset_tag", "read", "admin")
    assert api.get(asked, user="ann") == [{"parent.name": "a1", "parent.company.name": ""} | named]
    assert "child.asset_tag" in api.get(asked)[0]


def test_a_record_has_the_fields_that_may_be_read_of_its_class(api: Api) -> None:
    rule(api, "cmdb_ci_win_server.os", "read", "admin")
    api.configure({"records": {"cmdb_ci_win_server": [{"name": "0", "os": "x", "sys_domain": "acme"}]}})
    shown = {
        row["name"]: "os" in row for row in api.get(f"{T}cmdb_ci_server?sysparm_query=ORDERBYname", user="ann")
    }
    assert shown == {"0": False, "a1": True, "a2": True, "g": True, "lab": True}


@pytest.mark.parametrize("table", ["cmn_location", "cmdb_ci_linux_server"])
def test_who_may_not_write_is_told_which_operation(api: Api, table: str) -> None:
    sys_id = api.send("POST", f"{T}{table}", {"name": "new"}).body["result"]["sys_id"]
    rule(api, "cmdb", "read", "")
    for method, operation in (("PUT", "Update"), ("PATCH", "Update"), ("DELETE", "Delete"), ("POST", "Insert")):
        place = f"{T}{table}" if method == "POST" else f"{T}{table}/{sys_id}"
        answer = api.send(method, place, {"name": "other"}, user="joe")
        said = f"ACL Exception {operation} Failed due to security constraints"
        assert error(answer) == (403, "Operation Failed", said)
    assert api.names(f"{T}{table}?sys_id={sys_id}") == ["new"]


# -- tables that are closed to clients, or open to everybody ----------------------------------------------------


def test_a_table_that_is_not_for_web_services_answers_no_client(api: Api) -> None:
    """ "Allow access to this table via web services" comes before all roles (rest.md 3.6)."""
    [row] = api.get(f"{T}sys_db_object?name=core_company")
    assert (row["ws_access"], api.get(f"{T}core_company")) == ("true", [])
    assert api.send("PATCH", f"{T}sys_db_object/{row['sys_id']}", {"ws_access": "false"}).status == 200
    for method, url in (
        ("GET", f"{T}core_company"), ("GET", f"{T}core_company/{'1' * 32}"), ("POST", f"{T}core_company"),
        ("PATCH", f"{T}core_company/{'1' * 32}"), ("DELETE", f"{T}core_company/{'1' * 32}"),
        ("GET", "/api/now/stats/core_company"),
    ):  # fmt: skip
        assert error(api.send(method, url)) == (403, "User Not Authorized", "Failed API level ACL Validation")
    assert api.send("GET", f"{T}cmn_location").status == 200
    api.send("PATCH", f"{T}sys_db_object/{row['sys_id']}", {"ws_access": "true"})
    assert api.get(f"{T}core_company") == []


def test_a_public_table_is_read_without_login(api: Api) -> None:
    assert api.send("GET", f"{T}cmn_location", user=None).status == 401
    made = api.send("POST", f"{T}sys_public", {"page": "cmn_location"}).body["result"]
    api.send("POST", f"{T}sys_public", {"page": "cmdb_ci"})
    api.send("POST", f"{T}cmn_location", {"name": "Berlin"})
    answer = api.send("GET", f"{T}cmn_location?sysparm_fields=name", user=None)
    assert (answer.body["result"], header(answer, "X-Is-Logged-In")) == ([{"name": "Berlin"}], "false")
    assert api.send("GET", "/api/now/v1/table/cmn_location", user=None).status == 200
    assert api.get("/api/now/stats/cmn_location?sysparm_count=true", user=None) == {"stats": {"count": "1"}}
    assert api.get(f"{T}cmdb_ci", user=None) == []
    assert api.send("POST", f"{T}cmn_location", {"name": "x"}, user=None).status == 403
    assert api.send("GET", f"{T}core_company", user=None).status == 401
    for wrong in ({"authorization": "Basic eA=="}, {"x-sn-apikey": "x"}):
        assert api.send("GET", f"{T}cmn_location", user=None, headers=wrong).status == 401
    api.send("PATCH", f"{T}sys_public/{made['sys_id']}", {"active": "false"})
    assert api.send("GET", f"{T}cmn_location", user=None).status == 401


def test_rules_are_the_administrators(api: Api) -> None:
    assert api.get(f"{T}sys_security_acl", user="ann") == []
    denied: Any = api.send("POST", f"{T}sys_security_acl", {"name": "*", "operation": "write"}, user="ann")
    assert error(denied)[2] == "ACL Exception Insert Failed due to security constraints"
    rule(api, "cmn_location", "create")
    assert api.send("POST", f"{T}cmn_location", {"name": "x"}, user="joe").status == 201


def test_without_any_rule_only_an_administrator_reads(api: Api) -> None:
    """Nobody is let in by a rule that is not there."""
    assert api.names(f"{T}cmn_cost_center", user="joe") == []
    api.send("POST", f"{T}cmn_cost_center", {"name": "c"})
    assert api.names(f"{T}cmn_cost_center", user="joe") == ["c"]
    for rule in api.get(f"{T}sys_security_acl?name=*&operation=read"):
        assert api.send("PATCH", f"{T}sys_security_acl/{rule['sys_id']}", {"active": False}).status == 200
    assert api.names(f"{T}cmn_cost_center", user="joe") == []
    assert api.names(f"{T}cmn_cost_center") == ["c"]
