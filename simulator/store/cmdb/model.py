"""What the engine of the CMDB knows of its instance, read from the instance's file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from simulator.cmdb.classes.hierarchy import Hierarchy
from simulator.cmdb.identification.other_tables import PRESET, SCOPED
from simulator.cmdb.records import Record
from simulator.cmdb.rules.identifiers import Rules
from simulator.cmdb.rules.model import Model, RelationType
from simulator.cmdb.rules.restrictions import Restrictions
from simulator.cmdb.rules.rulebook import Rulebook
from simulator.cmdb.text import fold
from simulator.domains.tree import Tree
from simulator.errors import StoreError
from simulator.store.cmdb.properties import checked, names_in
from simulator.store.cmdb.reader import CmdbReader


def load_model(reader: CmdbReader, tree: Tree) -> Model:
    """The classes, rules and settings as the file has them now, with its domains. Raises StoreError."""
    types = _all(reader, "cmdb_rel_type")
    name_by_id = {row["sys_id"]: row["name"] for row in types}
    types_by_name: dict[str, list[Record]] = defaultdict(list)
    for row in types:
        types_by_name[fold(row["name"] or "")].append(row)
    hierarchy = load_hierarchy(reader)
    properties = {row["name"] or "": _property(row) for row in _all(reader, "sys_properties")}
    choices = reader.rows("sys_choice", ("name", "element"), [("cmdb_ci", "discovery_source")])
    sources = {fold(row["value"] or ""): row["value"] or "" for row in choices if row["inactive"] != "true"}
    return Model(
        hierarchy,
        _rules(reader, hierarchy, name_by_id),
        sources,
        {
            name: RelationType(rows[0]["name"] or "", tuple(row["sys_id"] or "" for row in rows))
            for name, rows in types_by_name.items()
        },
        properties,
        _rulebook(reader, hierarchy, tree, sources),
        Restrictions.from_rows(_all(reader, "cmdb_ire_reclassification_restriction")),
        frozenset(
            (row["class"] or "", row["identifier_table"])
            for row in _all(reader, "cmdb_duplicate_lookup_related_allowed_class")
            if row["active"] == "true"
        ),
        _other_tables(reader, hierarchy, properties.get("glide.identification_engine.non_cmdb_tables", PRESET)),
    )


def _other_tables(reader: CmdbReader, hierarchy: Hierarchy, preset: str) -> dict[str, tuple[str, ...]]:
    """The *preset* tables and those of applications, each with the columns in which no rows may be the same."""
    scoped = [name for name in reader.tables if any(each.startswith(SCOPED) for each in hierarchy.chain(name))]
    return {
        table: tuple(
            each for each in reader.columns(table) if each != "sys_id" and reader.is_unique(table, (each,))
        )
        for table in (*names_in(preset), *scoped)
    }


def load_hierarchy(reader: CmdbReader) -> Hierarchy:
    """The classes and the other tables, with their columns."""
    every = _all(reader, "sys_db_object")
    classes = [row for row in every if (row["name"] or "") in reader.classes]
    tables = [row for row in every if (row["name"] or "") not in reader.classes]
    return Hierarchy.from_rows(classes, _all(reader, "sys_dictionary"), _all(reader, "sys_choice"), tables)


def _property(row: Record) -> str:
    name, value = row["name"] or "", row["value"] or ""
    try:
        return checked(name, value)
    except ValueError as problem:
        message = f"the instance's file cannot be used; correct the property {name}: {problem}"
        raise StoreError(message) from problem


def _rules(reader: CmdbReader, hierarchy: Hierarchy, name_by_id: dict[str | None, str | None]) -> Rules:
    try:
        return Rules.from_rows(
            hierarchy,
            _all(reader, "cmdb_identifier"),
            _all(reader, "cmdb_identifier_entry"),
            _all(reader, "cmdb_related_entry"),
            _all(reader, "cmdb_ie_active_config"),
            [_with_relation(row, name_by_id) for row in _all(reader, "cmdb_metadata_hosting")],
            [_with_relation(row, name_by_id) for row in _all(reader, "cmdb_metadata_containment")],
        )
    except ValueError as problem:  # a condition, or a number, that is none
        message = f"the instance's file cannot be used; correct {problem}"
        raise StoreError(message) from problem


def _rulebook(reader: CmdbReader, hierarchy: Hierarchy, tree: Tree, sources: Mapping[str, str]) -> Rulebook:
    def about_sources(table: str) -> list[Record]:
        """The rules of a table, each with its data source as the choice spells it."""
        rows = _all(reader, table)
        names = [row["discovery_source"] or "" for row in rows]
        return [
            {**row, "discovery_source": sources.get(fold(name), name)}
            for row, name in zip(rows, names, strict=True)
        ]

    try:
        return Rulebook.from_rows(
            hierarchy,
            about_sources("cmdb_reconciliation_definition"),
            about_sources("cmdb_datasource_precedence"),
            about_sources("cmdb_datasource_staleness"),
            _all(reader, "cmdb_dynamic_reconciliation_definition"),
            about_sources("cmdb_ire_data_source_rule"),
            tree,
        )
    except ValueError as problem:
        raise StoreError(f"the instance's file cannot be used; correct {problem}") from problem


def _all(reader: CmdbReader, table: str) -> list[Record]:
    return reader.rows(table, (), [()])


def _with_relation(row: Record, name_by_id: dict[str | None, str | None]) -> Record:
    """The row with its relation type's name: that is what payloads say."""
    return {**row, "rel_type": name_by_id.get(row["rel_type"], row["rel_type"])}
