"""The relations of a payload: what they join, and which of them makes an item depend on another."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from simulator.cmdb.call import Call
from simulator.cmdb.messages import trouble
from simulator.cmdb.payload import Payload
from simulator.cmdb.response import RelationResult
from simulator.cmdb.rules.identifiers import Dependency
from simulator.cmdb.text import fold
from simulator.cmdb.work import Part, Work, owner_of


@dataclass(slots=True, eq=False)
class Link:
    """A relation of the payload between two of its records."""

    parent: Part
    child: Part
    type: str
    result: RelationResult
    source_name: str | None
    source_feed: str | None
    sent_source: bool
    text: str
    """The relation as it was sent, in JSON."""

    @property
    def ends(self) -> tuple[Part, Part]:
        """The parent and the child."""
        return self.parent, self.child


@dataclass(frozen=True, slots=True)
class Tie:
    """A parent and a child that are related, directly or by a chain of qualifiers."""

    parent: Part
    child: Part
    type: str
    qualifiers: tuple[Work, ...] = ()
    text: str = field(default="", compare=False)
    """The relation, the first of a chain, as it was sent."""


def by_internal_id(works: Iterable[Work]) -> dict[str, Part]:
    """The items and their lookup and related records that have an `internal_id`."""
    parts: list[Part] = []
    for work in works:
        parts += [work, *work.subs]
    return {part.item.internal_id: part for part in parts if part.item.internal_id}


def link(
    parsed: Payload, works: list[Work], first_added: int, call: Call
) -> tuple[list[Link], list[RelationResult]]:
    """The relations with their ends found; one that has none carries its error."""
    by_id: Mapping[str, Part] = by_internal_id(works)
    links, results, sent_items = [], [], sum(not work.added for work in works)
    for place, relation in enumerate(parsed.relations):
        result = RelationResult(place, added=place >= first_added)
        results.append(result)
        text = json.dumps(dict(relation.raw), separators=(",", ":"))
        within = len(works) if result.added else sent_items  # What was stored follows what was sent.
        ends: list[Part] = []
        for role, end in (("parent", relation.parent), ("child", relation.child)):
            part: Part | None = None
            if relation.by_id:
                part = by_id.get(str(end))
            elif isinstance(end, int) and 0 <= end < within:
                part = works[end]
            if part is None:
                index = "null" if end is None else end
                result.errors += (trouble("relation_index", relation=text, role=role, index=index),)
            elif call.model.is_other(table := owner_of(part).item.class_name):
                result.errors += (trouble("relation_table", relation=text, role=role, table=table),)
            else:
                ends.append(part)
        kind = call.model.relation_types.get(fold(relation.type))
        if kind is None:
            result.errors += (trouble("relation_type", name=relation.type),)
        elif len(kind.sys_ids) > 1:
            result.errors += (trouble("relation_types", name=kind.name, sys_ids=", ".join(kind.sys_ids)),)
        if kind is not None and not result.errors:
            sent = "sys_rel_source_info" in relation.raw
            parent, child = ends
            source = relation.source_name, relation.source_feed
            links.append(Link(parent, child, kind.name, result, *source, sent, text))
    return links, results


def find_hosts(works: list[Work], ties: list[Tie], call: Call) -> None:
    """Give each dependent the one item it depends on ("CMDB dependent relationship rules")."""
    ties_by_part: dict[Part, list[Tie]] = defaultdict(list)
    for each in dict.fromkeys(ties):
        ties_by_part[each.parent].append(each)
        ties_by_part[each.child].append(each)
    for work in works:
        if work.rule is not None and not work.rule.independent and not work.item.values.get("sys_id"):
            _find_host(work, ties_by_part[work], call)
    _refuse_loops(works)


def _find_host(work: Work, ties: list[Tie], call: Call) -> None:
    name = work.item.class_name
    rules = call.model.rules.dependencies_of(call.model.hierarchy, name)
    if not rules:
        work.errors += (trouble("metadata", kind=name),)
        return
    found = [hit for tie in ties for rule in rules if (hit := _dependency(work, tie, rule, call)) is not None]
    if not found:
        text = ",".join(rule.text(name) for rule in rules)
        work.errors += (trouble("dependency", kind=name, rules=text, item=call.echo(work)),)
        return
    host, rule, tie = found[0]
    work.host, work.dependency = host, rule
    for other, _, another in found[1:]:
        if other is not host:
            work.errors += (trouble("dependencies", first=tie.text, second=another.text),)
        elif another != tie:
            key = "paths" if tie.qualifiers or another.qualifiers else "several_relations"
            work.errors += (trouble(key, first=call.echo(work), second=call.echo(host)),)
        else:
            continue
        return


def _dependency(work: Work, tie: Tie, rule: Dependency, call: Call) -> tuple[Work, Dependency, Tie] | None:
    """The host that *tie* gives the item under *rule*."""
    own, other = (tie.parent, tie.child) if rule.dependent_is_parent else (tie.child, tie.parent)
    host_class = rule.child if rule.dependent_is_parent else rule.parent
    fits = own is work and rule.relation == tie.type and isinstance(other, Work) and other is not work
    if not fits or not call.model.hierarchy.is_a(other.item.class_name, host_class):
        return None
    assert isinstance(other, Work)
    return other, rule, tie


def _refuse_loops(works: list[Work]) -> None:
    """An item that depends on itself, however far around, cannot be identified."""
    sound: set[Work] = set()
    for work in works:
        path: dict[Work, None] = {}
        at: Work | None = work
        while at is not None and at not in sound and at not in path:
            path[at] = None
            at = at.host
        if at is not None and at in path:
            assert at.dependency is not None
            for each in path:
                each.errors += (trouble("loop", relation=at.dependency.relation),)
        sound.update(path)


def levels(works: Sequence[Work], needs: Mapping[Work, list[Work]]) -> Iterator[Sequence[Work]]:
    """The items so that each comes after what it depends on, and after what it *needs* where that can be."""
    if not needs and not any(work.host for work in works):  # most payloads have one level
        if works:
            yield works
        return
    waiting = dict.fromkeys(works)
    while waiting:
        rooted = [work for work in waiting if work.host not in waiting]
        ready = [work for work in rooted if not any(each in waiting for each in needs.get(work, ()))] or rooted
        if not ready:  # Only items in a loop are left, and those carry an error.
            ready = list(waiting)
        for work in ready:
            del waiting[work]
        yield ready
