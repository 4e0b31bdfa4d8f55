"""All items of a payload identified, and with each what may become of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from simulator.cmdb.call import Call
from simulator.cmdb.duplicates.operation import settle
from simulator.cmdb.duplicates.reclassification import Settled
from simulator.cmdb.identification import associates, chains
from simulator.cmdb.identification.associates import Associates, Host
from simulator.cmdb.identification.identification import Matcher
from simulator.cmdb.identification.other_tables import Claims
from simulator.cmdb.identification.search import SearchResult
from simulator.cmdb.items import (
    UNKNOWN,
    Identified,
    IdentifiedItems,
    IdentifiedSub,
    Link,
    Prepared,
    Reference,
    Troubles,
)
from simulator.cmdb.messages import Trouble, trouble
from simulator.cmdb.preparation import references
from simulator.cmdb.preparation.prepare import Preparation
from simulator.cmdb.preparation.relations import levels
from simulator.cmdb.records import ChangeSet


@dataclass(frozen=True, slots=True)
class Identification:
    """The identified items, and what joins them."""

    items: IdentifiedItems
    links: Sequence[Link]
    refused: Mapping[int, Troubles]
    """What is wrong with relations, by their places."""
    references: Sequence[Reference]
    changes: ChangeSet
    """What goes: stored chains of qualifiers that are to be others."""


def identify(ready: Preparation, call: Call) -> Identification:
    """Find the CI of each item, and carry errors on to what depends on them."""
    identifier = _Identifier(ready, call)
    for level in levels(ready.items.values(), references.needs(ready.references)):
        identifier.take(level)
    chained = chains.match(ready.ties, identifier.known, call)
    items = {place: identifier.known[place] for place in ready.items}
    items |= {place: _of_chain(each, chained, call) for place, each in items.items() if each.ready.rule is None}
    items, refused = _abandon(items, ready, call)
    items = _referring(items, ready.references)
    return Identification(items, ready.links, refused, ready.references, chained.changes)


class _Identifier:
    """Independent items first, then dependents level by level; an error abandons what depends on it.

    What an item may not do is an error of it as much as what it lacks, so that is settled with each level, too.
    """

    def __init__(self, ready: Preparation, call: Call) -> None:
        self.known: dict[int, Identified] = {}
        self._ready, self._call = ready.items, call
        self._matcher, self._claims = Matcher(call, self.known), Claims(call)
        self._made: associates.Made = {}
        self._class_by_ci: dict[str, str] = {}
        """What items so far have made of CIs."""
        self._references: dict[int, list[Reference]] = defaultdict(list)
        for each in ready.references:
            if each.by.sub is None:
                self._references[each.by.item].append(each)

    def take(self, level: Sequence[Prepared]) -> None:
        """Identify the items of the next level."""
        refers = self._references
        items = [self._follow(each) if each.host is not None or each.place in refers else each for each in level]
        found = self._matcher.identify([each for each in items if each.rule is not None and not each.errors])
        located: list[tuple[Prepared, SearchResult, str]] = []
        for each in items:
            result, sys_id = found.get(each.place, _NOTHING), UNKNOWN
            if not (each.errors or result.errors):
                sys_id = self._call.new_id() if result.match is None else result.match["sys_id"] or UNKNOWN
            located.append((each, result, sys_id))
        hosts = [
            Host(each, result.match is not None, sys_id, result.equals)
            for each, result, sys_id in located
            if each.subs and sys_id != UNKNOWN
        ]
        associated = associates.settle(hosts, self._made, self._call)
        now = [self._settle(each, result, sys_id, associated.get(each.place)) for each, result, sys_id in located]
        self.known |= {each.ready.place: each for each in now}
        for place, wrong in self._claims.check(now):
            self.known[place] = self.known[place].with_errors(wrong)

    def _follow(self, ready: Prepared) -> Prepared:
        """The item with the references that are known by now, or the error that the host has one."""
        for each in self._references.get(ready.place, ()):
            if (sys_id := _sys_id(self.known, each)) is not None:
                ready = ready.with_value(each.by, each.field, sys_id)
        if ready.host is None or ready.errors:
            return ready
        known = self.known.get(ready.host)
        if known is None:  # one of a loop
            return ready.with_errors(_of_host(ready, self._ready[ready.host], self._call))
        return ready.with_errors(_of_host(ready, known.ready, self._call)) if known.errors else ready

    def _settle(
        self, ready: Prepared, found: SearchResult, sys_id: str, with_subs: Associates | None
    ) -> Identified:
        match, item = found.match, ready.item
        subs: tuple[IdentifiedSub, ...]
        subs, equals, errors = (), found.equals, ready.errors + found.errors
        if with_subs is not None:
            subs, equals, errors = with_subs.subs, with_subs.equals, errors + with_subs.errors
        elif ready.subs:
            subs = tuple([IdentifiedSub(sub, None, UNKNOWN) for sub in ready.subs])
        if ready.rule is None or errors:
            settled = Settled(found.operation, item.class_name, errors=errors)
        else:
            if match is not None and sys_id in self._class_by_ci:
                match = {**match, "sys_class_name": self._class_by_ci[sys_id]}
            settled = settle(item, subs, match, self._call)
            if match is not None and not settled.errors:
                self._class_by_ci[sys_id] = settled.class_name
        return Identified(
            ready,
            settled.class_name,
            settled.operation,
            sys_id,
            match,
            found.entry_id,
            found.attempts,
            found.explanations,
            equals,
            settled.errors,
            settled.info,
            subs,
        )


_NOTHING = SearchResult()


def _of_host(ready: Prepared, host: Prepared, call: Call) -> Trouble:
    return trouble("host", item=call.echo(ready), host=call.echo(host))


def _sys_id(known: IdentifiedItems, reference: Reference) -> str | None:
    """Of the record that is referred to, if it is known and in order."""
    referenced = known.get(reference.referenced.item)
    if referenced is None or referenced.errors:
        return None
    sys_id = referenced.record(reference.referenced).sys_id
    return None if sys_id == UNKNOWN else sys_id


def _of_chain(each: Identified, chained: chains.Matched, call: Call) -> Identified:
    """The qualifier, or other item without a rule, with what became of its chain."""
    match = chained.records.get(each.place)
    if match is not None:
        each = each._replace(match=match, sys_id=match["sys_id"] or "")
    each = each.with_errors(*chained.errors.get(each.place, ()))
    if each.errors:
        return each
    settled = settle(each.item, each.subs, match, call)
    return each._replace(
        operation=settled.operation, class_name=settled.class_name, info=settled.info, errors=settled.errors
    )


def _abandon(
    items: IdentifiedItems, ready: Preparation, call: Call
) -> tuple[dict[int, Identified], dict[int, Troubles]]:
    """Errors carried on: to dependents and relations, and to everything where all must commit or nothing."""
    now, refused = dict(items), dict(ready.refused)
    for level in levels([each.ready for each in items.values() if each.ready.host is not None], {}):
        for each in level:  # A host may have failed after its dependents were identified.
            host = None if each.host is None else now[each.host]
            if host is not None and host.errors and not now[each.place].errors:
                now[each.place] = now[each.place].with_errors(_of_host(each, host.ready, call))
    if (refused or any(each.errors for each in now.values())) and not call.options.partial_commits:
        wrong = trouble("payload", source=call.source or "null")
        now = {place: each if each.errors else each.with_errors(wrong) for place, each in now.items()}
        return now, dict.fromkeys(range(ready.relations), (wrong,)) | refused
    for link in ready.links:
        failed = next((now[end.item] for end in link.ends if now[end.item].errors), None)
        if failed is not None:
            refused[link.place] = (trouble("relation", item=call.echo(failed.ready)),)
    return now, refused


def _referring(items: dict[int, Identified], refers: Iterable[Reference]) -> dict[int, Identified]:
    """The items with all references that are known in the end."""
    now = dict(items)
    for each in refers:
        if (sys_id := _sys_id(now, each)) is not None:
            now[each.by.item] = now[each.by.item].with_value(each.by, each.field, sys_id)
    return now
