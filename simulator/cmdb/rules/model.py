"""What the engine knows of its instance, and who calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from simulator.cmdb.classes.columns import Type
from simulator.cmdb.classes.hierarchy import Hierarchy
from simulator.cmdb.records import Record
from simulator.cmdb.rules.identifiers import Rules
from simulator.cmdb.rules.plan import Plan, asked_by, is_sound
from simulator.cmdb.rules.restrictions import Restrictions
from simulator.cmdb.rules.rulebook import Rulebook
from simulator.cmdb.text import fold

_CIS = "cmdb_ci"
_PREFIX = "glide.identification_engine."


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: CIs are matched in the *candidate_domains* (None: all) and inserted in *home*."""

    user: str
    home: str
    candidate_domains: frozenset[str] | None = None
    feed: str | None = None
    """Where the data comes from; the source feed of what names none itself."""
    standing: Callable[[str], str] = field(default=lambda domain: f"domain {domain}", compare=False, repr=False)
    """Why CIs of a domain are, or are not, looked for; in words, and only asked for them."""

    def sees(self, record: Record) -> bool:
        """Whether the record is in a domain in which the caller's CIs are looked for."""
        return self.candidate_domains is None or (record.get("sys_domain") or "global") in self.candidate_domains


@dataclass(frozen=True, slots=True)
class RelationType:
    """A name in `cmdb_rel_type`; more than one record of it is an error."""

    name: str
    sys_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """The classes, the rules and the settings of an instance."""

    hierarchy: Hierarchy
    rules: Rules
    sources: Mapping[str, str]
    """The data sources, as the choices of `cmdb_ci.discovery_source` spell them, by their folded names."""
    relation_types: Mapping[str, RelationType]
    """By their folded names."""
    properties: Mapping[str, str] = field(default_factory=dict)
    rulebook: Rulebook = field(default_factory=Rulebook)
    """Whose values count."""

    restrictions: Restrictions = field(default_factory=Restrictions)
    lookup_task_classes: frozenset[tuple[str, str | None]] = frozenset()
    """Lookup or related class and identifier table of the active rows of
    `cmdb_duplicate_lookup_related_allowed_class`; None for all identifiers."""

    other_tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The tables, no classes, of which items are identified too, each with the columns in which no two records may
    have the same; see simulator.cmdb.identification.other_tables."""

    _numbering: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    _plans: dict[str, Plan] = field(default_factory=dict, compare=False, repr=False)

    def plan(self, name: str) -> Plan:
        """What is known beforehand of the items of a class or table."""
        known = self._plans.get(name)
        if known is None:
            known = self._plan(name)
            if known.identifies:  # a payload may name anything, and what it made up is not kept
                self._plans[name] = known
        return known

    def _plan(self, name: str) -> Plan:
        hierarchy, identifies = self.hierarchy, self.identifies(name)
        rule = self.rules.rule_of(hierarchy, name)
        rules = () if rule is None else self.rules.fallbacks(hierarchy, rule)
        fillable = self.fillable(name)
        return Plan(
            name,
            hierarchy.top(name),
            self.numbered_as(name),
            identifies,
            rule if identifies else None,
            rules,
            fillable,
            fillable | {"sys_id"},
            hierarchy.columns(name),
            hierarchy.lengths(name),
            hierarchy.references(name),
            identifies and is_sound(rule, is_other=self.is_other(name)),
            asked_by(rules),
        )

    def identifies(self, name: str) -> bool:
        """Whether items of the class or table can be identified, given a rule."""
        return name in self.hierarchy or name in self.other_tables

    def fillable(self, name: str) -> frozenset[str]:
        """The fields that a payload can fill: not the passwords of users, which only who keeps users sets."""
        fields = self.hierarchy.fields(name)
        if name not in self.other_tables:
            return fields
        columns = self.hierarchy.columns(name)
        return frozenset(each for each in fields if columns[each].type is not Type.PASSWORD)

    def is_other(self, name: str) -> bool:
        """Whether the records of a table that can be identified are no CIs."""
        return self.numbered_as(name) != _CIS

    def numbered_as(self, name: str) -> str:
        """Within what a source's key stands for one record: for CIs, with what belongs to them, or a table apart.

        Sources number the rows of each of their own tables.
        """
        known = self._numbering.get(name)
        if known is None:
            top = self.hierarchy.top(name)
            is_other = name in self.other_tables or (top in self.hierarchy and top not in (_CIS, "cmdb"))
            known = self._numbering[name] = top if is_other else _CIS
        return known

    def source(self, name: str | None) -> str | None:
        """The data source as its choice spells it; one that is no choice, as it is given."""
        return self.sources.get(fold(name), name) if name else name

    def relation_id(self, name: str) -> str:
        """The sys_id of a relation type that exists."""
        return self.relation_types[fold(name)].sys_ids[0]

    def wants_lookup_tasks(self, table: str, identifier_table: str) -> bool:
        """Whether equal records of a lookup or related table call for a task."""
        return bool({(table, identifier_table), (table, None)} & self.lookup_task_classes)

    def setting(self, name: str, default: str) -> str:
        """A property under `glide.identification_engine.`."""
        return self.properties.get(_PREFIX + name, default)

    def on(self, name: str, default: str) -> bool:
        """A true/false property under `glide.identification_engine.`."""
        return self.setting(name, default) == "true"

    @property
    def threshold(self) -> int:
        """`skip_duplicates.threshold`."""
        return int(self.setting("skip_duplicates.threshold", "5"))
