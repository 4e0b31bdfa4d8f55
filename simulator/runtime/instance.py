"""One simulated instance: the path of one message, top to bottom.

     bytes                                       from the link
       | codec                                   unreadable: journalled, stop
       | authentic?   sender, topic, signature   refused: journalled, stop
     envelope                                    from a peer, an administrator or a timer
       | seen before?                            duplicate: journalled, receipt again, stop
       | expired?                                expired: journalled, receipt, stop
       | gate, handler                           -> Decision, or a refusal
       | CMDB         where the decision asks for it; it may refuse
       | store        apply the changes, post to the outbox, remember the id, record the outcome
       v
     bytes                                       receipts and what is due in the outbox, for the link

Everything between "envelope" and "v" is one transaction. An instance does not know a clock, a loop or a broker: a
driver hands it bytes and the time and carries away what it returns (live_instance.py, virtual_instance.py). It is
used by one thread at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any

from simulator.decision import NOTHING, Decision, Post, PostIds
from simulator.errors import WireError
from simulator.journal import Entry, Outcome, in_short
from simulator.protocol import codec
from simulator.protocol.actions import Action, Administered, Timer
from simulator.protocol.codec import Signed
from simulator.protocol.envelope import LIFETIME, Envelope, derive_id
from simulator.protocol.http import Request, Response
from simulator.protocol.messages import PeerMessage, Receipt
from simulator.protocol.signature import SigningKey
from simulator.protocol.topics import Arrival, topic
from simulator.refusal import Refusal
from simulator.runtime.authenticity import origin, refuse_unauthentic
from simulator.runtime.cmdb import Cmdb
from simulator.runtime.desk import Desk, entry_of, enveloped
from simulator.runtime.outbox import Outbox
from simulator.store.cmdb.base import SYSTEM
from simulator.store.records.records import Records
from simulator.store.store import Store
from simulator.tables import Change, Delete, Key, Property, Put, Row, Tables
from simulator.trust.connection import refuse_certificate
from simulator.trust.directory import DirectoryEntry, name_of, this_instance
from simulator.trust.handler import decide_expired, decide_from_inside, decide_from_peer
from simulator.trust.profile import missing_profiles
from simulator.trust.rows import ROW_TYPES
from simulator.trust.sharing import missing_configuration
from simulator.trust.users import refuse_user

if TYPE_CHECKING:
    from simulator.rest.api import Api

FORGET_EVERY = timedelta(hours=1)
"""How often ids are forgotten whose repeats cannot come any more: it looks at all of them."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Bytes for the link."""

    recipient: str
    topic: str
    payload: bytes


class Instance:
    """An instance over its store. After an exception it must be opened anew: the file is the truth, not this.

    Where many instances share a process they may share a *directory*, which their stores hold already. The CMDB of
    one that *explains* notes how it came to each answer.
    """

    def __init__(
        self,
        store: Store,
        key: SigningKey,
        namespace: str,
        now: datetime,
        directory: Mapping[Key, DirectoryEntry] | None = None,
        *,
        explains: bool = False,
    ) -> None:
        self.id = store.owner
        self._store = store
        self._key = key
        self._ids = PostIds(key.id_secret)
        self._namespace = namespace
        self._tables = Tables(store.owner)
        self._outbox = Outbox()
        self._bodies: dict[str, str] = {}
        """By id: what waits in the outbox for a peer, as it is kept and sent."""
        self._delivered: list[str] = []
        self._explains = explains
        self._forget_at = now
        """When it looks next for ids whose repeats cannot come any more."""
        self.handled = 0
        """How many envelopes this instance has finished with since it was opened, repeats included."""
        self.has_history = False
        """Whether this instance has been up before: then its peers may hold something for it."""
        if directory is not None:
            self._tables.share(DirectoryEntry, directory)
        self._load(now, without=() if directory is None else (DirectoryEntry,))

    # -- what a driver calls ----------------------------------------------------------------------------

    def enter(self, rows: Sequence[Row], now: datetime) -> None:
        """Puts rows into the tables when it is up for the first time: directory, applications, properties.

        A file with a history knows better what has become of the instance since.
        """
        with self._store.transaction():
            self._tidy_up(now)
            if self.has_history:
                self._apply(_news_of_directory(self._tables, rows), now)
            else:
                self._apply([Put(row) for row in rows if self._tables.get(type(row), *row.key) is None], now)
                self._apply((*missing_profiles(self._tables), *missing_configuration(self._tables)), now)

    def announce(self, now: datetime) -> list[Outgoing]:
        """Tells the peers that this instance is here (again), so that they send what they hold for it."""
        account = this_instance(self._tables).account
        peers = (row for row in self._tables.all(DirectoryEntry, account=account) if row.sys_id != self.id)
        return [self._receipt(peer.sys_id, (), now) for peer in peers]

    def receive(self, arrivals: Sequence[Arrival], now: datetime) -> list[Outgoing]:
        """Handles what came from the link, oldest first, in one transaction; returns what to publish."""
        arrived = [(arrival.sender, self._read(arrival.payload)) for arrival in arrivals]
        receipts: dict[str, list[str]] = defaultdict(list)
        if any(not _is_receipt(item) for _, item in arrived):
            with self._store.transaction():
                self._tidy_up(now)
                for published_by, item in arrived:
                    self._take_in(published_by, item, receipts, now)
        else:
            for published_by, item in arrived:
                self._take_in(published_by, item, receipts, now)
        outgoing = [self._receipt(peer, tuple(ids), now) for peer, ids in receipts.items()]
        return outgoing + self.wake(now)

    def act(self, action: Envelope[Action], now: datetime) -> list[Outgoing]:
        """Handles what an administrator or an application of this instance does; returns what to publish."""
        with self._store.transaction():
            self._tidy_up(now)
            self._handle(action, lambda: self._decide_action(action, now), now)
        return self.wake(now)

    def serve(self, request: Request, now: datetime) -> tuple[Response, list[Outgoing]]:
        """Answers what a client asks of the REST API, in one transaction; also returns what to publish."""
        with self._store.transaction():
            self._tidy_up(now)
            response = self._api.answer(request, self._desk(now), now)
        return response, self.wake(now)

    def wake(self, now: datetime) -> list[Outgoing]:
        """Handles what is due: timers, retries, expiries; returns what to publish."""
        publish: list[Envelope[PeerMessage]] = []
        due = self._outbox.due(now)
        while due.timers or due.expired:
            publish += due.publish
            with self._store.transaction():
                self._tidy_up(now)
                for timer in due.timers:
                    self._fire(timer, now)
                for envelope in due.expired:
                    self._expire(envelope, now)
            due = self._outbox.due(now)
        return [
            self._outgoing(it.recipient, codec.seal(self._bodies[it.id].encode(), self._key))
            for it in publish + due.publish
        ]

    def next_wake(self) -> datetime | None:
        """When `wake` will next have something to do."""
        return self._outbox.next_due()

    def next_timer(self) -> datetime | None:
        """When the next timer is due; a retry or an expiry is none."""
        return self._outbox.next_timer()

    def is_due(self, now: datetime) -> bool:
        """Whether `wake` has something to do now."""
        next_wake = self.next_wake()
        return next_wake is not None and next_wake <= now

    def clock_stepped(self, now: datetime) -> None:
        """This instance's clock has stepped to *now*; what is due when may be different afterwards."""
        self._outbox.clock_stepped(now)

    def reconnected(self, now: datetime) -> list[Outgoing]:
        """The way to the broker is open again: tries again what waits, and lets the peers do the same."""
        self._outbox.retry(now)
        return self.wake(now) + self.announce(now)

    def cannot_connect(self, alert: str, now: datetime) -> list[Outgoing]:
        """The broker refuses this instance's certificate with that alert of TLS; publishes nothing."""
        refusal = refuse_certificate(self._tables, alert)
        entry = Entry(
            instance=self.id,
            at=now,
            outcome=Outcome.REFUSED,
            code=refusal.code,
            explanation=refusal.explanation,
            kind="connection",
            sender=self.id,
            recipient=self.id,
        )
        with self._store.transaction():
            self._finish(entry)
        return []

    def waiting_for(self) -> dict[str, int]:
        """How many envelopes have no receipt yet, by recipient."""
        return self._outbox.waiting_for()

    def awaited(self) -> Iterator[str]:
        """Whose receipts it waits for; somebody may come more than once."""
        return self._outbox.awaited()

    def has_seen(self, envelope: Envelope[Any]) -> bool:
        """Whether this instance has finished with that envelope: two senders may use the same id."""
        return self._store.has_seen(envelope.sender, envelope.id)

    def close(self) -> None:
        """Writes down what is only in memory: which envelopes have been delivered."""
        with self._store.transaction():
            self._unpost_delivered()

    @cached_property
    def _cmdb(self) -> Cmdb:
        """Made when it is first used: most instances of a fleet never use it."""
        return Cmdb(self._store.cmdb(), explains=self._explains)

    @cached_property
    def _api(self) -> Api:
        """The same, and imported only then: few scenarios ask over HTTP."""
        from simulator.rest.api import Api

        return Api(self._ids.secret)

    @cached_property
    def _records(self) -> Records:
        """The same."""
        return self._store.records()

    def _desk(self, now: datetime) -> Desk:
        """What one request can ask for; ids derive from how far the journal was, and from their number."""
        ids = (derive_id(self._ids.secret, "request", self._store.last_entry(), number) for number in count())

        def act(action: Action) -> Refusal | None:
            envelope = enveloped(action, next(ids), self.id, now)
            return self._handle(envelope, lambda: self._decide_action(envelope, now), now)

        def record(table: str) -> None:
            self._finish(entry_of(table, self.id, now))
            if table == Property.TABLE:
                self._apply_properties()

        return Desk(self._records, self._cmdb, act, record, lambda: next(ids), now)

    def _apply_properties(self) -> None:
        """Knows the properties as the file has them, which others than decisions about trust may have changed."""
        rows = {row.key: row for row in self._store.load_again(Property)}
        gone = [row for row in self._tables.all(Property) if row.key not in rows]
        self._tables.apply([*(Delete(Property, row.key) for row in gone), *map(Put, rows.values())])

    # -- the path, step by step -------------------------------------------------------------------------

    def _read(self, payload: bytes) -> Signed | WireError:
        try:
            return codec.decode(payload)
        except WireError as error:
            return error

    def _take_in(
        self, published_by: str, item: Signed | WireError, receipts: dict[str, list[str]], now: datetime
    ) -> None:
        if isinstance(item, WireError):
            explanation = f"{item}; {origin(self._tables, self._namespace, published_by)}"
            entry = Entry(instance=self.id, at=now, outcome=Outcome.UNREADABLE, explanation=explanation)
            return self._finish(in_short(entry))
        envelope: Envelope[Any] = item.envelope
        if refusal := refuse_unauthentic(self._tables, published_by, item):
            return self._finish(in_short(self._entry(envelope, Outcome.REFUSED, now, refusal)))
        if isinstance(envelope.message, Receipt):
            return self._take_receipt(envelope.message, envelope.sender, now)
        receipts[envelope.sender].append(envelope.id)
        self._handle(envelope, lambda: decide_from_peer(self._tables, envelope, now), now)
        return None

    def _handle(self, envelope: Envelope[Any], decide: Callable[[], Decision], now: datetime) -> Refusal | None:
        """One envelope, once: decide, make it true, remember it, record it; or why it was refused."""
        # A repeat can come until its sender gives up; as long again covers clocks that disagree. By a clock far
        # ahead even that is over now, and what comes again is still a repeat.
        forget_at = max(envelope.expires_at, now) + LIFETIME
        if not self._store.remember(envelope.sender, envelope.id, forget_at):
            self._finish(self._entry(envelope, Outcome.DUPLICATE, now))
            return None
        is_late = envelope.expires_at <= now and not envelope.is_inside
        decision = NOTHING if is_late else decide()
        if decision.cmdb and (refusal := self._cmdb.do(decision.cmdb, envelope.kept_as, now)):
            decision = Decision(refusal=refusal)
        self._make_true(decision, envelope, now, self._ids.of)
        outcome = Outcome.EXPIRED if is_late else Outcome.REFUSED if decision.refusal else Outcome.PROCESSED
        self._finish(self._entry(envelope, outcome, now, decision.refusal))
        return decision.refusal

    def _decide_action(self, action: Envelope[Action], now: datetime) -> Decision:
        """What an administrator wants is done where that user of the instance may do it."""
        if isinstance(action.message, Administered):
            roles = self._store.roles_of(action.message.taken_by)
            if refusal := refuse_user(self._tables, action.message, roles):
                return Decision(refusal=refusal)
        return decide_from_inside(self._tables, action, now, self._ids)

    def _make_true(
        self, decision: Decision, cause: Envelope[Any], now: datetime, id_of: Callable[[str, int], str]
    ) -> None:
        """*id_of* makes an id of that of the cause, as this instance keeps it, and the number of a post."""
        message = cause.message
        self._store.apply(decision.changes, now, message.taken_by if isinstance(message, Administered) else SYSTEM)
        self._store.note(self._tables.apply(decision.changes), cause.id, now)
        if decision.posts:
            kept_as = cause.id if cause.sender == self.id else cause.kept_as
            for index, post in enumerate(decision.posts):
                self._post(cause, id_of(kept_as, index), post, now)

    def _apply(self, changes: Sequence[Change], now: datetime) -> None:
        self._store.apply(changes, now)
        self._tables.apply(changes)

    def _post(self, cause: Envelope[Any], id_: str, post: Post, now: datetime) -> None:
        due_at = now + post.after
        envelope = Envelope(
            id=id_,
            sender=self.id,
            recipient=post.recipient,
            cause=cause.id,
            sent_at=now,
            expires_at=due_at + LIFETIME,
            message=post.message,
        )
        body = codec.dump_posted(envelope)
        self._store.post(envelope.id, due_at, body)
        self._add_to_outbox(envelope, body, due_at, now)

    def _add_to_outbox(self, envelope: Envelope[Any], body: str, due_at: datetime, now: datetime) -> None:
        if envelope.is_inside:
            self._outbox.add_timer(envelope, due_at)
        else:
            self._outbox.add(envelope, now)
            self._bodies[envelope.id] = body

    def _finish(self, entry: Entry) -> None:
        self._store.record(entry)
        self.handled += 1

    def _fire(self, timer: Envelope[Timer], now: datetime) -> None:
        self._store.unpost([timer.id])
        self._handle(timer, lambda: decide_from_inside(self._tables, timer, now, self._ids), now)

    def _expire(self, envelope: Envelope[PeerMessage], now: datetime) -> None:
        self._store.unpost([envelope.id])
        del self._bodies[envelope.id]
        # As of its expiry, however late it is noticed: what is told again then does not wait any longer for it.
        self._make_true(decide_expired(self._tables, envelope), envelope, envelope.expires_at, self._ids.retold)
        peer = name_of(self._tables, envelope.recipient)
        explanation = f"no receipt from {peer} since {envelope.sent_at:%Y-%m-%d %H:%M:%S}"
        self._finish(self._entry(envelope, Outcome.EXPIRED, now, explanation=explanation))

    # -- receipts ---------------------------------------------------------------------------------------

    def _take_receipt(self, receipt: Receipt, sender: str, now: datetime) -> None:
        if receipt.envelope_ids:
            for id_ in self._outbox.receipted(receipt.envelope_ids, sender, now):
                self._delivered.append(id_)
                del self._bodies[id_]
        else:
            self._outbox.retry(now, recipient=sender)

    def _tidy_up(self, now: datetime) -> None:
        """What every transaction does besides: the file keeps neither what is delivered nor every id for ever."""
        self._unpost_delivered()
        if now >= self._forget_at:
            self._store.forget(now)
            self._forget_at = now + FORGET_EVERY

    def _unpost_delivered(self) -> None:
        """Receipts are written down with the next transaction: a crash before it only repeats a delivery."""
        if self._delivered:
            self._store.unpost(self._delivered)
            self._delivered.clear()

    def _receipt(self, recipient: str, envelope_ids: tuple[str, ...], now: datetime) -> Outgoing:
        envelope = Envelope(
            id=derive_id(self._ids.secret, "receipt", recipient, now.isoformat(), *envelope_ids),
            sender=self.id,
            recipient=recipient,
            cause=None,
            sent_at=now,
            expires_at=now + LIFETIME,
            message=Receipt(envelope_ids=envelope_ids),
        )
        return self._outgoing(recipient, codec.encode(envelope, self._key))

    # -- the rest ---------------------------------------------------------------------------------------

    def _outgoing(self, recipient: str, payload: bytes) -> Outgoing:
        entry = self._tables.get(DirectoryEntry, recipient)
        assert entry is not None, "posts go to instances of the directory"
        return Outgoing(recipient, topic(self._namespace, entry.account, recipient, self.id), payload)

    def _entry(
        self,
        envelope: Envelope[Any],
        outcome: Outcome,
        now: datetime,
        refusal: Refusal | None = None,
        explanation: str = "",
    ) -> Entry:
        message = envelope.message
        return Entry(
            instance=self.id,
            at=now,
            outcome=outcome,
            code=refusal.code if refusal else "",
            explanation=refusal.explanation if refusal else explanation,
            envelope=envelope.id,
            cause=envelope.cause or "",
            kind=message.kind,
            sender=envelope.sender,
            recipient=getattr(message, "recipient", envelope.recipient),
            application=getattr(message, "application", ""),
            capability=getattr(message, "capability", ""),
            operation=getattr(message, "operation", ""),
        )

    def _overlay_directory(self) -> None:
        """Takes from the file what differs from the directory that this instance shares with others."""
        rows = self._store.load(DirectoryEntry)
        self._tables.apply([Put(row) for row in rows if self._tables.get(DirectoryEntry, row.sys_id) != row])

    def _load(self, now: datetime, without: tuple[type[Row], ...]) -> None:
        """What the file says: rows, and what is still to be delivered."""
        for row_type in ROW_TYPES:
            if row_type.IS_READ and row_type not in without:
                self._tables.apply([Put(row) for row in self._store.load(row_type)])
        is_known = (
            self._tables.get(DirectoryEntry, self.id) is not None
        )  # else the file has a CMDB and nothing more
        self.has_history = is_known and bool(self._tables.all(Property))
        if self.has_history and without:
            self._overlay_directory()
        for due_at, body in self._store.posted():
            self._add_to_outbox(codec.load_posted(body), body, due_at, now)


def _news_of_directory(tables: Tables, rows: Sequence[Row]) -> list[Change]:
    """What a run brings for an instance that was up in another one: new members, and everybody's key."""
    news: list[Change] = []
    for row in rows:
        if isinstance(row, DirectoryEntry):
            known = tables.get(DirectoryEntry, row.sys_id) or row
            entry = replace(known, public_key=row.public_key)
            if tables.get(DirectoryEntry, row.sys_id) != entry:
                news.append(Put(entry))
    return news


def _is_receipt(item: Signed | WireError) -> bool:
    return isinstance(item, Signed) and isinstance(item.envelope.message, Receipt)
