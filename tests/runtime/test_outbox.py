"""The outbox: one envelope at a time per channel, repeated until its receipt, given up after 36 hours."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.protocol.actions import ApproveDesignation, Timer
from simulator.protocol.envelope import LIFETIME, Envelope
from simulator.protocol.messages import ManagementRequest, PeerMessage
from simulator.runtime.outbox import RETRY_FIRST, RETRY_MAX, Outbox
from tests.fleet import START, examples


def envelope(
    id_: str, recipient: str = "b", application: str = "A", at: datetime = START
) -> Envelope[PeerMessage]:
    return Envelope(
        id=id_,
        sender="a",
        recipient=recipient,
        cause=None,
        sent_at=at,
        expires_at=at + LIFETIME,
        message=ManagementRequest(application=application),
    )


def timer(id_: str) -> Envelope[Timer]:
    return Envelope(
        id=id_,
        sender="a",
        recipient="a",
        cause=None,
        sent_at=START,
        expires_at=START + LIFETIME,
        message=ApproveDesignation(application="A", instance="b"),
    )


def published(outbox: Outbox, now: datetime = START) -> list[str]:
    """The ids that are published at *now*."""
    return [item.id for item in outbox.due(now).publish]


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


def test_nothing_is_due_in_an_empty_outbox(outbox: Outbox) -> None:
    """An empty outbox never wakes anybody."""
    assert outbox.next_due() is None
    assert published(outbox, START + LIFETIME) == []
    assert (len(outbox), outbox.waiting_for()) == (0, {})


def test_next_leaves_with_the_receipt_for_the_one_before(outbox: Outbox) -> None:
    """A channel publishes in the order of posting, one at a time."""
    for id_ in ("1", "2", "3"):
        outbox.add(envelope(id_), START)
    for id_ in ("1", "2", "3"):
        assert published(outbox) == [id_]
        assert published(outbox) == [], "it waits for the receipt"
        assert outbox.receipted([id_], "b", START) == [id_]
    assert (len(outbox), outbox.next_due()) == (0, None)


def test_channels_do_not_wait_for_each_other(outbox: Outbox) -> None:
    """Another recipient, or another application to the same one, is another channel."""
    outbox.add(envelope("1"), START)
    outbox.add(envelope("2", recipient="c"), START)
    outbox.add(envelope("3", application="B"), START)
    outbox.add(envelope("4"), START)
    assert published(outbox) == ["1", "2", "3"]
    assert outbox.waiting_for() == {"b": 3, "c": 1}
    assert len(outbox) == 4


def test_repeats_come_ever_more_slowly(outbox: Outbox) -> None:
    """Without a receipt it is published again after 2, 4, 8 ... seconds, and at last every five minutes."""
    outbox.add(envelope("1"), START)
    waits = []
    now = START
    while now < START + timedelta(hours=1):
        assert published(outbox, now) == ["1"]
        due = outbox.next_due()
        assert due is not None
        assert published(outbox, due - timedelta(microseconds=1)) == []
        waits.append((due - now).total_seconds())
        now = due
    assert waits[:9] == [2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert set(waits[9:]) == {RETRY_MAX.total_seconds()}


def test_next_in_the_channel_begins_with_short_waits(outbox: Outbox) -> None:
    """The back-off belongs to one envelope: the next starts afresh."""
    outbox.add(envelope("1"), START)
    outbox.add(envelope("2"), START)
    now = START
    for _ in range(6):
        assert published(outbox, now) == ["1"]
        now = outbox.next_due() or now
    outbox.receipted(["1"], "b", now)
    assert published(outbox, now) == ["2"]
    assert outbox.next_due() == now + RETRY_FIRST


def test_given_up_after_thirty_six_hours(outbox: Outbox) -> None:
    """At its expiry, and not before, an envelope is given up, and the channel goes on."""
    later = START + timedelta(hours=1)
    outbox.add(envelope("1"), START)
    outbox.add(envelope("2", at=later), later)
    expired_at = None
    now = START
    while expired_at is None:
        due = outbox.due(now)
        if due.expired:
            expired_at = now
            assert [item.id for item in due.expired] == ["1"]
            assert [item.id for item in due.publish] == ["2"]
        else:
            assert [item.id for item in due.publish] == ["1"]
        now = outbox.next_due() or now
    assert expired_at == START + LIFETIME
    assert len(outbox) == 1


def test_all_that_has_expired_is_given_up_at_once(outbox: Outbox) -> None:
    """After a long pause nothing that is too old is published."""
    for id_ in ("1", "2"):
        outbox.add(envelope(id_), START)
    outbox.add(envelope("3", at=START + timedelta(hours=1)), START)
    due = outbox.due(START + LIFETIME)
    assert [item.id for item in due.expired] == ["1", "2"]
    assert [item.id for item in due.publish] == ["3"]


@pytest.mark.parametrize("receipt", [["9"], [], ["2"], ["9", "2"]])
def test_receipt_for_what_was_not_published_is_ignored(outbox: Outbox, receipt: list[str]) -> None:
    """Unknown ids, and ids that still wait behind another, change nothing."""
    outbox.add(envelope("1"), START)
    outbox.add(envelope("2"), START)
    assert published(outbox) == ["1"]
    assert outbox.receipted(receipt, "b", START) == []
    assert (len(outbox), outbox.next_due()) == (2, START + RETRY_FIRST)


@pytest.mark.parametrize("by", ["a", "c", ""])
def test_receipt_by_anybody_but_the_recipient_is_ignored(outbox: Outbox, by: str) -> None:
    """Only the recipient of an envelope can say that it is there: another's receipt changes nothing."""
    outbox.add(envelope("1"), START)
    outbox.add(envelope("2", recipient="c", application="B"), START)
    assert published(outbox) == ["1", "2"]
    assert outbox.receipted(["1"], by, START) == []
    assert (len(outbox), outbox.next_due()) == (2, START + RETRY_FIRST)
    assert outbox.receipted(["1", "2"], "b", START) == ["1"], "of a mixed receipt, what is its sender's counts"
    assert outbox.waiting_for() == {"c": 1}


def test_receipt_counts_once(outbox: Outbox) -> None:
    """A receipt that comes twice moves the channel on once."""
    for id_ in ("1", "2", "3"):
        outbox.add(envelope(id_), START)
    published(outbox)
    assert outbox.receipted(["1", "1"], "b", START) == ["1"]
    assert outbox.receipted(["1"], "b", START) == []
    assert published(outbox) == ["2"]


@pytest.mark.parametrize(("recipient", "expected"), [("b", ["1", "3"]), ("c", ["2"]), (None, ["1", "2", "3"])])
def test_retry_publishes_what_waits_at_once(outbox: Outbox, recipient: str | None, expected: list[str]) -> None:
    """When a recipient is back, or the way is open, what waits goes out now, with short waits again."""
    outbox.add(envelope("1"), START)
    outbox.add(envelope("2", recipient="c"), START)
    outbox.add(envelope("3", application="B"), START)
    now = START
    for _ in range(12):
        outbox.due(now)
        now = outbox.next_due() or now
    outbox.due(now)
    now += timedelta(seconds=1)
    assert published(outbox, now) == []
    outbox.retry(now, recipient)
    assert sorted(published(outbox, now)) == expected
    assert outbox.next_due() == now + RETRY_FIRST


def test_timer_is_due_once_at_its_time(outbox: Outbox) -> None:
    """A timer is handed out at its time, once, and is not among what waits for a receipt."""
    outbox.add_timer(timer("t"), START + timedelta(minutes=5))
    outbox.add_timer(timer("s"), START + timedelta(minutes=1))
    assert len(outbox) == 0
    assert outbox.next_due() == START + timedelta(minutes=1)
    assert outbox.due(START + timedelta(seconds=59)).timers == []
    assert [item.id for item in outbox.due(START + timedelta(minutes=5)).timers] == ["s", "t"]
    assert outbox.next_due() is None


# -- against a naive model -------------------------------------------------------------------------------------


@dataclass
class Naive:
    """What waits per channel, with the times at which the first was published since it last started anew."""

    channels: dict[tuple[str, str], list[Envelope[PeerMessage]]] = field(default_factory=dict)
    sent: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)
    restarted: set[tuple[str, str]] = field(default_factory=set)

    def due_at(self, key: tuple[str, str]) -> datetime | None:
        """When the channel's first is due; None is now."""
        sent = self.sent.get(key, [])
        if key in self.restarted or not sent:
            return None
        wait = min(RETRY_FIRST * (1 << len(sent) - 1), RETRY_MAX)
        return min(sent[-1] + wait, self.channels[key][0].expires_at)

    def drop(self, key: tuple[str, str]) -> None:
        """The channel's first is done with."""
        self.channels[key].pop(0)
        self.sent.pop(key, None)
        self.restarted.discard(key)
        if not self.channels[key]:
            del self.channels[key]

    def due(self, now: datetime) -> tuple[set[str], set[str]]:
        """What is published and what is given up at *now*."""
        published, expired = set(), set()
        for key in list(self.channels):
            while key in self.channels and ((due_at := self.due_at(key)) is None or due_at <= now):
                head = self.channels[key][0]
                if head.expires_at <= now:
                    expired.add(head.id)
                    self.drop(key)
                    continue
                published.add(head.id)
                self.sent[key] = [now] if key in self.restarted else [*self.sent.get(key, []), now]
                self.restarted.discard(key)
                break
        return published, expired


operations = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sampled_from("bc"), st.sampled_from("AB")),
        st.tuples(st.just("receipt"), st.integers(0, 30), st.sampled_from("bc")),
        st.tuples(st.just("retry"), st.sampled_from(["b", "c", ""]), st.just("")),
        st.tuples(st.just("wait"), st.sampled_from([0, 1, 2, 3, 60, 300, 40_000, 130_000]), st.just("")),
        st.tuples(st.just("due"), st.just(""), st.just("")),
    ),
    max_size=60,
)


@given(operations=operations)
@examples(300)
def test_outbox_agrees_with_a_naive_one(operations: list[tuple[str, str | int, str]]) -> None:
    """Whatever is posted, receipted and retried whenever: the schedule is that of a list walked every time."""
    outbox, naive, now, added = Outbox(), Naive(), START, 0
    for what, first, second in operations:
        if what == "add":
            key = (str(first), second)
            new = envelope(str(added), *key, at=now)
            added += 1
            outbox.add(new, now)
            naive.channels.setdefault(key, []).append(new)
        elif what == "receipt":
            heads = {key: waiting[0].id for key, waiting in naive.channels.items() if key[0] == second}
            expected = [key for key, head in heads.items() if head == str(first)]
            assert outbox.receipted([str(first)], second, now) == ([str(first)] if expected else [])
            for key in expected:
                naive.drop(key)
        elif what == "retry":
            outbox.retry(now, str(first) or None)
            naive.restarted |= {key for key in naive.channels if first in {"", key[0]}}
        elif what == "wait":
            now += timedelta(seconds=int(first))
        else:
            due = outbox.due(now)
            publish = [item.id for item in due.publish]
            assert len(publish) == len(set(publish)), "each at most once at one time"
            assert (set(publish), {item.id for item in due.expired}) == naive.due(now)
        times = [naive.due_at(key) for key in naive.channels]
        if not times:
            assert outbox.next_due() is None
        elif None in times:
            assert (next_due := outbox.next_due()) is not None
            assert next_due <= now
        else:
            assert outbox.next_due() == min(time for time in times if time)
        assert len(outbox) == sum(map(len, naive.channels.values()))
