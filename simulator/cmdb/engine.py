"""The Identification and Reconciliation engine: one payload in, a response and the changes out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from simulator.cmdb import payload
from simulator.cmdb.call import Call
from simulator.cmdb.commit.commit import Writer, plan
from simulator.cmdb.duplicates import duplicates, reclassification
from simulator.cmdb.identification import associates, qualifiers
from simulator.cmdb.identification.identification import Matcher
from simulator.cmdb.identification.other_tables import Claims
from simulator.cmdb.index import Index
from simulator.cmdb.messages import trouble
from simulator.cmdb.payload import Options, Payload, PayloadError
from simulator.cmdb.preparation import partials, references
from simulator.cmdb.preparation.deduplication import Deduplicator
from simulator.cmdb.preparation.preparation import check_fields, check_rule, check_source, read_values
from simulator.cmdb.preparation.references import Reference
from simulator.cmdb.preparation.relations import Link, Tie, find_hosts, levels, link
from simulator.cmdb.reconciliation.reconciliation import Reconciler
from simulator.cmdb.records import ChangeSet, Reader
from simulator.cmdb.response import RelationResult, respond
from simulator.cmdb.rules.model import Caller, Model
from simulator.cmdb.work import UNKNOWN, ItemExplanation, Work, owner_of


@dataclass(frozen=True, slots=True)
class Result:
    """The response body (without the REST envelope), what to write, and how it came about if that was asked."""

    response: dict[str, Any]
    changes: ChangeSet
    explanation: tuple[ItemExplanation, ...] = ()


def process(
    body: str | Mapping[str, Any],
    source: str | None,
    options: Options,
    caller: Caller,
    model: Model,
    reader: Reader,
    now: datetime,
    new_id: Callable[[], str],
    commit: bool,
    *,
    explain: bool = False,
) -> Result:
    """Run a payload; without *commit* the response says what would happen, and nothing is to be written."""
    call = Call(
        model.source(source),
        options,
        caller,
        model,
        Index(reader, model.other_tables),
        now.astimezone(UTC),
        new_id,
        explain,
    )
    run_id = new_id()
    try:
        sent = payload.parse(body)
    except PayloadError as problem:
        return _unreadable(problem, options, run_id)
    sent, warnings = read_values(sent, model.hierarchy)
    parsed, merged_ids = partials.merge(sent, call) if options.partial_payloads else (sent, {})
    call = replace(call, index=Index(reader, model.other_tables, _asked(parsed, call)))
    works = [Work.of(each) for each in parsed.items]
    for work, found in zip(works, warnings, strict=False):  # what was stored before has been read before
        work.warnings = tuple(found)
    for place, sys_ids in merged_ids.items():
        works[place].merged_ids += tuple(sys_ids)

    _check(works, call)
    links, results = link(parsed, works, len(sent.relations), call)
    refers = references.find(parsed, works, call)
    works, ties = _unite(works, links, refers, call)

    _identify(works, refers, call)
    qualifiers.match(ties, call)
    for work in works:
        if work.rule is None and not work.errors:
            plan(work, call)
    _abandon(works, links, results, call)

    good, bad = [work for work in works if not work.errors], [work for work in works if work.errors]
    Writer(call, Reconciler(call)).write(good, links, refers)
    duplicates.report(works, call)
    reclassification.report(bad, call)
    for work in bad:
        _forget(work)
    if options.partial_payloads:
        partials.store(bad, links, refers, call)
        partials.remove([work for work in works if not work.errors], call)

    if not commit:
        _withhold(works)
    response = respond(works, results, summary=options.generate_summary, committed=commit, run_id=run_id)
    explanation = _explanation(works, caller) if explain else ()
    return Result(response, call.changes if commit else ChangeSet(), explanation)


_ASKED = frozenset({"sys_id", "sys_class_name", "sys_domain", "sys_created_on", "duplicate_of", "last_discovered"})
"""The fields of a CI that the engine asks for whatever is sent."""


def _asked(parsed: Payload, call: Call) -> frozenset[str] | None:
    """The fields of CIs that the call may ask for: all where rules beside those of identification have conditions,
    or where somebody wants to be told about CIs."""
    model = call.model
    if call.explain or model.rulebook or model.rules.inclusion_by_class:
        return None
    asked = {*_ASKED, *(each.field for each in parsed.references)}
    for name in {item.class_name for item in parsed.items}:
        own = model.plan(name).asked
        if own is None:
            return None
        asked |= own
    for item in parsed.items:
        asked.update(item.values, item.display_values)
        for sub in (*item.lookup, *item.related):
            asked.update(sub.values)
    return frozenset(asked)


def _unreadable(problem: PayloadError, options: Options, run_id: str) -> Result:
    """There are no items to carry the error, so it stands beside them."""
    error = trouble("parsing", problem=problem)
    response = respond([], [], summary=options.generate_summary, committed=False, run_id=run_id)
    response |= {"hasError": True, "errors": [{"error": error.error, "message": error.message}]}
    return Result(response, ChangeSet())


def _check(works: list[Work], call: Call) -> None:
    """What the data source and each item by itself must have; the first thing that is wrong is its error."""
    wrong_source = check_source(call)
    for work in works:
        if wrong_source is not None:
            work.errors += (wrong_source,)
        if not qualifiers.is_qualifier(work, call):
            check_rule(work, call.model)
        check_fields(work, call.model)
        work.errors = work.errors[:1]
    references.resolve(works, call)


def _unite(
    works: list[Work], links: list[Link], refers: list[Reference], call: Call
) -> tuple[list[Work], list[Tie]]:
    """Equal items become one; dependents get their hosts in between, for only under one host they are equal."""
    united = Deduplicator(call)
    dependents = [work for work in works if work.rule is not None and not work.rule.independent]
    united.take(work for work in works if work.rule is not None and work.rule.independent)
    _follow(united, links, refers)
    ties = qualifiers.tie(links, works, call)
    find_hosts([work for work in dependents if not work.errors], ties, call)
    for level in levels(dependents, {}):
        united.take(level)
    _follow(united, links, refers)
    if united.refusal is not None:
        for work in works:
            if not work.errors:
                work.errors += (united.refusal,)
    ties = [replace(each, parent=united.stand_in(each.parent), child=united.stand_in(each.child)) for each in ties]
    return [work for work in works if work not in united.standing], ties


def _follow(united: Deduplicator, links: Iterable[Link], refers: Iterable[Reference]) -> None:
    """Point relations and references at the items that stand for merged ones."""
    for each in links:
        each.parent, each.child = united.stand_in(each.parent), united.stand_in(each.child)
    for reference in refers:
        reference.referenced, reference.by = united.stand_in(reference.referenced), united.stand_in(reference.by)


def _identify(works: list[Work], refers: list[Reference], call: Call) -> None:
    """Independent items first, then dependents level by level; an error abandons what depends on it.

    What an item may not do is an error of it as much as what it lacks, so that is settled with each level, too.
    """
    matcher, made, claims = Matcher(call), associates.Made(), Claims(call)
    class_by_ci: dict[str, str] = {}
    refers_by_work: dict[Work, list[Reference]] = {}
    for each in refers:
        if isinstance(each.by, Work):
            refers_by_work.setdefault(each.by, []).append(each)
    for level in levels(works, references.needs(refers)):
        for work in level:
            for each in refers_by_work.get(work, ()):
                each.fill()
            if work.host is not None and work.host.errors and not work.errors:
                work.errors += (trouble("host", item=call.echo(work), host=call.echo(work.host)),)
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
            plan(work, call)
            if work.match is not None and not work.errors:
                class_by_ci[work.sys_id] = work.class_name
        claims.check(level)


def _abandon(works: list[Work], links: list[Link], results: list[RelationResult], call: Call) -> None:
    """Carry errors on: to dependents and relations, and to everything where all must commit or nothing."""
    for level in levels(works, {}):  # A host may have failed after its dependents were identified.
        for work in level:
            if work.host is not None and work.host.errors and not work.errors:
                work.errors += (trouble("host", item=call.echo(work), host=call.echo(work.host)),)
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


def _forget(work: Work) -> None:
    """What the response does not say of an item in trouble."""
    work.sys_id, work.entry_id = UNKNOWN, UNKNOWN
    for sub in work.subs:
        sub.sys_id, sub.operation = UNKNOWN, None


def _withhold(works: list[Work]) -> None:
    """What a query does not tell: ids of what was not inserted."""
    for work in works:
        if work.match is None and not work.errors:
            work.sys_id = UNKNOWN
        work.partial_ids, work.incomplete_ids = (), ()
        for sub in work.subs:
            if sub.match is None:
                sub.sys_id = UNKNOWN


def _explanation(works: list[Work], caller: Caller) -> tuple[ItemExplanation, ...]:
    return tuple(
        ItemExplanation(
            work.item.indices,
            work.class_name,
            work.operation,
            work.sys_id,
            caller.home if work.match is None else work.match.get("sys_domain"),
            tuple(each.error for each in work.errors),
            tuple(each.message for each in work.warnings),
            tuple(work.explanations),
            tuple(work.reconciled),
        )
        for work in works
    )
