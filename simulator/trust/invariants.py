"""What must hold in every fleet whatever happens to it, written down a second time and naively.

Nothing here shares a rule with the handlers and the gate: these functions only look at rows, so that they see
when a rule is missing there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from simulator.protocol.operations import OperationKind
from simulator.tables import Row, Tables
from simulator.trust.application import Operation
from simulator.trust.directory import DirectoryEntry, InstanceType, name_of
from simulator.trust.management import Managed, ManagedBy
from simulator.trust.record import TrustingInstance, TrustRecord
from simulator.trust.sharing import TrustConfig

IN_FORCE = {"approved", "auto_approved"}


def broken_on_one(tables: Tables, rows: Iterable[Row] | None = None) -> Iterator[str]:
    """What is wrong on one instance, at any moment: among its rows, and with each of *rows*; None: of all."""
    me = name_of(tables, tables.owner)
    managers = [row for row in tables.all(ManagedBy) if row.approval in IN_FORCE]
    if managers and any(row.status in IN_FORCE for row in tables.all(Managed)):
        yield f"{me} is managing and managed"
    for application in {row.application for row in managers}:
        if sum(row.application == application for row in managers) > 1:
            yield f"{application} on {me} has more than one manager"
    for row in (*tables.all(ManagedBy), *tables.all(Managed), *tables.all(TrustRecord)) if rows is None else rows:
        match row:
            case ManagedBy() if row.approval in IN_FORCE:
                yield from _wrong_pair(tables, row.manager_instance, tables.owner)
            case Managed() if row.status in IN_FORCE:
                yield from _wrong_pair(tables, tables.owner, row.managed_instance)
            case TrustRecord() if row.trusted_instance == tables.owner:
                yield f"{me} trusts itself"
            case TrustRecord() if _account(tables, row.trusted_instance) != _account(tables, tables.owner):
                yield f"{me} trusts {name_of(tables, row.trusted_instance)} of another account"
            case _:
                pass


def _wrong_pair(tables: Tables, manager: str, managed: str) -> Iterator[str]:
    upper, lower = tables.get(DirectoryEntry, manager), tables.get(DirectoryEntry, managed)
    if upper is None or lower is None:
        yield f"{manager} manages {managed}, and one of them does not exist"
    elif upper.type is InstanceType.NON_PRODUCTION and lower.type is InstanceType.PRODUCTION:
        yield f"{upper.name} is non-production and manages {lower.name}, which is production"
    elif upper.account != lower.account:
        yield f"{upper.name} manages {lower.name} of another account"


def _account(tables: Tables, instance: str) -> str:
    entry = tables.get(DirectoryEntry, instance)
    return entry.account if entry else ""


def is_covered(
    tables: Tables, peer: str, application: str, capability: str, operation: str, *, is_sender: bool = False
) -> bool:
    """Whether a receiver's rows, as they are now, let it process that operation from *peer*.

    Or, where it is the sender, whether they let the operation leave for *peer*.
    """
    offered = tables.get(Operation, application, capability, operation)
    if offered is None or _account(tables, peer) != _account(tables, tables.owner):
        return False
    table = TrustRecord if (offered.kind is OperationKind.DATA) == is_sender else TrustingInstance
    return tables.get(table, application, capability, peer) is not None


def granted_by(tables: Tables, application: str) -> set[str]:
    """The instances that this one's rows, as they are now, grant access to the application's data."""
    return {row.instance for row in tables.all(TrustConfig) if row.application == application and row.grant_access}


def broken_between(fleet: Mapping[str, Tables]) -> Iterator[str]:
    """Where two instances see different things although nothing is on its way between them any more."""
    yield from _disagreement("trusts", _records(fleet), _mirrors(fleet), fleet)
    yield from _disagreement("manages", _managers(fleet), _managed(fleet), fleet)


def broken_grants(fleet: Mapping[str, Tables]) -> Iterator[str]:
    """The same for data sharing, whose mirrors are right even if something has expired on its way."""
    both_list = _listed(fleet) & {(one, other, what) for other, one, what in _listed(fleet)}
    grants, mirrored = _grants(fleet) & both_list, _mirrored_grants(fleet) & both_list
    yield from _disagreement("grants access to", grants, mirrored, fleet)


Seen = set[tuple[str, str, str]]
"""Who, whom, and for what, as one side sees it."""


def _records(fleet: Mapping[str, Tables]) -> Seen:
    return {
        (me, row.trusted_instance, f"{row.application} > {row.capability} {row.version}")
        for me, tables in fleet.items()
        for row in tables.all(TrustRecord)
        if row.trusted_instance in fleet
    }


def _mirrors(fleet: Mapping[str, Tables]) -> Seen:
    return {
        (row.trusting_instance, me, f"{row.application} > {row.capability} {row.version}")
        for me, tables in fleet.items()
        for row in tables.all(TrustingInstance)
        if row.trusting_instance in fleet
    }


def _managers(fleet: Mapping[str, Tables]) -> Seen:
    return {
        (me, row.managed_instance, row.application)
        for me, tables in fleet.items()
        for row in tables.all(Managed)
        if row.status in IN_FORCE and row.managed_instance in fleet
    }


def _managed(fleet: Mapping[str, Tables]) -> Seen:
    return {
        (row.manager_instance, me, row.application)
        for me, tables in fleet.items()
        for row in tables.all(ManagedBy)
        if row.approval in IN_FORCE and row.manager_instance in fleet
    }


def _listed(fleet: Mapping[str, Tables]) -> Seen:
    return {(me, row.instance, row.application) for me, tables in fleet.items() for row in tables.all(TrustConfig)}


def _grants(fleet: Mapping[str, Tables]) -> Seen:
    return {
        (me, row.instance, row.application)
        for me, tables in fleet.items()
        for row in tables.all(TrustConfig)
        if row.grant_access
    }


def _mirrored_grants(fleet: Mapping[str, Tables]) -> Seen:
    return {
        (row.instance, me, row.application)
        for me, tables in fleet.items()
        for row in tables.all(TrustConfig)
        if row.is_granting_access
    }


def _disagreement(verb: str, first: Seen, second: Seen, fleet: Mapping[str, Tables]) -> Iterable[str]:
    tables = next(iter(fleet.values()))
    for one, other, what in sorted(first ^ second):
        knows, does_not = (one, other) if (one, other, what) in first else (other, one)
        yield (
            f"{name_of(tables, one)} {verb} {name_of(tables, other)} for {what}: {name_of(tables, knows)} has it "
            f"so, and {name_of(tables, does_not)} does not"
        )
