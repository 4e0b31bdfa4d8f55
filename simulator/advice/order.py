"""Whether the order of payloads matters: the same ones shuffled, and what ends otherwise."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from random import Random  # noqa: TID251 - this is the door through which chance comes in

from simulator.advice.replay import Mention, Replayed, Replayer
from simulator.advice.stream import Stream, Told
from simulator.cmdb.rules.authority import is_governed
from simulator.protocol.cmdb import Identify
from simulator.report.whatif import OrderCheck, OrderedValue, OrderFinding

_WHICH = "(items)"
"""Stands for the items that a CI was made of, each as payload.index; no attribute has such a name."""

_MOST = 50
"""Findings of one instance: each takes about as many replays as there are payloads."""

_KEPT = 8
"""Replays that are remembered, each with all of its CIs: looking for small orders asks for some again."""

Order = tuple[str, ...]
"""Payloads by their causes."""

End = dict[str, str | None]
"""How a CI ends: its values by attribute."""


def check_order(stream: Stream, shuffles: int, seed: int) -> OrderCheck:
    """Does the payloads in *shuffles* other orders; setups stay where they are, and so do the times of the calls.

    The engine's own stamps are left out: who came last is what they are for.
    """
    payloads = stream.payloads
    check = _Check(stream)
    random = Random(seed)  # noqa: S311 - it has to be repeatable, not secret
    findings: list[OrderFinding] = []
    for _ in range(shuffles):
        findings += check.findings(check.shuffled(random), _MOST - len(findings))
    return OrderCheck(stream.instance, tuple(map(_in_words, payloads)), shuffles, seed, tuple(findings))


def _in_words(told: Told) -> str:
    call = told.action
    assert isinstance(call, Identify)
    return f"{call.user} sends from {call.source}: {_items(call.body)}"


def _items(body: str) -> str:
    """The first items of a body as far as it can be read; it may be anything."""
    try:
        items = json.loads(body)["items"]
        names = [f"{item['className']} {(item.get('values') or {}).get('name') or ''}".rstrip() for item in items]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "a body that cannot be read"
    many = Counter(names)
    titles = [f"{name} (item {index})" if many[name] > 1 else name for index, name in enumerate(names)]
    more = f" and {len(titles) - 3} more" if len(titles) > 3 else ""
    return ", ".join(titles[:3]) + more


class _Check:
    """One stream, done in many orders; remembers what it has told already."""

    def __init__(self, stream: Stream) -> None:
        self._stream, self._replayer = stream, Replayer(stream)
        self._run = lru_cache(maxsize=_KEPT)(self._replay)
        self._order: Order = tuple(each.cause for each in stream.payloads)
        self._told_by_cause = {each.cause: each for each in stream.payloads}
        self._place = {cause: number for number, cause in enumerate(self._order, start=1)}
        self._base = self._run(self._order)
        self._groups: dict[str, list[Mention]] = defaultdict(list)
        for mention, sighting in self._base.sightings.items():
            if sighting.sys_id:
                self._groups[sighting.sys_id].append(mention)
        self._titles = Counter(map(self._base.title, self._groups))
        self._reported: set[tuple[str, str]] = set()

    def shuffled(self, random: Random) -> Order:
        """The payloads in another order, none moved across a setup or what people do."""
        order: list[str] = []
        for block in self._blocks(self._order):
            random.shuffle(block)
            order += block
        return tuple(order)

    def findings(self, order: Order, most: int) -> Iterator[OrderFinding]:
        """What ends otherwise in this order, and was not found before."""
        other = self._run(order)
        for ci, mentions in self._groups.items():
            new = [
                name for name in self._differing(self._base, other, mentions) if (ci, name) not in self._reported
            ]
            while new and most:
                finding = self._smallest(ci, new[0], order)
                self._reported.update((ci, value.attribute) for value in finding.values)
                new = [name for name in new if (ci, name) not in self._reported]
                most -= 1
                yield finding

    def _smallest(self, ci: str, attribute: str, order: Order) -> OrderFinding:
        """Leaves out each payload without which the attribute still ends in two ways, and moves few."""
        mentions = self._groups[ci]

        def shows(first: Order, second: Order) -> bool:
            return attribute in self._differing(self._run(first), self._run(second), mentions)

        first, second = self._order, order
        for cause in reversed(self._order):
            fewer = _without(first, cause), _without(second, cause)
            if shows(*fewer):
                first, second = fewer
        second = next(
            (swapped for swapped in _swapped(first) if self._may(swapped) and shows(first, swapped)), second
        )
        ends = self._run(first), self._run(second)
        values = tuple(
            OrderedValue(name, *(_end(run, mentions, self._place).get(name) for run in ends))
            for name in self._differing(*ends, mentions)
        )
        orders = tuple(self._place[cause] for cause in first), tuple(self._place[cause] for cause in second)
        return OrderFinding(self._subject(ci), orders, values)

    def _subject(self, ci: str) -> str:
        """What people call the CI; where others are called the same, with the items of which it was made."""
        title = self._base.title(ci)
        if self._titles[title] == 1:
            return title
        parts = ", ".join(f"{self._place[cause]}.{index}" for cause, index in self._groups[ci])
        return f"{title} of {parts}"

    def _may(self, order: Order) -> bool:
        """Whether no payload has moved across a setup."""
        return [set(block) for block in self._blocks(order)] == [
            set(block) for block in self._blocks(tuple(sorted(order, key=self._place.__getitem__)))
        ]

    def _differing(self, one: Replayed, other: Replayed, mentions: Sequence[Mention]) -> list[str]:
        ends = _end(one, mentions, self._place), _end(other, mentions, self._place)
        names = dict.fromkeys([*ends[0], *ends[1]])
        return [name for name in names if ends[0].get(name) != ends[1].get(name)]

    def _blocks(self, order: Order) -> list[list[str]]:
        """The payloads between two other things each, in *order*; it may leave some out."""
        sizes, wanted = [0], set(order)
        for each in self._stream.told:
            if not isinstance(each.action, Identify):
                sizes.append(0)
            elif each.cause in wanted:
                sizes[-1] += 1
        rest = iter(order)
        return [[next(rest) for _ in range(size)] for size in sizes]

    def _replay(self, order: Order) -> Replayed:
        """The stream with the payloads of *order* in the places and at the times of these payloads."""
        return self._replayer.replay(self._arranged(order))

    def _arranged(self, order: Order) -> Iterable[Told]:
        wanted, following = set(order), iter(order)
        for each in self._stream.told:
            if not isinstance(each.action, Identify):
                yield each
            elif each.cause in wanted:
                moved = self._told_by_cause[next(following)]
                yield Told(moved.cause, each.at, moved.action)


def _end(run: Replayed, mentions: Sequence[Mention], place: dict[str, int]) -> End:
    """How the CI of the first of the *mentions* ends that has one, and of which items it was put together."""
    cis = dict.fromkeys(run.sightings[mention].sys_id for mention in mentions if mention in run.sightings)
    sys_id = next((each for each in cis if each), None)
    if sys_id is None or sys_id not in run.cis:
        return {_WHICH: None}
    parts = sorted((place[cause], index) for (cause, index), it in run.sightings.items() if it.sys_id == sys_id)
    which = ", ".join(f"{payload}.{index}" for payload, index in parts)
    row = run.cis[sys_id]
    values = {name: value or None for name, value in row.items() if is_governed(name) or name == "sys_class_name"}
    return {**values, _WHICH: f"of {which}", "sys_domain": run.name(run.domain(sys_id))}


def _without(order: Order, cause: str) -> Order:
    return tuple(each for each in order if each != cause)


def _swapped(order: Order) -> Iterator[Order]:
    """The order with two neighbours changed over, then with any two."""
    pairs = sorted(combinations(range(len(order)), 2), key=lambda pair: pair[1] - pair[0])
    for left, right in pairs:
        swapped = list(order)
        swapped[left], swapped[right] = swapped[right], swapped[left]
        yield tuple(swapped)
