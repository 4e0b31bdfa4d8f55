"""A seed under which a scenario fails, as a small scenario that fails in the same way.

This is delta debugging: leave out what can be left out in ever smaller pieces, make simpler what is left, and
begin again until nothing more can be done. What fails for a reason of its own is not taken for the same failure:
an excerpt in which something happens that the seed did not show, or in which an expectation that holds in calm
weather in the whole file does not hold without the faults either, is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import cast

from simulator.errors import ScenarioError
from simulator.journal import Entry
from simulator.report.result import Failure
from simulator.scenario import pieces
from simulator.scenario.excerpt import Excerpt
from simulator.scenario.load import LoadedScenario, check
from simulator.scenario.pieces import Piece
from simulator.scenario.source import DataPath
from simulator.scenario.storms import WeatherProfile, in_a_storm
from simulator.scenario.sweep import run_unseen
from simulator.scenario.written import Data, one_line, written

MAX_RUNS = 500
"""Far more than a scenario of twenty steps in a storm needs; a minute or so."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """One way in which a run fails; equal to that of another run when both fail in the same way."""

    what: str
    """The invariant or the error, without ids and numbers; empty for an expectation of the file."""
    where: DataPath = ()
    """Which expectation of the whole file was not met."""
    is_open: bool = False
    """Whether it might have been met later."""
    words: str = field(default="", compare=False)
    """What was seen in this run."""


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
class Size:
    """How much there is of a scenario."""

    instances: int
    steps: int
    """Without those that are faults."""
    faults: int
    expectations: int

    def __str__(self) -> str:
        counts = (self.instances, "instance"), (self.steps, "step"), (self.faults, "fault")
        counts = (*counts, (self.expectations, "expectation"))
        return ", ".join(f"{number} {what}{'' if number == 1 else 's'}" for number, what in counts)


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
        """The text of the small scenario's file, which begins with this comment and what is known of the failure."""
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
    shrinker = _Shrinker(_Runs(seed, max_runs, on_run), whole)
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


def size_of(excerpt: Excerpt) -> Size:
    """How much is left."""
    faults = len(pieces.faults(excerpt))
    singles = [
        path for path, value in excerpt.parts() if pieces.is_expectation(path) and not isinstance(value, list)
    ]
    return Size(len(pieces.instances(excerpt)), len(pieces.steps(excerpt)) - faults, faults, len(singles))


class _Runs:
    """Runs excerpts, none of them twice, and only so many."""

    def __init__(self, seed: int, limit: int, on_run: Callable[[int, Size], None]) -> None:
        self.number = 0
        self._seed = seed
        self._limit = limit
        self._on_run = on_run
        self._known: dict[object, Sequence[Flaw] | None] = {}
        self._smallest: Size | None = None

    @property
    def are_over(self) -> bool:
        """Whether there may be no more of them."""
        return self.number >= self._limit

    def flaws(self, excerpt: Excerpt) -> Sequence[Flaw] | None:
        """How it fails, the gravest first; None for what is no scenario, or cannot be run any more."""
        if excerpt.key not in self._known:
            try:
                loaded = check(excerpt.as_source())
            except ScenarioError:
                self._known[excerpt.key] = None
                return None
            if self.are_over:
                return None
            self._on_run(self.number, size_of(excerpt))
            self.number += 1
            self._known[excerpt.key] = self._run(loaded, excerpt)
        return self._known[excerpt.key]

    def _run(self, loaded: LoadedScenario, excerpt: Excerpt) -> Sequence[Flaw]:
        try:
            run = run_unseen(loaded, self._seed)
        except Exception as error:  # whatever a broken product raises is how it fails
            return [Flaw(_alike(f"{type(error).__name__}: {error}"), words=f"The run ends with {error!r}.")]
        origins = excerpt.origins()
        broken = [Flaw(_alike(text), words=f"Broken: {text}.") for text in run.broken]
        failed = [_flaw(failure, origins[failure.path]) for failure in run.result.failures]
        return [*broken, *sorted(failed, key=lambda flaw: flaw.is_open)]

    def journal(self, excerpt: Excerpt) -> Sequence[Entry]:
        """The journal of an excerpt that is a scenario; nothing when its run ends with an error."""
        try:
            return run_unseen(check(excerpt.as_source()), self._seed).result.journal
        except Exception:
            return ()


def _flaw(failure: Failure, where: DataPath) -> Flaw:
    # Nothing is written of what is expected of a step by itself, so that only the words tell.
    what = "" if pieces.is_expectation(where) else _alike(failure.wanted)
    return Flaw(what, where, failure.is_open, f"Wanted {failure.wanted}; seen {failure.seen}.")


_ID = re.compile(r"\b[0-9a-f]{32}\b")


def _alike(text: str) -> str:
    """The text without what differs from run to run."""
    return re.sub(r"\b\d+(\.\d+)*\b", "#", _ID.sub("<id>", text))


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

    def __init__(self, runs: _Runs, whole: Excerpt) -> None:
        self.runs = runs
        self._whole = whole
        self._flaw: Flaw
        self._allowed: set[Flaw]
        self._calm_flaws: set[Flaw] | None = None

    def shrink(self, flaws: Sequence[Flaw]) -> Excerpt:
        """The smallest excerpt that fails like the first of the whole file's *flaws*, as far as runs last."""
        self._flaw = flaws[0]
        self._allowed = {flaw for flaw in flaws if flaw.where}
        if self._flaw.where:
            self._calm_flaws = self._flaws_in_calm(self._whole)
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
        flaws = self.runs.flaws(excerpt)
        if not flaws or self._flaw not in flaws:
            return False
        if any(flaw.where and flaw not in self._allowed for flaw in flaws):
            return False
        if self._calm_flaws is None or self._flaw in self._calm_flaws:
            return True
        in_calm = self._flaws_in_calm(excerpt)
        return in_calm is not None and in_calm <= self._calm_flaws

    def _flaws_in_calm(self, excerpt: Excerpt) -> set[Flaw] | None:
        flaws = self.runs.flaws(excerpt.without(*[frozenset().union(*pieces.faults(excerpt))]))
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
    sender = "" if entry.sender in {"", entry.instance, entry.recipient} else f" from {entry.sender}"
    return f"{entry.at:%H:%M:%S.%f} {entry.instance}: {entry.kind or 'a payload'}{sender} {outcome}"


def _comparable(entry: Entry | None) -> Entry | None:
    """Without ids, which depend on the number of the step that an envelope comes from."""
    return entry and replace(entry, envelope="", cause="", explanation=_alike(entry.explanation))
