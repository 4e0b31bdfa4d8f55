"""Finding the configuration item that a payload item describes ("Identification rules")."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from simulator.cmdb.call import Call
from simulator.cmdb.duplicates import duplicates
from simulator.cmdb.explanation import Attempt
from simulator.cmdb.identification.hosted import related
from simulator.cmdb.identification.lookup import LookupMatcher
from simulator.cmdb.identification.search import Search, SearchResult
from simulator.cmdb.identification.sight import Sight
from simulator.cmdb.items import Equals, IdentifiedItems, Prepared
from simulator.cmdb.messages import trouble
from simulator.cmdb.preparation.criteria import can_run, criterion, own
from simulator.cmdb.records import Record
from simulator.cmdb.rules.identifiers import Entry, Rule
from simulator.cmdb.text import fold_key

_NO_SOURCE = Attempt("", "SKIPPED", info="sys_object_source SKIPPED")
_SOURCE_UNKNOWN = Attempt("", "NO_MATCH", info="sys_object_source NO_MATCH")
_SOURCE_MATCHED = Attempt(
    "", "MATCHED", ("source_name", "source_native_key"), "sys_object_source", info="sys_object_source MATCHED"
)


class Matcher:
    """Identifies the items of a payload in batches, each with a bounded number of queries.

    *hosts* are the items that are identified by now, among them all that those of the next batch depend on.
    """

    def __init__(self, call: Call, hosts: IdentifiedItems) -> None:
        self._call, self._model, self._index, self._hosts = call, call.model, call.index, hosts
        self._sight = Sight(call)
        self._lookups = LookupMatcher(call, self._sight)
        self._rules_first = call.model.on("skip_sys_object_source_matching", "false")
        self._keyed = call.index.place("sys_object_source", ("name", "id"))
        self._attempts: dict[tuple[str, str, str], Attempt] = {}
        """Those of entries by rule, entry and result: they say the same of every item."""
        self._related: dict[int, list[Record]] = {}
        """Among what the dependents of the present batch are looked for."""

    def identify(self, items: Iterable[Prepared]) -> dict[int, SearchResult]:
        """What is found of items that have a rule: all independent, or all dependents of identified hosts."""
        hosts, top = self._hosts, self._model.hierarchy.top
        searches = [
            Search(each, each.rule, None if each.host is None else hosts[each.host], top(each.item.class_name))
            for each in items
            if each.rule is not None
        ]
        self._look_for(searches)
        return {search.ready.place: search.result() for search in searches}

    def _look_for(self, searches: Sequence[Search]) -> None:
        index, wanted = self._index, self._keyed
        for search in searches:
            if sys_id := search.ready.item.values.get("sys_id"):
                index.want_ci(sys_id, search.top)
            for source in search.ready.sources:
                wanted.want(source.identity, (source.name, source.key))
        index.fetch()
        for search in searches:
            for source in search.ready.sources:
                search.keyed += wanted.found(source.identity)
            for row in search.keyed:
                index.want_ci(row.get("target_sys_id"), search.top)
        index.fetch()
        # Most CIs that come again are known by their source's key: what their entries would find is not read.
        remaining = [search for search in searches if not self._settle(search)]
        for search in remaining:
            self._want_entries(search)
        index.fetch()
        for search in remaining:
            if search.ready.subs:
                self._want_referenced(search)
        index.fetch()
        self._related = related(remaining, self._call)
        for search in remaining:
            self._decide(search)

    def _settle(self, search: Search) -> bool:
        """Identify the item by its sys_id or by its source's key, for then no entry is tried; whether it went."""
        sys_id = search.ready.item.values.get("sys_id")
        if sys_id:
            self._by_sys_id(search, sys_id)
            return True
        return not self._rules_first and self._by_source(search)

    def _want_entries(self, search: Search) -> None:
        for entry in search.rule.entries:
            if entry.is_lookup:
                self._lookups.want(search, entry)
            elif search.rule.independent and (regular := own(search.ready, entry)) is not None:
                place = self._index.place(_table(search.rule, entry), regular.attributes)
                place.want(regular.values, regular.values)

    def _want_referenced(self, search: Search) -> None:
        for entry in search.rule.entries:
            if entry.is_lookup:
                self._lookups.want_cis(search, entry)

    def _decide(self, search: Search) -> None:
        entries = [
            (rule, entry, can_run(self._model, search.ready, entry))
            for rule in self._rules(search)
            for entry in rule.entries
        ]
        is_known = any(runs for _, _, runs in entries)
        if self._rules_first and not is_known and self._by_source(search):
            return
        if search.host is None or search.host.match is not None:
            self._by_entries(search, entries)  # A dependent of a new host is new; for that no entry is tried.
        if not is_known:
            # The documents do not say this of a dependent of a new host, but it would never be found again.
            table, item = search.rule.applies_to, self._call.echo(search.ready)
            search.errors += (trouble("attributes", table=table, item=item),)

    def _by_sys_id(self, search: Search, sys_id: str) -> None:
        found = self._index.ci(sys_id, search.top)
        hidden = "" if found is None else self._sight.hidden(found)
        if found is None or hidden:
            search.errors += (trouble("sys_id", sys_id=sys_id, table=search.ready.item.class_name),)
        else:
            search.match = found
        if self._call.explain:  # no attempt of the response's: no rule is asked
            attempt = Attempt("", "MATCHED" if search.match else "NO_MATCH", info=f"sys_id {sys_id}")
            told = [] if found is None else [(found, hidden or "the payload names it")]
            search.explain(attempt, told, self._call)

    def _by_source(self, search: Search) -> bool:
        if not search.ready.sources:
            search.note(_NO_SOURCE, (), self._call)
            return False
        seen = []
        for row in search.keyed:
            found = self._index.ci(row.get("target_sys_id"), search.top)
            if found is None:
                continue
            hidden = self._sight.hidden(found)
            seen.append((found, hidden))
            if not hidden:
                search.match = found
                search.note(_SOURCE_MATCHED, seen, self._call, "the record of this key at its source")
                return True
        search.note(_SOURCE_UNKNOWN, seen, self._call)
        return False

    def _rules(self, search: Search) -> tuple[Rule, ...]:
        return self._model.plan(search.rule.applies_to).rules

    def _by_entries(self, search: Search, entries: Iterable[tuple[Rule, Entry, bool]]) -> None:
        """Try the entries, of which those that have what they need run, in order until one finds something."""
        for rule, entry, runs in entries:
            if not runs:
                search.note(self._attempt(rule, entry, "SKIPPED"), (), self._call)
            elif self._try(search, rule, entry):
                return

    def _try(self, search: Search, rule: Rule, entry: Entry) -> bool:
        rows = self._lookups.find(search, entry) if entry.is_lookup else self._regular(search, rule, entry)
        if not rows and not self._call.explain:
            search.attempts += (self._attempt(rule, entry, "NO_MATCH"),)
            return False
        reasons = [(row, self._sight.hidden(row) or self._sight.excluded(row, entry)) for row in rows]
        matches = sorted((row for row, reason in reasons if not reason), key=duplicates.age)
        result = "MATCHED" if matches else "NO_MATCH"
        if len(matches) > 1:
            result = self._several(search, rule, entry, matches)
        if result == "MATCHED":
            search.match, search.entry_id = matches[0], entry.sys_id
        if entry.is_lookup and self._call.explain:
            reasons += self._lookups.out_of_reach(search, entry, rows)
        several = f"of {len(matches)} matches"
        chosen = "the only match" if len(matches) == 1 else f"the oldest {several}"
        search.note(self._attempt(rule, entry, result), reasons, self._call, chosen, f"one {several}")
        return result != "NO_MATCH"

    def _several(self, search: Search, rule: Rule, entry: Entry, matches: list[Record]) -> str:
        """What several matches amount to: those of a lookup are settled by age, others are duplicates."""
        table, by = _table(rule, entry), criterion(search.ready.item, entry)
        fields = entry.attributes if by is None or entry.is_lookup else by.attributes
        if entry.is_lookup:
            if duplicates.are_reported(self._model):
                search.equals += (Equals(tuple(matches), rule.applies_to, fields, marked=False),)
            return "MATCHED"
        search.equals += (Equals(tuple(matches), table, fields, marked=True),)
        if duplicates.are_tolerable(self._model, len(matches)):
            return "MATCHED"
        search.operation = "UPDATE"
        if search.host is None or search.ready.dependency is None:
            search.errors += (trouble("duplicates", table=table, fields=", ".join(fields)),)
        else:
            relation, kind, host = search.ready.dependency.relation, search.host.class_name, search.host.sys_id
            search.errors += (trouble("dependent_duplicates", relation=relation, kind=kind, sys_id=host),)
        return "MULTI_MATCH"

    def _regular(self, search: Search, rule: Rule, entry: Entry) -> list[Record]:
        table, by = _table(rule, entry), own(search.ready, entry)
        assert by is not None
        if rule.independent:
            return self._index.place(table, by.attributes).found(by.values)
        return [
            row
            for row in self._related.get(search.ready.place, ())
            if fold_key(tuple([row.get(name) for name in by.attributes])) == by.values
            and self._model.hierarchy.is_a(row.get("sys_class_name"), table)
        ]

    def _attempt(self, rule: Rule, entry: Entry, result: str) -> Attempt:
        known = self._attempts.get((rule.sys_id, entry.sys_id, result))
        if known is None:
            table = _table(rule, entry)
            known = Attempt(rule.name, result, entry.attributes, table, entry.hybrid_attributes)
            self._attempts[rule.sys_id, entry.sys_id, result] = known
        return known


def _table(rule: Rule, entry: Entry) -> str:
    return entry.table or rule.applies_to
