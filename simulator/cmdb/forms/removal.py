"""Records that people delete, and what goes with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from simulator.cmdb.forms.editor import Editor, invalid
from simulator.cmdb.forms.referrers import (
    AUDITED,
    RELATION_SOURCES,
    RELATIONS,
    Cascade,
    Referrer,
    deletable_tables,
    referrers,
)
from simulator.cmdb.forms.roles import Right
from simulator.cmdb.records import ChangeSet, Record, Value
from simulator.refusal import Refusal, RefusalCode


def plan_delete(table: str, found: Sequence[Record], sought: str, editor: Editor) -> ChangeSet | Refusal:
    """What goes with the records that were *found* by what was *sought*: all that the user sees, or none."""
    hierarchy = editor.model.hierarchy
    if table not in hierarchy and table not in deletable_tables(editor.model):
        return invalid(
            f"{table} holds neither CIs nor what belongs to them.",
            "delete a CI, a relation or a lookup record",
            editor,
        )
    if refusal := editor.refuse(Right.DELETE if table in hierarchy else Right.EDIT):
        return refusal
    chosen = editor.choose(table, found, sought)
    if isinstance(chosen, Refusal):
        return chosen
    if table in hierarchy and (refusal := _refuse_main(chosen, editor)):
        return refusal
    changes = ChangeSet()
    Removal(editor, changes).delete(table, chosen)
    return changes


def _refuse_main(chosen: Sequence[Record], editor: Editor) -> Refusal | None:
    """A main CI stays as long as it has duplicates ("Duplicate CIs remediation", Restrictions)."""
    going = {row["sys_id"] for row in chosen}
    duplicates = editor.reader.rows("cmdb_ci", ("duplicate_of",), [(sys_id,) for sys_id in going])
    left = [row for row in duplicates if row["sys_id"] not in going]
    if not left:
        return None
    names = ", ".join(dict.fromkeys(row.get("name") or row["sys_id"] or "" for row in left))
    number = f"{len(left)} duplicate{'s' * (len(left) > 1)}"
    return Refusal(
        code=RefusalCode.MAIN_HAS_DUPLICATES,
        found=f"It is the main CI of {number}: {names}.",
        change="delete the duplicates first, or clear their duplicate_of",
        who=f"the user {editor.user}",
    )


class Removal:
    """Collects what goes, and what only loses a reference, in a change set; what refers elsewhere then stays."""

    def __init__(self, editor: Editor, changes: ChangeSet) -> None:
        self._editor, self._changes = editor, changes
        self._referrers = [*referrers(editor.model), _MARK]
        self._gone: set[Value] = set()

    def delete(self, table: str, records: Iterable[Record]) -> None:
        """Deletes the records, and with a CI what belongs to it; a lookup record may be a CI itself."""
        waiting = [(table, row) for row in records]
        while waiting:
            going: dict[str, list[str]] = defaultdict(list)
            for place, row in waiting:
                if row["sys_id"] not in self._gone:
                    self._gone.add(row["sys_id"])
                    going[place].append(row["sys_id"] or "")
            waiting = []
            for place, sys_ids in going.items():
                waiting += self._take(place, sys_ids)

    def _take(self, table: str, sys_ids: list[str]) -> list[tuple[str, Record]]:
        """The records of one table go; those that go with them."""
        is_class = table in self._editor.model.hierarchy
        self._changes.deletes["cmdb" if is_class else table] += sys_ids
        for updates in self._changes.updates.values():
            for sys_id in sys_ids:
                updates.pop(sys_id, None)
        if table == RELATIONS:
            return self._find(RELATION_SOURCES, "relation", sys_ids)
        going: list[tuple[str, Record]] = []
        for each in self._referrers if is_class else [AUDITED]:
            rows = self._find(each.table, each.column, sys_ids)
            if each.cascade is Cascade.GOES_TOO:
                going += rows
                continue
            for place, row in rows:
                self._changes.updates[place].setdefault(row["sys_id"] or "", {})[each.column] = None
        return going

    def _find(self, table: str, column: str, sys_ids: list[str]) -> list[tuple[str, Record]]:
        """The records that refer to these and stay so, each with its class or table."""
        rows = self._editor.reader.rows(table, (column,), [(sys_id,) for sys_id in sys_ids])
        found = [(row.get("sys_class_name") or table, row) for row in rows if row["sys_id"] not in self._gone]
        return [
            (place, row)
            for place, row in found
            if self._changes.updates[place].get(row["sys_id"] or "", row).get(column, row[column]) in sys_ids
        ]


_MARK = Referrer("cmdb_ci", "duplicate_of", Cascade.IS_CLEARED, is_merged=False)
