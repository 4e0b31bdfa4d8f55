"""Before identification: what the values mean, what the items need to have, and under which rules they fall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from simulator.cmdb.call import Call
from simulator.cmdb.classes.columns import Column, Type
from simulator.cmdb.classes.hierarchy import SYS_ID, Hierarchy
from simulator.cmdb.messages import Trouble, trouble
from simulator.cmdb.payload import DOMAIN_FIELDS, Item, Payload, SubItem
from simulator.cmdb.preparation.criteria import criterion
from simulator.cmdb.records import Value
from simulator.cmdb.rules.identifiers import Entry
from simulator.cmdb.rules.model import Model
from simulator.cmdb.text import fold
from simulator.cmdb.work import SubWork, Work

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


def read_values(parsed: Payload, hierarchy: Hierarchy) -> tuple[Payload, list[list[Trouble]]]:
    """The payload with all values in the form in which records keep them, and a warning for each that is none.

    What is no value of its column is left out; what has no column is for `check_fields`. The warnings are by item.
    """
    warnings: list[list[Trouble]] = []
    for item in parsed.items:
        found = _read(item, hierarchy)
        for sub in (*item.lookup, *item.related):
            found += _read(sub, hierarchy)
        warnings.append(found)
    return replace(parsed, items=tuple([_with_recency(item) for item in parsed.items])), warnings


def _read(part: Item | SubItem, hierarchy: Hierarchy) -> list[Trouble]:
    values, name = part.values, part.class_name
    length = hierarchy.lengths(name).get
    others = [(field, text) for field, text in values.items() if text and len(text) > length(field, -1)]
    found: list[Trouble] = []
    for field, text in others:
        column = SYS_ID if field == "sys_id" else hierarchy.columns(name).get(field)
        if column is None:
            continue
        read = column.read(text)
        if read is not None:
            values[field] = read
        else:
            del values[field]
            found.append(trouble("value", value=text, field=field, table=name, expected=column.expected))
    return found


def _with_recency(item: Item) -> Item:
    """The item with the time of its source's word as records keep times; what is none counts as left out."""
    sent = item.source.recency
    read = None if sent is None else _RECENCY.read(sent)
    return item if read == sent else item._replace(source=item.source._replace(recency=read))


def check_rule(work: Work, model: Model) -> None:
    """Give the work its rule and its lookup and related records their entries, or the error of one without."""
    name = work.item.class_name
    plan = model.plan(name)
    rule = work.rule = plan.rule
    if plan.is_sound and not work.subs:  # nearly always
        return
    if rule is None or not rule.entries:
        work.errors += (trouble("rule", table=name),)
        return
    if not rule.independent and model.is_other(name):
        work.rule = None
        work.errors += (trouble("dependent_table", table=name, rule=rule.name),)
        return
    if rule.independent and any("sys_class_name" in entry.attributes for entry in rule.entries):
        work.errors += (trouble("class_as_criterion", table=rule.applies_to),)
    if not rule.independent and any(entry.is_lookup for entry in rule.entries):
        work.errors += (trouble("dependent_lookup", table=rule.applies_to),)
    lookups = tuple(entry for entry in rule.entries if entry.is_lookup)
    for sub in work.subs:
        sub.entry = _entry_of(sub, lookups if sub.is_lookup else rule.related, model)
        if sub.entry is None:
            key = "lookup_rule" if sub.is_lookup else "related_rule"
            work.errors += (trouble(key, table=rule.applies_to, kind=sub.class_name),)


def _entry_of(sub: SubWork, entries: tuple[Entry, ...], model: Model) -> Entry | None:
    """The first entry for the record's table that it has the attributes for, else the first one."""
    fitting = [entry for entry in entries if model.hierarchy.is_a(sub.class_name, entry.table)]
    whole = (entry for entry in fitting if criterion(sub.item, entry) is not None)
    return next(whole, fitting[0] if fitting else None)


def check_fields(work: Work, model: Model) -> None:
    """Leave out the values for which the item's class has no field, with a warning where no class has one."""
    item, name = work.item, work.item.class_name
    plan = model.plan(name)
    if not plan.identifies:
        return
    sent = item.raw.get("values") or ()
    if not DOMAIN_FIELDS.isdisjoint(sent):
        for field in sorted(DOMAIN_FIELDS.intersection(sent)):
            work.warnings += (trouble("domain_field", field=field, table=name),)
    if not plan.sendable.issuperset(item.values):
        for field in sorted(item.values.keys() - plan.sendable):
            if name in model.other_tables or not model.hierarchy.is_field(field):
                work.warnings += (trouble("field", field=field, table=name),)
        work.item = item._replace(values=_only(item.values, plan.sendable))
    for sub in work.subs:
        sub.item = sub.item._replace(values=_only(sub.item.values, model.plan(sub.class_name).fillable))


def _only(values: Mapping[str, Value], fields: frozenset[str]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if name in fields}
