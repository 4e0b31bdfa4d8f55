"""Before identification: equal items become one, rules are found, dependents get their hosts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from simulator.cmdb.identification import lookups, runnable
from simulator.cmdb.messages import trouble
from simulator.cmdb.model import Model
from simulator.cmdb.payload import Payload, SubItem
from simulator.cmdb.response import RelationResult
from simulator.cmdb.work import Work


@dataclass(slots=True)
class Link:
    """A relation of the payload between two of its items."""

    parent: Work
    child: Work
    type: str
    result: RelationResult
    source_name: str | None
    source_feed: str | None
    sent_source: bool


def deduplicate(works: list[Work], model: Model, *, merge: bool) -> dict[int, Work]:
    """The work for each index of the payload; equal items become one work, or each gets an error."""
    first: dict[object, Work] = {}
    by_index: dict[int, Work] = {}
    found = None
    for work in works:
        place, key, fields = work.item.indices[0], *_identity(work, model)
        earlier = first.setdefault(key, work) if key is not None else work
        by_index[place] = earlier
        if earlier is work:
            continue
        if not merge:
            by_index[place] = work
            found = found or trouble(
                "duplicate_items",
                first=earlier.item.indices[0],
                second=place,
                kind=work.item.class_name,
                fields=", ".join(fields),
            )
            continue
        earlier.merged_ids += work.merged_ids
        earlier.item = replace(
            earlier.item,
            values={**earlier.item.values, **work.item.values},
            lookup=earlier.item.lookup
            + tuple(each for each in work.item.lookup if each not in earlier.item.lookup),
            related=earlier.item.related
            + tuple(each for each in work.item.related if each not in earlier.item.related),
            indices=earlier.item.indices + work.item.indices,
        )
    if found is not None:
        for work in works:
            work.errors.append(found)
    return by_index


def _identity(work: Work, model: Model) -> tuple[object, tuple[str, ...]]:
    item, rule = work.item, work.rule
    if item.values.get("sys_id"):
        return ("sys_id", item.values["sys_id"]), ("sys_id",)
    if item.source.name and item.source.key:
        return ("source", item.source.name, item.source.key), ("source_name", "source_native_key")
    if rule is None:
        return None, ()
    for entry in rule.entries:
        if entry.is_lookup:
            parts = lookups(model, work, entry)
            if parts:
                keys = frozenset(tuple(each.values[name] for name in entry.attributes) for each in parts)
                return (entry.sys_id, keys), entry.attributes
        elif runnable(model, work, entry):
            values = tuple(
                item.class_name if name == "sys_class_name" else item.values.get(name) for name in entry.attributes
            )
            host = None if work.host is None else id(work.host)
            return (entry.sys_id, values, host), entry.attributes
    return None, ()


def check_rule(work: Work, model: Model) -> None:
    """Give the work its rule, or the error of a class or lookup class without one."""
    name = work.item.class_name
    rule = work.rule = model.rules.rule_of(model.hierarchy, name) if name in model.hierarchy else None
    if rule is None or not rule.entries:
        work.errors.append(trouble("rule", table=name))
        return
    if rule.independent and any("sys_class_name" in entry.attributes for entry in rule.entries):
        work.errors.append(trouble("class_as_criterion", table=rule.applies_to))
    if not rule.independent and any(entry.is_lookup for entry in rule.entries):
        work.errors.append(trouble("dependent_lookup", table=rule.applies_to))
    tables = [entry.table for entry in rule.entries if entry.is_lookup]
    for sub in work.item.lookup:
        if not any(model.hierarchy.is_a(sub.class_name, table) for table in tables):
            work.errors.append(trouble("lookup_rule", table=rule.applies_to, kind=sub.class_name))
    for sub in work.item.related:
        if not any(model.hierarchy.is_a(sub.class_name, entry.table) for entry in rule.related):
            work.errors.append(trouble("related_rule", table=rule.applies_to, kind=sub.class_name))


def check_fields(work: Work, model: Model) -> None:
    """Leave out the values for which the item's class has no field, with a warning where no class has one."""
    item, name = work.item, work.item.class_name
    if name not in model.hierarchy:
        return
    kept = {"sys_id", *model.hierarchy.fields(name)}
    for field in item.values.keys() - kept:
        if not model.hierarchy.is_field(field):
            work.warnings.append(trouble("field", field=field, table=name))
    work.item = replace(
        item,
        values={field: value for field, value in item.values.items() if field in kept},
        lookup=_with_known_fields(item.lookup, model),
        related=_with_known_fields(item.related, model),
    )


def _with_known_fields(subs: tuple[SubItem, ...], model: Model) -> tuple[SubItem, ...]:
    return tuple(
        replace(
            sub,
            values={
                name: sub.values[name] for name in sub.values if name in model.hierarchy.fields(sub.class_name)
            },
        )
        for sub in subs
    )


def link(
    parsed: Payload, by_index: dict[int, Work], model: Model, first_added: int
) -> tuple[list[Link], list[RelationResult]]:
    """The relations with their ends found; one that has none carries its error."""
    by_id = {each.item.internal_id: each for each in by_index.values() if each.item.internal_id}
    for index, item in enumerate(parsed.items):
        if item.internal_id:
            by_id[item.internal_id] = by_index[index]
    links, results = [], []
    for place, relation in enumerate(parsed.relations):
        result = RelationResult(place, added=place >= first_added)
        results.append(result)
        ends = []
        for end in (relation.parent, relation.child):
            work = by_id.get(str(end)) if relation.by_id else by_index.get(end) if isinstance(end, int) else None
            if work is None:
                text = dict(relation.raw)
                result.errors.append(trouble("relation_index", relation=text, index=end))
            else:
                ends.append(work)
        types = model.relation_types.get(relation.type, ())
        if not types:
            result.errors.append(trouble("relation_type", name=relation.type))
        elif len(types) > 1:
            result.errors.append(trouble("relation_types", name=relation.type, sys_ids=", ".join(types)))
        if not result.errors:
            sent = "sys_rel_source_info" in relation.raw
            parent, child = ends
            links.append(
                Link(parent, child, relation.type, result, relation.source_name, relation.source_feed, sent)
            )
    return links, results


def find_hosts(works: list[Work], links: list[Link], model: Model, echo: Callable[[Work], str]) -> None:
    """Give each dependent the one item it depends on ("CMDB dependent relationship rules")."""
    links_by_work: dict[Work, list[Link]] = {}
    for each in links:
        links_by_work.setdefault(each.parent, []).append(each)
        links_by_work.setdefault(each.child, []).append(each)
    for work in works:
        if work.rule is None or work.rule.independent:
            continue
        name = work.item.class_name
        rules = model.rules.dependencies_of(model.hierarchy, name)
        if not rules:
            work.errors.append(trouble("metadata", kind=name))
            continue
        hosts: list[Work] = []
        for each in links_by_work.get(work, ()):
            for rule in rules:
                own, other = (each.parent, each.child) if rule.dependent_is_parent else (each.child, each.parent)
                other_class = rule.child if rule.dependent_is_parent else rule.parent
                fits = rule.relation == each.type and model.hierarchy.is_a(other.item.class_name, other_class)
                if own is work and fits and other not in hosts:
                    hosts.append(other)
                    work.host, work.dependency = other, rule
        if not hosts:
            text = ",".join(rule.text(name) for rule in rules)
            work.errors.append(trouble("dependency", kind=name, rules=text, item=echo(work)))
        elif len(hosts) > 1:
            work.errors.append(trouble("dependencies", first=echo(hosts[0]), second=echo(hosts[1])))
