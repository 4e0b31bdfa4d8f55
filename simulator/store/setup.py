"""What an administrator gives a CMDB to begin with: domains, users, rules, records, from one YAML file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field

from simulator.domains.paths import assign_paths, changed_paths
from simulator.domains.tree import GLOBAL, DomainError
from simulator.domains.tree import Domain as DomainRecord
from simulator.errors import StoreError
from simulator.protocol.envelope import derive_id
from simulator.store.base import (
    CiClass,
    Name,
    Part,
    Rows,
    Rules,
    SqlRow,
    Text,
    as_flag,
    class_rows,
    property_row,
    relation_row,
    rule_rows,
    source_row,
)
from simulator.store.classes import ROOT
from simulator.store.cmdb import CmdbStore
from simulator.store.document import MAX_BYTES_OF_DATA, read_document, read_file
from simulator.store.domains import Domains, load_domains

T = TypeVar("T")

_Homes = dict[str, dict[str, str]]
"""By a domain's name, what its records have in `sys_domain` and `sys_domain_path`."""


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

    properties: dict[str, Text] = Field(default={}, description="system properties, by name")
    sources: list[str] = Field(default=[], description="data sources beside those that every instance knows")
    relation_types: list[str] = Field(default=[], description="relation types, as in `Runs on::Runs`")
    domains: dict[str, Domain] = Field(
        default={}, description="domains by name, one of them primary; with the first, separation is on"
    )
    groups: dict[str, Group] = Field(default={}, description="groups, by name")
    users: dict[str, User] = Field(default={}, description="users, by name")
    classes: dict[Name, CiClass] = Field(default={}, description="classes, by name")
    records: dict[Name, list[Annotated[dict[Name, Text | None], Field(min_length=1)]]] = Field(
        default={},
        description="rows of any table or class, by table: CIs, reconciliation rules; `sys_domain` is a domain's "
        "name. A row takes the place of the one with its name that an earlier setup gave; without names their "
        "order counts",
    )


def read_setup(path: Path) -> Setup:
    """The setup in a file. Raises ScenarioError with everything that is wrong with it."""
    return read_document(read_file(path, MAX_BYTES_OF_DATA), str(path), Setup)


def paths_of(setup: Setup) -> dict[str, tuple[str | int, ...]]:
    """Where in the setup the rules and records are, by the sys_id that they get."""
    paths: dict[str, tuple[str | int, ...]] = {}
    for place, rule in enumerate(setup.identifiers):
        rows = rule_rows(Rules(identifiers=[rule]))
        paths[str(rows["cmdb_identifier"][0]["sys_id"])] = ("identifiers", place)
        for table, part in (("cmdb_identifier_entry", "entries"), ("cmdb_related_entry", "related")):
            paths |= {str(row["sys_id"]): ("identifiers", place, part, at) for at, row in enumerate(rows[table])}
    rows = rule_rows(Rules(hosting=setup.hosting, containment=setup.containment))
    contained = [row for row in rows["cmdb_metadata_containment"] if row.get("parent_id")]
    for part, some in (("hosting", rows["cmdb_metadata_hosting"]), ("containment", contained)):
        paths |= {str(row["sys_id"]): (part, at) for at, row in enumerate(some)}
    for table, records in setup.records.items():
        for at, (record, identity) in enumerate(zip(records, _identities(records), strict=True)):
            paths[record.get("sys_id") or derive_id("setup", table, *identity)] = ("records", table, at)
    return paths


def add(store: CmdbStore, setup: Setup) -> None:
    """Adds what *setup* says to a CMDB, all or nothing. Raises StoreError where it does not fit."""
    with store.transaction():
        _add(store, setup)


def _add(store: CmdbStore, setup: Setup) -> None:
    store.add_rows(class_rows(setup.classes))
    store.add_rows(rule_rows(setup))
    if setup.classes or setup.identifiers:
        store.redeclare()
    store.add_rows(
        {
            "sys_properties": [property_row(name, value) for name, value in setup.properties.items()],
            "sys_choice": [source_row(name) for name in setup.sources],
            "cmdb_rel_type": [relation_row(name) for name in setup.relation_types],
        }
    )
    if setup.domains:
        store.add_rows({"sys_properties": [property_row("glide.sys.domain.partitioning", "true")]})
    _add_domains(store, setup.domains)
    held = load_domains(store)
    homes = _homes(held)
    store.add_rows(_people(setup, homes, held.tree.name(held.tree.default)))
    for table, records in setup.records.items():
        columns, physical = store.columns(table), ROOT if table in store.classes else table
        of_class: SqlRow = {"sys_class_name": table} if physical == ROOT else {}
        for place, (record, identity) in enumerate(zip(records, _identities(records), strict=True)):
            where = f"records.{table}.{place}"
            unknown = [column for column in record if column not in columns]
            if unknown:
                raise StoreError(f"{where}: {table} has no column {', '.join(unknown)}; correct or declare it")
            store.add_rows({physical: [of_class | _record(table, identity, record, homes, where)]})


def _identities(records: list[dict[str, str | None]]) -> Iterator[tuple[str | int, ...]]:
    """What tells the records of one table apart, in any setup: the name, of several with one name their order."""
    seen: Counter[str | None] = Counter()
    for record in records:
        name = record.get("name")
        yield (name or "", seen[name])
        seen[name] += 1


def _record(
    table: str, identity: tuple[str | int, ...], record: dict[str, str | None], homes: _Homes, where: str
) -> SqlRow:
    row: SqlRow = {"sys_id": derive_id("setup", table, *identity), **record}
    if "sys_domain" in record:
        row |= _known(record["sys_domain"] or GLOBAL, where, homes)
    return row


# -- domains --------------------------------------------------------------------------------------------


def domain_id(name: str) -> str:
    """The sys_id of the domain with this name."""
    return GLOBAL if name == GLOBAL else derive_id("domain", name)


def _known(name: str, where: str, known: Mapping[str, T]) -> T:
    """What is known under a domain's name."""
    if name not in known:
        raise StoreError(f"{where}: expected a domain, got {name!r}; there are: {', '.join(known)}")
    return known[name]


def _add_domains(store: CmdbStore, domains: dict[str, Domain]) -> None:
    """Puts these domains beside those of the file, or in their place; what was in one of them moves with it."""
    before = load_domains(store)
    ids = {GLOBAL: GLOBAL, **{name: domain_id(name) for name in domains}}
    ids |= {one.name: one.sys_id for one in before.tree.domains.values()}
    added = {ids[name]: _domain(name, one, ids) for name, one in domains.items()}
    contains = [
        (ids[name], _known(other, f"domains.{name}.contains", ids))
        for name, one in domains.items()
        for other in one.contains
    ]
    try:
        tree = before.tree.joined(added.values(), contains)
        paths = assign_paths(tree, before.paths)
    except DomainError as error:
        raise StoreError(str(error)) from error
    rows = [_domain_row(one, domains[one.name].description, paths) for one in added.values()]
    pairs = [_pair("domain_contains", "domain", one, "contains", other) for one, other in contains]
    store.add_rows({"domain": rows, "domain_contains": pairs})
    store.set_paths(changed_paths(before.paths, paths))


def _homes(domains: Domains) -> _Homes:
    return {
        domains.tree.name(sys_id): {"sys_domain": sys_id, "sys_domain_path": path}
        for sys_id, path in domains.paths.items()
    }


def _domain(name: str, one: Domain, ids: dict[str, str]) -> DomainRecord:
    parent = None if one.parent is None else _known(one.parent, f"domains.{name}.parent", ids)
    return DomainRecord(ids[name], name, parent, one.type, one.primary, one.default, one.active)


def _domain_row(one: DomainRecord, description: str, paths: Mapping[str, str]) -> SqlRow:
    return {
        "sys_id": one.sys_id,
        "name": one.name,
        "type": one.type,
        "parent": one.parent,
        "primary": as_flag(one.primary),
        "default": as_flag(one.default),
        "active": as_flag(one.active),
        "description": description,
        "sys_domain": one.sys_id,
        "sys_domain_path": paths[one.sys_id],
    }


def _people(setup: Setup, homes: _Homes, default: str) -> Rows:
    """The rows of users and groups; *default* is the domain of a user who has none."""
    rows: Rows = {"sys_user_group": [], "sys_user": []}
    for name, group in setup.groups.items():
        domain = _known(group.domain, f"groups.{name}.domain", homes)
        id_ = derive_id("sys_user_group", name)
        rows["sys_user_group"].append({"sys_id": id_, "name": name, **domain})
        seen = [_known(one, f"groups.{name}.visibility", homes)["sys_domain"] for one in group.visibility]
        _add_pairs(rows, "sys_user_group_visibility", "group", id_, "domain", seen)
    for name, user in setup.users.items():
        domain = _known(default if user.domain is None else user.domain, f"users.{name}.domain", homes)
        id_ = derive_id("sys_user", name)
        rows["sys_user"].append({"sys_id": id_, "user_name": name, "name": name, **domain})
        for group_name in user.groups:
            if group_name not in setup.groups:
                known = ", ".join(setup.groups) or "none"
                message = f"expected a group of this setup, got {group_name!r}; there are: {known}"
                raise StoreError(f"users.{name}.groups: {message}")
        members = [derive_id("sys_user_group", one) for one in user.groups]
        seen = [_known(one, f"users.{name}.visibility", homes)["sys_domain"] for one in user.visibility]
        _add_pairs(rows, "sys_user_grmember", "user", id_, "group", members)
        _add_pairs(rows, "sys_user_has_role", "user", id_, "role", user.roles)
        _add_pairs(rows, "sys_user_visibility", "user", id_, "domain", seen)
    return rows


def _add_pairs(rows: Rows, table: str, one: str, id_: str, other: str, values: Iterable[str]) -> None:
    rows.setdefault(table, []).extend(_pair(table, one, id_, other, value) for value in values)


def _pair(table: str, one: str, id_: str, other: str, value: str) -> SqlRow:
    return {"sys_id": derive_id(table, id_, value), one: id_, other: value}
