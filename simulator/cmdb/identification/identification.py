"""Finding the configuration item that a payload item describes ("Identification rules")."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from simulator.cmdb.call import Call
from simulator.cmdb.duplicates import duplicates
from simulator.cmdb.explanation import Attempt, AttemptExplanation, Candidate
from simulator.cmdb.identification import chains
from simulator.cmdb.items import UNKNOWN, Equals, Identified, IdentifiedItems, Prepared, Troubles
from simulator.cmdb.messages import trouble
from simulator.cmdb.preparation.criteria import can_run, criterion, lookups, own, value_of
from simulator.cmdb.records import Record, Value
from simulator.cmdb.rules.identifiers import Entry, Rule
from simulator.cmdb.text import are_same, fold_key

_NO_SOURCE = Attempt("", "SKIPPED", info="sys_object_source SKIPPED")
_SOURCE_UNKNOWN = Attempt("", "NO_MATCH", info="sys_object_source NO_MATCH")
_SOURCE_MATCHED = Attempt(
    "", "MATCHED", ("source_name", "source_native_key"), "sys_object_source", info="sys_object_source MATCHED"
)


class Finding(NamedTuple):
    """The CI of an item, how it was found, and what is wrong with that."""

    match: Record | None = None
    operation: str = "INSERT"
    """As far as it is said by an item of which several CIs are equal; else it is for operation.settle."""
    entry_id: str = UNKNOWN
    attempts: tuple[Attempt, ...] = ()
    explanations: tuple[AttemptExplanation, ...] = ()
    equals: tuple[Equals, ...] = ()
    errors: Troubles = ()


@dataclass(slots=True, eq=False)
class _Search:
    """An item while it is looked for; *host* is the identified item that it depends on."""

    ready: Prepared
    rule: Rule
    host: Identified | None
    top: str
    """The table in which records of its class are found by their sys_ids."""
    keyed: list[Record] = field(default_factory=list)
    """What is known of its keys at its sources."""
    match: Record | None = None
    operation: str = "INSERT"
    entry_id: str = UNKNOWN
    attempts: tuple[Attempt, ...] = ()
    explanations: tuple[AttemptExplanation, ...] = ()
    equals: tuple[Equals, ...] = ()
    errors: Troubles = ()

    def finding(self) -> Finding:
        """What is found, once nothing is left to be tried."""
        told = self.attempts, self.explanations
        return Finding(self.match, self.operation, self.entry_id, *told, self.equals, self.errors)


class Matcher:
    """Identifies the items of a payload in batches, each with a bounded number of queries.

    *hosts* are the items that are identified by now, among them all that those of the next batch depend on.
    """

    def __init__(self, call: Call, hosts: IdentifiedItems) -> None:
        self._call, self._model, self._index, self._hosts = call, call.model, call.index, hosts
        self._conditions = call.model.on("enable_identifier_optional_condition", "false")
        self._rules_first = call.model.on("skip_sys_object_source_matching", "false")
        self._sees_all = call.caller.candidate_domains is None
        self._keyed = call.index.place("sys_object_source", ("name", "id"))
        self._attempts: dict[tuple[str, str, str], Attempt] = {}
        """Those of entries by rule, entry and result: they say the same of every item."""
        self._related: dict[int, list[Record]] = {}
        """For dependents of known hosts the CIs that have the same relation to the host."""

    def identify(self, items: Iterable[Prepared]) -> dict[int, Finding]:
        """What is found of items that have a rule: all independent, or all dependents of identified hosts."""
        hosts, top = self._hosts, self._model.hierarchy.top
        searches = [
            _Search(each, each.rule, None if each.host is None else hosts[each.host], top(each.item.class_name))
            for each in items
            if each.rule is not None
        ]
        self._look_for(searches)
        return {search.ready.place: search.finding() for search in searches}

    def _look_for(self, searches: Sequence[_Search]) -> None:
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
        self._find_related([search for search in remaining if search.host is not None])
        for search in remaining:
            self._decide(search)

    def _settle(self, search: _Search) -> bool:
        """Identify the item by its sys_id or by its source's key, for then no entry is tried; whether it went."""
        sys_id = search.ready.item.values.get("sys_id")
        if sys_id:
            self._by_sys_id(search, sys_id)
            return True
        return not self._rules_first and self._by_source(search)

    def _want_entries(self, search: _Search) -> None:
        for entry in search.rule.entries:
            if entry.is_lookup:
                for by in lookups(self._model, search.ready, entry):
                    self._index.want(entry.table, by.attributes, by.values)
            elif search.rule.independent and (regular := own(search.ready, entry)) is not None:
                place = self._index.place(_table(search.rule, entry), regular.attributes)
                place.want(regular.values, regular.values)

    def _want_referenced(self, search: _Search) -> None:
        for entry in search.rule.entries:
            if entry.is_lookup:
                for by in lookups(self._model, search.ready, entry):
                    for row in self._index.found(entry.table, by.attributes, by.values):
                        self._index.want_ci(row.get(entry.referenced_field), search.top)

    def _find_related(self, searches: Sequence[_Search]) -> None:
        """Read what is related to the hosts, directly or through stored qualifiers."""
        starts: dict[_Search, list[Value]] = {
            search: [search.host.match["sys_id"]] for search in searches if search.host and search.host.match
        }
        for _ in range(chains.LONGEST + 1):
            for search, ids in starts.items():
                for sys_id in ids:
                    self._index.want("cmdb_rel_ci", *self._link(search, sys_id))
            self._index.fetch()
            reached = {
                search: list(
                    dict.fromkeys(
                        row[self._far_end(search)]
                        for sys_id in ids
                        for row in self._index.found("cmdb_rel_ci", *self._link(search, sys_id))
                    )
                )
                for search, ids in starts.items()
            }
            for ids in reached.values():
                for sys_id in ids:
                    self._index.want_ci(sys_id)
            self._index.fetch()
            starts = {}
            for search, ids in reached.items():
                rows = [row for row in map(self._index.ci, ids) if row is not None]
                self._related.setdefault(search.ready.place, []).extend(rows)
                further = [row["sys_id"] for row in rows if chains.is_stored(row, self._call)]
                if further:
                    starts[search] = further
            if not starts:
                return

    def _link(self, search: _Search, sys_id: Value) -> tuple[tuple[str, ...], tuple[Value, ...]]:
        """Where the relations are that join the CI with this sys_id, at the host's end, to such dependents."""
        assert search.ready.dependency is not None
        end = "child" if search.ready.dependency.dependent_is_parent else "parent"
        return (end, "type"), (sys_id, self._model.relation_id(search.ready.dependency.relation))

    def _far_end(self, search: _Search) -> str:
        assert search.ready.dependency is not None
        return "parent" if search.ready.dependency.dependent_is_parent else "child"

    def _decide(self, search: _Search) -> None:
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

    def _by_sys_id(self, search: _Search, sys_id: str) -> None:
        found = self._index.ci(sys_id, search.top)
        hidden = "" if found is None else self._hidden(found)
        if found is None or hidden:
            search.errors += (trouble("sys_id", sys_id=sys_id, table=search.ready.item.class_name),)
        else:
            search.match = found
        if self._call.explain:  # no attempt of the response's: no rule is asked
            attempt = Attempt("", "MATCHED" if search.match else "NO_MATCH", info=f"sys_id {sys_id}")
            seen = [] if found is None else [self._candidate(search, found, hidden or "the payload names it")]
            search.explanations += (AttemptExplanation(attempt, tuple(seen)),)

    def _by_source(self, search: _Search) -> bool:
        if not search.ready.sources:
            self._note(search, _NO_SOURCE)
            return False
        seen = []
        for row in search.keyed:
            found = self._index.ci(row.get("target_sys_id"), search.top)
            if found is None:
                continue
            hidden = self._hidden(found)
            seen.append((found, hidden))
            if not hidden:
                search.match = found
                self._note(search, _SOURCE_MATCHED, seen, "the record of this key at its source")
                return True
        self._note(search, _SOURCE_UNKNOWN, seen)
        return False

    def _rules(self, search: _Search) -> tuple[Rule, ...]:
        return self._model.plan(search.rule.applies_to).rules

    def _by_entries(self, search: _Search, entries: Iterable[tuple[Rule, Entry, bool]]) -> None:
        """Try the entries, of which those that have what they need run, in order until one finds something."""
        for rule, entry, runs in entries:
            if not runs:
                self._note(search, self._attempt(rule, entry, "SKIPPED"))
            elif self._try(search, rule, entry):
                return

    def _try(self, search: _Search, rule: Rule, entry: Entry) -> bool:
        rows = self._by_lookup(search, entry) if entry.is_lookup else self._regular(search, rule, entry)
        if not rows and not self._call.explain:
            search.attempts += (self._attempt(rule, entry, "NO_MATCH"),)
            return False
        reasons = [(row, self._hidden(row) or self._excluded(row, entry)) for row in rows]
        matches = sorted((row for row, reason in reasons if not reason), key=duplicates.age)
        result = "MATCHED" if matches else "NO_MATCH"
        if len(matches) > 1:
            result = self._several(search, rule, entry, matches)
        if result == "MATCHED":
            search.match, search.entry_id = matches[0], entry.sys_id
        if entry.is_lookup and self._call.explain:
            reasons += self._out_of_reach(search, entry, rows)
        several = f"of {len(matches)} matches"
        chosen = "the only match" if len(matches) == 1 else f"the oldest {several}"
        self._note(search, self._attempt(rule, entry, result), reasons, chosen, f"one {several}")
        return result != "NO_MATCH"

    def _several(self, search: _Search, rule: Rule, entry: Entry, matches: list[Record]) -> str:
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

    def _regular(self, search: _Search, rule: Rule, entry: Entry) -> list[Record]:
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

    def _by_lookup(self, search: _Search, entry: Entry) -> list[Record]:
        wanted = lookups(self._model, search.ready, entry)
        shared: Counter[Value] = Counter()
        for by in wanted:
            rows = self._index.found(entry.table, by.attributes, by.values)
            rows = [row for row in rows if self._holds(entry, row) and self._call.counts(entry.table, row)]
            shared.update(list(dict.fromkeys(row.get(entry.referenced_field) for row in rows)))
            self._note_lookups(search, entry, rows)
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
            if any(not self._hidden(row) for row in rows):
                return rows
        return [row for rows in by_count.values() for row in rows]

    def _out_of_reach(self, search: _Search, entry: Entry, reached: list[Record]) -> list[tuple[Record, str]]:
        """The CIs that lookup records of the item lead to without reaching them, and why."""
        known, found = {row["sys_id"] for row in reached}, []
        for by in lookups(self._model, search.ready, entry):
            for row in self._index.found(entry.table, by.attributes, by.values):
                ci = self._index.ci(row.get(entry.referenced_field), search.top)
                if ci is not None and ci["sys_id"] not in known:
                    known.add(ci["sys_id"])
                    found.append((ci, self._hidden(ci) or self._not_reached(row, entry)))
        return found

    def _not_reached(self, row: Record, entry: Entry) -> str:
        if not self._call.counts(entry.table, row):
            return "its lookup record does not count"
        if not self._holds(entry, row):
            return "its lookup record fails the entry's condition"
        return "has not all lookup records of the item" if entry.exact_count else "has fewer of the lookup records"

    def _note_lookups(self, search: _Search, entry: Entry, rows: list[Record]) -> None:
        """Several lookup records of one key and one CI are duplicates, where tasks for their table are wanted."""
        if not self._model.wants_lookup_tasks(entry.table, search.rule.applies_to):
            return
        rows_by_ci: dict[Value, list[Record]] = {}
        for row in sorted(rows, key=duplicates.age):
            rows_by_ci.setdefault(row.get(entry.referenced_field), []).append(row)
        for same in rows_by_ci.values():
            if len(same) > 1:
                search.equals += (Equals(tuple(same), entry.table, entry.attributes, marked=False),)

    def _hidden(self, row: Record) -> str:
        top = self._model.hierarchy.top(row.get("sys_class_name") or "")
        if not (self._sees_all or self._call.caller.sees(row)) and self._model.hierarchy.is_separated(top):
            return "hidden by its domain"
        if row.get("duplicate_of"):
            return f"is marked as a duplicate of {row['duplicate_of']}"
        rules = self._model.rules
        if rules.inclusion_by_class and not rules.includes(self._model.hierarchy, self._call.view(top, row)):
            return "fails the inclusion rule"
        return ""

    def _holds(self, entry: Entry, row: Record) -> bool:
        return entry.condition.holds(self._call.view(row.get("sys_class_name") or entry.table, row))

    def _excluded(self, row: Record, entry: Entry) -> str:
        if self._conditions and not entry.is_lookup and not self._holds(entry, row):
            return "fails the entry's condition"
        return ""

    def _note(
        self,
        search: _Search,
        attempt: Attempt,
        seen: Iterable[tuple[Record, str]] = (),
        chosen: str = "",
        also: str = "",
    ) -> None:
        """Notes an attempt with the CIs that it came upon, each with why it is unfit.

        Of those that are not, the match is explained as *chosen* and others as *also*.
        """
        search.attempts += (attempt,)
        if self._call.explain:
            candidates = [
                self._candidate(search, row, unfit or (chosen if row is search.match else also))
                for row, unfit in seen
            ]
            search.explanations += (AttemptExplanation(attempt, tuple(candidates)),)

    def _attempt(self, rule: Rule, entry: Entry, result: str) -> Attempt:
        known = self._attempts.get((rule.sys_id, entry.sys_id, result))
        if known is None:
            table = _table(rule, entry)
            known = Attempt(rule.name, result, entry.attributes, table, entry.hybrid_attributes)
            self._attempts[rule.sys_id, entry.sys_id, result] = known
        return known

    def _candidate(self, search: _Search, row: Record, why: str) -> Candidate:
        """What to tell of a CI: why it is the match or is not, and what its domain has to do with it."""
        reason = f"{why}; {self._call.caller.standing(row.get('sys_domain') or 'global')}"
        title = f"{row.get('sys_class_name')} {row.get('name') or ''}".rstrip()
        return Candidate(row["sys_id"], title, row.get("sys_domain"), reason, row is search.match)


def _table(rule: Rule, entry: Entry) -> str:
    return entry.table or rule.applies_to
