"""The management relation: which instance manages an application's trust on which other, by consent.

    the managed side names its manager     AWAITING_MANAGER_CONFIRMATION -> AUTO_APPROVED | REJECTED
    the manager asks                       PENDING_APPROVAL -> APPROVED | REJECTED
    the managed side deletes its row       the manager's row becomes REVOKED
    the manager deletes its row            the managed side's row is gone

Each side keeps its own row and checks the rules at the moment at which it would take up its role; where the
two have moved apart in the meantime, the one that cannot follow says so and the other's row ends REJECTED or
REVOKED. A row that is not approved is a wish: it is no role yet (Q6).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from simulator.decision import NOTHING, Decision, Post
from simulator.protocol.actions import (
    ApproveDesignation,
    ApproveManager,
    DeleteManaged,
    DeleteManager,
    NameManager,
    RejectManager,
    RequestManagement,
)
from simulator.protocol.messages import (
    ManagementDecision,
    ManagementEnded,
    ManagementRequest,
    ManagementRevoked,
    ManagerConfirmation,
    ManagerDesignation,
)
from simulator.refusal import Refusal, RefusalCode
from simulator.tables import Change, Delete, Put, Row, Tables
from simulator.trust.directory import (
    DirectoryEntry,
    InstanceType,
    administrator_of,
    name_of,
    refuse_instance,
    this_instance,
)
from simulator.trust.states import Approval

AUTO_APPROVAL_DELAY = "x_trustsim.auto_approval_seconds"
"""The property with the seconds after which a manager auto-approves an instance that named it."""

AUTO_APPROVAL_DELAY_DEFAULT = "300"
"""Five minutes: the product takes five to ten (S7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedBy(Row):
    """Manager Instances, on the managed side: who manages this application on me."""

    TABLE = "sn_mif_managed_by_instance"
    KEY = ("application", "manager_instance")
    IS_TRACED = True
    application: str
    manager_instance: str
    approval: Approval
    reason: str = ""
    """The refusal code where a rule rejected it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Managed(Row):
    """Managed Instances, on the manager's side: on whom I manage this application."""

    TABLE = "sn_mif_managed_instance"
    KEY = ("application", "managed_instance")
    IS_TRACED = True
    INDEXED = (("application", "status"),)
    application: str
    managed_instance: str
    status: Approval
    reason: str = ""


def manages_any(tables: Tables, application: str) -> bool:
    """Whether this instance manages the application anywhere."""
    return any(
        approval.is_in_force and tables.first(Managed, application=application, status=approval)
        for approval in Approval
    )


def manages(tables: Tables, application: str, instance_id: str) -> bool:
    """Whether this instance manages the application on that one, with its consent."""
    row = tables.get(Managed, application, instance_id)
    return row is not None and row.status.is_in_force


def is_managed_by(tables: Tables, application: str, instance_id: str) -> bool:
    """Whether that instance is this one's approved manager for the application."""
    row = tables.get(ManagedBy, application, instance_id)
    return row is not None and row.approval.is_in_force


# -- the managed side names its manager ------------------------------------------------------------------


def decide_name_manager(tables: Tables, action: NameManager) -> Decision:
    """The managed side's administrator creates the record, and has thereby consented (S2, S7)."""
    if refusal := refuse_manager(tables, action.manager, action.application):
        return Decision(refusal=refusal)
    if is_managed_by(tables, action.application, action.manager):
        return NOTHING
    row = _managed_by(action.application, action.manager, Approval.AWAITING_MANAGER_CONFIRMATION)
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
        row = _managed(timer.application, timer.instance, Approval.REJECTED, refusal.code)
        answer = ManagerConfirmation(application=timer.application, refusal=refusal.code)
    else:
        row = _managed(timer.application, timer.instance, Approval.AUTO_APPROVED)
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
        rejected = _managed_by(message.application, sender, Approval.REJECTED, message.refusal)
        return Decision((Put(rejected),))
    if row is None:  # deleted while the confirmation was on its way
        return Decision(posts=(Post(sender, ManagementRevoked(application=message.application)),))
    if row.approval.is_in_force:
        return NOTHING
    if row.approval is not Approval.AWAITING_MANAGER_CONFIRMATION:  # the consent it confirms was taken back
        return Decision(posts=(Post(sender, ManagementRevoked(application=message.application)),))
    if refusal := refuse_manager(tables, sender, message.application):
        rejected = _managed_by(message.application, sender, Approval.REJECTED, refusal.code)
        revoked = ManagementRevoked(application=message.application)
        return Decision((Put(rejected),), (Post(sender, revoked),), refusal)
    return Decision((Put(_managed_by(message.application, sender, Approval.AUTO_APPROVED)),))


def _end_lost(row: ManagedBy | None) -> Decision:
    """The manager has no record of the relation: what was in force ends, and the manager hears that it had been.

    A wish to be managed by it that is newer stands: the manager will answer that.
    """
    if row is None or not row.approval.is_in_force:
        return NOTHING
    code = RefusalCode.RELATION_LOST
    rejected = _managed_by(row.application, row.manager_instance, Approval.REJECTED, code)
    revoked = ManagementRevoked(application=row.application, refusal=code)
    return Decision((Put(rejected),), (Post(row.manager_instance, revoked),))


# -- the manager asks -----------------------------------------------------------------------------------


def decide_request_management(tables: Tables, action: RequestManagement) -> Decision:
    """Send Requests: the row is pending until the managed side's administrator decides (S3)."""
    if refusal := refuse_managed(tables, action.instance, action.application):
        return Decision(refusal=refusal)
    if manages(tables, action.application, action.instance):
        return NOTHING
    row = _managed(action.application, action.instance, Approval.PENDING_APPROVAL)
    return Decision((Put(row),), (Post(action.instance, ManagementRequest(application=action.application)),))


def decide_request(tables: Tables, message: ManagementRequest, sender: str) -> Decision:
    """A request arrives: it waits for the administrator, unless no approval could ever be given.

    Several requests may wait side by side (Q7); what depends on the moment is checked on approval.
    """
    if refusal := _refuse_pair(tables, sender, tables.owner):
        answer = ManagementDecision(application=message.application, approved=False, refusal=refusal.code)
        return Decision(posts=(Post(sender, answer),), refusal=refusal)
    if is_managed_by(tables, message.application, sender):
        answer = ManagementDecision(application=message.application, approved=True)
        return Decision(posts=(Post(sender, answer),))
    row = tables.get(ManagedBy, message.application, sender)
    if row is not None and row.approval is Approval.AWAITING_MANAGER_CONFIRMATION:
        return NOTHING  # this side has named that manager itself; its confirmation is on the way
    return Decision((Put(_managed_by(message.application, sender, Approval.PENDING_APPROVAL)),))


def decide_approve_manager(tables: Tables, action: ApproveManager) -> Decision:
    """Approve Manager Instance."""
    if refusal := _refuse_unless_pending(tables, action.application, action.manager):
        return Decision(refusal=refusal)
    if refusal := refuse_manager(tables, action.manager, action.application):
        return Decision(refusal=refusal)
    answer = ManagementDecision(application=action.application, approved=True)
    return Decision(
        (Put(_managed_by(action.application, action.manager, Approval.APPROVED)),),
        (Post(action.manager, answer),),
    )


def decide_reject_manager(tables: Tables, action: RejectManager) -> Decision:
    """Reject Manager Instance; only a new request leads back (S12)."""
    if refusal := _refuse_unless_pending(tables, action.application, action.manager):
        return Decision(refusal=refusal)
    answer = ManagementDecision(application=action.application, approved=False)
    return Decision(
        (Put(_managed_by(action.application, action.manager, Approval.REJECTED)),),
        (Post(action.manager, answer),),
    )


def decide_decision(tables: Tables, message: ManagementDecision, sender: str) -> Decision:
    """The managed side has decided; the manager takes up its role if its own rules still allow it.

    It may have lost the request with its memory, or have taken it back: the managed side hears that it has none.
    """
    row = tables.get(Managed, message.application, sender)
    if row is None:
        lost = ManagerConfirmation(application=message.application, refusal=RefusalCode.RELATION_LOST)
        return Decision(posts=(Post(sender, lost),), refusal=_no_managed_row(tables, message.application, sender))
    if not message.approved:
        rejected = _managed(message.application, sender, Approval.REJECTED, message.refusal or "")
        code = message.refusal or RefusalCode.NO_SUCH_REQUEST
        ended = ManagerConfirmation(application=message.application, refusal=code)
        # Where the managed side has named this manager since, a confirmation may be on its way: it is taken back.
        return Decision((Put(rejected),), (Post(sender, ended),) if row.status.is_in_force else ())
    if row.status.is_in_force:
        return NOTHING
    if refusal := refuse_managed(tables, sender, message.application):
        answer = ManagerConfirmation(application=message.application, refusal=refusal.code)
        rejected = _managed(message.application, sender, Approval.REJECTED, refusal.code)
        return Decision((Put(rejected),), (Post(sender, answer),), refusal)
    # The approval may be old, and the relation ended since: the managed side hears that it counts, and can object.
    confirmation = ManagerConfirmation(application=message.application)
    return Decision(
        (Put(_managed(message.application, sender, Approval.APPROVED)),), (Post(sender, confirmation),)
    )


# -- the managed side ends it ---------------------------------------------------------------------------


def decide_delete_manager(tables: Tables, action: DeleteManager) -> Decision:
    """The row is deleted on the managed side; the manager will show Revoked (S3). Trust records stay (Q8)."""
    row = tables.get(ManagedBy, action.application, action.manager)
    if row is None:
        return Decision(refusal=_no_request(tables, action.application, action.manager))
    return Decision(
        (Delete(ManagedBy, row.key),),
        (Post(action.manager, ManagementRevoked(application=action.application)),),
    )


def decide_revoked(tables: Tables, message: ManagementRevoked, sender: str) -> Decision:
    """The managed side has ended the relation."""
    if tables.get(Managed, message.application, sender) is None and message.refusal != RefusalCode.RELATION_LOST:
        return NOTHING  # it ended before the manager had a row: nothing to show as revoked
    return Decision((Put(_managed(message.application, sender, Approval.REVOKED, message.refusal or "")),))


# -- the manager ends it --------------------------------------------------------------------------------


def decide_delete_managed(tables: Tables, action: DeleteManaged) -> Decision:
    """The row is deleted on the manager's side, be it in force or a request that nobody has answered (Q9).

    The other side hears of it whatever the row says: it may have a later request that is still to be answered.
    """
    row = tables.get(Managed, action.application, action.instance)
    if row is None:
        return Decision(refusal=_no_managed_row(tables, action.application, action.instance))
    return Decision(
        (Delete(Managed, row.key),),
        (Post(action.instance, ManagementEnded(application=action.application)),),
    )


def decide_ended(tables: Tables, message: ManagementEnded, sender: str) -> Decision:
    """The manager has ended the relation or taken its request back; trust records stay (Q8, Q9).

    Where this side has named that manager since, its own wish stands: the manager will answer that.
    """
    row = tables.get(ManagedBy, message.application, sender)
    if row is None or not (row.approval.is_in_force or row.approval is Approval.PENDING_APPROVAL):
        return NOTHING
    return Decision((Delete(ManagedBy, row.key),))


# -- what ends by itself --------------------------------------------------------------------------------


def end_forbidden(tables: Tables, became: DirectoryEntry) -> Decision:
    """Ends what this side has of the relations that no rule allows any more when *became* is as it says.

    Either side does so when it hears of the change, whoever hears of it first (Q19).
    """
    changes: list[Change] = []
    posts: list[Post] = []
    code = RefusalCode.SUBPROD_MANAGES_PROD

    def is_forbidden(manager: str, managed: str) -> bool:
        return became.sys_id in {manager, managed} and _is_upside_down(
            *(became if id_ == became.sys_id else tables.get(DirectoryEntry, id_) for id_ in (manager, managed))
        )

    for row in tables.all(ManagedBy):
        if row.approval.is_in_force and is_forbidden(row.manager_instance, tables.owner):
            changes.append(Put(replace(row, approval=Approval.REJECTED, reason=code)))
            posts.append(Post(row.manager_instance, ManagementRevoked(application=row.application, refusal=code)))
    for managed in tables.all(Managed):
        if managed.status.is_in_force and is_forbidden(tables.owner, managed.managed_instance):
            changes.append(Put(replace(managed, status=Approval.REVOKED, reason=code)))
            answer = ManagerConfirmation(application=managed.application, refusal=code)
            posts.append(Post(managed.managed_instance, answer))
    return Decision(tuple(changes), tuple(posts))


# -- the rules ------------------------------------------------------------------------------------------


def refuse_manager(tables: Tables, manager: str, application: str) -> Refusal | None:
    """Why that instance cannot become the manager of this one for the application, now; or None."""
    if refusal := _refuse_pair(tables, manager, tables.owner):
        return refusal
    me = name_of(tables, tables.owner)
    for row in tables.all(Managed):
        if row.status.is_in_force:
            return Refusal(
                code=RefusalCode.MANAGING_AND_MANAGED,
                found=f"{me} manages {row.application} on {name_of(tables, row.managed_instance)}, and an "
                "instance cannot be both managing and managed.",
                change=f"delete the Manager Instances record that names {me}",
                who=administrator_of(tables, row.managed_instance),
            )
    for other in tables.all(ManagedBy, application=application):
        if other.approval.is_in_force and other.manager_instance != manager:
            return Refusal(
                code=RefusalCode.SECOND_MANAGER,
                found=f"{application} on {me} is managed by {name_of(tables, other.manager_instance)}, and an "
                "application within an instance has one manager at a time.",
                change=f"delete the Manager Instances record of {name_of(tables, other.manager_instance)} for "
                f"{application}",
                who=administrator_of(tables, tables.owner),
            )
    return None


def refuse_managed(tables: Tables, managed: str, application: str) -> Refusal | None:
    """Why this instance cannot become the manager of that one, now; or None."""
    if refusal := _refuse_pair(tables, tables.owner, managed):
        return refusal
    for row in tables.all(ManagedBy):
        if row.approval.is_in_force:
            me, manager = name_of(tables, tables.owner), name_of(tables, row.manager_instance)
            return Refusal(
                code=RefusalCode.MANAGING_AND_MANAGED,
                found=f"{me} is managed by {manager} for {row.application}, and an instance cannot be both "
                f"managing and managed, so it cannot manage {application} on {name_of(tables, managed)}.",
                change=f"delete the Manager Instances record of {manager} for {row.application}",
                who=administrator_of(tables, tables.owner),
            )
    return None


def _refuse_pair(tables: Tables, manager: str, managed: str) -> Refusal | None:
    """The rules that hold for two instances whatever their other relations."""
    peer_id = manager if managed == tables.owner else managed
    me = this_instance(tables)
    if manager == managed:
        return Refusal(
            code=RefusalCode.SELF_MANAGEMENT,
            found=f"{me.name} is named as its own manager.",
            change="name another instance",
            who=administrator_of(tables, tables.owner),
        )
    if refusal := refuse_instance(tables, peer_id):
        return refusal
    peer = tables.get(DirectoryEntry, peer_id)
    assert peer is not None
    manager_row, managed_row = (peer, me) if manager == peer_id else (me, peer)
    if _is_upside_down(manager_row, managed_row):
        return Refusal(
            code=RefusalCode.SUBPROD_MANAGES_PROD,
            found=f"{manager_row.name} is non-production and {managed_row.name} is production; a non-production "
            "instance never manages a production one.",
            change=f"choose a production instance as the manager of {managed_row.name}",
            who=administrator_of(tables, managed_row.sys_id),
        )
    return None


def _is_upside_down(manager: DirectoryEntry | None, managed: DirectoryEntry | None) -> bool:
    """Whether non-production would manage production (S2, S9)."""
    return (
        manager is not None
        and managed is not None
        and managed.type is InstanceType.PRODUCTION
        and manager.type is not InstanceType.PRODUCTION
    )


def _refuse_unless_pending(tables: Tables, application: str, manager: str) -> Refusal | None:
    row = tables.get(ManagedBy, application, manager)
    if row is None:
        return _no_request(tables, application, manager)
    if row.approval is not Approval.PENDING_APPROVAL:
        return Refusal(
            code=RefusalCode.NO_SUCH_REQUEST,
            found=f"The record of {name_of(tables, manager)} for {application} has the approval "
            f"{row.approval}, not {Approval.PENDING_APPROVAL}.",
            change=f"send a new request for {application}",
            who=administrator_of(tables, manager),
        )
    return None


def _no_request(tables: Tables, application: str, manager: str) -> Refusal:
    me = name_of(tables, tables.owner)
    return Refusal(
        code=RefusalCode.NO_SUCH_REQUEST,
        found=f"Manager Instances on {me} has no record of {name_of(tables, manager)} for {application}.",
        change=f"send a request for {application} to {me}",
        who=administrator_of(tables, manager),
    )


def _no_managed_row(tables: Tables, application: str, managed: str) -> Refusal:
    return Refusal(
        code=RefusalCode.NOT_MY_MANAGED,
        found=f"Managed Instances on {name_of(tables, tables.owner)} has no record of "
        f"{name_of(tables, managed)} for {application}.",
        change=f"send a request for {application} to {name_of(tables, managed)}",
        who=administrator_of(tables, tables.owner),
    )


def _managed_by(application: str, manager: str, approval: Approval, reason: str = "") -> ManagedBy:
    return ManagedBy(application=application, manager_instance=manager, approval=approval, reason=reason)


def _managed(application: str, managed: str, status: Approval, reason: str = "") -> Managed:
    return Managed(application=application, managed_instance=managed, status=status, reason=reason)
