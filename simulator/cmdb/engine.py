"""The Identification and Reconciliation engine: one payload in, a response and the changes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from simulator.cmdb.call import Call
from simulator.cmdb.commit.commit import write
from simulator.cmdb.commit.keeping import keep
from simulator.cmdb.duplicates import duplicates, reclassification
from simulator.cmdb.explanation import ItemExplanation
from simulator.cmdb.identification.identify import identify
from simulator.cmdb.index import Index
from simulator.cmdb.items import Outcome
from simulator.cmdb.messages import trouble
from simulator.cmdb.outcome import outcomes_of, relations_of
from simulator.cmdb.payload import Options, PayloadError
from simulator.cmdb.preparation.prepare import asked, prepare, read
from simulator.cmdb.records import ChangeSet, Reader, joined
from simulator.cmdb.response import respond
from simulator.cmdb.rules.model import Caller, Model


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
    identified = identify(ready, call)
    written = write(identified, call)
    items = identified.items.values()
    tasks = [duplicates.report(items, call), reclassification.report(items, call)]
    kept = keep(identified, call)
    outcomes = outcomes_of(identified, written, kept, committed=commit)
    relations = relations_of(ready, identified, written, kept)
    response = respond(outcomes, relations, summary=options.generate_summary, committed=commit, run_id=run_id)
    changes = joined([identified.changes, written.changes, *tasks, kept.changes])
    explanation = tuple([_explanation(each, caller) for each in outcomes]) if explain else ()
    return Result(response, changes if commit else ChangeSet(), explanation)


def _unreadable(problem: PayloadError, options: Options, run_id: str) -> Result:
    """There are no items to carry the error, so it stands beside them."""
    error = trouble("parsing", problem=problem)
    response = respond([], [], summary=options.generate_summary, committed=False, run_id=run_id)
    response |= {"hasError": True, "errors": [{"error": error.error, "message": error.message}]}
    return Result(response, ChangeSet())


def _explanation(outcome: Outcome, caller: Caller) -> ItemExplanation:
    identified = outcome.identified
    return ItemExplanation(
        identified.item.indices,
        identified.class_name,
        outcome.operation,
        outcome.sys_id,
        caller.home if identified.match is None else identified.match.get("sys_domain"),
        tuple(each.error for each in outcome.errors),
        tuple(each.message for each in outcome.warnings),
        identified.explanations,
        outcome.reconciled,
    )
