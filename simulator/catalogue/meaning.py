"""What one code means."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one code means."""

    when: str
    """When it is given; follows "refused when"."""
    rule: str
    source: str
    """Where the rule is from: a page (S, R), a failure mode (F) or an open question (Q); see
    simulator/docs/sources.md."""
    cause: str
    """What mostly leads to it."""
    remedy: str
    """The change that mends it, and who makes it."""
    scenario: str = ""
    """The name of a shipped scenario that shows it; empty where only a fault or a foreign client leads to it."""
