"""Which records and fields a caller may see and write: access rules, which are rows of `sys_security_acl`.

A rule lets a role do something with a table, or with a field of it (`table.field`). Of the rules for a class, for
those above it and for `*`, the nearest count, and one of them is enough; admin needs none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from simulator.cmdb.classes.hierarchy import Hierarchy
from simulator.cmdb.conditions.conditions import steps
from simulator.cmdb.conditions.queries import Query
from simulator.cmdb.records import Record
from simulator.rest import errors
from simulator.rest.call import Call

Operation = Literal["read", "create", "write", "delete", "query_match", "query_range"]
"""The last two let ask for a field by whole values, or by parts of it and by its order."""

ENFORCED = "glide.export.query.enforce_field_acl"
"""The property with which nobody may ask for a field that is not theirs to read."""

_MATCHES = frozenset({"=", "!=", "IN", "NOT IN", "ISEMPTY", "ISNOTEMPTY", "ANYTHING", "SAMEAS", "NSAMEAS"})

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
    closes_fields: bool
    """Whether there are rules about fields, so that some records may show fewer than others."""

    @classmethod
    def of(cls, call: Call) -> Access:
        """Read the rules as they are now; admin may do everything, whatever they say."""
        rules: dict[tuple[str, str], set[str | None]] = defaultdict(set)
        if "admin" not in call.caller.roles:
            for name, operation, role in call.desk.records.access_rules():
                rules[name, operation].add(role or None)
        closes_fields = any("." in name for name, _ in rules)
        return cls(call.caller.roles, dict(rules), call.desk.model.hierarchy, closes_fields)

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
        kinds = ((record.get("sys_class_name") or table, record) for record in records)
        found = [(kind, record) for kind, record in kinds if self.may("read", kind)]
        if not self.closes_fields:
            return [record for _, record in found]
        return [
            {field: value for field, value in record.items() if self.may_field("read", kind, field)}
            for kind, record in found
        ]

    def check_query(self, query: Query, table: str, linked: Sequence[str] = ()) -> None:
        """Raises RestError for a query on fields by which the caller may not ask; *linked* are fields besides."""
        joined = (*linked, *(join.field for join in query.joins))
        asked = [
            *((field, True) for field in joined),
            *(
                (field, term.operator.partition("@")[0] in _MATCHES)
                for term in query.condition.terms
                for field in term.fields
            ),
            *((field, False) for field, _ in query.condition.order),
        ]
        for name, is_match in asked:
            *_, (field, holder) = steps(name, table, self.hierarchy)
            if holder is not None and not self._may_ask(holder, field, is_match=is_match):
                raise errors.RestError(
                    403,
                    "Insufficient rights to query records",
                    "Field(s) present in the query do not have permission to be read",
                )
        for related in query.related:
            self.check_query(related.query, related.table, (related.field,))
        for join in query.joins:
            self.check_query(join.query, join.table, (join.other,))

    def _may_ask(self, table: str, field: str, *, is_match: bool) -> bool:
        """A rule about asking comes before one about reading."""
        operation: Operation = "query_match" if is_match else "query_range"
        is_ruled = any((f"{name}.{field}", operation) in self.rules for name in self.hierarchy.chain(table))
        return self.may_field(operation if is_ruled else "read", table, field)

    def check(self, operation: Operation, table: str) -> None:
        """Raises RestError where the caller may not."""
        if not self.may(operation, table):
            raise errors.forbidden(_NAMED[operation])

    def _is_let(self, name: str, operation: str) -> bool:
        let = self.rules[name, operation]
        return "admin" in self.roles or None in let or not self.roles.isdisjoint(let)
