"""What was drawn by chance, as an instance's file holds it and as a caller sends it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from random import Random  # noqa: TID251 - Hypothesis makes it and prints its seed
from typing import Any

from simulator.cmdb.engine import Result
from simulator.protocol.cmdb import Identify
from simulator.runtime.cmdb import Cmdb
from simulator.store.cmdb.rows import Rows, SqlRow, as_flag, property_row, role_id
from simulator.store.cmdb.store import CmdbStore
from simulator.store.file import MEMORY, connect
from simulator.store.setups.configure import configure
from simulator.store.setups.setup import Setup
from tests.cmdb.base import NOW
from tests.cmdb.drawn import ATTRIBUTES, HOSTING, SERIAL, SOURCE, SUPERCLASSES, Case
from tests.cmdb.naive_identifier import Condition, Entry, Rule, State

USER = "u"


_OF_OTHER_CLASSES = [
    ("sys_db_object", "name"),
    ("sys_dictionary", "name"),
    ("cmdb_identifier", "applies_to"),
    ("cmdb_metadata_hosting", "parent_type"),
    ("cmdb_metadata_hosting", "child_type"),
    ("cmdb_metadata_containment", "ci_type"),
]
"""Where the base data speaks of classes that no case has: to read it again each time is most of the work."""


@cache
def _blank() -> bytes:
    """The classes of all cases; rules, domains, users and records come with each case."""
    connection = connect(MEMORY)
    store = CmdbStore(connection)
    store.install()
    classes = {name: {"extends": above, "attributes": ATTRIBUTES.get(name, [])} for name, above in SUPERCLASSES}
    hosting = [
        {"parent_type": one, "child_type": other, "rel_type": kind, "is_reverse": end == "child"}
        for one, other, kind, end in HOSTING
    ]
    configure(store, Setup.model_validate({"classes": classes, "hosting": hosting}))
    for table, column in _OF_OTHER_CLASSES:
        connection.execute(f"delete from {table} where {column} glob 'cmdb_ci_*'")  # noqa: S608
    for table in ("cmdb_identifier_entry", "cmdb_related_entry"):
        connection.execute(f"delete from {table} where identifier not in (select sys_id from cmdb_identifier)")  # noqa: S608
    content = connection.serialize()
    connection.close()
    return content


@cache
def _connection() -> sqlite3.Connection:
    return fresh()


@contextmanager
def store_of(case: Case, chance: Random | None = None, kept: type[CmdbStore] = CmdbStore) -> Iterator[CmdbStore]:
    """A store that holds the case; all that is done to it is undone at the end.

    With *chance* its rows are put in in any order.
    """
    connection = _connection()
    connection.execute("begin")
    try:
        store = kept(connection)
        fill(store, case, chance)
        yield store
    finally:
        connection.execute("rollback")


def fresh() -> sqlite3.Connection:
    """A store of its own with the classes of all cases and nothing else."""
    return connect(MEMORY, _blank())


def fill(store: CmdbStore, case: Case, chance: Random | None = None) -> None:
    """Puts the rules, domains, users and records of the case into a store that has its classes."""
    tables = {**_settings(case.state), **_people(case), **_records(case.state, store)}
    rows = [(table, row) for table, some in tables.items() for row in some]
    if chance is not None:
        chance.shuffle(rows)
    for table, row in rows:
        made_at = str(row.pop("sys_created_on", "2025-01-01 00:00:00"))
        store.add_rows({table: [row]}, datetime.fromisoformat(f"{made_at}Z"))


def _settings(state: State) -> Rows:
    engine = "glide.identification_engine."
    settings = {
        "glide.sys.domain.partitioning": "true",
        f"{engine}platform_domain_separation_enabled": as_flag(state.platform),
        f"{engine}skip_sys_object_source_matching": as_flag(state.rules_first),
        f"{engine}enable_identifier_optional_condition": as_flag(state.conditions),
        f"{engine}skip_duplicates": as_flag(state.skip_duplicates),
        f"{engine}skip_duplicates.threshold": str(state.threshold),
    }
    return {
        "sys_properties": [property_row(*one) for one in settings.items()],
        "cmdb_identifier": [_rule_row(rule) for rule in state.rules],
        "cmdb_identifier_entry": [_entry_row(rule, entry) for rule in state.rules for entry in rule.entries],
        "cmdb_ie_active_config": [
            {"sys_id": f"i{place}", "table": table, "condition": encoded(condition), "active": "true"}
            for place, (table, condition) in enumerate(state.inclusion)
        ],
    }


def _people(case: Case) -> Rows:
    """The domains, and the user with a group; each sees every second of the visibility domains."""
    state, caller = case.state, case.caller
    return {
        "domain": [_domain_row(*one) for one in state.domains],
        "domain_contains": _pairs("domain", "contains", state.contains),
        "sys_user": [{"sys_id": USER, "user_name": USER, "sys_domain": caller.domain, "active": "true"}],
        "sys_user_group": [{"sys_id": "g", "name": "g"}],
        "sys_user_has_role": _pairs("user", "role", [(USER, role_id("itil"))]),
        "sys_user_grmember": _pairs("user", "group", [(USER, "g")]),
        "sys_user_visibility": _pairs("user", "domain", [(USER, one) for one in caller.visible[::2]]),
        "sys_user_group_visibility": _pairs("group", "domain", [("g", one) for one in caller.visible[1::2]]),
    }


def _pairs(one: str, other: str, pairs: list[tuple[str, str]]) -> list[SqlRow]:
    return [{"sys_id": f"{first} {second}", one: first, other: second} for first, second in pairs]


def _records(state: State, store: CmdbStore) -> Rows:
    kinds = {row["name"]: row["sys_id"] for row in store.rows("cmdb_rel_type", (), [()])}
    return {
        "cmdb": [{**ci} for ci in state.cis],
        SERIAL: [{name: value for name, value in row.items() if name != "table"} for row in state.lookups],
        "cmdb_rel_ci": [
            {"sys_id": f"rel{place:02}", "parent": parent, "child": child, "type": kinds[kind]}
            for place, (parent, child, kind) in enumerate(state.relations)
        ],
        "sys_object_source": [
            {"sys_id": f"s{place:02}", "name": name, "id": key, "target_sys_id": target, "target_table": "cmdb_ci"}
            for place, (name, key, target) in enumerate(state.sources)
        ],
    }


def body_of(case: Case) -> str:
    """The payload as the caller sends it."""
    items = []
    for item in case.items:
        sent: dict[str, Any] = {"className": item.class_name, "values": item.values}
        if item.lookup:
            sent["lookup"] = [{"className": table, "values": values} for table, values in item.lookup]
        if item.key:
            sent["sys_object_source_info"] = dict(zip(("source_name", "source_native_key"), item.key, strict=True))
        items.append(sent)
    relations = [{"parent": parent, "child": child, "type": kind} for parent, child, kind in case.relations]
    return json.dumps({"items": items, "relations": relations})


CALLS: dict[str, str | None] = {"plain": None, "enhanced": "", "enhanced, nothing kept": "partial_payloads:false"}
"""Ways to call the API, with the options of each; None where it is not the enhanced one."""


def call(store: CmdbStore, case: Case, kind: str, *, query: bool = False, cause: str = "cause") -> dict[str, Any]:
    """The response to the case's payload."""
    return answer(store, case, kind, query=query, cause=cause).response


def answer(
    store: CmdbStore, case: Case, kind: str, *, query: bool = False, cause: str = "cause", explain: bool = False
) -> Result:
    """The same with all that is to be said of it."""
    identify = Identify(
        user=USER,
        source=SOURCE,
        body=body_of(case),
        options=CALLS[kind] or None,
        enhanced=CALLS[kind] is not None,
        query=query,
    )
    result = Cmdb(store).identify(identify, cause, NOW, explain=explain)
    assert isinstance(result, Result)
    return result


def encoded(condition: Condition) -> str:
    """The condition as rules hold it."""
    return "^".join(f"{name}{sign}{value}" for name, sign, value in condition)


def _rule_row(rule: Rule) -> SqlRow:
    return {
        "sys_id": rule.name,
        "name": rule.name,
        "applies_to": rule.applies_to,
        "independent": as_flag(rule.independent),
        "active": "true",
    }


def _entry_row(rule: Rule, entry: Entry) -> SqlRow:
    return {
        "sys_id": f"{rule.name} {entry.order}",
        "identifier": rule.name,
        "table": entry.table,
        "attributes": ",".join(entry.attributes),
        "hybrid_entry_ci_criterion_attributes": ",".join(entry.own),
        "order": entry.order,
        "active": "true",
        "allow_null_attribute": as_flag(entry.allow_null),
        "allow_fallback": as_flag(entry.fallback),
        "exact_count_match": as_flag(entry.exact),
        "referenced_field": entry.reference or None,
        "condition": encoded(entry.condition),
    }


def _domain_row(domain: str, parent: str) -> SqlRow:
    return {
        "sys_id": domain,
        "name": domain,
        "parent": parent or None,
        "primary": as_flag(domain == "top"),
        "sys_domain": domain,
        "sys_domain_path": domain,
    }
