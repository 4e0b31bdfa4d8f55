"""How a management relation ends: either side deletes its row, or a rule does not allow it any more (M5)."""

from __future__ import annotations

from dataclasses import replace

from simulator.decision import NOTHING, Decision, Post
from simulator.protocol.actions import DeleteManaged, DeleteManager
from simulator.protocol.messages import ManagementEnded, ManagementRevoked, ManagerConfirmation
from simulator.refusal import RefusalCode
from simulator.tables import Change, Delete, Put, Tables
from simulator.trust.directory import DirectoryEntry
from simulator.trust.eligibility import is_upside_down, no_managed_row, no_request
from simulator.trust.management import Managed, ManagedBy, managed
from simulator.trust.states import Approval

# -- the managed side ends it ---------------------------------------------------------------------------


def decide_delete_manager(tables: Tables, action: DeleteManager) -> Decision:
    """The row is deleted on the managed side; the manager will show Revoked (S3). Trust records stay (Q8)."""
    row = tables.get(ManagedBy, action.application, action.manager)
    if row is None:
        return Decision(refusal=no_request(tables, action.application, action.manager))
    return Decision(
        (Delete(ManagedBy, row.key),),
        (Post(action.manager, ManagementRevoked(application=action.application)),),
    )


def decide_revoked(tables: Tables, message: ManagementRevoked, sender: str) -> Decision:
    """The managed side has ended the relation."""
    if tables.get(Managed, message.application, sender) is None and message.refusal != RefusalCode.RELATION_LOST:
        return NOTHING  # it ended before the manager had a row: nothing to show as revoked
    return Decision((Put(managed(message.application, sender, Approval.REVOKED, message.refusal or "")),))


# -- the manager ends it --------------------------------------------------------------------------------


def decide_delete_managed(tables: Tables, action: DeleteManaged) -> Decision:
    """The row is deleted on the manager's side, be it in force or a request that nobody has answered (Q9).

    The other side hears of it whatever the row says: it may have a later request that is still to be answered.
    """
    row = tables.get(Managed, action.application, action.instance)
    if row is None:
        return Decision(refusal=no_managed_row(tables, action.application, action.instance))
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
        return became.sys_id in {manager, managed} and is_upside_down(
            *(became if id_ == became.sys_id else tables.get(DirectoryEntry, id_) for id_ in (manager, managed))
        )

    for row in tables.all(ManagedBy):
        if row.approval.is_in_force and is_forbidden(row.manager_instance, tables.owner):
            changes.append(Put(replace(row, approval=Approval.REJECTED, reason=code)))
            posts.append(Post(row.manager_instance, ManagementRevoked(application=row.application, refusal=code)))
    for mine in tables.all(Managed):
        if mine.status.is_in_force and is_forbidden(tables.owner, mine.managed_instance):
            changes.append(Put(replace(mine, status=Approval.REVOKED, reason=code)))
            answer = ManagerConfirmation(application=mine.application, refusal=code)
            posts.append(Post(mine.managed_instance, answer))
    return Decision(tuple(changes), tuple(posts))
