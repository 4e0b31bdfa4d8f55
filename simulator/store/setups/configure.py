"""Makes true in a CMDB what a setup says."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from functools import partial

from simulator.cmdb.records import ChangeSet, Record
from simulator.errors import StoreError
from simulator.store.cmdb.classes import ROOT
from simulator.store.cmdb.domains import load_domains
from simulator.store.cmdb.model import load_model
from simulator.store.cmdb.parts import Attribute, CiClass, Identifier, Rules
from simulator.store.cmdb.properties import checked
from simulator.store.cmdb.rows import (
    Rows,
    SqlRow,
    access_row,
    class_rows,
    number_row,
    property_row,
    relation_row,
    rule_rows,
    source_row,
)
from simulator.store.cmdb.store import BASE_TIME, CmdbStore
from simulator.store.setups.recognition import recognise
from simulator.store.setups.restatement import Configured, Restatement, SetupPath, leaves_out
from simulator.store.setups.separation import Separation
from simulator.store.setups.setup import Setup
from simulator.store.setups.values import Values

_ENTRIES = (
    ("cmdb_identifier_entry", "entries", "entry"),
    ("cmdb_related_entry", "related", "related entry"),
)
"""The tables of what a rule has, with what they are called in a setup and by people."""


def configure(store: CmdbStore, setup: Setup, now: datetime = BASE_TIME) -> Configured:
    """Makes true what *setup* says, all or nothing. Raises StoreError where it does not fit the CMDB.

    What the setup leaves out of a thing that is there already stays; a list that it gives replaces the thing's.
    """
    with store.transaction():
        restatement = Restatement(store, now)
        _classes(setup, restatement)
        _rules(setup, restatement)
        _tables(setup, restatement)
        if setup.classes or setup.identifiers or setup.tables:
            store.redeclare()
        _check_numbers(setup, store)
        _settings(setup, restatement)
        separation = Separation(restatement, setup.domains)
        separation.people(setup)
        values = Values(store, setup.records)
        _read_defaults(setup, values, store)
        for table, records in setup.records.items():
            _records(table, records, values, separation, restatement)
        load_model(store, load_domains(store).tree)  # the engine must be able to go by all of it
    return restatement.result


# -- classes --------------------------------------------------------------------------------------------


def _classes(setup: Setup, restatement: Restatement) -> None:
    for name, one in setup.classes.items():
        rows = class_rows({name: one})
        columns = {"super_class": "extends", "label": "label"}
        unsaid = [column for column, part in columns.items() if leaves_out(one, part)]
        restatement.put("sys_db_object", rows["sys_db_object"], unsaid)
        _attributes(name, one, rows, restatement)


def _attributes(name: str, one: CiClass, rows: Rows, restatement: Restatement) -> None:
    """The class's own attributes: those that the setup states, and without `attributes` the others as before."""
    stated = rows["sys_dictionary"]
    names = {row["element"] for row in stated}
    every = restatement.store.rows("sys_dictionary", ("name",), [(name,)])
    others = [row for row in every if row["element"] not in names]
    for row in stated:
        restatement.put("sys_dictionary", [row], {*_unsaid(one, str(row["element"])), _DEFAULT})
    _choices(name, one, rows["sys_choice"], restatement)
    if leaves_out(one, "attributes"):
        unmarked: list[SqlRow] = [{**_identity(row), "mandatory": "false", "reference": None} for row in others]
        restatement.put(
            "sys_dictionary", unmarked, [column for column, part in _MARKS.items() if leaves_out(one, part)]
        )
        return
    restatement.delete(
        "sys_dictionary",
        others,
        "attribute_removed",
        ("classes", name, "attributes"),
        lambda row: f"{name} no longer has an attribute {row['element']} of its own.",
    )


_DEFAULT = "default_value"

_MARKS = {"mandatory": "mandatory", "reference": "references"}
"""What a class says of attributes beside them, by the columns of the dictionary."""

_COLUMNS_BY_PART = {
    "label": ("column_label",),
    "type": ("internal_type",),
    "max_length": ("max_length",),
    "mandatory": ("mandatory",),
    "display": ("display",),
    "reference": ("reference", "internal_type", "max_length"),
    "choices": ("choice",),
    "default": (),
}
"""By what is said of an attribute, the columns of the dictionary that say it; of defaults see _read_defaults."""


def _unsaid(one: CiClass, element: str) -> set[str]:
    """The columns about which the class says nothing for an attribute of its own."""
    said = set(one.attributes.get(element, Attribute()).model_fields_set)
    if element in one.references:
        said.add("reference")
    columns = {column for part in said for column in _COLUMNS_BY_PART[part]}
    columns |= {column for column, part in _MARKS.items() if not leaves_out(one, part)}
    return {column for each in _COLUMNS_BY_PART.values() for column in each} - columns


def _choices(name: str, one: CiClass, rows: list[SqlRow], restatement: Restatement) -> None:
    """The choices of those attributes whose choices the setup states, in the place of others."""
    changes = ChangeSet()
    for element, attribute in one.attributes.items():
        if leaves_out(attribute, "choices"):
            continue
        ids = restatement.put_named("sys_choice", [row for row in rows if row["element"] == element])
        every = restatement.store.rows("sys_choice", ("name", "element"), [(name, element)])
        changes.deletes["sys_choice"] += [row["sys_id"] or "" for row in every if row["sys_id"] not in ids]
    restatement.store.apply(changes, BASE_TIME)


def _read_defaults(setup: Setup, values: Values, store: CmdbStore) -> None:
    """Keeps defaults in the form in which records keep values. Raises StoreError for what is no value."""
    changes = ChangeSet()
    things: list[tuple[str, str, CiClass]] = [
        *(("classes", name, one) for name, one in setup.classes.items()),
        *(("tables", name, one) for name, one in setup.tables.items()),
    ]
    for part, name, one in things:
        for element, attribute in one.attributes.items():
            if leaves_out(attribute, "default"):
                continue
            said, where = attribute.default, f"{part}.{name}.attributes.{element}.default"
            read = None if said is None else values.default(name, element, said, where)
            [row] = store.rows("sys_dictionary", ("name", "element"), [(name, element)])
            if row[_DEFAULT] != read:
                changes.updates["sys_dictionary"][row["sys_id"] or ""] = {_DEFAULT: read}
    store.apply(changes, BASE_TIME)


def _identity(row: Record) -> SqlRow:
    return {"sys_id": row["sys_id"]}


def _tables(setup: Setup, restatement: Restatement) -> None:
    """Tables of one's own; the topmost ones have what all of their records have."""
    store = restatement.store
    own = {name for name in setup.tables if name in store.tables}
    for name, one in setup.tables.items():
        where = f"tables.{name}"
        if name in store.classes or (name not in own and store.has_table(name)):
            raise StoreError(f"{where}: {name} is there already; choose another name")
        above = one.extends
        if above is not None and above not in setup.tables and above not in store.tables:
            raise StoreError(f"{where}.extends: expected a table that a setup declares, got {above!r}")
        if above is None and name not in own:
            one = one.model_copy(update={"attributes": {**_SYSTEM, **one.attributes}})
            rules = [access_row(name, operation, "itil") for operation in ("create", "write")]
            restatement.put("sys_security_acl", rules)
        rows = class_rows({name: one})
        unsaid = [column for column, part in _OF_TABLES.items() if leaves_out(one, part)]
        restatement.put("sys_db_object", rows["sys_db_object"], unsaid)
        restatement.put("sys_dictionary", rows["sys_dictionary"], [_DEFAULT])
        _choices(name, one, rows["sys_choice"], restatement)
        if one.number is not None:
            restatement.put("sys_number", [number_row(name, one.number)])


def _check_numbers(setup: Setup, store: CmdbStore) -> None:
    for name, one in setup.tables.items():
        if one.number is not None and "number" not in store.columns(name):
            raise StoreError(f"tables.{name}.number: {name} has no column number; declare it as an attribute")


_OF_TABLES = {"super_class": "extends", "label": "label"}

_SYSTEM = {
    "sys_class_name": Attribute(label="Class"),
    "sys_domain": Attribute(label="Domain", reference="domain"),
    "sys_domain_path": Attribute(label="Domain path"),
}


# -- rules and settings ---------------------------------------------------------------------------------


def _rules(setup: Setup, restatement: Restatement) -> None:
    for at, rule in enumerate(setup.identifiers):
        _identifier(rule, ("identifiers", at), restatement)
    for part, table in (("hosting", "cmdb_metadata_hosting"), ("containment", "cmdb_metadata_containment")):
        for at, one in enumerate(getattr(setup, part)):
            *containers, row = rule_rows(Rules.model_validate({part: [one]}))[table]
            restatement.put(table, containers)
            unsaid = [name for name in ("is_reverse", "active") if leaves_out(one, name)]
            restatement.put(table, [row], unsaid, [(part, at)])


def _identifier(rule: Identifier, path: SetupPath, restatement: Restatement) -> None:
    rows = rule_rows(Rules(identifiers=[rule]))
    unsaid = [name for name in ("description", "independent", "active") if leaves_out(rule, name)]
    [sys_id] = restatement.put_named("cmdb_identifier", rows["cmdb_identifier"], unsaid, [path])
    for table, part, what in _ENTRIES:
        if leaves_out(rule, part):
            continue
        before = restatement.store.rows(table, ("identifier",), [(sys_id,)])
        stated = {entry.sys_id for entry in getattr(rule, part)}
        given, gone, replaced = _matched([row | {"identifier": sys_id} for row in rows[table]], stated, before)
        restatement.put(table, given, paths=[(*path, part, at) for at in range(len(given))])
        found = f"{rule.name} on {rule.applies_to} no longer has the {what}"
        restatement.delete(table, gone, "entry_removed", (*path, part), partial(_without, found))
        restatement.drop(table, replaced)


def _without(found: str, row: Record) -> str:
    attributes = (row["attributes"] or "").replace(",", ", ")
    return f"{found} {row['order']} [{attributes}] of {row['table']}."


def _matched(
    given: list[SqlRow], stated: set[str | None], before: list[Record]
) -> tuple[list[SqlRow], list[Record], list[Record]]:
    """The entries as they come to be, the ones before that are not among them, and those that others stand for.

    An entry has the sys_id of the one before that asks the same, unless the setup has *stated* its own.
    """
    ids = {row["sys_id"] for row in given}
    free = [row for row in before if row["sys_id"] not in ids]
    matched, replaced = [], []
    for row in given:
        like = next((one for one in free if _asks(one) == _asks(row)), None)
        if like is not None:
            free.remove(like)
            if row["sys_id"] in stated:
                replaced.append(like)
            else:
                row = row | {"sys_id": like["sys_id"]}
        matched.append(row)
    return matched, sorted(free, key=lambda row: int(row["order"] or 0)), replaced


def _asks(row: Record | SqlRow) -> tuple[object, object]:
    return row["table"], row["attributes"]


def _settings(setup: Setup, restatement: Restatement) -> None:
    values = dict(setup.properties)
    if setup.domains:
        values["glide.sys.domain.partitioning"] = "true"
    restatement.put_named("sys_properties", [property_row(*each) for each in values.items()])
    restatement.put_named("sys_choice", [source_row(name) for name in setup.sources])
    restatement.put_named("cmdb_rel_type", [relation_row(name) for name in setup.relation_types])


# -- records --------------------------------------------------------------------------------------------


def _records(
    table: str, records: list[Record], values: Values, separation: Separation, restatement: Restatement
) -> None:
    store = restatement.store
    columns = store.columns(table)
    stated = []
    for at, record in enumerate(records):
        where = f"records.{table}.{at}"
        unknown = [column for column in record if column not in columns]
        if unknown:
            raise StoreError(f"{where}: {table} has no column {', '.join(unknown)}; correct or declare it")
        home = separation.home(record["sys_domain"], where) if "sys_domain" in record else {}
        stated.append({**values.read(table, record, where), **home})
        if table == "sys_properties":
            stated[-1] |= _property(record, where)
    ids = recognise(store, table, stated)
    physical = store.physical(table)
    for at, (record, sys_id) in enumerate(zip(stated, ids, strict=True)):
        row: SqlRow = {**values.resolve(table, record, f"records.{table}.{at}"), "sys_id": sys_id}
        if not store.rows(table, ("sys_id",), [(sys_id,)]) and (physical == ROOT or table in store.tables):
            row = {
                **store.defaults(table),
                **row,
                "sys_class_name": table,
            }  # of a class below it, it stays of that
            if "number" in columns and physical != ROOT and "number" not in row:
                row["number"] = store.next_number(table)
        try:
            restatement.put(physical, [row], paths=[("records", table, at)])
        except sqlite3.IntegrityError as error:
            raise StoreError(f"records.{table}.{at}: {_unfit(error)}") from error


def _unfit(error: sqlite3.IntegrityError) -> str:
    """Which rule of its table a row breaks; SQLite names the columns after a colon, each with the table."""
    what, _, named = str(error).partition(": ")
    columns = " and ".join(each.partition(".")[2] for each in named.split(", "))
    if what.startswith("UNIQUE"):
        return (
            f"there is another row with this {columns}; leave sys_id out to mean that, or give another {columns}"
        )
    return f"a row of this table needs {columns}; give it a value"


def _property(record: Record, where: str) -> Record:
    name, value = record.get("name") or "", record.get("value") or ""
    try:
        return {"value": checked(name, value)} if "value" in record else {}
    except ValueError as error:
        raise StoreError(f"{where}: {name}: {error}") from error
