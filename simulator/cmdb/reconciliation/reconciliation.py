"""Which of the values that a source sends are written to a configuration item ("Reconciliation rules")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from simulator.cmdb.call import Call
from simulator.cmdb.conditions.encoded import Fields
from simulator.cmdb.explanation import AttributeExplanation
from simulator.cmdb.items import Identified
from simulator.cmdb.reconciliation import reasons
from simulator.cmdb.reconciliation.history import Ledger
from simulator.cmdb.reconciliation.reasons import Claim, Ground
from simulator.cmdb.records import ChangeSet, Record, Value
from simulator.cmdb.rules import duration
from simulator.cmdb.rules.authority import ClassRules, DynamicRule, Ranking
from simulator.cmdb.rules.dynamic import choose


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The values that are written, and the names of those that are not."""

    written: Mapping[str, Value]
    masked: tuple[str, ...] = ()
    told: tuple[AttributeExplanation, ...] = ()
    """Why, where somebody asks."""


@dataclass(slots=True)
class _Update:
    """A CI that is being updated: its record, what governs it, and what comes of that."""

    item: Identified
    record: Record
    rules: ClassRules
    values: Fields
    """On which the conditions of rules are tested."""
    written: Record = field(default_factory=dict)
    masked: list[str] = field(default_factory=list)
    told: list[AttributeExplanation] = field(default_factory=list)


class Reconciler:
    """Reconciles what one payload sends with what is there, and keeps what later payloads are reconciled with.

    Two tables are kept, and of them only what can decide something: without rules nothing is read or written.
    `cmdb_datasource_last_update`: who wrote an attribute last, one row for each CI and attribute, for the rules
    ask after nobody else; for attributes that a static rule of the CI's class is about, as soon as there is one.
    `cmdb_multisource_data`: what each source said last of an attribute that a dynamic rule of the CI's class
    names; while the properties have multisource data on.
    """

    def __init__(self, call: Call, changes: ChangeSet) -> None:
        model = self._model = call.model
        self._is_free = not (model.rulebook or call.explain)
        self._caller, self._explain = call.caller, call.explain
        self._source, self._stamp, self._view = call.source or "", call.stamp, call.view
        self._history = Ledger("cmdb_datasource_last_update", (), call, changes)
        self._reports = Ledger("cmdb_multisource_data", ("discovery_source",), call, changes)
        has_reports = model.on("multisource_enabled", "false")
        self._with_dynamic = has_reports and model.on("multisource_cmdb_ci_enabled", "true")
        self._others_with_dynamic = has_reports and model.on("multisource_non_cmdb_ci_enabled", "false")
        self._filter_before = model.on("enable_reconciliation_filter_before_update", "false")
        self._fill_empty = model.properties.get("glide.reconciliation.override.null", "true") == "true"

    def want(self, items: Iterable[Identified]) -> None:
        """Have the index's next `fetch` read what the decisions about the matched ones of *items* need."""
        if not self._model.rulebook:
            return
        for item in items:
            if item.match is None:
                continue
            rules = self._rules_of(item, item.match)
            if rules and any(rules.keeps_history(name) for name in item.values):
                self._history.want(item.sys_id)
            if rules and any(rules.keeps_reports(name) for name in item.values):
                self._reports.want(item.sys_id)

    def note_insert(self, item: Identified, row: Record) -> None:
        """Keep who inserted the CI; rules do not bear on inserts."""
        if not self._model.rulebook:
            return
        rules = self._rules_of(item, row)
        for name, value in item.values.items():
            if value is not None and rules.keeps_history(name):
                self._note(item, row, name)
            if rules.keeps_reports(name):
                self._report(item, name, value)

    def reconcile(self, item: Identified, record: Record, sent: Mapping[str, Value]) -> Reconciled:
        """Which of the values *sent* for the CI are written, of those that differ from the *record*'s."""
        if self._is_free:
            return Reconciled({name: value for name, value in sent.items() if (record.get(name) or None) != value})
        rules = self._rules_of(item, record)
        values = record if self._filter_before else {**record, **sent, "sys_class_name": item.class_name}
        update = _Update(item, record, rules, self._view(item.class_name, values))
        for name, value in sent.items():
            claim = Claim(item.sys_id, name, self._teller(item, name), value, record.get(name) or None)
            governor = rules.governor(name, update.values) if rules else None
            if rules and rules.keeps_reports(name):
                self._report(item, name, value)
            if isinstance(governor, DynamicRule):
                self._choose(update, governor, claim)
            elif isinstance(governor, Ranking):
                self._rank(update, governor, claim)
            elif claim.is_news:
                self._pass(update, claim)
        return Reconciled(update.written, tuple(update.masked), tuple(update.told))

    def _rules_of(self, item: Identified, record: Record) -> ClassRules:
        name = item.class_name
        with_dynamic = self._others_with_dynamic if self._model.is_other(name) else self._with_dynamic
        return self._model.rulebook.of(
            self._model.hierarchy, name, _rule_domain(record), with_dynamic=with_dynamic
        )

    def _pass(self, update: _Update, claim: Claim) -> None:
        """Write what no rule governs now."""
        update.written[claim.attribute] = claim.sent
        if update.rules and update.rules.keeps_history(claim.attribute):
            self._note(update.item, update.record, claim.attribute)
        if self._explain:
            update.told.append(reasons.ungoverned(update.rules, claim))

    def _rank(self, update: _Update, ranking: Ranking, claim: Claim) -> None:
        """Write by priority: what the CI does not have yet, from a source that may."""
        if claim.sent is None and claim.current is None:
            return
        name, rules = claim.attribute, update.rules
        last = next(iter(self._history.rows(claim.sys_id, name)), None)
        ground = self._judge(rules, ranking, claim, last)
        if claim.is_news and ground.is_refusal:
            update.masked.append(name)
        elif claim.is_news:
            update.written[name] = claim.sent
        owner = None if last is None else last.get("discovery_source")  # before it is noted anew
        if not ground.is_refusal and (claim.is_news or _is_to_be_renewed(rules, claim.source, owner)):
            self._note(update.item, update.record, name)
        if self._explain and claim.is_news:
            told = reasons.ranked(rules, ranking, update.values, claim, ground, owner)
            update.told.append(told)

    def _judge(self, rules: ClassRules, ranking: Ranking, claim: Claim, last: Record | None) -> Ground:
        """Whether the source may write the attribute, and why ("Create a static reconciliation rule")."""
        ground = self._standing(rules, ranking, claim, last)
        if ground.is_refusal:
            return Ground.FILLS if claim.current is None and self._fill_empty else ground
        if claim.sent is None and not ranking.may_empty(claim.source, claim.attribute):
            return Ground.EMPTIES
        return ground

    def _standing(self, rules: ClassRules, ranking: Ranking, claim: Claim, last: Record | None) -> Ground:
        """How the source stands to the one that wrote last.

        The page lets a lower source in if it is the first one, *and* if the value is stale. Taken together that
        never happens, so either is enough here. Staleness helps authorised sources only: so the page says.
        """
        if not ranking.admits(claim.source):
            return Ground.UNLISTED
        owner = None if last is None else last.get("discovery_source")
        if last is None or owner is None:
            return Ground.FIRST
        if owner == claim.source:
            return Ground.OWN
        if not ranking.outranks(owner, claim.source):
            return Ground.RANK
        # Without a data refresh rule for it a source's value is never stale.
        lasting = rules.duration_by_source.get(owner)
        if lasting is not None and duration.is_past(lasting, last.get("updated_on"), self._stamp):
            return Ground.STALE
        return Ground.OUTRANKED

    def _choose(self, update: _Update, rule: DynamicRule, claim: Claim) -> None:
        """Write the value that the dynamic rule chooses, which need not be the one that was sent."""
        reports = self._reports.rows(claim.sys_id, claim.attribute)
        best = choose(rule.choice, reports)
        value = claim.current if best is None else best["value"]
        if value != claim.current:
            update.written[claim.attribute] = value
        if claim.sent not in (value, claim.current):
            update.masked.append(claim.attribute)
        if self._explain and (value != claim.current or claim.is_news):
            told = reasons.chosen(update.rules, rule, update.values, claim, best, reports)
            update.told.append(told)

    def _teller(self, item: Identified, name: str) -> str:
        """The source whose value it is: a stored partial payload has brought it, or the call."""
        return item.item.told_by.get(name, self._source)

    def _note(self, item: Identified, record: Record, name: str) -> None:
        """Keep that the source wrote the attribute now. A row has the domain of its CI, not the caller's: else the
        rules of separated instances would go wrong, as they did in the product (PRB1868458)."""
        self._history.put(
            item.sys_id,
            {
                "attribute": name,
                "discovery_source": self._teller(item, name),
                "class": item.class_name,
                "updated_on": self._stamp,
                "sys_domain": record.get("sys_domain") or "global",
            },
        )

    def _report(self, item: Identified, name: str, value: Value) -> None:
        """Keep what the source says of the attribute. A row has the domain of the caller (PRB1895194)."""
        self._reports.put(
            item.sys_id,
            {
                "attribute": name,
                "discovery_source": self._teller(item, name),
                "class": item.class_name,
                "value": value,
                "last_discovered": item.values.get("last_discovered"),
                "updated_on": self._stamp,
                "sys_domain": self._caller.home,
            },
        )


def _rule_domain(record: Record) -> str:
    """The domain whose rules apply to a CI: its own, not the caller's. The texts speak of the CIs of a domain."""
    return record.get("sys_domain") or "global"


def _is_to_be_renewed(rules: ClassRules, source: str, owner: str | None) -> bool:
    """Whether the history changes when a source repeats what the CI has: it may take the value over, and its time
    counts where a data refresh rule asks for it. Nothing else would be decided otherwise, so it is not written."""
    return owner != source or source in rules.duration_by_source
