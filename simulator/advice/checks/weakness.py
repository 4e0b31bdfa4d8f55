"""Identification rules that take for one what is kept apart elsewhere: by another rule, or by the records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from simulator.advice.checks.flaw import Flaw
from simulator.cmdb.classes.hierarchy import Hierarchy
from simulator.cmdb.records import Record
from simulator.cmdb.rules.identifiers import Entry, Rule, Rules

_NAME = ("name",)


def weaknesses(rules: Rules, hierarchy: Hierarchy, cis: Iterable[Record]) -> Iterator[Flaw]:
    """All of them; *cis* are the records of all classes."""
    by_rule: dict[str, list[Record]] = defaultdict(list)
    for ci in cis:
        rule = rules.rule_of(hierarchy, ci["sys_class_name"] or "")
        if rule is not None:
            by_rule[rule.sys_id].append(ci)
    for rule in rules.rule_by_class.values():
        yield from _fallbacks(rule, rules.fallbacks(hierarchy, rule)[1:])
        if rule.independent:
            yield from _repeated_names(rule, by_rule[rule.sys_id])
            above = hierarchy.chain(rule.applies_to)[1:]
            ancestors = [rules.rule_by_class[name] for name in above if name in rules.rule_by_class]
            yield from _ancestors(rule, ancestors, by_rule[rule.sys_id])


def _fallbacks(rule: Rule, others: Sequence[Rule]) -> Iterator[Flaw]:
    """Where an item has not what the own entries ask for, a rule decides that asks for less."""
    asked = min((len(set(entry.attributes)) for entry in rule.entries if entry.allow_fallback), default=0)
    for other in others:
        for entry in other.entries:
            if len(set(entry.attributes)) < asked and not _is_covered(rule, entry):
                found = f"{_title(rule)} falls back to {_title(other)}, which asks only for {_key(entry)}."
                yield Flaw("weaker_fallback", rule.sys_id, found)
                break


def _repeated_names(rule: Rule, cis: Sequence[Record]) -> Iterator[Flaw]:
    if not any(entry.attributes == _NAME and not entry.is_lookup for entry in rule.entries):
        return
    for name, same in _same(cis, _NAME).items():
        found = f"{_title(rule)} identifies by name, and {len(same)} records are called {name[0]}."
        yield Flaw("name_repeats", same[-1]["sys_id"] or "", found)


def _ancestors(rule: Rule, ancestors: Sequence[Rule], cis: Sequence[Record]) -> Iterator[Flaw]:
    """A payload of an ancestor's class is identified by that one's rule, among the CIs of this class too."""
    for other in ancestors:
        for entry in other.entries if other.independent else ():
            if entry.is_lookup or _is_covered(rule, entry):
                continue
            found = (
                f"{_title(other)} takes CIs with the same {_key(entry)} for one, and {_title(rule)} keeps them "
                f"apart: a payload of {other.applies_to} tags them as duplicates"
            )
            if any(set(entry.attributes) < set(own.attributes) for own in rule.entries if not own.is_lookup):
                yield Flaw("ancestor_tags_duplicates", rule.sys_id, f"{found}.")
            for values, same in _same(cis, entry.attributes).items():
                shown = ", ".join(values)
                yield Flaw(
                    "ancestor_tags_duplicates", same[-1]["sys_id"] or "", f"{found}; {len(same)} have {shown}."
                )


def _same(cis: Sequence[Record], attributes: Sequence[str]) -> dict[tuple[str, ...], list[Record]]:
    """The CIs of one domain that have the same values, by the values as the first of them writes them."""
    groups: dict[tuple[str, ...], list[Record]] = defaultdict(list)
    for ci in cis:
        values = [ci.get(name) or "" for name in attributes]
        if all(values) and not ci.get("duplicate_of"):
            groups[(ci.get("sys_domain") or "", *(value.casefold() for value in values))].append(ci)
    return {
        tuple(same[0].get(name) or "" for name in attributes): same for same in groups.values() if len(same) > 1
    }


def _is_covered(rule: Rule, entry: Entry) -> bool:
    """Whether CIs that are one by the entry are one by the rule as well."""
    return any(set(own.attributes) <= set(entry.attributes) for own in rule.entries if not own.is_lookup)


def _title(rule: Rule) -> str:
    return f"{rule.name} on {rule.applies_to}"


def _key(entry: Entry) -> str:
    return f"[{', '.join(entry.attributes)}]"
