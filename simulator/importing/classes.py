"""Rows of tables, columns and choices as the classes of a setup: what differs from the base."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import Any

from simulator.cmdb.classes.columns import Column, Type
from simulator.cmdb.classes.hierarchy import SYSTEM_COLUMNS
from simulator.importing.rows import Row, Rows, is_true, number
from simulator.store.cmdb.base import base_classes, base_rows
from simulator.store.cmdb.classes import ROOT
from simulator.store.cmdb.parts import NAME
from simulator.store.cmdb.rows import class_rows

Said = dict[str, Any]
"""What a setup says of a thing."""

_OF_EVERY_TABLE = frozenset({*SYSTEM_COLUMNS, "sys_tags", "sys_class_path"})

_TYPES = {
    **{
        name: name
        for name in ("string", "integer", "longint", "decimal", "boolean", "glide_date", "glide_date_time")
    },
    "float": "decimal",
    "percent_complete": "decimal",
    "due_date": "glide_date_time",
    "password": "password",
    "password2": "password",
}
"""The types of an instance's columns that are not read as texts, by what a setup calls them."""

_DEFAULT: Said = {
    "type": "string",
    "max_length": 255,
    "mandatory": False,
    "display": False,
    "reference": None,
    "choices": {},
    "default": None,
}


def class_names(rows: Rows) -> list[str]:
    """The classes of the CMDB, those above before those below."""
    parents = _parents(rows)
    depths = {name: depth for name in parents if (depth := _depth(name, parents)) is not None}
    return sorted(depths, key=lambda name: (depths[name], name))


def _parents(rows: Rows) -> dict[str, str]:
    tables = {row["sys_id"]: row.get("name", "") for row in rows.of("sys_db_object")}
    return {row.get("name", ""): tables.get(row.get("super_class", ""), "") for row in rows.of("sys_db_object")}


def _depth(name: str, parents: Mapping[str, str]) -> int | None:
    """How far below the root a class is; None for a table that is no class."""
    seen = [name]
    while seen[-1] != ROOT:
        above = parents.get(seen[-1], "")
        if not above or above in seen:
            return None
        seen.append(above)
    return len(seen)


def classes_of(rows: Rows, notes: list[str]) -> dict[str, Said]:
    """What a setup says of the classes."""
    if not is_whole(rows, ("sys_db_object", "sys_dictionary", "sys_choice"), "classes", notes):
        return {}
    base, found = _base(), {}
    for name, one in _all(rows, notes).items():
        said = _class(one, base.get(name), _named_by_base_rules())
        if said or name not in base:
            found[name] = said
    return found


def is_whole(rows: Rows, tables: tuple[str, ...], what: str, notes: list[str]) -> bool:
    """Whether there is all that tells about something; with a part of it nobody knows what the instance lacks."""
    missing = [table for table in tables if not rows.has(table)]
    if missing and len(missing) < len(tables):
        notes.append(f"{what}, of which there is no {', '.join(missing)}")
    return not missing


@cache
def _base() -> dict[str, Said]:
    rows = {
        table: [{column: "" if value is None else str(value) for column, value in row.items()} for row in some]
        for table, some in class_rows(base_classes()).items()
    }
    return _all(Rows(rows), [])


@cache
def _named_by_base_rules() -> frozenset[str]:
    """The attributes that the base rules name, which no file can be without."""
    entries = base_rows()["cmdb_identifier_entry"]
    return frozenset(name for row in entries for name in str(row["attributes"]).split(","))


def _class(one: Said, base: Said | None, kept: frozenset[str]) -> Said:
    attributes: dict[str, Said] = one["attributes"]
    if base is None:
        parts = {"extends": one["extends"]} | ({"label": one["label"]} if one["label"] else {})
        own = {name: _attribute(name, each, None) for name, each in attributes.items()}
        return parts | ({"attributes": _short(own)} if own else {})
    said = {part: one[part] for part in ("extends", "label") if one[part] != base[part]}
    if attributes != base["attributes"]:
        own = {name: _attribute(name, each, base["attributes"].get(name)) for name, each in attributes.items()}
        own |= {name: {} for name in base["attributes"] if name not in attributes and name in kept}
        said["attributes"] = _short(own)
    return said


def _attribute(name: str, one: Said, base: Said | None) -> Said:
    """What is said of an attribute: of one that is there already all that is another, or not as usual."""
    if one == base:
        return {}
    usual = _DEFAULT | {"label": _label(name)}
    return {part: value for part, value in one.items() if value != usual[part] or (base and value != base[part])}


def _short(attributes: dict[str, Said]) -> Any:
    """As people write them: names alone, or each with its type alone."""
    if not any(attributes.values()):
        return [*attributes]
    return {name: one["type"] if [*one] == ["type"] else one or None for name, one in attributes.items()}


def _label(element: str) -> str:
    return element.replace("_", " ").capitalize()


# -- all of it ------------------------------------------------------------------------------------------


def _all(rows: Rows, notes: list[str]) -> dict[str, Said]:
    """Every class with all that is known of it."""
    parents, classes = _parents(rows), class_names(rows)
    labels = {row.get("name", ""): row.get("label", "") for row in rows.of("sys_db_object")}
    columns: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in rows.of("sys_dictionary"):
        columns[row.get("name", "")][row.get("element", "")] = row
    choices: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows.of("sys_choice"):
        if not is_true(row, "inactive") and row.get("language", "") in ("", "en"):
            choices[row.get("name", ""), row.get("element", "")].append(row)
    odd = [name for name in classes if not re.match(NAME, name)]
    if odd:
        notes.append(f"classes with names that a setup cannot have: {', '.join(odd)}")
    return {
        name: {
            "extends": parents[name] or None,
            "label": labels[name],
            "attributes": _attributes(name, columns[name], choices, notes),
        }
        for name in classes
        if name not in odd
    }


def _attributes(
    name: str, columns: Mapping[str, Row], choices: Mapping[tuple[str, str], list[Row]], notes: list[str]
) -> dict[str, Said]:
    found = {}
    for element in sorted(columns):
        if not element or element in _OF_EVERY_TABLE or not is_true(columns[element], "active", default=True):
            continue
        if not re.match(NAME, element):
            notes.append(f"columns with names that a setup cannot have: {name}.{element}")
            continue
        found[element] = _column(columns[element], choices.get((name, element), []))
        if columns[element].get("default_value") and found[element]["default"] is None:
            notes.append(f"the default of {name}.{element}, which is a script, a record or no value of its type")
    return found


def _column(row: Row, choices: list[Row]) -> Said:
    internal = row.get("internal_type", "")
    type_ = _TYPES.get(internal, "string")
    reference = row.get("reference", "") if internal == "reference" else ""
    is_text = type_ == "string" and not reference
    is_source = row.get("element") == "discovery_source"  # its choices are the setup's sources
    ordered = sorted(choices, key=lambda each: (number(each, "sequence", 0), each.get("value", "")))
    return {
        "type": type_,
        "label": row.get("column_label", "") or _label(row.get("element", "")),
        "max_length": max(1, number(row, "max_length", 255)) if is_text else 255,
        "mandatory": is_true(row, "mandatory"),
        "display": is_true(row, "display"),
        "reference": reference if re.match(NAME, reference) else None,
        "choices": {
            each["value"]: each.get("label", "") for each in ordered if not is_source and each.get("value")
        },
        "default": _default(row, "reference" if reference else type_),
    }


def _default(row: Row, type_: str) -> str | None:
    """What a setup says of it; nothing of a script, or of a record that may not come along."""
    text = row.get("default_value", "")
    is_value = bool(text) and type_ != "reference" and not text.startswith("javascript:")
    return text if is_value and Column("", Type(type_)).read(text) is not None else None
