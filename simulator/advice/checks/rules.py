"""What is wrong with the rules and the data of a CMDB, found by reading them; no payload is processed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations

from simulator.advice.checks.flaw import Flaw
from simulator.advice.checks.placeholders import Placeholders
from simulator.advice.checks.weakness import weaknesses
from simulator.cmdb.conditions import conditions, encoded
from simulator.cmdb.records import Record, of_class
from simulator.cmdb.rules import duration
from simulator.cmdb.rules.authority import is_governed
from simulator.cmdb.rules.identifiers import Entry, Rule
from simulator.cmdb.rules.model import Model
from simulator.cmdb.text import fold
from simulator.domains.tree import GLOBAL, Tree
from simulator.store.cmdb.domains import load_domains
from simulator.store.cmdb.model import load_model
from simulator.store.cmdb.reader import CmdbReader

DEEPEST = 2
"""The levels of dependency that the guidelines allow at most."""

_DEFINITIONS, _PRECEDENCES = "cmdb_reconciliation_definition", "cmdb_datasource_precedence"
_STALENESS, _DYNAMIC = "cmdb_datasource_staleness", "cmdb_dynamic_reconciliation_definition"
_DATA_SOURCE = "cmdb_ire_data_source_rule"
_INCLUSION = "cmdb_ie_active_config"
_ABOUT = {
    "cmdb_identifier_entry": ("table",),
    "cmdb_related_entry": ("related_table", "table"),
    _INCLUSION: ("table",),
    **dict.fromkeys((_DEFINITIONS, _PRECEDENCES, _DYNAMIC), ("applies_to",)),
}
"""The tables of rules with conditions, and what names the table that a condition is about."""

_IN_DOMAINS = (_DEFINITIONS, _PRECEDENCES, _STALENESS, _DYNAMIC)


def find_flaws(reader: CmdbReader) -> list[Flaw]:
    """All flaws of the rules and records in a file. Raises StoreError where the engine could not go by them."""
    tree = load_domains(reader).tree
    lint = _Lint(reader, load_model(reader, tree), tree)
    return [*lint.identification(), *lint.dependencies(), *lint.reconciliation(), *lint.conditions(), *lint.data()]


class _Lint:
    def __init__(self, reader: CmdbReader, model: Model, tree: Tree) -> None:
        self._reader, self._model, self._tree = reader, model, tree
        self._hierarchy, self._rules = model.hierarchy, model.rules

    # -- identification ---------------------------------------------------------------------------------

    def identification(self) -> Iterator[Flaw]:
        """Rules by themselves, then their entries."""
        rows = [row for row in self._rows("cmdb_identifier") if row.get("active") != "false"]
        for name, number in Counter(row["applies_to"] for row in rows).items():
            if number > 1:
                names = [row for row in rows if row["applies_to"] == name]
                titles = ", ".join(row["name"] or "" for row in names)
                yield Flaw("second_identifier", names[-1]["sys_id"] or "", f"{name} has {number} rules: {titles}.")
        for rule in self._rules.rule_by_class.values():
            yield from self._rule(rule)
        records = [*self._rows("cmdb"), *self._others()]
        yield from weaknesses(self._rules, self._hierarchy, records)

    def _rule(self, rule: Rule) -> Iterator[Flaw]:
        if not self._model.identifies(rule.applies_to):
            found = f"{rule.name} applies to {rule.applies_to}, and {self._unidentified(rule.applies_to)}."
            yield Flaw("rule_class_unknown", rule.sys_id, found)
            return
        if not rule.independent and self._model.is_other(rule.applies_to):
            found = f"{rule.name} is dependent, and {rule.applies_to} holds no CIs."
            yield Flaw("dependent_rule_on_other_table", rule.sys_id, found)
        if not rule.entries:
            yield Flaw("no_active_entry", rule.sys_id, f"{rule.name} on {rule.applies_to} has no active entry.")
        for entry in rule.entries:
            yield from self._entry(rule, entry)
        for earlier, later in combinations(rule.entries, 2):
            yield from self._pair(rule, earlier, later)

    def _entry(self, rule: Rule, entry: Entry) -> Iterator[Flaw]:
        label, table = _label(rule, entry), entry.table or rule.applies_to
        known = self._fields(table)
        if known is None:
            yield Flaw("rule_class_unknown", entry.sys_id, f"{label}: there is no table {table}.")
            return
        unknown = [name for name in entry.attributes if name not in known]
        if unknown:
            yield Flaw("rule_attribute_unknown", entry.sys_id, f"{label}: {table} has no {', '.join(unknown)}.")
        if rule.independent and "sys_class_name" in (*entry.attributes, *entry.hybrid_attributes):
            found = f"{label} has sys_class_name among its criteria, and the rule is independent."
            yield Flaw("class_in_independent_rule", entry.sys_id, found)
        if entry.is_lookup and not rule.independent:
            found = f"{label} looks {table} up, and the rule is dependent."
            yield Flaw("lookup_in_dependent_rule", entry.sys_id, found)
        elif entry.is_lookup:
            yield Flaw("lookup_entry", entry.sys_id, f"{label} looks {table} up for every item that gets to it.")
            if entry.exact_count:
                found = f"{label} matches only a CI that has every {table} record of the item."
                yield Flaw("exact_count", entry.sys_id, found)

    def _pair(self, rule: Rule, earlier: Entry, later: Entry) -> Iterator[Flaw]:
        if earlier.order == later.order:
            found = f"{_label(rule, earlier)} and [{', '.join(later.attributes)}] have the same order."
            yield Flaw("entry_order_tie", later.sys_id, found)
        elif self._is_covered(earlier, later):
            found = (
                f"{_label(rule, later)} can only find what {earlier.order} [{', '.join(earlier.attributes)}] does."
            )
            yield Flaw("unreachable_entry", later.sys_id, found)

    def _is_covered(self, earlier: Entry, later: Entry) -> bool:
        """Whether whatever the later entry would match, the earlier one has matched before."""
        if earlier.allow_null or later.allow_null or earlier.is_lookup != later.is_lookup:
            return False
        if earlier.is_lookup:
            is_as_wide = earlier.table == later.table and (later.exact_count or not earlier.exact_count)
        else:
            is_as_wide = self._hierarchy.is_a(later.table, earlier.table)
        counts = earlier.is_lookup or self._model.on("enable_identifier_optional_condition", "false")
        is_free = not counts or not earlier.condition.queries or earlier.condition == later.condition
        asks_no_more = set(earlier.attributes) <= set(later.attributes)
        return (
            is_as_wide
            and is_free
            and asks_no_more
            and set(earlier.hybrid_attributes) <= set(later.hybrid_attributes)
        )

    # -- dependencies -----------------------------------------------------------------------------------

    def dependencies(self) -> Iterator[Flaw]:
        """Dependent classes without a host, and those whose hosts depend on too much themselves."""
        for rule in self._rules.rule_by_class.values():
            is_of_cis = rule.applies_to in self._hierarchy and not self._model.is_other(rule.applies_to)
            if not rule.independent and is_of_cis and not self._has_host(rule):
                found = (
                    f"{rule.name} on {rule.applies_to} is dependent, and no hosting or containment rule names it."
                )
                yield Flaw("dependency_missing", rule.sys_id, found)
        for rows, dependent in (
            (self._active("cmdb_metadata_hosting"), _hosted),
            (self._active("cmdb_metadata_containment"), _contained),
        ):
            for row in rows:
                name = dependent(row)
                if name and len(chain := self._longest(name, ())) > DEEPEST + 1:
                    yield Flaw(
                        "dependency_too_deep",
                        row["sys_id"] or "",
                        f"{' on '.join(chain)}: {len(chain) - 1} levels.",
                    )

    def _has_host(self, rule: Rule) -> bool:
        governed = (
            name for name in self._hierarchy.parent_by_class if self._rules.rule_of(self._hierarchy, name) == rule
        )
        return any(self._rules.dependencies_of(self._hierarchy, name) for name in governed)

    def _longest(self, name: str, below: tuple[str, ...]) -> tuple[str, ...]:
        """The longest way from the class to one that depends on nothing; a circle ends where it closes."""
        rule = self._rules.rule_of(self._hierarchy, name)
        if name in below or rule is None or rule.independent:
            return (*below, name)
        hosts = {
            each.child if each.dependent_is_parent else each.parent
            for each in self._rules.dependencies_of(self._hierarchy, name)
        }
        ways = [self._longest(host, (*below, name)) for host in sorted(hosts)]
        return max(ways, key=len, default=(*below, name))

    # -- reconciliation ---------------------------------------------------------------------------------

    def reconciliation(self) -> Iterator[Flaw]:
        """Rules that nothing can satisfy, that tie, or that replace nothing; inactive ones are left alone."""
        for table in (*_IN_DOMAINS, _DATA_SOURCE):
            for row in self._active(table):
                yield from self._applies(table, row)
        for row in (*self._active(_DEFINITIONS), *self._active(_DYNAMIC)):
            yield from self._governs(row)
        for row in self._active(_STALENESS):
            if not duration.parse(row["duration"]):
                found = f"{_title(row)} has the duration {row['duration']!r}, which is read as 0: stale at once."
                yield Flaw("staleness_zero", row["sys_id"] or "", found)
        yield from self._ties(_DEFINITIONS, "priority")
        yield from self._ties(_PRECEDENCES, "order")
        for table in _IN_DOMAINS:
            yield from self._overrides(table)

    def _applies(self, table: str, row: Record) -> Iterator[Flaw]:
        name, source = row["applies_to"] or "", row.get("discovery_source")
        if not self._model.identifies(name):
            found = f"{_title(row)}: {self._unidentified(name)}."
            yield Flaw("rule_class_unknown", row["sys_id"] or "", found)
        if table != _DYNAMIC and fold(source or "") not in self._model.sources:
            found = f"{_title(row)}: {source!r} is no active choice of cmdb_ci.discovery_source."
            yield Flaw("rule_source_unknown", row["sys_id"] or "", found)

    def _governs(self, row: Record) -> Iterator[Flaw]:
        name, sys_id = row["applies_to"] or "", row["sys_id"] or ""
        attributes, nulls = _names(row.get("attributes")), _names(row.get("update_with_null"))
        known = self._fields(name)
        if known is None:
            return
        free = [each for each in [*attributes, *nulls] if not is_governed(each)]
        if free:
            yield Flaw("attribute_not_governed", sys_id, f"{_title(row)} names {', '.join(free)}.")
        unknown = [
            each for each in dict.fromkeys([*attributes, *nulls]) if each not in known and is_governed(each)
        ]
        if unknown:
            yield Flaw("rule_attribute_unknown", sys_id, f"{_title(row)}: {name} has no {', '.join(unknown)}.")
        idle = [each for each in nulls if attributes and each not in attributes]
        if idle:
            yield Flaw("null_without_attribute", sys_id, f"{_title(row)} is not about {', '.join(idle)}.")

    def _ties(self, table: str, rank: str) -> Iterator[Flaw]:
        rows_by_place: dict[tuple[str | None, ...], list[Record]] = defaultdict(list)
        for row in self._active(table):
            if row.get(rank):
                rows_by_place[row["applies_to"], row["sys_domain"], row[rank]].append(row)
        for rows in rows_by_place.values():
            for one, other in combinations(rows, 2):
                shared = _shared(one, other)
                if shared and one["discovery_source"] != other["discovery_source"]:
                    sources = f"{one['discovery_source']} and {other['discovery_source']}"
                    found = f"{_title(other)}: {sources} both have {rank} {one[rank]} for {shared}."
                    yield Flaw("priority_tie", other["sys_id"] or "", found)

    def _overrides(self, table: str) -> Iterator[Flaw]:
        rows = {row["sys_id"]: row for row in self._rows(table)}
        for row in rows.values():
            over = row.get("sys_overrides")
            if not over:
                continue
            domain = row["sys_domain"] or GLOBAL
            replaced = rows.get(over)
            if replaced is None:
                found = f"{_title(row)} overrides {over}, and {table} has no such record."
            elif (replaced["sys_domain"] or GLOBAL) not in self._tree.chain(domain)[1:]:
                found = (
                    f"{_title(row)} in {self._tree.name(domain)} overrides a rule that is not in a domain above."
                )
            else:
                continue
            yield Flaw("overrides_nothing", row["sys_id"] or "", found)

    # -- conditions -------------------------------------------------------------------------------------

    def conditions(self) -> Iterator[Flaw]:
        """Terms about fields that there are not, which are dropped, and classes that no record is of."""
        for table, of in _ABOUT.items():
            for row in self._active(table):
                about = next((row[column] for column in of if row.get(column)), None) or ""
                if table == _INCLUSION and not self._model.identifies(about):
                    found = f"The inclusion rule on {about}: {self._unidentified(about)}."
                    yield Flaw("rule_class_unknown", row["sys_id"] or "", found)
                condition = encoded.parse(row.get("condition") or "")
                title, kind = f"The condition {row.get('condition')!r} in {table}", self._hierarchy
                for name in conditions.unknown_fields(condition, about, kind):
                    found = f"{title}: {about} has no {name}, so what it says of that is dropped."
                    yield Flaw("rule_attribute_unknown", row["sys_id"] or "", found)
                for name in conditions.unknown_classes(condition, kind):
                    yield Flaw("rule_class_unknown", row["sys_id"] or "", f"{title}: there is no class {name}.")

    # -- data -------------------------------------------------------------------------------------------

    def data(self) -> Iterator[Flaw]:
        """Records whose criteria say nothing, once for each table, attribute and value."""
        placeholders = Placeholders(self._model)
        sys_ids_by_value: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        tables = [("", row) for row in (*self._rows("cmdb"), *self._others())]
        tables += [(table, row) for table in placeholders.lookup_tables for row in self._rows(table)]
        for table, row in tables:
            kind = table or row["sys_class_name"] or ""
            for name, value in placeholders.of(kind, row):
                sys_ids_by_value[kind, name, value].append(row["sys_id"] or "")
        for (kind, name, value), sys_ids in sys_ids_by_value.items():
            records = "1 record has" if len(sys_ids) == 1 else f"{len(sys_ids)} records have"
            yield Flaw("placeholder_value", sys_ids[0], f"{records} {kind}.{name} {value!r}.")

    # -- the rows ---------------------------------------------------------------------------------------

    def _rows(self, table: str) -> list[Record]:
        return self._reader.rows(table, (), [()])

    def _others(self) -> Iterator[Record]:
        """The records of other tables than CIs' that are identified."""
        for table in self._model.other_tables:
            if table in self._rules.rule_by_class:
                yield from of_class(table, self._rows(table))

    def _unidentified(self, table: str) -> str:
        """Why items of it are none that rules can be for."""
        if self._hierarchy.fields(table):
            return f"records of {table}, which is no class of CIs, are not identified"
        return f"there is no class {table}"

    def _active(self, table: str) -> list[Record]:
        return [row for row in self._rows(table) if row.get("active") != "false"]

    def _fields(self, table: str) -> frozenset[str] | None:
        """The fields that a rule can name; None for a table that there is not."""
        fields = self._hierarchy.fields(table)
        return fields | {"sys_class_name"} if fields or table in self._hierarchy else None


def _label(rule: Rule, entry: Entry) -> str:
    return f"{rule.name} on {rule.applies_to}, entry {entry.order} [{', '.join(entry.attributes)}]"


def _title(row: Record) -> str:
    """A rule of reconciliation as people know it."""
    source = f" of {row['discovery_source']}" if row.get("discovery_source") else ""
    return f"{row.get('name') or 'The rule'}{source} on {row['applies_to']}"


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def _shared(one: Record, other: Record) -> str:
    """The attributes that both rules are about; a rule for all meets only another one for all."""
    first, second = _names(one.get("attributes")), _names(other.get("attributes"))
    if not first and not second:
        return "all attributes"
    return ", ".join(name for name in first if name in second)


def _hosted(row: Record) -> str | None:
    return row["child_type" if row.get("is_reverse") == "true" else "parent_type"]


def _contained(row: Record) -> str | None:
    return row["ci_type"] if row.get("parent_id") else None
