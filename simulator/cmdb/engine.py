"""The Identification and Reconciliation engine: one payload in, a response and the changes out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from simulator.cmdb import duplicates, partials, payload
from simulator.cmdb.commit import Writer, plan, text
from simulator.cmdb.identification import Matcher
from simulator.cmdb.index import Index
from simulator.cmdb.messages import trouble
from simulator.cmdb.model import Caller, Model
from simulator.cmdb.payload import Options, Payload, PayloadError
from simulator.cmdb.preparation import Link, check_fields, check_rule, deduplicate, find_hosts, link
from simulator.cmdb.reconciliation import Reconciler
from simulator.cmdb.records import ChangeSet, Reader
from simulator.cmdb.response import RelationResult, respond
from simulator.cmdb.work import UNKNOWN, ItemExplanation, SubResult, Work


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
    now = now.astimezone(UTC)
    run_id = new_id()
    try:
        parsed = payload.parse(body)
    except PayloadError as problem:
        error = trouble("parsing", problem=problem)
        response = respond([], [], summary=options.generate_summary, committed=commit, run_id=run_id)
        response |= {"hasError": True, "errors": [{"error": error.error, "message": error.message}]}
        return Result(response, ChangeSet())
    index, changes = Index(reader), ChangeSet()
    stamp = text(now)

    def echo(work: Work) -> str:
        return _echo(work, source, stamp)

    first_added, first_relation = len(parsed.items), len(parsed.relations)
    ids: Mapping[int, list[str]] = {}
    if options.partial_payloads:
        parsed, ids, _ = partials.merge(parsed, model, caller, index)
    works = [Work(each, each.class_name) for each in parsed.items]
    for place, work in enumerate(works):
        work.merged_ids, work.added = list(ids.get(place, ())), place >= first_added
    if source is None or source not in model.sources:
        for work in works:
            work.errors.append(trouble("source", source="null" if source is None else source))
    for work in works:
        check_rule(work, model)
        check_fields(work, model)
        del work.errors[1:]
    links, results = link(parsed, dict(enumerate(works)), model, first_relation)
    find_hosts([work for work in works if not work.errors], links, model, echo)
    by_index = deduplicate(works, model, merge=options.deduplicate_payloads)
    works = list(dict.fromkeys(by_index.values()))
    _follow_merged(works, links, by_index)
    _identify(works, Matcher(model, caller, index, echo, explain=explain), echo)
    for work in works:
        if not work.errors:
            plan(work, model, source or "", changes, now)
    _abandon(works, links, results, source, options, echo)
    good = [work for work in works if not work.errors]
    reconciler = Reconciler(model, caller, index, source or "", changes, stamp, new_id, explain=explain)
    writer = Writer(model, caller, index, reconciler, source or "", options, now, new_id, changes)
    writer.write(good, links, _references(parsed, by_index))
    for task in changes.inserts.get("reclassification_task", ()):
        task["sys_id"] = new_id()
    duplicates.record(works, index, changes, stamp, new_id)
    bad = [work for work in works if work.errors]
    for work in bad:
        work.sys_id, work.entry_id = UNKNOWN, UNKNOWN
        work.subs = [SubResult(each.class_name) for each in (*work.item.lookup, *work.item.related)]
    if options.partial_payloads:
        partials.store(bad, model, caller, changes, stamp, new_id)
        partials.remove(good, index, changes)
    if not commit:
        _withhold(works)
        changes = ChangeSet()
    response = respond(works, results, summary=options.generate_summary, committed=commit, run_id=run_id)
    return Result(response, changes, tuple(_explain(work) for work in works) if explain else ())


def _follow_merged(works: list[Work], links: list[Link], by_index: Mapping[int, Work]) -> None:
    """Point links and hosts at the works that stand for merged items."""
    for each in links:
        each.parent, each.child = (by_index[end.item.indices[0]] for end in (each.parent, each.child))
    for work in works:
        if work.host is not None:
            work.host = by_index[work.host.item.indices[0]]


def _identify(works: list[Work], matcher: Matcher, echo: Callable[[Work], str]) -> None:
    """Independent items first, then dependents level by level; an error abandons what depends on it."""
    done: set[Work] = {work for work in works if work.errors}
    waiting = [work for work in works if not work.errors]
    while waiting:
        ready = [work for work in waiting if work.host is None or work.host in done]
        if not ready:
            for work in waiting:
                work.errors.append(trouble("loop", item=echo(work)))
            return
        for work in ready:
            if work.host is not None and work.host.errors:
                work.errors.append(trouble("host", item=echo(work), host=echo(work.host)))
        matcher.identify([work for work in ready if not work.errors])
        done.update(ready)
        waiting = [work for work in waiting if work not in done]


def _abandon(
    works: list[Work],
    links: list[Link],
    results: list[RelationResult],
    source: str | None,
    options: Options,
    echo: Callable[[Work], str],
) -> None:
    """Carry errors on: to dependents and relations, and to everything where all must commit or nothing."""
    for work in works:  # A host may have failed after its dependents were identified.
        if work.host is not None and work.host.errors and not work.errors:
            work.errors.append(trouble("host", item=echo(work), host=echo(work.host)))
    for each in links:
        failed = next((work for work in (each.parent, each.child) if work.errors), None)
        if failed is not None:
            each.result.errors.append(trouble("relation", item=echo(failed)))
    troubled = any(work.errors for work in works) or any(each.errors for each in results)
    if troubled and not options.partial_commits:
        parts: list[Work | RelationResult] = [*works, *results]
        for part in parts:
            if not part.errors:
                part.errors.append(trouble("payload", source=source))


def _references(parsed: Payload, by_index: Mapping[int, Work]) -> list[tuple[str, Work, Work]]:
    by_id = {item.internal_id: by_index[place] for place, item in enumerate(parsed.items) if item.internal_id}
    found = []
    for each in parsed.references:
        referenced, by = by_id.get(each.referenced), by_id.get(each.referenced_by)
        if referenced is not None and by is not None and not referenced.errors and not by.errors:
            found.append((each.field, referenced, by))
    return found


def _withhold(works: list[Work]) -> None:
    """What a query does not tell: ids of what was not inserted."""
    for work in works:
        if work.match is None and not work.errors:
            work.sys_id = UNKNOWN
        work.partial_ids, work.incomplete_ids = [], []
        for sub in work.subs:
            if sub.operation == "INSERT":
                sub.sys_id = None


def _echo(work: Work, source: str | None, stamp: str) -> str:
    """The item as error messages print it."""
    item = work.item
    body: dict[str, Any] = {"className": item.class_name}
    body["values"] = {"discovery_source": source, **dict(sorted(item.values.items()))}
    if work.rule is not None and not work.rule.independent:
        body["values"]["sys_class_name"] = item.class_name
    if item.source.name or item.source.key:
        body["sys_object_source_info"] = {"source_name": item.source.name, "source_native_key": item.source.key}
    body |= {"settings": {}, "sys_ire_info": {"ire_received_time": stamp}}
    return json.dumps(body, separators=(",", ":"))


def _explain(work: Work) -> ItemExplanation:
    return ItemExplanation(
        work.item.indices,
        work.class_name,
        work.operation,
        work.sys_id,
        tuple(work.explanations),
        tuple(work.reconciled),
    )
