"""The classes, what extends what, and which fields are mandatory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from simulator.cmdb.records import Record


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Class to superclass, and the mandatory fields declared on each class."""

    parent_by_class: Mapping[str, str | None]
    mandatory_by_class: Mapping[str, frozenset[str]]
    _chains: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def from_rows(cls, classes: Iterable[Record], dictionary: Iterable[Record] = ()) -> Hierarchy:
        """Read `sys_db_object` (name, super_class: the name or sys_id of a class) and `sys_dictionary` rows."""
        rows = list(classes)
        name_by_id = {row.get("sys_id"): row["name"] for row in rows}
        parents: dict[str, str | None] = {}
        for row in rows:
            above, name = row.get("super_class"), row["name"]
            assert name, row
            parents[name] = name_by_id.get(above, above) if above else None
        mandatory: dict[str, set[str]] = defaultdict(set)
        for row in dictionary:
            name, element = row.get("name"), row.get("element")
            if name and element and row.get("mandatory") == "true":
                mandatory[name].add(element)
        return cls(parents, {name: frozenset(fields) for name, fields in mandatory.items()})

    def __contains__(self, name: object) -> bool:
        return name in self.parent_by_class

    def chain(self, name: str) -> tuple[str, ...]:
        """The class and its ancestors, nearest first."""
        known = self._chains.get(name)
        if known is None:
            chain = [name]
            above = self.parent_by_class.get(name)
            while above is not None and above not in chain:
                chain.append(above)
                above = self.parent_by_class.get(above)
            known = self._chains[name] = tuple(chain)
        return known

    def is_a(self, name: str | None, ancestor: str) -> bool:
        """Whether class *name* is *ancestor* or extends it."""
        return name is not None and ancestor in self.chain(name)

    def mandatory(self, name: str) -> frozenset[str]:
        """The mandatory fields of a class, inherited ones included."""
        return frozenset().union(*(self.mandatory_by_class.get(each, frozenset()) for each in self.chain(name)))
