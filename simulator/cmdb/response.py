"""The response body, in the shapes of the Identification and Reconciliation API page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.cmdb.messages import Trouble
from simulator.cmdb.work import UNKNOWN, Attempt, SubWork, Work

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


@dataclass(slots=True)
class RelationResult:
    """What became of a relation of the payload."""

    index: int
    operation: str | None = "INSERT"
    sys_id: str | None = None
    errors: tuple[Trouble, ...] = ()
    added: bool = False


def respond(
    works: Sequence[Work], relations: Sequence[RelationResult], *, summary: bool, committed: bool, run_id: str
) -> dict[str, Any]:
    """The inner object of a response."""
    told: dict[int, dict[str, Any]] = {}
    body: dict[str, Any] = {
        "items": [_item(each, committed, told) for each in works if not each.added],
        "relations": [_relation(each, committed) for each in relations if not each.added],
        "additionalCommittedItems": [_item(each, committed, told) for each in works if each.added],
        "additionalCommittedRelations": [_relation(each, committed) for each in relations if each.added],
        "hasError": any(each.errors for each in works) or any(each.errors for each in relations),
        "hasWarning": any(each.warnings for each in works),
        "logContextId": run_id,
    }
    if summary:
        body["summary"] = _summary(works)
    return body


def _item(work: Work, committed: bool, told: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """One of the items; *told* are the attempts by identity, for most items have some in common."""
    body: dict[str, Any] = {"className": work.class_name}
    if not work.errors or work.attempts or work.operation != "INSERT":
        body["operation"] = work.operation  # What failed before it was identified has none.
    if committed or work.sys_id != UNKNOWN or work.operation != "INSERT" or work.errors:
        body["sysId"] = work.sys_id
    body["identifierEntrySysId"] = work.entry_id
    body["identificationAttempts"] = [
        told.get(id(each)) or told.setdefault(id(each), _attempt(each)) for each in work.attempts
    ]
    if work.subs:
        body["relatedSysIds"] = [None if each.sys_id == UNKNOWN else each.sys_id for each in work.subs]
        body["relatedItems"] = [_sub_item(each) for each in work.subs if not each.added]
    added = [_sub_item(each) for each in work.subs if each.added]
    if work.errors or work.warnings:
        body["errors"] = _troubles(work.errors)
    for name, values in (
        ("additionalRelatedItems", added),
        ("warnings", _troubles(work.warnings)),
        ("info", [{"code": each.code, "message": each.message, "ruleSysId": each.rule} for each in work.info]),
        ("maskedAttributes", work.masked),
        ("partialSysIds", work.partial_ids),
        ("incompleteSysIds", work.incomplete_ids),
        ("duplicateIndices", work.duplicate_indices),
    ):
        if values:
            body[name] = list(values)
    for one, other in work.duplicate_lookups:
        body.setdefault("duplicateLookupIndices", {}).setdefault(str(one), []).append(other)
    body |= {
        "mergedPayloadIds": list(work.merged_ids),
        "errorCount": len(work.errors),
        "warningCount": len(work.warnings),
        "markers": [],
        "inputIndices": list(work.item.indices),
    }
    return body


def _sub_item(sub: SubWork) -> dict[str, Any]:
    return {
        "className": sub.class_name,
        **({"operation": sub.operation} if sub.operation else {}),
        **({} if sub.sys_id == UNKNOWN else {"sysId": sub.sys_id}),
        "errors": [],
        "errorCount": 0,
        "warningCount": 0,
        "markers": [],
        "mergedPayloadIds": [],
        "inputIndices": [{"mainIndex": main, "subIndex": place} for main, place in sub.item.indices],
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


def _relation(relation: RelationResult, committed: bool) -> dict[str, Any]:
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
        "inputIndices": [] if relation.added else [relation.index],
    }


def _troubles(troubles: Iterable[Trouble]) -> list[dict[str, str]]:
    return [{"error": each.error, "message": each.message} for each in troubles]


def _summary(works: Iterable[Work]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for work in works:
        of_class = counts.setdefault(work.class_name, dict.fromkeys(_COUNTS, 0))
        of_class["mergedPartialPayloads"] += len(work.merged_ids)
        of_class["warnings"] += len(work.warnings)
        of_class["errors"] += len(work.errors)
        if not work.errors or work.operation == "INSERT_AS_INCOMPLETE":
            name = _COUNT_BY_OPERATION.get(work.operation, "updated")
            of_class["additionalInserted" if work.added and name == "inserted" else name] += 1
        for sub in work.subs:
            if sub.operation is not None:
                of_sub = counts.setdefault(sub.class_name, dict.fromkeys(_COUNTS, 0))
                of_sub[_COUNT_BY_OPERATION.get(sub.operation, "updated")] += 1
    return counts
