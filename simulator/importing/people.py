"""Rows of domains, groups and users as a setup has them: who is where, and sees and may do what."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from simulator.domains.tree import GLOBAL
from simulator.importing.classes import Said
from simulator.importing.rows import Row, Rows, is_true
from simulator.store.cmdb.base import ADMIN

_DOMAIN: Said = {
    "parent": None,
    "type": "customer",
    "primary": False,
    "default": False,
    "active": True,
    "contains": [],
    "description": "",
}


def domain_names(rows: Rows) -> dict[str, str]:
    """The domains' names by sys_id: of several with one name the later ones have a number, too."""
    found: dict[str, str] = {}
    for row in _domains(rows):
        name, number = row.get("name", "") or row["sys_id"], 1
        while name in found.values():
            number += 1
            name = f"{row.get('name', '')} ({number})"
        found[row["sys_id"]] = name
    return found


def _domains(rows: Rows) -> list[Row]:
    return [row for row in rows.of("domain") if row["sys_id"] != GLOBAL]


def domains_of(rows: Rows, names: dict[str, str]) -> dict[str, Said]:
    """The tree of domains, and what they contain besides."""
    contained = _by_one(rows, "domain_contains", "domain", "contains")
    found = {}
    for row in sorted(_domains(rows), key=lambda row: names[row["sys_id"]]):
        said = {
            "parent": names.get(row.get("parent", "")),
            "type": row.get("type", ""),
            "primary": is_true(row, "primary"),
            "default": is_true(row, "default"),
            "active": is_true(row, "active", default=True),
            "contains": sorted(names[other] for other in contained[row["sys_id"]] if other in names),
            "description": row.get("description", ""),
        }
        found[names[row["sys_id"]]] = _unusual(said, _DOMAIN)
    return found


def unknown_homes(rows: Rows, names: dict[str, str]) -> list[str]:
    """Who is in domains that there are not, and so becomes global."""
    return [
        f"the domain {home} of {table} {row.get('user_name') or row.get('name', '')}: there is none, so global"
        for table in ("sys_user", "sys_user_group")
        for row in rows.of(table)
        if (home := row.get("sys_domain", "")) not in ("", GLOBAL, *names)
    ]


def groups_of(rows: Rows, names: dict[str, str]) -> dict[str, Said]:
    """The groups, with what their members see."""
    seen = _by_one(rows, "sys_user_group_visibility", "group", "domain")
    found = {}
    for row in sorted(rows.of("sys_user_group"), key=lambda row: row.get("name", "")):
        said = {"domain": _home(row, names), "visibility": _named(seen[row["sys_id"]], names)}
        found[row.get("name", "")] = _unusual(said, {"domain": GLOBAL, "visibility": []})
    found.pop("", None)
    return found


def users_of(rows: Rows, names: dict[str, str]) -> dict[str, Said]:
    """The active users: where they are, and what gives them rights. Of admin, what is unusual."""
    default = next((names[row["sys_id"]] for row in _domains(rows) if is_true(row, "default")), GLOBAL)
    roles = _by_one(rows, "sys_user_has_role", "user", "role")
    groups = _by_one(rows, "sys_user_grmember", "user", "group")
    seen = _by_one(rows, "sys_user_visibility", "user", "domain")
    known = {row["sys_id"] for row in rows.of("sys_user_group")}
    found = {}
    for row in sorted(rows.of("sys_user"), key=lambda row: row.get("user_name", "")):
        name, sys_id = row.get("user_name", ""), row["sys_id"]
        if not name or not is_true(row, "active", default=True):
            continue
        said = {
            "domain": _home(row, names),
            "roles": sorted({rows.name("sys_user_role", role) for role in roles[sys_id]}),
            "groups": sorted(rows.name("sys_user_group", group) for group in groups[sys_id] if group in known),
            "visibility": _named(seen[sys_id], names),
        }
        if name != ADMIN:
            found[name] = _unusual(said, {"domain": default, "roles": [], "groups": [], "visibility": []})
        elif said := _unusual(said, {"domain": GLOBAL, "roles": ["admin"], "groups": [], "visibility": []}):
            found[name] = said
    return found


def display_names(rows: Rows) -> list[Row]:
    """What the users are called, where that is not by what they log in: references may name them so."""
    return [
        {"user_name": row["user_name"], "name": row["name"]}
        for row in sorted(rows.of("sys_user"), key=lambda row: row.get("user_name", ""))
        if is_true(row, "active", default=True)
        and row.get("user_name")
        and row.get("name", "") not in ("", row["user_name"], _OF_ADMIN if row["user_name"] == ADMIN else "")
    ]


_OF_ADMIN = "System Administrator"
"""What the user of every instance is called from the start."""


def _home(row: Row, names: dict[str, str]) -> str:
    return names.get(row.get("sys_domain", ""), GLOBAL)


def _named(domains: list[str], names: dict[str, str]) -> list[str]:
    return sorted(names.get(each, GLOBAL) for each in domains if each in names or each == GLOBAL)


def _by_one(rows: Rows, table: str, one: str, many: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows.of(table):
        if row.get("state", "active") in ("", "active", "Active"):
            found[row.get(one, "")].append(row.get(many, ""))
    return found


def _unusual(said: dict[str, Any], usual: Said) -> Said:
    return {part: value for part, value in said.items() if part not in usual or value != usual[part]}
