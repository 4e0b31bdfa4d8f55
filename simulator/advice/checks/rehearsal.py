"""What the instances would make of the steps of a scenario: their own decisions, one after the other.

Each instance is its tables and nothing else: there is no store, no network and no CMDB. What one posts the other
takes in at once, and a timer is due when the steps have let its time pass.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, count
from typing import Any, TypeVar

from simulator.decision import Decision, PostIds
from simulator.protocol.actions import (
    Action,
    ApproveManager,
    CloneOver,
    NameManager,
    RequestManagement,
    Restore,
    Send,
    ShareData,
    SyncTrustProfiles,
    Timer,
)
from simulator.protocol.envelope import LIFETIME, Envelope, derive_id
from simulator.protocol.messages import Payload, PeerMessage, TrustGranted, TrustRemoved
from simulator.protocol.topics import DEFAULT_NAMESPACE
from simulator.refusal import Refusal
from simulator.runtime.clock import EPOCH
from simulator.scenario.model import CloneStep, Scenario, Step
from simulator.scenario.running.acts import Act, acts_of
from simulator.scenario.topology import instance_specs
from simulator.tables import Tables
from simulator.trust.copies import COPIED_ROWS, copy
from simulator.trust.directory import DirectoryEntry, this_instance
from simulator.trust.handler import decide_from_inside, decide_from_peer
from simulator.trust.profile import missing_profiles
from simulator.trust.sharing import missing_configuration

M = TypeVar("M")

_IDS = PostIds("rehearsed")

_ASKING = (Send, ShareData, SyncTrustProfiles, NameManager, RequestManagement, ApproveManager, Timer)
"""The actions that come to nothing where their recipients refuse what they get."""

_NEWS = (TrustGranted, TrustRemoved)
"""What a trustee is told beside it."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A manager was named and accepted that, and does not become the manager when it is time."""

    managed: str
    application: str
    manager: str
    refusal: Refusal


class Rehearsal:
    """Goes along with the steps, as if every instance were up and every message arrived."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        specs = instance_specs(scenario, DEFAULT_NAMESPACE, EPOCH, explains=False)
        self.tables = {spec.name: Tables(spec.id, spec.own_rows) for spec in specs}
        """What each instance knows by now, by the name that it has in the scenario."""
        self._by_id = {tables.owner: tables for tables in self.tables.values()}
        self._name_by_id = {tables.owner: name for name, tables in self.tables.items()}
        directory = {entry.key: entry for spec in specs[:1] for entry in spec.directory}
        for tables in self.tables.values():
            tables.share(DirectoryEntry, directory)
            tables.apply([*missing_profiles(tables), *missing_configuration(tables)])
        self._now = EPOCH
        self._timers: list[tuple[datetime, str, Timer]] = []
        """When each is due, and whose it is."""
        self._snapshots: dict[str, tuple[str, Payload]] = {}
        """By the name of the snapshot: the name of the instance, and its rows."""
        self._numbers = count()

    def take(self, step: Step) -> list[Refusal]:
        """Takes the step; why its actions are refused, and the messages that it sends."""
        if step.snapshot:
            self._snapshots[step.snapshot.name] = (step.snapshot.on, self._rows_of(step.snapshot.on))
        acts = acts_of(self._scenario, step) or self._copying(step)
        return [refusal for on, action in acts for refusal in self._act(self.tables[on], action)]

    def wait(self, time: timedelta) -> list[Rejected]:
        """Time passes; the managers that do not come about by then."""
        self._now += time
        due = sorted((it for it in self._timers if it[0] < self._now), key=lambda it: it[0])
        self._timers = [it for it in self._timers if it[0] >= self._now]
        return [
            Rejected(self._name_by_id[timer.instance], timer.application, self._name_by_id[owner], refusal)
            for _, owner, timer in due
            for refusal in self._act(self._by_id[owner], timer)
        ]

    def _act(self, me: Tables, action: Action | Timer) -> list[Refusal]:
        """Something is done on the instance, and all that it leads to; why it, or what it sends, is refused."""
        envelope = self._envelope(derive_id("rehearsed", next(self._numbers)), me, me, action)
        decision = decide_from_inside(me, envelope, self._now, _IDS)
        refusals = [] if decision.refusal is None else [decision.refusal]
        waiting = deque(self._posted(me, envelope, decision))
        asked = isinstance(action, _ASKING)
        sent = {post.id for post in waiting if asked and not isinstance(post.message, _NEWS)}
        while waiting:
            post = waiting.popleft()
            recipient = self._by_id[post.recipient]
            follows = decide_from_peer(recipient, post, self._now)
            waiting.extend(self._posted(recipient, post, follows))
            if post.id in sent and follows.refusal is not None:
                refusals.append(follows.refusal)
        return refusals

    def _posted(self, me: Tables, envelope: Envelope[Any], decision: Decision) -> Iterator[Envelope[PeerMessage]]:
        """What is decided about the envelope comes true; the messages that are posted for it."""
        me.apply(decision.changes)
        for index, post in enumerate(decision.posts):
            if isinstance(post.message, Timer):
                self._timers.append((self._now + post.after, me.owner, post.message))
            else:
                id_ = _IDS.of(envelope.kept_as, index)
                yield self._envelope(id_, me, self._by_id[post.recipient], post.message)

    def _copying(self, step: Step) -> list[Act]:
        """What a step does that brings rows along; nothing for any other."""
        if step.clone:
            return [(step.clone.to, self._clone(step.clone))]
        if step.restore in self._snapshots:
            instance, rows = self._snapshots[step.restore]
            return [(instance, Restore(rows=rows, cmdb={}))]
        return []

    def _clone(self, it: CloneStep) -> CloneOver:
        source = self.tables[it.source]
        return CloneOver(
            source=source.owner,
            release=this_instance(source).release,
            preserve_trust=it.preserve_trust,
            rows=self._rows_of(it.source),
            cmdb={},
        )

    def _rows_of(self, instance: str) -> Payload:
        return copy(chain.from_iterable(self.tables[instance].all(row_type) for row_type in COPIED_ROWS))

    def _envelope(self, id_: str, sender: Tables, recipient: Tables, message: M) -> Envelope[M]:
        return Envelope(
            id=id_,
            sender=sender.owner,
            recipient=recipient.owner,
            cause=None,
            sent_at=self._now,
            expires_at=self._now + LIFETIME,
            message=message,
        )
