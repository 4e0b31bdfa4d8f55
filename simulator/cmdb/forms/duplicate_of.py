"""Of which CI another one may be a duplicate, when people say so ("Duplicate CIs remediation", Restrictions)."""

from __future__ import annotations

from simulator.cmdb.duplicates.duplicates import may_refer
from simulator.cmdb.forms.editor import Editor
from simulator.cmdb.items import UNKNOWN
from simulator.cmdb.records import ChangeSet, Record
from simulator.refusal import Refusal, RefusalCode

MARK = "duplicate_of"


def mark(record: Record, main: Record, editor: Editor, changes: ChangeSet) -> Refusal | None:
    """Has *record* be a duplicate of *main*, without a chain: what would be one points at its end.

    A main CI that becomes a duplicate takes its duplicates along; within one set the two change places.
    """
    if record["sys_id"] == main["sys_id"]:
        return _refusal(f"{_title(record)} would be a duplicate of itself.", "name another CI", editor)
    if not may_refer(record, main):
        found = f"{_title(record)} and {_title(main)} are in different domains."
        return _refusal(found, "name a main CI of the same domain", editor)
    above = main.get("duplicate_of")
    if above == UNKNOWN:
        found = f"{_title(main)} is a duplicate itself, and of which CI is unknown."
        return _refusal(found, f"clear duplicate_of of {_title(main)} first", editor)
    if above == record["sys_id"]:
        _set(main, None, changes)
        above = None
    target = above or main["sys_id"]
    for other in editor.reader.rows("cmdb_ci", ("duplicate_of",), [(record["sys_id"],)]):
        if other["sys_id"] != target:
            _set(other, target, changes)
    _set(record, target, changes)
    return None


def _set(record: Record, target: str | None, changes: ChangeSet) -> None:
    table = record.get("sys_class_name") or "cmdb_ci"
    changes.updates[table].setdefault(record["sys_id"] or "", {})["duplicate_of"] = target


def _title(record: Record) -> str:
    return f"{record.get('name') or 'the CI'} ({record['sys_id']})"


def _refusal(found: str, change: str, editor: Editor) -> Refusal:
    who = f"the user {editor.user}"
    return Refusal(code=RefusalCode.DUPLICATE_OF_INVALID, found=found, change=change, who=who)
