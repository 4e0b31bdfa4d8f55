"""CIs by their lookup records, such as serial numbers: the CI that shares most of the item's, or all of them."""

from __future__ import annotations

from collections import Counter

from simulator.cmdb.call import Call
from simulator.cmdb.duplicates import duplicates
from simulator.cmdb.identification.search import Search
from simulator.cmdb.identification.sight import Sight
from simulator.cmdb.items import Equals
from simulator.cmdb.preparation.criteria import lookups, value_of
from simulator.cmdb.records import Record, Value
from simulator.cmdb.rules.identifiers import Entry
from simulator.cmdb.text import are_same


class LookupMatcher:
    """Looks for items by the lookup entries of their rules."""

    def __init__(self, call: Call, sight: Sight) -> None:
        self._call, self._model, self._index, self._sight = call, call.model, call.index, sight

    def want(self, search: Search, entry: Entry) -> None:
        """Have the index's next `fetch` read the records that are like the item's."""
        for by in lookups(self._model, search.ready, entry):
            self._index.want(entry.table, by.attributes, by.values)

    def want_cis(self, search: Search, entry: Entry) -> None:
        """Have it read the CIs that those refer to."""
        for by in lookups(self._model, search.ready, entry):
            for row in self._index.found(entry.table, by.attributes, by.values):
                self._index.want_ci(row.get(entry.referenced_field), search.top)

    def find(self, search: Search, entry: Entry) -> list[Record]:
        """The CIs that the item's lookup records lead to."""
        wanted = lookups(self._model, search.ready, entry)
        shared: Counter[Value] = Counter()
        for by in wanted:
            rows = self._index.found(entry.table, by.attributes, by.values)
            rows = [row for row in rows if self._sight.holds(entry, row) and self._call.counts(entry.table, row)]
            shared.update(list(dict.fromkeys(row.get(entry.referenced_field) for row in rows)))
            self._note_duplicates(search, entry, rows)
        by_count: dict[int, list[Record]] = {}
        for sys_id, count in shared.items():
            row = self._index.ci(sys_id, search.top)
            if row is None or not all(
                are_same(row.get(name), value_of(search.ready.item, name)) for name in entry.hybrid_attributes
            ):
                continue
            by_count.setdefault(count, []).append(row)
        if entry.exact_count:
            return by_count.get(len(wanted), [])
        for _, rows in sorted(by_count.items(), reverse=True):
            if any(not self._sight.hidden(row) for row in rows):
                return rows
        return [row for rows in by_count.values() for row in rows]

    def out_of_reach(self, search: Search, entry: Entry, reached: list[Record]) -> list[tuple[Record, str]]:
        """The CIs that lookup records of the item lead to without reaching them, and why."""
        known, found = {row["sys_id"] for row in reached}, []
        for by in lookups(self._model, search.ready, entry):
            for row in self._index.found(entry.table, by.attributes, by.values):
                ci = self._index.ci(row.get(entry.referenced_field), search.top)
                if ci is not None and ci["sys_id"] not in known:
                    known.add(ci["sys_id"])
                    found.append((ci, self._sight.hidden(ci) or self._not_reached(row, entry)))
        return found

    def _not_reached(self, row: Record, entry: Entry) -> str:
        if not self._call.counts(entry.table, row):
            return "its lookup record does not count"
        if not self._sight.holds(entry, row):
            return "its lookup record fails the entry's condition"
        return "has not all lookup records of the item" if entry.exact_count else "has fewer of the lookup records"

    def _note_duplicates(self, search: Search, entry: Entry, rows: list[Record]) -> None:
        """Several lookup records of one key and one CI are duplicates, where tasks for their table are wanted."""
        if not self._model.wants_lookup_tasks(entry.table, search.rule.applies_to):
            return
        rows_by_ci: dict[Value, list[Record]] = {}
        for row in sorted(rows, key=duplicates.age):
            rows_by_ci.setdefault(row.get(entry.referenced_field), []).append(row)
        for same in rows_by_ci.values():
            if len(same) > 1:
                search.equals += (Equals(tuple(same), entry.table, entry.attributes, marked=False),)
