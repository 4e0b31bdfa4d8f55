"""The payload made ready: read, with what is stored of its items, under its rules, equal items united."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from simulator.cmdb import payload
from simulator.cmdb.call import Call
from simulator.cmdb.messages import Trouble
from simulator.cmdb.payload import Payload
from simulator.cmdb.preparation import partials, qualifiers, references
from simulator.cmdb.preparation.deduplication import Deduplicator
from simulator.cmdb.preparation.preparation import check_fields, check_rule, check_source, read_values
from simulator.cmdb.preparation.references import Reference
from simulator.cmdb.preparation.relations import Link, Tie, find_hosts, levels, link
from simulator.cmdb.response import RelationResult
from simulator.cmdb.work import Work


@dataclass(frozen=True, slots=True)
class Whole:
    """What was sent, and with it what is stored of its items."""

    payload: Payload
    warnings: Sequence[Sequence[Trouble]]
    """Of the items that were sent, which come first."""
    stored_ids: Mapping[int, Sequence[str]]
    """By item the stored partial payloads that are in it."""
    sent_relations: int
    """How many relations were sent; these, too, come first."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The items to identify, and what joins them."""

    works: Sequence[Work]
    links: Sequence[Link]
    results: Sequence[RelationResult]
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


def prepare(whole: Whole, call: Call) -> Prepared:
    """Each item with its rule and its host, and equal ones as one; an item in trouble carries its error."""
    works = [Work.of(each) for each in whole.payload.items]
    for work, found in zip(works, whole.warnings, strict=False):  # what was stored has been read before
        work.warnings = tuple(found)
    for place, sys_ids in whole.stored_ids.items():
        works[place].merged_ids += tuple(sys_ids)
    _check(works, call)
    links, results = link(whole.payload, works, whole.sent_relations, call)
    refers = references.find(whole.payload, works, call)
    works, ties = _unite(works, links, refers, call)
    return Prepared(works, links, results, refers, ties)


def _check(works: Sequence[Work], call: Call) -> None:
    """What the data source and each item by itself must have; the first thing that is wrong is its error."""
    wrong_source = check_source(call)
    for work in works:
        if wrong_source is not None:
            work.errors += (wrong_source,)
        if not qualifiers.is_qualifier(work, call):
            check_rule(work, call.model)
        check_fields(work, call.model)
        work.errors = work.errors[:1]
    references.resolve(works, call)


def _unite(
    works: Sequence[Work], links: Sequence[Link], refers: Sequence[Reference], call: Call
) -> tuple[list[Work], list[Tie]]:
    """Equal items become one; dependents get their hosts in between, for only under one host they are equal."""
    united = Deduplicator(call)
    dependents = [work for work in works if work.rule is not None and not work.rule.independent]
    united.take(work for work in works if work.rule is not None and work.rule.independent)
    _follow(united, links, refers)
    ties = qualifiers.tie(links, works, call)
    find_hosts([work for work in dependents if not work.errors], ties, call)
    for level in levels(dependents, {}):
        united.take(level)
    _follow(united, links, refers)
    if united.refusal is not None:
        for work in works:
            if not work.errors:
                work.errors += (united.refusal,)
    ties = [replace(each, parent=united.stand_in(each.parent), child=united.stand_in(each.child)) for each in ties]
    return [work for work in works if work not in united.standing], ties


def _follow(united: Deduplicator, links: Iterable[Link], refers: Iterable[Reference]) -> None:
    """Point relations and references at the items that stand for merged ones."""
    for each in links:
        each.parent, each.child = united.stand_in(each.parent), united.stand_in(each.child)
    for reference in refers:
        reference.referenced, reference.by = united.stand_in(reference.referenced), united.stand_in(reference.by)
