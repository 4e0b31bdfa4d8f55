"""Whatever is sent: the documented error or a clear one, nothing half-written, and the CMDB works on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cmdb.engine import Result
from simulator.protocol.cmdb import Identify
from tests.cmdb.base import NOW, Instance
from tests.cmdb.cases import item
from tests.cmdb.separated import LINUX, SOURCE, STRICT, Separated
from tests.fleet import examples

VALID: dict[str, Any] = {
    "items": [
        {
            "className": "cmdb_ci_web_server",
            "values": {"name": "w", "running_process_command": "c", "running_process_key_parameters": "k"},
            "internal_id": "web",
            "settings": {"updateWithoutSwitch": True},
            "classUpgrade": True,
            "display_values": {"company": "none"},
        },
        {
            "className": LINUX,
            "values": {"name": "lx1", "ram": 4096, "virtual": False},
            "internal_id": "host",
            "lookup": [
                {
                    "className": "cmdb_serial_number",
                    "values": {"serial_number": "1", "serial_number_type": "uuid"},
                    "internal_id": "serial",
                    "sys_object_source_info": {"source_name": SOURCE, "source_native_key": "s-1"},
                }
            ],
            "related": [{"className": "cmdb_print_queue_instance", "values": {"name": "q"}}],
            "sys_object_source_info": {
                "source_name": SOURCE,
                "source_native_key": "lx-1",
                "source_feed": "feed",
                "source_recency_timestamp": "2026-01-05 10:00:00",
            },
        },
    ],
    "relations": [
        {"parent": 0, "child": 1, "type": "Runs on::Runs"},
        {
            "parent_id": "host",
            "child_id": "web",
            "type": "IP Connection::IP Connection",
            "sys_rel_source_info": {"source_name": SOURCE, "source_feed": "feed"},
        },
    ],
    "referenceItems": [{"referenceField": "assigned_to", "referenced": "host", "referencedBy": "web"}],
}
FIT = json.dumps({"items": [item(LINUX, name="fit")]})
ODD: list[Any] = [
    *(None, True, False, 0, -1, 1, 99, 10**30, -(10**400), 0.5, 1e308, "", " ", "x", "0", "99", "-1", "9" * 5000),
    *(
        [],
        [[]],
        [None],
        ["x"],
        [{}],
        {},
        {"x": {}},
        {"": ""},
        {"name": []},
        "\x00",
        "a\x00b",
        "\ud800",
        "\U0001f600",
    ),
    *("'; drop table cmdb; --", '"', "%_*", "global", "Unknown", "null", "2026-13-45 99:99:99", {"sys_id": "x"}),
]


CALLS: list[dict[str, Any]] = [{}, {"enhanced": True}, {"query": True}, {"enhanced": True, "query": True}]


@cache
def _shared() -> Separated:
    """One instance for all payloads: if one of them broke it, those after would show it."""
    return Separated(STRICT)


def send(instance: Separated, body: str, cause: str = "bad", **call: Any) -> dict[str, Any]:
    """The response to any text."""
    identify = Identify(user="u_acme", source=SOURCE, body=body, **call)
    result = instance.cmdb.identify(identify, cause, NOW)
    assert isinstance(result, Result)
    json.dumps(result.response).encode()
    return result.response


def assert_survived(body: str, *calls: dict[str, Any]) -> None:
    """An answer in every way of calling, no row left by what is refused as a whole, and the store fit for use."""
    instance = _shared()
    connection = instance.connection
    for call in calls or CALLS:
        connection.execute("begin")
        try:
            before = connection.serialize()
            response = send(instance, body, **call)
            if call.get("query") or response.get("errors") or (not call and response["hasError"]):
                assert connection.serialize() == before
            problems = [problem for each in response["items"] for problem in each.get("errors", ())]
            for problem in [*response.get("errors", ()), *problems]:
                assert problem["error"].isupper()
                assert problem["message"].strip()
            assert send(instance, FIT, "good")["items"][0]["operation"] == "INSERT"
        finally:
            connection.execute("rollback")


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every part of a JSON value."""
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from places(part, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    """The JSON value with another part in one place."""
    if not path:
        return by
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[path[0]] = replaced(value[path[0]], path[1:], by)
    return changed


@pytest.mark.parametrize("path", list(places(VALID)), ids=lambda path: ".".join(map(str, path)) or "body")
def test_any_field_may_be_of_any_other_type(path: tuple[Any, ...]) -> None:
    for number, odd in enumerate(ODD):
        assert_survived(json.dumps(replaced(VALID, path, odd)), CALLS[number % 2], CALLS[2 + number % 2])


def deep(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    "body",
    [
        *("", " ", "{", "}", "[]", "null", "true", "1", '"items"', "items", '{"items"}', '{"items": [}', "NaN"),
        *("\ufeff{}", '{"items": NaN}'),
        *('{"items": [{"className": "cmdb_ci", "values": {"name": Infinity}}]}', "{'items': []}"),
        *('{"items": [1,]}', "<items/>", "\x00", "{\x00}", "\ud800", '{"items": [{"className": "\\ud800"}]}'),
        *('{"items": [{"className": "cmdb_ci_server", "values": {"name": "a\nb"}}]}', '{"items": 1e999}'),
        '{"items": [{"className": "cmdb_ci_server", "values": {"ram": ' + "9" * 5000 + "}}]}",
        '{"items": [{"className": "cmdb_ci_server", "values": {"name": "a\\u0000b"}}]}',
        *(deep(100), deep(100_000), '{"items": ' + deep(5000) + "}"),
        '{"items": [{"className": ' + deep(500) + "}]}",
    ],
)  # fmt: skip
def test_what_is_no_payload_is_told(body: str) -> None:
    assert_survived(body)
    response = send(_shared(), body, query=True)
    assert response["hasError"] is True
    assert response["errors"][0]["message"].startswith("Error occurred during parsing input json payload: ")


@pytest.mark.parametrize("depth", [10, 90, 101, 500, 900, 950, 985, 986, 987, 988, 2000])
def test_parts_that_nobody_reads_may_be_ninety_levels_deep(depth: int) -> None:
    named = '"className": "cmdb_ci_server", "values": {"name": "n"}, "sys_object_source_info": {}'
    for body in (
        f'{{"items": [{{{named}}}], "x": {deep(depth)}}}',
        f'{{"items": [{{{named}, "x": {deep(depth)}}}]}}',
        f'{{"items": [{{{named}}}], "relations": [{{"parent": 0, "child": 7, "x": {deep(depth)}}}]}}',
        f'{{"items": [{{"className": "no_class", "settings": {{"x": {deep(depth)}}}}}]}}',
    ):
        assert_survived(body)
        assert ("errors" in send(_shared(), body, query=True)) is (depth > 100)


def test_one_bad_item_in_ten_thousand_leaves_nothing_and_ten_thousand_bad_ones_are_kept() -> None:
    instance = Separated(STRICT)
    before = instance.connection.serialize()
    good = [item(LINUX, name=f"n{number}") for number in range(9_999)]
    response = send(instance, json.dumps({"items": [*good, item("no_class")]}))
    codes = [each["errors"][0]["error"] for each in response["items"]]
    assert codes == ["ABANDONED"] * 9_999 + ["IDENTIFICATION_RULE_MISSING"]
    assert instance.connection.serialize() == before
    bad = [item(f"no_class{number}") for number in range(10_000)]
    assert send(instance, json.dumps({"items": bad}), "bad too", enhanced=True)["hasError"]
    assert len(instance.all("cmdb_ire_incomplete_payloads")) == 10_000


def test_relations_in_a_circle_are_relations_like_any_other_where_nothing_depends() -> None:
    names = [item(LINUX, name=f"n{number}") for number in range(50)]
    ring = [{"parent": one, "child": (one + 1) % 50, "type": "IP Connection::IP Connection"} for one in range(50)]
    itself = {"parent": 0, "child": 0, "type": "IP Connection::IP Connection"}
    instance = Separated(STRICT)
    response = send(instance, json.dumps({"items": names, "relations": [*ring, itself]}))
    assert not response["hasError"]
    assert len(instance.all("cmdb_rel_ci")) == 51


def test_dependents_in_a_circle_are_refused_however_long_it_is() -> None:
    for count in (1, 2, 3, 500):
        apps = [item("cmdb_ci_web_site", name=f"n{number}") for number in range(count)]
        hosts = [item("cmdb_ci_web_server", name=f"n{number}", cl_port="1") for number in range(count)]
        hosting = [{"parent": one, "child": count + one, "type": "Hosted on::Hosts"} for one in range(count)]
        ring = [
            {"parent": count + one, "child": count + (one + 1) % count, "type": "Runs on::Runs"}
            for one in range(count)
        ]
        assert_survived(json.dumps({"items": [*apps, *hosts], "relations": [*hosting, *ring]}))


def test_of_values_of_two_megabytes_is_kept_what_their_columns_hold() -> None:
    instance = Separated(STRICT)
    long = "x" * 2_000_000
    sent = {"items": [item(LINUX, name=long, short_description="'" * 2_000_000)]}
    (found,) = send(instance, json.dumps(sent))["items"]
    row = instance.get("cmdb_ci", found["sysId"])
    assert (row["name"], row["short_description"]) == ("x" * 255, "'" * 1000)
    (again,) = send(instance, json.dumps(sent), "again")["items"]
    assert (again["operation"], again["sysId"]) == ("NO_CHANGE", found["sysId"])
    for path in (("items", 0, "className"), ("items", 1, "internal_id"), ("relations", 0, "type")):
        assert_survived(json.dumps(replaced(VALID, path, long)))


@pytest.mark.parametrize(
    "text",
    [
        "'; drop table cmdb; --", '"; delete from cmdb; --', "a' or '1'='1", "%", "_", "\\", "\r\n\t",
        "\u202e", "\U0001f600", "null", "None", "true", "0", "-0", "1e5", " padded ",
        "javascript:gs.now()", "a^NQname=b",
    ],
)  # fmt: skip
def test_any_text_is_a_value_and_is_found_again(text: str) -> None:
    instance = Separated(STRICT)
    serial = {"className": "cmdb_serial_number", "values": {"serial_number": text, "serial_number_type": text}}
    key = {"source_name": SOURCE, "source_native_key": text}
    for sent in (
        item(LINUX, name=text),
        {**item(LINUX, os="x"), "lookup": [serial]},
        {**item(LINUX, name="keyed"), "sys_object_source_info": key},
    ):
        body = json.dumps({"items": [sent]})
        (found,) = send(instance, body, f"first {len(instance.all('cmdb'))}")["items"]
        (again,) = send(instance, body, f"again {len(instance.all('cmdb'))}")["items"]
        assert (found["operation"], again["operation"], again["sysId"]) == ("INSERT", "NO_CHANGE", found["sysId"])
    names = [row["name"] for row in instance.all(LINUX)]
    assert (len(names), names.count(text)) == (3, 1)


@pytest.mark.parametrize(
    "name", ["", " ", "name; drop table cmdb", 'na"me', "name'", "\x00", "NAME", "sys_mod_count", "rowid"]
)
def test_a_field_that_does_not_exist_is_left_out_whatever_it_is_called(name: str) -> None:
    body = {"items": [{"className": LINUX, "values": {"name": "a", name: "x"}}]}
    assert_survived(json.dumps(body))
    assert send(_shared(), json.dumps(body), query=True)["items"][0]["operation"] == "INSERT"


@pytest.mark.parametrize(
    "name", ["cmdb", "cmdb_ci", "sys_user", "sqlite_schema", "no", " ", "cmdb_ci'; --", "\x00", "CMDB_CI"]
)
def test_a_class_without_a_rule_is_refused_whatever_it_is_called(name: str) -> None:
    assert_survived(json.dumps({"items": [item(name, name="a")]}))
    (found,) = send(_shared(), json.dumps({"items": [item(name, name="a")]}), query=True)["items"]
    assert found["errors"][0]["message"] == f"Identity Rule Missing for table [{name}]"


def test_of_a_key_that_comes_twice_the_last_counts() -> None:
    twice = f'{{"className": "x", "className": "{LINUX}", "values": {{"name": "a", "name": "b"}}}}'
    body = f'{{"items": [], "items": [{twice}]}}'
    instance = Separated(STRICT)
    send(instance, body)
    assert [row["name"] for row in instance.all("cmdb_ci")] == ["b"]


@pytest.mark.parametrize("source", [None, "", " ", "x" * 2_000_000, "'; drop table cmdb; --", "\x00", "\ud800"])
def test_a_source_that_is_none_is_refused(source: str | None) -> None:
    instance = _shared()
    before = instance.connection.serialize()
    identify = Identify(user="u_acme", source=source, body=FIT)
    result = instance.cmdb.identify(identify, "bad", NOW)
    assert isinstance(result, Result)
    assert result.response["items"][0]["errors"][0]["error"] == "INVALID_INPUT_DATA"
    assert instance.connection.serialize() == before


@pytest.mark.parametrize(
    "options", ["x", "x:1", "partial_commits:perhaps", ":", ",,,", "a:b:c", "\x00:\x00", "'; --:1"]
)
def test_options_are_refused_or_ignored(options: str) -> None:
    instance = _shared()
    identify = Identify(user="u_acme", source=SOURCE, body=FIT, options=options, enhanced=True, query=True)
    result = instance.cmdb.identify(identify, "bad", NOW)
    assert isinstance(result, Result) or f"Chunk [{options}] is not a valid entry" in result.found


KEYS = [
    *("items", "relations", "referenceItems", "className", "values", "lookup", "related", "name", "sys_id"),
    *("parent", "child", "parent_id", "child_id", "type", "internal_id", "settings"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from([LINUX, 0, 1]),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.sampled_from(KEYS), parts, max_size=4),
    max_leaves=12,
)


@given(body=st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS[:3], JSON)))
@examples(100, nightly=20_000)
def test_any_json_is_answered(body: dict[str, Any]) -> None:
    assert_survived(json.dumps(body))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "expected a list named items at the top of the payload, got nothing"),
        ({"body": {"items": []}}, "expected a list named items at the top of the payload, got body"),
        ({"items": [{"classname": "x"}]}, "items[0] has no className"),
        (
            {"items": [item("cmdb_ci"), item("cmdb_ci", name=["a"])]},
            "the value of name in items[1] is neither text nor a number",
        ),
    ],
)
def test_a_body_of_another_form_is_told_with_its_place(body: dict[str, Any], said: str) -> None:
    response = Instance().run(body).response
    assert response["hasError"]
    assert said in response["errors"][0]["message"]
