"""The values of records in a setup are read by the types of their columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing

import pytest

from simulator.errors import StoreError
from simulator.store.cmdb.store import CmdbStore
from simulator.store.file import connect_with_cmdb
from simulator.store.setups.configure import configure
from simulator.store.setups.setup import Setup

SERVER = "cmdb_ci_linux_server"


@pytest.fixture
def store() -> Iterator[CmdbStore]:
    with closing(connect_with_cmdb()) as connection:
        yield CmdbStore(connection)


def test_values_may_be_written_as_people_do_and_references_be_called_by_name(store: CmdbStore) -> None:
    server = {"name": "a", "ram": "8192.0", "virtual": "True", "company": "kite ltd", "install_status": "Retired"}
    configure(store, Setup.model_validate({"records": {"core_company": [{"name": "Kite Ltd"}], SERVER: [server]}}))
    (company,) = store.rows("core_company", (), [()])
    (row,) = store.rows(SERVER, (), [()])
    assert (row["ram"], row["virtual"], row["install_status"]) == ("8192", "true", "7")
    assert row["company"] == company["sys_id"]


def test_a_reference_may_lead_to_a_record_that_comes_later_with_its_sys_id(store: CmdbStore) -> None:
    company = {"name": "Kite Ltd", "sys_id": "c" * 32}
    records = {SERVER: [{"name": "a", "company": "Kite Ltd"}], "core_company": [company]}
    configure(store, Setup.model_validate({"records": records}))
    (row,) = store.rows(SERVER, (), [()])
    assert row["company"] == "c" * 32


def test_a_reference_may_lead_to_a_record_before_it_in_its_table_however_often_it_is_given(
    store: CmdbStore,
) -> None:
    locations = [{"name": "Europe"}, {"name": "Berlin", "parent": "europe"}, {"name": "Mitte", "parent": "Berlin"}]
    for _ in range(2):
        configure(store, Setup.model_validate({"records": {"cmn_location": locations}}))
        rows = {row["name"]: row for row in store.rows("cmn_location", (), [()])}
        assert len(rows) == 3
        assert rows["Berlin"]["parent"] == rows["Europe"]["sys_id"]
        assert rows["Mitte"]["parent"] == rows["Berlin"]["sys_id"]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"ram": "much"}, "ram: expected a whole number such as 8192, got 'much'; correct the value"),
        ({"virtual": "perhaps"}, "virtual: expected true or false, got 'perhaps'; correct the value"),
        (
            {"company": "Nobody"},
            "company: expected the sys_id or the name of a record of core_company, got 'Nobody'",
        ),
    ],
)
def test_what_is_no_value_is_refused_with_its_place_and_adds_nothing(
    store: CmdbStore, value: dict[str, str], problem: str
) -> None:
    setup = Setup.model_validate({"records": {SERVER: [{"name": "a"}, {"name": "b", **value}]}})
    with pytest.raises(StoreError, match=re.escape(f"records.{SERVER}.1.{problem}")):
        configure(store, setup)
    assert store.rows(SERVER, (), [()]) == []


def test_an_attribute_that_is_given_again_keeps_what_is_not_said_of_it(store: CmdbStore) -> None:
    box = {"extends": SERVER, "attributes": {"u_slots": "integer", "u_grade": {"choices": {"1": "Gold"}}}}
    configure(store, Setup.model_validate({"classes": {"u_box": box}}))
    configure(store, Setup.model_validate({"classes": {"u_box": {"attributes": ["u_slots", "u_grade"]}}}))
    configure(store, Setup.model_validate({"classes": {"u_box": {"mandatory": ["u_slots"]}}}))
    rows = {row["element"]: row for row in store.rows("sys_dictionary", ("name",), [("u_box",)])}
    assert (rows["u_slots"]["internal_type"], rows["u_slots"]["mandatory"]) == ("integer", "true")
    assert (rows["u_grade"]["choice"], rows["u_grade"]["mandatory"]) == ("1", "false")
    assert [row["label"] for row in store.rows("sys_choice", ("name",), [("u_box",)])] == ["Gold"]


def test_choices_that_are_given_again_replace_the_others(store: CmdbStore) -> None:
    for choices in ({"1": "Gold", "2": "Silver"}, {"2": "Tin"}):
        box = {"extends": SERVER, "attributes": {"u_grade": {"choices": choices}}}
        configure(store, Setup.model_validate({"classes": {"u_box": box}}))
    assert [row["label"] for row in store.rows("sys_choice", ("name",), [("u_box",)])] == ["Tin"]
