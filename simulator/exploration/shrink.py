"""A seed under which a scenario fails, as a small scenario that fails in the same way.

This is delta debugging: leave out what can be left out in ever smaller pieces, make simpler what is left, and
begin again until nothing more can be done. An excerpt must not fail for a reason of its own, as when what an
expectation expects does not even happen any more. So one expectation of the whole file is not met in it and no
other one; and without the storm it must hold, if the whole file does. Where that fails without a storm as well,
the same must be seen in the place of what is expected.

Several may work at once on what is tried next. What comes of it is that of trying one after the other: what the
others have found out counts when its turn comes, and not at all when something before it could be left out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest
from typing import cast

from simulator.exploration import pieces
from simulator.exploration.excerpt import Excerpt
from simulator.exploration.flaws import Flaw, Found, Runs, alike
from simulator.exploration.pieces import Piece, Size, size_of
from simulator.exploration.pool import Crew
from simulator.exploration.storms import WeatherProfile, in_a_storm, is_of_the_storm
from simulator.journal import Entry
from simulator.scenario.reading.load import LoadedScenario
from simulator.scenario.reading.place import DataPath
from simulator.scenario.writing.written import Data, step_in_line, written

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
    crew: Crew,
    max_runs: int = MAX_RUNS,
    on_runs: Callable[[int, Size], None] = lambda runs, size: None,
) -> Shrunk | None:
    """Shrinks the scenario in the storm of that seed; None when it does not fail there.

    *on_runs* hears with everything that has been tried how many runs there have been, and the size of what is
    left. Raises MachineryError of the crew.
    """
    whole = Excerpt(in_a_storm(loaded, weather, seed).source)
    shrinker = _Shrinker(Runs(seed, max_runs), whole, crew, on_runs)
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


@dataclass(frozen=True, slots=True)
class _Likeness:
    """The way in which an excerpt is to fail."""

    flaw: Flaw
    allowed: frozenset[Flaw]
    """The expectations of which others may fail, too."""
    in_calm: frozenset[Flaw] = frozenset()
    """How the whole file fails without the storm."""
    seen: frozenset[str] = frozenset()
    """What may be seen in the place of what is expected, when it is not the weather's doing."""

    def is_in(self, excerpt: Excerpt, runs: Runs) -> bool:
        """Whether the excerpt fails in this way."""
        flaws = runs.flaws(excerpt) or ()
        if self.flaw not in flaws or any(flaw.where and flaw not in self.allowed for flaw in flaws):
            return False
        if not self._needs_calm:
            return not self.flaw.where or any(flaw == self.flaw and flaw.seen in self.seen for flaw in flaws)
        in_calm = runs.flaws(_calmed(excerpt))
        return in_calm is not None and self.in_calm.issuperset(in_calm)

    def excerpts(self, excerpt: Excerpt) -> Sequence[Excerpt]:
        """What may have to be run to know that."""
        return (excerpt, _calmed(excerpt)) if self._needs_calm else (excerpt,)

    @property
    def _needs_calm(self) -> bool:
        return bool(self.flaw.where) and self.flaw not in self.in_calm


def _calmed(excerpt: Excerpt) -> Excerpt:
    """The same without the storm."""
    faults = frozenset[DataPath]().union(*pieces.faults(excerpt))
    return excerpt.without(fault for fault in faults if is_of_the_storm(excerpt.whole, fault))


def _look(likeness: _Likeness, seed: int, asked: tuple[Excerpt, Found]) -> Found:
    """All that is run to know whether an excerpt fails in this way; without what is known of it already."""
    excerpt, known = asked
    runs = Runs(seed, len(likeness.excerpts(excerpt)))
    runs.look_ahead(known)
    likeness.is_in(excerpt, runs)
    return {key: flaws for key, flaws in runs.known.items() if key not in known}


Change = Callable[[Excerpt], Excerpt]
"""A way to make an excerpt smaller or simpler."""


class _Shrinker:
    """Makes an excerpt smaller as long as it fails in one way."""

    def __init__(self, runs: Runs, whole: Excerpt, crew: Crew, on_runs: Callable[[int, Size], None]) -> None:
        self.runs = runs
        self._whole = whole
        self._crew = crew
        self._on_runs = on_runs
        self._likeness: _Likeness

    def shrink(self, flaws: Sequence[Flaw]) -> Excerpt:
        """The smallest excerpt that fails like the first of the whole file's *flaws*, as far as runs last."""
        flaw = flaws[0]
        self._likeness = _Likeness(flaw, frozenset(flaw for flaw in flaws if flaw.where))
        if flaw.where:
            in_calm = self.runs.flaws(_calmed(self._whole)) or ()
            seen = frozenset(it.seen for it in (flaw, *in_calm) if it == flaw)
            self._likeness = replace(self._likeness, in_calm=frozenset(in_calm), seen=seen)
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
        return next(flaw for flaw in self.runs.flaws(excerpt) or () if flaw == self._likeness.flaw)

    def _without_other_failures(self, flaws: Sequence[Flaw]) -> Excerpt:
        """Leaves out the other expectations that are not met: without the steps before, they would never be."""
        this = self._likeness.flaw
        others = self._whole.without(flaw.where for flaw in flaws if flaw.where not in {(), this.where})
        if not self._likeness.is_in(others, self.runs):
            return self._whole
        self._likeness = replace(self._likeness, allowed=self._likeness.allowed & {this})
        return others

    def _leave_out(self, left: Excerpt, find: Callable[[Excerpt], list[Piece]]) -> Excerpt:
        """Leaves out of what *find* finds all, or halves, quarters and so on, the last ones first."""
        found = find(left)
        sizes = [len(found) >> halvings for halvings in range(len(found).bit_length())]
        parts = [found[max(0, end - size) : end] for size in sizes for end in range(len(found), 0, -size)]
        return self._changed(left, [[partial(_without, parts=part)] for part in parts])

    def _simplify(self, left: Excerpt) -> Excerpt:
        found = list(pieces.simpler_values(left))
        return self._changed(
            left, [[partial(_with, path=path, value=it) for it in values] for path, values in found]
        )

    def _changed(self, left: Excerpt, changes: Sequence[Sequence[Change]]) -> Excerpt:
        """What is left with all changes that can be made, one after the other; of alternatives the first."""
        begin = 0
        while not self.runs.are_over and (first := self._first_change(left, changes, begin)):
            begin, left = first
        return left

    def _first_change(
        self, left: Excerpt, changes: Sequence[Sequence[Change]], begin: int
    ) -> tuple[int, Excerpt] | None:
        """Where to go on after the first change from *begin* on that can be made, and what is left with it."""
        asked = deque[tuple[int, Excerpt]]()

        def ask() -> Iterator[tuple[Excerpt, Found]]:
            for place in range(begin, len(changes)):
                for change in changes[place]:
                    changed = change(left)
                    if changed.key != left.key:
                        asked.append((place + 1, changed))
                        keys = [excerpt.key for excerpt in self._likeness.excerpts(changed)]
                        yield changed, {key: self.runs.known[key] for key in keys if key in self.runs.known}

        with closing(self._crew.map(partial(_look, self._likeness, self.runs.seed), ask(), singly=True)) as looks:
            for found in looks:
                self.runs.look_ahead(found)
                after, changed = asked.popleft()
                is_alike = self._likeness.is_in(changed, self.runs)
                self._on_runs(self.runs.number, size_of(changed if is_alike else left))
                if is_alike:
                    return after, changed
                if self.runs.are_over:
                    break
        return None

    def difference(self, left: Excerpt) -> Difference | None:
        """The last fault, or else the last step, without which nothing fails."""
        for piece in [*reversed(pieces.faults(left)), *reversed(pieces.steps(left))]:
            without = left.without(piece)
            if self.runs.flaws(without) == []:
                [path] = piece
                text = step_in_line(dict(left.parts())[path])
                return Difference(text, *self._first_entries(left, without))
        return None

    def _first_entries(self, failing: Excerpt, passing: Excerpt) -> tuple[Entry | None, Entry | None]:
        pairs = zip_longest(self.runs.journal(failing), self.runs.journal(passing))
        return next((pair for pair in pairs if _comparable(pair[0]) != _comparable(pair[1])), (None, None))


def _without(left: Excerpt, parts: Sequence[Piece]) -> Excerpt:
    return left.without(frozenset().union(*parts))


def _with(left: Excerpt, path: DataPath, value: object) -> Excerpt:
    return left.with_value(path, value)


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
