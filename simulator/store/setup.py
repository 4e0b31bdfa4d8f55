"""What an administrator gives a CMDB to begin with: domains, users, rules, records, from one YAML file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import Field

from simulator.errors import Problem, ScenarioError, StoreError
from simulator.protocol.envelope import derive_id
from simulator.store.base import (
    CiClass,
    Name,
    Part,
    Rows,
    Rules,
    SqlRow,
    Text,
    class_rows,
    property_row,
    relation_row,
    rule_rows,
    source_row,
)
from simulator.store.classes import ROOT
from simulator.store.cmdb import CmdbStore
from simulator.store.document import read_document
from simulator.store.store import connect

GLOBAL = "global"
"""The domain of what belongs to no domain."""

_CODES = [chr(code) for code in range(33, 97) if chr(code) not in "\"'/\\"]
"""The sixty characters of a domain's code, which is three of them."""


class Domain(Part):
    """A domain, and what it contains besides its children."""

    parent: str | None = None
    type: str = "customer"
    primary: bool = False
    default: bool = False
    contains: list[str] = Field(default_factory=list)
    description: str = ""


class User(Part):
    """A user, whose records come into their domain."""

    domain: str = GLOBAL
    roles: list[str] = Field(default_factory=list)
    groups: list[str] = Field(default_factory=list)
    visibility: list[str] = Field(default_factory=list)


class Group(Part):
    """A group, whose members see what it sees."""

    domain: str = GLOBAL
    visibility: list[str] = Field(default_factory=list)


class Setup(Rules):
    """The file as a whole; every part may be left out."""

    properties: dict[str, Text] = Field(default_factory=dict)
    sources: list[str] = Field(default_factory=list)
    relation_types: list[str] = Field(default_factory=list)
    domains: dict[str, Domain] = Field(default_factory=dict)
    groups: dict[str, Group] = Field(default_factory=dict)
    users: dict[str, User] = Field(default_factory=dict)
    classes: dict[Name, CiClass] = Field(default_factory=dict)
    records: dict[Name, list[Annotated[dict[Name, Text | None], Field(min_length=1)]]] = Field(
        default_factory=dict
    )
    """Rows of any table or class by table, reconciliation rules among them; `sys_domain` is a domain's name."""


def read_setup(path: Path) -> Setup:
    """The setup in a file. Raises ScenarioError with everything that is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError([Problem(str(path), 1, 1, f"the file cannot be read: {error}")]) from error
    return read_document(text, str(path), Setup)


def init(file: Path, setup: Setup | None = None) -> None:
    """Gives an instance's file, new or not, the base data and then what *setup* says. Raises StoreError."""
    connection = connect(file)
    try:
        store = CmdbStore(connection)
        store.install()
        if setup is not None:
            add(store, setup)
    finally:
        connection.close()


def add(store: CmdbStore, setup: Setup) -> None:
    """Adds what *setup* says to a CMDB, all or nothing. Raises StoreError where it does not fit."""
    with store.transaction():
        _add(store, setup)


def _add(store: CmdbStore, setup: Setup) -> None:
    store.add_rows(class_rows(setup.classes))
    store.add_rows(rule_rows(setup))
    store.redeclare()
    store.add_rows(
        {
            "sys_properties": [property_row(name, value) for name, value in setup.properties.items()],
            "sys_choice": [source_row(name) for name in setup.sources],
            "cmdb_rel_type": [relation_row(name) for name in setup.relation_types],
        }
    )
    paths = _paths(setup.domains)
    if setup.domains:
        store.add_rows({"sys_properties": [property_row("glide.sys.domain.partitioning", "true")]})
    store.add_rows(_domain_rows(setup.domains, paths))
    store.add_rows(_people(setup, paths))
    for table, records in setup.records.items():
        columns, physical = store.columns(table), ROOT if table in store.classes else table
        for place, record in enumerate(records):
            where = f"records.{table}.{place}"
            unknown = [column for column in record if column not in columns]
            if unknown:
                raise StoreError(f"{where}: {table} has no column {', '.join(unknown)}; correct or declare it")
            store.add_rows({physical: [_record(table, place, record, paths, is_ci=physical == ROOT)]})


def _record(
    table: str, place: int, record: dict[str, str | None], paths: dict[str, str], *, is_ci: bool
) -> SqlRow:
    row: SqlRow = {"sys_id": derive_id("setup", table, place), **record}
    if is_ci:
        row.setdefault("sys_class_name", table)
    if "sys_domain" in record:
        row |= _of_domain(record["sys_domain"] or GLOBAL, f"records.{table}.{place}", paths)
    return row


# -- domains --------------------------------------------------------------------------------------------


def domain_id(name: str) -> str:
    """The sys_id of the domain with this name."""
    return GLOBAL if name == GLOBAL else derive_id("domain", name)


def _of_domain(name: str, where: str, paths: dict[str, str]) -> dict[str, str]:
    if name not in paths:
        raise StoreError(f"{where}: expected a domain of this setup, got {name!r}; there are: {', '.join(paths)}")
    return {"sys_domain": domain_id(name), "sys_domain_path": paths[name]}


def _paths(domains: dict[str, Domain]) -> dict[str, str]:
    """The path of every domain: a code for each level, handed out in the order of the file."""
    paths = {GLOBAL: "/"}
    children: dict[str | None, int] = {}
    waiting = dict(domains)
    while waiting:
        ready = [name for name, one in waiting.items() if one.parent is None or one.parent in paths]
        if not ready:
            first, one = next(iter(waiting.items()))
            message = (
                f"domains.{first}.parent: expected a domain above it, got {one.parent!r}; declare that domain"
            )
            raise StoreError(message)
        for name in ready:
            parent = waiting.pop(name).parent
            number = children[parent] = children.get(parent, -1) + 1
            paths[name] = f"{paths[parent] if parent else ''}{_code(number)}/"
    return paths


def _code(number: int) -> str:
    size = len(_CODES)
    return _CODES[number // size // size] + _CODES[number // size % size] + _CODES[number % size]


def _domain_rows(domains: dict[str, Domain], paths: dict[str, str]) -> Rows:
    for name, one in domains.items():
        for contained in one.contains:
            _of_domain(contained, f"domains.{name}.contains", paths)
    return {
        "domain": [
            {
                "sys_id": domain_id(name),
                "name": name,
                "type": one.type,
                "parent": domain_id(one.parent) if one.parent else None,
                "primary": str(one.primary).lower(),
                "default": str(one.default).lower(),
                "description": one.description,
                "sys_domain": domain_id(name),
                "sys_domain_path": paths[name],
            }
            for name, one in domains.items()
        ],
        "domain_contains": [
            _pair("domain_contains", "domain", domain_id(name), "contains", domain_id(contained))
            for name, one in domains.items()
            for contained in one.contains
        ],
    }


def _people(setup: Setup, paths: dict[str, str]) -> Rows:
    rows: Rows = {"sys_user_group": [], "sys_user": []}
    for name, group in setup.groups.items():
        domain = _of_domain(group.domain, f"groups.{name}.domain", paths)
        id_ = derive_id("sys_user_group", name)
        rows["sys_user_group"].append({"sys_id": id_, "name": name, **domain})
        seen = [_of_domain(one, f"groups.{name}.visibility", paths)["sys_domain"] for one in group.visibility]
        _add_pairs(rows, "sys_user_group_visibility", "group", id_, "domain", seen)
    for name, user in setup.users.items():
        domain = _of_domain(user.domain, f"users.{name}.domain", paths)
        id_ = derive_id("sys_user", name)
        rows["sys_user"].append({"sys_id": id_, "user_name": name, "name": name, **domain})
        for group_name in user.groups:
            if group_name not in setup.groups:
                known = ", ".join(setup.groups) or "none"
                message = f"expected a group of this setup, got {group_name!r}; there are: {known}"
                raise StoreError(f"users.{name}.groups: {message}")
        members = [derive_id("sys_user_group", one) for one in user.groups]
        seen = [_of_domain(one, f"users.{name}.visibility", paths)["sys_domain"] for one in user.visibility]
        _add_pairs(rows, "sys_user_grmember", "user", id_, "group", members)
        _add_pairs(rows, "sys_user_has_role", "user", id_, "role", user.roles)
        _add_pairs(rows, "sys_user_visibility", "user", id_, "domain", seen)
    return rows


def _add_pairs(rows: Rows, table: str, one: str, id_: str, other: str, values: Iterable[str]) -> None:
    rows.setdefault(table, []).extend(_pair(table, one, id_, other, value) for value in values)


def _pair(table: str, one: str, id_: str, other: str, value: str) -> SqlRow:
    return {"sys_id": derive_id(table, id_, value), one: id_, other: value}
