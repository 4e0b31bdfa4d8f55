"""The Identification and Reconciliation engine: one payload in, a response and the changes out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from simulator.cmdb.call import Call
from simulator.cmdb.commit.commit import Writer
from simulator.cmdb.duplicates import duplicates, reclassification
from simulator.cmdb.identification.identify import identify
from simulator.cmdb.index import Index
from simulator.cmdb.messages import trouble
from simulator.cmdb.payload import Options, PayloadError
from simulator.cmdb.preparation import partials
from simulator.cmdb.preparation.prepare import Prepared, asked, prepare, read
from simulator.cmdb.records import ChangeSet, Reader, joined
from simulator.cmdb.response import respond
from simulator.cmdb.rules.model import Caller, Model
from simulator.cmdb.work import UNKNOWN, ItemExplanation, Work


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
        whole = read(body, call)
    except PayloadError as problem:
        return _unreadable(problem, options, run_id)
    call = replace(call, index=Index(reader, model.other_tables, asked(whole.payload, call)))
    ready = prepare(whole, call)
    chains = identify(ready, call)
    good, bad = [work for work in ready.works if not work.errors], [work for work in ready.works if work.errors]
    written = Writer(call).write(good, ready.links, ready.references)
    tasks = [duplicates.report(ready.works, call), reclassification.report(bad, call)]
    kept = _keep(bad, ready, call)
    changes = joined([chains, written, *tasks, *kept])
    if not commit:
        _withhold(ready.works)
    response = respond(
        ready.works, ready.results, summary=options.generate_summary, committed=commit, run_id=run_id
    )
    explanation = _explanation(ready.works, caller) if explain else ()
    return Result(response, changes if commit else ChangeSet(), explanation)


def _unreadable(problem: PayloadError, options: Options, run_id: str) -> Result:
    """There are no items to carry the error, so it stands beside them."""
    error = trouble("parsing", problem=problem)
    response = respond([], [], summary=options.generate_summary, committed=False, run_id=run_id)
    response |= {"hasError": True, "errors": [{"error": error.error, "message": error.message}]}
    return Result(response, ChangeSet())


def _keep(bad: list[Work], ready: Prepared, call: Call) -> list[ChangeSet]:
    """What is stored of the items in trouble, and what was stored of those that no longer are."""
    for work in bad:
        _forget(work)
    if not call.options.partial_payloads:
        return []
    stored = partials.store(bad, ready.links, ready.references, call)
    return [stored, partials.remove([work for work in ready.works if not work.errors], call)]


def _forget(work: Work) -> None:
    """What the response does not say of an item in trouble."""
    work.sys_id, work.entry_id = UNKNOWN, UNKNOWN
    for sub in work.subs:
        sub.sys_id, sub.operation = UNKNOWN, None


def _withhold(works: Iterable[Work]) -> None:
    """What a query does not tell: ids of what was not inserted."""
    for work in works:
        if work.match is None and not work.errors:
            work.sys_id = UNKNOWN
        work.partial_ids, work.incomplete_ids = (), ()
        for sub in work.subs:
            if sub.match is None:
                sub.sys_id = UNKNOWN


def _explanation(works: Iterable[Work], caller: Caller) -> tuple[ItemExplanation, ...]:
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
