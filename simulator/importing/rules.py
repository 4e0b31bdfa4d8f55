"""Rows of rules as those of a setup: identifiers, hosting, containment, and all that a setup has as records."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cache

from simulator.domains.tree import GLOBAL
from simulator.importing.classes import Said, is_whole
from simulator.importing.rows import Row, Rows, is_true, names, number
from simulator.importing.tables import PROPERTIES, RECORD_TABLES
from simulator.store.cmdb.base import base_properties, base_rows
from simulator.store.cmdb.parts import NAME, SYS_ID, Identifier, Rules
from simulator.store.cmdb.properties import checked
from simulator.store.cmdb.rows import relation_row, rule_rows
from simulator.store.tables import column_of

_ENTRY: Said = {
    "table": None,
    "hybrid_entry_ci_criterion_attributes": [],
    "referenced_field": None,
    "condition": None,
    "allow_null_attribute": False,
    "allow_fallback": False,
    "exact_count_match": False,
    "active": True,
    "sys_id": None,
}
"""What an entry is of which nothing more is said than its order and its attributes."""

_RULE: Said = {"description": "", "independent": True, "active": True, "related": []}

_SEPARATION = "glide.sys.domain.partitioning"

_PARTS = (("cmdb_identifier_entry", "entries"), ("cmdb_related_entry", "related"))
"""The tables of entries, by what a setup calls these."""


@cache
def _base() -> Rows:
    return Rows(
        {
            table: [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]
            for table, rows in base_rows().items()
            if table.startswith("cmdb_")
        }
    )


# -- identification -------------------------------------------------------------------------------------


def identifiers_of(rows: Rows, notes: list[str]) -> list[Said]:
    """Identifiers that differ from those of the base; of these, what the instance does not have is not active."""
    if not is_whole(rows, ("cmdb_identifier", *(table for table, _ in _PARTS)), "identifiers", notes):
        return []
    base = {(rule["applies_to"], rule["name"]): rule for rule in _identifiers(_base(), [])}
    found = []
    for rule in _identifiers(rows, notes):
        known = base.pop((rule["applies_to"], rule["name"]), None)
        if rule != known:
            usual = known or _RULE
            parts = {part: value for part, value in rule.items() if part not in usual or value != usual[part]}
            parts |= {part: rule[part] for part in ("name", "applies_to", "entries")}
            found.append({part: parts[part] for part in rule if part in parts} | _short_entries(parts))
    gone = [rule | {"active": False} | _short_entries(rule) for rule in base.values()]
    return found + [{part: value for part, value in rule.items() if value != _RULE.get(part)} for rule in gone]


def _identifiers(rows: Rows, notes: list[str]) -> Iterator[Said]:
    entries: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for table, _ in _PARTS:
        for row in rows.of(table):
            entries[table, row.get("identifier", "")].append(row)
    seen: set[tuple[str, str]] = set()
    for row in sorted(
        rows.of("cmdb_identifier"), key=lambda row: (row.get("applies_to", ""), row.get("name", ""))
    ):
        applies_to, name = row.get("applies_to", ""), row.get("name", "")
        title = f"the identifier {name} on {applies_to}"
        parts = {
            part: [*_entries(title, table, applies_to, entries[table, row["sys_id"]], notes)]
            for table, part in _PARTS
        }
        if not re.match(NAME, applies_to) or not parts["entries"] or (applies_to, name) in seen:
            notes.append(f"{title}: it has no entries, no class, or is there twice")
            continue
        seen.add((applies_to, name))
        yield {
            "name": name,
            "applies_to": applies_to,
            "description": row.get("description", ""),
            "independent": is_true(row, "independent", default=True),
            "active": is_true(row, "active", default=True),
            **parts,
        }


def _entries(title: str, table: str, applies_to: str, rows: list[Row], notes: list[str]) -> Iterator[Said]:
    for row in sorted(rows, key=lambda row: (number(row, "order", 100), row["sys_id"])):
        attributes, searched = names(row.get("attributes", "")), row.get("table", "") or applies_to
        referenced = row.get("referenced_field", "")
        hybrid = names(row.get("hybrid_entry_ci_criterion_attributes", ""))
        entry = {
            "order": number(row, "order", 100),
            "attributes": attributes,
            "table": None if searched == applies_to and table == "cmdb_identifier_entry" else searched,
            "hybrid_entry_ci_criterion_attributes": hybrid,
            "referenced_field": referenced or None,
            "condition": row.get("condition", "") or None,
            "allow_null_attribute": is_true(row, "allow_null_attribute"),
            "allow_fallback": is_true(row, "allow_fallback"),
            "exact_count_match": is_true(row, "exact_count_match"),
            "active": is_true(row, "active", default=True),
            "sys_id": row["sys_id"],
        }
        named = [*attributes, *hybrid, searched, *([referenced] if referenced else [])]
        is_linked = table == "cmdb_identifier_entry" or referenced
        if not attributes or not all(re.match(NAME, name) for name in named) or not is_linked:
            notes.append(f"{title}: the entry {entry['order']} {attributes} of {table} cannot stand in a setup")
            continue
        yield entry if re.match(SYS_ID, row["sys_id"]) else {**entry, "sys_id": None}


def _short_entries(rule: Said) -> Said:
    """The entries of a rule without what goes without saying, which is their sys_ids, too, where they derive."""
    parts = {part: rule[part] for _, part in _PARTS if rule.get(part)}
    without = {part: [{**entry, "sys_id": None} for entry in some] for part, some in parts.items()}
    one = Identifier.model_validate({"name": rule["name"], "applies_to": rule["applies_to"], **without})
    derived = rule_rows(Rules(identifiers=[one]))
    said = {}
    for table, part in _PARTS:
        if part in rule:
            said[part] = [
                {
                    name: value
                    for name, value in entry.items()
                    if name not in _ENTRY or (value != _ENTRY[name] and (name, value) != ("sys_id", row["sys_id"]))
                }
                for entry, row in zip(rule[part], derived[table], strict=False)
            ]
    return said


# -- what depends on what -------------------------------------------------------------------------------


def dependencies_of(rows: Rows, notes: list[str]) -> Said:
    """Hosting and containment rules beside those of the base; what of these the instance lacks is not active."""
    parts: Mapping[str, tuple[str, Callable[[Rows], Iterator[Said]]]] = {
        "hosting": ("cmdb_metadata_hosting", _hosting),
        "containment": ("cmdb_metadata_containment", _containment),
    }
    found = {
        part: _dependencies(part, {_ends(rule): rule for rule in read(_base())}, read(rows), notes)
        for part, (table, read) in parts.items()
        if rows.has(table)
    }
    return {part: rules for part, rules in found.items() if rules}


def _dependencies(
    part: str, base: dict[tuple[str, ...], Said], rules: Iterator[Said], notes: list[str]
) -> list[Said]:
    said, seen = [], set()
    for rule in rules:
        ends = _ends(rule)
        classes = [rule[name] for name in ("parent_type", "child_type", "ci_type") if name in rule]
        if ends in seen or not all(re.match(NAME, name) for name in classes) or re.match(SYS_ID, rule["rel_type"]):
            notes.append(
                f"the {part} rule {' '.join(ends)}: it is there twice, or names no class or relation type"
            )
            continue
        seen.add(ends)
        known = base.get(ends)
        if rule != known:
            usual = known or {"is_reverse": False, "active": True}
            said.append({name: value for name, value in rule.items() if name in _ENDS or value != usual[name]})
    gone = [rule for ends, rule in base.items() if ends not in seen]
    return said + [{name: rule[name] for name in rule if name in _ENDS} | {"active": False} for rule in gone]


_ENDS = ("parent_type", "rel_type", "child_type", "ci_type")


def _ends(rule: Said) -> tuple[str, ...]:
    return tuple(rule[name] for name in _ENDS if name in rule)


def _hosting(rows: Rows) -> Iterator[Said]:
    for row in rows.of("cmdb_metadata_hosting"):
        yield {
            "parent_type": row.get("parent_type", ""),
            "rel_type": rows.name("cmdb_rel_type", row.get("rel_type", "")),
            "child_type": row.get("child_type", ""),
            **_flags(row),
        }


def _containment(rows: Rows) -> Iterator[Said]:
    for row in rows.of("cmdb_metadata_containment"):
        if above := row.get("parent_id", ""):
            yield {
                "parent_type": rows.get("cmdb_metadata_containment", above).get("ci_type", "") or above,
                "rel_type": rows.name("cmdb_rel_type", row.get("rel_type", "")),
                "ci_type": row.get("ci_type", ""),
                **_flags(row),
            }


def _flags(row: Row) -> Said:
    return {"is_reverse": is_true(row, "is_reverse"), "active": is_true(row, "active", default=True)}


# -- settings -------------------------------------------------------------------------------------------


def properties_of(rows: Rows, notes: list[str]) -> dict[str, str]:
    """The properties that decide something and have another value than on a new instance."""
    base, found = base_properties(), {}
    for row in sorted(rows.of("sys_properties"), key=lambda row: row.get("name", "")):
        name, value = row.get("name", ""), row.get("value", "")
        if name not in PROPERTIES or name not in base:
            continue
        try:
            value = checked(name, value)
        except ValueError as error:
            notes.append(f"the property {name}: {error}")
            continue
        if value != base[name]:
            found[name] = value
    return found


def relation_types_of(rows: Rows) -> tuple[list[str], list[Row]]:
    """The names of relation types beside those of the base, and the rows of those that share a name."""
    base = {row["name"] for row in _base().of("cmdb_rel_type")}
    by_name: dict[str, list[Row]] = defaultdict(list)
    for row in rows.of("cmdb_rel_type"):
        by_name[row.get("name", "")].append(row)
    further: list[Row] = [
        {"sys_id": row["sys_id"], "name": name}
        for name in sorted(by_name)
        for row in _but_own(name, by_name[name])
    ]
    return sorted(name for name in by_name if name and name not in base), further


def _but_own(name: str, rows: list[Row]) -> list[Row]:
    """The rows of a name without the one for which the name alone stands in a setup."""
    own = relation_row(name)["sys_id"]
    return sorted(rows, key=lambda row: (row["sys_id"] != own, row["sys_id"]))[1:]


def sources_of(rows: Rows) -> tuple[list[str], list[Row]]:
    """Data sources beside those of the base, and choices to be put in place as they are: renamed and inactive."""
    if not rows.has("sys_choice"):
        return [], []
    base = {str(row["value"]): row for row in base_rows()["sys_choice"]}
    there = {
        row.get("value", ""): row
        for row in rows.of("sys_choice")
        if (row.get("name"), row.get("element")) == ("cmdb_ci", "discovery_source")
        and row.get("language", "") in ("", "en")
    }
    place = {"name": "cmdb_ci", "element": "discovery_source"}
    choices: list[Row] = []
    for value in sorted({*base, *there} - {""}):
        row, choice = there.get(value), {**place, "value": value}
        if row is None or is_true(row, "inactive"):
            choice["inactive"] = "true"
        if row is not None and row.get("label", "") not in ("", value):
            choice["label"] = row["label"]
        if len(choice) > len(place) + 1:
            choices.append(choice)
    return sorted(value for value in there if value and value not in base), choices


# -- records --------------------------------------------------------------------------------------------


def records_of(rows: Rows, domains: Mapping[str, str], notes: list[str]) -> dict[str, list[Row]]:
    """The rows of rules that have no shorter form; *domains* are the names by sys_id."""
    found: dict[str, list[Row]] = {}
    for table, described in RECORD_TABLES.items():
        records: list[Row] = []
        for row in rows.of(table):
            record = {"sys_id": row["sys_id"]}
            for column in described.columns:
                value = row.get(column, "")
                if value and column == "sys_domain":
                    record |= {} if value == GLOBAL else {column: domains.get(value, "")}
                elif (value or column in _NEEDED) and (column, value) != ("active", "true"):
                    record[column] = value
            odd = [f"{name} {row.get(name)!r}" for name, value in record.items() if not _fits(table, name, value)]
            if odd:
                notes.append(f"the row {row['sys_id']} of {table}: it cannot have {', '.join(odd)}")
            else:
                records.append(record)
        if records:
            found[table] = records
    return found


_NEEDED = frozenset({"applies_to", "discovery_source", "source_table", "target_table", "type", "class"})
"""Columns that are never null."""


def _fits(table: str, name: str, value: str) -> bool:
    column = column_of(table, name, {})
    if name == "sys_domain":
        return bool(value)
    return not value or column is None or column.read(value) is not None
