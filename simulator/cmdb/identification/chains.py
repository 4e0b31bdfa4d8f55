"""The chains of qualifiers that are stored between two CIs; see simulator.cmdb.preparation.qualifiers."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.cmdb.call import Call
from simulator.cmdb.messages import trouble
from simulator.cmdb.preparation.qualifiers import CLASS
from simulator.cmdb.preparation.relations import Tie
from simulator.cmdb.records import ChangeSet, Record, Value
from simulator.cmdb.work import owner_of

LONGEST = 10
"""How many qualifiers of a stored chain are followed: it bounds the queries, and real chains have one or two."""

_BY_PARENT = ("parent", "type")


def match(ties: Iterable[Tie], call: Call) -> ChangeSet:
    """Identify the qualifiers by their chains; what goes are the stored chains that are to be others."""
    changes = ChangeSet()
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
        changes.deletes["cmdb_rel_ci"] += [row["sys_id"] or "" for row in rows]
        changes.deletes[CLASS] += [row["sys_id"] or "" for row in stored if row is not None]
    return changes


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
