"""Rules about who manages whom, and what a manager distributes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from simulator.decision import NOTHING, Decision, Post
from simulator.exploration.mutants.delivery import ORDER
from simulator.exploration.mutants.mutant import Mutant, Switch, always, never, with_rows
from simulator.protocol.actions import SyncTrustProfiles
from simulator.protocol.messages import (
    ManagementDecision,
    ManagementRequest,
    ManagerConfirmation,
    SyncItem,
    TrustRemoved,
)
from simulator.refusal import RefusalCode
from simulator.tables import Delete, Put, Tables
from simulator.trust import designation, eligibility, ending, profile, request, sync
from simulator.trust.management import ManagedBy
from simulator.trust.profile import ProfileItem
from simulator.trust.record import Origin, TrustRecord
from simulator.trust.states import Approval


def _approves_by_itself(_: object) -> Callable[..., Decision]:
    def decide_request(tables: Tables, message: ManagementRequest, sender: str) -> Decision:
        answer = ManagementDecision(application=message.application, approved=True)
        return Decision((Put(_manager(message.application, sender, Approval.APPROVED)),), (Post(sender, answer),))

    return decide_request


def _needs_no_consent(decide: Callable[..., Decision]) -> Callable[..., Decision]:
    def broken(tables: Tables, message: ManagerConfirmation, sender: str) -> Decision:
        if message.refusal:
            return decide(tables, message, sender)
        return Decision((Put(_manager(message.application, sender, Approval.AUTO_APPROVED)),))

    return broken


def _manager(application: str, manager: str, approval: Approval) -> ManagedBy:
    return ManagedBy(application=application, manager_instance=manager, approval=approval)


def _distributes_all(decide: Callable[..., Decision]) -> Callable[..., Decision]:
    def broken(tables: Tables, action: SyncTrustProfiles) -> Decision:
        active = [replace(item, active=True) for item in tables.all(ProfileItem)]
        return decide(with_rows(tables, active), action)

    return broken


Applied = tuple[Decision, dict[str, str]]


def _removes_nothing(apply: Callable[..., Applied]) -> Callable[..., Applied]:
    def broken(tables: Tables, application: str, items: Iterable[SyncItem]) -> Applied:
        applied, refused = apply(tables, application, items)
        changes = tuple(change for change in applied.changes if not isinstance(change, Delete))
        posts = tuple(post for post in applied.posts if not isinstance(post.message, TrustRemoved))
        return Decision(changes, posts), refused

    return broken


def _owns_every_record(apply: Callable[..., Applied]) -> Callable[..., Applied]:
    def broken(tables: Tables, application: str, items: Iterable[SyncItem]) -> Applied:
        owned = [replace(row, origin=Origin.PROFILE) for row in tables.all(TrustRecord, application=application)]
        return apply(with_rows(tables, owned), application, items)

    return broken


MANAGEMENT = (
    Mutant(
        "self-management",
        "No instance manages itself.",
        "S2",
        (Switch(eligibility, "refuse_pair", never(RefusalCode.SELF_MANAGEMENT)),),
    ),
    Mutant(
        "both-roles",
        "No instance is both managing and managed.",
        "S1",
        (
            Switch(eligibility, "refuse_manager", never(RefusalCode.MANAGING_AND_MANAGED)),
            Switch(eligibility, "refuse_managed", never(RefusalCode.MANAGING_AND_MANAGED)),
        ),
    ),
    Mutant(
        "second-manager",
        "An application within an instance has one manager at a time.",
        "S1",
        (Switch(eligibility, "refuse_manager", never(RefusalCode.SECOND_MANAGER)),),
    ),
    Mutant(
        "subprod-manages-prod",
        "A non-production instance never manages a production one.",
        "S2, S9",
        (Switch(eligibility, "refuse_pair", never(RefusalCode.SUBPROD_MANAGES_PROD)),),
    ),
    Mutant(
        "approval",
        "A manager's request takes effect when the managed side's administrator approves it.",
        "S3",
        (Switch(request, "decide_request", _approves_by_itself),),
    ),
    Mutant(
        "consent",
        "A manager's confirmation counts only while the managed side wants it.",
        "S7",
        (Switch(designation, "decide_confirmation", _needs_no_consent),),
    ),
    Mutant(
        "revocation",
        "When the managed side deletes its manager, the manager's record is revoked.",
        "S3",
        (Switch(ending, "decide_revoked", always(NOTHING)),),
    ),
    Mutant(
        "giving-up",
        "When a manager gives up what it manages, the managed side's record is gone.",
        "Q9",
        (Switch(ending, "decide_ended", always(NOTHING)),),
    ),
)

PROFILES = (
    Mutant(
        "sync-from-manager",
        "Only the approved manager distributes a trust profile.",
        "S3",
        (Switch(sync, "_refuse_sync", never(RefusalCode.NOT_MY_MANAGER)),),
    ),
    Mutant(
        "edit-by-manager",
        "A managed instance does not edit the trust profile that it is managed with.",
        "S6",
        tuple(Switch(where, "refuse_edit", never(RefusalCode.PROFILE_IS_MANAGED)) for where in (profile, sync)),
    ),
    Mutant(
        "revision-order",
        "An older revision of a profile is refused (behind the order of a channel, which is off too).",
        "Q16",
        (ORDER, Switch(sync, "_refuse_sync", never(RefusalCode.STALE_REVISION))),
    ),
    Mutant(
        "active-items",
        "An item that is not active is not distributed.",
        "S6",
        (Switch(sync, "decide_sync", _distributes_all),),
    ),
    Mutant(
        "sync-removes",
        "A sync removes the records of items that are gone.",
        "Q11",
        (Switch(sync, "_apply_items", _removes_nothing),),
    ),
    Mutant(
        "manual-records-stay",
        "A sync leaves the records alone that were created by hand.",
        "Q10",
        (Switch(sync, "_apply_items", _owns_every_record),),
    ),
    Mutant(
        "sync-result",
        "The manager shows what became of a sync at each managed instance.",
        "S6",
        (Switch(sync, "decide_sync_result", always(NOTHING)),),
    ),
)
