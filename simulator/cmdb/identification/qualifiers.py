"""Qualifiers: CIs of `cmdb_ci_qualifier` that stand between two others and say more of their relation.

Two CIs have one chain of qualifiers for a type of relation at most; where a payload brings another chain than the
one that is stored, the stored one is changed to match ("Relation qualifier", "Identification rules").
"""

from __future__ import annotations

from collections import defaultdict

from simulator.cmdb.call import Call
from simulator.cmdb.messages import trouble
from simulator.cmdb.preparation.relations import Link, Tie
from simulator.cmdb.records import Record, Value
from simulator.cmdb.work import Part, Work, owner_of

CLASS = "cmdb_ci_qualifier"

LONGEST = 10
"""How many qualifiers of a stored chain are followed: it bounds the queries, and real chains have one or two."""

_BY_PARENT = ("parent", "type")


def is_qualifier(part: Part, call: Call) -> bool:
    """Whether the record is a qualifier: it has no identity but its place in a chain."""
    return isinstance(part, Work) and CLASS in call.model.hierarchy.chain(part.item.class_name)


def tie(links: list[Link], works: list[Work], call: Call) -> list[Tie]:
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


def match(ties: list[Tie], call: Call) -> None:
    """Identify the qualifiers by their chains, and remove the stored chains that are to be others."""
    chains = [each for each in ties if each.qualifiers]
    for each in chains:
        failed = next((end for end in (each.parent, each.child) if end.errors), None)
        if failed is not None:
            host = owner_of(failed)
            for qualifier in each.qualifiers:
                qualifier.errors += (trouble("host", item=call.echo(qualifier), host=call.echo(host)),)
    known = [each for each in chains if each.parent.match is not None and each.child.match is not None]
    for each, rows in _stored(known, call).items():
        stored = [call.index.ci(row["child"]) for row in rows[:-1]]
        if [row and row["sys_class_name"] for row in stored] == [one.item.class_name for one in each.qualifiers]:
            for qualifier, row in zip(each.qualifiers, stored, strict=True):
                assert row is not None
                qualifier.match, qualifier.sys_id = row, row["sys_id"] or ""
            continue
        call.changes.deletes["cmdb_rel_ci"] += [row["sys_id"] or "" for row in rows]
        call.changes.deletes[CLASS] += [row["sys_id"] or "" for row in stored if row is not None]


def _stored(chains: list[Tie], call: Call) -> dict[Tie, list[Record]]:
    """For each chain the relations from its parent to its child as they are stored, if there are any."""
    index, found = call.index, {}
    paths_by_chain: dict[Tie, list[list[Record]]] = {each: [[]] for each in chains}
    for _ in range(LONGEST + 1):
        for chain, paths in paths_by_chain.items():
            for path in paths:
                index.want("cmdb_rel_ci", _BY_PARENT, _start(chain, path, call))
        index.fetch()
        for chain, paths in paths_by_chain.items():
            longer = [
                [*path, row]
                for path in paths
                for row in index.found("cmdb_rel_ci", _BY_PARENT, _start(chain, path, call))
                if row not in path
            ]
            end = chain.child.match and chain.child.match["sys_id"]
            whole = next((path for path in longer if path[-1]["child"] == end), None)
            if whole is not None:
                found[chain] = whole
            paths_by_chain[chain] = [] if whole is not None else longer
        for path in (path for paths in paths_by_chain.values() for path in paths):
            index.want_ci(path[-1]["child"])
        index.fetch()
        for chain, paths in paths_by_chain.items():
            paths_by_chain[chain] = [path for path in paths if is_stored(index.ci(path[-1]["child"]), call)]
        if not any(paths_by_chain.values()):
            break
    return found


def _start(chain: Tie, path: list[Record], call: Call) -> tuple[Value, ...]:
    assert chain.parent.match is not None
    start = path[-1]["child"] if path else chain.parent.match["sys_id"]
    return start, call.model.relation_id(chain.type)


def is_stored(record: Record | None, call: Call) -> bool:
    """Whether the record is a qualifier, and one in the candidate domains."""
    is_a = call.model.hierarchy.is_a
    return record is not None and is_a(record.get("sys_class_name"), CLASS) and call.caller.sees(record)
