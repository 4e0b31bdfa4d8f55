"""The domains of a setup, and the users and groups that work in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from simulator.cmdb.records import Value
from simulator.domains.paths import assign_paths, changed_paths
from simulator.domains.tree import GLOBAL, DomainError, Tree
from simulator.domains.tree import Domain as DomainRecord
from simulator.errors import StoreError
from simulator.protocol.envelope import derive_id
from simulator.store.cmdb.domains import load_domains
from simulator.store.cmdb.rows import SqlRow, as_flag, role_row
from simulator.store.setups.restatement import Restatement, leaves_out
from simulator.store.setups.setup import Domain, Group, Setup, User, domain_id

T = TypeVar("T")


class Separation:
    """The domains that a CMDB has with those of a setup; what was in one of these moves with it."""

    def __init__(self, restatement: Restatement, given: Mapping[str, Domain]) -> None:
        self._restatement = restatement
        before = load_domains(restatement.store)
        self._ids = {GLOBAL: GLOBAL, **{name: domain_id(name) for name in given}}
        self._ids |= {one.name: one.sys_id for one in before.tree.domains.values()}
        self._names = {sys_id: name for name, sys_id in self._ids.items()}
        records = [self._record(name, one, before.tree) for name, one in given.items()]
        contained = {
            self._ids[name]: [self._known(other, f"domains.{name}.contains") for other in one.contains]
            for name, one in given.items()
            if not leaves_out(one, "contains")
        }
        try:
            tree = before.tree.joined(records, contained)
            self._paths = assign_paths(tree, before.paths)
        except DomainError as error:
            raise StoreError(str(error)) from error
        self._default = tree.default
        for record in records:
            self._put(record, given[record.name], contained.get(record.sys_id))
        restatement.store.set_paths(changed_paths(before.paths, self._paths))

    def home(self, name: Value, where: str) -> dict[str, str]:
        """What a record has that is in the domain with this name; none is global. Raises StoreError."""
        sys_id = self._known(name or GLOBAL, where)
        return {"sys_domain": sys_id, "sys_domain_path": self._paths[sys_id]}

    def people(self, setup: Setup) -> None:
        """Groups, and then the users that are in them."""
        for name, group in setup.groups.items():
            self._group(name, group)
        for name, user in setup.users.items():
            self._user(name, user)

    def _known(self, name: str, where: str) -> str:
        return _found(name, self._ids, where, "domain")

    # -- domains ----------------------------------------------------------------------------------------

    def _record(self, name: str, one: Domain, before: Tree) -> DomainRecord:
        sys_id = self._ids[name]
        said = one.model_dump(exclude={"contains", "description"}, exclude_unset=True)
        if one.parent is not None:
            said["parent"] = self._known(one.parent, f"domains.{name}.parent")
        return replace(before.domains.get(sys_id) or DomainRecord(sys_id, name), **said)

    def _put(self, record: DomainRecord, one: Domain, contained: list[str] | None) -> None:
        row: SqlRow = {
            "sys_id": record.sys_id,
            "name": record.name,
            "type": record.type,
            "parent": record.parent,
            "primary": as_flag(record.primary),
            "default": as_flag(record.default),
            "active": as_flag(record.active),
            "description": one.description,
            "sys_domain": record.sys_id,
            "sys_domain_path": self._paths[record.sys_id],
        }
        self._restatement.put("domain", [row], ["description"] if leaves_out(one, "description") else [])
        if contained is not None:
            self._restatement.replace_pairs(
                "domain_contains",
                ("domain", record.sys_id),
                ("contains", contained),
                ("domains", record.name, "contains"),
                lambda other: f"{record.name} no longer contains {self._names.get(other or '', other)}.",
            )

    # -- people -----------------------------------------------------------------------------------------

    def _group(self, name: str, one: Group) -> None:
        row: SqlRow = {"sys_id": derive_id("sys_user_group", name), "name": name}
        home = self.home(one.domain, f"groups.{name}.domain")
        [sys_id] = self._restatement.put_named(
            "sys_user_group", [{**row, **home}], home if leaves_out(one, "domain") else ()
        )
        self._sees("sys_user_group_visibility", ("group", sys_id), one, ("groups", name))

    def _user(self, name: str, one: User) -> None:
        row: SqlRow = {"sys_id": derive_id("sys_user", name), "user_name": name, "name": name}
        domain = self._names[self._default] if one.domain is None else one.domain
        home = self.home(domain, f"users.{name}.domain")
        unsaid = ["name", *(home if leaves_out(one, "domain") else ())]
        [sys_id] = self._restatement.put_named("sys_user", [{**row, **home}], unsaid)
        if not leaves_out(one, "groups"):
            rows = self._restatement.store.rows("sys_user_group", (), [()])
            ids = {row["name"] or "": row["sys_id"] or "" for row in rows}
            names = {group: group_name for group_name, group in ids.items()}
            self._restatement.replace_pairs(
                "sys_user_grmember",
                ("user", sys_id),
                ("group", [_found(group, ids, f"users.{name}.groups", "group") for group in one.groups]),
                ("users", name, "groups"),
                lambda group: f"{name} is no longer in the group {names.get(group or '', group)}.",
            )
        if not leaves_out(one, "roles"):
            roles = self._restatement.put_named("sys_user_role", [role_row(role) for role in one.roles])
            every = self._restatement.store.rows("sys_user_role", (), [()])
            role_names = {row["sys_id"]: row["name"] for row in every}
            self._restatement.replace_pairs(
                "sys_user_has_role",
                ("user", sys_id),
                ("role", roles),
                ("users", name, "roles"),
                lambda role: f"{name} no longer has the role {role_names.get(role, role)}.",
            )
        self._sees("sys_user_visibility", ("user", sys_id), one, ("users", name))

    def _sees(self, table: str, who: tuple[str, str], one: User | Group, path: tuple[str, str]) -> None:
        if leaves_out(one, "visibility"):
            return
        seen = [self._known(other, f"{'.'.join(path)}.visibility") for other in one.visibility]
        self._restatement.replace_pairs(
            table,
            who,
            ("domain", seen),
            (*path, "visibility"),
            lambda other: f"{path[1]} no longer sees {self._names.get(other or '', other)}.",
        )


def _found(name: str, known: Mapping[str, str], where: str, what: str) -> str:
    if name not in known:
        there = ", ".join(known) or "none"
        raise StoreError(f"{where}: expected a {what}, got {name!r}; there are: {there}")
    return known[name]
