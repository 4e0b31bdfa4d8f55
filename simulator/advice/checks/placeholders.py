"""Criteria whose values stand for none: devices that say the same of themselves are taken for one device."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from simulator.cmdb.records import Value
from simulator.cmdb.rules.model import Model

PLACEHOLDERS = frozenset(
    {
        "-", "0", "00:00:00:00:00:00", "default string", "empty", "invalid", "n/a", "na", "none", "not applicable",
        "not available", "not specified", "null", "system serial number", "to be filled by o.e.m.", "undefined",
        "unknown", "xxxxxxx",
    }
)  # fmt: skip
"""In small letters. The documents name a few; firmware and tools write the others."""


class Placeholders:
    """Knows by which attributes the records of a class or lookup table are recognised."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._criteria_by_table: dict[str, tuple[str, ...]] = {}
        entries = [entry for rule in model.rules.rule_by_class.values() for entry in rule.entries]
        self._lookups = [entry for entry in entries if entry.is_lookup]

    @property
    def lookup_tables(self) -> dict[str, None]:
        """The tables of lookup records that are no classes."""
        return dict.fromkeys(each.table for each in self._lookups if each.table not in self._model.hierarchy)

    def of(self, table: str, values: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
        """The criteria of a record that say nothing, each with its value."""
        for name in self._criteria(table):
            value = values.get(name)
            if value and value.strip().lower() in PLACEHOLDERS:
                yield name, value

    def _criteria(self, table: str) -> tuple[str, ...]:
        known = self._criteria_by_table.get(table)
        if known is None:
            hierarchy = self._model.hierarchy
            rule = self._model.rules.rule_of(hierarchy, table)
            entries = [entry for entry in (rule.entries if rule else ()) if not entry.is_lookup]
            entries += [entry for entry in self._lookups if hierarchy.is_a(table, entry.table)]
            known = tuple(dict.fromkeys(name for entry in entries for name in entry.attributes))
            self._criteria_by_table[table] = known
        return known
