"""Before identification: what the values mean, what the items need to have, and under which rules they fall."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from simulator.cmdb.call import Call
from simulator.cmdb.classes.columns import Column, Type
from simulator.cmdb.classes.hierarchy import SYS_ID, Hierarchy
from simulator.cmdb.items import PreparedSub, Troubles
from simulator.cmdb.messages import Trouble, trouble
from simulator.cmdb.payload import DOMAIN_FIELDS, Item, Payload, SubItem
from simulator.cmdb.preparation.criteria import criterion
from simulator.cmdb.records import Value
from simulator.cmdb.rules.identifiers import Entry, Rule
from simulator.cmdb.rules.model import Model
from simulator.cmdb.text import fold

_RECENCY = Column("source_recency_timestamp", Type.DATE_TIME)


def check_source(call: Call) -> Trouble | None:
    """What is wrong with the data source of the call.

    Of the two documented texts responses show the one with [null] for a source that was not sent; the other is
    taken to be for one that was sent empty.
    """
    if call.source == "":
        return trouble("no_source")
    if call.source is None or fold(call.source) not in call.model.sources:
        return trouble("source", source="null" if call.source is None else call.source)
    return None


def read_values(parsed: Payload, hierarchy: Hierarchy) -> tuple[Payload, list[Troubles]]:
    """The payload with all values in the form in which records keep them, and a warning for each that is none.

    What is no value of its column is left out; what has no column is for `with_fields`. The warnings are by item.
    """
    read = [_read_item(item, hierarchy) for item in parsed.items]
    return replace(parsed, items=tuple([item for item, _ in read])), [found for _, found in read]


def _read_item(item: Item, hierarchy: Hierarchy) -> tuple[Item, Troubles]:
    values, found = _read(item.values, item.class_name, hierarchy)
    if values is not item.values:
        item = item._replace(values=values)
    if item.lookup or item.related:
        lookup, of_lookup = _read_subs(item.lookup, hierarchy)
        related, of_related = _read_subs(item.related, hierarchy)
        item, found = item._replace(lookup=lookup, related=related), found + of_lookup + of_related
    sent = item.source.recency  # What is no time counts as left out.
    recency = None if sent is None else _RECENCY.read(sent)
    return item if recency == sent else item._replace(source=item.source._replace(recency=recency)), found


def _read_subs(subs: Iterable[SubItem], hierarchy: Hierarchy) -> tuple[tuple[SubItem, ...], Troubles]:
    read = [(sub, *_read(sub.values, sub.class_name, hierarchy)) for sub in subs]
    warnings = [warning for _, _, found in read for warning in found]
    return tuple([sub._replace(values=values) for sub, values, _ in read]), tuple(warnings)


def _read(values: dict[str, Value], table: str, hierarchy: Hierarchy) -> tuple[dict[str, Value], Troubles]:
    """The values as the columns of *table* have them: themselves where nothing is to be changed."""
    length = hierarchy.lengths(table).get
    others = [(field, text) for field, text in values.items() if text and len(text) > length(field, -1)]
    found: list[Trouble] = []
    changed: dict[str, Value] = {}
    for field, text in others:
        column = SYS_ID if field == "sys_id" else hierarchy.columns(table).get(field)
        read = text if column is None else column.read(text)
        if read != text:
            changed[field] = read
        if read is None and column is not None:
            found.append(trouble("value", value=text, field=field, table=table, expected=column.expected))
    if not changed:
        return values, ()
    values = {**values, **changed}
    for field in changed:
        if values[field] is None:
            del values[field]
    return values, tuple(found)


class Ruled(NamedTuple):
    """The rule that an item falls under, its lookup and related records with their entries, and what lacks one."""

    rule: Rule | None
    subs: tuple[PreparedSub, ...] = ()
    errors: Troubles = ()


def under_rule(item: Item, numbers: Iterator[int], model: Model) -> Ruled:
    """Put the item under its rule; its lookup and related records get the next *numbers*."""
    name = item.class_name
    plan = model.plan(name)
    rule = plan.rule
    if plan.is_sound and not (item.lookup or item.related):  # nearly always
        return Ruled(rule)
    subs = without_entries(item, numbers)
    if rule is None or not rule.entries:
        return Ruled(rule, subs, (trouble("rule", table=name),))
    if not rule.independent and model.is_other(name):
        return Ruled(None, subs, (trouble("dependent_table", table=name, rule=rule.name),))
    errors: list[Trouble] = []
    if rule.independent and any("sys_class_name" in entry.attributes for entry in rule.entries):
        errors.append(trouble("class_as_criterion", table=rule.applies_to))
    if not rule.independent and any(entry.is_lookup for entry in rule.entries):
        errors.append(trouble("dependent_lookup", table=rule.applies_to))
    lookups = tuple(entry for entry in rule.entries if entry.is_lookup)
    found: list[PreparedSub] = []
    for sub in subs:
        entry = _entry_of(sub, lookups if sub.is_lookup else rule.related, model)
        found.append(sub._replace(entry=entry))
        if entry is None:
            errors.append(_without_entry(sub, rule.applies_to))
    return Ruled(rule, tuple(found), tuple(errors))


def under_none(item: Item, numbers: Iterator[int]) -> Ruled:
    """A qualifier is found by its place in a chain, so that nothing says how to find its records."""
    subs = without_entries(item, numbers)
    return Ruled(None, subs, tuple([_without_entry(sub, item.class_name) for sub in subs]))


def _without_entry(sub: PreparedSub, table: str) -> Trouble:
    return trouble("lookup_rule" if sub.is_lookup else "related_rule", table=table, kind=sub.class_name)


def without_entries(item: Item, numbers: Iterator[int]) -> tuple[PreparedSub, ...]:
    """The item's lookup and related records."""
    lookup = [PreparedSub(next(numbers), each, is_lookup=True) for each in item.lookup]
    return (*lookup, *[PreparedSub(next(numbers), each, is_lookup=False) for each in item.related])


def _entry_of(sub: PreparedSub, entries: tuple[Entry, ...], model: Model) -> Entry | None:
    """The first entry for the record's table that it has the attributes for, else the first one."""
    fitting = [entry for entry in entries if model.hierarchy.is_a(sub.class_name, entry.table)]
    whole = (entry for entry in fitting if criterion(sub.item, entry) is not None)
    return next(whole, fitting[0] if fitting else None)


def with_fields(item: Item, model: Model) -> tuple[Item, Troubles]:
    """The item without values for which its class has no field, and a warning for each that no class has."""
    name = item.class_name
    plan = model.plan(name)
    found: Troubles = ()
    if not plan.identifies:
        return item, ()
    sent = item.raw.get("values") or ()
    if not DOMAIN_FIELDS.isdisjoint(sent):
        fields = sorted(DOMAIN_FIELDS.intersection(sent))
        found = tuple([trouble("domain_field", field=field, table=name) for field in fields])
    if not plan.sendable.issuperset(item.values):
        is_free = name in model.other_tables
        fields = sorted(item.values.keys() - plan.sendable)
        fields = [field for field in fields if is_free or not model.hierarchy.is_field(field)]
        found += tuple([trouble("field", field=field, table=name) for field in fields])
        item = item._replace(values=_only(item.values, plan.sendable))
    return item, found


def fillable(sub: PreparedSub, model: Model) -> PreparedSub:
    """The lookup or related record without values for which its table has no field."""
    values = _only(sub.item.values, model.plan(sub.class_name).fillable)
    return sub._replace(item=sub.item._replace(values=values))


def _only(values: Mapping[str, Value], fields: frozenset[str]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if name in fields}
