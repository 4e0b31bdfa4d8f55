"""The response body, in the shapes of the Identification and Reconciliation API page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from simulator.cmdb.explanation import Attempt
from simulator.cmdb.items import UNKNOWN, Outcome, RelationOutcome, SubOutcome, Troubles

_COUNTS = (
    "mergedPartialPayloads",
    "inserted",
    "partial",
    "warnings",
    "incomplete",
    "additionalInserted",
    "unchanged",
    "skipped",
    "updated",
    "errors",
)
_COUNT_BY_OPERATION = {
    "INSERT": "inserted",
    "NO_CHANGE": "unchanged",
    "INSERT_AS_PARTIAL": "partial",
    "INSERT_AS_INCOMPLETE": "incomplete",
}


def respond(
    items: Sequence[Outcome], relations: Sequence[RelationOutcome], *, summary: bool, committed: bool, run_id: str
) -> dict[str, Any]:
    """The inner object of a response."""
    told: dict[int, dict[str, Any]] = {}
    added = [each for each in items if each.added]
    sent = [each for each in items if not each.added] if added else items
    body: dict[str, Any] = {
        "items": [_item(each, committed, told) for each in sent],
        "relations": [_relation(each, committed) for each in relations if not each.added],
        "additionalCommittedItems": [_item(each, committed, told) for each in added],
        "additionalCommittedRelations": [_relation(each, committed) for each in relations if each.added],
        "hasError": any(each.errors for each in items) or any(each.errors for each in relations),
        "hasWarning": any(each.warnings for each in items),
        "logContextId": run_id,
    }
    if summary:
        body["summary"] = _summary(items)
    return body


def _item(outcome: Outcome, committed: bool, told: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """One of the items; *told* are the attempts by identity, for most items have some in common."""
    identified, ready = outcome.identified, outcome.identified.ready
    body: dict[str, Any] = {"className": identified.class_name}
    if not outcome.errors or identified.attempts or outcome.operation != "INSERT":
        body["operation"] = outcome.operation  # What failed before it was identified has none.
    if committed or outcome.sys_id != UNKNOWN or outcome.operation != "INSERT" or outcome.errors:
        body["sysId"] = outcome.sys_id
    body["identifierEntrySysId"] = outcome.entry_id
    body["identificationAttempts"] = [
        told.get(id(each)) or told.setdefault(id(each), _attempt(each)) for each in identified.attempts
    ]
    subs = outcome.subs
    if subs:
        body["relatedSysIds"] = [None if each.sys_id == UNKNOWN else each.sys_id for each in subs]
        body["relatedItems"] = [_sub_item(each) for each in subs if not each.ready.added]
    if outcome.errors or outcome.warnings:
        body["errors"] = _troubles(outcome.errors)
    if added := [_sub_item(each) for each in subs if each.ready.added]:
        body["additionalRelatedItems"] = added
    if outcome.warnings:
        body["warnings"] = _troubles(outcome.warnings)
    if identified.info:
        info = [{"code": each.code, "message": each.message, "ruleSysId": each.rule} for each in identified.info]
        body["info"] = info
    for name, values in (
        ("maskedAttributes", outcome.masked),
        ("partialSysIds", outcome.partial_ids),
        ("incompleteSysIds", outcome.incomplete_ids),
        ("duplicateIndices", ready.duplicate_indices),
    ):
        if values:
            body[name] = list(values)
    for one, other in ready.duplicate_lookups:
        body.setdefault("duplicateLookupIndices", {}).setdefault(str(one), []).append(other)
    body |= {
        "mergedPayloadIds": list(ready.merged_ids),
        "errorCount": len(outcome.errors),
        "warningCount": len(outcome.warnings),
        "markers": [],
        "inputIndices": list(ready.item.indices),
    }
    return body


def _sub_item(sub: SubOutcome) -> dict[str, Any]:
    return {
        "className": sub.ready.class_name,
        **({"operation": sub.operation} if sub.operation else {}),
        **({} if sub.sys_id == UNKNOWN else {"sysId": sub.sys_id}),
        "errors": [],
        "errorCount": 0,
        "warningCount": 0,
        "markers": [],
        "mergedPayloadIds": [],
        "inputIndices": [{"mainIndex": main, "subIndex": place} for main, place in sub.ready.item.indices],
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    body: dict[str, Any] = {} if attempt.info is None else {"info": attempt.info}
    body |= {
        "identifierName": attempt.identifier,
        "attemptResult": attempt.result,
        "attributes": list(attempt.attributes),
    }
    if attempt.table is not None:
        body["searchOnTable"] = attempt.table
    return body | {"hybridEntryCiAttributes": list(attempt.hybrid_attributes)}


def _relation(relation: RelationOutcome, committed: bool) -> dict[str, Any]:
    body: dict[str, Any] = {"className": "cmdb_rel_ci"}
    if relation.operation is not None:
        body["operation"] = relation.operation
    if relation.sys_id is not None and committed:
        body |= {"sysId": relation.sys_id, "identifierEntrySysId": UNKNOWN}
    if relation.errors:
        body["errors"] = _troubles(relation.errors)
    return body | {
        "errorCount": len(relation.errors),
        "warningCount": 0,
        "markers": [],
        "mergedPayloadIds": [],
        "inputIndices": [] if relation.added else [relation.place],
    }


def _troubles(troubles: Troubles) -> list[dict[str, str]]:
    return [{"error": each.error, "message": each.message} for each in troubles]


def _summary(items: Iterable[Outcome]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for each in items:
        of_class = counts.setdefault(each.identified.class_name, dict.fromkeys(_COUNTS, 0))
        of_class["mergedPartialPayloads"] += len(each.identified.ready.merged_ids)
        of_class["warnings"] += len(each.warnings)
        of_class["errors"] += len(each.errors)
        if not each.errors or each.operation == "INSERT_AS_INCOMPLETE":
            name = _COUNT_BY_OPERATION.get(each.operation, "updated")
            of_class["additionalInserted" if each.added and name == "inserted" else name] += 1
        for sub in each.subs:
            if sub.operation is not None:
                of_sub = counts.setdefault(sub.ready.class_name, dict.fromkeys(_COUNTS, 0))
                of_sub[_COUNT_BY_OPERATION.get(sub.operation, "updated")] += 1
    return counts
