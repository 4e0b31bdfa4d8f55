"""What people do with records, from the action to the changes: finds the records that it is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from simulator.cmdb.forms.creation import plan_create
from simulator.cmdb.forms.edit import plan_edit
from simulator.cmdb.forms.editor import Editor, invalid
from simulator.cmdb.forms.remediation import Choices, plan_remediation
from simulator.cmdb.forms.removal import plan_delete
from simulator.cmdb.forms.tasks import plan_close, table_of
from simulator.cmdb.records import ChangeSet, Value
from simulator.errors import DamageError, DiskError, StoreError
from simulator.protocol.cmdb import CloseTask, CmdbEdit, CreateRecord, DeleteRecord, EditRecord, Remediate
from simulator.refusal import Refusal
from simulator.store.cmdb.reader import CmdbReader


def plan(action: CmdbEdit, editor: Editor, reader: CmdbReader) -> ChangeSet | Refusal:
    """What the action changes, or why it may not."""
    try:
        return _plan(action, editor, reader)
    except (DamageError, DiskError):  # no fault of the action's
        raise
    except StoreError as error:
        return invalid(f"{error}.", "name tables and columns that are there", editor)


def _plan(action: CmdbEdit, editor: Editor, reader: CmdbReader) -> ChangeSet | Refusal:
    match action:
        case CreateRecord():
            return plan_create(action.table, action.sys_id, action.values, editor)
        case EditRecord():
            found = reader.find(action.table, editor.model.hierarchy.read(action.table, action.where))
            return plan_edit(action.table, found, _in_words(action.where), action.values, editor)
        case DeleteRecord():
            found = reader.find(action.table, editor.model.hierarchy.read(action.table, action.where))
            return plan_delete(action.table, found, _in_words(action.where), editor)
        case CloseTask():
            table, number = table_of(action.task), {"number": action.task}
            return plan_close(table, reader.find(table, number), _in_words(number), action.state, editor)
        case Remediate():
            number = {"number": action.task}
            choices = Choices(
                main=action.main,
                take=action.take,
                relations=action.relations,
                related=action.related,
                others=action.others,
            )
            found = reader.find("reconcile_duplicate_task", number)
            return plan_remediation(found, _in_words(number), choices, editor)
        case _:
            assert_never(action)


def _in_words(where: Mapping[str, Value]) -> str:
    return ", ".join(f"{name} {value or 'empty'}" for name, value in where.items())
