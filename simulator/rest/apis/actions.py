"""`POST /api/x_trustsim/...`: what people do with buttons, and applications by themselves.

The product has no REST API for these; this one is the simulator's. The path ends in the name of an action
(simulator.protocol.actions), the body has its fields; instances are named, or given by their sys_ids.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

from pydantic import TypeAdapter, ValidationError

from simulator.cmdb.classes.columns import Column, Type
from simulator.protocol import actions, cmdb
from simulator.protocol.actions import Action, Administered
from simulator.protocol.http import Response
from simulator.rest import errors
from simulator.rest.call import Call
from simulator.rest.writing import values

_OFFERED: tuple[type[Any], ...] = (
    *(actions.NameManager, actions.RequestManagement, actions.ApproveManager, actions.RejectManager),
    *(actions.DeleteManager, actions.DeleteManaged, actions.SaveProfileItem, actions.DeleteProfileItem),
    *(actions.SyncTrustProfiles, actions.CreateTrustRecord, actions.DeleteTrustRecord, actions.Send),
    *(actions.ChangeSettings, actions.SetGrantAccess, actions.SetIsGrantingAccess, actions.ShareData),
    *(actions.ChangeType, actions.Rename, actions.Upgrade, actions.Decommission, actions.InstallPlugin),
    *(actions.EnableTls, actions.UpgradeApplication, actions.RemoveApplication, actions.AssignUser),
    *(cmdb.ConfigureCmdb, cmdb.AuditCis, cmdb.CloseTask, cmdb.Remediate),
)
BY_NAME: dict[str, type[Any]] = {each.__dataclass_fields__["kind"].default: each for each in _OFFERED}
"""What can be done, by the last piece of its path."""

_OF_USERS = (cmdb.AuditCis, cmdb.CloseTask, cmdb.Remediate)
"""What users do in the CMDB, each with roles of its own."""

_DEFAULTS: dict[str, Any] = {
    "version": "",
    "application": "",
    "main": {},
    "take": {},
    "relations": True,
    "related": True,
    "others": None,
}
"""What may be left out of a body, besides what an action itself has a default for."""

_INSTANCES = frozenset({"instance", "manager", "recipient", "trusting", "trusted", "trustee"})
_INSTANCE = Column("instance", Type.REFERENCE, reference="sn_mif_instance")


def act(call: Call, action: str) -> Response:
    """Does it, as the caller. Raises RestError."""
    kind = BY_NAME.get(action)
    if kind is None:
        raise errors.no_resource(call.request.path)
    if not (issubclass(kind, (Administered, *_OF_USERS)) or call.caller.is_admin):
        raise errors.not_authorized()
    refusal = call.desk.act(_read(call, kind))
    if refusal is not None:
        raise errors.refused(refusal)
    return Response(200, {"result": {"action": action, "outcome": "processed"}})


def _read(call: Call, kind: type[Any]) -> Action:
    body = call.body()
    names = {field.name for field in fields(kind)} - {"kind", "taken_by", "user"}
    if issubclass(kind, actions.AssignUser):
        names.add("user")
    if unknown := body.keys() - names:
        raise errors.unreadable(
            f"{', '.join(sorted(unknown))}: expected no more than {', '.join(sorted(names)) or 'nothing'}"
        )
    given = {name: _DEFAULTS[name] for name in names & _DEFAULTS.keys()} | body
    for name in _INSTANCES & given.keys():
        given[name] = values.reference(call, _INSTANCE, str(given[name]))
    for field in fields(kind):
        if field.name in ("taken_by", "user") and field.name not in names:
            given[field.name] = call.caller.name
        elif field.name not in given and field.default is MISSING:
            raise errors.unreadable(f"expected {field.name}, which is not there")
    try:
        action: Action = _adapter(kind).validate_python(given)
    except ValidationError as error:
        [first, *_] = error.errors()
        where = ".".join(map(str, first["loc"]))
        raise errors.unreadable(f"{where}: expected: {first['msg']}") from None
    return action


_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}
"""Made when they are first used: each takes a while."""


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
