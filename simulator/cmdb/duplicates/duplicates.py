"""Equal records: which of them stays the main one, and the task to remedy them ("Detecting duplicate CIs")."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from simulator.cmdb.call import Call
from simulator.cmdb.items import Equals, Identified
from simulator.cmdb.records import ChangeSet, Record, Value, joined
from simulator.cmdb.rules.model import Model

OPEN_STATES = frozenset({"1", "2"})
"""Open and work in progress, as the states of a task are numbered."""

_MARK = ("duplicate_of",)
AUDITS, TASKS = "duplicate_audit_result", "reconcile_duplicate_task"


def are_tolerable(model: Model, count: int) -> bool:
    """Whether identification goes on with the oldest of *count* duplicates.

    The texts say "less than" the threshold in one place and "exceeds" in another; at the threshold itself they
    leave it open, and this takes the first at its word.
    """
    return model.on("skip_duplicates", "true") and count < model.threshold


def are_reported(model: Model) -> bool:
    """Whether CIs that share lookup records with an item call for a task; the oldest is taken in any case."""
    return model.on("lookup_match.create_duplicate_task_ci.enabled", "false")


def task_domain(equals: Equals) -> Value:
    """The domain of the task: the duplicates' own, and the main one's where they are in several.

    "Domain separation in IRE" speaks of the duplicates' domain and leaves several open.
    """
    return equals.records[0].get("sys_domain") or "global"


def may_refer(other: Record, main: Record) -> bool:
    """Whether `duplicate_of` may lead from *other* to *main*: not across domains, as for people."""
    return other.get("sys_domain") == main.get("sys_domain")


def age(row: Record) -> tuple[str, str]:
    """By this the oldest record comes first."""
    return row.get("sys_created_on") or "", row["sys_id"] or ""


def release(record: Record, written: Record) -> Record:
    """*written*, and with it the end of the record's being a duplicate: any other update clears that mark."""
    return {**written, "duplicate_of": None} if written and record.get("duplicate_of") else written


def report(items: Iterable[Identified], call: Call) -> ChangeSet:
    """What the duplicates found call for: `duplicate_of` where identification went on, and a task each."""
    having = [each for each in items if each.equals]
    marked = [equals for each in having for equals in each.equals if equals.marked and not each.errors]
    return joined([_mark(marked, call), raise_tasks([equals for each in having for equals in each.equals], call)])


def raise_tasks(equals: Iterable[Equals], call: Call) -> ChangeSet:
    """A task for each set of equal records that no open task names."""
    found = {tuple(row["sys_id"] for row in each.records): each for each in equals}
    _fetch_tasks(found.values(), call)
    changes = ChangeSet()
    for each in found.values():
        if not _has_open_task(each, call):
            _raise_task(each, changes, call)
    return changes


def _fetch_tasks(found: Iterable[Equals], call: Call) -> None:
    index = call.index
    sys_ids = [row["sys_id"] for each in found for row in each.records]
    for sys_id in sys_ids:
        index.want(AUDITS, ("duplicate_ci",), (sys_id,))
    index.fetch()
    for sys_id in sys_ids:
        for row in index.found(AUDITS, ("duplicate_ci",), (sys_id,)):
            index.want(TASKS, ("sys_id",), (row.get("follow_on_task"),))
    index.fetch()


def _mark(found: Iterable[Equals], call: Call) -> ChangeSet:
    """Have all but the oldest of each set be duplicates of that, and with them their own: there are no chains."""
    others = [(each, equals.records[0]) for equals in found for each in equals.records[1:]]
    others = [(each, main) for each, main in others if _may_be_marked(each, main, call)]
    main_by_id = {each["sys_id"]: main["sys_id"] for each, main in others}
    for sys_id in main_by_id:
        call.index.want("cmdb_ci", _MARK, (sys_id,))
    call.index.fetch()
    changes = ChangeSet()
    for other, _ in others:
        main = other["sys_id"]
        while main in main_by_id:  # it ends, for each is younger than its main one
            main = main_by_id[main]
        own = [row for row in call.index.found("cmdb_ci", _MARK, (other["sys_id"],)) if may_refer(row, other)]
        for each in (other, *own):
            updates = changes.updates[each["sys_class_name"] or "cmdb_ci"]
            updates.setdefault(each["sys_id"] or "", {})["duplicate_of"] = main
    return changes


def _may_be_marked(other: Record, main: Record, call: Call) -> bool:
    table = other["sys_class_name"] or "cmdb_ci"
    return may_refer(other, main) and call.model.hierarchy.has_field(table, "duplicate_of")


def _has_open_task(equals: Equals, call: Call) -> bool:
    """Whether one open task names them all already."""
    shared = [
        {row.get("follow_on_task") for row in call.index.found(AUDITS, ("duplicate_ci",), (each["sys_id"],))}
        for each in equals.records
    ]
    tasks = chain.from_iterable(
        call.index.found(TASKS, ("sys_id",), (task,)) for task in set.intersection(*shared)
    )
    return any(task.get("state") in OPEN_STATES for task in tasks)


def _raise_task(equals: Equals, changes: ChangeSet, call: Call) -> None:
    main, task, domain = equals.records[0], call.new_id(), task_domain(equals)
    changes.inserts[TASKS].append(
        {
            "sys_id": task,
            "short_description": (
                f"Found duplicate records in table [{equals.table}] using fields [{', '.join(equals.attributes)}]"
            ),
            "work_notes": ", ".join(f"[{name} = {main.get(name)}]" for name in equals.attributes if name in main),
            "state": "1",
            "active": "true",
            "sys_domain": domain,
            "sys_created_on": call.stamp,
        }
    )
    changes.inserts[AUDITS] += [
        {
            "sys_id": call.new_id(),
            "table": row.get("sys_class_name") or equals.table,
            "duplicate_ci": row["sys_id"],
            "duplicate_id": row["sys_id"],
            "follow_on_task": task,
            "sys_domain": domain,
            "sys_created_on": call.stamp,
        }
        for row in equals.records
    ]
