"""What becomes of payloads: shares come out as they are named, and the same seed decides the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import groupby
from typing import Any

import pytest

from simulator.runtime.faults import Delay, LinkFault
from simulator.runtime.kinds import Spread
from simulator.runtime.weather import NO_DELAY, OVERTAKEN, Passage, Weather

MANY = 20_000

PAYLOADS = [f"payload {number}".encode() for number in range(MANY)]

EVERYTHING = LinkFault(
    loss=0.1,
    burst=2,
    duplicate=0.1,
    reorder=0.1,
    corrupt=0.1,
    replay=0.1,
    delay=Delay(spread=Spread.EXPONENTIAL, least=timedelta(0), most=timedelta(seconds=1)),
)


def carried(fault: LinkFault, seed: int = 0) -> list[list[Passage]]:
    """What becomes of all payloads on one way."""
    weather = Weather(seed)
    weather.begin(1, fault)
    return [weather.carry("a", "b", payload) for payload in PAYLOADS]


def share(results: list[list[Passage]], happened: Callable[[bytes, list[Passage]], bool]) -> float:
    """The share of payloads to which it happened."""
    return sum(happened(*pair) for pair in zip(PAYLOADS, results, strict=True)) / MANY


@pytest.mark.parametrize("named", [0.02, 0.3, 0.9])
@pytest.mark.parametrize(
    ("kind", "happened"),
    [
        ("loss", lambda _, passages: not passages),
        ("duplicate", lambda payload, passages: [passage.payload for passage in passages] == [payload] * 2),
        ("reorder", lambda payload, passages: passages == [Passage(OVERTAKEN, payload)]),
        ("corrupt", lambda payload, passages: passages[0].payload != payload),
        ("replay", lambda _, passages: len(passages) == 2),
    ],
)
def test_shares(kind: str, happened: Callable[[bytes, list[Passage]], bool], named: float) -> None:
    """Of many payloads the named share is affected, and nothing happens to the others."""
    shares: dict[str, Any] = {kind: named}
    results = carried(LinkFault(**shares))
    assert share(results, happened) == pytest.approx(named, abs=0.015)
    assert share(results, lambda payload, passages: passages == [Passage(NO_DELAY, payload)]) == pytest.approx(
        1 - named, abs=0.015
    )


def test_a_share_of_none_and_of_all() -> None:
    """Never is never, and always is always."""
    assert share(carried(LinkFault()), lambda payload, passages: passages == [Passage(NO_DELAY, payload)]) == 1
    assert share(carried(LinkFault(loss=1.0)), lambda _, passages: passages == []) == 1
    assert share(carried(LinkFault(is_cut=True)), lambda _, passages: passages == []) == 1


def test_a_burst() -> None:
    """Every loss takes that many payloads in a row, or several times as many."""
    lost = [not passages for passages in carried(LinkFault(loss=0.01, burst=4))]
    lengths = [len(list(group)) for is_lost, group in groupby(lost) if is_lost]
    assert lengths
    assert {length % 4 for length in lengths[:-1]} == {0}


def test_a_changed_byte() -> None:
    """Exactly one byte differs."""
    for payload, [passage] in zip(PAYLOADS, carried(LinkFault(corrupt=1.0)), strict=True):
        assert len(passage.payload) == len(payload)
        assert sum(one != other for one, other in zip(payload, passage.payload, strict=True)) == 1


def test_a_replay_is_old_and_of_the_same_way() -> None:
    """What comes once more was on this way before, and not very long ago."""
    weather = Weather(0)
    weather.begin(1, LinkFault(replay=1.0))
    for number, payload in enumerate(PAYLOADS[:1000]):
        weather.carry("c", "b", b"of another way")
        passages = weather.carry("a", "b", payload)
        if number == 0:
            assert len(passages) == 1
        else:
            assert passages[1].payload in PAYLOADS[max(0, number - 32) : number]


@pytest.mark.parametrize(
    ("delay", "least", "average", "most"),
    [
        (Delay(spread=Spread.CONSTANT, least=timedelta(seconds=2), most=timedelta(seconds=2)), 2, 2, 2),
        (Delay(spread=Spread.UNIFORM, least=timedelta(seconds=1), most=timedelta(seconds=3)), 1, 2, 3),
        (Delay(spread=Spread.EXPONENTIAL, least=timedelta(seconds=1), most=timedelta(seconds=2)), 1, 3, 21),
    ],
    ids=["constant", "uniform", "exponential"],
)
def test_delays(delay: Delay, least: float, average: float, most: float) -> None:
    """Between the least and the most, and as much on average as it should be, in whole milliseconds."""
    delays = [passage.after for [passage] in carried(LinkFault(delay=delay))]
    seconds = [delay.total_seconds() for delay in delays]
    assert least <= min(seconds)
    assert max(seconds) <= most
    assert sum(seconds) / MANY == pytest.approx(average, rel=0.03)
    assert not any(delay % timedelta(milliseconds=1) for delay in delays)


def test_what_is_held_is_given_back_in_order() -> None:
    """Nothing passes until the end, which gives back all of it, oldest first, with its way."""
    weather = Weather(0)
    weather.begin(1, LinkFault(recipients=frozenset("b"), is_held=True))
    assert weather.carry("a", "b", b"1") == weather.carry("c", "b", b"2") == weather.carry("a", "b", b"3") == []
    assert weather.carry("b", "a", b"4") == [Passage(NO_DELAY, b"4")]
    assert weather.end(1) == [(("a", "b"), b"1"), (("c", "b"), b"2"), (("a", "b"), b"3")]
    assert weather.is_fine
    assert weather.carry("a", "b", b"5") == [Passage(NO_DELAY, b"5")]


@pytest.mark.parametrize(
    ("senders", "recipients", "ways"),
    [
        (None, None, {"ab", "ba", "ac", "ca"}),
        ("a", None, {"ab", "ac"}),
        (None, "a", {"ba", "ca"}),
        ("a", "b", {"ab"}),
        ("bc", "a", {"ba", "ca"}),
    ],
)
def test_only_the_ways_that_are_named_are_affected(
    senders: str | None, recipients: str | None, ways: set[str]
) -> None:
    """What is left out stands for everybody."""
    fault = LinkFault(
        senders=None if senders is None else frozenset(senders),
        recipients=None if recipients is None else frozenset(recipients),
        is_cut=True,
    )
    weather = Weather(0)
    weather.begin(1, fault)
    assert {way for way in ("ab", "ba", "ac", "ca") if not weather.carry(way[0], way[1], b"x")} == ways


def test_faults_add_up() -> None:
    """Two delays make one as long as both, and the end of one leaves the other."""
    second = Delay(spread=Spread.CONSTANT, least=timedelta(seconds=1), most=timedelta(seconds=1))
    weather = Weather(0)
    weather.begin(1, LinkFault(delay=second))
    weather.begin(2, LinkFault(delay=second))
    assert weather.carry("a", "b", b"x") == [Passage(timedelta(seconds=2), b"x")]
    weather.end(1)
    assert weather.carry("a", "b", b"x") == [Passage(timedelta(seconds=1), b"x")]


def test_the_same_seed_decides_the_same() -> None:
    """And another seed decides otherwise."""
    assert carried(EVERYTHING, seed=7) == carried(EVERYTHING, seed=7)
    assert carried(EVERYTHING, seed=7) != carried(EVERYTHING, seed=8)
