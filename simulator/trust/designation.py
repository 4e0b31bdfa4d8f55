"""The managed side names its manager, and the manager approves by itself (M3, M4)."""

from __future__ import annotations

from datetime import timedelta

from simulator.decision import NOTHING, Decision, Post
from simulator.protocol.actions import ApproveDesignation, NameManager
from simulator.protocol.messages import ManagementRevoked, ManagerConfirmation, ManagerDesignation
from simulator.refusal import RefusalCode
from simulator.tables import Put, Tables
from simulator.trust.eligibility import refuse_managed, refuse_manager
from simulator.trust.management import ManagedBy, is_managed_by, managed, managed_by
from simulator.trust.states import Approval

AUTO_APPROVAL_DELAY = "x_trustsim.auto_approval_seconds"
"""The property with the seconds after which a manager auto-approves an instance that named it."""

AUTO_APPROVAL_DELAY_DEFAULT = "300"
"""Five minutes: the product takes five to ten (S7)."""


def decide_name_manager(tables: Tables, action: NameManager) -> Decision:
    """The managed side's administrator creates the record, and has thereby consented (S2, S7)."""
    if refusal := refuse_manager(tables, action.manager, action.application):
        return Decision(refusal=refusal)
    if is_managed_by(tables, action.application, action.manager):
        return NOTHING
    row = managed_by(action.application, action.manager, Approval.AWAITING_MANAGER_CONFIRMATION)
    return Decision((Put(row),), (Post(action.manager, ManagerDesignation(application=action.application)),))


def decide_designation(tables: Tables, message: ManagerDesignation, sender: str) -> Decision:
    """The manager approves by itself, after a delay, unless a rule forbids it (S7, S9d)."""
    if refusal := refuse_managed(tables, sender, message.application):
        answer = ManagerConfirmation(application=message.application, refusal=refusal.code)
        return Decision(posts=(Post(sender, answer),), refusal=refusal)
    delay = timedelta(seconds=float(tables.property(AUTO_APPROVAL_DELAY, AUTO_APPROVAL_DELAY_DEFAULT)))
    timer = ApproveDesignation(application=message.application, instance=sender)
    return Decision(posts=(Post(tables.owner, timer, after=delay),))


def decide_approve_designation(tables: Tables, timer: ApproveDesignation) -> Decision:
    """The delay has passed: the manager takes up its role, if the rules still allow it."""
    refusal = refuse_managed(tables, timer.instance, timer.application)
    if refusal:
        row = managed(timer.application, timer.instance, Approval.REJECTED, refusal.code)
        answer = ManagerConfirmation(application=timer.application, refusal=refusal.code)
    else:
        row = managed(timer.application, timer.instance, Approval.AUTO_APPROVED)
        answer = ManagerConfirmation(application=timer.application)
    return Decision((Put(row),), (Post(timer.instance, answer),), refusal)


def decide_confirmation(tables: Tables, message: ManagerConfirmation, sender: str) -> Decision:
    """The manager has taken up its role, or cannot; the managed side follows if its own rules still allow."""
    row = tables.get(ManagedBy, message.application, sender)
    if message.refusal == RefusalCode.RELATION_LOST:
        return _end_lost(row)
    if message.refusal:
        if row is None:
            return NOTHING
        rejected = managed_by(message.application, sender, Approval.REJECTED, message.refusal)
        return Decision((Put(rejected),))
    if row is None:  # deleted while the confirmation was on its way
        return Decision(posts=(Post(sender, ManagementRevoked(application=message.application)),))
    if row.approval.is_in_force:
        return NOTHING
    if row.approval is not Approval.AWAITING_MANAGER_CONFIRMATION:  # the consent it confirms was taken back
        return Decision(posts=(Post(sender, ManagementRevoked(application=message.application)),))
    if refusal := refuse_manager(tables, sender, message.application):
        rejected = managed_by(message.application, sender, Approval.REJECTED, refusal.code)
        revoked = ManagementRevoked(application=message.application)
        return Decision((Put(rejected),), (Post(sender, revoked),), refusal)
    return Decision((Put(managed_by(message.application, sender, Approval.AUTO_APPROVED)),))


def _end_lost(row: ManagedBy | None) -> Decision:
    """The manager has no record of the relation: what was in force ends, and the manager hears that it had been.

    A wish to be managed by it that is newer stands: the manager will answer that.
    """
    if row is None or not row.approval.is_in_force:
        return NOTHING
    code = RefusalCode.RELATION_LOST
    rejected = managed_by(row.application, row.manager_instance, Approval.REJECTED, code)
    revoked = ManagementRevoked(application=row.application, refusal=code)
    return Decision((Put(rejected),), (Post(row.manager_instance, revoked),))
