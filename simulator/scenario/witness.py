"""A witness of a virtual run: looks after every step of every instance whether what must hold still holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from simulator.decision import UNAUTHENTIC, UNREADY, post_id
from simulator.journal import Entry, Outcome
from simulator.runtime.fleet import Fleet
from simulator.scenario.model import Scenario
from simulator.scenario.topology import instance_id
from simulator.tables import Key, Row, Tables
from simulator.trust.application import Operation
from simulator.trust.directory import DirectoryEntry
from simulator.trust.invariants import broken_between, broken_grants, broken_on_one, granted_by, is_covered
from simulator.trust.management import Managed, ManagedBy
from simulator.trust.profile import TrustProfile
from simulator.trust.record import TrustingInstance, TrustRecord
from simulator.trust.sharing import TrustConfig

_WATCHED: tuple[type[Row], ...] = (
    Operation,
    Managed,
    ManagedBy,
    TrustProfile,
    TrustRecord,
    TrustingInstance,
    TrustConfig,
)

_CHANGES_NO_TRUST = {"send", "capability_answer", "save_profile_item", "delete_profile_item", "trust_sync_result"}
"""After these there is nothing new to see in the tables."""

_CHANGES_DIRECTORY = {"change_type", "rename", "upgrade", "instance_changed"}
"""After these an instance knows the others otherwise than those that have not heard of it."""

_MOST_POSTS = 10_000
"""More than one decision ever posts; it only ends the search for an id that is none."""


class Witness:
    """Collects what was broken, each thing once and in the order in which it was seen."""

    def __init__(self, scenario: Scenario) -> None:
        self._ids = {name: instance_id(name, item) for name, item in scenario.instances.items()}
        self._names = {id_: name for name, id_ in self._ids.items()}
        self._fleet: Fleet
        self._read = dict.fromkeys(self._ids, 0)
        self._finished: dict[str, set[str]] = defaultdict(set)
        self._sent: dict[str, str] = {}
        self._granted: dict[str, set[str]] = {}
        """By the action that shared data: the instances that its owner granted access then."""
        self._revisions: dict[tuple[str, str, str], int] = {}
        self._is_incomplete = False
        """Whether a message was given up, or refused for want of readiness: sides may differ then."""
        self._directory: dict[Key, DirectoryEntry] = {}
        self._has_heard_of_changes: set[str] = set()
        self.broken: dict[str, None] = {}
        """What was broken; a dict for its order."""

    def watch(self, fleet: Fleet) -> None:
        """The fleet to look at; it calls `look` after every step."""
        self._fleet = fleet

    def look(self, instance: str) -> None:
        """One instance has taken a step."""
        entries = self._fleet.journal(instance, self._read[instance])
        if not entries:
            return
        self._read[instance] = entries[-1][0]
        if any(entry.kind in _CHANGES_DIRECTORY for _, entry in entries):
            self._has_heard_of_changes.add(instance)
        if all(entry.kind in _CHANGES_NO_TRUST for _, entry in entries):
            tables = Tables(self._ids[instance])
        else:
            tables = self._tables(instance)
        for _, entry in entries:
            self._add(self._broken_by(instance, entry, tables))
        self._add(broken_on_one(tables))
        self._add(self._lowered_revisions(instance, tables))

    def look_at_the_end(self) -> None:
        """Nothing is due any more: nothing may be lost, and all must see the same."""
        up = [name for name in self._ids if self._fleet.is_running(name) and not self._fleet.refusal(name)]
        if len(up) == len(
            self._ids
        ):  # else a message may wait for one that the scenario has stopped or locked out
            fates = {envelope for finished in self._finished.values() for envelope in finished}
            self._add(f"the message {message} of {sender} is lost" for message, sender in self._sent.items()
                      if message not in fates)  # fmt: skip
        tables = {self._ids[name]: self._tables(name) for name in up}
        self._add(broken_grants(tables))
        if not self._is_incomplete:
            self._add(broken_between(tables))

    def _tables(self, instance: str) -> Tables:
        rows = (row for row_type in _WATCHED for row in self._fleet.load(instance, row_type))
        tables = Tables(self._ids[instance], rows)
        tables.share(DirectoryEntry, self._directory_of(instance))
        return tables

    def _directory_of(self, instance: str) -> dict[Key, DirectoryEntry]:
        """The same on all instances, and large where there are many, until one hears of a change."""
        if self._directory and instance not in self._has_heard_of_changes:
            return self._directory
        directory = {entry.key: entry for entry in self._fleet.load(instance, DirectoryEntry)}
        if instance not in self._has_heard_of_changes:
            self._directory = directory
        return directory

    def _broken_by(self, instance: str, entry: Entry, tables: Tables) -> Iterator[str]:
        """What this entry of the journal shows to be broken."""
        if not entry.envelope or entry.outcome is Outcome.DUPLICATE or entry.code in UNAUTHENTIC:
            return
        if entry.envelope in self._finished[instance]:
            if entry.outcome is Outcome.EXPIRED:
                return  # a repeat that comes when nobody remembers its envelope any more, and does nothing
            yield f"{instance} has finished with {entry.kind} {entry.envelope} twice"
        self._finished[instance].add(entry.envelope)
        self._is_incomplete |= entry.outcome is Outcome.EXPIRED or entry.code in UNREADY
        if entry.outcome is Outcome.EXPIRED:
            return
        if entry.recipient != self._ids[instance]:
            yield f"{instance} has taken in {entry.kind} {entry.envelope}, which is not for it"
        if entry.sender != entry.recipient and not self._is_posted(entry):
            yield f"{instance} has taken in {entry.kind} {entry.envelope}, which nobody has posted"
        if entry.outcome is not Outcome.PROCESSED:
            return
        if entry.kind in {"send", "share_data"}:
            self._sent[post_id(entry.envelope, 0)] = instance
        if entry.kind == "share_data":
            self._granted[entry.envelope] = granted_by(tables, entry.application)
        if entry.kind == "shared_data" and self._ids[instance] not in self._granted.get(entry.cause, ()):
            yield f"{instance} has data of {self._names[entry.sender]}, which did not grant access when it left"
        if entry.kind == "capability_message" and not is_covered(
            tables, entry.sender, entry.application, entry.capability, entry.operation
        ):
            yield f"{instance} has processed {entry.operation} of {entry.sender} without trust"

    def _is_posted(self, entry: Entry) -> bool:
        """Whether the sender has finished with the cause, and this is one of the envelopes it posted then."""
        sender = self._names.get(entry.sender)
        if sender is None or entry.cause not in self._finished[sender]:
            return False
        return any(entry.envelope == post_id(entry.cause, index) for index in range(_MOST_POSTS))

    def _lowered_revisions(self, instance: str, tables: Tables) -> Iterator[str]:
        for profile in tables.all(TrustProfile):
            key = (instance, profile.application, profile.manager_instance)
            if profile.revision < self._revisions.get(key, 0):
                yield f"{instance} has gone back to revision {profile.revision} of {profile.name}"
            self._revisions[key] = profile.revision

    def _add(self, broken: Iterator[str]) -> None:
        self.broken.update(dict.fromkeys(broken))
