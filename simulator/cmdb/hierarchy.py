"""The classes, what extends what, and which fields are mandatory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from simulator.cmdb.records import Record

SYSTEM_COLUMNS = (
    "sys_id", "sys_created_on", "sys_updated_on", "sys_mod_count",
    "sys_class_name", "sys_domain", "sys_domain_path",
)  # fmt: skip
"""What every CI has, whatever its class."""


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Class to superclass, and the fields declared on each class; tables that are no classes have fields, too."""

    parent_by_class: Mapping[str, str | None]
    fields_by_class: Mapping[str, frozenset[str]]
    """Those that a class adds to its superclass's."""
    mandatory_by_class: Mapping[str, frozenset[str]]
    references_by_class: Mapping[str, Mapping[str, str]]
    """For each class the table that a field of its own refers to."""
    _chains: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)
    _references: dict[str, dict[str, str]] = field(default_factory=dict, compare=False, repr=False)
    _mandatory: dict[str, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)
    _fields: dict[str, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def from_rows(
        cls, classes: Iterable[Record], dictionary: Iterable[Record], tables: Mapping[str, Iterable[str]]
    ) -> Hierarchy:
        """Read `sys_db_object` and `sys_dictionary` rows, and the fields of *tables* that are no classes."""
        parents = {row["name"] or "": row.get("super_class") for row in classes}
        fields, mandatory = defaultdict(set, {name: set(own) for name, own in tables.items()}), defaultdict(set)
        references: dict[str, dict[str, str]] = defaultdict(dict)
        for row in dictionary:
            name, element = row["name"] or "", row["element"] or ""
            fields[name].add(element)
            if row.get("mandatory") == "true":
                mandatory[name].add(element)
            reference = row.get("reference")
            if reference:
                references[name][element] = reference
        return cls(parents, _frozen(fields), _frozen(mandatory), dict(references))

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

    def fields(self, name: str) -> frozenset[str]:
        """The fields of a class or table that a payload may fill, inherited ones included."""
        known = self._fields.get(name)
        if known is None:
            chain = self.chain(name)
            known = frozenset().union(*(self.fields_by_class.get(each, frozenset()) for each in chain))
            self._fields[name] = known
        return known

    def has_field(self, name: str, field: str) -> bool:
        """Whether records of a class or table have the field."""
        return field in self.fields(name) or (name in self.parent_by_class and field in SYSTEM_COLUMNS)

    def below(self, name: str) -> list[str]:
        """The class and all that extend it."""
        return sorted(each for each in self.parent_by_class if self.is_a(each, name))

    def is_separated(self, name: str) -> bool:
        """Whether the records of a class or table belong to domains, as all CIs do."""
        return name in self.parent_by_class or "sys_domain" in self.fields(name)

    def is_field(self, name: str) -> bool:
        """Whether any class has a field of this name."""
        return any(name in fields for fields in self.fields_by_class.values())

    def references(self, name: str) -> Mapping[str, str]:
        """The fields of a class that refer to records, inherited ones included, with the tables of those."""
        known = self._references.get(name)
        if known is None:
            chain = reversed(self.chain(name))
            known = self._references[name] = dict(
                item for one in chain for item in self.references_by_class.get(one, {}).items()
            )
        return known

    def mandatory(self, name: str) -> frozenset[str]:
        """The mandatory fields of a class, inherited ones included."""
        known = self._mandatory.get(name)
        if known is None:
            chain = self.chain(name)
            known = frozenset().union(*(self.mandatory_by_class.get(each, frozenset()) for each in chain))
            self._mandatory[name] = known
        return known


def _frozen(sets: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {name: frozenset(members) for name, members in sets.items()}
