"""The base data of the CMDB, from the package's YAML to rows by table, as a new instance holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Annotated, Literal, TypeVar

import yaml  # type: ignore[import-untyped]
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from simulator.cmdb.classes.columns import LONGEST
from simulator.protocol.envelope import derive_id

T = TypeVar("T")

SqlRow = dict[str, str | int | None]
ADMIN = "admin"
"""The user that every instance has from the start; in no domain."""

SYSTEM = "system"
"""Who does what no user does."""

ANYONE = "anyone"
"""What stands for every user where roles are named."""

CLIENT = "trustsim"
"""The OAuth client that every instance has from the start, who acts for itself as that user."""

QUICK_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""That of libyaml, unless PyYAML was built without."""

ADMIN_ID = "6816f79cc0a8016401c5a33be04be441"
"""The same on every instance of the product: clients know it."""

Rows = dict[str, list[SqlRow]]
"""Rows by table, with the tables' own columns and without the system fields except `sys_id`."""


def as_text(value: object) -> object:
    """A scalar of YAML as the product writes it: true, 5, a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


Text = Annotated[str, BeforeValidator(as_text, json_schema_input_type=str | bool | int | float)]
NAME, SYS_ID = r"^[a-z][a-z0-9_]{0,79}$", r"^[0-9a-f]{32}$"
Name = Annotated[str, Field(pattern=NAME)]
"""A table's or column's name; so a name from outside can stand in SQL."""


class Part(BaseModel):
    """A mapping in a document; keys that it does not know are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


TypeName = Literal[
    "string", "integer", "longint", "decimal", "boolean", "glide_date", "glide_date_time", "password"
]
"""The types of attributes; see simulator.cmdb.classes.columns."""


class Attribute(Part):
    """An attribute, which is a column; with only a type that can stand alone, as in `ram: integer`."""

    type: TypeName = Field(default="string", description="of which type its values are")
    label: str = Field(default="", description="its name for people")
    max_length: int = Field(
        default=LONGEST, ge=1, description=f"how many characters of a text are kept; left out: {LONGEST}"
    )
    mandatory: bool = Field(default=False, description="whether it must have a value")
    display: bool = Field(default=False, description="whether people know a record by it")
    reference: Name | None = Field(default=None, description="the table or class of what it refers to")
    choices: dict[Text, str] = Field(default={}, description="the values to choose from, each with its label")
    default: Text | None = Field(default=None, description="the value of a new record that says nothing of it")


def as_attributes(given: object) -> object:
    """Names, or names with types, as what they stand for."""
    if isinstance(given, list):
        return {name: {} for name in given} if all(isinstance(name, str) for name in given) else given
    if isinstance(given, dict):
        return {
            name: {"type": one} if isinstance(one, str) else {} if one is None else one
            for name, one in given.items()
        }
    return given


class CiClass(Part):
    """A class and the attributes that it adds to those of the class it extends."""

    extends: Name | None = Field(default=None, description="the class that it extends")
    label: str = Field(default="", description="its name for people")
    attributes: Annotated[
        dict[Name, Attribute],
        BeforeValidator(
            as_attributes, json_schema_input_type=list[Name] | dict[Name, TypeName | Attribute | None]
        ),
    ] = Field(
        default={},
        description="the attributes that it adds: a list of names, or a mapping from each to its type or to more",
    )
    mandatory: list[Name] = Field(default=[], description="those of its own attributes that must have a value")
    references: dict[Name, Name] = Field(
        default={}, description="attributes that hold sys_ids, with the table or class of what they refer to"
    )


class Table(CiClass):
    """A table that is no class: its records are no CIs. It may extend another one that a setup declares."""

    number: str | None = Field(
        default=None, pattern="^[A-Z]{1,10}$", description="what the numbers of its records begin with, as `INC`"
    )


class RuleEntry(Part):
    """A criterion of an identifier, or a related entry; a table other than the class's makes it a lookup entry."""

    order: int = Field(ge=0, description="its priority: lower numbers are tried first")
    attributes: list[Name] = Field(min_length=1, description="the criterion attributes")
    table: Name | None = Field(default=None, description="where to search; left out: the rule's own class")
    hybrid_entry_ci_criterion_attributes: list[Name] = Field(
        default=[], description="attributes of the CI that must fit beside those of the lookup table"
    )
    referenced_field: Name | None = Field(
        default=None, description="the column of the lookup table that refers to the CI"
    )
    condition: str | None = Field(default=None, description="an encoded query for the rows that count")
    allow_null_attribute: bool = Field(default=False, description="whether one value of several is enough")
    allow_fallback: bool = Field(default=False, description="whether the rule of the class above is tried next")
    exact_count_match: bool = Field(
        default=False, description="whether all lookup records of the payload must be the CI's"
    )
    active: bool = Field(default=True, description="whether it is tried at all")
    sys_id: str | None = Field(
        default=None, pattern=SYS_ID, description="its sys_id; left out: one that derives from the rest"
    )


class RelatedEntry(RuleEntry):
    """What a payload's `related` records are recognised by."""

    table: Name = Field(description="the table of the related records")
    referenced_field: Name = Field(description="its column that refers to the CI")


class Identifier(Part):
    """An identification rule; its entries replace those of the classes above."""

    name: str = Field(description="the rule's name, which responses show")
    applies_to: Name = Field(
        description="the class, and those that extend it and have no rule of their own; or a table that holds no "
        "CIs, such as cmn_location"
    )
    description: str = Field(default="", description="any text")
    independent: bool = Field(default=True, description="false: its CIs exist only on a host")
    active: bool = Field(default=True, description="whether it is used at all")
    entries: list[RuleEntry] = Field(min_length=1, description="what its CIs are recognised by")
    related: list[RelatedEntry] = Field(default=[], description="what their related records are recognised by")


class Hosting(Part):
    """A hosting rule."""

    parent_type: Name = Field(description="the class at the parent's end of the relation")
    rel_type: str = Field(description="the relation type, as in `Runs on::Runs`")
    child_type: Name = Field(description="the class at the child's end")
    is_reverse: bool = Field(default=False, description="whether the child is the one that depends")
    active: bool = Field(default=True, description="whether it is used at all")


class Containment(Part):
    """A containment rule."""

    parent_type: Name = Field(description="the class that contains")
    rel_type: str = Field(description="the relation type, as in `Contains::Contained by`")
    ci_type: Name = Field(description="the class that is contained")
    is_reverse: bool = Field(default=False, description="whether the relation goes the other way round")
    active: bool = Field(default=True, description="whether it is used at all")


class Rules(Part):
    """Identification rules with hosting and containment rules."""

    identifiers: list[Identifier] = Field(default=[], description="identification rules")
    hosting: list[Hosting] = Field(default=[], description="hosting rules")
    containment: list[Containment] = Field(default=[], description="containment rules")


@cache
def base_classes() -> dict[str, CiClass]:
    """The classes of a new instance, each below the class it extends."""
    return _read("classes.yaml", dict[Name, CiClass])


@cache
def base_properties() -> dict[str, str]:
    """The properties of a new instance."""
    return _read("properties.yaml", dict[str, Text])


@cache
def base_tables() -> dict[str, CiClass]:
    """The tables that are no classes, with those of their columns that are no plain texts."""
    return _read("tables.yaml", dict[Name, CiClass])


@cache
def base_rows() -> Rows:
    """All other rows of a new instance."""
    rows = rule_rows(_read("identifiers.yaml", Rules))
    rows["cmdb_rel_type"] = [relation_row(name) for name in _read("relations.yaml", list[str])]
    rows["sys_choice"] = [source_row(name) for name in _read("sources.yaml", list[str])]
    rows["sys_properties"] = [property_row(name, value) for name, value in base_properties().items()]
    rows["sys_user"] = [{"sys_id": ADMIN_ID, "user_name": ADMIN, "name": "System Administrator"}]
    rows["sys_user_has_role"] = [
        {"sys_id": derive_id("sys_user_has_role", ADMIN_ID, "admin"), "user": ADMIN_ID, "role": role_id("admin")}
    ]
    access = [
        (name, operation, role)
        for name, roles_by_operation in _read("access.yaml", dict[str, dict[str, list[str]]]).items()
        for operation, roles in roles_by_operation.items()
        for role in roles
    ]
    rows["sys_security_acl"] = [access_row(*each) for each in access]
    rows["oauth_entity"] = [
        {
            "sys_id": derive_id("oauth_entity", CLIENT),
            "name": "A client for tests",
            "client_id": CLIENT,
            "oauth_application_user": ADMIN_ID,
        }
    ]
    roles = dict.fromkeys(["admin", *(role for *_, role in access if role != ANYONE)])
    rows["sys_user_role"] = [role_row(role) for role in roles]
    return rows


def _read(file: str, expected: type[T]) -> T:
    """What a file of the package says. Nobody has to be told where it is wrong, so it is read by the quickest."""
    text = files("simulator.cmdb.base").joinpath(file).read_text(encoding="utf-8")
    return TypeAdapter(expected).validate_python(yaml.load(text, QUICK_LOADER))  # noqa: S506 - it is safe


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


@cache
def base_class_rows() -> Rows:
    """The same about the classes of a new instance."""
    return class_rows(base_classes())


@lru_cache(maxsize=8)
def table_rows(columns_by_table: tuple[tuple[str, tuple[str, ...]], ...]) -> Rows:
    """The same about those of these tables that every instance has and that are no classes, with these columns."""
    described = base_tables()
    return class_rows(
        {
            name: CiClass(
                label=described[name].label,
                attributes={each: described[name].attributes.get(each) or Attribute() for each in columns},
            )
            for name, columns in columns_by_table
            if name in described
        }
    )


def own_columns(one: CiClass) -> dict[str, Attribute]:
    """The attributes of a class, with what stands beside them."""
    columns = dict(one.attributes)
    for name, table in one.references.items():
        columns[name] = columns.get(name, Attribute()).model_copy(update={"reference": table})
    for name in one.mandatory:
        columns[name] = columns.get(name, Attribute()).model_copy(update={"mandatory": True})
    return columns


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
