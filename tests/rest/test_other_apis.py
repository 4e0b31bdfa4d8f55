"""Identification and Reconciliation, CMDB Instance and Meta, Aggregate, Attachment, batch, tiny URLs."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.rest.client import BASE, Api, error, header

IRE = "/api/now/identifyreconcile"
INSTANCE = "/api/now/cmdb/instance/cmdb_ci_linux_server"
USERS = {"ann": {"roles": ["itil"]}, "joe": {"roles": []}}
SERVERS = [
    {"sys_id": f"{number:032x}", "name": f"lx{number}", "ram": str(number * 1000), "install_status": status}
    for number, status in enumerate("11177", start=1)
]


@pytest.fixture
def api() -> Api:
    return Api({"users": USERS, "records": {"cmdb_ci_linux_server": SERVERS}})


def payload(name: str, **values: str) -> dict[str, Any]:
    return {"items": [{"className": "cmdb_ci_linux_server", "values": {"name": name, **values}}]}


# -- Identification and Reconciliation ------------------------------------------------------------------------


def test_the_four_endpoints_answer_and_two_of_them_commit(api: Api) -> None:
    def item(path: str, **more: Any) -> dict[str, Any]:
        found: dict[str, Any] = api.send("POST", f"{IRE}{path}", payload("new"), **more).body["result"]["items"][0]
        return found

    for path in ("/query", "/queryEnhanced"):
        assert item(f"{path}?sysparm_data_source=ServiceNow")["operation"] == "INSERT"
        assert api.get("/api/now/table/cmdb_ci?name=new") == []
    made = item("?sysparm_data_source=ServiceNow", user="ann")
    assert made["operation"] == "INSERT"
    assert api.get(f"/api/now/table/cmdb_ci_linux_server/{made['sysId']}")["name"] == "new"
    again = item("/enhanced?sysparm_data_source=ServiceNow&options=generate_summary:true")
    assert (again["operation"], again["sysId"]) == ("NO_CHANGE", made["sysId"])


def test_places_and_people_are_identified_by_the_rules_of_a_setup() -> None:
    rules = [
        {"name": table, "applies_to": table, "entries": [{"order": 1, "attributes": [attribute]}]}
        for table, attribute in (("cmn_location", "name"), ("sys_user", "user_name"))
    ]
    api = Api({"users": USERS, "identifiers": rules})
    path = f"{IRE}?sysparm_data_source=ServiceNow"
    body = {
        "items": [
            {"className": "cmn_location", "values": {"name": "Berlin"}},
            {"className": "sys_user", "values": {"user_name": "mia"}},
        ]
    }
    made = api.send("POST", path, body, user="ann").body["result"]["items"]
    assert [each["operation"] for each in made] == ["INSERT", "INSERT"]
    assert api.get(f"/api/now/table/cmn_location/{made[0]['sysId']}")["name"] == "Berlin"
    assert api.send("POST", path, body, user="mia").status == 403


def test_failures_of_the_engine_stand_in_an_answer_of_200(api: Api) -> None:
    result = api.send("POST", IRE, {**payload("x"), "sysparm_data_source": "ServiceNow"}).body["result"]
    assert result["hasError"] is True
    assert "invalid data source [null]" in result["items"][0]["errors"][0]["message"]
    assert api.send("POST", IRE, b"{").body["result"]["hasError"] is True


def test_who_may_not_call_and_what_cannot_be_called(api: Api) -> None:
    assert error(api.send("POST", IRE, payload("x"), user="joe"))[:2] == (403, "User Not Authorized")
    assert error(api.send("POST", IRE, payload("x"), user=None))[:2] == (401, "User Not Authenticated")
    broken = api.send("POST", f"{IRE}/enhanced?options=nonsense", payload("x"))
    assert error(broken)[0] == 500
    assert error(broken)[2] == "Chunk [nonsense] is not a valid entry"
    assert api.send("GET", IRE).status == 405
    assert api.send("POST", IRE, b"\xff").status == 400


# -- CMDB Instance and Meta -----------------------------------------------------------------------------------


def test_a_ci_comes_with_its_relations_through_the_engine(api: Api) -> None:
    runs = api.get("/api/now/table/cmdb_rel_type?name=Runs on::Runs")[0]["sys_id"]
    host = SERVERS[0]["sys_id"]
    body = {
        "attributes": {"name": "new", "ram": "1"},
        "outbound_relations": [{"type": runs, "target": host}],
        "source": "ServiceNow",
    }
    shown = api.send("POST", INSTANCE, body, user="ann").body["result"]
    sys_id = shown["attributes"]["sys_id"]
    assert api.get(f"/api/now/table/cmdb_ci_linux_server/{sys_id}")["discovery_source"] == "ServiceNow"
    [relation] = shown["outbound_relations"]
    assert relation["type"]["display_value"] == "Runs on::Runs"
    assert relation["target"] == {
        "display_value": "lx1", "value": host, "link": f"{BASE}/api/now/cmdb/instance/cmdb_ci/{host}",
    }  # fmt: skip
    assert api.send("POST", INSTANCE, body).body["result"]["attributes"]["sys_id"] == sys_id
    assert len(api.get(f"{INSTANCE}/{host}")["inbound_relations"]) == 1
    assert api.send("DELETE", f"{INSTANCE}/{sys_id}/relation/{relation['sys_id']}").status == 204
    assert api.get(f"{INSTANCE}/{sys_id}")["outbound_relations"] == []
    back = {"inbound_relations": [{"type": runs, "target": host}]}
    assert len(api.send("POST", f"{INSTANCE}/{sys_id}/relation", back).body["result"]["inbound_relations"]) == 1


def test_a_ci_is_changed_by_its_source_and_errors_are_told(api: Api) -> None:
    place = f"{INSTANCE}/{SERVERS[0]['sys_id']}"
    for method, ram in (("PATCH", "5"), ("PUT", "6")):
        changed = api.send(method, place, {"attributes": {"ram": ram}, "source": "ServiceNow"}).body["result"]
        assert (changed["attributes"]["ram"], changed["attributes"]["name"]) == (ram, "lx1")
    above = place.replace("cmdb_ci_linux_server", "cmdb_ci")
    kept = api.send("PATCH", above, {"attributes": {"name": "x"}, "source": "ServiceNow"}).body["result"]
    assert kept["attributes"]["sys_class_name"] == "cmdb_ci_linux_server"
    refused = api.send("PATCH", place, {"attributes": {"ram": "5"}, "source": "nowhere"})
    assert error(refused)[0] == 400
    assert "invalid data source [nowhere]" in (error(refused)[2] or "")
    assert error(api.send("GET", "/api/now/cmdb/instance/nope"))[:2] == (400, "Invalid class nope")
    assert api.send("GET", INSTANCE, user="joe").status == 403
    assert api.get(f"{INSTANCE}?sysparm_limit=2&sysparm_query=ORDERBYname") == [
        {"sys_id": row["sys_id"], "name": row["name"]} for row in SERVERS[1:3]
    ]


def test_a_class_tells_of_itself(api: Api) -> None:
    about = api.get("/api/now/cmdb/meta/cmdb_ci_linux_server")
    assert (about["name"], about["label"], about["parent"]) == (
        "cmdb_ci_linux_server",
        "Linux Server",
        "cmdb_ci_server",
    )
    attributes = {one["element"]: one for one in about["attributes"]}
    assert attributes["company"]["reference"] == "core_company"
    assert attributes["ram"] | {"type": "integer", "is_inherited": "true"} == attributes["ram"]
    tomcat = api.get("/api/now/cmdb/meta/cmdb_ci_app_server_tomcat")
    assert {"parent", "child", "relation_type"} == set(tomcat["relationship_rules"][0])


# -- Aggregate ------------------------------------------------------------------------------------------------

STATS = "/api/now/stats/cmdb_ci_linux_server"


def test_numbers_over_all_records_are_texts(api: Api) -> None:
    fields = {"avg": "ram,nope", "min": "name,ram", "max": "ram", "sum": "ram"}
    asked = "&".join(["sysparm_count=true", *(f"sysparm_{name}_fields={some}" for name, some in fields.items())])
    assert api.get(f"{STATS}?{asked}&sysparm_query=ram>1000") == {
        "stats": {
            "count": "4",
            "avg": {"ram": "3500.0000"},
            "min": {"name": "lx2", "ram": "2000"},
            "max": {"ram": "5000"},
            "sum": {"ram": "14000"},
        }
    }
    assert api.get(f"{STATS}?sysparm_count=true&sysparm_query=name=none") == {"stats": {"count": "0"}}


def test_groups_are_filtered_and_ordered(api: Api) -> None:
    def groups(more: str) -> list[tuple[str, str]]:
        found = api.get(f"{STATS}?sysparm_count=true&sysparm_group_by=install_status&{more}")
        return [(one["groupby_fields"][0]["value"], one["stats"]["count"]) for one in found]

    assert groups("") == [("1", "3"), ("7", "2")]
    assert groups("sysparm_display_value=true") == [("Installed", "3"), ("Retired", "2")]
    assert groups("sysparm_having=count^install_status^>^2") == [("1", "3")]
    assert groups("sysparm_order_by=COUNT") == [("7", "2"), ("1", "3")]
    assert groups("sysparm_order_by=DESCinstall_status") == [("7", "2"), ("1", "3")]
    assert groups("sysparm_order_by=SUM^ram^DESC") == [("7", "2"), ("1", "3")]
    both = api.get(f"{STATS}?sysparm_group_by=install_status&sysparm_display_value=all")[0]["groupby_fields"]
    assert both == [{"field": "install_status", "value": "1", "display_value": "Installed"}]
    assert api.send("GET", f"{STATS}?sysparm_having=count").status == 400
    assert api.send("GET", "/api/now/stats/nope").status == 400
    refused = api.send("GET", f"{STATS}?sysparm_count=true", user="joe")
    assert error(refused) == (403, "Insufficient rights to query records", None)


# -- Attachment -----------------------------------------------------------------------------------------------

FILES = "/api/now/attachment"
OF = f"table_name=cmdb_ci_linux_server&table_sys_id={SERVERS[0]['sys_id']}"


def test_a_file_comes_back_as_it_was_and_goes_with_its_record(api: Api) -> None:
    """Trap 11."""
    content = bytes(range(256))
    added = api.send("POST", f"/api/now/v1/attachment/file?file_name=a%20b.bin&{OF}", content, headers={
        "content-type": "image/png",
    })  # fmt: skip
    assert added.status == 201
    about = added.body["result"]
    assert header(added, "Location") == f"{BASE}/api/now/v1/attachment/{about['sys_id']}/file"
    named = {"file_name": "a b.bin", "content_type": "image/png", "size_bytes": "256"}
    assert (named | {"hash": hashlib.sha256(content).hexdigest()}).items() <= about.items()
    downloaded = api.send("GET", about["download_link"].removeprefix(BASE), headers={"accept": "image/*"})
    assert (downloaded.body, downloaded.content_type) == (content, "image/png")
    assert json.loads(header(downloaded, "X-Attachment-Metadata") or "") == about
    listed = api.send("GET", f"{FILES}?sysparm_query=table_sys_id={SERVERS[0]['sys_id']}")
    assert (listed.body["result"], header(listed, "X-Total-Count")) == ([about], "1")
    assert api.get(f"{FILES}/{about['sys_id']}") == about
    api.send("DELETE", f"/api/now/table/cmdb_ci_linux_server/{SERVERS[0]['sys_id']}")
    assert api.get(FILES) == []
    assert api.send("GET", f"{FILES}/{about['sys_id']}/file").status == 404


def test_a_form_is_uploaded_and_a_file_deleted(api: Api) -> None:
    parts = [
        'name="table_name"\r\n\r\ncmdb_ci_linux_server',
        f'name="table_sys_id"\r\n\r\n{SERVERS[1]["sys_id"]}',
        'name="uploadFile"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhello',
    ]
    form = "".join(f"--x\r\nContent-Disposition: form-data; {part}\r\n" for part in parts) + "--x--\r\n"
    headers = {"content-type": "multipart/form-data; boundary=x"}
    about = api.send("POST", f"{FILES}/upload", form.encode(), headers=headers).body["result"]
    assert (about["file_name"], about["content_type"], about["size_bytes"]) == ("a.txt", "text/plain", "5")
    assert api.send("GET", f"{FILES}/{about['sys_id']}/file").body == b"hello"
    assert api.send("DELETE", f"{FILES}/{about['sys_id']}").status == 204
    assert api.get(FILES) == []
    assert api.send("POST", f"{FILES}/upload", b"x", headers=headers).status == 400
    assert api.send("POST", f"{FILES}/file?file_name=x", b"x").status == 400
    assert api.send("POST", f"{FILES}/file?file_name=x&table_name=cmdb_ci&table_sys_id=x", b"x").status == 404


def test_a_list_of_files_has_a_thousand_where_it_does_not_say(api: Api) -> None:
    rows = [
        {"file_name": f"f{number}", "size_bytes": "0", "table_name": "cmdb_ci_linux_server", "hash": "x",
         "table_sys_id": SERVERS[0]["sys_id"]}
        for number in range(1001)
    ]  # fmt: skip
    api.configure({"records": {"sys_attachment": rows}})
    response = api.send("GET", FILES)
    assert (len(response.body["result"]), header(response, "X-Total-Count")) == (1000, "1001")
    assert len(api.get(f"{FILES}?sysparm_limit=1001")) == 1001


def test_who_may_not_read_a_record_sees_none_of_its_files(api: Api) -> None:
    about = api.send("POST", f"{FILES}/file?file_name=x&{OF}", b"x").body["result"]
    assert api.get(FILES, user="joe") == []
    for path in (about["sys_id"], f"{about['sys_id']}/file"):
        assert api.send("GET", f"{FILES}/{path}", user="joe").status == 404


def test_who_may_add_and_delete_files_is_said_by_access_rules(api: Api) -> None:
    """As for records of every table; who may read the record may read its files (rest.md 3.6)."""
    asked = ("POST", f"{FILES}/file?file_name=x&{OF}", b"x")
    about = api.send(*asked, user="ann").body["result"]
    path = f"{FILES}/{about['sys_id']}"
    for rule in api.get("/api/now/table/sys_security_acl?name=sys_attachment"):
        api.send("PATCH", f"/api/now/table/sys_security_acl/{rule['sys_id']}", {"role": "admin"})
    for refused, word in ((("DELETE", path), "Delete"), (asked, "Insert")):
        detail = f"ACL Exception {word} Failed due to security constraints"
        assert error(api.send(*refused, user="ann")) == (403, "Operation Failed", detail)
    assert api.get(FILES, user="ann") == [about]
    assert api.send("DELETE", path).status == 204
    assert api.get(FILES) == []


# -- sys_ids as clients write them ----------------------------------------------------------------------------


def test_a_sys_id_may_come_in_capitals_and_is_kept_and_shown_as_all_are() -> None:
    """In a path, in a query and in a body; of everything that is found by one."""
    lower, upper, other = "ab" * 16, "AB" * 16, "cd" * 16
    api = Api({"records": {"cmdb_ci_linux_server": [{"sys_id": one, "name": one} for one in (lower, other)]}})
    table, ci = f"/api/now/table/cmdb_ci_linux_server/{upper}", f"{INSTANCE}/{upper}"
    assert api.get(table)["sys_id"] == lower
    assert api.send("PATCH", table, {"ram": "4"}).body["result"]["sys_id"] == lower
    added = api.send("POST", f"{FILES}/file?file_name=x&{OF.rpartition('=')[0]}={upper}", b"abc").body["result"]
    assert added["table_sys_id"] == lower
    file = f"{FILES}/{added['sys_id'].upper()}"
    assert api.get(file)["sys_id"] == added["sys_id"]
    assert api.send("GET", f"{file}/file").body == b"abc"
    assert api.send("DELETE", file).status == 204
    assert api.get(FILES) == []
    ends = {"outbound_relations": [{"type": "Depends on::Used by", "target": other.upper()}]}
    for _ in range(2):
        [relation] = api.send("POST", f"{ci}/relation", ends).body["result"]["outbound_relations"]
    assert relation["target"]["value"] == other
    assert api.send("PATCH", ci, {"attributes": {"ram": "8"}, "source": "ServiceNow"}).status == 200
    assert api.get(table)["ram"] == "8"
    assert api.send("DELETE", f"{ci}/relation/{relation['sys_id'].upper()}").status == 204
    values = {"parent": upper, "child": other.upper(), "type": "Depends on::Used by"}
    made = api.send("POST", "/api/now/table/cmdb_rel_ci?sysparm_exclude_reference_link=true", values).body[
        "result"
    ]
    assert (made["parent"], made["child"]) == (lower, other)
    assert api.send("DELETE", table).status == 204
    assert api.names("/api/now/table/cmdb_ci_linux_server") == [other]


# -- batch and tiny URLs --------------------------------------------------------------------------------------


def test_a_batch_serves_each_request_with_the_rights_of_the_caller(api: Api) -> None:
    """Trap 7: the id comes back as a text, and its requests need no headers of their own."""
    url = "/api/now/table/cmdb_ci_linux_server"
    wanted = [
        {"id": "1", "method": "GET", "url": f"{url}?sysparm_query={quote('name=lx1')}&sysparm_fields=name"},
        {"id": "2", "method": "POST", "url": url, "body": base64.b64encode(b'{"name": "b"}').decode(),
         "headers": [{"name": "Content-Type", "value": "application/json"}]},
        {"id": "3", "method": "DELETE", "url": f"{url}/{SERVERS[4]['sys_id']}"},
        {"id": "4", "method": "GET", "url": "/api/now/nope"},
        {"id": "5", "method": "POST", "url": "/api/now/v1/batch", "body": ""},
    ]  # fmt: skip
    answer = api.send(
        "POST", "/api/now/v1/batch", {"batch_request_id": 7, "rest_requests": wanted}, user="ann"
    ).body
    assert (answer["batch_request_id"], answer["unserviced_requests"]) == ("7", ["5"])
    served = {one["id"]: one for one in answer["serviced_requests"]}
    assert {id_: (one["status_code"], one["status_text"]) for id_, one in served.items()} == {
        "1": (200, "OK"), "2": (201, "Created"), "3": (403, "Forbidden"), "4": (400, "Bad Request"),
    }  # fmt: skip
    assert json.loads(base64.b64decode(served["1"]["body"])) == {"result": [{"name": "lx1"}]}
    assert {"name": "X-Total-Count", "value": "1"} in served["1"]["headers"]
    assert {"name": "Content-Type", "value": "application/json;charset=UTF-8"} in served["1"]["headers"]
    assert api.names(f"{url}?name=b") == ["b"]
    unreadable: list[Any] = [b"[", b"[]", {"rest_requests": [{}]}, {"rest_requests": 3}]
    for body in unreadable:
        assert api.send("POST", "/api/now/batch", body).status == 400


def test_what_is_too_large_for_a_batch_is_not_served(api: Api) -> None:
    """5 MiB for each request, 10 MiB for each answer (rest.md 3.8)."""
    url = f"/api/now/attachment/file?file_name=x&{OF}"
    parts = [
        {
            "id": str(more),
            "method": "POST",
            "url": url,
            "body": base64.b64encode(b"x" * (2**19 * 10 + more)).decode(),
        }
        for more in (0, 1)
    ]
    answers = [api.send("POST", "/api/now/v1/batch", {"rest_requests": [part]}).body for part in parts]
    assert [len(answer["serviced_requests"]) for answer in answers] == [1, 0]
    assert answers[1]["unserviced_requests"] == ["1"]
    [about] = api.get(FILES)
    large = api.send("POST", url, b"x" * (2**20 * 10)).body["result"]
    for sys_id, is_served in ((about["sys_id"], True), (large["sys_id"], True)):
        part = {"id": "1", "method": "GET", "url": f"{FILES}/{sys_id}/file"}
        answer = api.send("POST", "/api/now/v1/batch", {"rest_requests": [part]}).body
        assert bool(answer["serviced_requests"]) is is_served
    whole = {"id": "1", "method": "GET", "url": "/api/now/table/sys_tiny_url"}
    for _ in range(2):
        api.send("POST", "/api/now/tinyurl", {"url": "/" + "x" * (2**20 * 6)})
    answer = api.send("POST", "/api/now/v1/batch", {"rest_requests": [whole]}).body
    assert (answer["serviced_requests"], answer["unserviced_requests"]) == ([], ["1"])


def test_headers_of_a_batch_s_answers_can_be_left_out(api: Api) -> None:
    part = {"id": "1", "method": "GET", "url": "/api/now/table/cmdb_ci", "exclude_response_headers": True}
    answer = api.send("POST", "/api/now/v1/batch", {"rest_requests": [part]}).body
    assert answer["serviced_requests"][0]["headers"] == []


def test_a_long_url_has_a_short_form(api: Api) -> None:
    """Trap 13."""
    query = "^OR".join(f"name=lx{number}" for number in range(300, 0, -1))
    long = f"/api/now/table/cmdb_ci_linux_server?sysparm_query={query}&sysparm_fields=name"
    short = api.send("POST", "/api/now/tinyurl", {"url": long}).body["result"]
    assert len(short) < 120
    assert api.get(f"{short}&sysparm_limit=2") == [{"name": "lx1"}, {"name": "lx2"}]
    assert api.send("POST", "/api/now/tinyurl", {}).status == 400
