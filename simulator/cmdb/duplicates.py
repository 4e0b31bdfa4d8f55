"""Equal configuration items: which of them stays the main one, and the task to remedy them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from simulator.cmdb.index import Index
from simulator.cmdb.records import ChangeSet, Record
from simulator.cmdb.work import Work

_OPEN_STATES = frozenset({"1", "2"})
"""Open and work in progress, as the states of a task are numbered."""


def record(works: list[Work], index: Index, changes: ChangeSet, now: str, new_id: Callable[[], str]) -> None:
    """Note what the duplicates found call for: `duplicate_of` where identification went on, and a task each."""
    groups = {tuple(row["sys_id"] for row in work.duplicates): work for work in works if work.duplicates}
    for sys_ids in groups:
        for sys_id in sys_ids:
            index.want("duplicate_audit_result", ("duplicate_ci",), (sys_id,))
    index.fetch()
    for sys_ids in groups:
        for sys_id in sys_ids:
            for row in index.found("duplicate_audit_result", ("duplicate_ci",), (sys_id,)):
                index.want("reconcile_duplicate_task", ("sys_id",), (row.get("follow_on_task"),))
    index.fetch()
    for work in groups.values():
        if not work.errors:
            _mark(work.duplicates, changes)
        if not _has_open_task(work.duplicates, index):
            _raise_task(work, changes, now, new_id)


def _mark(duplicates: list[Record], changes: ChangeSet) -> None:
    main = duplicates[0]
    for other in duplicates[1:]:
        # The product forbids people a `duplicate_of` across domains; the engine keeps to that too.
        if other.get("sys_domain") == main.get("sys_domain"):
            sys_id = other["sys_id"] or ""
            changes.updates[other["sys_class_name"] or "cmdb_ci"].setdefault(sys_id, {})["duplicate_of"] = main[
                "sys_id"
            ]


def _has_open_task(duplicates: list[Record], index: Index) -> bool:
    """Whether one open task names them all already."""
    shared = [
        {
            row.get("follow_on_task")
            for row in index.found("duplicate_audit_result", ("duplicate_ci",), (each["sys_id"],))
        }
        for each in duplicates
    ]
    tasks = chain.from_iterable(
        index.found("reconcile_duplicate_task", ("sys_id",), (task,)) for task in set.intersection(*shared)
    )
    return any(task.get("state") in _OPEN_STATES for task in tasks)


def _raise_task(work: Work, changes: ChangeSet, now: str, new_id: Callable[[], str]) -> None:
    main, attempt = work.duplicates[0], work.attempts[-1]
    task = new_id()
    fields = ", ".join(f"[{name} = {main.get(name)}]" for name in attempt.attributes)
    changes.inserts["reconcile_duplicate_task"].append(
        {
            "sys_id": task,
            "short_description": f"Found duplicate records in table [{attempt.table}] using fields {fields}",
            "state": "1",
            "active": "true",
            "sys_domain": main.get("sys_domain"),
            "sys_created_on": now,
        }
    )
    for row in work.duplicates:
        changes.inserts["duplicate_audit_result"].append(
            {
                "sys_id": new_id(),
                "table": row.get("sys_class_name"),
                "duplicate_ci": row["sys_id"],
                "duplicate_id": row["sys_id"],
                "follow_on_task": task,
                "sys_domain": main.get("sys_domain"),
                "sys_created_on": now,
            }
        )
