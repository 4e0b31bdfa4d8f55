"""Domains on real SQLite files: what is loaded, and what becomes of the records when the tree changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulator.domains.separation import NOT_SEPARATED
from simulator.domains.session import Session, visible_domains
from simulator.domains.tree import GLOBAL
from simulator.errors import StoreError
from simulator.store.cmdb.domains import load_domains
from simulator.store.cmdb.store import CmdbStore
from simulator.store.file import connect
from simulator.store.setups.configure import configure
from simulator.store.setups.setup import Setup, domain_id

NOW = datetime(2026, 1, 5, 10, 0, 2, tzinfo=UTC)
SETUP = {
    "domains": {
        "TOP": {"primary": True},
        "ACME": {"parent": "TOP"},
        "ACME-EU": {"parent": "ACME", "active": False},
        "INIT": {"parent": "TOP", "contains": ["ACME"], "type": "MSP"},
        "NEW": {"parent": "TOP", "default": True},
    },
    "groups": {"operators": {"domain": "TOP", "visibility": ["INIT"]}, "empty": {}},
    "users": {
        "u_eu": {"domain": "ACME-EU", "groups": ["operators", "empty"], "visibility": ["NEW"]},
        "u_glob": {"domain": "global"},
        "u_lost": {},
    },
    "records": {
        "cmdb_ci_computer": [
            {"name": "eu", "sys_domain": "ACME-EU"},
            {"name": "init", "sys_domain": "INIT"},
            {"name": "all"},
        ],
        "cmdb_reconciliation_definition": [
            {"applies_to": "cmdb_ci", "discovery_source": "Discovery", "sys_domain": "ACME", "sys_overrides": "x"}
        ],
    },
}
TOP, ACME, EU, INIT, NEW = (domain_id(name) for name in ("TOP", "ACME", "ACME-EU", "INIT", "NEW"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CmdbStore]:
    with closing(connect(tmp_path / "dev1.sqlite")) as connection:
        store = CmdbStore(connection)
        store.install()
        configure(store, Setup.model_validate(SETUP))
        yield store


def paths(store: CmdbStore, table: str, name: str) -> dict[str | None, str | None]:
    return {row[name]: row["sys_domain_path"] for row in store.rows(table, (), [()])}


def test_the_tree_and_the_users_are_those_of_the_setup(store: CmdbStore) -> None:
    domains = load_domains(store)
    assert {one.name: (one.type, one.primary, one.active) for one in domains.tree.domains.values()} == {
        "TOP": ("customer", True, True),
        "ACME": ("customer", False, True),
        "ACME-EU": ("customer", False, False),
        "INIT": ("MSP", False, True),
        "NEW": ("customer", False, True),
    }
    assert domains.tree.chain(EU) == (EU, ACME, TOP, GLOBAL)
    assert domains.tree.contained == {INIT: {ACME}}
    assert domains.paths[EU] == "!!!/!!!/!!!/"
    user = domains.users["u_eu"]
    assert (user.name, [group.name for group in user.groups]) == ("u_eu", ["operators", "empty"])
    assert visible_domains(domains.tree, Session(user)) == frozenset([GLOBAL, EU, INIT, NEW])


def test_a_user_without_a_domain_comes_into_the_default_domain(store: CmdbStore) -> None:
    users = load_domains(store).users
    assert (users["u_lost"].domain, users["u_glob"].domain) == (NEW, GLOBAL)


def test_the_domain_of_a_domain_record_is_itself(store: CmdbStore) -> None:
    assert all(row["sys_domain"] == row["sys_id"] for row in store.rows("domain", (), [()]))


def test_tables_have_a_domain_unless_they_are_named_as_not_separated() -> None:
    schema = (Path(__file__).parents[3] / "simulator/store/schema/006_cmdb.sql").read_text()
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(schema)
        found = connection.execute(
            "select t.name, group_concat(c.name) from pragma_table_list t join pragma_table_info(t.name) c "
            "where t.type = 'table' and t.name not glob 'sqlite_*' and t.name not glob 'x_trustsim_*' "
            "group by t.name"
        ).fetchall()
    without = {name for name, columns in found if not {"sys_domain", "sys_domain_path"} <= set(columns.split(","))}
    assert without == NOT_SEPARATED - {"sys_properties"}


def move(store: CmdbStore, name: str, parent: str) -> None:
    configure(store, Setup.model_validate({"domains": {name: {"parent": parent}}}))


def test_records_of_a_moved_domain_follow_and_no_others(store: CmdbStore) -> None:
    move(store, "ACME", "INIT")
    changed = {ACME: "!!!/!!#/!!!/", EU: "!!!/!!#/!!!/!!!/"}
    assert paths(store, "cmdb_ci_computer", "name") == {"eu": changed[EU], "init": "!!!/!!#/", "all": "/"}
    assert paths(store, "cmdb_reconciliation_definition", "sys_overrides") == {"x": changed[ACME]}
    assert paths(store, "sys_user", "user_name") == {
        "admin": "/",
        "u_eu": changed[EU],
        "u_glob": "/",
        "u_lost": "!!!/!!$/",
    }
    domains = load_domains(store)
    assert domains.paths == {GLOBAL: "/", **paths(store, "domain", "sys_id")}
    assert domains.tree.chain(EU) == (EU, ACME, INIT, TOP, GLOBAL)


def test_a_new_path_is_no_update_of_the_record(store: CmdbStore) -> None:
    move(store, "ACME", "INIT")
    (row,) = store.rows("cmdb_ci_computer", ("name",), [("eu",)])
    assert (row["sys_mod_count"], row["sys_updated_on"], row["sys_domain"]) == ("0", "2000-01-01 00:00:00", EU)


def test_there_and_back_every_path_is_the_old_one(store: CmdbStore) -> None:
    before = load_domains(store)
    move(store, "ACME", "INIT")
    move(store, "ACME", "TOP")
    assert load_domains(store) == before


@pytest.mark.parametrize(
    ("domain", "parent", "message"),
    [
        ("ACME", "ACME-EU", "domains.ACME.*.parent: expected a tree, got a circle"),
        ("TOP", "INIT", "domains"),
        ("ACME", "sofa", "domains.ACME.parent: expected a domain, got 'sofa'"),
    ],
)
def test_a_move_that_makes_no_tree_changes_nothing(
    store: CmdbStore, domain: str, parent: str, message: str
) -> None:
    before = load_domains(store)
    with pytest.raises(StoreError, match=message):
        move(store, domain, parent)
    assert load_domains(store) == before


def test_a_second_setup_adds_to_the_domains_and_moves_them_with_their_records(store: CmdbStore) -> None:
    second = {
        "domains": {"LAB": {"parent": "INIT"}, "ACME": {"parent": "INIT"}},
        "users": {"u_lab": {"domain": "LAB", "visibility": ["NEW"]}},
    }
    configure(store, Setup.model_validate(second))
    domains = load_domains(store)
    assert {one.name for one in domains.tree.domains.values()} == {"TOP", "ACME", "ACME-EU", "INIT", "NEW", "LAB"}
    assert domains.tree.subtree(INIT) == {INIT, ACME, EU, domain_id("LAB")}
    assert paths(store, "cmdb_ci_computer", "name")["eu"] == domains.paths[EU]
    seen = visible_domains(domains.tree, Session(domains.users["u_lab"]))
    assert seen == frozenset([GLOBAL, domain_id("LAB"), NEW])


@pytest.mark.parametrize(
    ("domains", "message"),
    [
        ({"MORE": {"primary": True}}, "domains: expected exactly one primary domain, got .*MORE"),
        ({"MORE": {"parent": "TOP", "default": True}}, "domains: expected at most one default domain"),
        ({"MORE": {"parent": "LESS"}}, "domains.MORE.parent: expected a domain, got 'LESS'; there are: global"),
        ({"MORE": {"contains": ["LESS"]}}, "domains.MORE.contains: expected a domain, got 'LESS'"),
        ({"global": {}}, "domains.global: global is no record"),
    ],
)
def test_a_setup_whose_domains_do_not_fit_changes_nothing(
    store: CmdbStore, domains: dict[str, object], message: str
) -> None:
    before = load_domains(store)
    with pytest.raises(StoreError, match=message):
        configure(store, Setup.model_validate({"domains": domains}))
    assert load_domains(store) == before


def test_a_file_whose_domains_are_no_tree_is_told(store: CmdbStore) -> None:
    store.add_rows({"domain": [{"sys_id": "d", "name": "D", "parent": "sofa", "sys_domain_path": "?"}]})
    with pytest.raises(StoreError, match=r"the instance's file: domains.D.parent: expected a domain above it"):
        load_domains(store)


def test_a_user_whose_domain_is_not_there_is_told(store: CmdbStore) -> None:
    store.add_rows({"sys_user": [{"sys_id": "u", "user_name": "u_gone", "sys_domain": "sofa"}]})
    with pytest.raises(StoreError, match=r"the instance's file: users.u_gone: expected .*, got 'sofa'; there are"):
        load_domains(store)
