"""What documents say of a CMDB as rows by table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from simulator.protocol.envelope import derive_id
from simulator.store.cmdb.parts import (
    CiClass,
    Containment,
    Identifier,
    RelatedEntry,
    RuleEntry,
    Rules,
    own_columns,
)

SqlRow = dict[str, str | int | None]

ANYONE = "anyone"
"""What stands for every user where roles are named."""

Rows = dict[str, list[SqlRow]]
"""Rows by table, with the tables' own columns and without the system fields except `sys_id`."""


def class_rows(classes: Mapping[str, CiClass]) -> Rows:
    """What `sys_db_object`, `sys_dictionary` and `sys_choice` hold about these classes or tables."""
    columns = [
        (name, element, one) for name, each in classes.items() for element, one in own_columns(each).items()
    ]
    return {
        "sys_db_object": [
            {
                "sys_id": derive_id("sys_db_object", name),
                "name": name,
                "label": one.label,
                "super_class": one.extends,
            }
            for name, one in classes.items()
        ],
        "sys_dictionary": [
            {
                "sys_id": derive_id("sys_dictionary", name, element),
                "name": name,
                "element": element,
                "column_label": one.label or element.replace("_", " ").capitalize(),
                "internal_type": "reference" if one.reference else one.type,
                "max_length": 32 if one.reference else one.max_length,
                "mandatory": as_flag(one.mandatory),
                "display": as_flag(one.display),
                "reference": one.reference,
                "choice": 1 if one.choices else 0,
                "default_value": one.default,
            }
            for name, element, one in columns
        ],
        "sys_choice": [
            {**choice_row(name, element, value, label), "sequence": place}
            for name, element, one in columns
            for place, (value, label) in enumerate(one.choices.items(), start=1)
        ],
    }


def relation_row(name: str) -> SqlRow:
    """A relation type; its name is its two descriptors, the parent's first."""
    parent, _, child = name.partition("::")
    return {
        "sys_id": derive_id("cmdb_rel_type", name),
        "name": name,
        "parent_descriptor": parent,
        "child_descriptor": child,
    }


def source_row(name: str) -> SqlRow:
    """A data source: a choice of `cmdb_ci.discovery_source`."""
    return choice_row("cmdb_ci", "discovery_source", name, name)


def choice_row(table: str, element: str, value: str, label: str) -> SqlRow:
    """A value to choose for a column."""
    place = {"name": table, "element": element, "value": value}
    return {"sys_id": derive_id("sys_choice", *place.values()), **place, "label": label}


def role_id(name: str) -> str:
    """The sys_id of a role that comes with the instance or with a setup."""
    return derive_id("sys_user_role", name)


def role_row(name: str) -> SqlRow:
    """A role."""
    return {"sys_id": role_id(name), "name": name}


def access_row(name: str, operation: str, role: str) -> SqlRow:
    """A rule that lets a role do something with a table or a field."""
    given = None if role == ANYONE else role_id(role)
    return {
        "sys_id": derive_id("sys_security_acl", name, operation, role),
        "name": name,
        "operation": operation,
        "role": given,
    }


def number_row(table: str, prefix: str) -> SqlRow:
    """How the records of a table are numbered."""
    return {"sys_id": derive_id("sys_number", table), "category": table, "prefix": prefix}


def property_row(name: str, value: str) -> SqlRow:
    """A system property."""
    return {"sys_id": derive_id("sys_properties", name), "name": name, "value": value}


def rule_rows(rules: Rules) -> Rows:
    """Rules as rows; a relation type is referred to by its sys_id, a containment parent by its own row."""
    parents = dict.fromkeys(rule.parent_type for rule in rules.containment)
    return {
        "cmdb_identifier": [_identifier_row(rule) for rule in rules.identifiers],
        "cmdb_identifier_entry": [_entry_row(rule, entry) for rule in rules.identifiers for entry in rule.entries],
        "cmdb_related_entry": [_related_row(rule, entry) for rule in rules.identifiers for entry in rule.related],
        "cmdb_metadata_hosting": [
            {
                "sys_id": derive_id("cmdb_metadata_hosting", rule.parent_type, rule.rel_type, rule.child_type),
                "parent_type": rule.parent_type,
                "child_type": rule.child_type,
                "rel_type": derive_id("cmdb_rel_type", rule.rel_type),
                "is_reverse": as_flag(rule.is_reverse),
                "active": as_flag(rule.active),
            }
            for rule in rules.hosting
        ],
        "cmdb_metadata_containment": [
            *[_container_row(name) for name in parents],
            *[_containment_row(rule) for rule in rules.containment],
        ],
    }


def as_flag(value: bool) -> str:
    """A truth value as the product's tables hold it."""
    return "true" if value else "false"


def _container_row(parent_type: str) -> SqlRow:
    """The row that a containment rule's `parent_id` refers to: the class that contains."""
    sys_id = derive_id("cmdb_metadata_containment", parent_type)
    return {"sys_id": sys_id, "ci_type": parent_type, "rel_type": ""}


def _containment_row(rule: Containment) -> SqlRow:
    return {
        "sys_id": derive_id("cmdb_metadata_containment", rule.parent_type, rule.rel_type, rule.ci_type),
        "ci_type": rule.ci_type,
        "parent_id": _container_row(rule.parent_type)["sys_id"],
        "rel_type": derive_id("cmdb_rel_type", rule.rel_type),
        "is_reverse": as_flag(rule.is_reverse),
        "active": as_flag(rule.active),
    }


def _identifier_row(rule: Identifier) -> SqlRow:
    return {
        "sys_id": derive_id("cmdb_identifier", rule.applies_to, rule.name),
        "name": rule.name,
        "description": rule.description,
        "applies_to": rule.applies_to,
        "independent": as_flag(rule.independent),
        "active": as_flag(rule.active),
    }


def _common(rule: Identifier, entry: RuleEntry, table: str) -> SqlRow:
    own = derive_id(table, rule.applies_to, entry.order, entry.table or "", *entry.attributes)
    return {
        "sys_id": entry.sys_id or own,
        "identifier": derive_id("cmdb_identifier", rule.applies_to, rule.name),
        "table": entry.table or rule.applies_to,
        "attributes": _csv(entry.attributes),
        "order": entry.order,
        "active": as_flag(entry.active),
        "allow_null_attribute": as_flag(entry.allow_null_attribute),
        "referenced_field": entry.referenced_field,
        "condition": entry.condition,
    }


def _entry_row(rule: Identifier, entry: RuleEntry) -> SqlRow:
    return {
        **_common(rule, entry, "cmdb_identifier_entry"),
        "hybrid_entry_ci_criterion_attributes": _csv(entry.hybrid_entry_ci_criterion_attributes),
        "allow_fallback": as_flag(entry.allow_fallback),
        "exact_count_match": as_flag(entry.exact_count_match),
    }


def _related_row(rule: Identifier, entry: RelatedEntry) -> SqlRow:
    return _common(rule, entry, "cmdb_related_entry")


def _csv(names: Iterable[str]) -> str:
    return ",".join(names)
