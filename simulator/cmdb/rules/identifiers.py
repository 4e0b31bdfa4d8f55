"""Identification rules, inclusion rules and the metadata that says what depends on what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from simulator.cmdb.classes.hierarchy import Hierarchy
from simulator.cmdb.conditions import conditions
from simulator.cmdb.conditions.encoded import Condition, Fields
from simulator.cmdb.records import Record
from simulator.cmdb.text import Key


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of `cmdb_identifier_entry` or, with the same columns, of `cmdb_related_entry`."""

    sys_id: str
    table: str
    attributes: tuple[str, ...]
    hybrid_attributes: tuple[str, ...]
    order: int
    allow_null: bool
    allow_fallback: bool
    exact_count: bool
    referenced_field: str
    is_lookup: bool
    """Whether the entry searches another table that refers to the CI."""
    condition: Condition
    has_class: bool
    """Whether the class is one of the attributes: it is no value of an item's."""

    @classmethod
    def from_row(cls, row: Record, hierarchy: Hierarchy) -> Entry:
        """Read a row; `table` of a related entry is `related_table` where that is set."""
        table = row.get("related_table") or row.get("table") or ""
        attributes = _names(row.get("attributes"))
        return cls(
            sys_id=row["sys_id"] or "",
            table=table,
            attributes=attributes,
            hybrid_attributes=_names(row.get("hybrid_entry_ci_criterion_attributes")),
            order=_order(row),
            allow_null=row.get("allow_null_attribute") == "true",
            allow_fallback=row.get("allow_fallback") == "true",
            exact_count=row.get("exact_count_match") == "true",
            referenced_field=row.get("referenced_field") or "",
            is_lookup=bool(row.get("referenced_field")),
            condition=conditions.read(row.get("condition"), table, hierarchy),
            has_class="sys_class_name" in attributes,
        )


def _order(row: Record) -> int:
    try:
        return int(row.get("order") or 100)
    except ValueError:
        where = f"the order of the entry {row['sys_id']} of an identification rule"
        raise ValueError(f"{where}: expected a whole number, got {row['order']!r}") from None


class Criterion(NamedTuple):
    """By what an entry looks for a record: attributes, with the values, folded, that it must have in them."""

    attributes: tuple[str, ...]
    values: Key


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of `cmdb_identifier` with its active entries by priority."""

    sys_id: str
    name: str
    applies_to: str
    independent: bool
    entries: tuple[Entry, ...]
    related: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Dependency:
    """A hosting or containment rule: a *parent* class related by *relation* to a *child* class."""

    parent: str
    child: str
    relation: str
    dependent_is_parent: bool

    def text(self, name: str) -> str:
        """As error messages print it for the dependent class *name*: its half of the relation's two-sided name."""
        forward, _, backward = self.relation.partition("::")
        if self.dependent_is_parent:
            return f"{name} >> {forward} >> {self.child}"
        return f"{name} >> {backward} >> {self.parent}"


@dataclass(frozen=True, slots=True)
class Rules:
    """All identification rules of an instance; they belong to no domain ("Domain separation in IRE")."""

    rule_by_class: Mapping[str, Rule]
    inclusion_by_class: Mapping[str, Condition]
    dependencies: tuple[Dependency, ...]

    @classmethod
    def from_rows(
        cls,
        hierarchy: Hierarchy,
        identifiers: Iterable[Record],
        entries: Iterable[Record],
        related: Iterable[Record] = (),
        inclusion: Iterable[Record] = (),
        hosting: Iterable[Record] = (),
        containment: Iterable[Record] = (),
    ) -> Rules:
        """Read the rows of `cmdb_identifier` to `cmdb_metadata_containment`; inactive ones are left out."""
        entries_by_rule, related_by_rule = _by_rule(entries, hierarchy), _by_rule(related, hierarchy)
        rules = {}
        for row in identifiers:
            sys_id, table = row["sys_id"] or "", row.get("applies_to") or ""
            if row.get("active") == "false":
                continue
            rules[table] = Rule(
                sys_id,
                row.get("name") or "",
                table,
                row.get("independent") != "false",
                entries_by_rule.get(sys_id, ()),
                related_by_rule.get(sys_id, ()),
            )
        return cls(
            rules,
            {
                row["table"] or "": conditions.read(row.get("condition"), row["table"] or "", hierarchy)
                for row in inclusion
                if row.get("active") != "false"
            },
            tuple(_dependencies(hosting, containment)),
        )

    def rule_of(self, hierarchy: Hierarchy, name: str) -> Rule | None:
        """The rule of the class, else the nearest ancestor's, complete ("Identification rules")."""
        return next(
            (self.rule_by_class[each] for each in hierarchy.chain(name) if each in self.rule_by_class), None
        )

    def fallbacks(self, hierarchy: Hierarchy, rule: Rule) -> tuple[Rule, ...]:
        """The rule and the ancestors' rules to which a dependent rule may fall back, nearest first."""
        rules = [rule]
        while not rules[-1].independent and any(entry.allow_fallback for entry in rules[-1].entries):
            above = hierarchy.chain(rules[-1].applies_to)[1:]
            following = self.rule_of(hierarchy, above[0]) if above else None
            if following is None or following.independent:
                break
            rules.append(following)
        return tuple(rules)

    def dependencies_of(self, hierarchy: Hierarchy, name: str) -> tuple[Dependency, ...]:
        """The hosting and containment rules under which class *name* is the dependent."""
        return tuple(
            each
            for each in self.dependencies
            if hierarchy.is_a(name, each.parent if each.dependent_is_parent else each.child)
        )

    def includes(self, hierarchy: Hierarchy, record: Fields) -> bool:
        """Whether the inclusion rules let the CI be matched ("Create an identification inclusion rule")."""
        if not self.inclusion_by_class:
            return True
        chain = hierarchy.chain(record.get("sys_class_name") or "")
        return all(
            self.inclusion_by_class[each].holds(record) for each in chain if each in self.inclusion_by_class
        )


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def _by_rule(rows: Iterable[Record], hierarchy: Hierarchy) -> dict[str, tuple[Entry, ...]]:
    found: dict[str, list[Entry]] = defaultdict(list)
    for row in rows:
        if row.get("active") != "false":
            found[row.get("identifier") or ""].append(Entry.from_row(row, hierarchy))
    # Equal priorities run in random order in the product; here the sys_id settles it.
    return {rule: tuple(sorted(found[rule], key=lambda entry: (entry.order, entry.sys_id))) for rule in found}


def _active(rows: Iterable[Record]) -> Iterator[Record]:
    return (row for row in rows if row.get("active") != "false")


def _dependencies(hosting: Iterable[Record], containment: Iterable[Record]) -> Iterable[Dependency]:
    for row in _active(hosting):
        # The first class is the dependent one; reversed, it is the child of the relation.
        dependent, host = row["parent_type"] or "", row["child_type"] or ""
        reverse = row.get("is_reverse") == "true"
        ends = (host, dependent) if reverse else (dependent, host)
        yield Dependency(*ends, row["rel_type"] or "", dependent_is_parent=not reverse)
    rows = list(containment)
    type_by_id = {row.get("sys_id"): row.get("ci_type") or "" for row in rows}
    for row in _active(rows):
        above = row.get("parent_id")
        if above:
            # The contained CI depends on its container, whichever end of the relation it is.
            container, contained = type_by_id.get(above, above), row["ci_type"] or ""
            relation, reverse = row["rel_type"] or "", row.get("is_reverse") == "true"
            ends = (contained, container) if reverse else (container, contained)
            yield Dependency(*ends, relation, dependent_is_parent=reverse)
