"""Encoded queries of lists: every operator of rest.md 3.7, and any query against a naive evaluation of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fleet import examples
from tests.rest.client import Api

NOW = datetime(2026, 1, 7, 15, 30, 20, tzinfo=UTC)
"""A Wednesday."""

A, B, C, D = ("a" * 32, "b" * 32, "c" * 32, "d" * 32)
INITECH, ACME, HERE, THERE = "1" * 32, "2" * 32, "3" * 32, "4" * 32
SETUP = {
    "users": {"ann": {"roles": ["itil"]}},
    "records": {
        "core_company": [{"sys_id": INITECH, "name": "Initech"}, {"sys_id": ACME, "name": "Acme"}],
        "cmn_location": [{"sys_id": HERE, "name": "Here"}, {"sys_id": THERE, "name": "There", "parent": HERE}],
        "cmdb_ci_linux_server": [
            {
                "sys_id": A, "name": "Web-1", "ram": "4096", "disk_space": "100", "company": INITECH,
                "location": THERE, "install_status": "1", "last_discovered": "2026-01-07 15:00:00",
                "first_discovered": "2026-01-05 15:00:00", "assigned_to": "ann",
                "short_description": "the ^ sign, 100% and quiet",
            },
            {
                "sys_id": B, "name": "web-2", "ram": "512", "disk_space": "700", "company": ACME, "location": HERE,
                "install_status": "7", "last_discovered": "2026-01-06 00:00:00",
                "first_discovered": "2026-01-06 23:00:00",
            },
            {
                "sys_id": C, "name": "Ünal", "ram": "", "last_discovered": "2025-12-29 10:00:00",
                "assigned_to": "System Administrator",
            },
        ],
        "cmdb_ci_win_server": [{"sys_id": D, "name": "db-1", "ram": "8192", "company": ACME}],
        "cmdb_rel_ci": [
            {"parent": A, "child": D, "type": "Depends on::Used by"},
            {"parent": A, "child": B, "type": "Runs on::Runs"},
            {"parent": B, "child": D, "type": "Depends on::Used by"},
        ],
    },
}  # fmt: skip
GENERATED = "javascript:gs.dateGenerate('2026-01-06','start')@javascript:gs.dateGenerate('2026-01-06','23:59:59')"
SERVERS = "/api/now/table/cmdb_ci_server"


@pytest.fixture(scope="module")
def api() -> Api:
    return Api(SETUP)


def found(api: Api, query: str, table: str = SERVERS) -> str:
    """The records that a query finds, by the letters of their sys_ids."""
    ids = api.names(f"{table}?sysparm_query={quote(query)}&sysparm_fields=sys_id", "sys_id", at=NOW)
    return "".join(each[0] for each in ids)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        # text
        ("name=WEB-1", "a"),
        ("name=ünal", "c"),
        ("name!=web-1", "bcd"),
        ("nameSTARTSWITHweb", "ab"),
        ("nameENDSWITH-1", "ad"),
        ("name%-1", "ad"),
        ("nameLIKEb-", "abd"),
        ("name*B-", "abd"),
        ("nameCONTAINSnal", "c"),
        ("nameNOT LIKEweb", "cd"),
        ("name!*web", "cd"),
        ("nameDOES NOT CONTAINweb", "cd"),
        ("ramISEMPTY", "c"),
        ("ramISNOTEMPTY", "abd"),
        ("ramANYTHING", "abcd"),
        ("short_descriptionEMPTYSTRING", "bcd"),
        ("nameINweb-1,DB-1", "ad"),
        ("nameNOT INweb-1,DB-1", "bc"),
        ("nameIN", ""),
        ("name<e", "d"),
        ("nameBETWEENe@x", "ab"),
        ("short_descriptionLIKE^^ sign", "a"),
        ("nameSAMEASname", "abcd"),
        # numbers
        ("ram>512", "ad"),
        ("ram>=512", "abd"),
        ("ram<1000", "b"),
        ("ram<=512", "b"),
        ("ramBETWEEN500@5000", "ab"),
        ("ram=4096.0", "a"),
        ("ramGT_FIELDdisk_space", "a"),
        ("ramLT_FIELDdisk_space", "b"),
        ("ramGT_OR_EQUALS_FIELDram", "abd"),
        ("ramLT_OR_EQUALS_FIELDdisk_space", "b"),
        ("ramNSAMEASram", ""),
        # choices and classes
        ("install_status=7", "b"),
        ("install_status=Retired", "b"),
        ("install_statusIN1,7", "ab"),
        ("sys_class_nameINSTANCEOFcmdb_ci_linux_server", "abc"),
        ("sys_class_name=cmdb_ci_win_server", "d"),
        # references
        (f"company={ACME}", "bd"),
        ("companyLIKEcm", "bd"),
        ("companySTARTSWITHini", "a"),
        ("companyNOT LIKEacme", "ac"),
        ("company.name=initech", "a"),
        ("companyISEMPTY", "c"),
        (f"companyIN{ACME},{INITECH}", "abd"),
        (f"locationIN_HIERARCHY{HERE}", "ab"),
        (f"locationIN_HIERARCHY{THERE}", "a"),
        ("location.parent.name=here", "a"),
        ("assigned_toDYNAMIC90d1921e5f510100a9ad2572f2b477fe", "c"),
        ("assigned_toDYNAMICx", "abcd"),
        # times
        ("last_discovered>2026-01-06", "a"),
        ("last_discovered>=2026-01-06 00:00:01", "a"),
        ("last_discovered=2026-01-06", "b"),
        ("last_discoveredONToday@javascript:gs.beginningOfToday()@javascript:gs.endOfToday()", "a"),
        ("last_discoveredONYesterday@javascript:gs.daysAgoStart(1)@javascript:gs.daysAgoEnd(1)", "b"),
        ("last_discoveredNOTONYesterday@javascript:gs.daysAgoStart(1)@javascript:gs.daysAgoEnd(1)", "acd"),
        ("last_discoveredON2026-01-06", "b"),
        ("last_discoveredONThis week@javascript:gs.beginningOfThisWeek()@javascript:gs.endOfThisWeek()", "ab"),
        ("last_discoveredONLast week@javascript:gs.beginningOfLastWeek()@javascript:gs.endOfLastWeek()", "c"),
        ("last_discoveredONLast month@javascript:gs.beginningOfLastMonth()@javascript:gs.endOfLastMonth()", "c"),
        ("last_discoveredONThis year@javascript:gs.beginningOfThisYear()@javascript:gs.endOfThisYear()", "ab"),
        (f"last_discoveredBETWEEN{GENERATED}", "b"),
        ("last_discovered>=javascript:gs.minutesAgoStart(31)", "a"),
        ("last_discoveredDATEPARTMonday@javascript:gs.datePart('dayofweek','monday','EE')", "c"),
        ("last_discoveredDATEPARTDecember@javascript:gs.datePart('month','december','EE')", "c"),
        ("last_discoveredDATEPARTafter 10@javascript:gs.datePart('hour','10','GE')", "ac"),
        ("last_discoveredRELATIVEGT@hour@ago@1", "a"),
        ("last_discoveredRELATIVELT@dayofweek@ago@2", "c"),
        ("last_discoveredRELATIVEEE@dayofweek@ago@1", "b"),
        ("last_discoveredRELATIVEGE@month@ago@1", "abc"),
        ("last_discoveredMORETHANfirst_discovered@day@after@1", "a"),
        ("last_discoveredLESSTHANfirst_discovered@day@before@1", "b"),
        ("last_discoveredSAMEASfirst_discovered@day", "b"),
        ("last_discoveredNSAMEASfirst_discovered@day", "acd"),
        ("last_discoveredSAMEASfirst_discovered@week", "ab"),
        # who asks
        ("assigned_to=javascript:gs.getUserID()", "c"),
        ("assigned_to.user_name=javascript:gs.getUserName()", "c"),
        # how terms go together
        ("name=web-1^ORname=web-2^ram>1000", "a"),
        ("ram>1000^name=web-1^ORname=web-2", "a"),
        ("name=web-1^NQname=db-1^ram>1^EQ", "ad"),
        ("^^", "abcd"),
        ("EQ", "abcd"),
        # other tables
        ("RLQUERYcmdb_rel_ci.parent,>=1^ENDRLQUERY", "ab"),
        ("RLQUERYcmdb_rel_ci.parent,=0^ENDRLQUERY", "cd"),
        ("RLQUERYcmdb_rel_ci.parent,>1,m2m^ENDRLQUERY^ram>1", "a"),
        ("RLQUERYcmdb_rel_ci.parent,>0^type.nameSTARTSWITHruns^ENDRLQUERY", "a"),
        ("JOINcmdb_ci_server.sys_id=cmdb_rel_ci.child!type.name=Runs on::Runs^ORDERBYname", "b"),
        ("123TEXTQUERY321=quiet sign", "a"),
        ("123TEXTQUERY321=nowhere", ""),
        # what cannot be read is left out
        ("nope=1", "abcd"),
        ("nope=1^name=web-1", "a"),
        ("name~x^ram>4096", "d"),
        ("ramVALCHANGES^name=db-1", "d"),
        ("name=javascript:gs.sleep(9)^ram>4096", "d"),
        ("name=javascript:new GlideRecord('x')", "abcd"),
        ("RLQUERYnope.x,>0^ENDRLQUERY", "abcd"),
        ("JOINa.b=c.d!x", "abcd"),
        ("user_password=x", "abcd"),
        ("last_discoveredRELATIVEGT@year@ago@999999^name=db-1", "d"),
    ],
)
def test_what_each_operator_finds(api: Api, query: str, ids: str) -> None:
    assert found(api, query) == ids


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("ORDERBYname", "dabc"),
        ("ORDERBYDESCname", "cbad"),
        ("ORDERBYram", "cbad"),
        ("ORDERBYDESCram", "dabc"),
        ("ORDERBYcompany^ORDERBYDESCname", "cbda"),
        ("ORDERBYnope", "abcd"),
        ("GROUPBYcompany^ORDERBYDESCname", "cbda"),
        ("name!=x^ORDERBYcompany.name^ORDERBYname", "cdba"),
    ],
)
def test_lists_are_ordered_by_size_by_text_and_by_what_references_show(api: Api, query: str, ids: str) -> None:
    assert found(api, query) == ids


def test_an_invalid_query_finds_nothing_where_the_property_says_so() -> None:
    strict = Api({**SETUP, "properties": {"glide.invalid_query.returns_no_rows": True}})
    assert found(strict, "nope=1^name=web-1") == ""
    assert found(strict, "name=web-1") == "a"


def test_the_current_user_is_whoever_asks(api: Api) -> None:
    """The first request of two current clients (trap 14)."""
    for value in ("user_name=javascript:gs.getUserName()", "sys_id=javascript:gs.getUserID()"):
        assert api.names(f"/api/now/table/sys_user?sysparm_query={value}", "user_name", user="ann") == ["ann"]


TEXTS = st.sampled_from(["web-1", "WEB-2", "ünal", "b", "", "db-1", "x"])
NUMBERS = st.sampled_from(["512", "4096", "0", "8192.0", ""])
TERMS = st.one_of(
    st.tuples(st.just("name"), st.sampled_from(["=", "!=", "LIKE", "NOT LIKE", "STARTSWITH", "ENDSWITH"]), TEXTS),
    st.tuples(st.just("name"), st.sampled_from(["IN", "NOT IN"]), st.lists(TEXTS, max_size=3).map(",".join)),
    st.tuples(st.just("ram"), st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), NUMBERS),
    st.tuples(
        st.sampled_from(["name", "ram", "company"]), st.sampled_from(["ISEMPTY", "ISNOTEMPTY"]), st.just("")
    ),
    st.tuples(st.just("company"), st.sampled_from(["=", "!="]), st.sampled_from([ACME, INITECH, ""])),
    st.tuples(st.just("company.name"), st.sampled_from(["=", "LIKE"]), st.sampled_from(["acme", "T"])),
    st.tuples(st.just("nope"), st.just("="), TEXTS),
)
QUERIES = st.lists(
    st.lists(st.lists(TERMS, min_size=1, max_size=3), min_size=1, max_size=3), min_size=1, max_size=3
)

ROWS = [
    {**row, "company.name": {INITECH: "Initech", ACME: "Acme"}.get(row.get("company", ""), "")}
    for row in (*SETUP["records"]["cmdb_ci_linux_server"], *SETUP["records"]["cmdb_ci_win_server"])  # type: ignore[index]
]
_NEEDS_VALUE = {"LIKE", "NOT LIKE", "STARTSWITH", "ENDSWITH", "<", "<=", ">", ">="}


def is_read(term: tuple[str, str, str]) -> bool:
    field, operator, value = term
    return field != "nope" and not (operator in _NEEDS_VALUE and not value)


def holds(row: dict[str, Any], term: tuple[str, str, str]) -> bool:
    """Naively: what the operator says in words."""
    field, operator, value = term
    have, want = str(row.get(field, "")).lower(), value.lower()
    if field == "ram" and operator not in ("ISEMPTY", "ISNOTEMPTY"):
        if not have or not want:
            return {"=": have == want, "!=": have != want}.get(operator, False)
        low, high = float(have), float(want)
        return {"=": low == high, "!=": low != high, "<": low < high, "<=": low <= high,
                ">": low > high, ">=": low >= high}[operator]  # fmt: skip
    return {
        "=": have == want, "!=": have != want, "LIKE": want in have, "NOT LIKE": want not in have,
        "STARTSWITH": have.startswith(want), "ENDSWITH": have.endswith(want), "IN": have in want.split(","),
        "NOT IN": have not in want.split(","), "ISEMPTY": not have, "ISNOTEMPTY": bool(have),
    }[operator]  # fmt: skip


@given(queries=QUERIES)
@examples(300, nightly=20_000)
def test_any_query_finds_what_a_naive_evaluation_finds(queries: list[list[list[tuple[str, str, str]]]]) -> None:
    """All groups of one query, any term of a group, any query; what cannot be read is not there."""
    text = "^NQ".join("^".join("^OR".join(map("".join, group)) for group in groups) for groups in queries)
    read = [[group for terms in groups if (group := [*filter(is_read, terms)])] for groups in queries]
    asked = [groups for groups in read if groups]
    expected = "".join(
        row["sys_id"][0]
        for row in ROWS
        if not asked or any(all(any(holds(row, term) for term in group) for group in groups) for groups in asked)
    )
    assert found(_shared(), text) == expected


_API: list[Api] = []


def _shared() -> Api:
    if not _API:
        _API.append(Api(SETUP))
    return _API[0]
