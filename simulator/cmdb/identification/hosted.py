"""What is related to a host as its dependents are: among that such an item is looked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from simulator.cmdb.call import Call
from simulator.cmdb.identification import chains
from simulator.cmdb.identification.search import Search
from simulator.cmdb.records import Record, Value
from simulator.cmdb.rules.identifiers import Dependency

_FAR_END = {"parent": "child", "child": "parent"}


def related(searches: Iterable[Search], call: Call) -> dict[int, list[Record]]:
    """By the places of items that depend on known hosts the CIs that have the same relation to the host.

    They have it directly or through stored qualifiers; one that has it both ways is still one.
    """
    index = call.index
    found: dict[int, dict[Value, Record]] = defaultdict(dict)
    starts: dict[int, list[Value]] = {}
    dependencies: dict[int, Dependency] = {}
    for search in searches:
        host, dependency = search.host, search.ready.dependency
        if host is not None and host.match is not None and dependency is not None:
            starts[search.ready.place] = [host.match["sys_id"]]
            dependencies[search.ready.place] = dependency
    for _ in range(chains.LONGEST + 1):
        for place, ids in starts.items():
            for sys_id in ids:
                index.want("cmdb_rel_ci", *_relations(dependencies[place], sys_id, call))
        index.fetch()
        reached: dict[int, list[Value]] = {}
        for place, ids in starts.items():
            far_end = _FAR_END[_host_end(dependencies[place])]
            keys = [_relations(dependencies[place], sys_id, call) for sys_id in ids]
            rows = (row for columns, key in keys for row in index.found("cmdb_rel_ci", columns, key))
            reached[place] = list(dict.fromkeys(row[far_end] for row in rows))
        for ids in reached.values():
            for sys_id in ids:
                index.want_ci(sys_id)
        index.fetch()
        starts = {}
        for place, ids in reached.items():
            cis = [row for row in map(index.ci, ids) if row is not None]
            further = [row["sys_id"] for row in cis if row["sys_id"] not in found[place]]
            found[place] |= {row["sys_id"]: row for row in cis}
            if further := [sys_id for sys_id in further if chains.is_stored(found[place][sys_id], call)]:
                starts[place] = further
        if not starts:
            break
    return {place: list(by_id.values()) for place, by_id in found.items()}


def _host_end(dependency: Dependency) -> str:
    return "child" if dependency.dependent_is_parent else "parent"


def _relations(dependency: Dependency, sys_id: Value, call: Call) -> tuple[tuple[str, ...], tuple[Value, ...]]:
    """Where the relations are that join the CI with this sys_id, at the host's end, to such dependents."""
    return (_host_end(dependency), "type"), (sys_id, call.model.relation_id(dependency.relation))
