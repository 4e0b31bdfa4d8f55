"""A witness of a run: looks again and again whether what must hold still holds.

In virtual time it looks after every step of every instance. On a broker the instances go on while it looks, and it
looks after every step of the scenario: it takes tables for true only where nothing was journalled while they were
read, and judges a message by its receiver's trust only where nothing since may have changed that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from simulator.journal import Entry, Outcome
from simulator.protocol.envelope import kept_as
from simulator.protocol.operations import OperationKind
from simulator.refusal import UNAUTHENTIC, UNREADY
from simulator.runtime.fleet import Fleet
from simulator.scenario.judging.domain_witness import DomainWitness
from simulator.scenario.judging.watched import WatchedTables
from simulator.scenario.model import Scenario
from simulator.scenario.topology import instance_id
from simulator.tables import Key, Put, Row, Tables
from simulator.trust.application import Operation
from simulator.trust.directory import DirectoryEntry, called
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

_SENDS = {"send", "share_data"}
"""What an application does on its own instance, for another one."""

_OF_CMDBS = {"configure_cmdb", "identify"}

_CHANGES_NO_TRUST = {
    *("send", "capability_answer", "save_profile_item", "delete_profile_item", "trust_sync_result", "assign_user"),
    *_OF_CMDBS,
}
"""After these there is nothing new to see in the tables."""

_CHANGES_DIRECTORY = {"change_type", "rename", "upgrade", "clone_over", "decommission", "instance_changed"}
"""After these an instance knows the others otherwise than those that have not heard of it."""

_FORGETS = {"clone_over", "restore"}
"""After these an instance is behind what it has known."""

_ATTEMPTS = 3
"""How often tables are read again because their instance has gone on meanwhile, which it seldom does for long."""

_MOST_POSTS = 10_000
"""More than one decision ever posts; it only ends the search for an id that is none."""


class Witness:
    """Collects what was broken, each thing once and in the order in which it was seen.

    Where instances begin with kept files, *waiting* are the envelopes that were still on their way then: nobody
    here knows of what came before.
    """

    def __init__(self, scenario: Scenario, waiting: frozenset[str] | None = None) -> None:
        self._ids = {name: instance_id(name, item) for name, item in scenario.instances.items()}
        self._names = {id_: name for name, id_ in self._ids.items()}
        self._fleet: Fleet
        self._read = dict.fromkeys(self._ids, 0)
        self._finished: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        """By instance and envelope: the senders whose envelope of that id the instance has finished with."""
        self._posts: dict[tuple[str, str], set[str]] = defaultdict(set)
        """By sender and cause: the ids of what it may have posted then, as far as they were asked for."""
        self._sent: dict[str, str] = {}
        self._granted: dict[str, set[str]] = {}
        """By the action that shared data: the instances that its owner then granted access, where it is known."""
        self._without_trust: set[str] = set()
        """The messages with data that have left for an instance which its owner did not trust then."""
        self._watched = {name: WatchedTables(id_) for name, id_ in self._ids.items()}
        self._unjudged: dict[str, list[Entry]] = {name: [] for name in self._ids}
        """What has been read of the journals and not yet looked at."""
        self._revisions: dict[tuple[str, str, str], int] = {}
        self._is_incomplete = False
        """Whether a message was given up, or refused for want of readiness: sides may differ then."""
        self._directory: dict[Key, DirectoryEntry] = {}
        """What all know of each other at first, by the names of the scenario."""
        self._entries: dict[int, DirectoryEntry] = {}
        """The same as they were read, by identity: what is the same in memory needs no second look."""
        self._has_heard_of_changes: set[str] = set()
        if waiting is not None:
            self._is_incomplete = True
            self._has_heard_of_changes.update(self._ids)
        self._waiting = waiting or frozenset()
        self._domains = DomainWitness()
        self.broken: dict[str, None] = {}
        """What was broken; a dict for its order."""

    def watch(self, fleet: Fleet) -> None:
        """The fleet to look at; it calls `look` after every step."""
        self._fleet = fleet

    def look(self, instance: str) -> None:
        """One instance has taken a step, or may have."""
        self._read_journal(instance)
        if not self._unjudged[instance]:
            return
        tables = self._tables_of_now(instance)
        if tables is None:
            return  # it is busy, and there will be another look
        entries, self._unjudged[instance] = self._unjudged[instance], []
        if any(entry.kind in _OF_CMDBS | {"capability_message"} for entry in entries):
            self._add(self._domains.look(self._fleet, instance))
        may_have_changed = False
        for entry in reversed(entries):
            self._add(self._broken_by(instance, entry, None if may_have_changed else tables))
            may_have_changed |= entry.kind not in _CHANGES_NO_TRUST | {"capability_message", "shared_data"}
        watched = self._watched[instance]
        if not watched.is_judged:
            self._add(broken_on_one(tables, watched.take_unjudged()))
            self._add(self._lowered_revisions(instance, tables))

    def _read_journal(self, instance: str) -> bool:
        """Takes note of what has been journalled since; whether anything has."""
        entries = self._fleet.journal(instance, self._read[instance])
        for number, entry in entries:
            self._read[instance] = number
            if entry.kind in _CHANGES_DIRECTORY:
                self._has_heard_of_changes.add(instance)
            if entry.kind in _FORGETS:
                self._revisions = {key: it for key, it in self._revisions.items() if key[0] != instance}
                self._domains.forget(instance)
            if entry.kind == "remove_application":
                gone = (instance, entry.application)
                self._revisions = {key: it for key, it in self._revisions.items() if key[:2] != gone}
            self._add(self._finished_twice(instance, entry))
            self._unjudged[instance].append(entry)
        return bool(entries)

    def _tables_of_now(self, instance: str) -> Tables | None:
        """The tables as they are after the last entry that was read; None where more keep coming."""
        watched = self._watched[instance]
        if watched.is_read and all(it.kind in _CHANGES_NO_TRUST for it in self._unjudged[instance]):
            return watched.tables
        for _ in range(_ATTEMPTS):
            for row_type in _WATCHED:
                watched.read(row_type, self._fleet.load(instance, row_type))
            watched.share_directory(*self._directory_of(instance))
            if not self._read_journal(instance):
                return watched.tables
            self._directory = {}  # it may have been read from one that knew more by then
        return None

    def look_everywhere(self) -> None:
        """Any instance may have taken steps."""
        for instance in self._ids:
            self.look(instance)

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
        directory, otherwise = self._directory_of(instance)
        tables.share(DirectoryEntry, directory)
        tables.apply([Put(entry) for entry in otherwise])
        return tables

    def _directory_of(self, instance: str) -> tuple[Mapping[Key, DirectoryEntry], list[DirectoryEntry]]:
        """What all know of each other until one hears of a change, and what this one knows otherwise."""
        is_like_others = instance not in self._has_heard_of_changes
        if self._directory and is_like_others:
            return self._directory, []
        entries = self._fleet.load(instance, DirectoryEntry)
        if self._directory:
            new = [entry for entry in entries if id(entry) not in self._entries]
            known = self._directory
            return known, [entry for entry in called(new, self._names) if known.get(entry.key) != entry]
        directory = {entry.key: entry for entry in called(entries, self._names)}
        if is_like_others:
            self._directory, self._entries = directory, {id(entry): entry for entry in entries}
        return directory, []

    def _finished_twice(self, instance: str, entry: Entry) -> Iterator[str]:
        """Whether the instance has finished with the envelope before."""
        if not _is_finished_by(entry):
            return
        senders = self._finished[instance][entry.envelope]
        if entry.sender in senders:
            if entry.outcome is Outcome.EXPIRED:
                return  # a repeat that comes when nobody remembers its envelope any more, and does nothing
            yield f"{instance} has finished with {entry.kind} {entry.envelope} twice"
        senders.add(entry.sender)
        self._is_incomplete |= entry.outcome is Outcome.EXPIRED or entry.code in UNREADY

    def _broken_by(self, instance: str, entry: Entry, tables: Tables | None) -> Iterator[str]:
        """What this entry of the journal shows to be broken; *tables* as they were then, where that is known."""
        if not _is_finished_by(entry) or entry.outcome is Outcome.EXPIRED:
            return
        if entry.recipient != self._ids[instance] and entry.kind not in _SENDS:
            yield f"{instance} has taken in {entry.kind} {entry.envelope}, which is not for it"
        is_known = entry.sender == self._ids[instance] or entry.envelope in self._waiting
        if not is_known and not self._is_posted(entry):
            yield f"{instance} has taken in {entry.kind} {entry.envelope}, which nobody has posted"
        if entry.outcome is not Outcome.PROCESSED:
            return
        if entry.kind in _SENDS:
            self._sent[self._message_of(instance, entry)] = instance
        if entry.kind == "shared_data" and self._ids[instance] not in self._granted.get(
            entry.cause, {self._ids[instance]}
        ):
            yield f"{instance} has data of {self._names[entry.sender]}, which did not grant access when it left"
        if entry.envelope in self._without_trust:
            yield f"{instance} has data of {self._names[entry.sender]}, which did not trust it when it left"
        if tables is None:
            return
        if entry.kind == "send" and not _may_leave(tables, entry):
            self._without_trust.add(self._message_of(instance, entry))
        if entry.kind == "share_data":
            self._granted[entry.envelope] = granted_by(tables, entry.application)
        if entry.kind == "capability_message" and not is_covered(
            tables, entry.sender, entry.application, entry.capability, entry.operation
        ):
            yield f"{instance} has processed {entry.operation} of {entry.sender} without trust"

    def _is_posted(self, entry: Entry) -> bool:
        """Whether the sender has finished with the cause, and this is one of the envelopes it posted then."""
        sender = self._names.get(entry.sender)
        if sender is None:
            return False
        if entry.cause not in self._finished[sender]:
            self._read_journal(sender)  # what it has done before the recipient's step may not have been read yet
        causes = [
            entry.cause if causer == entry.sender else kept_as(causer, entry.cause)
            for causer in self._finished[sender].get(entry.cause, ())
        ]
        return any(entry.envelope in self._posts_of(sender, cause, until=entry.envelope) for cause in causes)

    def _posts_of(self, sender: str, cause: str, until: str) -> set[str]:
        """The ids of what a sender may have posted for that cause, as many as it takes to come to one of them."""
        ids, posts = self._fleet.post_ids(sender), self._posts[sender, cause]
        for index in range(len(posts) // 2, _MOST_POSTS):
            if until in posts:
                break
            posts |= {ids.of(cause, index), ids.retold(cause, index)}
        return posts

    def _message_of(self, instance: str, entry: Entry) -> str:
        """The id of what an action of the instance has sent."""
        return self._fleet.post_ids(instance).of(entry.envelope, 0)

    def _lowered_revisions(self, instance: str, tables: Tables) -> Iterator[str]:
        for profile in tables.all(TrustProfile):
            key = (instance, profile.application, profile.manager_instance)
            if profile.revision < self._revisions.get(key, 0):
                yield f"{instance} has gone back to revision {profile.revision} of {profile.name}"
            self._revisions[key] = profile.revision

    def _add(self, broken: Iterator[str]) -> None:
        self.broken.update(dict.fromkeys(broken))


def _may_leave(tables: Tables, entry: Entry) -> bool:
    """Whether what was sent is a message, or data that its owner's rows let leave."""
    operation = tables.get(Operation, entry.application, entry.capability, entry.operation)
    is_data = operation is not None and operation.kind is OperationKind.DATA
    return not is_data or is_covered(
        tables, entry.recipient, entry.application, entry.capability, entry.operation, is_sender=True
    )


def _is_finished_by(entry: Entry) -> bool:
    """Whether the entry ends an envelope: a repeat, or what is not what it claims to be, ends none."""
    return bool(entry.envelope) and entry.outcome is not Outcome.DUPLICATE and entry.code not in UNAUTHENTIC
