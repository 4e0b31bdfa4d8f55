"""The manager asks to manage an instance, and an administrator of that instance decides (M1, M2)."""

from __future__ import annotations

from simulator.decision import NOTHING, Decision, Post
from simulator.protocol.actions import ApproveManager, RejectManager, RequestManagement
from simulator.protocol.messages import ManagementDecision, ManagementRequest, ManagerConfirmation
from simulator.refusal import Refusal, RefusalCode
from simulator.tables import Put, Tables
from simulator.trust.directory import administrator_of, name_of
from simulator.trust.eligibility import no_managed_row, no_request, refuse_managed, refuse_manager, refuse_pair
from simulator.trust.management import Managed, ManagedBy, is_managed_by, managed, managed_by, manages
from simulator.trust.states import Approval


def decide_request_management(tables: Tables, action: RequestManagement) -> Decision:
    """Send Requests: the row is pending until the managed side's administrator decides (S3)."""
    if refusal := refuse_managed(tables, action.instance, action.application):
        return Decision(refusal=refusal)
    if manages(tables, action.application, action.instance):
        return NOTHING
    row = managed(action.application, action.instance, Approval.PENDING_APPROVAL)
    return Decision((Put(row),), (Post(action.instance, ManagementRequest(application=action.application)),))


def decide_request(tables: Tables, message: ManagementRequest, sender: str) -> Decision:
    """A request arrives: it waits for the administrator, unless no approval could ever be given.

    Several requests may wait side by side (Q7); what depends on the moment is checked on approval.
    """
    if refusal := refuse_pair(tables, sender, tables.owner):
        answer = ManagementDecision(application=message.application, approved=False, refusal=refusal.code)
        return Decision(posts=(Post(sender, answer),), refusal=refusal)
    if is_managed_by(tables, message.application, sender):
        answer = ManagementDecision(application=message.application, approved=True)
        return Decision(posts=(Post(sender, answer),))
    row = tables.get(ManagedBy, message.application, sender)
    if row is not None and row.approval is Approval.AWAITING_MANAGER_CONFIRMATION:
        return NOTHING  # this side has named that manager itself; its confirmation is on the way
    return Decision((Put(managed_by(message.application, sender, Approval.PENDING_APPROVAL)),))


def decide_approve_manager(tables: Tables, action: ApproveManager) -> Decision:
    """Approve Manager Instance."""
    if refusal := _refuse_unless_pending(tables, action.application, action.manager):
        return Decision(refusal=refusal)
    if refusal := refuse_manager(tables, action.manager, action.application):
        return Decision(refusal=refusal)
    answer = ManagementDecision(application=action.application, approved=True)
    return Decision(
        (Put(managed_by(action.application, action.manager, Approval.APPROVED)),),
        (Post(action.manager, answer),),
    )


def decide_reject_manager(tables: Tables, action: RejectManager) -> Decision:
    """Reject Manager Instance; only a new request leads back (S12)."""
    if refusal := _refuse_unless_pending(tables, action.application, action.manager):
        return Decision(refusal=refusal)
    answer = ManagementDecision(application=action.application, approved=False)
    return Decision(
        (Put(managed_by(action.application, action.manager, Approval.REJECTED)),),
        (Post(action.manager, answer),),
    )


def decide_decision(tables: Tables, message: ManagementDecision, sender: str) -> Decision:
    """The managed side has decided; the manager takes up its role if its own rules still allow it.

    It may have lost the request with its memory, or have taken it back: the managed side hears that it has none.
    """
    row = tables.get(Managed, message.application, sender)
    if row is None:
        lost = ManagerConfirmation(application=message.application, refusal=RefusalCode.RELATION_LOST)
        return Decision(posts=(Post(sender, lost),), refusal=no_managed_row(tables, message.application, sender))
    if not message.approved:
        rejected = managed(message.application, sender, Approval.REJECTED, message.refusal or "")
        code = message.refusal or RefusalCode.NO_SUCH_REQUEST
        ended = ManagerConfirmation(application=message.application, refusal=code)
        # Where the managed side has named this manager since, a confirmation may be on its way: it is taken back.
        return Decision((Put(rejected),), (Post(sender, ended),) if row.status.is_in_force else ())
    if row.status.is_in_force:
        return NOTHING
    if refusal := refuse_managed(tables, sender, message.application):
        answer = ManagerConfirmation(application=message.application, refusal=refusal.code)
        rejected = managed(message.application, sender, Approval.REJECTED, refusal.code)
        return Decision((Put(rejected),), (Post(sender, answer),), refusal)
    # The approval may be old, and the relation ended since: the managed side hears that it counts, and can object.
    confirmation = ManagerConfirmation(application=message.application)
    return Decision((Put(managed(message.application, sender, Approval.APPROVED)),), (Post(sender, confirmation),))


def _refuse_unless_pending(tables: Tables, application: str, manager: str) -> Refusal | None:
    row = tables.get(ManagedBy, application, manager)
    if row is None:
        return no_request(tables, application, manager)
    if row.approval is not Approval.PENDING_APPROVAL:
        return Refusal(
            code=RefusalCode.NO_SUCH_REQUEST,
            found=f"The record of {name_of(tables, manager)} for {application} has the approval "
            f"{row.approval}, not {Approval.PENDING_APPROVAL}.",
            change=f"send a new request for {application}",
            who=administrator_of(tables, manager),
        )
    return None
