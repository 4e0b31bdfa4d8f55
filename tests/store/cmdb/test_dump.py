"""A CMDB as values: taken out of one file and put into another, or back into its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from simulator.store.file import connect
from simulator.store.setups.configure import configure
from simulator.store.setups.setup import Setup
from simulator.store.store import Store
from simulator.tables import Property, Put
from tests.cmdbs import make

from .test_store import NOW

SETUP = {
    "properties": {"glide.class.switch.enabled": False},
    "domains": {"TOP": {"primary": True}},
    "users": {"ann": {"domain": "TOP", "roles": ["itil"]}},
    "classes": {"u_reader": {"extends": "cmdb_ci_hardware", "attributes": ["u_door"]}},
    "records": {"u_reader": [{"name": "r1", "u_door": "north", "sys_domain": "TOP"}, {"name": "r2"}]},
}


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Store]:
    file = tmp_path / "source.sqlite"
    make(file, SETUP)
    with closing(connect(file)) as connection:
        yield Store(connection, "source")


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Store]:
    with closing(connect(tmp_path / "target.sqlite")) as connection:
        store = Store(connection, "target")
        with store.transaction():
            store.apply([Put(Property(name="x_trustsim.own", value="stays"))], NOW)
        yield store


def readers(store: Store) -> list[tuple[object, ...]]:
    return [(row["sys_id"], row["name"], row["u_door"], row["sys_domain"]) for row in store.show("u_reader")]


def property_of(store: Store, name: str) -> object:
    return next((row["value"] for row in store.show("sys_properties") if row["name"] == name), None)


def test_what_is_put_in_is_what_was_taken_out(source: Store, target: Store) -> None:
    """Classes, CIs with their sys_ids and times, users and properties; as JSON on the way."""
    rows = source.cmdb_rows()
    with target.transaction():
        target.cmdb().replace(json.loads(json.dumps(rows)))
    assert target.cmdb_rows() == rows
    assert readers(target) == readers(source)
    assert [door for _, _, door, _ in readers(target)] == ["north", None]
    assert property_of(target, "glide.class.switch.enabled") == "false"
    assert target.cmdb().roles_of("ann") == {"itil"}


def test_what_is_the_instance_s_own_stays(source: Store, target: Store) -> None:
    """A property that is no CMDB's comes from nowhere and goes nowhere."""
    with target.transaction():
        target.cmdb().replace(source.cmdb_rows())
    assert property_of(target, "x_trustsim.own") == "stays"
    assert property_of(source, "x_trustsim.own") is None


def test_a_cmdb_that_was_never_used_takes_the_place_of_one_that_was(source: Store, target: Store) -> None:
    """It is empty again, and can be used like a new one."""
    assert target.cmdb_rows() == {}
    with source.transaction():
        source.cmdb().replace(target.cmdb_rows())
    assert source.cmdb_rows() == {}
    assert not source.has_table("cmdb_ci")
    store = source.cmdb()
    store.install()
    configure(store, Setup.model_validate({"records": {"cmdb_ci_computer": [{"name": "new"}]}}))
    assert [row["name"] for row in source.show("cmdb_ci")] == ["new"]
    assert store.roles_of("ann") is None
    assert property_of(source, "glide.class.switch.enabled") == "true"


def test_nothing_changes_where_the_transaction_fails(source: Store, target: Store) -> None:
    """All or nothing, classes and columns included."""
    before = target.cmdb_rows()
    with pytest.raises(ZeroDivisionError):
        _replace_and_fail(target, source)
    assert target.cmdb_rows() == before
    assert not target.cmdb().classes.parents


def _replace_and_fail(target: Store, source: Store) -> None:
    with target.transaction():
        target.cmdb().replace(source.cmdb_rows())
        raise ZeroDivisionError


def test_references_are_shown_by_name(source: Store) -> None:
    """Domains, users and CIs, wherever they are referred to."""
    assert [row["sys_domain"] for row in source.show("u_reader")] == ["TOP", "global"]
    assert ("ann", "itil") in [(row["user"], row["role"]) for row in source.show("sys_user_has_role")]
