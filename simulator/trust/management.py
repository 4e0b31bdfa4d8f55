"""The management relation: which instance manages an application's trust on which other, by consent.

    the managed side names its manager     AWAITING_MANAGER_CONFIRMATION -> AUTO_APPROVED | REJECTED
    the manager asks                       PENDING_APPROVAL -> APPROVED | REJECTED
    the managed side deletes its row       the manager's row becomes REVOKED
    the manager deletes its row            the managed side's row is gone

Each side keeps its own row and checks the rules at the moment at which it would take up its role; where the
two have moved apart in the meantime, the one that cannot follow says so and the other's row ends REJECTED or
REVOKED. A row that is not approved is a wish: it is no role yet (Q6).

Here are the rows of both sides. How a relation comes about is told in designation.py, where the managed side
names its manager, and in request.py, where the manager asks; how it ends in ending.py; who may take up which
role in eligibility.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.tables import Row, Tables
from simulator.trust.states import IN_FORCE, Approval


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
    for approval in IN_FORCE:  # noqa: SIM110 - for two of them any() costs more than what is asked
        if tables.first(Managed, application=application, status=approval):
            return True
    return False


def manages(tables: Tables, application: str, instance_id: str) -> bool:
    """Whether this instance manages the application on that one, with its consent."""
    row = tables.get(Managed, application, instance_id)
    return row is not None and row.status.is_in_force


def is_managed_by(tables: Tables, application: str, instance_id: str) -> bool:
    """Whether that instance is this one's approved manager for the application."""
    row = tables.get(ManagedBy, application, instance_id)
    return row is not None and row.approval.is_in_force


def managed_by(application: str, manager: str, approval: Approval, reason: str = "") -> ManagedBy:
    """The row of the managed side."""
    return ManagedBy(application=application, manager_instance=manager, approval=approval, reason=reason)


def managed(application: str, instance: str, status: Approval, reason: str = "") -> Managed:
    """The row of the manager's side."""
    return Managed(application=application, managed_instance=instance, status=status, reason=reason)
