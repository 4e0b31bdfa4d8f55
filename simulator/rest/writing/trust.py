"""Tables of trust: what a client writes into them is what an administrator does with their forms.

    Manager Instances       a record names a manager; its approval field approves or rejects; deleting it ends it
    Managed Instances       a record asks an instance to be managed; deleting it ends it
    Trust Profile Items     a record is a line of the profile
    Trusted Instances       a record is a trust record, made by hand
    Trust Configuration     the field Grant access

Each has the rules and the refusals of the action. All other tables of trust are what the instance has learned, and
are only read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from simulator.cmdb.records import Record
from simulator.protocol import actions
from simulator.protocol.actions import Action
from simulator.rest import errors
from simulator.rest.call import Call
from simulator.rest.writing import values
from simulator.store.columns import sys_id_of
from simulator.tables import Row
from simulator.trust.management import Managed, ManagedBy
from simulator.trust.profile import ProfileItem
from simulator.trust.record import TrustRecord
from simulator.trust.sharing import TrustConfig

Values = Mapping[str, str]
"""The fields of a record, or of what is to become of it."""


@dataclass(frozen=True, slots=True)
class _Form:
    """What may be done with the records of a table, as the user who is named last."""

    row_type: type[Row]
    insert: Callable[[Values, str], Action] | None = None
    update: Callable[[Values, Values, str], list[Action]] | None = None
    """From the record as it is, and what changes."""
    delete: Callable[[Values, str], Action] | None = None
    changed_by: str = "its buttons"
    """How people change what can be made and not changed."""


def _named(row: Values, user: str) -> Action:
    return actions.NameManager(application=row["application"], manager=row["manager_instance"], taken_by=user)


def _decided(row: Values, change: Values, user: str) -> list[Action]:
    """Approval fields approve and reject, as the buttons beside them."""
    by_approval = {"approved": actions.ApproveManager, "rejected": actions.RejectManager}
    action = by_approval.get(change.get("approval", ""))
    if action is None:
        return []
    return [action(application=row["application"], manager=row["manager_instance"], taken_by=user)]


def _disowned(row: Values, user: str) -> Action:
    return actions.DeleteManager(application=row["application"], manager=row["manager_instance"], taken_by=user)


def _asked(row: Values, user: str) -> Action:
    return actions.RequestManagement(
        application=row["application"], instance=row["managed_instance"], taken_by=user
    )


def _released(row: Values, user: str) -> Action:
    return actions.DeleteManaged(application=row["application"], instance=row["managed_instance"], taken_by=user)


def _saved(row: Values, user: str) -> Action:
    return actions.SaveProfileItem(
        application=row["application"],
        capability=row["capability"],
        version=row.get("version", ""),
        trusting=row["trusting_instance"],
        trusted=row["trusted_instance"],
        active=row.get("active", "") != "false",
        description=row.get("description", ""),
        taken_by=user,
    )


def _resaved(row: Values, change: Values, user: str) -> list[Action]:
    return [_saved({**row, **change}, user)]


def _struck(row: Values, user: str) -> Action:
    return actions.DeleteProfileItem(
        application=row["application"],
        capability=row["capability"],
        trusting=row["trusting_instance"],
        trusted=row["trusted_instance"],
        taken_by=user,
    )


def _trusted(row: Values, user: str) -> Action:
    return actions.CreateTrustRecord(
        application=row["application"],
        capability=row["capability"],
        version=row.get("version", ""),
        trustee=row["trusted_instance"],
        taken_by=user,
    )


def _distrusted(row: Values, user: str) -> Action:
    return actions.DeleteTrustRecord(
        application=row["application"],
        capability=row["capability"],
        trustee=row["trusted_instance"],
        taken_by=user,
    )


def _configured(row: Values, change: Values, user: str) -> list[Action]:
    application, instance, done = row["application"], row["instance"], list[Action]()
    if said := change.get("is_granting_access"):
        done.append(
            actions.SetIsGrantingAccess(
                application=application, instance=instance, granting=said == "true", taken_by=user
            )
        )
    if said := change.get("grant_access"):
        done.append(
            actions.SetGrantAccess(application=application, instance=instance, grant=said == "true", taken_by=user)
        )
    return done


_FORMS = {
    each.row_type.TABLE: each
    for each in (
        _Form(ManagedBy, _named, _decided, _disowned, changed_by="its approval field"),
        _Form(Managed, _asked, None, _released, changed_by="the other instance's decision"),
        _Form(ProfileItem, _saved, _resaved, _struck),
        _Form(TrustRecord, _trusted, None, _distrusted, changed_by="deleting it and making another"),
        _Form(TrustConfig, None, _configured, changed_by="the fields Grant access and Is granting access"),
    )
}


def is_of_trust(table: str) -> bool:
    """Whether the table is one of trust."""
    return table.startswith("sn_mif_")


def insert(call: Call, table: str, given: Values) -> str:
    """Does what a new record stands for; the record's sys_id. Raises RestError."""
    form = _form(table)
    if form.insert is None:
        raise _read_only(table)
    row = _read(call, table, given)
    missing = [name for name in form.row_type.KEY if not row.get(name)]
    if missing:
        raise errors.impossible(f"A record of {table} needs {', '.join(missing)}.")
    _do(call, form.insert(row, call.caller.name))
    return sys_id_of(form.row_type, tuple(row[name] for name in form.row_type.KEY))


def update(call: Call, table: str, record: Record, given: Values) -> None:
    """Does what the changes stand for; values that are there already are no change. Raises RestError."""
    form, row = _form(table), _row(record)
    change = {name: value for name, value in _read(call, table, given).items() if value != row.get(name, "")}
    if not change:
        return
    fixed = [name for name in form.row_type.KEY if name in change]
    if form.update is None or fixed:
        what = f"{', '.join(fixed)} of a record" if fixed else "A record"
        raise errors.impossible(f"{what} of {table} cannot be changed; it changes by {form.changed_by}.")
    done = form.update(row, change, call.caller.name)
    if not done:
        raise errors.impossible(
            f"{', '.join(change)} of a record of {table} cannot be set so; it changes by {form.changed_by}."
        )
    for action in done:
        _do(call, action)


def delete(call: Call, table: str, record: Record) -> None:
    """Does what deleting the record stands for. Raises RestError."""
    form = _form(table)
    if form.delete is None:
        raise _read_only(table)
    _do(call, form.delete(_row(record), call.caller.name))


def _form(table: str) -> _Form:
    form = _FORMS.get(table)
    if form is None:
        raise _read_only(table)
    return form


def _read_only(table: str) -> errors.RestError:
    return errors.impossible(f"{table} shows what the instance has learned: it can be read, and not written.")


def _read(call: Call, table: str, given: Values) -> dict[str, str]:
    return {name: value or "" for name, value in values.read(call, table, given).items()}


def _row(record: Record) -> dict[str, str]:
    return {name: value or "" for name, value in record.items()}


def _do(call: Call, action: Action) -> None:
    refusal = call.desk.act(action)
    if refusal is not None:
        raise errors.refused(refusal)
