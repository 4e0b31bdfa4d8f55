"""The payload made ready: read, with what is stored of its items, under its rules, equal items united."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from simulator.cmdb import payload
from simulator.cmdb.call import Call
from simulator.cmdb.items import Link, Prepared, PreparedItems, Reference, Troubles
from simulator.cmdb.payload import Payload
from simulator.cmdb.preparation import partials, qualifiers, references
from simulator.cmdb.preparation.deduplication import Deduplicator
from simulator.cmdb.preparation.preparation import (
    check_source,
    fillable,
    read_values,
    under_none,
    under_rule,
    with_fields,
)
from simulator.cmdb.preparation.relations import Tie, levels, link, with_hosts


@dataclass(frozen=True, slots=True)
class Whole:
    """What was sent, and with it what is stored of its items."""

    payload: Payload
    warnings: Sequence[Troubles]
    """Of the items that were sent, which come first."""
    stored_ids: Mapping[int, Sequence[str]]
    """By item the stored partial payloads that are in it."""
    sent_relations: int
    """How many relations were sent; these, too, come first."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """The items to identify, and what joins them."""

    items: PreparedItems
    links: Sequence[Link]
    refused: Mapping[int, Troubles]
    """What is wrong with the relations that join nothing, by their places."""
    relations: int
    """How many there are, those that join nothing and those that were stored included."""
    sent_relations: int
    references: Sequence[Reference]
    ties: Sequence[Tie]


def read(body: str | Mapping[str, Any], call: Call) -> Whole:
    """The body as values in the form in which records keep them. Raises PayloadError."""
    sent, warnings = read_values(payload.parse(body), call.model.hierarchy)
    whole, stored_ids = partials.merge(sent, call) if call.options.partial_payloads else (sent, {})
    return Whole(whole, warnings, stored_ids, len(sent.relations))


_ASKED = frozenset({"sys_id", "sys_class_name", "sys_domain", "sys_created_on", "duplicate_of", "last_discovered"})
"""The fields of a CI that the engine asks for whatever is sent."""


def asked(parsed: Payload, call: Call) -> frozenset[str] | None:
    """The fields of CIs that the call may ask for; None for all.

    It may be any where rules beside those of identification have conditions, or somebody is to be told about CIs.
    """
    model = call.model
    if call.explain or model.rulebook or model.rules.inclusion_by_class:
        return None
    names = {*_ASKED, *(each.field for each in parsed.references)}
    for name in {item.class_name for item in parsed.items}:
        by_rules = model.plan(name).asked
        if by_rules is None:
            return None
        names |= by_rules
    for item in parsed.items:
        names.update(item.values, item.display_values)
        for sub in (*item.lookup, *item.related):
            names.update(sub.values)
    return frozenset(names)


def prepare(whole: Whole, call: Call) -> Preparation:
    """Each item with its rule and its host, and equal ones as one; an item in trouble carries its error."""
    items = references.resolve(_checked(whole, call), call)
    links, refused = link(whole.payload, items, whole.sent_relations, call)
    refers, warnings = references.find(whole.payload, items, call)
    items |= {place: items[place].with_warnings(*each) for place, each in warnings.items()}
    united, ties = _unite(items, links, call)
    count = len(whole.payload.relations)
    refers = [
        each._replace(referenced=united.stand_in(each.referenced), by=united.stand_in(each.by)) for each in refers
    ]
    return Preparation(united.items, _followed(links, united), refused, count, whole.sent_relations, refers, ties)


def _checked(whole: Whole, call: Call) -> dict[int, Prepared]:
    """What the data source and each item by itself must have; the first thing that is wrong is its error."""
    model, wrong_source = call.model, check_source(call)
    numbers = count()
    items: dict[int, Prepared] = {}
    for place, sent in enumerate(whole.payload.items):
        # What was stored has been read before.
        warnings = whole.warnings[place] if place < len(whole.warnings) else ()
        is_qualifier = qualifiers.is_qualifier(sent, call)
        ruled = under_none(sent, numbers) if is_qualifier else under_rule(sent, numbers, model)
        errors = ruled.errors[:1] if wrong_source is None else (wrong_source,)
        item, found = with_fields(sent, model)
        subs = ruled.subs
        if subs and model.plan(sent.class_name).identifies:
            subs = tuple([fillable(each, model) for each in subs])
        sources = (sent.source,) if sent.source.name and sent.source.key else ()
        merged = tuple(whole.stored_ids.get(place, ()))
        items[place] = Prepared(
            place, item, {}, ruled.rule, subs, sources, None, None, errors, warnings + found, merged_ids=merged
        )
    return items


def _unite(items: PreparedItems, links: Sequence[Link], call: Call) -> tuple[Deduplicator, list[Tie]]:
    """Equal items become one; dependents get their hosts in between, for only under one host they are equal."""
    united = Deduplicator(items, call)
    united.take(each.place for each in items.values() if each.rule is not None and each.rule.independent)
    ties, errors = qualifiers.tie(_followed(links, united), united.items, call)
    for place, found in errors.items():
        united.items[place] = united.items[place].with_errors(*found)
    if dependents := [each for each in united.items.values() if each.is_dependent]:
        united.items |= with_hosts(dependents, united.items, ties, call)
    for level in levels([united.items[each.place] for each in dependents], {}):
        united.take(each.place for each in level)
    if united.refusal is not None:
        united.items = {
            place: each if each.errors else each.with_errors(united.refusal)
            for place, each in united.items.items()
        }
    ties = [replace(each, parent=united.stand_in(each.parent), child=united.stand_in(each.child)) for each in ties]
    return united, ties


def _followed(links: Iterable[Link], united: Deduplicator) -> list[Link]:
    """The relations between the items that stand for equal ones."""
    return [
        each._replace(parent=united.stand_in(each.parent), child=united.stand_in(each.child)) for each in links
    ]
