"""Whatever is sent is answered, no failure leaves anything behind, and the instance goes on."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from tests.fleet import HEALTH, INVENTORY, examples
from tests.rest.client import Api, error, request

SETUP = {
    "users": {"ann": {"roles": ["itil"]}, "joe": {}},
    "records": {
        "cmdb_ci_linux_server": [{"sys_id": "1" * 32, "name": "lx"}],
        "core_company": [{"sys_id": "1" * 32, "name": "Acme"}],
    },
}


def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


NAMES = words("""
    cmdb_ci_linux_server cmdb_ci sys_user sys_user_has_role core_company cmdb_rel_ci sys_properties domain nope
    sn_mif_managed_by_instance sn_mif_trust_profile_item sn_mif_trusted_instance sn_mif_trust_config sys_attachment
    sys_db_object sys_dictionary domain_contains sys_script sys_public reconcile_duplicate_task task
    oauth_credential cmdb_identifier cmdb_serial_number sys_choice .. %00 ' " ünï file relation send
    sync_trust_profiles configure_cmdb
""")
WORDS = st.sampled_from([*NAMES, "", "1" * 32, "x" * 300])
PLACES = st.sampled_from(
    words("""
    /api/now/table /api/now/v1/table /api/now/stats /api/now/attachment /api/now/cmdb/instance /api/now/cmdb/meta
    /api/now/identifyreconcile /api/now/batch /api/now/tinyurl /api/x_trustsim /oauth_token.do
    /oauth_revoke_token.do /api /api/now /
    """)
)
TABLES = st.sampled_from(NAMES)
PATHS = st.one_of(
    st.builds("/api/now/table/{}".format, TABLES),
    st.builds("/api/now/table/{}/{}".format, TABLES, st.just("1" * 32)),
    st.builds("/api/now/stats/{}".format, TABLES),
    st.builds(lambda place, words: "/".join([place, *words]), PLACES, st.lists(WORDS, max_size=4)),
)

FIELDS = st.sampled_from(
    words("""
    name sys_id user_name company parent child type application capability instance manager_instance
    trusted_instance trusting_instance approval grant_access active ram value role user attributes items relations
    rest_requests url source setup payload table condition sys_domain duplicate_of
    last_discovered outbound_relations sys_class_name element label super_class internal_type reference contains
    collection filter_condition abort_action action_insert page ws_access state time_zone primary
    """)
)
SAID = [HEALTH, INVENTORY, "dev1", "prod1", "1" * 32, "admin", "global", "approved", "true", "a\0b", "\ud800"]
VALUES = st.one_of(
    st.sampled_from(SAID),
    st.text(max_size=8),
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
)
JSON = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=6), max_leaves=12
)


def in_xml(fields: dict[str, str]) -> bytes:
    """A record as XML has it."""
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return f"<request><entry>{inside}</entry></request>".encode("utf-8", "replace")


BATCH = b'{"batch_request_id": 1, "rest_requests": [{"id": "1", "method": "GET", "url": "//["}]}'
PLAIN = st.sampled_from(words("name user_name ram label active time_zone sys_domain"))
RECORDS = st.one_of(st.dictionaries(PLAIN, VALUES, max_size=3), st.dictionaries(FIELDS, VALUES, max_size=6)).map(
    lambda values: json.dumps(values).encode("utf-8", "replace")
)
BODIES = st.one_of(
    RECORDS,
    RECORDS,
    RECORDS,
    JSON.map(lambda value: json.dumps(value).encode("utf-8", "replace")),
    st.dictionaries(FIELDS, VALUES.map(lambda value: escape(str(value))), max_size=6).map(in_xml),
    st.binary(max_size=40),
    st.sampled_from([b"", b"[" * 5000, b'{"a":' * 5000, BATCH]),
)

BEGINNINGS = [
    "",
    "OR",
    "NQ",
    "ORDERBY",
    "GROUPBY",
    "RLQUERYcmdb_rel_ci.parent,",
    "JOINcmdb.sys_id=cmdb_rel_ci.child!",
]
ASKED = ["name", "company.name", "ram", "nope.x", "last_discovered", "sys_class_name", "x.y.z.a.b", "", "."]
OPERATORS = words("""
    = != LIKE IN BETWEEN ON RELATIVEGT DATEPART SAMEAS INSTANCEOF IN_HIERARCHY DYNAMIC MORETHAN > >=1
""")
WANTED = words("""
    a 1@2 @hour@ago@1 ram@day@before@1 javascript:gs.getUserID() javascript:x x@y@z @year@ago@999999
    x@javascript:gs.datePart('year','9','LE') 11111111111111111111111111111111
""")
TERMS = st.builds(
    lambda *parts: "".join(parts),
    *(st.sampled_from(some) for some in (BEGINNINGS, ASKED, [*OPERATORS, ""], [*WANTED, ""])),
)
PARAMETERS = st.dictionaries(
    st.sampled_from(
        words("""
        sysparm_query sysparm_input_display_value sysparm_query_no_domain
        sysparm_limit sysparm_offset sysparm_fields sysparm_display_value sysparm_group_by
        sysparm_avg_fields sysparm_having sysparm_order_by sysparm_tiny sysparm_data_source options file_name
        table_name table_sys_id name company.name
        """)
    ),
    st.one_of(st.lists(TERMS, max_size=4).map("^".join), WORDS, VALUES.map(str)),
    max_size=4,
)
METHODS = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
WRITTEN = st.sampled_from(words("cmdb_ci_linux_server cmdb_ci core_company sys_user sys_properties sys_script"))
SERVED = st.one_of(  # what there is, so that many requests come as far as the records
    st.tuples(st.just("POST"), st.builds("/api/now/table/{}".format, WRITTEN)),
    st.tuples(st.sampled_from(["GET", "POST"]), st.builds("/api/now/table/{}".format, TABLES)),
    st.tuples(
        st.sampled_from(["GET", "PUT", "PATCH", "DELETE"]),
        st.builds("/api/now/table/{}/{}".format, WRITTEN, st.just("1" * 32)),
    ),
    st.tuples(st.just("GET"), st.builds("/api/now/stats/{}".format, TABLES)),
    st.tuples(
        st.just("POST"),
        st.sampled_from(
            words("""
            /api/now/identifyreconcile /api/now/identifyreconcile/enhanced /api/now/cmdb/instance/cmdb_ci
            /api/now/batch /api/now/tinyurl /api/x_trustsim/sync_trust_profiles
            """)
        ),
    ),
    st.tuples(st.just("GET"), st.builds("/api/now/cmdb/instance/cmdb_ci_linux_server/{}".format, WORDS)),
)
ASKED_FOR = st.one_of(SERVED, st.tuples(METHODS, PATHS))
HEADERS = st.dictionaries(
    st.sampled_from(words("x-http-method-override accept content-type x-sn-apikey authorization content-length")),
    st.sampled_from(
        [
            "",
            "application/json",
            "application/xml",
            "multipart/form-data; boundary=x",
            "Bearer x",
            "Basic eA==",
            "9" * 50,
            "get",
        ]
    ),
    max_size=2,
)

_API: list[Api] = []


def stored(api: Api) -> list[Any]:
    """All that the instance has stored, but for the simulator's own tables."""
    names = api.connection.execute(
        "select name from sqlite_schema where type = 'table' and name not glob 'x_trustsim*' "
        "and name not glob 'sqlite*' and name not in ('sys_dictionary', 'sys_choice')"
    )
    found: list[Any] = [
        (name, api.connection.execute(f'select * from "{name}"').fetchall())  # noqa: S608
        for (name,) in names.fetchall()
    ]
    for name in ("sys_dictionary", "sys_choice"):  # in short, for they are long
        found += api.connection.execute(f"select count(*), sum(sys_mod_count) from {name}").fetchall()  # noqa: S608
    return found


@given(
    asked=ASKED_FOR, parameters=PARAMETERS, body=BODIES, headers=st.one_of(st.just({}), st.just({}), HEADERS),
    user=st.sampled_from(["admin", "ann", "joe"]),
)  # fmt: skip
@examples(250, nightly=10_000)
def test_any_request_is_answered_and_a_refused_one_leaves_nothing(
    asked: tuple[str, str], parameters: dict[str, str], body: bytes, headers: dict[str, str], user: str
) -> None:
    if not _API:
        _API.append(Api(SETUP))
        _API[0].get("/api/now/table/sys_user")
    [api], (method, path) = _API, asked
    if not api.get(f"/api/now/table/cmdb_ci?sysparm_query=sys_id={'1' * 32}"):
        api.configure({"records": SETUP["records"]})  # the last one has deleted it
    if body.startswith(b"<request>"):
        headers = {"content-type": "application/xml", **headers}
    before = stored(api)
    query = "&".join(f"{name}={quote(value, errors='replace')}" for name, value in parameters.items())
    response = api.send(method, f"{path}?{query}", body, headers=headers, user=user)
    event(f"status {response.status}")
    assert 200 <= response.status < 600
    assert response.status != 500 or "is not a valid entry" in response.body["error"]["detail"]
    if response.status >= 400:
        assert stored(api) == before
    if response.body is not None and not isinstance(response.body, bytes):
        json.dumps(response.body)
    assert api.send("GET", f"/api/now/table/cmdb_ci?sysparm_query=sys_id={'1' * 32}").status == 200


DEEP = "JOINcmdb_ci.sys_id=cmdb_rel_ci.parent!"
NESTED = "RLQUERYcmdb_rel_ci.parent,=0"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("^OR".join(["name=lx"] * 1200), 200),
        ("^".join(["nameLIKEl"] * 1200), 200),
        ("^NQ".join(["name=lx"] * 1200), 200),
        ("nameIN" + ",".join(["lx"] * 50_000), 200),
        ("^".join(["ORDERBYname"] * 3000), 200),
        ("^".join(["GROUPBYname"] * 3000), 200),
        ("name=lx^ORname=" + "x" * 1_000_000, 200),
        (f"name=lx^{NESTED}^type=x{'^ENDRLQUERY'}", 200),
        (NESTED + f"^{NESTED}" * 500 + "^ENDRLQUERY" * 501, 200),
        (DEEP * 500, 200),
        ("duplicate_of." * 500 + "name=x", 400),
        ("ORDERBY" + "duplicate_of." * 500 + "name", 400),
        ("^OR".join(["name=lx"] * 5001), 400),
        ("123TEXTQUERY321=" + "lx " * 5001, 400),
        (f"^{NESTED}^ENDRLQUERY" * 5001, 400),
        (NESTED + "^type=x" * 5001, 400),
    ],
)
def test_a_query_of_any_size_has_an_answer(query: str, status: int) -> None:
    """As batches can bring them; SQLite's limits are met, and the instance goes on."""
    if not _API:
        _API.append(Api(SETUP))
    [api] = _API
    answer = api.send("GET", f"/api/now/table/cmdb_ci?sysparm_fields=name&sysparm_query={quote(query)}")
    assert answer.status == status, answer
    if status == 400:
        assert error(answer)[1] == "Invalid query"
    assert api.send("GET", f"/api/now/table/cmdb_ci?sysparm_query=sys_id={'1' * 32}").status == 200


@pytest.mark.parametrize("parameter", ["sysparm_group_by", "sysparm_avg_fields", "sysparm_max_fields"])
def test_a_sum_that_goes_too_far_has_an_answer(parameter: str) -> None:
    answer = Api(SETUP).send("GET", f"/api/now/stats/cmdb_ci?{parameter}={'duplicate_of.' * 500}name")
    assert error(answer)[:2] == (400, "Invalid query")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/now/table/" + "a/" * 3000, 400),
        ("GET", "/api/now/table/sys_user/" + "x" * 16_000, 404),
        ("GET", "/api/now/table/sys_user/" + "x" * 23_000, 400),
        ("GET", "/", 400),
        ("GET", "/api/now/table/", 400),
        ("GET", "/api/now/table/sys_user;x/..", 400),
        ("BREW", "/api/now/table/sys_user", 405),
    ],
)
def test_absurd_paths_have_an_answer(method: str, path: str, status: int) -> None:
    api = Api()
    answer = api.send(method, path)
    assert answer.status == status
    assert answer.content_type.startswith("text/html" if len(path) > 20_000 else "application/json")  # trap 9
    assert api.instance.serve(request("GET", "/api/now/table/sys_user"), api.now)[0].status == 200
