"""All states that a few instances can get into, found one by one from the first, breadth first, without chance.

The tables of an instance are a value here, and a decision depends on nothing else: it is taken once, and looked up
whenever that instance is in that state again beside others. This is what makes millions of steps quick enough.

Left out of a state is what no rule reads: the reason of a row, and what a manager shows of its last sync.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from simulator.decision import PostIds
from simulator.protocol.actions import Send, SyncTrustProfiles
from simulator.protocol.envelope import LIFETIME, Envelope
from simulator.protocol.messages import CapabilityMessage
from simulator.tables import Row, Tables
from simulator.trust.directory import DirectoryEntry
from simulator.trust.handler import decide_from_inside, decide_from_peer
from simulator.trust.invariants import broken_between, broken_on_one, is_covered
from simulator.trust.management import Managed, ManagedBy
from simulator.trust.profile import ProfileItem, TrustProfile
from simulator.trust.record import TrustingInstance, TrustRecord
from simulator.trust.rows import ROW_TYPES
from tests.fleet import START

_CHANGING: tuple[type[Row], ...] = (
    DirectoryEntry,
    ManagedBy,
    Managed,
    TrustProfile,
    ProfileItem,
    TrustRecord,
    TrustingInstance,
)

Rows = tuple[Row, ...]
Flight = tuple[int, int, int]
"""A message on its way: sender, recipient and message, all as numbers; a timer goes to its own instance."""

Channel = tuple[int, int, str | int]
"""Sender, recipient and application, within which the order is kept; a timer waits for no other."""


@dataclass(frozen=True, slots=True)
class State:
    """The state of each instance, and what is on its way: each channel in the order of sending."""

    instances: tuple[int, ...]
    flights: tuple[Flight, ...] = ()


@dataclass(frozen=True, slots=True)
class Explored:
    """What was found."""

    states: int
    of_one: int
    """States of a single instance."""
    steps: int
    broken: tuple[str, ...]
    """The first few broken invariants, each with how to get there; none is what is hoped for."""


@dataclass(frozen=True, slots=True)
class _Step:
    """What one instance makes of one message."""

    after: int
    flights: tuple[Flight, ...]
    broken: tuple[str, ...]


class Scope:
    """Some instances, with what each knows at first and all that its administrators can do.

    *most_flights* is how many messages may be on their way when an administrator acts; they arrive in every order
    that their channels allow. 0: an action is tried only where nothing is on its way, and what follows from it
    arrives at once. *syncs* is how often a manager syncs; None: as often as it likes, and revisions are not told
    apart, which changes nothing where no older one can be on its way.
    """

    def __init__(
        self, firsts: Sequence[Tables], actions: Sequence[tuple[str, Any]], most_flights: int, syncs: int | None
    ) -> None:
        assert most_flights == 0 or syncs is not None
        self._ids = [tables.owner for tables in firsts]
        self._most_flights, self._syncs = most_flights, syncs
        self._fixed = [_rows_without(tables, _CHANGING) for tables in firsts]
        self._tables: list[Tables] = []
        """By the number of the state of one instance."""
        self._numbers: dict[tuple[int, Rows], int] = {}
        self._messages: list[Any] = []
        self._message_numbers: dict[str, int] = {}
        self._steps: dict[tuple[int, int, Flight], _Step] = {}
        self._first = State(tuple(self._number(index, tables) for index, tables in enumerate(firsts)))
        self._actions = [
            (index, index, self._message_number(action))
            for instance, action in actions
            for index in [self._ids.index(instance)]
        ]

    def explore(self) -> Explored:
        """Finds every state."""
        came_from: dict[State, tuple[State, tuple[Flight, ...]] | None] = {self._first: None}
        waiting, steps, broken = deque([self._first]), 0, list[str]()
        while waiting and len(broken) < 3:
            state = waiting.popleft()
            for flights, after, wrong in self._successors(state):
                steps += 1
                is_new = after not in came_from
                if is_new:
                    came_from[after] = (state, flights)
                    waiting.append(after)
                    if not after.flights:
                        wrong = (*wrong, *self._broken_between(after))
                if wrong:
                    path = [*_path(came_from, state), flights]
                    broken.append("; ".join(wrong) + " after " + ", ".join(map(self._in_words, chain(*path))))
        return Explored(len(came_from), len(self._tables), steps, tuple(broken))

    # -- from a state to the next -----------------------------------------------------------------------

    def _successors(self, state: State) -> Iterator[tuple[tuple[Flight, ...], State, tuple[str, ...]]]:
        """Every arrival and every action: what happened, what it led to, and what was broken on the way."""
        for place, flight in enumerate(state.flights):
            if self._channel(flight) not in map(self._channel, state.flights[:place]):
                rest = State(state.instances, state.flights[:place] + state.flights[place + 1 :])
                after, broken = self._take(rest, flight)
                yield (flight,), after, broken
        if len(state.flights) <= self._most_flights:
            for action in self._actions:
                if not self._is_tried(state, action):
                    continue
                after, broken = self._take(state, action)
                happened = [action]
                while self._most_flights == 0 and after.flights:
                    # Timers wait for what is on its way, and the rest arrives in the order of sending.
                    flight = min(after.flights, key=lambda flight: flight[0] == flight[1])
                    place = after.flights.index(flight)
                    rest = State(after.instances, after.flights[:place] + after.flights[place + 1 :])
                    after, more = self._take(rest, flight)
                    broken += more
                    happened.append(flight)
                yield tuple(happened), after, broken

    def _take(self, state: State, flight: Flight) -> tuple[State, tuple[str, ...]]:
        """The recipient takes it in."""
        me = flight[1]
        step = self._step(me, state.instances[me], flight)
        instances = (*state.instances[:me], step.after, *state.instances[me + 1 :])
        flights = state.flights + step.flights
        if self._most_flights and step.flights:  # which channel was written to first makes no difference
            flights = tuple(sorted(flights, key=self._order))
        return State(instances, flights), step.broken

    def _channel(self, flight: Flight) -> Channel:
        sender, recipient, message = flight
        is_timer = sender == recipient
        return sender, recipient, message if is_timer else getattr(self._messages[message], "application", "")

    def _order(self, flight: Flight) -> tuple[int, int, str]:
        sender, recipient, channel = self._channel(flight)
        return sender, recipient, str(channel)

    def _is_tried(self, state: State, action: Flight) -> bool:
        """Whether the action is within the bound of syncs."""
        if self._syncs is None or not isinstance(self._messages[action[2]], SyncTrustProfiles):
            return True
        profiles = self._tables[state.instances[action[1]]].all(TrustProfile)
        return all(profile.distributed < self._syncs for profile in profiles)

    def _step(self, me: int, before: int, flight: Flight) -> _Step:
        key = (me, before, flight)
        if key not in self._steps:
            self._steps[key] = self._decide(me, self._tables[before], flight)
        return self._steps[key]

    def _decide(self, me: int, before: Tables, flight: Flight) -> _Step:
        message = self._messages[flight[2]]
        envelope = Envelope(
            id="envelope",
            sender=self._ids[flight[0]],
            recipient=before.owner,
            cause=None,
            sent_at=START,
            expires_at=START + LIFETIME,
            message=message,
        )
        if envelope.is_inside:
            decision = decide_from_inside(before, envelope, START, PostIds("small"))
        else:
            decision = decide_from_peer(before, envelope, START)
        after = Tables(before.owner, _rows_without(before, ()))
        after.apply(decision.changes)
        number = self._number(me, after)
        flights = tuple(
            (me, self._ids.index(post.recipient), self._message_number(post.message)) for post in decision.posts
        )
        broken = [*broken_on_one(after), *_lowered(before, after)]
        if decision.refusal is None:
            broken += _without_trust(before, message, envelope.sender)
        return _Step(number, flights, tuple(broken))

    def _broken_between(self, state: State) -> Iterator[str]:
        tables = [self._tables[number] for number in state.instances]
        return broken_between(dict(zip(self._ids, tables, strict=True)))

    # -- values as numbers ------------------------------------------------------------------------------

    def _number(self, me: int, tables: Tables) -> int:
        """The number of the state in which the instance is with these tables."""
        rows = sorted(
            (self._without_the_unread(row) for type_ in _CHANGING for row in tables.all(type_)), key=repr
        )
        number = self._numbers.setdefault((me, tuple(rows)), len(self._tables))
        if number == len(self._tables):
            self._tables.append(Tables(tables.owner, [*self._fixed[me], *rows]))
        return number

    def _without_the_unread(self, row: Row) -> Row:
        match row:
            case ManagedBy() | Managed():
                return replace(row, reason="")
            case TrustProfile() if self._syncs is None:
                return replace(row, revision=min(row.revision, 1), distributed=min(row.distributed, 1))
            case _:
                return row

    def _message_number(self, message: Any) -> int:
        number = self._message_numbers.setdefault(repr(message), len(self._messages))
        if number == len(self._messages):
            self._messages.append(message)
        return number

    def _in_words(self, flight: Flight) -> str:
        sender, recipient, message = flight
        return f"{self._ids[sender]} -> {self._ids[recipient]}: {self._messages[message]}"


def _path(
    came_from: dict[State, tuple[State, tuple[Flight, ...]] | None], state: State
) -> list[tuple[Flight, ...]]:
    """What has happened from the first state to this one."""
    path = []
    while (step := came_from[state]) is not None:
        state, flights = step
        path.append(flights)
    return path[::-1]


def _rows_without(tables: Tables, row_types: tuple[type[Row], ...]) -> list[Row]:
    return [row for row_type in ROW_TYPES if row_type not in row_types for row in tables.all(row_type)]


def _lowered(before: Tables, after: Tables) -> Iterator[str]:
    """Revisions that go back."""
    for old in before.all(TrustProfile):
        new = after.get(TrustProfile, *old.key)
        if new is None or new.distributed < old.distributed:
            yield f"{before.owner} has lost count of its revisions"
        elif new.manager_instance == old.manager_instance and new.revision < old.revision:
            yield f"{before.owner} has gone back to revision {new.revision}"


def _without_trust(tables: Tables, message: Any, sender: str) -> Iterator[str]:
    """What an instance with these tables must not have processed, or must not have let out."""
    if isinstance(message, CapabilityMessage) and not is_covered(
        tables, sender, message.application, message.capability, message.operation
    ):
        yield f"{tables.owner} has processed {message.operation} of {sender} without trust"
    if (
        isinstance(message, Send)
        and not message.unchecked
        and not is_covered(
            tables, message.recipient, message.application, message.capability, message.operation, is_sender=True
        )
    ):
        yield f"{tables.owner} has let {message.operation} out to {message.recipient} without trust"
