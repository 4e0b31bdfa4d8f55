"""A record that people make, without a source and without identification: nobody looks whether it is there."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.cmdb.forms.duplicate_of import MARK
from simulator.cmdb.forms.edit import checked, refuse_table
from simulator.cmdb.forms.editor import Editor, invalid
from simulator.cmdb.forms.referrers import RELATIONS
from simulator.cmdb.forms.roles import Right
from simulator.cmdb.records import ChangeSet, Record, Value
from simulator.refusal import Refusal


def plan_create(table: str, sys_id: str, values: Mapping[str, Value], editor: Editor) -> ChangeSet | Refusal:
    """The record, in the domain of the user; values that the form takes."""
    is_relation = table == RELATIONS
    if refusal := editor.refuse(Right.EDIT) or (None if is_relation else refuse_table(table, editor)):
        return refusal
    taken = checked(table, values, editor)
    if isinstance(taken, Refusal):
        return taken
    hierarchy = editor.model.hierarchy
    if taken.get(MARK):
        return invalid(f"{MARK} can be set once the CI is there.", "make the CI first", editor)
    if is_relation and (refusal := _refuse_relation(taken, editor)):
        return refusal
    home = {"sys_domain": editor.home} if hierarchy.is_separated(table) else {}
    changes = ChangeSet()
    changes.inserts[table] = [{"sys_id": sys_id, **stated(taken, hierarchy.defaults(table)), **home}]
    return changes


def stated(values: Mapping[str, Value], defaults: Mapping[str, str]) -> Record:
    """What is said of a new record; of what is said to be empty only that which would have a default otherwise."""
    return {name: value for name, value in values.items() if value or name in defaults}


def _refuse_relation(taken: Mapping[str, Value], editor: Editor) -> Refusal | None:
    """A relation has two ends and a type, and is there once."""
    key = tuple(taken.get(name) for name in ("parent", "child", "type"))
    if not all(key):
        return invalid(f"A record of {RELATIONS} has a parent, a child and a type.", "give all three", editor)
    if editor.reader.rows(RELATIONS, ("parent", "child", "type"), [key]):
        return invalid("These two CIs have this relation already.", "leave it as it is", editor)
    return None
