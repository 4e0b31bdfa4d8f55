"""Qualifiers: CIs of `cmdb_ci_qualifier` that stand between two others and say more of their relation.

Two CIs have one chain of qualifiers for a type of relation at most; where a payload brings another chain than the
one that is stored, the stored one is changed to match ("Relation qualifier", "Identification rules").
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from simulator.cmdb.call import Call
from simulator.cmdb.messages import trouble
from simulator.cmdb.preparation.relations import Link, Tie
from simulator.cmdb.work import Part, Work

CLASS = "cmdb_ci_qualifier"


def is_qualifier(part: Part, call: Call) -> bool:
    """Whether the record is a qualifier: it has no identity but its place in a chain."""
    return isinstance(part, Work) and CLASS in call.model.hierarchy.chain(part.item.class_name)


def tie(links: Iterable[Link], works: Iterable[Work], call: Call) -> list[Tie]:
    """What the relations tie together; a qualifier that ties nothing together gets its error."""
    ties = []
    chained: set[Part] = set()
    after: dict[Part, list[Link]] = defaultdict(list)
    for each in links:
        after[each.parent].append(each)
    for each in links:
        if is_qualifier(each.parent, call):
            continue
        qualifiers, end = _follow(each, after, chained, call)
        if end is not None:
            ties.append(Tie(each.parent, end, each.type, tuple(qualifiers), each.text))
    for work in works:
        if is_qualifier(work, call) and work not in chained and not work.errors:
            work.errors += (trouble("qualifier_end", item=call.echo(work)),)
    return ties


def _follow(
    first: Link, after: dict[Part, list[Link]], chained: set[Part], call: Call
) -> tuple[list[Work], Part | None]:
    """The qualifiers from the *first* relation on, and what stands at their end."""
    found: list[Work] = []
    at = first
    while isinstance(at.child, Work) and is_qualifier(at.child, call):
        qualifier = at.child
        if qualifier in found:
            qualifier.errors += (trouble("loop", relation=at.type),)
            return found, None
        taken = qualifier in chained
        found.append(qualifier)
        chained.add(qualifier)
        following = after[qualifier]
        if not following:
            qualifier.errors += (trouble("qualifier_end", item=call.echo(qualifier)),)
            return found, None
        if taken or len(following) > 1 or following[0].type != first.type:
            ends = [each for each in (at.parent, following[-1].child) if isinstance(each, Work)]
            texts = [call.echo(each) for each in (*ends, qualifier)]
            qualifier.errors += (trouble("qualifier_paths", first=texts[0], second=texts[1]),)
            return found, None
        at = following[0]
    return found, at.child
