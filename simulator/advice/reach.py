"""What an instance may do to all others and get from them, as far as they let it.

The instance is taken to be in other hands: it looks in no table of its own before it sends, and takes in all
that comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from simulator.advice.messages import Both, judge_both
from simulator.advice.state import tables_of
from simulator.advice.why import operations_of, send_of, share_of, sharing_of
from simulator.protocol.operations import OperationKind
from simulator.report.why import Reach
from simulator.runtime.fleet import KnownFleet
from simulator.tables import Tables
from simulator.trust.application import Operation
from simulator.trust.management import ManagedBy

_Kind = tuple[bool, str, str, str]
"""Whether it is got, of which application and capability, by which operation, and what that means."""


def reach_of(fleet: KnownFleet, instance: str) -> list[Reach]:
    """Everything, each with the instances that let it happen."""
    tables = tables_of(fleet, fleet.instances)
    me = tables.pop(instance)
    peers: dict[_Kind, list[str]] = {}
    for name, peer in tables.items():
        for kind in _between(me, peer, fleet.now()):
            peers.setdefault(kind, []).append(name)
    return [
        Reach(is_got, what, operation, tuple(names), effect)
        for (is_got, what, operation, effect), names in sorted(peers.items())
    ]


def _between(me: Tables, peer: Tables, now: datetime) -> Iterator[_Kind]:
    for row in peer.all(ManagedBy, manager_instance=me.owner):
        if row.approval.is_in_force:
            yield False, row.application, "Sync Trust Profiles", "decides whom they trust, as their manager"
    for operation in operations_of(me, peer):
        what = f"{operation.application} > {operation.capability}"
        if _gets_through(judge_both(send_of(operation, peer), me, peer, now)):
            yield False, what, operation.name, _done(operation)
        if judge_both(send_of(operation, me), peer, me, now).by_sender is None:
            yield True, what, operation.name, _got(operation)
    for application in sharing_of(me, peer):
        if _gets_through(judge_both(share_of(application, peer), me, peer, now)):
            yield False, application, _SHARING, "they take in its data"
        if judge_both(share_of(application, me), peer, me, now).by_sender is None:
            yield True, application, _SHARING, "their data, to which they grant it access"


_SHARING = "data sharing"


def _gets_through(both: Both) -> bool:
    return both.is_sent and both.by_recipient is None


def _done(operation: Operation) -> str:
    """What they do when it sends the operation."""
    if operation.kind is OperationKind.DATA:
        return "they take in its data" + (", into their CMDB" if operation.cmdb else "")
    if operation.settings:
        return "they take over its settings"
    return "they act on it" + ("" if operation.answer is None else ", and answer")


def _got(operation: Operation) -> str:
    """What it gets when they send the operation."""
    return "their data" if operation.kind is OperationKind.DATA else "what they ask it to do"
