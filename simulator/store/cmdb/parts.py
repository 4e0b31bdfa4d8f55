"""What documents say of a CMDB: classes, tables, attributes and rules, as people write them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from simulator.cmdb.classes.columns import LONGEST


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


def own_columns(one: CiClass) -> dict[str, Attribute]:
    """The attributes of a class, with what stands beside them."""
    columns = dict(one.attributes)
    for name, table in one.references.items():
        columns[name] = columns.get(name, Attribute()).model_copy(update={"reference": table})
    for name in one.mandatory:
        columns[name] = columns.get(name, Attribute()).model_copy(update={"mandatory": True})
    return columns
