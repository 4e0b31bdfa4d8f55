"""What an administrator gives a CMDB to begin with: domains, users, rules, records, from one YAML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from simulator.domains.tree import GLOBAL
from simulator.protocol.envelope import derive_id
from simulator.store.cmdb.parts import CiClass, Name, Part, Rules, Table, Text
from simulator.store.cmdb.properties import checked
from simulator.store.setups.document import MAX_BYTES_OF_DATA, read_document, read_file


def _checked(properties: dict[str, str]) -> dict[str, str]:
    values, errors = {}, []
    for name, value in properties.items():
        try:
            values[name] = checked(name, value)
        except ValueError as error:
            problem = PydanticCustomError("property", "{expected}", {"expected": str(error)})
            errors.append(InitErrorDetails(type=problem, loc=(name,), input=value))
    if errors:
        raise ValidationError.from_exception_data("properties", errors)
    return values


Properties = Annotated[dict[str, Text], AfterValidator(_checked)]
"""System properties by name; of those that an instance has from the start the value is checked."""


class Domain(Part):
    """A domain, and what it contains besides its children."""

    parent: str | None = Field(default=None, description="the domain above it; left out: it is at the top")
    type: str = Field(default="customer", description="a label")
    primary: bool = Field(default=False, description="whether it is the one at the top of the provider's tree")
    default: bool = Field(default=False, description="whether users come here that nothing else gives a domain")
    active: bool = Field(default=True, description="whether it can be chosen")
    contains: list[str] = Field(default=[], description="the domains that it contains besides its children")
    description: str = Field(default="", description="any text")


class User(Part):
    """A user, whose records come into their domain: without one, the default domain."""

    domain: str | None = Field(default=None, description="the user's domain; left out: the default one")
    roles: list[str] = Field(default=[], description="the user's roles; the API asks for itil or asset")
    groups: list[str] = Field(default=[], description="the groups the user is in")
    visibility: list[str] = Field(default=[], description="the domains that the user sees besides")


class Group(Part):
    """A group, whose members see what it sees."""

    domain: str = Field(default=GLOBAL, description="the group's own domain")
    visibility: list[str] = Field(default=[], description="the domains that its members see besides")


class Setup(Rules):
    """The file as a whole; every part may be left out."""

    properties: Properties = Field(default={}, description="system properties, by name")
    sources: list[str] = Field(default=[], description="data sources beside those that every instance knows")
    relation_types: list[str] = Field(default=[], description="relation types, as in `Runs on::Runs`")
    domains: dict[str, Domain] = Field(
        default={}, description="domains by name, one of them primary; with the first, separation is on"
    )
    groups: dict[str, Group] = Field(default={}, description="groups, by name")
    users: dict[str, User] = Field(default={}, description="users, by name")
    classes: dict[Name, CiClass] = Field(default={}, description="classes, by name")
    tables: dict[Name, Table] = Field(
        default={}, description="tables that are no classes, by name, such as `incident`"
    )
    records: dict[Name, list[Annotated[dict[Name, Text | None], Field(min_length=1)]]] = Field(
        default={},
        description="rows of any table or class, by table: CIs, reconciliation rules; `sys_domain` is a domain's "
        "name. A row that is there already changes to what is said of it: the one with the `sys_id`, otherwise "
        "the one with the name, in the `sys_domain` if that is said; of rows without names the order counts",
    )


def read_setup(path: Path) -> Setup:
    """The setup in a file. Raises ScenarioError with everything that is wrong with it."""
    return read_document(read_file(path, MAX_BYTES_OF_DATA), str(path), Setup)


def domain_id(name: str) -> str:
    """The sys_id that the domain with this name gets from a setup."""
    return GLOBAL if name == GLOBAL else derive_id("domain", name)
