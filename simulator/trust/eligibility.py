"""Who may become the manager of whom, as each side sees it at the moment at which it would take up its role."""

from __future__ import annotations

from simulator.refusal import Refusal, RefusalCode
from simulator.tables import Tables
from simulator.trust.directory import (
    DirectoryEntry,
    InstanceType,
    administrator_of,
    name_of,
    refuse_instance,
    this_instance,
)
from simulator.trust.management import Managed, ManagedBy


def refuse_manager(tables: Tables, manager: str, application: str) -> Refusal | None:
    """Why that instance cannot become the manager of this one for the application, now; or None."""
    if refusal := refuse_pair(tables, manager, tables.owner):
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
    if refusal := refuse_pair(tables, tables.owner, managed):
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


def refuse_pair(tables: Tables, manager: str, managed: str) -> Refusal | None:
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
    if is_upside_down(manager_row, managed_row):
        return Refusal(
            code=RefusalCode.SUBPROD_MANAGES_PROD,
            found=f"{manager_row.name} is non-production and {managed_row.name} is production; a non-production "
            "instance never manages a production one.",
            change=f"choose a production instance as the manager of {managed_row.name}",
            who=administrator_of(tables, managed_row.sys_id),
        )
    return None


def is_upside_down(manager: DirectoryEntry | None, managed: DirectoryEntry | None) -> bool:
    """Whether non-production would manage production (S2, S9)."""
    return (
        manager is not None
        and managed is not None
        and managed.type is InstanceType.PRODUCTION
        and manager.type is not InstanceType.PRODUCTION
    )


def no_request(tables: Tables, application: str, manager: str) -> Refusal:
    """What is said on the managed side where there is no row of that manager."""
    me = name_of(tables, tables.owner)
    return Refusal(
        code=RefusalCode.NO_SUCH_REQUEST,
        found=f"Manager Instances on {me} has no record of {name_of(tables, manager)} for {application}.",
        change=f"send a request for {application} to {me}",
        who=administrator_of(tables, manager),
    )


def no_managed_row(tables: Tables, application: str, managed: str) -> Refusal:
    """What is said on the manager's side where there is no row of that instance."""
    return Refusal(
        code=RefusalCode.NOT_MY_MANAGED,
        found=f"Managed Instances on {name_of(tables, tables.owner)} has no record of "
        f"{name_of(tables, managed)} for {application}.",
        change=f"send a request for {application} to {name_of(tables, managed)}",
        who=administrator_of(tables, tables.owner),
    )
