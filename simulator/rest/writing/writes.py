"""Records that clients make, change and delete: each table's own way.

What belongs to the CMDB goes the way of forms, past identification and reconciliation; tables of trust stand for
what administrators do (trust.py); some tables the instance keeps itself, of others it is built (structure.py); all
others are plain rows.
"""

from __future__ import annotations

import re

from simulator.cmdb.forms.creation import stated
from simulator.cmdb.forms.referrers import deletable_tables
from simulator.cmdb.forms.tasks import STATE_BY_CLOSING
from simulator.cmdb.records import ChangeSet, Record, Value
from simulator.protocol.actions import Action
from simulator.protocol.cmdb import CloseTask, CreateRecord, DeleteRecord, EditRecord
from simulator.refusal import Refusal, RefusalCode
from simulator.rest import errors
from simulator.rest.call import Call
from simulator.rest.callers.access import Access, Operation
from simulator.rest.writing import business_rules, files, structure, trust, values

KEPT = frozenset(
    {
        "sys_store_app", "v_plugin", "sys_object_source", "sys_rel_source", "cmdb_multisource_data",
        "cmdb_datasource_last_update", "duplicate_audit_result", "reconcile_duplicate_task",
        "reclassification_task", "cmdb_ire_partial_payloads", "cmdb_ire_partial_payloads_index",
        "cmdb_ire_incomplete_payloads",
    }
)  # fmt: skip
"""The tables that the instance keeps itself, besides those of trust."""

_TASKS = frozenset({"reconcile_duplicate_task", "reclassification_task"})

_CLOSING_BY_STATE = {state: closing for closing, state in STATE_BY_CLOSING.items()}


def insert(call: Call, table: str) -> str:
    """Makes a record of what the body says; its sys_id. Raises RestError."""
    own = values.as_text("sys_id", call.body().get("sys_id"))
    return insert_values(call, table, _theirs(call, "create", table), own)


def insert_values(call: Call, table: str, given: dict[str, str], own: str = "") -> str:
    """Makes a record of these values, with its *own* sys_id where that is one; its sys_id. Raises RestError."""
    business_rules.check(call, "insert", table, {**call.desk.model.hierarchy.defaults(table), **given})
    if trust.is_of_trust(table):
        return trust.insert(call, table, given)
    if _is_of_cmdb(call, table):
        sys_id = _id_for(call, table, own)
        known: dict[str, Value] = {name: value or None for name, value in given.items()}
        action = CreateRecord(user=call.caller.name, table=table, sys_id=sys_id, values=known)
        return _done(call, action, "Insert") or sys_id
    _refuse_kept(table)
    Access.of(call).check("create", table)
    if table in structure.BUILT_OF:
        return structure.insert(call, table, given)
    return _insert_row(call, table, given, own)


def update(call: Call, table: str, record: Record) -> None:
    """Changes the record to what the body says; what that leaves out stays. Raises RestError."""
    given, sys_id = _theirs(call, "write", table), record["sys_id"] or ""
    if any(value != (record.get(name) or "") for name, value in given.items()):
        business_rules.check(call, "update", table, {**record, **given})
    if trust.is_of_trust(table):
        return trust.update(call, table, record, given)
    if _is_of_cmdb(call, table):
        known: dict[str, Value] = {name: value or None for name, value in given.items()}
        edit = EditRecord(user=call.caller.name, table=table, where={"sys_id": sys_id}, values=known)
        _done(call, edit, "Update")
        return None
    if table in _TASKS:
        return _close(call, table, record, given)
    _refuse_kept(table)
    Access.of(call).check("write", table)
    if table in structure.BUILT_OF:
        return structure.update(call, table, record, given)
    return _update_row(call, table, record, given)


def delete(call: Call, table: str, record: Record) -> None:
    """The record is gone, with what belongs to it. Raises RestError."""
    sys_id = record["sys_id"] or ""
    business_rules.check(call, "delete", table, record)
    if trust.is_of_trust(table):
        return trust.delete(call, table, record)
    changes = files.removed_with(call, sys_id)
    if _is_of_cmdb(call, table):
        _done(call, DeleteRecord(user=call.caller.name, table=table, where={"sys_id": sys_id}), "Delete")
    else:
        _refuse_kept(table)
        Access.of(call).check("delete", table)
        if table in structure.BUILT_OF:
            return structure.delete(call, table, record)
        changes.deletes[table].append(sys_id)
    return write(call, changes)


def _theirs(call: Call, operation: Operation, table: str) -> dict[str, str]:
    """The values of the body for fields that the caller may write; others are left out, as unknown ones are."""
    access = Access.of(call)
    return {
        name: value
        for name, value in values.given(call, table).items()
        if access.may_field(operation, table, name)
    }


def _is_of_cmdb(call: Call, table: str) -> bool:
    """Whether it holds CIs or what belongs to them."""
    model = call.desk.model
    return table in model.hierarchy or (table not in KEPT and table in deletable_tables(model))


def _done(call: Call, action: Action, operation: str) -> str:
    refusal = call.desk.act(action)
    if refusal is None:
        return ""
    raise _error(refusal, operation)


def _error(refusal: Refusal, operation: str) -> errors.RestError:
    match refusal.code:
        case RefusalCode.ROLE_MISSING:
            return errors.forbidden(operation)
        case RefusalCode.RECORD_UNKNOWN | RefusalCode.RECORD_NOT_VISIBLE:
            return errors.no_record()
        case _:
            return errors.refused(refusal)


def _close(call: Call, table: str, record: Record, given: dict[str, str]) -> None:
    """The task is closed, as people close it; a value that it has already is no change. Raises RestError."""
    read = values.read(call, table, given)
    changes = {name: value for name, value in read.items() if (value or "") != (record.get(name) or "")}
    if not changes:
        return
    closing = _CLOSING_BY_STATE.get(changes.get("state") or "")
    if closing is None or len(changes) > 1:
        states = ", ".join(sorted(_CLOSING_BY_STATE))
        raise errors.impossible(f"{', '.join(changes)} cannot be set so: of a task only the state, to {states}.")
    action = CloseTask(user=call.caller.name, task=record.get("number") or "", state=closing)
    _done(call, action, "Update")


def _id_for(call: Call, table: str, own: str) -> str:
    """The sys_id of a new record: the client's own, if it is one, as the product takes it. Raises RestError."""
    own = own.lower()  # as all are kept
    if not _SYS_ID.fullmatch(own):
        return call.desk.new_id()
    if call.desk.records.by_id(table, [own], call.desk.model.hierarchy):
        raise errors.impossible(f"There is a record of {table} with the sys_id {own} already.")
    return own


_SYS_ID = re.compile("[0-9a-f]{32}")


def _refuse_kept(table: str) -> None:
    if table in KEPT:
        raise errors.impossible(f"{table} is kept by the instance itself: it can be read, and not written.")


# -- plain rows -----------------------------------------------------------------------------------------------


def _insert_row(call: Call, table: str, given: dict[str, str], own: str) -> str:
    sys_id = _id_for(call, table, own)
    row = values.read(call, table, given)
    _check_condition(call, table, row)
    if table == "sys_user":
        names = (row.get("first_name"), row.get("last_name"))
        row.setdefault("name", " ".join(name for name in names if name) or row.get("user_name"))
    if call.desk.model.hierarchy.is_separated(table):
        row.setdefault("sys_domain", call.caller.home)
    changes = ChangeSet()
    defaults = call.desk.model.hierarchy.defaults(table)
    changes.inserts[table].append({**stated(row, defaults), "sys_id": sys_id})
    write(call, changes)
    return sys_id


def _update_row(call: Call, table: str, record: Record, given: dict[str, str]) -> None:
    change = values.read(call, table, given)
    _check_condition(call, table, {**record, **change})
    changes = ChangeSet()
    changes.updates[table][record["sys_id"] or ""] = change
    write(call, changes)


def _check_condition(call: Call, table: str, row: Record) -> None:
    """Raises RestError for a business rule whose condition cannot be read."""
    if table == business_rules.TABLE:
        business_rules.read(call, row.get("collection") or "", row.get("filter_condition"))


def write(call: Call, changes: ChangeSet) -> None:
    """Makes changes to plain rows true. Raises RestError where they cannot be."""
    if not any((*changes.inserts.values(), *changes.updates.values(), *changes.deletes.values())):
        return
    problem = call.desk.write(changes, call.caller.name)
    if problem is not None:
        raise errors.impossible(problem)
