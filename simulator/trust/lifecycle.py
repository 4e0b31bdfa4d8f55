"""What becomes of an instance itself, and what the others make of it.

An instance tells its account's others what it has become; they know its id and its key, which never change, and
take over the rest. Relations that the change has made impossible end on both sides, each by itself.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from simulator.decision import NOTHING, Decision, Post
from simulator.protocol.actions import ChangeType, InstallPlugin
from simulator.protocol.messages import InstanceChanged
from simulator.tables import Property, Put, Tables
from simulator.trust.directory import DirectoryEntry, InstanceType, this_instance
from simulator.trust.management import end_forbidden
from simulator.trust.readiness import SUPPORTS_TLS, Plugin
from simulator.trust.sharing import follow_type


def decide_change_type(tables: Tables, action: ChangeType) -> Decision:
    """Promote or demote: production to non-production or back (S4)."""
    me = this_instance(tables)
    became = replace(me, type=InstanceType(action.type), environment=action.environment)
    return NOTHING if became == me else _become(tables, became)


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
    changed = InstanceChanged(
        name=became.name, type=became.type.value, environment=became.environment, release=became.release
    )
    peers = (row for row in tables.all(DirectoryEntry, account=became.account) if row.sys_id != became.sys_id)
    ended = _take_over(tables, became)
    return replace(ended, posts=(*(Post(peer.sys_id, changed) for peer in peers), *ended.posts))


def _take_over(tables: Tables, became: DirectoryEntry) -> Decision:
    """One entry of the directory is different: what it forbids from now on ends (Q19), default grants follow."""
    ended, shared = end_forbidden(tables, became), follow_type(tables, became)
    return Decision((Put(became), *ended.changes, *shared.changes), (*ended.posts, *shared.posts))
