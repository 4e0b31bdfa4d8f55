"""The chains of qualifiers that are stored between two CIs; see simulator.cmdb.preparation.qualifiers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from simulator.cmdb.call import Call
from simulator.cmdb.items import IdentifiedItems, Troubles
from simulator.cmdb.messages import trouble
from simulator.cmdb.preparation.qualifiers import CLASS
from simulator.cmdb.preparation.relations import Tie
from simulator.cmdb.records import ChangeSet, Record, Value

LONGEST = 10
"""How many qualifiers of a stored chain are followed: it bounds the queries, and real chains have one or two."""

_BY_PARENT = ("parent", "type")


@dataclass(frozen=True, slots=True)
class Matched:
    """What became of the qualifiers, by their places, and the stored chains that are to be others, which go."""

    records: Mapping[int, Record]
    errors: Mapping[int, Troubles]
    changes: ChangeSet


def match(ties: Iterable[Tie], items: IdentifiedItems, call: Call) -> Matched:
    """Identify the qualifiers by their chains between identified items."""
    records: dict[int, Record] = {}
    errors: dict[int, Troubles] = {}
    changes = ChangeSet()
    ties = [each for each in ties if each.qualifiers]
    for tie in ties:
        failed = next((items[end.item] for end in (tie.parent, tie.child) if items[end.item].errors), None)
        if failed is not None:
            for place in tie.qualifiers:
                item, host = call.echo(items[place].ready), call.echo(failed.ready)
                errors[place] = (*errors.get(place, ()), trouble("host", item=item, host=host))
    for chain, rows in _stored(_between_known(ties, items), call).items():
        stored = [call.index.ci(row["child"]) for row in rows[:-1]]
        kinds = [items[place].item.class_name for place in chain.qualifiers]
        if [row and row["sys_class_name"] for row in stored] == kinds:
            records |= {place: row for place, row in zip(chain.qualifiers, stored, strict=True) if row is not None}
            continue
        changes.deletes["cmdb_rel_ci"] += [row["sys_id"] or "" for row in rows]
        changes.deletes[CLASS] += [row["sys_id"] or "" for row in stored if row is not None]
    return Matched(records, errors, changes)


def _between_known(ties: Iterable[Tie], items: IdentifiedItems) -> Iterator[_Chain]:
    """Those of which both ends are there already."""
    for each in ties:
        parent = items[each.parent.item].record(each.parent).match
        child = items[each.child.item].record(each.child).match
        if parent is not None and child is not None:
            yield _Chain(each.qualifiers, each.type, parent["sys_id"], child["sys_id"])


class _Chain(NamedTuple):
    """A chain of the payload between two CIs that are there, by their sys_ids."""

    qualifiers: tuple[int, ...]
    type: str
    parent: Value
    child: Value


def _stored(chains: Iterable[_Chain], call: Call) -> dict[_Chain, list[Record]]:
    """For each chain the relations from its parent to its child as they are stored, if there are any."""
    index, found = call.index, {}
    paths_by_chain: dict[_Chain, list[list[Record]]] = {each: [[]] for each in chains}
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
            whole = next((path for path in longer if path[-1]["child"] == chain.child), None)
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


def _start(chain: _Chain, path: list[Record], call: Call) -> tuple[Value, ...]:
    return path[-1]["child"] if path else chain.parent, call.model.relation_id(chain.type)


def is_stored(record: Record | None, call: Call) -> bool:
    """Whether the record is a qualifier, and one in the candidate domains."""
    is_a = call.model.hierarchy.is_a
    return record is not None and is_a(record.get("sys_class_name"), CLASS) and call.caller.sees(record)
