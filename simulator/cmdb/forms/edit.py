"""Values that people change: no reconciliation, and nothing is noted of who owns an attribute (KB2925670)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simulator.cmdb.forms.duplicate_of import MARK, mark
from simulator.cmdb.forms.editor import Editor, invalid
from simulator.cmdb.forms.referrers import editable_tables
from simulator.cmdb.forms.roles import Right
from simulator.cmdb.records import ChangeSet, Record, Value
from simulator.refusal import Refusal

RETIRED: Mapping[str, str] = {"install_status": "7", "operational_status": "6"}
"""Retired, in both of the fields that say so."""


def plan_edit(
    table: str, found: Sequence[Record], sought: str, values: Mapping[str, Value], editor: Editor
) -> ChangeSet | Refusal:
    """What becomes of the records that were *found* by what was *sought*: all that the user sees, or none."""
    if refusal := editor.refuse(Right.EDIT) or refuse_table(table, editor):
        return refusal
    chosen = editor.choose(table, found, sought)
    if isinstance(chosen, Refusal):
        return chosen
    changes = ChangeSet()
    for record in chosen:
        if refusal := _edit(record.get("sys_class_name") or table, record, values, editor, changes):
            return refusal
    return changes


def checked(kind: str, values: Mapping[str, Value], editor: Editor) -> Record | Refusal:
    """The values as a record of this class or table has them, or why a form does not take them.

    A reference may be given by the name of what it leads to; what the user does not see is not found.
    """
    hierarchy = editor.model.hierarchy
    unknown = [name for name in values if name not in hierarchy.fields(kind)]
    if unknown:
        found = f"{kind} has no field {', '.join(unknown)} that people can change."
        return invalid(found, "name fields of that class", editor)
    columns = hierarchy.columns(kind)
    taken: Record = {name: columns[name].read(value) if value else None for name, value in values.items()}
    wrong = [name for name, value in values.items() if value and taken[name] is None]
    if wrong:
        found = f"{wrong[0]} of {kind} cannot be {values[wrong[0]]}."
        return invalid(found, f"give {columns[wrong[0]].expected}", editor)
    empty = [name for name in hierarchy.mandatory(kind) if taken.get(name, "kept") is None]
    if empty:
        return invalid(f"{', '.join(empty)} of {kind} must have a value.", "give one", editor)
    for name, value in taken.items():
        table = "cmdb_ci" if name == MARK else hierarchy.references(kind).get(name)
        if value and table:
            ids = _referred(table, value, editor)
            if len(ids) != 1:
                found = (
                    f"{name} of {kind} refers to {table}, where the user sees {len(ids) or 'no'} records {value}."
                )
                return invalid(found, f"name one record of {table}, or its sys_id", editor)
            taken[name] = ids[0]
    return taken


def _referred(table: str, value: str, editor: Editor) -> list[Value]:
    columns = "sys_id", editor.model.hierarchy.display(table)
    found = (editor.reader.rows(table, (column,), [(value,)]) for column in columns)
    rows = next((some for some in found if some), [])
    return [row["sys_id"] for row in editor.visible(table, rows)]


def refuse_table(table: str, editor: Editor) -> Refusal | None:
    """Why records of the table are not for people to change; None where they are."""
    if table in editor.model.hierarchy or table in editable_tables(editor.model):
        return None
    return invalid(
        f"{table} holds neither CIs nor what belongs to them.",
        "edit a CI, or change rules, users and domains with a setup",
        editor,
    )


def _edit(
    kind: str, record: Record, values: Mapping[str, Value], editor: Editor, changes: ChangeSet
) -> Refusal | None:
    taken = checked(kind, values, editor)
    if isinstance(taken, Refusal):
        return taken
    changed = {name: value for name, value in taken.items() if value != (record.get(name) or None)}
    main = changed.get(MARK)
    if main is not None:
        del changed[MARK]
        rows = editor.reader.rows("cmdb_ci", ("sys_id",), [(main,)])
        if refusal := mark(record, rows[0], editor, changes):
            return refusal
    if changed:
        changes.updates[kind].setdefault(record["sys_id"] or "", {}).update(changed)
    return None
