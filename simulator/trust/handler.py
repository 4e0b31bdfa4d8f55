"""Which decision answers which message: one match over the closed union, so none can be forgotten."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from simulator.decision import NOTHING, Decision, PostIds
from simulator.protocol import actions, cmdb, messages
from simulator.protocol.envelope import Envelope
from simulator.refusal import Refusal
from simulator.tables import Delete, Tables
from simulator.trust import (
    assignment,
    capability,
    designation,
    ending,
    installation,
    lifecycle,
    profile,
    record,
    relations,
    request,
    settings,
    sharing,
    sync,
)
from simulator.trust.directory import is_retired, refuse_instance
from simulator.trust.gate import admit
from simulator.trust.readiness import refuse_unready

_OF_THE_PLATFORM = (
    *(messages.InstanceChanged, messages.Relations, messages.GrantState),
    *(actions.ChangeType, actions.Rename, actions.Upgrade, actions.InstallPlugin, actions.EnableTls),
    *(actions.CloneOver, actions.Restore, actions.Decommission),
    *(actions.InstallApplication, actions.UpgradeApplication, actions.RemoveApplication),
    actions.ChangeSettings,
    *(actions.AssignUser, cmdb.ConfigureCmdb, cmdb.Identify),
    *(cmdb.CreateRecord, cmdb.EditRecord, cmdb.DeleteRecord),
    *(cmdb.AuditCis, cmdb.CloseTask, cmdb.Remediate),
)
"""What needs no instance that is ready: what the framework does not do, and news that would not come again."""

_OF_DATA_SHARING = (messages.SharedData, actions.SetGrantAccess, actions.SetIsGrantingAccess, actions.ShareData)
"""What is older than application trust."""


def decide_from_peer(tables: Tables, envelope: Envelope[messages.PeerMessage], now: datetime) -> Decision:
    """What follows from a peer's authentic message; the gate comes first."""
    message, sender = envelope.message, envelope.sender
    if refusal := _refuse_unready(tables, message, now):
        return Decision(refusal=refusal)
    if refusal := admit(tables, message, sender):
        return Decision(refusal=refusal)
    match message:
        case messages.ManagementRequest():
            return request.decide_request(tables, message, sender)
        case messages.ManagementDecision():
            return request.decide_decision(tables, message, sender)
        case messages.ManagerDesignation():
            return designation.decide_designation(tables, message, sender)
        case messages.ManagerConfirmation():
            return designation.decide_confirmation(tables, message, sender)
        case messages.ManagementRevoked():
            return ending.decide_revoked(tables, message, sender)
        case messages.ManagementEnded():
            return ending.decide_ended(tables, message, sender)
        case messages.TrustProfileSync():
            return sync.decide_profile_sync(tables, message, sender)
        case messages.TrustSyncResult():
            return sync.decide_sync_result(tables, message, sender)
        case messages.TrustGranted():
            return record.decide_granted(tables, message, sender)
        case messages.TrustRemoved():
            return record.decide_removed(message, sender)
        case messages.InstanceChanged():
            return lifecycle.decide_instance_changed(tables, message, sender)
        case messages.Relations():
            return relations.decide_relations(tables, message, sender)
        case messages.GrantState():
            return sharing.decide_grant_state(tables, message, sender)
        case messages.SharedData():
            return sharing.decide_shared_data(tables, message, sender, envelope.id)
        case messages.CapabilityMessage():
            return capability.decide_capability_message(tables, message, sender, envelope.id)
        case messages.CapabilityAnswer():
            return capability.decide_answer(tables, message, sender)
        case _:
            assert_never(message)


def _refuse_unready(
    tables: Tables, message: messages.PeerMessage | actions.Action | actions.Timer, now: datetime
) -> Refusal | None:
    if isinstance(message, _OF_THE_PLATFORM):
        return None
    return refuse_unready(tables, now, is_about_trust=not isinstance(message, _OF_DATA_SHARING))


def decide_expired(tables: Tables, envelope: Envelope[messages.PeerMessage]) -> Decision:
    """What follows for the sender when nobody has taken in its message in time."""
    if is_retired(tables, envelope.recipient):
        return NOTHING  # it was given up before it could hear of this
    match envelope.message:
        case messages.TrustProfileSync() as message:
            return Decision(sync.mark_stale(tables, message, envelope.recipient))
        case messages.CapabilityMessage():
            return Decision((Delete(capability.OpenRequest, (envelope.id,)),))
        case messages.GrantState() as message:
            return sharing.tell_again(tables, message, envelope.recipient)
        case messages.InstanceChanged():
            return lifecycle.tell_again(tables, envelope.recipient)
        case messages.Relations() as message:
            return lifecycle.tell_relations_again(tables, message, envelope.recipient)
        case _:
            return NOTHING


def decide_from_inside(
    tables: Tables, envelope: Envelope[actions.Action | actions.Timer], now: datetime, ids: PostIds
) -> Decision:
    """What follows from an administrator's action, an application's send, or a timer; *ids*: of what it posts."""
    message = envelope.message
    refusal = refuse_instance(tables, tables.owner) or _refuse_unready(tables, message, now)
    if refusal:  # nothing is done any more on an instance that is retired
        return Decision(refusal=refusal)
    match message:
        case actions.NameManager():
            return designation.decide_name_manager(tables, message)
        case actions.RequestManagement():
            return request.decide_request_management(tables, message)
        case actions.ApproveManager():
            return request.decide_approve_manager(tables, message)
        case actions.RejectManager():
            return request.decide_reject_manager(tables, message)
        case actions.DeleteManager():
            return ending.decide_delete_manager(tables, message)
        case actions.DeleteManaged():
            return ending.decide_delete_managed(tables, message)
        case actions.SaveProfileItem():
            return profile.decide_save_item(tables, message)
        case actions.DeleteProfileItem():
            return profile.decide_delete_item(tables, message)
        case actions.SyncTrustProfiles():
            return sync.decide_sync(tables, message)
        case actions.CreateTrustRecord():
            return record.decide_create_record(tables, message)
        case actions.DeleteTrustRecord():
            return record.decide_delete_record(tables, message)
        case actions.Send():
            return capability.decide_send(tables, message, ids.of(envelope.kept_as, 0))
        case actions.ChangeSettings():
            return settings.decide_change_settings(tables, message)
        case actions.SetGrantAccess():
            return sharing.decide_set_grant(tables, message)
        case actions.SetIsGrantingAccess():
            return sharing.decide_set_granting(tables, message)
        case actions.ShareData():
            return sharing.decide_share(tables, message)
        case actions.ChangeType():
            return lifecycle.decide_change_type(tables, message)
        case actions.Rename():
            return lifecycle.decide_rename(tables, message)
        case actions.Upgrade():
            return lifecycle.decide_upgrade(tables, message)
        case actions.CloneOver():
            return lifecycle.decide_clone(tables, message)
        case actions.Restore():
            return lifecycle.decide_restore(tables, message)
        case actions.Decommission():
            return lifecycle.decide_decommission(tables)
        case actions.InstallPlugin():
            return lifecycle.decide_install_plugin(tables, message, now)
        case actions.EnableTls():
            return lifecycle.decide_enable_tls()
        case actions.InstallApplication():
            return installation.decide_install(tables, message)
        case actions.UpgradeApplication():
            return installation.decide_upgrade(tables, message)
        case actions.RemoveApplication():
            return installation.decide_remove(tables, message)
        case actions.AssignUser():
            return assignment.decide_assign(tables, message)
        case cmdb.ConfigureCmdb() | cmdb.Identify():
            return Decision(cmdb=message)
        case cmdb.CreateRecord() | cmdb.EditRecord() | cmdb.DeleteRecord():
            return Decision(cmdb=message)
        case cmdb.AuditCis() | cmdb.CloseTask() | cmdb.Remediate():
            return Decision(cmdb=message)
        case actions.ApproveDesignation():
            return designation.decide_approve_designation(tables, message)
        case _:
            assert_never(message)
