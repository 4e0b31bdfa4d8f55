"""What is imported from an instance makes another one that answers in the same way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulator.cmdb.engine import Result
from simulator.importing.tables import TABLES
from simulator.protocol.cmdb import ConfigureCmdb, Identify
from simulator.protocol.envelope import derive_id
from simulator.runtime.cmdb import Cmdb
from simulator.scenario.running.acts import acts_of
from simulator.store.cmdb.store import CmdbStore
from simulator.store.setups.setup import Setup
from tests.fleet import START
from tests.rest.client import Api
from tests.simulation.shipped import FILES, loaded

from .sources import EVERYTHING, imported, setup_in

STORIES = sorted(
    {
        (file, instance)
        for file in FILES
        for step in loaded(file).scenario.steps
        if step.configure_cmdb is not None
        for instance in step.configure_cmdb.on
    }
)
"""The instances whose CMDBs a scenario sets up."""


def told(file: Path, instance: str) -> list[ConfigureCmdb | Identify]:
    """What the scenario tells the CMDB of the instance, in order."""
    scenario = loaded(file).scenario
    acts = [
        act for step in scenario.steps if step.configure_cmdb or step.identify for act in acts_of(scenario, step)
    ]
    return [act for on, act in acts if on == instance and isinstance(act, ConfigureCmdb | Identify)]


def answers(api: Api, calls: list[Identify]) -> list[Any]:
    """What the instance answers; a refusal with its reason. Ids of new CIs derive from the calls' numbers."""
    cmdb = Cmdb(CmdbStore(api.connection))
    found = [cmdb.answer(call, derive_id("call", number), START) for number, call in enumerate(calls)]
    return [it.response if isinstance(it, Result) else (it.code, it.found) for it in found]


def configured(setups: list[dict[str, Any]]) -> Api:
    """An instance that was given the setups; one that it refuses changes nothing."""
    api = Api({})
    for setup in setups:
        Cmdb(CmdbStore(api.connection)).begin(Setup.model_validate(setup), START)
    api.reopen()
    return api


def cis_of(setups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What setups bring beside rules: CIs and their relations, whose types are known by their names."""
    records = [{**setup.get("records", {})} for setup in setups]
    names = {row.get("sys_id"): row["name"] for some in records for row in some.get("cmdb_rel_type", [])}
    for some in records:
        for row in some.get("cmdb_rel_ci", []):
            row["type"] = names.get(row["type"], row["type"])
    return [{"records": {table: rows for table, rows in some.items() if table not in TABLES}} for some in records]


def rules(api: Api) -> dict[str, Any]:
    """All that is imported, as rows; relation types are known by their names alone."""
    names = [row["name"] for row in kept(api, "cmdb_rel_type")["cmdb_rel_type"]]
    return {**kept(api, *_RULES), "cmdb_rel_type": sorted(names)}


def cis(api: Api) -> dict[str, Any]:
    """All that payloads have made, relations with the names of their types."""
    found = kept(api, "cmdb_rel_type", *_FILLED)
    names = {row["sys_id"]: row["name"] for row in found.pop("cmdb_rel_type")}
    relations = [{**row, "type": names[row["type"]]} for row in found["cmdb_rel_ci"]]
    return {**found, "cmdb_rel_ci": relations}


def kept(api: Api, *tables: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of tables, without what tells when they were made: the paths of domains are given in that order."""
    found = {}
    for table in tables:
        cursor = api.connection.execute(f'select * from "{table}"')  # noqa: S608
        columns = [name for name, *_ in cursor.description]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor]
        plain = [{name: row[name] for name in columns if name not in _STAMPS} for row in rows]
        found[table] = sorted(plain, key=lambda row: [str(value) for value in row.values()])
    return found


_STAMPS = ("sys_created_on", "sys_updated_on", "sys_mod_count", "sys_domain_path")
_FILLED = ("cmdb", "cmdb_rel_ci", "cmdb_serial_number", "sys_object_source", "reconcile_duplicate_task",
           "reclassification_task", "cmdb_datasource_last_update", "cmdb_ire_partial_payloads")  # fmt: skip
_RULES = tuple(table for table in TABLES if not table.startswith(("sn_mif_", "sys_store_app", "cmdb_rel_type")))


@pytest.mark.parametrize(("file", "instance"), STORIES, ids=lambda it: it.stem if isinstance(it, Path) else it)
def test_every_cmdb_scenario_ends_the_same_on_what_was_imported(file: Path, instance: str) -> None:
    """All payloads, and the sys_ids of the rules that have matched; CIs that setups bring are brought again."""
    acts = told(file, instance)
    setups = [act.setup for act in acts if isinstance(act, ConfigureCmdb)]
    calls = [act for act in acts if isinstance(act, Identify)]
    original = configured(setups)
    again = configured([setup_in(imported(original)), *cis_of(setups)])
    assert rules(again) == rules(original)
    assert answers(again, calls) == answers(original, calls)
    assert cis(again) == cis(original)


def test_all_that_there_is_comes_out_the_same() -> None:
    """Every table that is read, row by row, whatever form it has in a setup."""
    original = configured([EVERYTHING])
    made = imported(original)
    assert made.notes == ()
    again = configured([setup_in(made)])
    ours, theirs = rules(again), rules(original)
    for table, rows in theirs.items():
        assert ours[table] == rows, table
    assert imported(again).text == made.text
