"""Finding the configuration item that a payload item describes ("Identification rules")."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from simulator.cmdb.call import Call
from simulator.cmdb.duplicates import duplicates
from simulator.cmdb.identification import chains
from simulator.cmdb.messages import trouble
from simulator.cmdb.preparation.criteria import can_run, criterion, lookups, own, value_of
from simulator.cmdb.records import Record, Value
from simulator.cmdb.rules.identifiers import Entry, Rule
from simulator.cmdb.text import are_same, fold_key
from simulator.cmdb.work import Attempt, AttemptExplanation, Candidate, Equals, Work

_NO_SOURCE = Attempt("", "SKIPPED", info="sys_object_source SKIPPED")
_SOURCE_UNKNOWN = Attempt("", "NO_MATCH", info="sys_object_source NO_MATCH")
_SOURCE_MATCHED = Attempt(
    "", "MATCHED", ("source_name", "source_native_key"), "sys_object_source", info="sys_object_source MATCHED"
)


class Matcher:
    """Identifies the items of a payload in batches, each with a bounded number of queries."""

    def __init__(self, call: Call) -> None:
        self._call, self._model, self._index = call, call.model, call.index
        self._conditions = call.model.on("enable_identifier_optional_condition", "false")
        self._rules_first = call.model.on("skip_sys_object_source_matching", "false")
        self._sees_all = call.caller.candidate_domains is None
        self._keyed = call.index.place("sys_object_source", ("name", "id"))
        self._attempts: dict[tuple[str, str, str], Attempt] = {}
        """Those of entries by rule, entry and result: they say the same of every item."""
        self._related: dict[Work, list[Record]] = {}
        """For dependents of known hosts the CIs that have the same relation to the host."""

    def identify(self, works: Sequence[Work]) -> None:
        """Match *works*: all independent, or all dependents whose hosts are identified already."""
        index, wanted = self._index, self._keyed
        for work in works:
            if sys_id := work.item.values.get("sys_id"):
                index.want_ci(sys_id, self._top(work))
            for source in work.sources:
                wanted.want(source.identity, (source.name, source.key))
        index.fetch()
        for work in works:
            if work.sources:
                top = self._top(work)
                for row in self._source_rows(work):
                    index.want_ci(row.get("target_sys_id"), top)
        index.fetch()
        # Most CIs that come again are known by their source's key: what their entries would find is not read.
        open_works = [work for work in works if not self._settle(work)]
        for work in open_works:
            self._want_entries(work)
        index.fetch()
        for work in open_works:
            if work.subs:
                self._want_referenced(work)
        index.fetch()
        self._find_related([work for work in open_works if work.host is not None and work.host.match is not None])
        for work in open_works:
            self._decide(work)

    def _source_rows(self, work: Work) -> list[Record]:
        if len(work.sources) == 1:
            return self._keyed.found(work.sources[0].identity)
        return [row for source in work.sources for row in self._keyed.found(source.identity)]

    def _settle(self, work: Work) -> bool:
        """Identify the item by its sys_id or by its source's key, for then no entry is tried; whether it went."""
        sys_id = work.item.values.get("sys_id")
        if sys_id:
            self._by_sys_id(work, sys_id)
            return True
        return not self._rules_first and self._by_source(work)

    def _top(self, work: Work) -> str:
        return self._model.hierarchy.top(work.item.class_name)

    def _ci(self, work: Work, sys_id: Value) -> Record | None:
        """The CI with this sys_id; of an item of another table the record."""
        return self._index.ci(sys_id, self._model.hierarchy.top(work.item.class_name))

    def _want_entries(self, work: Work) -> None:
        assert work.rule is not None
        for entry in work.rule.entries:
            if entry.is_lookup:
                for by in lookups(self._model, work, entry).values():
                    self._index.want(entry.table, by.attributes, by.values)
            elif work.rule.independent and (regular := own(work, entry)) is not None:
                place = self._index.place(_table(work.rule, entry), regular.attributes)
                place.want(regular.values, regular.values)

    def _want_referenced(self, work: Work) -> None:
        assert work.rule is not None
        for entry in work.rule.entries:
            if entry.is_lookup:
                for by in lookups(self._model, work, entry).values():
                    for row in self._index.found(entry.table, by.attributes, by.values):
                        self._index.want_ci(row.get(entry.referenced_field), self._top(work))

    def _find_related(self, works: Sequence[Work]) -> None:
        """Read what is related to the hosts, directly or through stored qualifiers."""
        starts: dict[Work, list[Value]] = {
            work: [work.host.match["sys_id"]] for work in works if work.host and work.host.match
        }
        for _ in range(chains.LONGEST + 1):
            for work, ids in starts.items():
                for sys_id in ids:
                    self._index.want("cmdb_rel_ci", *self._link(work, sys_id))
            self._index.fetch()
            reached = {
                work: list(
                    dict.fromkeys(
                        row[self._far_end(work)]
                        for sys_id in ids
                        for row in self._index.found("cmdb_rel_ci", *self._link(work, sys_id))
                    )
                )
                for work, ids in starts.items()
            }
            for ids in reached.values():
                for sys_id in ids:
                    self._index.want_ci(sys_id)
            self._index.fetch()
            starts = {}
            for work, ids in reached.items():
                rows = [row for row in map(self._index.ci, ids) if row is not None]
                self._related.setdefault(work, []).extend(rows)
                further = [row["sys_id"] for row in rows if chains.is_stored(row, self._call)]
                if further:
                    starts[work] = further
            if not starts:
                return

    def _link(self, work: Work, sys_id: Value) -> tuple[tuple[str, ...], tuple[Value, ...]]:
        """Where the relations are that join the CI with this sys_id, at the host's end, to such dependents."""
        assert work.dependency is not None
        end = "child" if work.dependency.dependent_is_parent else "parent"
        return (end, "type"), (sys_id, self._model.relation_id(work.dependency.relation))

    def _far_end(self, work: Work) -> str:
        assert work.dependency is not None
        return "parent" if work.dependency.dependent_is_parent else "child"

    def _decide(self, work: Work) -> None:
        entries = [
            (rule, entry, can_run(self._model, work, entry))
            for rule in self._rules(work)
            for entry in rule.entries
        ]
        is_known = any(runs for _, _, runs in entries)
        if self._rules_first and not is_known and self._by_source(work):
            return
        if work.host is None or work.host.match is not None:
            self._by_entries(work, entries)  # A dependent of a new host is new; for that no entry is tried.
        if not is_known:
            # The documents do not say this of a dependent of a new host, but it would never be found again.
            assert work.rule is not None
            table, item = work.rule.applies_to, self._call.echo(work)
            work.errors += (trouble("attributes", table=table, item=item),)

    def _by_sys_id(self, work: Work, sys_id: str) -> None:
        found = self._ci(work, sys_id)
        hidden = "" if found is None else self._hidden(found)
        if found is None or hidden:
            work.errors += (trouble("sys_id", sys_id=sys_id, table=work.item.class_name),)
        else:
            work.match = found
        if self._call.explain:  # no attempt of the response's: no rule is asked
            attempt = Attempt("", "MATCHED" if work.match else "NO_MATCH", info=f"sys_id {sys_id}")
            seen = [] if found is None else [self._candidate(work, found, hidden or "the payload names it")]
            work.explanations += (AttemptExplanation(attempt, tuple(seen)),)

    def _by_source(self, work: Work) -> bool:
        if not work.sources:
            self._note(work, _NO_SOURCE)
            return False
        seen, top = [], self._top(work)
        for row in self._source_rows(work):
            found = self._index.ci(row.get("target_sys_id"), top)
            if found is None:
                continue
            hidden = self._hidden(found)
            seen.append((found, hidden))
            if not hidden:
                work.match = found
                self._note(work, _SOURCE_MATCHED, seen, "the record of this key at its source")
                return True
        self._note(work, _SOURCE_UNKNOWN, seen)
        return False

    def _rules(self, work: Work) -> tuple[Rule, ...]:
        assert work.rule is not None
        return self._model.plan(work.rule.applies_to).rules

    def _by_entries(self, work: Work, entries: Iterable[tuple[Rule, Entry, bool]]) -> None:
        """Try the entries, of which those that have what they need run, in order until one finds something."""
        for rule, entry, runs in entries:
            if not runs:
                self._note(work, self._attempt(rule, entry, "SKIPPED"))
            elif self._try(work, rule, entry):
                return

    def _try(self, work: Work, rule: Rule, entry: Entry) -> bool:
        rows = self._by_lookup(work, entry) if entry.is_lookup else self._regular(work, rule, entry)
        if not rows and not self._call.explain:
            work.attempts += (self._attempt(rule, entry, "NO_MATCH"),)
            return False
        reasons = [(row, self._hidden(row) or self._excluded(row, entry)) for row in rows]
        matches = sorted((row for row, reason in reasons if not reason), key=duplicates.age)
        result = "MATCHED" if matches else "NO_MATCH"
        if len(matches) > 1:
            result = self._several(work, rule, entry, matches)
        if result == "MATCHED":
            work.match, work.entry_id = matches[0], entry.sys_id
        if entry.is_lookup and self._call.explain:
            reasons += self._out_of_reach(work, entry, rows)
        several = f"of {len(matches)} matches"
        chosen = "the only match" if len(matches) == 1 else f"the oldest {several}"
        self._note(work, self._attempt(rule, entry, result), reasons, chosen, f"one {several}")
        return result != "NO_MATCH"

    def _several(self, work: Work, rule: Rule, entry: Entry, matches: list[Record]) -> str:
        """What several matches amount to: those of a lookup are settled by age, others are duplicates."""
        table, by = _table(rule, entry), criterion(work.item, entry)
        fields = entry.attributes if by is None or entry.is_lookup else by.attributes
        if entry.is_lookup:
            if duplicates.are_reported(self._model):
                work.equals += (Equals(tuple(matches), rule.applies_to, fields, marked=False),)
            return "MATCHED"
        work.equals += (Equals(tuple(matches), table, fields, marked=True),)
        if duplicates.are_tolerable(self._model, len(matches)):
            return "MATCHED"
        work.operation = "UPDATE"
        if work.host is None or work.dependency is None:
            work.errors += (trouble("duplicates", table=table, fields=", ".join(fields)),)
        else:
            relation, kind, host = work.dependency.relation, work.host.class_name, work.host.sys_id
            work.errors += (trouble("dependent_duplicates", relation=relation, kind=kind, sys_id=host),)
        return "MULTI_MATCH"

    def _regular(self, work: Work, rule: Rule, entry: Entry) -> list[Record]:
        table, by = _table(rule, entry), own(work, entry)
        assert by is not None
        if rule.independent:
            return self._index.place(table, by.attributes).found(by.values)
        return [
            row
            for row in self._related.get(work, ())
            if fold_key(tuple([row.get(name) for name in by.attributes])) == by.values
            and self._model.hierarchy.is_a(row.get("sys_class_name"), table)
        ]

    def _by_lookup(self, work: Work, entry: Entry) -> list[Record]:
        wanted = dict.fromkeys(lookups(self._model, work, entry).values())
        shared: Counter[Value] = Counter()
        for by in wanted:
            rows = self._index.found(entry.table, by.attributes, by.values)
            rows = [row for row in rows if self._holds(entry, row) and self._call.counts(entry.table, row)]
            shared.update(list(dict.fromkeys(row.get(entry.referenced_field) for row in rows)))
            self._note_lookups(work, entry, rows)
        by_count: dict[int, list[Record]] = {}
        for sys_id, count in shared.items():
            row = self._ci(work, sys_id)
            if row is None or not all(
                are_same(row.get(name), value_of(work.item, name)) for name in entry.hybrid_attributes
            ):
                continue
            by_count.setdefault(count, []).append(row)
        if entry.exact_count:
            return by_count.get(len(wanted), [])
        for _, rows in sorted(by_count.items(), reverse=True):
            if any(not self._hidden(row) for row in rows):
                return rows
        return [row for rows in by_count.values() for row in rows]

    def _out_of_reach(self, work: Work, entry: Entry, reached: list[Record]) -> list[tuple[Record, str]]:
        """The CIs that lookup records of the item lead to without reaching them, and why."""
        known, found = {row["sys_id"] for row in reached}, []
        for by in dict.fromkeys(lookups(self._model, work, entry).values()):
            for row in self._index.found(entry.table, by.attributes, by.values):
                ci = self._ci(work, row.get(entry.referenced_field))
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

    def _note_lookups(self, work: Work, entry: Entry, rows: list[Record]) -> None:
        """Several lookup records of one key and one CI are duplicates, where tasks for their table are wanted."""
        assert work.rule is not None
        if not self._model.wants_lookup_tasks(entry.table, work.rule.applies_to):
            return
        rows_by_ci: dict[Value, list[Record]] = {}
        for row in sorted(rows, key=duplicates.age):
            rows_by_ci.setdefault(row.get(entry.referenced_field), []).append(row)
        for same in rows_by_ci.values():
            if len(same) > 1:
                work.equals += (Equals(tuple(same), entry.table, entry.attributes, marked=False),)

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
        work: Work,
        attempt: Attempt,
        seen: Iterable[tuple[Record, str]] = (),
        chosen: str = "",
        also: str = "",
    ) -> None:
        """Notes an attempt with the CIs that it came upon, each with why it is unfit.

        Of those that are not, the match is explained as *chosen* and others as *also*.
        """
        work.attempts += (attempt,)
        if self._call.explain:
            candidates = [
                self._candidate(work, row, unfit or (chosen if row is work.match else also)) for row, unfit in seen
            ]
            work.explanations += (AttemptExplanation(attempt, tuple(candidates)),)

    def _attempt(self, rule: Rule, entry: Entry, result: str) -> Attempt:
        known = self._attempts.get((rule.sys_id, entry.sys_id, result))
        if known is None:
            table = _table(rule, entry)
            known = Attempt(rule.name, result, entry.attributes, table, entry.hybrid_attributes)
            self._attempts[rule.sys_id, entry.sys_id, result] = known
        return known

    def _candidate(self, work: Work, row: Record, why: str) -> Candidate:
        """What to tell of a CI: why it is the match or is not, and what its domain has to do with it."""
        reason = f"{why}; {self._call.caller.standing(row.get('sys_domain') or 'global')}"
        title = f"{row.get('sys_class_name')} {row.get('name') or ''}".rstrip()
        return Candidate(row["sys_id"], title, row.get("sys_domain"), reason, row is work.match)


def _table(rule: Rule, entry: Entry) -> str:
    return entry.table or rule.applies_to
