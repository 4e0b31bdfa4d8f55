"""What became of each action and message of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.journal import Outcome
from simulator.scenario.judging.responses import in_short
from simulator.scenario.phrases import listed


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one action, or of the message it sent; no outcome means that it is still pending."""

    what: str
    """Such as "subprod1 -> prod1"."""
    outcome: Outcome | None = None
    by: str = ""
    """The name of the instance that decided."""
    code: str = ""
    explanation: str = ""
    response: Mapping[str, Any] | None = None
    """What the CMDB has answered, where it was asked."""

    def verdict_in_words(self) -> str:
        """Such as "refused (no_trust_record)" or, where a CMDB was asked, "processed (INSERT)"."""
        more = self.code if self.response is None else in_short(self.response)
        return f"{self.outcome or 'pending'}{f' ({more})' if more else ''}"


def in_words(fates: Sequence[Fate]) -> str:
    """The fates of several messages together, such as "processed by subprod1 and subprod2"."""
    deciders: dict[str, list[str]] = {}
    for fate in fates:
        names = deciders.setdefault(fate.verdict_in_words(), [])
        if fate.by and fate.by not in names:
            names.append(fate.by)
    return "; ".join(f"{verdict} by {listed(names)}" if names else verdict for verdict, names in deciders.items())


class Fates:
    """What becomes of several messages or actions, each told by one of *asks*."""

    def __init__(self, asks: Iterable[Callable[[], Fate]]) -> None:
        self._asks = list(asks)
        self._come = 0
        """How many of them, from the first, something has become of."""

    def __call__(self) -> list[Fate]:
        """The fate of each, as far as it is known."""
        return [ask() for ask in self._asks]

    def are_open(self) -> bool:
        """Whether something is yet to become of one of them.

        Whoever waits asks this after every step of the fleet, so it looks no further than the first such one: to
        wait for many costs for each of them once.
        """
        while self._come < len(self._asks) and self._asks[self._come]().outcome is not None:
            self._come += 1
        return self._come < len(self._asks)
