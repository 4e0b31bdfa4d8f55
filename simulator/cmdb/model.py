"""What the engine knows of its instance, and who calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from simulator.cmdb.hierarchy import Hierarchy
from simulator.cmdb.identifiers import Rules
from simulator.cmdb.records import Record
from simulator.cmdb.restrictions import Restrictions
from simulator.cmdb.rulebook import Rulebook

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
class Model:
    """The classes, the rules and the settings of an instance."""

    hierarchy: Hierarchy
    rules: Rules
    sources: frozenset[str]
    relation_types: Mapping[str, tuple[str, ...]]
    """The sys_ids in `cmdb_rel_type` by name; more than one is an error."""
    properties: Mapping[str, str] = field(default_factory=dict)
    rulebook: Rulebook = field(default_factory=Rulebook)
    """Whose values count."""

    restrictions: Restrictions = field(default_factory=Restrictions)
    lookup_task_classes: frozenset[tuple[str, str | None]] = frozenset()
    """Lookup or related class and identifier table of the active rows of
    `cmdb_duplicate_lookup_related_allowed_class`; None for all identifiers."""

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
