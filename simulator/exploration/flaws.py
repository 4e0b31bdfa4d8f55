"""How an excerpt of a scenario fails, so that it can be told whether two fail in the same way."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from simulator.errors import ScenarioError
from simulator.exploration import pieces
from simulator.exploration.excerpt import Excerpt
from simulator.exploration.sweep import run_unseen
from simulator.journal import Entry
from simulator.report.result import Failure
from simulator.scenario.reading.load import LoadedScenario, check
from simulator.scenario.reading.place import DataPath


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
    """What was wrong in this run, in full."""
    seen: str = field(default="", compare=False)
    """What was seen in the place of what was expected, without ids and numbers."""


Found = Mapping[object, Sequence[Flaw] | None]
"""How excerpts fail, by their keys; see Runs.flaws."""


class Runs:
    """Runs excerpts, none of them twice, and only so many."""

    def __init__(self, seed: int, limit: int) -> None:
        self.seed = seed
        self.number = 0
        self.known: dict[object, Sequence[Flaw] | None] = {}
        """What has been asked for so far."""
        self._ahead: dict[object, Sequence[Flaw] | None] = {}
        self._limit = limit

    @property
    def are_over(self) -> bool:
        """Whether there may be no more of them."""
        return self.number >= self._limit

    def look_ahead(self, found: Found) -> None:
        """Takes what others have found; it counts as soon as it is asked for, as if it were run then."""
        self._ahead |= found

    def flaws(self, excerpt: Excerpt) -> Sequence[Flaw] | None:
        """How it fails, the gravest first; None for what is no scenario, or cannot be run any more."""
        key = excerpt.key
        if key not in self.known:
            if self.are_over:
                return None
            self.known[key] = found = self._ahead.pop(key) if key in self._ahead else self._found(excerpt)
            self.number += found is not None
        return self.known[key]

    def _found(self, excerpt: Excerpt) -> Sequence[Flaw] | None:
        try:
            loaded = check(excerpt.as_source())
        except ScenarioError:
            return None
        return self._run(loaded, excerpt)

    def _run(self, loaded: LoadedScenario, excerpt: Excerpt) -> Sequence[Flaw]:
        try:
            run = run_unseen(loaded, self.seed, in_full=False)
        except Exception as error:  # whatever a broken product raises is how it fails
            return [Flaw(alike(f"{type(error).__name__}: {error}"), words=f"The run ends with {error!r}.")]
        origins = excerpt.origins()
        broken = [Flaw(alike(text), words=f"Broken: {text}.") for text in run.broken]
        failed = [_flaw(failure, origins[failure.path]) for failure in run.result.failures]
        return [*broken, *sorted(failed, key=lambda flaw: flaw.is_open)]

    def journal(self, excerpt: Excerpt) -> Sequence[Entry]:
        """The journal of an excerpt that is a scenario; nothing when its run ends with an error."""
        try:
            return run_unseen(check(excerpt.as_source()), self.seed, in_full=False).result.journal
        except Exception:
            return ()


def _flaw(failure: Failure, where: DataPath) -> Flaw:
    # Nothing is written of what is expected of a step by itself, so that only the words tell.
    what = "" if pieces.is_expectation(where) else alike(failure.wanted)
    words = f"Wanted {failure.wanted}; seen {failure.seen}."
    return Flaw(what, where, failure.is_open, words, alike(failure.seen))


_ID = re.compile(r"\b[0-9a-f]{32}\b")


def alike(text: str) -> str:
    """The text without what differs from run to run."""
    return re.sub(r"\b\d+(\.\d+)*\b", "#", _ID.sub("<id>", text))
