"""What becomes of an instance itself, and what the others make of it.

An instance tells its account's others what it has become; they know its id and its key, which never change, and
take over the rest. Relations that the change has made impossible end on both sides, each by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from simulator.decision import NOTHING, Decision, Post
from simulator.protocol.actions import ChangeType, CloneOver, InstallPlugin, Rename, Restore, Upgrade
from simulator.protocol.cmdb import ReplaceCmdb
from simulator.protocol.messages import InstanceChanged, Relations
from simulator.refusal import Refusal, RefusalCode
from simulator.tables import Change, Delete, Property, Put, Row, Tables
from simulator.trust import copies
from simulator.trust.application import Application
from simulator.trust.copies import APPLICATION_ROWS, COPIED_ROWS, TRUST_ROWS
from simulator.trust.directory import (
    DirectoryEntry,
    InstanceType,
    administrator_of,
    this_instance,
)
from simulator.trust.ending import end_forbidden
from simulator.trust.management import Managed, ManagedBy
from simulator.trust.profile import missing_profiles
from simulator.trust.readiness import SUPPORTS_TLS, Plugin
from simulator.trust.record import TrustingInstance, TrustRecord
from simulator.trust.relations import report, report_to_all
from simulator.trust.sharing import SharingApplication, TrustConfig, follow_type, missing_configuration
from simulator.trust.states import Approval


def decide_change_type(tables: Tables, action: ChangeType) -> Decision:
    """Promote or demote: production to non-production or back (S4)."""
    me = this_instance(tables)
    became = replace(me, type=InstanceType(action.type), environment=action.environment)
    return NOTHING if became == me else _become(tables, became)


def decide_rename(tables: Tables, action: Rename) -> Decision:
    """The instance keeps its id, and so all that it has with others; they may know it by its old name yet (Q21).

    A name that is still registered for another instance cannot be taken (KB1214621).
    """
    me = this_instance(tables)
    for other in tables.all(DirectoryEntry, account=me.account, name=action.name):
        if other.sys_id != me.sys_id:
            return Decision(
                refusal=Refusal(
                    code=RefusalCode.NAME_TAKEN,
                    found=f"The instance directory of {me.name} has another instance with the name {action.name}.",
                    change="choose another name, or have the other instance renamed first",
                    who=administrator_of(tables, tables.owner),
                )
            )
    became = replace(me, name=action.name)
    return NOTHING if became == me else _become(tables, became)


def decide_upgrade(tables: Tables, action: Upgrade) -> Decision:
    """The instance has another release from now on."""
    me = this_instance(tables)
    became = replace(me, release=action.release)
    return NOTHING if became == me else _become(tables, became)


def decide_clone(tables: Tables, action: CloneOver) -> Decision:
    """Another instance's applications and data take the place of this one's (Q20).

    Its rows of trust are another instance's word: where they are not kept out by preservers they are recognised by
    that and put in quarantine. This instance then starts without trust, and asks the others what they know of it.
    """
    brought = copies.paste(action.rows)
    replaced = APPLICATION_ROWS if action.preserve_trust else (*APPLICATION_ROWS, *TRUST_ROWS)
    changes: list[Change] = [*copies.without(tables, replaced)]
    changes += [Put(row) for row in brought if not isinstance(row, TRUST_ROWS)]
    if not action.preserve_trust:
        changes += [Put(copies.quarantined(row, action.source)) for row in brought if isinstance(row, TRUST_ROWS)]
    started = _start_over(tables, changes)
    upgraded = decide_upgrade(tables, Upgrade(release=action.release))
    changes, posts = [*started.changes, *upgraded.changes], (*upgraded.posts, *started.posts)
    return Decision(tuple(changes), posts, cmdb=ReplaceCmdb(action.cmdb))


def decide_restore(tables: Tables, action: Restore) -> Decision:
    """This instance is as it was, and the others are not: it asks them what they know of it.

    What it had with an instance that has been decommissioned since does not come back.
    """
    rows = [row for row in copies.paste(action.rows) if copies.speaks_of_present(tables, row)]
    started = _start_over(tables, [*copies.without(tables, COPIED_ROWS), *(Put(row) for row in rows)])
    return replace(started, cmdb=ReplaceCmdb(action.cmdb))


def decide_decommission(tables: Tables) -> Decision:
    """This instance is given up: what it had with others ends, and they hear of it."""
    return _become(tables, replace(this_instance(tables), retired=True))


def tell_relations_again(tables: Tables, message: Relations, peer: str) -> Decision:
    """A peer was away for too long to hear how this instance sees what is between them: it is told that now."""
    again = report(tables, message.application, peer, wants_answer=message.wants_answer)
    return Decision(posts=(Post(peer, again),))


def _start_over(tables: Tables, changes: list[Change]) -> Decision:
    """The tables are different from now on, without the others' consent: mirrors are theirs to put right."""
    changes += missing_profiles(tables.after(changes))
    after = tables.after(changes)
    listed = {row.application for row in after.all(SharingApplication)}
    changes += [Delete(TrustConfig, row.key) for row in after.all(TrustConfig) if row.application not in listed]
    changes += [Put(_counted_on(tables, config)) for config in _configuration(tables.after(changes))]
    after = tables.after(changes)
    forbidden = end_forbidden(after, this_instance(after)).changes  # the types may be others than they were then
    after, changes = after.after(forbidden), [*changes, *forbidden]
    applications = {row.application for row_type in TRUST_ROWS for row in tables.all(row_type)}  # type: ignore[attr-defined]
    applications |= {row.name for row in after.all(Application)}
    return Decision(tuple(changes), report_to_all(after, applications, wants_answer=True))


def _configuration(after: Tables) -> list[TrustConfig]:
    """The rows of Trust Configuration, those with their defaults included."""
    missing = [put.row for put in missing_configuration(after)]
    return [*after.all(TrustConfig), *(row for row in missing if isinstance(row, TrustConfig))]


def _counted_on(before: Tables, config: TrustConfig) -> TrustConfig:
    """The row with a count above all that were told: none of those that expire yet is taken for the last."""
    known = before.get(TrustConfig, *config.key)
    return replace(config, revision=max(config.revision, known.revision if known else 0) + 1)


def tell_again(tables: Tables, peer: str) -> Decision:
    """A peer was away for too long to hear what this instance has become: it is told what that is now."""
    return Decision(posts=(Post(peer, _changed(this_instance(tables))),))


def decide_instance_changed(tables: Tables, message: InstanceChanged, sender: str) -> Decision:
    """A peer has become something else."""
    known = tables.get(DirectoryEntry, sender)
    assert known is not None, "the gate has found it in the directory"
    became = replace(
        known,
        name=message.name,
        type=InstanceType(message.type),
        environment=message.environment,
        release=message.release,
        retired=message.retired,
    )
    return _take_over(tables, became)


def decide_install_plugin(tables: Tables, action: InstallPlugin, now: datetime) -> Decision:
    """The plugin is there from now on; installing it again changes nothing."""
    if tables.get(Plugin, action.plugin):
        return NOTHING
    return Decision((Put(Plugin(id=action.plugin, installed_at=now.isoformat())),))


def decide_enable_tls() -> Decision:
    """ADCv2 mutual TLS is on from now on."""
    return Decision((Put(Property(name=SUPPORTS_TLS, value="true")),))


def _become(tables: Tables, became: DirectoryEntry) -> Decision:
    """This instance is something else from now on, and tells its account."""
    changed = _changed(became)
    known = tables.all(DirectoryEntry, account=became.account, retired=False)
    peers = (row for row in known if row.sys_id != became.sys_id)
    ended = _take_over(tables, became)
    return replace(ended, posts=(*(Post(peer.sys_id, changed) for peer in peers), *ended.posts))


def _changed(entry: DirectoryEntry) -> InstanceChanged:
    return InstanceChanged(
        name=entry.name,
        type=entry.type.value,
        environment=entry.environment,
        release=entry.release,
        retired=entry.retired,
    )


def _take_over(tables: Tables, became: DirectoryEntry) -> Decision:
    """One entry of the directory is different: what it forbids from now on ends (Q19), default grants follow."""
    if became.retired:
        return Decision((Put(became), *_end_all(tables, became.sys_id)))
    ended, shared = end_forbidden(tables, became), follow_type(tables, became)
    return Decision((Put(became), *ended.changes, *shared.changes), (*ended.posts, *shared.posts))


def _end_all(tables: Tables, retired: str) -> Iterator[Change]:
    """Ends what this instance has with one that has been decommissioned, or all it has where that is itself.

    What an administrator has written down, such as a profile item, stays, and is refused where it is applied.
    """
    if retired == tables.owner:
        yield from copies.without(tables, TRUST_ROWS)
        return
    for row in (row for row_type in _ENDED for row in tables.all(row_type)):
        if copies.speaks_of(row, retired):
            yield Delete(type(row), row.key)
    for by in tables.all(ManagedBy, manager_instance=retired):
        yield Put(replace(by, approval=Approval.REJECTED, reason=RefusalCode.INSTANCE_RETIRED))
    for managed in tables.all(Managed, managed_instance=retired):
        yield Put(replace(managed, status=Approval.REVOKED, reason=RefusalCode.INSTANCE_RETIRED))


_ENDED: tuple[type[Row], ...] = (TrustRecord, TrustingInstance, TrustConfig)
