"""Setup files and encoded queries, on real SQLite files."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from simulator.errors import ScenarioError, StoreError
from simulator.store.cmdb.store import CmdbStore
from simulator.store.file import connect
from simulator.store.records.query import show
from simulator.store.setups.configure import configure
from simulator.store.setups.setup import Setup, domain_id, read_setup

SETUP = """
properties:
  glide.identification_engine.platform_domain_separation_enabled: true
sources: [Lab Scan]
domains:
  TOP: {primary: true}
  ACME: {parent: TOP}
  ACME-EU: {parent: ACME}
  INIT: {parent: TOP, contains: [ACME]}
groups:
  operators: {visibility: [INIT]}
users:
  u_acme: {domain: ACME, roles: [itil], groups: [operators], visibility: [ACME-EU]}
classes:
  u_cmdb_ci_robot: {extends: cmdb_ci_hardware, label: Robot, attributes: [u_arms]}
identifiers:
  - {name: Robot Rule, applies_to: u_cmdb_ci_robot, entries: [{order: 100, attributes: [u_arms, name]}]}
records:
  u_cmdb_ci_robot:
    - {name: marvin, u_arms: 2, sys_domain: ACME}
    - {name: bender, u_arms: 3}
    - {name: "robert'); drop table cmdb;--"}
  cmdb_reconciliation_definition:
    - {applies_to: cmdb_ci_computer, discovery_source: Discovery, attributes: name, priority: 10}
"""


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    written(tmp_path, SETUP)
    init(tmp_path / "dev1.sqlite", read_setup(tmp_path / "setup.yaml"))
    with closing(connect(tmp_path / "dev1.sqlite")) as connection:
        yield connection


def init(file: Path, setup: Setup) -> None:
    with closing(connect(file)) as connection:
        store = CmdbStore(connection)
        store.install()
        configure(store, setup)


def written(directory: Path, text: str) -> Path:
    path = directory / "setup.yaml"
    path.write_text(text)
    return path


def names(connection: sqlite3.Connection, query: str, table: str = "u_cmdb_ci_robot") -> list[str]:
    return sorted(str(row["name"])[:6] for row in show(connection, table, query))


def test_everything_in_a_setup_is_in_the_file(connection: sqlite3.Connection) -> None:
    (marvin,) = show(connection, "cmdb_ci_hardware", "name=marvin")
    assert (marvin["sys_class_name"], marvin["sys_domain"]) == ("u_cmdb_ci_robot", domain_id("ACME"))
    assert marvin["sys_domain_path"] == "!!!/!!!/"
    paths = {row["name"]: row["sys_domain_path"] for row in show(connection, "domain")}
    assert paths == {"TOP": "!!!/", "ACME": "!!!/!!!/", "ACME-EU": "!!!/!!!/!!!/", "INIT": "!!!/!!#/"}
    (user,) = show(connection, "sys_user", "user_name!=admin")
    assert (user["user_name"], user["sys_domain"]) == ("u_acme", domain_id("ACME"))
    (seen,) = show(connection, "sys_user_visibility")
    assert seen["domain"] == domain_id("ACME-EU")
    assert len(show(connection, "domain_contains")) == 1
    (mode,) = show(connection, "sys_properties", "nameLIKEplatform_domain")
    assert mode["value"] == "true"
    assert len(show(connection, "sys_choice", "value=Lab Scan")) == 1
    assert len(show(connection, "cmdb_reconciliation_definition", "active=true")) == 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["bender", "marvin", "robert"]),
        ("name=marvin", ["marvin"]),
        ("name!=marvin", ["bender", "robert"]),
        ("u_armsISEMPTY", ["robert"]),
        ("u_armsISNOTEMPTY^EQ", ["bender", "marvin"]),
        ("nameSTARTSWITHMAR", ["marvin"]),
        ("nameLIKEend", ["bender"]),
        ("nameCONTAINS'); drop", ["robert"]),
        ("nameINmarvin,bender", ["bender", "marvin"]),
        ("u_arms>2", ["bender"]),
        ("u_arms>=2", ["bender", "marvin"]),
        ("u_arms<3", ["marvin"]),
        ("u_arms<=3^name!=bender", ["marvin"]),
        ("name=marvin^ORname=bender^u_arms=3", ["bender"]),
        ("name=marvin^u_arms=2^NQname=bender", ["bender", "marvin"]),
        ("name=MARVIN", ["marvin"]),
        ("u_arms>10", []),
        ("u_arms<10", ["bender", "marvin"]),
        ("nameNOT LIKEr^nameNOT INbender,ford", []),
        ("nameENDSWITHvin", ["marvin"]),
    ],
)
def test_encoded_queries(connection: sqlite3.Connection, query: str, expected: list[str]) -> None:
    assert names(connection, query) == expected


def test_a_query_orders(connection: sqlite3.Connection) -> None:
    rows = show(connection, "u_cmdb_ci_robot", "u_armsISNOTEMPTY^ORDERBYDESCname")
    assert [row["name"] for row in rows] == ["marvin", "bender"]


def test_a_limit_takes_the_first(connection: sqlite3.Connection) -> None:
    assert len(show(connection, "cmdb_rel_type", limit=3)) == 3


@pytest.mark.parametrize(
    ("table", "query", "message"),
    [
        ("sofas", "", "there is no table sofas"),
        ("cmdb_ci", "colour=red", "cmdb_ci has no column colour"),
        ("cmdb_ci", "name~red", "is no condition"),
        ("cmdb_ci", "ORDERBYcolour", "cmdb_ci has no column colour"),
    ],
)
def test_what_is_unknown_is_named(connection: sqlite3.Connection, table: str, query: str, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        show(connection, table, query)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("domians: {}", r"setup.yaml:1:1: domians: no such key"),
        ("identifiers:\n  - name: A\n    entries: []\n", r"setup.yaml:2:5: identifiers.0.applies_to: this key"),
        ("classes:\n  Robot: {}\n", r"setup.yaml:2:3: classes.Robot"),
        ("users:\n  a: {roles: itil}\n", r"setup.yaml:2:7: users.a.roles: expected: .*; got: 'itil'"),
        (
            "properties:\n  glide.identification_engine.skip_duplicates.threshold: many\n",
            r"setup.yaml:2:3: properties\.glide\S+threshold: expected a whole number, 0 or more, got 'many'",
        ),
        ("users: [", r"setup.yaml:\d+:\d+: not valid YAML"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        read_setup(written(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("users: {a: {domain: ACME}}", "users.a.domain: expected a domain, got 'ACME'; there are: global"),
        ("domains: {a: {parent: b}, b: {parent: a}}", "domains.a.parent"),
        ("users: {a: {groups: [g]}}", "users.a.groups: expected a group"),
        ("classes: {u_a: {extends: u_b}}", "declare that first"),
        ("records: {cmdb_ci: [{colour: red}]}", "records.cmdb_ci.0: cmdb_ci has no column colour"),
        ("records: {sofas: [{colour: red}]}", "there is no table sofas"),
    ],
)
def test_a_setup_that_does_not_fit_changes_nothing(tmp_path: Path, text: str, message: str) -> None:
    setup = read_setup(written(tmp_path, f"properties: {{a.new.one: 1}}\n{text}"))
    with pytest.raises(StoreError, match=message):
        init(tmp_path / "dev1.sqlite", setup)
    with closing(connect(tmp_path / "dev1.sqlite")) as connection:
        assert show(connection, "sys_properties", "name=a.new.one") == []


def test_a_record_takes_the_place_of_the_one_with_its_name(connection: sqlite3.Connection) -> None:
    """A second setup changes what has this name, and leaves the rest of the table alone."""
    again = {"u_cmdb_ci_robot": [{"name": "bender", "u_arms": 4}, {"name": "r2d2"}, {"name": "r2d2", "u_arms": 0}]}
    store = CmdbStore(connection)
    configure(store, Setup.model_validate({"records": again}))
    robots = [(row["name"], row["u_arms"]) for row in show(connection, "u_cmdb_ci_robot")]
    assert ("bender", "4") in robots
    assert ("marvin", "2") in robots
    assert {arms for name, arms in robots if name == "r2d2"} == {None, "0"}
    assert len(robots) == 5
