"""The tasks that the engine leaves for people: found by their number, and closed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from simulator.cmdb.duplicates.duplicates import AUDITS, OPEN_STATES, TASKS, age
from simulator.cmdb.forms.editor import Editor
from simulator.cmdb.forms.roles import Right
from simulator.cmdb.records import ChangeSet, Record
from simulator.refusal import Refusal, RefusalCode

Closing = Literal["closed_complete", "closed_incomplete", "closed_skipped"]
STATE_BY_CLOSING: dict[Closing, str] = {"closed_complete": "3", "closed_incomplete": "4", "closed_skipped": "7"}
"""The states that end a task, as the platform numbers them."""


def table_of(number: str) -> str:
    """The table of the task with this number."""
    return "reclassification_task" if number.startswith("RCT") else TASKS


def plan_close(
    table: str, found: Sequence[Record], sought: str, closing: Closing, editor: Editor
) -> ChangeSet | Refusal:
    """The task is closed, and nothing else: the engine reports the same CIs again when it meets them."""
    task = open_task(table, found, sought, editor)
    if isinstance(task, Refusal):
        return task
    changes = ChangeSet()
    close(table, task, closing, f"Closed by {editor.user}", editor, changes)
    return changes


def open_task(table: str, found: Sequence[Record], sought: str, editor: Editor) -> Record | Refusal:
    """The task, which is open and which the user may work on, or why there is none."""
    if refusal := editor.refuse(Right.REMEDIATE):
        return refusal
    chosen = editor.choose(table, found, sought)
    if isinstance(chosen, Refusal):
        return chosen
    if chosen[0].get("state") in OPEN_STATES:
        return chosen[0]
    return Refusal(
        code=RefusalCode.TASK_CLOSED,
        found=f"The task {chosen[0].get('number')} is closed already.",
        change="take the task that is open for these CIs, or have the engine look at them again",
        who=f"the user {editor.user}",
    )


def members_of(task: Record, editor: Editor) -> tuple[str, list[Record]]:
    """The records that a de-duplication task names and that are still there, the oldest first, and their table.

    Of several classes of CIs it is the one that all extend.
    """
    audits = editor.reader.rows(AUDITS, ("follow_on_task",), [(task["sys_id"],)])
    tables = {row["table"] or "cmdb" for row in audits}
    table = next((name for name in sorted(tables) if name not in editor.model.hierarchy), "cmdb")
    keys = [(row["duplicate_ci"],) for row in audits if row["duplicate_ci"]]
    return table, sorted(editor.reader.rows(table, ("sys_id",), keys), key=age)


def close(table: str, task: Record, closing: Closing, note: str, editor: Editor, changes: ChangeSet) -> None:
    """The task is over, and its notes say how."""
    notes = "; ".join(text for text in (task.get("work_notes"), f"{editor.stamp} {note}") if text)
    ended: Record = {"state": STATE_BY_CLOSING[closing], "active": "false", "work_notes": notes}
    changes.updates[table][task["sys_id"] or ""] = ended
