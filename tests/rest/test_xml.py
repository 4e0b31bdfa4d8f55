"""XML in the place of JSON, for who asks for it or sends it (rest.md 3.1)."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.protocol.content import encoded
from simulator.protocol.http import XML, Response
from tests.fleet import examples
from tests.rest.client import BASE, Api, error, header

COMPANY = "1" * 32
LINUX = "/api/now/table/cmdb_ci_linux_server"
WANTS = {"accept": "application/xml"}
SENDS = {"content-type": "application/xml"}


@pytest.fixture
def api() -> Api:
    return Api({"records": {
        "core_company": [{"sys_id": COMPANY, "name": "Brown & <Co>"}],
        "cmdb_ci_linux_server": [{"name": "lx1", "company": COMPANY}, {"name": "lx2"}],
    }})  # fmt: skip


def tree(text: str | bytes) -> Xml.Element:
    """What an XML parser makes of an answer."""
    return Xml.fromstring(text)  # noqa: S314 - our own answer


def in_xml(api: Api, method: str, url: str, body: Any = None, **more: Any) -> str:
    """What a client that wants XML is sent."""
    response = api.send(method, url, body, headers=WANTS | more.pop("headers", {}), **more)
    assert response.content_type == "application/xml;charset=UTF-8"
    return encoded(response).decode()


def test_a_list_has_an_element_for_each_record_and_for_each_field(api: Api) -> None:
    declaration, response = '<?xml version="1.0" encoding="UTF-8"?>', "<response>{}</response>"
    fields = "sysparm_fields=name,company,company.name,asset_tag&sysparm_query=ORDERBYname"
    link = f"{BASE}/api/now/table/core_company/{COMPANY}"
    assert in_xml(api, "GET", f"{LINUX}?{fields}") == declaration + response.format(
        f"<result><name>lx1</name><company><value>{COMPANY}</value><link>{link}</link></company>"
        "<company.name>Brown &amp; &lt;Co&gt;</company.name><asset_tag/></result>"
        "<result><name>lx2</name><company/><company.name/><asset_tag/></result>"
    )
    assert in_xml(api, "GET", f"{LINUX}?name=none") == declaration + "<response></response>"
    assert in_xml(api, "GET", f"{LINUX}?sysparm_fields=name&name=lx2").endswith(
        "<response><result><name>lx2</name></result></response>"
    )


def test_errors_come_in_the_form_that_is_wanted(api: Api) -> None:
    for url, user, message in (
        (f"{LINUX}/{'9' * 32}", "admin", "No Record found"),
        (LINUX, None, "User Not Authenticated"),
        ("/api/now/nope", "admin", "Requested URI does not represent any resource"),
    ):
        root = tree(in_xml(api, "GET", url, user=user))
        assert (root.findtext("error/message"), root.findtext("status")) == (message, "failure")
    assert "<detail/>" in in_xml(api, "GET", "/api/now/table/nope")


def test_the_other_apis_answer_in_xml_too(api: Api) -> None:
    counted = tree(in_xml(api, "GET", "/api/now/stats/cmdb_ci_linux_server?sysparm_count=true"))
    assert counted.findtext("result/stats/count") == "2"
    item = {"items": [{"className": "cmdb_ci_linux_server", "values": {"name": "lx2"}}]}
    answered = in_xml(api, "POST", "/api/now/identifyreconcile?sysparm_data_source=ServiceNow", item)
    result = tree(answered).find("result")
    assert result is not None
    assert (result.findtext("items/operation"), result.findtext("items/errorCount")) == ("NO_CHANGE", "0")
    assert [each.tag for each in tree(in_xml(api, "GET", "/api/now/cmdb/meta/cmdb_ci"))] == ["result"]


def test_a_record_is_sent_in_xml(api: Api) -> None:
    """As the product's examples have it: a request with an entry; of several the first counts."""
    body = (
        b"<?xml version='1.0'?><request><entry><name>a &amp; b</name><ram>5</ram><asset_tag/>\n"
        b"<company><display_value>x</display_value><value>" + COMPANY.encode() + b"</value></company></entry>"
        b"<entry><name>other</name><os>x</os></entry></request>"
    )
    made = api.send("POST", LINUX, body, headers=SENDS)
    record = made.body["result"]
    assert (made.status, record["name"], record["ram"], record["company"]["value"]) == (201, "a & b", "5", COMPANY)
    assert record["os"] == ""
    assert header(made, "Location") == f"{BASE}{LINUX}/{record['sys_id']}"
    assert len(api.get(LINUX)) == 3
    for method, ram in (("PUT", "6"), ("PATCH", "7")):
        body = f"<request><entry><ram>{ram}</ram></entry></request>".encode()
        changed = in_xml(api, method, f"{LINUX}/{record['sys_id']}", body, headers=SENDS)
        assert tree(changed).findtext("result/ram") == ram
        assert tree(changed).findtext("result/name") == "a & b"
    cleared = b"<request><entry><ram/></entry></request>"
    assert api.send("PUT", f"{LINUX}/{record['sys_id']}", cleared, headers=SENDS).body["result"]["ram"] == ""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<request><entry>", "expected XML: "),
        (b"{}", "expected XML: "),
        (b"", "expected XML: "),
        (b"<?xml version='1.0' encoding='none'?><request/>", "expected XML: "),
        (b"<request/>", "expected XML with <request><entry>"),
        (b"<entry><name>x</name></entry>", "expected XML with <request><entry>"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><request><entry><name>&a;</name></entry></request>", "document type"),
        (b"<request><entry>" + b"<a>" * 100_000, "expected XML: "),
    ],
)
def test_a_body_that_is_no_entry_is_refused(api: Api, body: bytes, said: str) -> None:
    status, message, detail = error(api.send("POST", LINUX, body, headers=SENDS))
    assert (status, message) == (400, "Exception while reading request")
    assert said in (detail or "")
    assert len(api.get(LINUX)) == 2


@pytest.mark.parametrize(
    ("accept", "is_xml"),
    [
        ("application/xml;q=0.9, */*;q=0.8", True),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("application/json;q=0.1, application/xml", True),
        ("APPLICATION/XML ; charset=utf-8", True),
        ("application/json, application/xml", False),
        ("application/xml;q=0, */*", False),
        ("application/xml;q=none", True),
        ("*/*", False),
        ("", False),
    ],
)
def test_the_form_that_a_client_likes_best_is_chosen(api: Api, accept: str, is_xml: bool) -> None:
    response = api.send("GET", LINUX, headers={"accept": accept})
    assert (response.status, "xml" in response.content_type) == (200, is_xml)


@pytest.mark.parametrize("accept", ["text/csv", "text/xml", "application/json;q=0", "image/*"])
def test_a_form_that_there_is_not_is_refused(api: Api, accept: str) -> None:
    assert error(api.send("GET", LINUX, headers={"accept": accept}))[:2] == (406, "Not Acceptable")


def test_what_is_no_record_and_no_file_is_sent_in_json_only(api: Api) -> None:
    body = b"<request><entry><url>/x</url></entry></request>"
    refused = api.send("POST", "/api/now/tinyurl", body, headers=SENDS)
    assert error(refused) == (
        415, "Unsupported Media Type", "expected Content-Type: application/json, got application/xml",
    )  # fmt: skip
    assert error(api.send("POST", LINUX, b"a=b", headers={"content-type": "text/plain"}))[2] == (
        "expected Content-Type: application/json or application/xml, got text/plain"
    )
    place = f"table_name=core_company&table_sys_id={COMPANY}"
    added = api.send("POST", f"/api/now/attachment/file?file_name=a.xml&{place}", b"<a/>", headers=SENDS | WANTS)
    assert (added.status, added.content_type) == (201, XML)
    got = api.send("GET", f"/api/now/attachment/{added.body['result']['sys_id']}/file", headers=WANTS)
    assert (got.body, got.content_type) == (b"<a/>", "application/xml")


def test_each_request_of_a_batch_has_a_form_of_its_own(api: Api) -> None:
    url = f"{LINUX}?name=lx1&sysparm_fields=name"
    parts = [
        {"id": "1", "method": "GET", "url": url, "headers": [{"name": "Accept", "value": "application/xml"}]},
        {"id": "2", "method": "GET", "url": url},
    ]
    body = {"batch_request_id": 1, "rest_requests": parts}
    one, two = api.send("POST", "/api/now/v1/batch", body).body["serviced_requests"]
    kinds = [[each["value"] for each in it["headers"] if each["name"] == "Content-Type"] for it in (one, two)]
    assert kinds == [["application/xml;charset=UTF-8"], ["application/json;charset=UTF-8"]]


TEXT = st.text(max_size=20) | st.sampled_from(["\0", "\ud800", "]]>", "a\r\nb", "\x7f", "&amp;"])
KEYS = st.sampled_from(["a", "b.c", "1", "", "ü", "a b", "-x", "<"])
CONTENT = st.recursive(
    TEXT | st.none() | st.booleans() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(content=CONTENT, text=TEXT)
@examples(100, nightly=5_000)
def test_any_answer_is_xml_and_keeps_what_xml_can_say(content: object, text: str) -> None:
    root = tree(encoded(Response(200, {"result": content, "said": text}, (), XML)))
    said = root.findtext("said") or ""
    assert len(said) == len(text)
    assert all(one in (other, "\ufffd") for one, other in zip(said, text, strict=True))
    assert text.isprintable() <= (said == text)
