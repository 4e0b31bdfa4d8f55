"""Which records may identify an item of the caller's, and why others may not."""

from __future__ import annotations

from simulator.cmdb.call import Call
from simulator.cmdb.records import Record
from simulator.cmdb.rules.identifiers import Entry


class Sight:
    """What one caller comes upon."""

    def __init__(self, call: Call) -> None:
        self._call, self._model = call, call.model
        self._conditions = call.model.on("enable_identifier_optional_condition", "false")
        self._sees_all = call.caller.candidate_domains is None

    def hidden(self, row: Record) -> str:
        """Why a CI matches nothing; empty for one that may."""
        top = self._model.hierarchy.top(row.get("sys_class_name") or "")
        if not (self._sees_all or self._call.caller.sees(row)) and self._model.hierarchy.is_separated(top):
            return "hidden by its domain"
        if row.get("duplicate_of"):
            return f"is marked as a duplicate of {row['duplicate_of']}"
        rules = self._model.rules
        if rules.inclusion_by_class and not rules.includes(self._model.hierarchy, self._call.view(top, row)):
            return "fails the inclusion rule"
        return ""

    def excluded(self, row: Record, entry: Entry) -> str:
        """Why a CI does not match by this entry; empty for one that does."""
        if self._conditions and not entry.is_lookup and not self.holds(entry, row):
            return "fails the entry's condition"
        return ""

    def holds(self, entry: Entry, row: Record) -> bool:
        """Whether the record meets the entry's condition."""
        return entry.condition.holds(self._call.view(row.get("sys_class_name") or entry.table, row))
