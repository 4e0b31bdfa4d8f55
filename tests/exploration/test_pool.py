"""Those who work on many things at once: what is handed over, when, and what is not begun any more."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from simulator.exploration.pool import Workers


def begun(take: int, *, seconds: float, singly: bool) -> list[int]:
    """What one thread has begun on, of a thousand for two, when after so many results nobody wants more."""
    known = list[int]()

    def one(number: int) -> int:
        known.append(number)
        time.sleep(seconds)
        return number

    with ThreadPoolExecutor(1) as pool:
        results = Workers(pool, 2).map(one, range(1000), singly=singly)
        assert [next(results) for _ in range(take)] == list(range(take))
        results.close()
    return known


def test_what_is_not_begun_when_nobody_wants_more_never_is() -> None:
    """Four are handed over, of which one has been asked for and one may have been begun."""
    assert begun(1, seconds=0.02, singly=False) in ([0], [0, 1])


@pytest.mark.parametrize(
    ("singly", "is_enough"), [(True, lambda number: number <= 11), (False, lambda number: number > 20)]
)
def test_chunks_grow_with_what_is_quick(singly: bool, is_enough: Callable[[int], bool]) -> None:
    """But not for who takes them singly: what was handed over with the first would be done for nothing."""
    assert is_enough(len(begun(10, seconds=0.002, singly=singly)))
