"""The domains and users in an instance's file, and what becomes of its records when a domain moves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from simulator.domains.paths import GLOBAL_PATH
from simulator.domains.session import Group, User
from simulator.domains.tree import GLOBAL, Domain, DomainError, Tree
from simulator.errors import StoreError
from simulator.store.cmdb.reader import CmdbReader


@dataclass(frozen=True, slots=True)
class Domains:
    """What a file says about domains."""

    tree: Tree
    paths: Mapping[str, str]
    """The path of global and of every domain, by its sys_id."""
    users: Mapping[str, User]
    """By user name, each with the groups."""


def load_domains(reader: CmdbReader) -> Domains:
    """The domains, users and groups of the file. Raises StoreError where they do not fit together."""
    rows = reader.rows("domain", (), [()])
    domains = [
        Domain(
            row["sys_id"] or "",
            row["name"] or "",
            row["parent"] or None,
            row["type"] or "",
            row["primary"] == "true",
            row["default"] == "true",
            row["active"] == "true",
        )
        for row in rows
    ]
    contains = [(one, other) for one, others in _pairs(reader, "domain_contains").items() for other in others]
    try:
        tree = Tree.of(domains, contains)
    except DomainError as error:
        raise StoreError(f"the instance's file: {error}") from error
    paths = {GLOBAL: GLOBAL_PATH, **{row["sys_id"] or "": row["sys_domain_path"] or "" for row in rows}}
    users = _load_users(reader)
    _check_users(tree, users)
    return Domains(tree, paths, users)


def _check_users(tree: Tree, users: Mapping[str, User]) -> None:
    for user in users.values():
        try:
            for domain in (user.domain, *sorted(user.granted)):
                tree.check(domain)
        except DomainError as error:
            raise StoreError(f"the instance's file: users.{user.name}: {error}") from error


def _load_users(reader: CmdbReader) -> dict[str, User]:
    seen_by_group = _pairs(reader, "sys_user_group_visibility")
    groups = {
        group: Group(group, row["name"] or "", frozenset(seen_by_group[group]))
        for row in reader.rows("sys_user_group", (), [()])
        if (group := row["sys_id"])
    }
    seen_by_user, groups_by_user = _pairs(reader, "sys_user_visibility"), _pairs(reader, "sys_user_grmember")
    return {
        name: User(
            user,
            name,
            row["sys_domain"] or GLOBAL,
            frozenset(seen_by_user[user]),
            tuple(groups[group] for group in groups_by_user[user] if group in groups),
        )
        for row in reader.rows("sys_user", (), [()])
        if (user := row["sys_id"]) and (name := row["user_name"])
    }


_PAIRS = {
    "domain_contains": ("domain", "contains"),
    "sys_user_grmember": ("user", "group"),
    "sys_user_group_visibility": ("group", "domain"),
    "sys_user_visibility": ("user", "domain"),
}
"""The columns of the tables that relate one record to many."""


def _pairs(reader: CmdbReader, table: str) -> dict[str, list[str]]:
    one, many = _PAIRS[table]
    pairs: dict[str, list[str]] = defaultdict(list)
    for row in reader.rows(table, (), [()]):
        pairs[row[one] or ""].append(row[many] or "")
    return pairs
