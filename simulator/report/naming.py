"""How scenarios are called where people are told of them."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote


def with_combination(text: str, combination: str) -> str:
    """A scenario's file or name as people are told it: with which of its matrix it is."""
    return f"{text} [{combination}]" if combination else text


def as_options(settings: Sequence[str]) -> str:
    """What the command line needs to set variables so again, with a space behind it."""
    return "".join(f"--set {quote(each)} " for each in settings)
