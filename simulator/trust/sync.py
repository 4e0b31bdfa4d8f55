"""Sync Trust Profiles: a manager distributes its profiles, and what the managed instances make of them.

It is a button, never automatic (S1, S6). It raises the profile's revision and sends every managed instance all
active items in which that instance is the trusting one. The managed instance makes the records that a profile owns
equal to those items, and answers what became of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from simulator.decision import NOTHING, Decision, Post
from simulator.protocol.actions import SyncTrustProfiles
from simulator.protocol.messages import SyncItem, TrustProfileSync, TrustSyncResult
from simulator.refusal import Refusal, RefusalCode
from simulator.tables import Change, Delete, Put, Row, Tables
from simulator.trust.application import refuse_unoffered
from simulator.trust.directory import administrator_of, name_of, refuse_peer
from simulator.trust.management import Managed, ManagedBy, is_managed_by, manages
from simulator.trust.profile import (
    ProfileItem,
    TrustProfile,
    kept_profiles,
    own_profile,
    profile_name,
    refuse_edit,
)
from simulator.trust.record import Origin, TrustRecord, put_record, remove_record
from simulator.trust.states import SyncState

MOST_FORGOTTEN = 1_000_000
"""How many revisions a peer may know of that the one who gave them does not: a sync a minute for two years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncStatus(Row):
    """The manager's result of the last sync for one instance; `revision` is the last one sent."""

    TABLE = "sn_mif_sync_status"
    KEY = ("application", "instance")
    IS_TRACED = True
    application: str
    instance: str
    revision: int
    status: SyncState
    code: str = ""
    """The refusal code, of the whole or of an item; empty when all was applied."""
    detail: str = ""
    """The items that were left out, each with its code."""


# -- distributing, on the manager -----------------------------------------------------------------------


def decide_sync(tables: Tables, action: SyncTrustProfiles) -> Decision:
    """The button: for one application, or for all whose profiles are kept here.

    Where that is none it is refused for what another one manages, if anything.
    """
    if action.application:
        return _sync(tables, action.application)
    syncs = [_sync(tables, name) for name in kept_profiles(tables)]
    refusals = (refuse_edit(tables, profile.application) for profile in tables.all(TrustProfile))
    return Decision(
        tuple(change for sync in syncs for change in sync.changes),
        tuple(post for sync in syncs for post in sync.posts),
        None if syncs else next(filter(None, refusals), None),
    )


def _sync(tables: Tables, application: str) -> Decision:
    """Every managed instance gets its items; the manager's own are applied at once (Q12).

    An instance that is named as trusting but is not managed is skipped and shown so (Q13).
    """
    if refusal := refuse_edit(tables, application):
        return Decision(refusal=refusal)
    profile = _next_revision(tables, application)
    items = [item for item in tables.all(ProfileItem, application=application) if item.active]
    managed = [
        row.managed_instance for row in tables.all(Managed, application=application) if row.status.is_in_force
    ]
    trusting = [item.trusting_instance for item in items]
    changes: list[Change] = [Put(profile)]
    posts: list[Post] = []
    targets = dict.fromkeys(managed + trusting)
    for target in targets:
        theirs = [_sync_item(item) for item in items if item.trusting_instance == target]
        if target == tables.owner:
            applied, refused = _apply_items(tables, application, theirs)
            changes += [*applied.changes, Put(_status(profile, target, SyncState.SYNCED, refused))]
            posts += applied.posts
        elif manages(tables, application, target):
            changes.append(Put(_status(profile, target, SyncState.PENDING)))
            sync = TrustProfileSync(application=application, revision=profile.revision, items=tuple(theirs))
            posts.append(Post(target, sync))
        else:
            changes.append(Put(_status(profile, target, SyncState.NOT_MANAGED)))
    if tables.owner not in targets:  # its last item may be gone, and then the record has to go too
        gone, _ = _apply_items(tables, application, ())
        changes += gone.changes
        posts += gone.posts
    for row in tables.all(SyncStatus, application=application):
        if row.instance not in targets:
            changes.append(Delete(SyncStatus, row.key))
    return Decision(tuple(changes), tuple(posts))


def decide_sync_result(tables: Tables, message: TrustSyncResult, sender: str) -> Decision:
    """A managed instance answers; the answer to an older revision says nothing about the newest."""
    row = tables.get(SyncStatus, message.application, sender)
    if row is None:
        return NOTHING
    counted = count_on(tables, message.application, message.newest)
    if message.revision < row.revision:
        return Decision(counted)
    if message.refusal:
        refused = replace(row, status=SyncState.REFUSED, code=message.refusal, detail="")
        return Decision((*counted, Put(refused)))
    status = SyncState.SYNCED
    code, detail = _summary(message.refused_items)
    return Decision((Put(replace(row, status=status, code=code, detail=detail)),))


def count_on(tables: Tables, application: str, newest: int) -> tuple[Change, ...]:
    """No revision is given twice: what a peer has had from here counts, however little this instance remembers.

    It may have been restored, or its file may be an old one. A peer that speaks of revisions which nobody can have
    given is not listened to: after a few claims there would be no number left to give.
    """
    profile = tables.get(TrustProfile, application)
    known = profile.distributed if profile else 0
    if not known < newest <= known + MOST_FORGOTTEN:
        return ()
    if profile is None:
        profile = TrustProfile(
            application=application,
            name=profile_name(application),
            manager_instance=tables.owner,
            revision=newest,
            distributed=newest,
        )
    is_own = profile.manager_instance == tables.owner
    revision = max(profile.revision, newest) if is_own else profile.revision
    return (Put(replace(profile, distributed=newest, revision=revision)),)


def mark_stale(tables: Tables, message: TrustProfileSync, recipient: str) -> tuple[Change, ...]:
    """The sync has expired on its way; an older one, or one that was answered, says nothing about the newest."""
    row = tables.get(SyncStatus, message.application, recipient)
    if row is None or message.revision < row.revision or row.status is not SyncState.PENDING:
        return ()
    return (Put(replace(row, status=SyncState.STALE)),)


# -- receiving, on the managed instance -----------------------------------------------------------------


def decide_profile_sync(tables: Tables, message: TrustProfileSync, sender: str) -> Decision:
    """The manager distributes; only the approved manager for that application may, and never backwards."""
    if refusal := _refuse_sync(tables, message, sender):
        newest = _revision_of(tables, message.application, sender)
        newest = newest if refusal.code is RefusalCode.STALE_REVISION else 0
        return Decision(posts=(_result(message, sender, refusal.code, newest=newest),), refusal=refusal)
    applied, refused = _apply_items(tables, message.application, message.items)
    profile = TrustProfile(
        application=message.application,
        name=profile_name(message.application),
        manager_instance=sender,
        revision=message.revision,
        distributed=_distributed(tables, message.application),
    )
    changes = (Put(profile), *_replace_items(tables, message), *applied.changes)
    # The result comes last: a manager that is itself trusted knows of the trust before it reads "synced".
    return Decision(changes, (*applied.posts, _result(message, sender, refused_items=refused)))


def _apply_items(tables: Tables, application: str, items: Iterable[SyncItem]) -> tuple[Decision, dict[str, str]]:
    """Makes the records that the profile owns equal to *items*; also the code of each item left out.

    A manual record stays, unless an item has its key: then the profile owns it (Q10).
    """
    changes: list[Change] = []
    posts: list[Post] = []
    refused: dict[str, str] = {}
    wanted: dict[tuple[str, ...], TrustRecord] = {}
    for item in items:
        refusal = refuse_peer(tables, item.trusted) or refuse_unoffered(tables, application, item.capability)
        if refusal:
            refused[f"{item.capability} > {name_of(tables, item.trusted)}"] = refusal.code
            continue
        record = TrustRecord(
            application=application,
            capability=item.capability,
            trusted_instance=item.trusted,
            version=item.version,
            origin=Origin.PROFILE,
        )
        wanted[record.key] = record
    steps = [
        remove_record(record)
        for record in tables.all(TrustRecord, application=application, origin=Origin.PROFILE)
        if record.key not in wanted
    ]
    # Also for a record that stays as it is: a trustee whose mirror is behind is told again by the next sync.
    steps += [put_record(tables, record) for record in wanted.values()]
    for step in steps:
        changes += step.changes
        posts += step.posts
    return Decision(tuple(changes), tuple(posts)), refused


def _replace_items(tables: Tables, message: TrustProfileSync) -> list[Change]:
    """The items as received, in the place of those received before."""
    received = [
        ProfileItem(
            application=message.application,
            capability=item.capability,
            trusting_instance=tables.owner,
            trusted_instance=item.trusted,
            version=item.version,
            active=True,
            description="",
        )
        for item in message.items
    ]
    kept = {item.key for item in received}
    gone = [item for item in tables.all(ProfileItem, application=message.application) if item.key not in kept]
    new = [item for item in received if tables.get(ProfileItem, *item.key) != item]
    return [*(Delete(ProfileItem, item.key) for item in gone), *(Put(item) for item in new)]


# -- rules ----------------------------------------------------------------------------------------------


def _refuse_sync(tables: Tables, message: TrustProfileSync, sender: str) -> Refusal | None:
    me, manager = name_of(tables, tables.owner), name_of(tables, sender)
    if not is_managed_by(tables, message.application, sender):
        row = tables.get(ManagedBy, message.application, sender)
        standing = f"has the approval {row.approval}" if row else "does not exist"
        return Refusal(
            code=RefusalCode.NOT_MY_MANAGER,
            found=f"{manager} syncs {message.application}, but its record in Manager Instances of {me} "
            f"{standing}.",
            change=f"name {manager} as the manager for {message.application}, or approve its request",
            who=administrator_of(tables, tables.owner),
        )
    newest = _revision_of(tables, message.application, sender)
    is_other = message.revision == newest and _items_of(tables, message.application) != set(message.items)
    if message.revision < newest or is_other:
        difference = "says something else" if is_other else "is older"
        return Refusal(
            code=RefusalCode.STALE_REVISION,
            found=f"{me} has revision {newest} of the profile for {message.application} from {manager}; "
            f"the revision {message.revision} that comes now {difference}.",
            change="sync the profile once more, which counts on from there",
            who=administrator_of(tables, sender),
        )
    return refuse_unoffered(tables, message.application)


def _revision_of(tables: Tables, application: str, manager: str) -> int:
    """The newest revision that this instance has of that manager's profile; 0: none."""
    profile = tables.get(TrustProfile, application)
    return profile.revision if profile and profile.manager_instance == manager else 0


def _items_of(tables: Tables, application: str) -> set[SyncItem]:
    """What the profile says that was received last."""
    return {_sync_item(item) for item in tables.all(ProfileItem, application=application)}


def _next_revision(tables: Tables, application: str) -> TrustProfile:
    return own_profile(tables, application, _distributed(tables, application) + 1)


def _distributed(tables: Tables, application: str) -> int:
    profile = tables.get(TrustProfile, application)
    return profile.distributed if profile else 0


def _sync_item(item: ProfileItem) -> SyncItem:
    return SyncItem(capability=item.capability, version=item.version, trusted=item.trusted_instance)


def _status(
    profile: TrustProfile, instance: str, status: SyncState, refused_items: dict[str, str] | None = None
) -> SyncStatus:
    code, detail = _summary(refused_items or {})
    return SyncStatus(
        application=profile.application,
        instance=instance,
        revision=profile.revision,
        status=status,
        code=code,
        detail=detail,
    )


def _summary(refused_items: dict[str, str]) -> tuple[str, str]:
    """The code and the detail of a sync that left items out."""
    code = next(iter(refused_items.values()), "")
    return code, "; ".join(f"{item}: {why}" for item, why in refused_items.items())


def _result(
    message: TrustProfileSync,
    manager: str,
    refusal: str | None = None,
    refused_items: dict[str, str] | None = None,
    newest: int = 0,
) -> Post:
    result = TrustSyncResult(
        application=message.application,
        revision=message.revision,
        refusal=refusal,
        refused_items=refused_items or {},
        newest=newest,
    )
    return Post(manager, result)
