"""All rules of an instance about whose values count, prepared for questions about a class in a domain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Generic, Protocol, TypeVar

from simulator.cmdb.classes.hierarchy import Hierarchy
from simulator.cmdb.records import Record
from simulator.cmdb.rules import duration
from simulator.cmdb.rules.authority import DEFAULT_PRIORITY, ClassRules, DynamicRule, StaticRule
from simulator.domains.processes import applicable
from simulator.domains.tree import GLOBAL, Tree


@dataclass(frozen=True, slots=True)
class RefreshRule:
    """A row of `cmdb_datasource_staleness`: how long after its last word a source's value is fresh."""

    applies_to: str
    source: str
    duration: timedelta

    @classmethod
    def from_row(cls, row: Record) -> RefreshRule:
        """Read a row."""
        return cls(
            row.get("applies_to") or "", row.get("discovery_source") or "", duration.parse(row.get("duration"))
        )


class _Rule(Protocol):
    @property
    def applies_to(self) -> str: ...


R = TypeVar("R", bound=_Rule)


@dataclass(frozen=True, slots=True)
class _Table(Generic[R]):
    """The rows of a table by sys_id, and each as a rule."""

    rows: tuple[Record, ...] = ()
    rule_by_id: Mapping[str, R] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Record], read: Callable[[Record], R]) -> _Table[R]:
        ordered = tuple(sorted(rows, key=lambda row: row["sys_id"] or ""))
        rules = {}
        for row in ordered:
            try:
                rules[row["sys_id"] or ""] = read(row)
            except ValueError as problem:
                name = row.get("name") or row["sys_id"]
                raise ValueError(f"the rule {name} on {row.get('applies_to')}: {problem}") from problem
        return cls(ordered, rules)

    def levels(self, chain: tuple[str, ...], domain: str, tree: Tree) -> tuple[tuple[R, ...], ...]:
        """The rules that the domain runs, for each class of the chain."""
        found: dict[str, list[R]] = defaultdict(list)
        for row in applicable(tree, domain, self.rows):
            rule = self.rule_by_id[row["sys_id"] or ""]
            found[rule.applies_to].append(rule)
        return tuple(tuple(found.get(name, ())) for name in chain)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules of reconciliation, data refresh and data sources; asked by class and by the CI's domain."""

    definitions: _Table[StaticRule] = field(default_factory=_Table)
    precedences: _Table[StaticRule] = field(default_factory=_Table)
    refresh: _Table[RefreshRule] = field(default_factory=_Table)
    dynamic: _Table[DynamicRule] = field(default_factory=_Table)
    may_insert_by_place: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    """By class and source, where a data source rule says it."""
    tree: Tree = field(default_factory=Tree.of)
    _known: dict[tuple[str, str, bool], ClassRules] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def from_rows(
        cls,
        hierarchy: Hierarchy,
        definitions: Iterable[Record] = (),
        precedences: Iterable[Record] = (),
        staleness: Iterable[Record] = (),
        dynamic: Iterable[Record] = (),
        data_source: Iterable[Record] = (),
        tree: Tree | None = None,
    ) -> Rulebook:
        """Read `cmdb_reconciliation_definition`, `cmdb_datasource_precedence`, `cmdb_datasource_staleness`,
        `cmdb_dynamic_reconciliation_definition` and `cmdb_ire_data_source_rule`; *tree* are the domains.

        Give all rows, inactive ones too, for those may override others; their order does not matter. Raises
        ValueError for a rule with a condition, a number or a type that cannot be read.
        """
        inserts: dict[tuple[str, str], bool] = {}
        for row in sorted(data_source, key=lambda row: row["sys_id"] or ""):
            if row.get("active") != "false":
                # The product keeps to one active rule for a class and a source; of more the first counts here.
                place = row.get("applies_to") or "", row.get("discovery_source") or ""
                inserts.setdefault(place, row.get("insert_not_allowed") == "false")
        return cls(
            _Table.of(definitions, partial(StaticRule.from_definition, hierarchy=hierarchy)),
            _Table.of(precedences, partial(StaticRule.from_precedence, hierarchy=hierarchy)),
            _Table.of(staleness, RefreshRule.from_row),
            _Table.of(dynamic, partial(DynamicRule.from_row, hierarchy=hierarchy)),
            inserts,
            tree or Tree.of(),
        )

    def __bool__(self) -> bool:
        """Whether there is any rule about whose values count."""
        return bool(self.definitions.rows or self.precedences.rows or self.dynamic.rows)

    def may_insert(self, hierarchy: Hierarchy, name: str, source: str) -> bool:
        """Whether the source may insert CIs of class *name*: the nearest class with a rule for it says so."""
        if not self.may_insert_by_place:
            return True
        places = ((each, source) for each in hierarchy.chain(name))
        return next((self.may_insert_by_place[each] for each in places if each in self.may_insert_by_place), True)

    def of(self, hierarchy: Hierarchy, name: str, domain: str, *, with_dynamic: bool) -> ClassRules:
        """What governs the CIs of class *name* in the domain; dynamic rules need the multisource data."""
        place = name, domain, with_dynamic
        known = self._known.get(place)
        if known is None:
            known = self._known[place] = self._find(hierarchy.chain(name), domain, with_dynamic=with_dynamic)
        return known

    def _find(self, chain: tuple[str, ...], domain: str, *, with_dynamic: bool) -> ClassRules:
        if domain not in self.tree:
            domain = GLOBAL  # the CI's domain is gone; what is in none is global
        precedence = self.precedences.levels(chain, domain, self.tree)
        static = self.definitions.levels(chain, domain, self.tree)
        dynamic = self.dynamic.levels(chain, domain, self.tree) if with_dynamic else tuple(() for _ in chain)
        order_by_source: dict[str, int | None] = {}
        for level in precedence:
            for rule in sorted(level, key=lambda rule: rule.priority or 0):
                order_by_source.setdefault(rule.source, rule.priority)
        duration_by_source: dict[str, timedelta] = {}
        for each in self.refresh.levels(chain, domain, self.tree):
            for refresh in each:
                duration_by_source.setdefault(refresh.source, refresh.duration)
        return ClassRules(
            tuple(tuple(_with_priority(rule, order_by_source) for rule in level) for level in static),
            dynamic,
            precedence,
            duration_by_source,
        )


def _with_priority(rule: StaticRule, order_by_source: Mapping[str, int | None]) -> StaticRule:
    """The rule with its own priority, otherwise with its source's precedence on the nearest class."""
    if rule.priority is not None:
        return rule
    return replace(rule, priority=order_by_source.get(rule.source, DEFAULT_PRIORITY))
