"""Rules of the transport: everything arrives once, in order, whatever dies, and from whom it claims to come."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from simulator.errors import StoreError, WireError
from simulator.exploration.mutants.mutant import Mutant, Switch, always, never
from simulator.protocol import envelope, signature
from simulator.protocol.codec import Signed
from simulator.protocol.envelope import Envelope
from simulator.protocol.messages import PeerMessage
from simulator.protocol.topics import Arrival
from simulator.refusal import RefusalCode
from simulator.runtime import authenticity, outbox
from simulator.runtime.instance import Instance, Outgoing
from simulator.runtime.outbox import Outbox
from simulator.runtime.virtual.agenda import Microseconds
from simulator.runtime.virtual.fleet import VirtualFleet
from simulator.trust import directory


def _publishes_once(schedule: Callable[..., None]) -> Callable[..., None]:
    def broken(self: Outbox, key: outbox.Channel, channel: outbox._Channel, due_at: datetime) -> None:
        has_been_published = channel.attempts > 0
        schedule(self, key, channel, channel.waiting[0].expires_at if has_been_published else due_at)

    return broken


def _all_at_once(_: object) -> Callable[..., None]:
    def add(self: Outbox, envelope: Envelope[PeerMessage], now: datetime) -> None:
        key = (envelope.recipient, envelope.id)
        channel = self._channels[key] = outbox._Channel(deque([envelope]))
        self._channel_of[envelope.id] = key
        self._start(key, channel, now)

    return add


def _takes_any_receipt(receipted: Callable[..., list[str]]) -> Callable[..., list[str]]:
    def broken(self: Outbox, _: object, by: str, now: datetime) -> list[str]:
        first = [channel.waiting[0].id for (peer, _), channel in self._channels.items() if peer == by]
        return receipted(self, first, by, now)

    return broken


def _knows_no_repeat(take_in: Callable[..., None]) -> Callable[..., None]:
    def broken(self: Instance, by: str, item: Signed | WireError, *rest: Any) -> None:
        if isinstance(item, Signed):
            key = (item.envelope.sender, item.envelope.id)
            self._store._sql.execute("delete from x_trustsim_inbox where sender = ? and envelope = ?", key)
        take_in(self, by, item, *rest)

    return broken


def _answers_once(take_in: Callable[..., None]) -> Callable[..., None]:
    def broken(
        self: Instance, by: str, item: Signed | WireError, receipts: dict[str, list[str]], now: datetime
    ) -> None:
        is_repeat = isinstance(item, Signed) and self.has_seen(item.envelope)
        take_in(self, by, item, defaultdict(list) if is_repeat else receipts, now)

    return broken


def _forgets_its_outbox(load: Callable[..., None]) -> Callable[..., None]:
    def broken(self: Instance, *args: Any, **kwargs: Any) -> None:
        load(self, *args, **kwargs)
        self._outbox = Outbox()

    return broken


def _remembers_anyway(receive: Callable[..., list[Outgoing]]) -> Callable[..., list[Outgoing]]:
    def broken(self: Instance, arrivals: Sequence[Arrival], now: datetime) -> list[Outgoing]:
        try:
            return receive(self, arrivals, now)
        except StoreError:
            store, read = self._store, [self._read(arrival.payload) for arrival in arrivals]
            fault, store.fault = store.fault, None
            with store.transaction():
                for it in [item.envelope for item in read if isinstance(item, Signed)]:
                    store.remember(it.sender, it.id, it.expires_at + envelope.LIFETIME)
            store.fault = fault
            raise

    return broken


def _heard_by_all(send_off: Callable[..., None]) -> Callable[..., None]:
    def broken(self: VirtualFleet, _: object, arrival: Arrival, later: Microseconds) -> None:
        for listener in self._instances.values():
            send_off(self, listener, arrival, later)

    return broken


ORDER = Switch(Outbox, "add", _all_at_once)
"""Off together with a rule that it alone keeps from being needed."""

DELIVERY = (
    Mutant(
        "repeat-recognition",
        "An envelope that comes again is recognised and not handled a second time.",
        "instance.py",
        (Switch(Instance, "_take_in", _knows_no_repeat),),
    ),
    Mutant(
        "repeat-receipt",
        "An envelope that comes again gets a receipt again, for the first one may be lost.",
        "instance.py",
        (Switch(Instance, "_take_in", _answers_once),),
    ),
    Mutant(
        "retry",
        "An envelope without a receipt is published again.",
        "instance.py",
        (Switch(Outbox, "_schedule_channel", _publishes_once),),
    ),
    Mutant(
        "receipt-names-envelope",
        "A receipt is for the envelopes that it names, and for no others.",
        "instance.py",
        (Switch(Outbox, "receipted", _takes_any_receipt),),
    ),
    Mutant(
        "channel-order",
        "Envelopes to one peer about one application arrive in the order of posting.",
        "outbox.py",
        (ORDER,),
    ),
    Mutant(
        "outbox-survives",
        "What an instance has promised to deliver survives its death.",
        "instance.py",
        (Switch(Instance, "_load", _forgets_its_outbox),),
    ),
    Mutant(
        "one-transaction",
        "That an envelope is finished with is committed together with what it led to, or not at all.",
        "instance.py",
        (Switch(Instance, "receive", _remembers_anyway),),
    ),
    Mutant(
        "expiry",
        "What no recipient has taken in within 36 hours expires.",
        "Q16",
        (Switch(envelope, "LIFETIME", lambda _: timedelta(days=365)),),
    ),
)

WHO_SENT_IT = (
    Mutant(
        "signature",
        "An envelope that its sender has not signed is refused.",
        "S16",
        (Switch(signature, "is_authentic", always(True)),),
    ),
    Mutant(
        "recipient",
        "An envelope for another instance is refused (behind the inboxes: here everybody hears everything).",
        "instance.py",
        (
            Switch(VirtualFleet, "_send_off", _heard_by_all),
            Switch(authenticity, "refuse_unauthentic", never(RefusalCode.NOT_ADDRESSED)),
        ),
    ),
    Mutant(
        "account",
        "Instances of different customer accounts have nothing to do with each other.",
        "S3",
        (Switch(directory, "refuse_instance", never(RefusalCode.OTHER_ACCOUNT)),),
    ),
)
