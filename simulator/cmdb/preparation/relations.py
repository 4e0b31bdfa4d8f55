"""The relations of a payload: what they join, and which of them makes an item depend on another."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from simulator.cmdb.call import Call
from simulator.cmdb.items import Link, Pointer, Prepared, PreparedItems, Troubles
from simulator.cmdb.messages import Trouble, trouble
from simulator.cmdb.payload import Payload
from simulator.cmdb.rules.identifiers import Dependency
from simulator.cmdb.text import fold


@dataclass(frozen=True, slots=True)
class Tie:
    """A parent and a child that are related, directly or by a chain of qualifiers."""

    parent: Pointer
    child: Pointer
    type: str
    qualifiers: tuple[int, ...] = ()
    text: str = field(default="", compare=False)
    """The relation, the first of a chain, as it was sent."""


def by_internal_id(items: PreparedItems) -> dict[str, Pointer]:
    """The items and their lookup and related records that have an `internal_id`."""
    return {
        item.internal_id: pointer for each in items.values() for pointer, item in each.records if item.internal_id
    }


def link(
    parsed: Payload, items: PreparedItems, first_added: int, call: Call
) -> tuple[list[Link], dict[int, Troubles]]:
    """The relations with their ends found, and by its place what is wrong with one that joins nothing."""
    pointer_by_id: Mapping[str, Pointer] = by_internal_id(items) if parsed.relations else {}
    sent_items = sum(not each.added for each in items.values())
    links: list[Link] = []
    wrong: dict[int, Troubles] = {}
    for place, relation in enumerate(parsed.relations):
        text = json.dumps(dict(relation.raw), separators=(",", ":"))
        within = len(items) if place >= first_added else sent_items  # What was stored follows what was sent.
        ends: list[Pointer] = []
        errors: list[Trouble] = []
        for role, end in (("parent", relation.parent), ("child", relation.child)):
            pointer: Pointer | None = None
            if relation.by_id:
                pointer = pointer_by_id.get(str(end))
            elif isinstance(end, int) and 0 <= end < within:
                pointer = Pointer(end)
            if pointer is None:
                index = "null" if end is None else end
                errors.append(trouble("relation_index", relation=text, role=role, index=index))
            elif call.model.is_other(table := items[pointer.item].item.class_name):
                errors.append(trouble("relation_table", relation=text, role=role, table=table))
            else:
                ends.append(pointer)
        kind = call.model.relation_types.get(fold(relation.type))
        if kind is None:
            errors.append(trouble("relation_type", name=relation.type))
        elif len(kind.sys_ids) > 1:
            errors.append(trouble("relation_types", name=kind.name, sys_ids=", ".join(kind.sys_ids)))
        if kind is None or errors:
            wrong[place] = tuple(errors)
            continue
        parent, child = ends
        sent = "sys_rel_source_info" in relation.raw
        source = relation.source_name, relation.source_feed
        links.append(Link(place, parent, child, kind.name, *source, sent, text))
    return links, wrong


def with_hosts(
    dependents: Iterable[Prepared], items: PreparedItems, ties: Iterable[Tie], call: Call
) -> dict[int, Prepared]:
    """The *dependents* with the one of the *items* that each depends on ("CMDB dependent relationship rules")."""
    ties_by_pointer: dict[Pointer, list[Tie]] = defaultdict(list)
    for each in dict.fromkeys(ties):
        ties_by_pointer[each.parent].append(each)
        ties_by_pointer[each.child].append(each)
    hosted = {
        each.place: _with_host(each, ties_by_pointer[Pointer(each.place)], items, call)
        for each in dependents
        if not each.errors and not each.item.values.get("sys_id")
    }
    return _without_loops(hosted)


def _with_host(ready: Prepared, ties: list[Tie], items: PreparedItems, call: Call) -> Prepared:
    name = ready.item.class_name
    rules = call.model.rules.dependencies_of(call.model.hierarchy, name)
    if not rules:
        return ready.with_errors(trouble("metadata", kind=name))
    hits = ((tie, rule, _host_by(ready, tie, rule, items, call)) for tie in ties for rule in rules)
    found = [(host, rule, tie) for tie, rule, host in hits if host is not None]
    if not found:
        text = ",".join(rule.text(name) for rule in rules)
        return ready.with_errors(trouble("dependency", kind=name, rules=text, item=call.echo(ready)))
    host, rule, tie = found[0]
    hosted = ready._replace(host=host, dependency=rule)
    for other, _, another in found[1:]:
        if other != host:
            return hosted.with_errors(trouble("dependencies", first=tie.text, second=another.text))
        if another != tie:
            key = "paths" if tie.qualifiers or another.qualifiers else "several_relations"
            return hosted.with_errors(trouble(key, first=call.echo(ready), second=call.echo(items[host])))
    return hosted


def _host_by(ready: Prepared, tie: Tie, rule: Dependency, items: PreparedItems, call: Call) -> int | None:
    """The host that *tie* gives the item under *rule*."""
    own, other = (tie.parent, tie.child) if rule.dependent_is_parent else (tie.child, tie.parent)
    fits = own == Pointer(ready.place) and rule.relation == tie.type and other.sub is None and other != own
    host_class = rule.child if rule.dependent_is_parent else rule.parent
    is_host = fits and call.model.hierarchy.is_a(items[other.item].item.class_name, host_class)
    return other.item if is_host else None


def _without_loops(hosted: PreparedItems) -> dict[int, Prepared]:
    """The items; one that depends on itself, however far around, cannot be identified."""
    sound: set[int] = set()
    checked = dict(hosted)
    for place in hosted:
        path: dict[int, None] = {}
        at: int | None = place
        while at is not None and at not in sound and at not in path:
            path[at] = None
            at = hosted[at].host if at in hosted else None
        if at is not None and at in path:
            dependency = hosted[at].dependency
            assert dependency is not None
            for each in path:  # all of them have hosts
                checked[each] = checked[each].with_errors(trouble("loop", relation=dependency.relation))
        sound.update(path)
    return checked


def levels(items: Iterable[Prepared], needs: Mapping[int, Sequence[int]]) -> Iterator[Sequence[Prepared]]:
    """The items so that each comes after what it depends on, and after what it *needs* where that can be."""
    waiting = {each.place: each for each in items}
    if not needs and not any(each.host is not None for each in waiting.values()):  # most payloads have one level
        if waiting:
            yield list(waiting.values())
        return
    while waiting:
        rooted = [each for each in waiting.values() if each.host not in waiting]
        level = [each for each in rooted if not any(need in waiting for need in needs.get(each.place, ()))]
        # Only items in a loop may be left, and those carry an error.
        level = level or rooted or list(waiting.values())
        for each in level:
            del waiting[each.place]
        yield level
