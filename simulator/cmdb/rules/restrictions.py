"""Restriction rules: which configuration items keep their class, whatever a payload says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from simulator.cmdb.classes.hierarchy import Hierarchy
from simulator.cmdb.records import Record

Change = Literal["Upgrade", "Downgrade", "Switch"]
"""The ways in which a CI changes its class."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """A row of `cmdb_ire_reclassification_restriction`: from the source class, to the target, or what is below."""

    sys_id: str
    change: str
    source: str
    source_inherits: bool
    target: str
    target_inherits: bool

    def fits(self, hierarchy: Hierarchy, change: Change, have: str, want: str) -> bool:
        """Whether the rule forbids the change from class *have* to class *want*."""
        from_here = have == self.source or (self.source_inherits and hierarchy.is_a(have, self.source))
        to_there = want == self.target or (self.target_inherits and hierarchy.is_a(want, self.target))
        return self.change == change and from_here and to_there


@dataclass(frozen=True, slots=True)
class Restrictions:
    """The active restriction rules of an instance, in the order of their sys_ids."""

    rules: tuple[Restriction, ...] = ()

    @classmethod
    def from_rows(cls, rows: Iterable[Record]) -> Restrictions:
        """Read the rows; inactive ones are left out, and `type` knows no upgrade."""
        active = [row for row in rows if row["active"] == "true" and row["type"] in ("Downgrade", "Switch")]
        rules = (
            Restriction(
                row["sys_id"] or "",
                row["type"] or "",
                row["source_table"] or "",
                row["source_inheritance"] == "true",
                row["target_table"] or "",
                row["target_inheritance"] == "true",
            )
            for row in active
        )
        return cls(tuple(sorted(rules, key=lambda rule: rule.sys_id)))

    def find(self, hierarchy: Hierarchy, change: Change, have: str, want: str) -> str | None:
        """The sys_id of a rule that forbids the change."""
        return next((each.sys_id for each in self.rules if each.fits(hierarchy, change, have, want)), None)
