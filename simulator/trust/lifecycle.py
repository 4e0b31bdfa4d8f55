"""What becomes of an instance itself, and what the others make of it.

An instance tells its account's others what it has become; they know its id and its key, which never change, and
take over the rest. Relations that the change has made impossible end on both sides, each by itself.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from simulator.decision import NOTHING, Decision, Post, Refusal, RefusalCode
from simulator.protocol.actions import ChangeType, InstallPlugin, Rename, Upgrade
from simulator.protocol.messages import InstanceChanged
from simulator.tables import Property, Put, Tables
from simulator.trust.directory import DirectoryEntry, InstanceType, administrator_of, this_instance
from simulator.trust.management import end_forbidden
from simulator.trust.readiness import SUPPORTS_TLS, Plugin
from simulator.trust.sharing import follow_type


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
    peers = (row for row in tables.all(DirectoryEntry, account=became.account) if row.sys_id != became.sys_id)
    ended = _take_over(tables, became)
    return replace(ended, posts=(*(Post(peer.sys_id, changed) for peer in peers), *ended.posts))


def _changed(entry: DirectoryEntry) -> InstanceChanged:
    return InstanceChanged(
        name=entry.name, type=entry.type.value, environment=entry.environment, release=entry.release
    )


def _take_over(tables: Tables, became: DirectoryEntry) -> Decision:
    """One entry of the directory is different: what it forbids from now on ends (Q19), default grants follow."""
    ended, shared = end_forbidden(tables, became), follow_type(tables, became)
    return Decision((Put(became), *ended.changes, *shared.changes), (*ended.posts, *shared.posts))
