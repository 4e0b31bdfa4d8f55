"""What two instances tell each other when one of them may have lost its memory: after a clone or a restore.

For each application the instance reports to each peer how it sees what is between the two, and asks for the same.
Trust is the trustor's word and a grant the grantor's, so mirrors follow the report. Management takes two: a
relation that only one side knows ends. A report is the latest word on its application, for the envelopes of one
application arrive in the order of sending.
"""

from __future__ import annotations

from dataclasses import replace

from simulator.decision import Decision, Post
from simulator.protocol.messages import ManagementRevoked, ManagerConfirmation, Relations
from simulator.refusal import RefusalCode
from simulator.tables import Change, Delete, Put, Tables
from simulator.trust.directory import DirectoryEntry, this_instance
from simulator.trust.management import Managed, ManagedBy, is_managed_by, manages
from simulator.trust.profile import TrustProfile
from simulator.trust.record import TrustingInstance, TrustRecord
from simulator.trust.sharing import TrustConfig
from simulator.trust.states import Approval, SyncState
from simulator.trust.sync import SyncStatus, count_on

CODE = RefusalCode.RELATION_LOST


def report_to_all(tables: Tables, applications: set[str], *, wants_answer: bool) -> tuple[Post, ...]:
    """The reports about *applications* of an instance that has changed; *tables* as they are from now on."""
    me = this_instance(tables)
    peers = [row.sys_id for row in tables.all(DirectoryEntry, account=me.account, retired=False)]
    return tuple(
        Post(peer, report(tables, name, peer, wants_answer=wants_answer))
        for peer in peers
        if peer != me.sys_id
        for name in sorted(applications)
    )


def report(tables: Tables, application: str, peer: str, *, wants_answer: bool) -> Relations:
    """How this instance sees what is between it and *peer* for the application."""
    profile, config = tables.get(TrustProfile, application), tables.get(TrustConfig, application, peer)
    records = tables.all(TrustRecord, application=application, trusted_instance=peer)
    return Relations(
        application=application,
        trusts={record.capability: record.version for record in records},
        manages=manages(tables, application, peer),
        is_managed=is_managed_by(tables, application, peer),
        revision=profile.revision if profile and profile.manager_instance == peer else 0,
        grants=config.grant_access if config else None,
        wants_answer=wants_answer,
    )


def decide_relations(tables: Tables, message: Relations, sender: str) -> Decision:
    """A peer says how it sees what is between the two: this instance's rows follow."""
    changes = [
        *_mirrors(tables, message, sender),
        *_revisions(tables, message, sender),
        *_grants(tables, message, sender),
    ]
    posts: list[Post] = []
    if manages(tables, message.application, sender) and not message.is_managed:
        row = tables.get(Managed, message.application, sender)
        assert row is not None
        changes.append(Put(replace(row, status=Approval.REVOKED, reason=CODE)))
        posts.append(Post(sender, ManagerConfirmation(application=message.application, refusal=CODE)))
    if is_managed_by(tables, message.application, sender) and not message.manages:
        by = tables.get(ManagedBy, message.application, sender)
        assert by is not None
        changes.append(Put(replace(by, approval=Approval.REJECTED, reason=CODE)))
        posts.append(Post(sender, ManagementRevoked(application=message.application, refusal=CODE)))
    if message.wants_answer:  # which says by itself what has ended
        answer = report(tables.after(changes), message.application, sender, wants_answer=False)
        posts = [Post(sender, answer)]
    return Decision(tuple(changes), tuple(posts))


def _mirrors(tables: Tables, message: Relations, sender: str) -> list[Change]:
    """Trusting Instances says of the sender what it says of itself."""
    application = message.application
    known = {
        row.capability: row
        for row in tables.all(TrustingInstance, application=application, trusting_instance=sender)
    }
    told = {
        capability: TrustingInstance(
            application=application, capability=capability, trusting_instance=sender, version=version
        )
        for capability, version in message.trusts.items()
    }
    gone = [row for capability, row in known.items() if capability not in told]
    new = [row for capability, row in told.items() if known.get(capability) != row]
    return [*(Delete(TrustingInstance, row.key) for row in gone), *(Put(row) for row in new)]


def _revisions(tables: Tables, message: Relations, sender: str) -> list[Change]:
    """This instance counts on from what the peer has had; what the peer has forgotten has to be synced again."""
    changes = list[Change](count_on(tables, message.application, message.revision))
    status = tables.get(SyncStatus, message.application, sender)
    if status is not None and status.status is SyncState.SYNCED and message.revision < status.revision:
        changes.append(Put(replace(status, status=SyncState.STALE)))
    return changes


def _grants(tables: Tables, message: Relations, sender: str) -> list[Change]:
    """What the sender does not list, it does not grant."""
    config, grants = tables.get(TrustConfig, message.application, sender), bool(message.grants)
    if config is None or grants == config.is_granting_access:
        return []
    return [Put(replace(config, is_granting_access=grants))]
