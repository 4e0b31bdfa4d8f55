"""What has become of a step, for a test to look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from simulator import journal
from simulator.report.files.machine import details
from simulator.report.result import StepResult
from simulator.scenario.judging.fates import Fate, in_words
from simulator.scenario.suggestion import did_you_mean

Word = Literal["processed", "refused", "expired", "duplicate", "unreadable", "pending"]
"""How an action or a message ends; pending: nothing has become of it yet."""

Expect = Word | Mapping[str, Any] | Sequence[Mapping[str, Any]]
"""What a step expects, as under `expect` in a file: an outcome, a mapping, or a list of what must hold then."""

_WORDS = (*map(str, journal.Outcome), "pending")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Outcome:
    """What has become of a step. `outcome == "processed"` holds where all that it did was processed."""

    _fates: tuple[Fate, ...]
    """Of each action or message in its order."""

    def __eq__(self, other: object) -> bool:
        """Whether all has ended so. Raises ValueError for a text that is no ending: it would never be equal."""
        if not isinstance(other, str):
            return NotImplemented
        if other not in _WORDS:
            raise ValueError(f"there is no outcome {other!r}{did_you_mean(other, _WORDS)}")
        return all((fate.outcome or "pending") == other for fate in self._fates)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{self}{f': {self._why}' if self._why else ''}>"

    def __str__(self) -> str:
        """In words, as reports have it, such as "refused (no_trust_record) by prod1"."""
        return in_words(self._fates)

    @property
    def each(self) -> tuple[Outcome, ...]:
        """That of each action or message by itself, in its order, such as one for each recipient."""
        return tuple(Outcome((fate,)) for fate in self._fates)

    @property
    def _why(self) -> str:
        return " ".join(dict.fromkeys(fate.explanation for fate in self._fates if fate.explanation))

    @property
    def code(self) -> str:
        """The refusal code; empty where it was not refused."""
        return self._only.code

    @property
    def by(self) -> str:
        """The name of the instance that decided; empty as long as none has."""
        return self._only.by

    @property
    def explanation(self) -> str:
        """Why it was refused or expired, in the words of who decided, with the rule; empty otherwise."""
        return self._only.explanation

    @property
    def result(self) -> Any:
        """What the CMDB has answered; None where it was not asked."""
        return self._only.response

    @property
    def _only(self) -> Fate:
        if len(self._fates) != 1:
            raise ValueError(f"{len(self._fates)} outcomes, so ask each of `each`: {self}")
        return self._fates[0]


class NotMetError(AssertionError):
    """A step has not come to what was expected of it; its text says why."""

    def __init__(self, steps: Iterable[StepResult], file: str = "") -> None:
        """*file* is where the steps stand, if they stand in one."""
        super().__init__(failures_in_words(steps, file))


def failures_in_words(steps: Iterable[StepResult], file: str = "") -> str:
    """Each failure in plain lines, with its place where the steps stand in a file."""
    return "\n\n".join(
        f"{f'{failure.place(file)}: ' if file else ''}{step.text}\n{details(failure)}"
        for step in steps
        for failure in step.failures
    )


class WrongStepError(ValueError):
    """A step that cannot be taken: an argument names what there is not, or is not what the verb takes."""
