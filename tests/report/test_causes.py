"""What seeds of a sweep share: each group has what exactly its seeds have gone wrong by."""

from __future__ import annotations

from simulator.report.causes import groups_of
from simulator.report.result import Failure, SeedResult, SeedVerdict, SweepResult

ID, OTHER = "0" * 32, "f" * 32


def failure(line: int, seen: str = "pending", step: int = 0) -> Failure:
    """One expectation that was not met; weather moves its step within the file."""
    return Failure(line=line, path=("steps", step, "expect"), wanted="processed", seen=seen)


def seed(number: int, *failures: Failure, broken: tuple[str, ...] = (), held: bool = False) -> SeedResult:
    """A seed that is broken where an invariant is, otherwise inconclusive or held."""
    verdict = SeedVerdict.BROKEN if broken else SeedVerdict.HELD if held else SeedVerdict.INCONCLUSIVE
    return SeedResult(seed=number, verdict=verdict, broken=broken, failures=failures, fingerprint="")


def sweep(*seeds: SeedResult, calm: SeedResult | None = None) -> SweepResult:
    """A sweep of these seeds."""
    return SweepResult(file="f.yaml", name="f", weather="stormy", seeds=seeds, seconds=1, calm=calm)


def told(it: SweepResult) -> list[tuple[list[int], list[str], list[int], bool]]:
    """The groups: their seeds, broken invariants, lines of failures, and whether all goes so in calm weather."""
    return [
        (
            [each.seed for each in group.seeds],
            list(group.broken),
            [one.line for one in group.failures],
            group.is_calm,
        )
        for group in groups_of(it)
    ]


def test_what_the_same_seeds_share_stands_together_once() -> None:
    """Neither ids nor times, nor where the storm has moved a step to, make a cause another one."""
    lost, also_lost = f"the message {ID} of prod1 is lost", f"the message {OTHER} of prod1 is lost"
    at, later = "since 2026-01-01 00:00:00", "since 2026-01-02 03:04:05"
    groups = told(
        sweep(
            seed(1, held=True),
            seed(2, failure(7, at)),
            seed(3, failure(7, later, step=4), failure(9), broken=(lost,)),
            seed(4, failure(9, step=8), failure(7, at), broken=(also_lost,)),
        )
    )
    assert groups == [([3, 4], [lost], [9], False), ([2, 3, 4], [], [7], False)]


def test_what_is_seen_is_part_of_the_cause() -> None:
    """The same expectation that is not met in two ways has two causes; the larger group comes first."""
    seeds = [seed(1, failure(7, "refused")), *(seed(number, failure(7)) for number in (2, 3))]
    assert told(sweep(*seeds)) == [([2, 3], [], [7], False), ([1], [], [7], False)]


def test_a_seed_that_came_to_no_rest_has_a_group_too() -> None:
    """Nothing was broken and all was met, and still it has not held: something was due at the bound."""
    assert told(sweep(seed(1), seed(2), seed(3, broken=("a",)))) == [
        ([3], ["a"], [], False),
        ([1, 2], [], [], False),
    ]


def test_calm_weather_is_told_of_what_goes_wrong_in_it_alone() -> None:
    """A group of which one thing holds in calm weather is not said to go wrong there."""
    calm = seed(1, failure(7))
    both, one = seed(1, failure(7), failure(9)), seed(1, failure(7))
    assert told(sweep(one, calm=calm)) == [([1], [], [7], True)]
    assert told(sweep(both, calm=calm)) == [([1], [], [7, 9], False)]
    assert told(sweep(seed(2), calm=seed(1))) == [([2], [], [], True)]
    assert told(sweep(one, calm=seed(1, held=True))) == [([1], [], [7], False)]
