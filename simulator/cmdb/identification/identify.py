"""All items of a payload identified, and with each what may become of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from simulator.cmdb.call import Call
from simulator.cmdb.duplicates.operation import settle
from simulator.cmdb.identification import associates, chains
from simulator.cmdb.identification.identification import Matcher
from simulator.cmdb.identification.other_tables import Claims
from simulator.cmdb.messages import trouble
from simulator.cmdb.preparation import references
from simulator.cmdb.preparation.prepare import Prepared
from simulator.cmdb.preparation.references import Reference
from simulator.cmdb.preparation.relations import Link, levels
from simulator.cmdb.records import ChangeSet
from simulator.cmdb.response import RelationResult
from simulator.cmdb.work import UNKNOWN, Work, owner_of


def identify(ready: Prepared, call: Call) -> ChangeSet:
    """Find the CI of each item and carry errors on to what depends on them; what goes are chains of qualifiers."""
    _match(ready.works, ready.references, call)
    changes = chains.match(ready.ties, call)
    for work in ready.works:
        if work.rule is None and not work.errors:
            settle(work, call)
    _abandon(ready.works, ready.links, ready.results, call)
    return changes


def _match(works: Sequence[Work], refers: Iterable[Reference], call: Call) -> None:
    """Independent items first, then dependents level by level; an error abandons what depends on it.

    What an item may not do is an error of it as much as what it lacks, so that is settled with each level, too.
    """
    matcher, claims = Matcher(call), Claims(call)
    made: associates.Made = {}
    class_by_ci: dict[str, str] = {}
    refers_by_work: dict[Work, list[Reference]] = {}
    for each in refers:
        if isinstance(each.by, Work):
            refers_by_work.setdefault(each.by, []).append(each)
    for level in levels(works, references.needs(refers)):
        for work in level:
            for each in refers_by_work.get(work, ()):
                each.fill()
            _follow_host(work, call)
        matcher.identify([work for work in level if not work.errors and work.rule is not None])
        for work in level:
            if not work.errors:
                work.sys_id = call.new_id() if work.match is None else work.match["sys_id"] or UNKNOWN
        associates.settle([work for work in level if not work.errors], made, call)
        for work in level:
            if work.rule is None or work.errors:
                continue
            if work.match is not None and work.sys_id in class_by_ci:
                work.match = {**work.match, "sys_class_name": class_by_ci[work.sys_id]}
            settle(work, call)
            if work.match is not None and not work.errors:
                class_by_ci[work.sys_id] = work.class_name
        claims.check(level)


def _follow_host(work: Work, call: Call) -> None:
    if work.host is not None and work.host.errors and not work.errors:
        work.errors += (trouble("host", item=call.echo(work), host=call.echo(work.host)),)


def _abandon(works: Sequence[Work], links: Sequence[Link], results: Sequence[RelationResult], call: Call) -> None:
    """Carry errors on: to dependents and relations, and to everything where all must commit or nothing."""
    for level in levels(works, {}):  # A host may have failed after its dependents were identified.
        for work in level:
            _follow_host(work, call)
    troubled = any(work.errors for work in works) or any(each.errors for each in results)
    if troubled and not call.options.partial_commits:
        parts: list[Work | RelationResult] = [*works, *results]
        for part in parts:
            if not part.errors:
                part.errors += (trouble("payload", source=call.source or "null"),)
        links = []
    for each in links:
        failed = next((end for end in each.ends if end.errors), None)
        if failed is not None:
            echo = call.echo(owner_of(failed))
            each.result.errors += (trouble("relation", item=echo),)
    for result in results:
        if result.errors:
            result.operation = None
