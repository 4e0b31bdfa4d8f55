"""Encoded queries as conditions: every operator, what is refused, and what they walk to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from simulator.advice.ruleset import flaws_of
from simulator.cmdb.conditions.encoded import QueryError, parse
from simulator.errors import StoreError
from simulator.store.cmdb.store import CmdbStore
from simulator.store.file import connect_with_cmdb
from simulator.store.records.query import show
from simulator.store.setups.configure import configure
from simulator.store.setups.setup import Setup
from tests.cmdb.base import Instance
from tests.cmdb.cases import item, only

SERVERS = "cmdb_ci_linux_server"
RECORD: dict[str, str | None] = {
    "name": "Web-1", "os": "Linux", "ram": "4096", "swap": "512", "room": "web-1", "rack": None, "note": "a=b",
}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("name=WEB-1", True),
        ("name!=web-1", False),
        ("rack=", True),
        ("ram>512", True),
        ("ram<=4096", True),
        ("ram<512", False),
        ("rack<9", False),
        ("nameLIKEeb", True),
        ("name*eb", True),
        ("nameCONTAINSx", False),
        ("nameNOT LIKEeb", False),
        ("nameDOES NOT CONTAINeb", False),
        ("name!*x", True),
        ("nameSTARTSWITHweb", True),
        ("nameENDSWITH-1", True),
        ("name%-1", True),
        ("noteLIKE=b", True),
        ("nameINdb-1,web-1", True),
        ("nameINweb-10,db-1", False),
        ("nameINweb-", False),
        ("nameNOT INweb-10,web", True),
        ("nameNOT INweb-1,db-1", False),
        ("rackISEMPTY", True),
        ("rackEMPTYSTRING", True),
        ("osISNOTEMPTY", True),
        ("rackANYTHING", True),
        ("ramBETWEEN4000@5000", True),
        ("ramBETWEEN500@600", False),
        ("nameSAMEASroom", True),
        ("nameNSAMEASroom", False),
        ("ramGT_FIELDswap", True),
        ("ramLT_FIELDswap", False),
        ("swapLT_OR_EQUALS_FIELDram", True),
        ("ramGT_OR_EQUALS_FIELDrack", False),
        ("os=x^ORos=linux^ram>1", True),
        ("os=x^NQname=web-1^EQ", True),
    ],
)
def test_what_each_operator_says(query: str, holds: bool) -> None:
    """Text without regard to case, numbers as numbers; IN compares whole values."""
    assert parse(query).holds(RECORD) is holds


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("nameIN_HIERARCHYx", "IN_HIERARCHY is not supported"),
        (
            "sys_created_onONToday@javascript:gs.beginningOfToday()@javascript:gs.endOfToday()",
            "ON is not supported",
        ),
        ("sys_created_onRELATIVEGT@hour@ago@1", "RELATIVEGT is not supported"),
        ("assigned_toDYNAMIC90d1921e5f510100a9ad2572f2b477fe", "DYNAMIC is not supported"),
        ("user=javascript:gs.getUserID()", "scripts are not run"),
        ("rackISEMPTYx", "expected nothing after ISEMPTY, got 'x'"),
        ("ramBETWEEN5", "expected two values such as 1@5 after BETWEEN, got '5'"),
        ("nameSAMEASsys_created_on@day", "expected a field after SAMEAS"),
        ("sys_class_nameINSTANCEOF", "expected the name of a class after INSTANCEOF"),
        ("osINSTANCEOFcmdb_ci", "expected sys_class_name before it, got os"),
        ("ram<>5", "expected a value after <, got '>5'"),
        ("name==x", "expected a value after =, got '=x'"),
        ("ram>", "expected a value after >"),
        ("nameIN", "expected a value after IN"),
        ("osNOTLIKEx", "is no condition"),
        ("oslikex", "is no condition"),
        ("name~red", "is no condition"),
        ("GROUPBYos", "GROUPBY is not supported"),
        ("RLQUERYcmdb_rel_ci.parent,>0^ENDRLQUERY", "RLQUERY is not supported"),
        ("JOINcmdb_ci.sys_id=task.cmdb_ci!active=true", "JOIN is not supported"),
        ("123TEXTQUERY321=web", "123TEXTQUERY321 is not supported"),
    ],
)
def test_what_cannot_be_a_condition_is_refused(query: str, said: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(query)
    assert said in str(caught.value)


def included(condition: str, **more: Any) -> dict[str, Any]:
    """A setup with an inclusion rule for all CIs, and with what else it has."""
    records = {"cmdb_ie_active_config": [{"table": "cmdb_ci", "condition": condition}], **more.pop("records", {})}
    return {"records": records, **more}


def test_a_setup_with_such_a_condition_is_refused_and_says_which_one() -> None:
    message = "the condition 'nameIN_HIERARCHYx' on cmdb_ci: .*IN_HIERARCHY is not supported"
    with pytest.raises(StoreError, match=message):
        Instance(included("nameIN_HIERARCHYx"))


@pytest.mark.parametrize(
    ("asked", "operation"),
    [
        ("cmdb_ci_server", "NO_CHANGE"),
        (SERVERS, "NO_CHANGE"),
        ("cmdb_ci_netgear", "INSERT"),
        ("cmdb_ci_netgear^ORsys_class_nameINSTANCEOFcmdb_ci_server", "NO_CHANGE"),
    ],
)
def test_instanceof_holds_for_a_class_and_those_that_extend_it(asked: str, operation: str) -> None:
    instance = Instance(included(f"sys_class_nameINSTANCEOF{asked}"))
    instance.put(SERVERS, "a", name="lx")
    assert only(instance.run({"items": [item(SERVERS, name="lx")]}))["operation"] == operation


COMPANIES = {"core_company": [{"sys_id": "1" * 32, "name": "Initech"}, {"sys_id": "2" * 32, "name": "Acme"}]}


@pytest.mark.parametrize(("company", "operation"), [("1" * 32, "NO_CHANGE"), ("2" * 32, "INSERT"), ("", "INSERT")])
def test_a_condition_walks_to_the_record_that_a_ci_refers_to(company: str, operation: str) -> None:
    instance = Instance(included("company.name=initech", records=COMPANIES))
    instance.put(SERVERS, "a", name="lx", company=company)
    assert only(instance.run({"items": [item(SERVERS, name="lx")]}))["operation"] == operation


def test_a_rule_of_reconciliation_walks_from_the_values_after_the_change() -> None:
    rule = {"applies_to": SERVERS, "discovery_source": "Altiris", "condition": "company.name=Acme"}
    instance = Instance({"records": {"cmdb_reconciliation_definition": [rule], **COMPANIES}})
    instance.put(SERVERS, "a", name="lx", os="x")
    found = only(instance.run({"items": [item(SERVERS, name="lx", os="y", company="2" * 32)]}))
    assert found["maskedAttributes"] == ["os"]
    assert instance.get(SERVERS, "a")["os"] == "x"


@pytest.mark.parametrize("condition", ["colour=red", "company.colour=red", "name.first=x", "colour=red^ORram=1"])
def test_a_term_about_an_unknown_field_is_dropped_and_doctor_says_so(condition: str) -> None:
    """As in the product; what is left of the condition counts. No computer's field is one of all CIs."""
    setup = included(condition)
    instance = Instance(setup)
    instance.put(SERVERS, "a", name="lx")
    assert only(instance.run({"items": [item(SERVERS, name="lx")]}))["operation"] == "NO_CHANGE"
    found = [flaw for flaw, _ in flaws_of(Setup.model_validate(setup)) if flaw.code == "rule_attribute_unknown"]
    assert "is dropped" in found[0].found


@pytest.mark.parametrize(
    ("records", "codes"),
    [
        (included("company.name=Initech^sys_created_on>2020-01-01"), []),
        (included("sys_class_nameINSTANCEOFcmdb_ci_sofa"), ["rule_class_unknown"]),
        ({"records": {"cmdb_ie_active_config": [{"table": "sofas", "condition": "x=1"}]}}, ["rule_class_unknown"]),
    ],
)
def test_what_doctor_says_of_inclusion_rules(records: dict[str, Any], codes: list[str]) -> None:
    assert [flaw.code for flaw, _ in flaws_of(Setup.model_validate(records))] == codes


@pytest.fixture(scope="module")
def stored() -> Iterator[sqlite3.Connection]:
    servers = [{"name": "lx", "company": "1" * 32}, {"name": "ly", "company": "2" * 32}, {"name": "lz"}]
    connection = connect_with_cmdb()
    more = {"cmdb_ci_ip_switch": [{"name": "sw", "company": "1" * 32}]}
    configure(CmdbStore(connection), Setup.model_validate({"records": {SERVERS: servers, **more, **COMPANIES}}))
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("company.name=Initech", ["lx", "sw"]),
        ("company.nameISEMPTY", ["lz"]),
        ("companyISNOTEMPTY^ORDERBYcompany.name", ["ly", "lx", "sw"]),
        ("sys_class_nameINSTANCEOFcmdb_ci_server^company.name=acme", ["ly"]),
        ("nameSAMEAScompany.name", []),
        ("nameNSAMEASsys_class_name^nameSTARTSWITHs", ["sw"]),
    ],
)
def test_records_are_shown_by_the_same_queries(stored: sqlite3.Connection, query: str, names: list[str]) -> None:
    assert [row["name"] for row in show(stored, "cmdb_ci", query)] == names


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("company.colour=red", "core_company has no column colour"),
        ("name.first=x", "name.first: cmdb_ci.name does not refer to other records"),
        ("sys_class_nameINSTANCEOFsofa", "there is no class sofa"),
        ("nameSAMEAScolour", "cmdb_ci has no column colour"),
    ],
)
def test_what_cannot_be_shown_is_named(stored: sqlite3.Connection, query: str, said: str) -> None:
    with pytest.raises(StoreError, match=said):
        show(stored, "cmdb_ci", query)
