"""How runs go, on standard error: calm and small in one line of a terminal, as plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from simulator.cli.output import Going, going, say
from simulator.report.naming import with_combination
from simulator.report.result import StepResult
from simulator.report.terminal.run import step_line

if TYPE_CHECKING:
    from simulator.scenario.reading.load import LoadedScenario
    from simulator.scenario.running.progress import Standing

_LOOK = 0.5
"""Seconds between two looks at how a run stands: often enough for a person, and rare enough to cost nothing."""


class Board:
    """What goes on, of all files together; *tells_steps*, where there is no terminal, each step has a line."""

    def __init__(self, status: Going, total: int, *, tells_steps: bool) -> None:
        self.status = status
        self._total = total
        self._done = 0
        self._followers: list[Follower] = []
        self.is_shown = status.is_shown
        self.tells_steps = tells_steps and not status.is_shown

    @contextmanager
    def following(self, loaded: LoadedScenario) -> Iterator[Follower]:
        """Follows one run; one that comes to no end stays, so that it can be said where it was."""
        follower = Follower(loaded, self)
        self._followers.append(follower)
        if self.tells_steps:
            say(f"{loaded.scenario.name} ({follower.told_file})", err=True)
        self.show()
        yield follower
        self._followers.remove(follower)
        self.done()

    def done(self) -> None:
        """One more has come to its end."""
        self._done += 1
        self.show()

    @property
    def where(self) -> str:
        """Where the runs were that have come to no end."""
        return "; ".join(follower.where for follower in self._followers)

    def show(self) -> None:
        """How everything stands now."""
        at = self._followers
        number = f"{self._done} of {self._total} files" if self._total > 1 else ""
        here = [at[0].in_full] if len(at) == 1 else [follower.in_short for follower in at]
        self.status.update("; ".join(part for part in (number, *here) if part))


class Follower:
    """Follows one run."""

    def __init__(self, loaded: LoadedScenario, board: Board) -> None:
        self._total = len(loaded.scenario.steps) + bool(loaded.scenario.expect) + len(loaded.scenario.eventually)
        self._board = board
        self._step, self._text = 0, f"starting {len(loaded.scenario.instances)} instances"
        self._standing: Standing | None = None
        self._looked_at = time.monotonic()
        self.name = with_combination(loaded.scenario.name, loaded.combination)
        self.file = loaded.file
        self.told_file = loaded.told_file
        self.where = "before the first step"

    @property
    def in_full(self) -> str:
        """Where it is and how it stands."""
        if not self._step:
            return f"{self.name}: {self._text}"
        said = f"{self.name}: step {self._step} of {self._total}"
        if it := self._standing:
            said += f", {str(it.passed).partition('.')[0]}, {it.in_flight} in flight, {it.refused} refused"
        return f"{said}: {self._text}"

    @property
    def in_short(self) -> str:
        """The same beside others."""
        return f"{self.name} {self._step}/{self._total}"

    def begins(self, number: int, line: int, text: str) -> None:
        """See Progress.begins."""
        self.where = f"in step {number} of {self._total} ({self.file}:{line}): {text}"
        self._step, self._text = number, text
        self._board.show()

    def ended(self, step: StepResult) -> None:
        """See Progress.ended."""
        if self._board.tells_steps:
            say(step_line(step, self._total), err=True)

    def moved(self, standing: Callable[[], Standing]) -> None:
        """See Progress.moved."""
        if not self._board.is_shown or time.monotonic() < self._looked_at + _LOOK or not self._step:
            return
        self._standing = standing()
        self._looked_at = time.monotonic()
        self._board.show()


@contextmanager
def board(total: int, *, tells_steps: bool, quiet: bool) -> Iterator[Board]:
    """Shows how that many runs go inside, unless *quiet*, and says where they were when they are stopped."""
    with nullcontext(Going(None)) if quiet else going("starting") as status:
        it = Board(status, total, tells_steps=tells_steps)
        try:
            yield it
        except KeyboardInterrupt:
            raise KeyboardInterrupt(it.where) from None
