"""What somebody may have meant who wrote a name that there is not."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from heapq import nlargest
from itertools import pairwise

NONE_DEFINED = "; none is defined"
"""What `did_you_mean` says when there is nothing to choose from."""

_MOST_COMPARED = 5
"""How many names are compared with a wrong one letter by letter."""

_BITS = 2039
"""How many pairs of letters a shape tells apart."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A suggestion to append to a message, or the known names when none is close."""
    names = frozenset(known)
    if (meant := closest(name, names)) is not None:
        return f"; did you mean {meant!r}?"
    return f"; there are: {', '.join(_shapes(names))}" if names else NONE_DEFINED


def closest(name: str, known: Iterable[str]) -> str | None:
    """The one of the known names that is like it, if any is."""
    shape_by_name = _shapes(frozenset(known))
    shape = _shape(name)
    # To compare two texts letter by letter takes a hundred times as long as to compare their shapes.
    alike = nlargest(_MOST_COMPARED, shape_by_name, lambda other: _likeness(shape, shape_by_name[other]))
    return next(iter(get_close_matches(name, alike, n=1)), None)


@lru_cache(maxsize=64)  # a file that misspells one name misspells many, mostly of few kinds
def _shapes(names: frozenset[str]) -> dict[str, int]:
    """The shapes of the names, in their order."""
    return {name: _shape(name) for name in sorted(names)}


def _shape(name: str) -> int:
    """Which pairs of neighbouring letters a name has, a bit for each, its ends included."""
    pairs = {31 * ord(one) + ord(next_) for one, next_ in pairwise(f" {name} ")}
    return sum(1 << bit for bit in {pair % _BITS for pair in pairs})


def _likeness(one: int, other: int) -> float:
    return (one & other).bit_count() / (one | other).bit_count()
