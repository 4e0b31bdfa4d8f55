"""What becomes of each payload on its way: the link faults that are in force, applied by a seeded chance.

Both drivers carry payloads through it, so a stormy night is the same code live and in virtual time.

Chance is drawn for each payload by its number on its way, and for each thing that a fault can do to it by
itself. So what is drawn for one does not depend on what becomes of others: a run with one fault less, or without
some messages between other instances, is otherwise the same.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from math import log

from simulator.protocol.codec import signed_otherwise
from simulator.protocol.signature import SigningKey, signing_key
from simulator.runtime.faults import Delay, LinkFault
from simulator.runtime.kinds import Signing, Spread

NO_DELAY = timedelta(0)

OVERTAKEN = timedelta(milliseconds=500)
"""How much later a payload comes that others are to overtake: several round trips of fine weather."""

_REMEMBERED = 32
"""How many payloads of each way may come again."""

_KEYS: dict[Signing, SigningKey | None] = {
    Signing.MISSING: None,
    Signing.UNKNOWN_KEY: signing_key("known to nobody", ""),
}

Way = tuple[str, str]
"""Sender and recipient."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One payload that goes through, this much later than in fine weather."""

    after: timedelta
    payload: bytes


class Weather:
    """Decides what becomes of payloads; the same seed and the same payloads give the same decisions."""

    def __init__(self, seed: int | str) -> None:
        self._seed = seed
        self._drawn_for = ""
        """Which payload and which fault chance is drawn for."""
        self._carried: dict[Way, int] = defaultdict(int)
        self._faults: dict[int, LinkFault] = {}
        self._held: dict[int, list[tuple[Way, bytes]]] = {}
        self._burst: dict[tuple[int, Way], int] = {}
        self._past: dict[Way, deque[bytes]] = defaultdict(lambda: deque(maxlen=_REMEMBERED))

    @property
    def is_fine(self) -> bool:
        """Whether no fault is in force."""
        return not self._faults

    def begin(self, number: int, fault: LinkFault) -> None:
        """The fault is in force from now on; *number* names it."""
        self._faults[number] = fault
        if fault.is_held:
            self._held[number] = []

    def end(self, number: int) -> list[tuple[Way, bytes]]:
        """The fault is over; returns what it held, oldest first."""
        self._faults.pop(number, None)
        return self._held.pop(number, [])

    def carry(self, sender: str, recipient: str, payload: bytes) -> list[Passage]:
        """What goes through of one payload: nothing, itself sooner or later, or more than itself."""
        passages = [Passage(NO_DELAY, payload)]
        way = (sender, recipient)
        self._carried[way] += 1
        for number, fault in self._faults.items():
            if passages and fault.concerns(sender, recipient):
                passages = self._apply(number, fault, way, passages)
        if self._faults:
            self._past[way].append(payload)
        return passages

    def _apply(self, number: int, fault: LinkFault, way: Way, passages: list[Passage]) -> list[Passage]:
        self._drawn_for = f"{self._seed}/{'/'.join(way)}/{self._carried[way]}/{number}"
        if fault.is_cut or self._is_lost(number, fault, way):
            return []
        if fault.is_held:
            self._held[number] += [(way, passage.payload) for passage in passages]
            return []
        if fault.signing:
            passages = [
                Passage(passage.after, signed_otherwise(passage.payload, _KEYS[fault.signing]))
                for passage in passages
            ]
        if self._happens(fault.corrupt, "corrupt"):
            passages = [Passage(passage.after, self._corrupted(passage.payload)) for passage in passages]
        if self._happens(fault.duplicate, "duplicate"):
            passages = passages * 2
        if self._happens(fault.replay, "replay") and self._past[way]:
            past = self._past[way]
            passages = [*passages, Passage(NO_DELAY, past[int(self._draw("past") * len(past))])]
        return [
            Passage(passage.after + self._delay(fault, copy), passage.payload)
            for copy, passage in enumerate(passages)
        ]

    def _is_lost(self, number: int, fault: LinkFault, way: Way) -> bool:
        left = self._burst.get((number, way), 0)
        if left:
            self._burst[number, way] = left - 1
            return True
        if self._happens(fault.loss, "loss"):
            self._burst[number, way] = fault.burst - 1
            return True
        return False

    def _delay(self, fault: LinkFault, copy: int) -> timedelta:
        overtaken = OVERTAKEN if self._happens(fault.reorder, f"reorder {copy}") else NO_DELAY
        drawn = NO_DELAY if fault.delay is None else self._drawn(fault.delay, self._draw(f"delay {copy}"))
        # Whole milliseconds, so that the last bit of a logarithm cannot make two machines differ.
        return overtaken + timedelta(milliseconds=drawn // timedelta(milliseconds=1))

    def _drawn(self, delay: Delay, chance: float) -> timedelta:
        match delay.spread:
            case Spread.CONSTANT:
                return delay.least
            case Spread.UNIFORM:
                return delay.least + (delay.most - delay.least) * chance
            case Spread.EXPONENTIAL:
                return delay.least + delay.most * min(-log(1.0 - chance), 10.0)

    def _corrupted(self, payload: bytes) -> bytes:
        at = int(self._draw("place") * len(payload))
        flipped = payload[at] ^ (1 + int(self._draw("byte") * 255))
        return payload[:at] + bytes([flipped]) + payload[at + 1 :]

    def _happens(self, share: float, what: str) -> bool:
        return share > 0 and self._draw(what) < share

    def _draw(self, what: str) -> float:
        """A number from 0 up to but not 1, the same for the same thing, fault and payload."""
        return int.from_bytes(blake2b(f"{self._drawn_for}/{what}".encode(), digest_size=6).digest()) / (1 << 48)
