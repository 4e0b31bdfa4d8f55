"""Whose values count: the rules of reconciliation, and which governs an attribute ("Reconciliation rules")."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from simulator.cmdb.classes.hierarchy import Hierarchy
from simulator.cmdb.conditions import conditions
from simulator.cmdb.conditions.encoded import Condition, Fields
from simulator.cmdb.records import Record
from simulator.cmdb.rules.dynamic import Choice

DEFAULT_PRIORITY = 100
_ENGINE_FIELDS = frozenset({"discovery_source", "first_discovered", "last_discovered", "duplicate_of"})


def is_governed(attribute: str) -> bool:
    """Whether a rule can be about it: system fields and the engine's own, such as discovery_source, are free.

    The texts name discovery_source as an example of the engine's fields; which the others are is our reading.
    """
    return attribute not in _ENGINE_FIELDS and not attribute.startswith("sys_")


@dataclass(frozen=True, slots=True)
class StaticRule:
    """A row of `cmdb_reconciliation_definition`, or in the old form of `cmdb_datasource_precedence`."""

    sys_id: str
    name: str
    applies_to: str
    source: str
    attributes: frozenset[str]
    """Empty for all."""
    null_attributes: frozenset[str]
    """Those that the source may empty."""
    priority: int | None
    """The lower wins. None where a row leaves it to the precedence of its source."""
    condition: Condition

    @classmethod
    def from_definition(cls, row: Record, hierarchy: Hierarchy) -> StaticRule:
        """Read a reconciliation definition."""
        attributes, nulls = _names(row.get("attributes")), _names(row.get("update_with_null"))
        return cls(
            sys_id=row["sys_id"] or "",
            name=row.get("name") or "",
            applies_to=row.get("applies_to") or "",
            source=row.get("discovery_source") or "",
            attributes=attributes,
            null_attributes=nulls & attributes if attributes else nulls,
            priority=_number(row.get("priority")),
            condition=conditions.read(row.get("condition"), row.get("applies_to") or "", hierarchy),
        )

    @classmethod
    def from_precedence(cls, row: Record, hierarchy: Hierarchy) -> StaticRule:
        """Read a data source precedence: the order of a source among others, for all attributes of a class."""
        return replace(cls.from_definition(row, hierarchy), priority=_number(row.get("order")) or DEFAULT_PRIORITY)


@dataclass(frozen=True, slots=True)
class DynamicRule:
    """A row of `cmdb_dynamic_reconciliation_definition`: the value counts, whoever reported it."""

    sys_id: str
    name: str
    applies_to: str
    attributes: frozenset[str]
    condition: Condition
    choice: Choice

    @classmethod
    def from_row(cls, row: Record, hierarchy: Hierarchy) -> DynamicRule:
        """Read a row. Raises ValueError for a type that there is not."""
        return cls(
            sys_id=row["sys_id"] or "",
            name=row.get("name") or "",
            applies_to=row.get("applies_to") or "",
            attributes=_names(row.get("attributes")),
            condition=conditions.read(row.get("condition"), row.get("applies_to") or "", hierarchy),
            choice=Choice.of(row.get("type") or ""),
        )


@dataclass(frozen=True, slots=True)
class Ranking:
    """The static rules that stand together for an attribute of a CI."""

    rule_by_source: Mapping[str, StaticRule]
    is_open: bool = False
    """Whether sources without a rule may write too, as the last ones: precedence ranks sources and bars none."""

    @classmethod
    def of(cls, rules: Iterable[StaticRule], *, is_open: bool = False) -> Ranking:
        """The best rule of every source."""
        best: dict[str, StaticRule] = {}
        for rule in sorted(rules, key=lambda rule: (rule.priority or 0, rule.sys_id)):
            best.setdefault(rule.source, rule)
        return cls(best, is_open)

    def admits(self, source: str) -> bool:
        """Whether the source is authorised at all."""
        return self.is_open or source in self.rule_by_source

    def may_empty(self, source: str, attribute: str) -> bool:
        """Whether the source may write nothing over something ("Update with Null")."""
        rule = self.rule_by_source.get(source)
        return rule is not None and attribute in rule.null_attributes

    def outranks(self, source: str, other: str) -> bool:
        """Whether *source* has the higher priority; sources without a rule have the lowest."""
        return self._place(source) < self._place(other)

    def _place(self, source: str) -> float:
        rule = self.rule_by_source.get(source)
        return math.inf if rule is None or rule.priority is None else rule.priority


Governor = DynamicRule | Ranking


@dataclass(frozen=True, slots=True)
class _Level:
    """The rules on one class for one attribute, or on one class for all attributes."""

    dynamic: tuple[DynamicRule, ...]
    static: tuple[StaticRule, ...]
    is_open: bool
    settled: Governor | None
    """What governs whatever the CI's values are; None where a condition has to be tested first."""

    @classmethod
    def of(
        cls, dynamic: tuple[DynamicRule, ...], static: tuple[StaticRule, ...], *, is_open: bool = False
    ) -> _Level:
        """The level, settled if no rule on it has a condition."""
        level = cls(dynamic, static, is_open, None)
        if any(rule.condition.queries for rule in dynamic) or any(rule.condition.queries for rule in static):
            return level
        return replace(level, settled=level.governor({}))

    def governor(self, values: Fields) -> Governor | None:
        """What governs a CI with these *values*: on one class the dynamic rule before the static ones."""
        if self.settled is not None:
            return self.settled
        for rule in self.dynamic:
            if rule.condition.holds(values):
                return rule
        ranked = [rule for rule in self.static if rule.condition.holds(values)]
        return Ranking.of(ranked, is_open=self.is_open) if ranked else None


@dataclass(frozen=True, slots=True)
class ClassRules:
    """The rules that govern the CIs of one class in one domain; all tuples by class, the CI's own first."""

    static: tuple[tuple[StaticRule, ...], ...] = ()
    dynamic: tuple[tuple[DynamicRule, ...], ...] = ()
    precedence: tuple[tuple[StaticRule, ...], ...] = ()
    duration_by_source: Mapping[str, timedelta] = field(default_factory=dict)
    _levels: dict[str, tuple[_Level, ...]] = field(default_factory=dict, compare=False, repr=False)

    def __bool__(self) -> bool:
        return any(self.static) or any(self.dynamic) or any(self.precedence)

    def governor(self, attribute: str, values: Fields) -> Governor | None:
        """What governs an attribute of a CI with these *values*; None: any source may write it.

        A rule that names the attribute comes before one for all attributes, whatever the classes and priorities;
        then the rule of the nearer class; then on one class the dynamic one. A dynamic rule always names its
        attributes; that it comes before a static one for all attributes of a nearer class is our reading.
        """
        for level in self._levels_of(attribute):
            found = level.governor(values)
            if found is not None:
                return found
        return None

    def keeps_history(self, attribute: str) -> bool:
        """Whether a static rule may ever have to know who wrote the attribute, its condition aside."""
        return any(level.static for level in self._levels_of(attribute))

    def keeps_reports(self, attribute: str) -> bool:
        """Whether a dynamic rule may ever have to know what the sources say of the attribute."""
        return any(level.dynamic for level in self._levels_of(attribute))

    def rules(self, attribute: str) -> list[StaticRule | DynamicRule]:
        """All rules about the attribute, the first to be asked first."""
        found: list[StaticRule | DynamicRule] = []
        for level in self._levels_of(attribute):
            found += level.dynamic
            found += level.static
        return found

    def _levels_of(self, attribute: str) -> tuple[_Level, ...]:
        known = self._levels.get(attribute)
        if known is None:
            known = self._levels[attribute] = self._find(attribute) if is_governed(attribute) else ()
        return known

    def _find(self, attribute: str) -> tuple[_Level, ...]:
        named = [
            _Level.of(
                tuple(rule for rule in dynamic if attribute in rule.attributes),
                tuple(rule for rule in static if attribute in rule.attributes),
            )
            for dynamic, static in zip(self.dynamic, self.static, strict=True)
        ]
        whole = [_Level.of((), tuple(rule for rule in static if not rule.attributes)) for static in self.static]
        ranked = [_Level.of((), rules, is_open=True) for rules in self.precedence]
        return tuple(level for level in (*named, *whole, *ranked) if level.dynamic or level.static)


def _names(text: str | None) -> frozenset[str]:
    return frozenset(name.strip() for name in (text or "").split(",") if name.strip())


def _number(text: str | None) -> int | None:
    return int(text) if text else None
