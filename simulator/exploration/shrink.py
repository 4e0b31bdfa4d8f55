"""A seed under which a scenario fails, as a small scenario that fails in the same way.

This is delta debugging: leave out what can be left out in ever smaller pieces, make simpler what is left, and
begin again until nothing more can be done. An excerpt must not fail for a reason of its own, as when what an
expectation expects does not even happen any more. So one expectation of the whole file is not met in it and no
other one; and without the storm it must hold, if the whole file does. Where that fails without a storm as well,
the same must be seen in the place of what is expected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import cast

from simulator.exploration import pieces
from simulator.exploration.excerpt import Excerpt
from simulator.exploration.flaws import Flaw, Runs, alike
from simulator.exploration.pieces import Piece, Size, size_of
from simulator.exploration.storms import WeatherProfile, in_a_storm, is_of_the_storm
from simulator.journal import Entry
from simulator.scenario.reading.load import LoadedScenario
from simulator.scenario.reading.source import DataPath
from simulator.scenario.writing.written import Data, one_line, written

MAX_RUNS = 500
"""Far more than a scenario of twenty steps in a storm needs; a minute or so."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What makes the difference between failing and not, and where it shows first."""

    without: str
    """The step without which nothing fails."""
    failing: Entry | None
    """The first entry of the journal that the run without it does not have, or has otherwise."""
    passing: Entry | None
    """The entry in its place in the run without it."""


@dataclass(frozen=True, slots=True)
class Shrunk:
    """What shrinking has come to."""

    data: Data
    """The scenario that is left, as its YAML says it."""
    flaw: Flaw
    difference: Difference | None
    """None when nothing can be left out alone so that all is well."""
    before: Size
    after: Size
    runs: int
    is_finished: bool
    """Whether nothing more can be left out; else there were no more runs."""

    def as_file(self, comment: Sequence[str]) -> str:
        """The text of the small scenario's file; it begins with this comment and what is known of the failure."""
        return written(self.data, [*comment, "", *self._findings()])

    def in_words(self) -> str:
        """What has come of it, for a person."""
        end = "" if self.is_finished else "; it may get smaller with more"
        sizes = [f"{self.runs} runs{end}", f"before  {self.before}", f"after   {self.after}"]
        return "\n".join([*sizes, *self._findings()])

    def _findings(self) -> Iterator[str]:
        yield self.flaw.words
        if self.difference is None:
            return
        yield f"Without this step all is well: {self.difference.without}"
        if self.difference.failing != self.difference.passing:
            yield f"  first with it      {_in_words(self.difference.failing)}"
            yield f"  where without it   {_in_words(self.difference.passing)}"


def shrink(
    loaded: LoadedScenario,
    weather: WeatherProfile,
    seed: int,
    max_runs: int = MAX_RUNS,
    on_run: Callable[[int, Size], None] = lambda runs, size: None,
) -> Shrunk | None:
    """Shrinks the scenario in the storm of that seed; None when it does not fail there.

    *on_run* hears, before every run, how many there have been and the size of what is left.
    """
    whole = Excerpt(in_a_storm(loaded, weather, seed).source)
    shrinker = _Shrinker(Runs(seed, max_runs, on_run), whole)
    flaws = shrinker.runs.flaws(whole)
    if not flaws:
        return None
    left = shrinker.shrink(flaws)
    return Shrunk(
        data=cast("Data", left.as_source().data),
        flaw=shrinker.flaw_of(left),
        difference=shrinker.difference(left),
        before=size_of(whole),
        after=size_of(left),
        runs=shrinker.runs.number,
        is_finished=not shrinker.runs.are_over,
    )


_ORDER = (
    pieces.faults,
    pieces.weather,
    pieces.instances,
    pieces.steps,
    pieces.expectations,
    pieces.names,
    pieces.keys,
)
"""What to leave out first: what makes most of the rest needless, or chance less important."""


class _Shrinker:
    """Makes an excerpt smaller as long as it fails in one way."""

    def __init__(self, runs: Runs, whole: Excerpt) -> None:
        self.runs = runs
        self._whole = whole
        self._flaw: Flaw
        self._allowed: set[Flaw]
        self._calm_flaws: set[Flaw] = set()
        """How the whole file fails without the storm."""
        self._seen: set[str] = set()
        """What may be seen in the place of what is expected, when it is not the weather's doing."""

    def shrink(self, flaws: Sequence[Flaw]) -> Excerpt:
        """The smallest excerpt that fails like the first of the whole file's *flaws*, as far as runs last."""
        self._flaw = flaws[0]
        self._allowed = {flaw for flaw in flaws if flaw.where}
        if self._flaw.where:
            self._calm_flaws = self._flaws_in_calm(self._whole) or set()
            self._seen = {flaw.seen for flaw in [self._flaw, *self._calm_flaws] if flaw == self._flaw}
        left = self._without_other_failures(flaws)
        before = None
        while left != before:
            before = left
            for find in _ORDER:
                left = self._leave_out(left, find)
            if left == before:
                left = self._simplify(left)
        return left

    def flaw_of(self, excerpt: Excerpt) -> Flaw:
        """The failure, in the words of this excerpt's run."""
        return next(flaw for flaw in self.runs.flaws(excerpt) or () if flaw == self._flaw)

    def _without_other_failures(self, flaws: Sequence[Flaw]) -> Excerpt:
        """Leaves out the other expectations that are not met: without the steps before, they would never be."""
        others = self._whole.without(flaw.where for flaw in flaws if flaw.where not in {(), self._flaw.where})
        if not self._fails_alike(others):
            return self._whole
        self._allowed &= {self._flaw}
        return others

    def _fails_alike(self, excerpt: Excerpt) -> bool:
        flaws = self.runs.flaws(excerpt) or ()
        if self._flaw not in flaws or any(flaw.where and flaw not in self._allowed for flaw in flaws):
            return False
        if not self._flaw.where:
            return True
        if self._flaw in self._calm_flaws:
            return any(flaw == self._flaw and flaw.seen in self._seen for flaw in flaws)
        in_calm = self._flaws_in_calm(excerpt)
        return in_calm is not None and in_calm <= self._calm_flaws

    def _flaws_in_calm(self, excerpt: Excerpt) -> set[Flaw] | None:
        faults = frozenset[DataPath]().union(*pieces.faults(excerpt))
        storm = [fault for fault in faults if is_of_the_storm(excerpt.whole, fault)]
        flaws = self.runs.flaws(excerpt.without(storm))
        return None if flaws is None else set(flaws)

    def _leave_out(self, left: Excerpt, find: Callable[[Excerpt], list[Piece]]) -> Excerpt:
        """Leaves out of what *find* finds all, or halves, quarters and so on, the last ones first."""
        found = find(left)
        size = len(found)
        while size:
            for end in range(len(found), 0, -size):
                smaller = left.without(frozenset().union(*found[max(0, end - size) : end]))
                if smaller.key != left.key and self._fails_alike(smaller):
                    left = smaller
            size //= 2
        return left

    def _simplify(self, left: Excerpt) -> Excerpt:
        for path, values in pieces.simpler_values(left):
            candidates = (left.with_value(path, value) for value in values)
            left = next(filter(self._fails_alike, candidates), left)
        return left

    def difference(self, left: Excerpt) -> Difference | None:
        """The last fault, or else the last step, without which nothing fails."""
        for piece in [*reversed(pieces.faults(left)), *reversed(pieces.steps(left))]:
            without = left.without(piece)
            if self.runs.flaws(without) == []:
                [path] = piece
                text = one_line(dict(left.parts())[path])
                return Difference(text, *self._first_entries(left, without))
        return None

    def _first_entries(self, failing: Excerpt, passing: Excerpt) -> tuple[Entry | None, Entry | None]:
        pairs = zip_longest(self.runs.journal(failing), self.runs.journal(passing))
        return next((pair for pair in pairs if _comparable(pair[0]) != _comparable(pair[1])), (None, None))


def _in_words(entry: Entry | None) -> str:
    """An entry of a journal, in a line."""
    if entry is None:
        return "nothing more"
    outcome = f"{entry.outcome}{f' ({entry.code})' if entry.code else ''}"
    sender = "" if entry.sender in {"", entry.instance} else f" from {entry.sender}"
    return f"{entry.at:%H:%M:%S.%f} {entry.instance}: {entry.kind or 'a payload'}{sender} {outcome}"


def _comparable(entry: Entry | None) -> Entry | None:
    """Without ids, which depend on the number of the step that an envelope comes from."""
    return entry and replace(entry, envelope="", cause="", explanation=alike(entry.explanation))
