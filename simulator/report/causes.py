"""Why the seeds of a sweep did not hold: what went wrong in the same way stands together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from simulator.report.result import Failure, SeedResult, SeedVerdict, SweepResult


@dataclass(frozen=True, slots=True)
class Group:
    """What went wrong together, with the first seed as the example: everything that exactly these seeds share."""

    seeds: tuple[SeedResult, ...]
    broken: tuple[str, ...]
    """The invariants, as the example has broken them."""
    failures: tuple[Failure, ...]
    """What the example has not met."""
    is_calm: bool
    """Whether all of it goes wrong in calm weather, too."""

    @property
    def example(self) -> SeedResult:
        """The first of them."""
        return self.seeds[0]


def groups_of(sweep: SweepResult) -> list[Group]:
    """The groups, the largest first; broken seeds come before those of which nothing can be said."""
    sharing: dict[str, list[SeedResult]] = {}
    troubled = [seed for seed in sweep.seeds if seed.verdict is not SeedVerdict.HELD]
    for seed in troubled:
        for cause in dict.fromkeys(cause for cause, _ in _causes(seed)):
            sharing.setdefault(cause, []).append(seed)
    together: dict[tuple[int, ...], set[str]] = {}
    for cause, seeds in sharing.items():
        together.setdefault(tuple(seed.seed for seed in seeds), set()).add(cause)
    by_number = {seed.seed: seed for seed in troubled}
    groups = [_group([by_number[it] for it in numbers], causes, sweep) for numbers, causes in together.items()]
    return sorted(groups, key=lambda it: (it.example.verdict is not SeedVerdict.BROKEN, -len(it.seeds)))


MOST_SHOWN = 5
"""Seeds of a sweep that are shown in full."""


def worst_of(sweep: SweepResult) -> list[SeedResult]:
    """The seeds to look at first: an example of each group, as many as are shown; where all held, the first."""
    examples = {group.example.seed: group.example for group in groups_of(sweep)}
    return list(examples.values())[:MOST_SHOWN] or list(sweep.seeds[:1])


def _group(seeds: Sequence[SeedResult], causes: set[str], sweep: SweepResult) -> Group:
    example = list(_causes(seeds[0]))
    calm = {cause for cause, _ in _causes(sweep.calm)} if sweep.calm else set[str]()
    return Group(
        seeds=tuple(seeds),
        broken=tuple(it for cause, it in example if cause in causes and isinstance(it, str)),
        failures=tuple(it for cause, it in example if cause in causes and isinstance(it, Failure)),
        is_calm=bool(calm) and causes <= calm,
    )


def _causes(seed: SeedResult) -> Iterator[tuple[str, str | Failure | None]]:
    """Each thing that went wrong by what is the same of it under other seeds: neither ids nor times are.

    None: something was still due, and that is all.
    """
    for broken in seed.broken:
        yield _DRAWN.sub("…", broken), broken
    for failure in seed.failures:
        yield _DRAWN.sub("…", f"{failure.line} {failure.wanted} {failure.seen}"), failure
    if seed.verdict is not SeedVerdict.HELD and not seed.broken and not seed.failures:
        yield str(seed.verdict), None


_DRAWN = re.compile(r"\b[0-9a-f]{32}\b|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
