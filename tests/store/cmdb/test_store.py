"""The CMDB on real SQLite files: base data, classes as views, reading by keys, change sets."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

from simulator.cmdb.records import ChangeSet, Reader, Record
from simulator.errors import StoreError
from simulator.protocol.envelope import derive_id
from simulator.store.cmdb.model import load_hierarchy
from simulator.store.cmdb.reader import CmdbReader
from simulator.store.cmdb.store import CmdbStore
from simulator.store.file import connect
from simulator.store.records.records import Records
from simulator.store.setups.document import read_document

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(tmp_path / "dev1.sqlite")) as connection:
        yield connection


@pytest.fixture
def store(connection: sqlite3.Connection) -> CmdbStore:
    store = CmdbStore(connection)
    store.install()
    return store


def ci(number: int, **values: str | None) -> Record:
    return {"sys_id": derive_id("ci", number), "name": f"ci-{number}", **values}


def insert(store: CmdbStore, table: str, *records: Record, at: datetime = NOW) -> None:
    changes = ChangeSet()
    changes.inserts[table].extend(records)
    store.apply(changes, at)


def test_the_store_is_a_reader(store: CmdbStore) -> None:
    reader: Reader = store
    assert reader.rows("cmdb_ci", ("name",), [("nothing",)]) == []


@pytest.mark.parametrize(
    "name", ["access", "classes", "identifiers", "properties", "relations", "sources", "tables"]
)
def test_the_base_data_say_the_same_to_every_reader_of_yaml(name: str) -> None:
    """They are read as YAML 1.1, in which `no` is false and `1:30` ninety; people who read them think of 1.2."""
    text = files("simulator.cmdb.base").joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    meant = read_document(text, name, object)
    loaders = (yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    assert [yaml.load(text, loader) for loader in loaders] == [meant, meant]  # noqa: S506 - both are safe


def test_the_documented_rules_are_there(store: CmdbStore) -> None:
    (rule,) = store.rows("cmdb_identifier", ("applies_to",), [("cmdb_ci_hardware",)])
    entries = store.rows("cmdb_identifier_entry", ("identifier",), [(rule["sys_id"],)])
    found = {entry["order"]: (entry["sys_id"], entry["table"], entry["attributes"]) for entry in entries}
    assert rule["independent"] == "true"
    assert found["300"] == ("556eb250c3400200d8d4bea192d3ae92", "cmdb_ci_hardware", "name")
    assert found["100"][1:] == ("cmdb_serial_number", "serial_number,serial_number_type")
    assert set(found) == {"100", "200", "300", "400"}


def test_rules_name_only_what_exists(store: CmdbStore) -> None:
    everything = [()]
    types = {row["sys_id"] for row in store.rows("cmdb_rel_type", (), everything)}
    for row in store.rows("cmdb_metadata_hosting", (), everything):
        assert row["rel_type"] in types
        assert {row["parent_type"], row["child_type"]} <= set(store.classes.parents)
    for entry in store.rows("cmdb_identifier_entry", (), everything):
        assert set((entry["attributes"] or "").split(",")) <= set(store.columns(entry["table"] or ""))
    for row in store.rows("cmdb_metadata_containment", (), everything):
        assert row["ci_type"] in store.classes.parents
        assert row["parent_id"] is None or row["rel_type"] in types


def test_only_reconciliation_rules_have_a_domain(store: CmdbStore) -> None:
    domain = {"sys_domain", "sys_domain_path", "sys_overrides"}
    for table in ("cmdb_identifier", "cmdb_identifier_entry", "cmdb_related_entry", "cmdb_ie_active_config"):
        assert not domain & set(store.columns(table))
    for table in ("cmdb_reconciliation_definition", "cmdb_datasource_precedence", "cmdb_datasource_staleness"):
        assert domain <= set(store.columns(table))


def test_installing_again_changes_nothing(store: CmdbStore, connection: sqlite3.Connection) -> None:
    before = connection.total_changes
    CmdbStore(connection).install()
    assert connection.total_changes == before


def test_a_class_shows_itself_and_its_subclasses(store: CmdbStore, connection: sqlite3.Connection) -> None:
    insert(store, "cmdb_ci_linux_server", ci(1, os="Linux"))
    insert(store, "cmdb_ci_ip_switch", ci(2))
    names = {
        name: sorted(ci for (ci,) in connection.execute(f"select name from {store.classes.rows(name)}"))  # noqa: S608
        for name in ("cmdb_ci", "cmdb_ci_server", "cmdb_ci_netgear", "cmdb_ci_win_server")
    }
    assert names == {
        "cmdb_ci": ["ci-1", "ci-2"],
        "cmdb_ci_server": ["ci-1"],
        "cmdb_ci_netgear": ["ci-2"],
        "cmdb_ci_win_server": [],
    }
    keys = [("ci-1",), ("ci-2",), ("ci-1",)]
    (found,) = store.rows("cmdb_ci_server", ("name",), keys)
    assert (found["os"], found["sys_class_name"], found["sys_mod_count"]) == ("Linux", "cmdb_ci_linux_server", "0")
    assert "kernel_release" in found
    assert "can_switch" not in found
    assert len(store.rows("cmdb_ci_hardware", ("name",), keys)) == 2


def test_rows_come_as_they_were_created(store: CmdbStore) -> None:
    insert(store, "cmdb_ci_server", ci(1, name="same"), at=NOW.replace(hour=9))
    insert(store, "cmdb_ci_server", ci(2, name="same"), ci(3, name="same"))
    found = [row["sys_id"] for row in store.rows("cmdb_ci", ("name",), [("same",)])]
    assert found == [*sorted([derive_id("ci", 2), derive_id("ci", 3)]), derive_id("ci", 1)]


def test_a_key_may_hold_nothing(store: CmdbStore) -> None:
    insert(store, "cmdb_ci_ip_address", ci(1, ip_address="192.0.2.1"), ci(2, ip_address="192.0.2.1", netmask="24"))
    found = store.rows("cmdb_ci_ip_address", ("ip_address", "netmask"), [("192.0.2.1", None)])
    assert [row["name"] for row in found] == ["ci-1"]


def test_any_number_of_keys_is_one_indexed_query(store: CmdbStore, connection: sqlite3.Connection) -> None:
    insert(store, "cmdb_ci_server", *(ci(number) for number in range(3000)))
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    found = store.rows("cmdb_ci", ("name",), [(f"ci-{number}",) for number in range(40_000)])
    connection.set_trace_callback(None)
    (statement,) = [text for text in statements if "json_each" in text]
    plan = " ".join(row[3] for row in connection.execute(f"explain query plan {statement}"))
    assert len(found) == 3000
    assert "cmdb_by_name" in plan


def test_two_spellings_of_a_key_find_a_row_once(store: CmdbStore) -> None:
    insert(store, "cmdb_ci_linux_server", ci(1), ci(2))
    found = store.rows("cmdb_ci", ("name",), [("ci-1",), ("CI-1",), ("ci-2",)])
    assert [row["name"] for row in found] == ["ci-1", "ci-2"]


def test_of_cis_what_is_asked_for_is_read(store: CmdbStore) -> None:
    """And what they are found by, their sys_id and their class."""
    insert(store, "cmdb_ci_linux_server", ci(1, os="Linux", serial_number="S"))
    (row,) = store.rows("cmdb_ci", ("name",), [("ci-1",)], frozenset({"os", "image_id"}))
    assert row == {
        "sys_id": ci(1)["sys_id"],
        "sys_class_name": "cmdb_ci_linux_server",
        "name": "ci-1",
        "os": "Linux",
    }


def test_an_update_moves_an_item_to_another_class(store: CmdbStore) -> None:
    insert(store, "cmdb_ci_server", ci(1, ram="1"))
    changes = ChangeSet()
    changes.updates["cmdb_ci_server"][derive_id("ci", 1)] = {"sys_class_name": "cmdb_ci_linux_server", "ram": None}
    store.apply(changes, NOW.replace(hour=9))
    (found,) = store.rows("cmdb_ci_linux_server", ("sys_id",), [(derive_id("ci", 1),)])
    assert (found["ram"], found["sys_mod_count"]) == (None, "1")
    assert (found["sys_created_on"], found["sys_updated_on"]) == ("2026-01-05 08:00:00", "2026-01-05 09:00:00")


def test_a_change_set_is_applied_whole_or_not_at_all(store: CmdbStore) -> None:
    changes = ChangeSet()
    changes.inserts["cmdb_ci_server"] = [ci(1), ci(2), ci(1)]
    with pytest.raises(StoreError, match="UNIQUE"):
        store.apply(changes, NOW)
    assert store.rows("cmdb_ci", ("name",), [("ci-1",), ("ci-2",)]) == []


def test_what_is_unknown_is_named(store: CmdbStore) -> None:
    with pytest.raises(StoreError, match="there is no table cmdb_ci_sofa"):
        store.rows("cmdb_ci_sofa", ("name",), [("x",)])
    with pytest.raises(StoreError, match="cmdb_ci_server has no column colour"):
        store.rows("cmdb_ci_server", ("colour",), [("x",)])
    with pytest.raises(StoreError, match="has no column colour"):
        insert(store, "cmdb_ci_server", ci(1, colour="red"))


def test_another_reader_sees_the_classes(store: CmdbStore, connection: sqlite3.Connection) -> None:
    insert(store, "cmdb_ci_server", ci(1))
    assert len(CmdbReader(connection).rows("cmdb_ci", ("name",), [("ci-1",)])) == 1


def test_people_read_truth_values_as_such_in_the_tables_of_trust_too(
    store: CmdbStore, connection: sqlite3.Connection
) -> None:
    """They are numbers there."""
    rows: list[dict[str, str | int | None]] = [{"sys_id": "a", "active": 1}, {"sys_id": "b", "active": 0}]
    read = Records(connection).as_people_read("sn_mif_trust_profile_item", rows, load_hierarchy(store))
    assert [row["active"] for row in read] == ["true", "false"]
