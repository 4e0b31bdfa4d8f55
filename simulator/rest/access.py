"""Which records and fields a caller may see and write: access rules, which are rows of `sys_security_acl`.

A rule lets a role do something with a table, or with a field of it (`table.field`). Of the rules for a class, for
those above it and for `*`, the nearest count, and one of them is enough; admin needs none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from simulator.cmdb.hierarchy import Hierarchy
from simulator.cmdb.records import Record
from simulator.rest import errors
from simulator.rest.call import Call

Operation = Literal["read", "create", "write", "delete"]

_OF_ALL = "*"
_NAMED: dict[Operation, str] = {"create": "Insert", "write": "Update", "delete": "Delete"}
"""What the error body calls an operation."""


@dataclass(frozen=True, slots=True)
class Access:
    """What one caller may do."""

    roles: frozenset[str]
    rules: dict[tuple[str, str], set[str | None]]
    """The roles by what they are let do: name and operation; None among them for everybody."""
    hierarchy: Hierarchy

    @classmethod
    def of(cls, call: Call) -> Access:
        """Read the rules as they are now."""
        rules: dict[tuple[str, str], set[str | None]] = defaultdict(set)
        for name, operation, role in call.desk.records.access_rules():
            rules[name, operation].add(role or None)
        return cls(call.caller.roles, dict(rules), call.desk.model.hierarchy)

    def may(self, operation: Operation, table: str) -> bool:
        """Whether the caller may do this with records of a table or class."""
        for name in (*self.hierarchy.chain(table), _OF_ALL):
            if (name, operation) in self.rules:
                return self._is_let(name, operation)
        return "admin" in self.roles

    def may_field(self, operation: Operation, table: str, field: str) -> bool:
        """Whether the caller may do this with a field of records that the caller may do it with."""
        for name in self.hierarchy.chain(table):
            if (f"{name}.{field}", operation) in self.rules:
                return self._is_let(f"{name}.{field}", operation)
        return True

    def readable(self, table: str, records: Iterable[Record]) -> list[Record]:
        """The records, without those and without the fields that the caller may not read."""
        if "admin" in self.roles:
            return list(records)
        return [
            {field: value for field, value in record.items() if self.may_field("read", kind, field)}
            for record in records
            if self.may("read", kind := record.get("sys_class_name") or table)
        ]

    def check(self, operation: Operation, table: str) -> None:
        """Raises RestError where the caller may not."""
        if not self.may(operation, table):
            raise errors.forbidden(_NAMED[operation])

    def _is_let(self, name: str, operation: str) -> bool:
        let = self.rules[name, operation]
        return "admin" in self.roles or None in let or not self.roles.isdisjoint(let)
