"""What an instance's classes and rules say of every item of one class, settled once and not for each item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from simulator.cmdb.classes.columns import Column
from simulator.cmdb.rules.identifiers import Entry, Rule


@dataclass(frozen=True, slots=True)
class Plan:
    """For the items of the class or table *name*."""

    name: str
    top: str
    """The table in which its records are looked for by their sys_ids."""
    within: str
    """Within what a source's key stands for one record: see Model.numbered_as."""
    identifies: bool
    """Whether items of the class can be identified, given a rule."""
    rule: Rule | None
    """The one that they are identified by."""
    rules: tuple[Rule, ...]
    """That and those to which it may fall back."""
    fillable: frozenset[str]
    """The fields that a payload can fill."""
    sendable: frozenset[str]
    """Those, and what else an item may say."""
    columns: Mapping[str, Column]
    lengths: Mapping[str, int]
    references: Mapping[str, str]
    is_sound: bool
    """Whether there is a rule, and one that items can be identified by."""
    asked: frozenset[str] | None
    """The fields of CIs that the rules ask for; None where they may walk on to any."""


def is_sound(rule: Rule | None, *, is_other: bool) -> bool:
    """Whether a rule is of the documented form; see preparation.check_rule for what is said of one that is not."""
    if rule is None or not rule.entries:
        return False
    if rule.independent:
        return not any("sys_class_name" in entry.attributes for entry in rule.entries)
    return not is_other and not any(entry.is_lookup for entry in rule.entries)


def asked_by(rules: Iterable[Rule]) -> frozenset[str] | None:
    """The fields of records that identification by these rules looks at, beside those that an item sends."""
    entries: list[Entry] = [entry for rule in rules for entry in (*rule.entries, *rule.related)]
    names: set[str] = set()
    for entry in entries:
        names.update(entry.attributes, (entry.referenced_field,))
        for term in entry.condition.terms:
            names.update(term.fields)
    return None if any("." in name for name in names) else frozenset(names)
