"""Finding the configuration item that a payload item describes ("Identification rules")."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from simulator.cmdb.identifiers import Entry
from simulator.cmdb.index import Index
from simulator.cmdb.messages import trouble
from simulator.cmdb.model import Caller, Model
from simulator.cmdb.payload import SubItem
from simulator.cmdb.records import Record, Value
from simulator.cmdb.work import Attempt, AttemptExplanation, Candidate, Work

_SOURCE_KEY = ("name", "id")


class Matcher:
    """Identifies the items of a payload in batches, each with a bounded number of queries."""

    def __init__(
        self, model: Model, caller: Caller, index: Index, echo: Callable[[Work], str], *, explain: bool
    ) -> None:
        self._model, self._caller, self._index, self._explain = model, caller, index, explain
        self._echo = echo
        self._conditions = model.on("enable_identifier_optional_condition", "false")
        self._rules_first = model.on("skip_sys_object_source_matching", "false")

    def identify(self, works: Sequence[Work]) -> None:
        """Match *works*: all independent, or all dependents whose hosts are identified already."""
        index = self._index
        for work in works:
            index.want_ci(work.item.values.get("sys_id"))
            source = work.item.source
            if source.name and source.key:
                index.want("sys_object_source", _SOURCE_KEY, (source.name, source.key))
        index.fetch()
        for work in works:
            for row in self._source_rows(work):
                index.want_ci(row.get("target_sys_id"))
            self._want_entries(work)
        index.fetch()
        for work in works:
            self._want_referenced(work)
        index.fetch()
        for work in works:
            self._decide(work)

    def _source_rows(self, work: Work) -> list[Record]:
        source = work.item.source
        return self._index.found("sys_object_source", _SOURCE_KEY, (source.name, source.key))

    def _want_entries(self, work: Work) -> None:
        assert work.rule is not None
        for entry in work.rule.entries:
            if entry.is_lookup:
                for sub in lookups(self._model, work, entry):
                    self._index.want(entry.table, entry.attributes, _key(sub, entry))
            elif work.rule.independent and runnable(self._model, work, entry):
                self._index.want(_table(work, entry), entry.attributes, _key(work, entry))
        host, needs = work.host, work.dependency
        if host is not None and host.match is not None and needs is not None:
            self._index.want("cmdb_rel_ci", *self._link(work))

    def _want_referenced(self, work: Work) -> None:
        assert work.rule is not None
        for entry in work.rule.entries:
            if entry.is_lookup:
                for sub in lookups(self._model, work, entry):
                    for row in self._index.found(entry.table, entry.attributes, _key(sub, entry)):
                        self._index.want_ci(row.get(entry.referenced_field))
        for sys_id in self._related_ids(work):
            self._index.want_ci(sys_id)

    def _link(self, work: Work) -> tuple[tuple[str, ...], tuple[Value, ...]]:
        assert work.host is not None
        assert work.host.match is not None
        assert work.dependency is not None
        end = "child" if work.dependency.dependent_is_parent else "parent"
        return (end, "type"), (work.host.match["sys_id"], self._model.relation_types[work.dependency.relation][0])

    def _related_ids(self, work: Work) -> list[Value]:
        if work.host is None or work.host.match is None or work.dependency is None:
            return []
        end = "parent" if work.dependency.dependent_is_parent else "child"
        return [row.get(end) for row in self._index.found("cmdb_rel_ci", *self._link(work))]

    def _decide(self, work: Work) -> None:
        sys_id = work.item.values.get("sys_id")
        if sys_id:
            found = self._index.ci(sys_id)
            if found is None or self._hidden(found):
                work.errors.append(trouble("sys_id", sys_id=sys_id, table=work.item.class_name))
            else:
                work.match = found
            return
        can_run = [self._can_run(work, entry) for entry in self._entries(work)]
        if not (self._rules_first and any(can_run)) and self._by_source(work):
            return
        if work.host is not None and work.host.match is None:
            return  # A dependent of a new host is new; no entry is tried.
        if not self._by_entries(work) and not any(can_run) and not work.errors:
            assert work.rule is not None
            if not (self._rules_first and self._by_source(work)):
                work.errors.append(trouble("attributes", table=work.rule.applies_to, item=self._echo(work)))

    def _by_source(self, work: Work) -> bool:
        source = work.item.source
        if not (source.name and source.key):
            self._note(work, Attempt("", "SKIPPED", info="sys_object_source SKIPPED"), [])
            return False
        candidates = []
        for row in self._source_rows(work):
            found = self._index.ci(row.get("target_sys_id"))
            if found is None:
                continue
            reason = self._hidden(found)
            candidates.append(Candidate(found["sys_id"], found.get("sys_domain"), reason or "the source's record"))
            if not reason:
                attempt = Attempt(
                    "",
                    "MATCHED",
                    ("source_name", "source_native_key"),
                    "sys_object_source",
                    info="sys_object_source MATCHED",
                )
                self._note(work, attempt, candidates)
                work.match = found
                return True
        self._note(work, Attempt("", "NO_MATCH", info="sys_object_source NO_MATCH"), candidates)
        return False

    def _entries(self, work: Work) -> list[Entry]:
        assert work.rule is not None
        rules = self._model.rules.fallbacks(self._model.hierarchy, work.rule)
        return [entry for rule in rules for entry in rule.entries]

    def _can_run(self, work: Work, entry: Entry) -> bool:
        if entry.is_lookup:
            hybrid = all(work.item.values.get(name) for name in entry.hybrid_attributes)
            return hybrid and bool(lookups(self._model, work, entry))
        return runnable(self._model, work, entry)

    def _by_entries(self, work: Work) -> bool:
        assert work.rule is not None
        for rule in self._model.rules.fallbacks(self._model.hierarchy, work.rule):
            for entry in rule.entries:
                table = entry.table or rule.applies_to
                if not self._can_run(work, entry):
                    self._note(work, self._attempt(rule.name, "SKIPPED", entry, table), [])
                    continue
                rows = self._by_lookup(work, entry) if entry.is_lookup else self._regular(work, entry, table)
                reasons = [(row, self._hidden(row) or self._excluded(row, entry)) for row in rows]
                matches = sorted((row for row, reason in reasons if not reason), key=age)
                result = "MATCHED" if matches else "NO_MATCH"
                if entry.is_lookup:
                    matches = matches[:1]
                elif len(matches) > 1:
                    result = self._several(work, entry, table, matches)
                chosen = matches[0]["sys_id"] if result == "MATCHED" else None
                candidates = [
                    Candidate(
                        row["sys_id"],
                        row.get("sys_domain"),
                        reason or ("oldest match" if row["sys_id"] == chosen else "one of several"),
                    )
                    for row, reason in reasons
                ]
                self._note(work, self._attempt(rule.name, result, entry, table), candidates)
                if result != "NO_MATCH":
                    if result == "MATCHED":
                        work.match, work.entry_id = matches[0], entry.sys_id
                    return True
        return False

    def _several(self, work: Work, entry: Entry, table: str, matches: list[Record]) -> str:
        work.duplicates = matches
        # The texts leave open what holds at the threshold itself; below it duplicates are skipped.
        if self._model.on("skip_duplicates", "true") and len(matches) < self._model.threshold:
            return "MATCHED"
        work.errors.append(trouble("duplicates", table=table, fields=", ".join(entry.attributes)))
        return "MULTI_MATCH"

    def _regular(self, work: Work, entry: Entry, table: str) -> list[Record]:
        if work.host is None:
            return self._index.found(table, entry.attributes, _key(work, entry))
        wanted, found = _key(work, entry), []
        for sys_id in dict.fromkeys(self._related_ids(work)):
            row = self._index.ci(sys_id)
            if row is not None and tuple(row.get(name) for name in entry.attributes) == wanted:
                found.append(row)
        return [row for row in found if self._model.hierarchy.is_a(row.get("sys_class_name"), table)]

    def _by_lookup(self, work: Work, entry: Entry) -> list[Record]:
        wanted = {_key(sub, entry) for sub in lookups(self._model, work, entry)}
        shared: Counter[Value] = Counter()
        for key in wanted:
            rows = self._index.found(entry.table, entry.attributes, key)
            shared.update({row.get(entry.referenced_field) for row in rows if entry.condition.holds(row)})
        by_count: dict[int, list[Record]] = {}
        for sys_id, count in shared.items():
            row = self._index.ci(sys_id)
            if row is None or any(row.get(name) != work.item.values.get(name) for name in entry.hybrid_attributes):
                continue
            by_count.setdefault(count, []).append(row)
        if entry.exact_count:
            return by_count.get(len(wanted), [])
        for _, rows in sorted(by_count.items(), reverse=True):
            if any(not self._hidden(row) for row in rows):
                return rows
        return [row for rows in by_count.values() for row in rows]

    def _hidden(self, row: Record) -> str:
        if not self._caller.sees(row):
            return "hidden by its domain"
        if row.get("duplicate_of"):
            return "is a duplicate of another"
        if not self._model.rules.includes(self._model.hierarchy, row):
            return "fails the inclusion rule"
        return ""

    def _excluded(self, row: Record, entry: Entry) -> str:
        if self._conditions and not entry.is_lookup and not entry.condition.holds(row):
            return "fails the entry's condition"
        return ""

    def _attempt(self, name: str, result: str, entry: Entry, table: str) -> Attempt:
        return Attempt(name, result, entry.attributes, table, entry.hybrid_attributes)

    def _note(self, work: Work, attempt: Attempt, candidates: list[Candidate]) -> None:
        work.attempts.append(attempt)
        if self._explain:
            work.explanations.append(AttemptExplanation(attempt, tuple(candidates)))


def age(row: Record) -> tuple[str, str]:
    """By this the oldest record comes first."""
    return row.get("sys_created_on") or "", row["sys_id"] or ""


def lookups(model: Model, work: Work, entry: Entry) -> list[SubItem]:
    """The item's lookup records that a lookup entry can use: of its table, with all its attributes."""
    return [
        sub
        for sub in work.item.lookup
        if model.hierarchy.is_a(sub.class_name, entry.table)
        and all(sub.values.get(name) for name in entry.attributes)
    ]


def runnable(model: Model, work: Work, entry: Entry) -> bool:
    """Whether the item has the values that a regular entry needs."""
    values = [(name, _value(work, name)) for name in entry.attributes]
    if not entry.allow_null:
        return bool(values) and all(value for _, value in values)
    if len(values) == 2 and "sys_class_name" in entry.attributes:
        return all(value for _, value in values)
    return any(value for _, value in values)


def _value(part: Work | SubItem, name: str) -> Value:
    if name == "sys_class_name":
        return part.class_name
    return part.item.values.get(name) if isinstance(part, Work) else part.values.get(name)


def _key(part: Work | SubItem, entry: Entry) -> tuple[Value, ...]:
    return tuple(_value(part, name) for name in entry.attributes)


def _table(work: Work, entry: Entry) -> str:
    assert work.rule is not None
    return entry.table or work.rule.applies_to
