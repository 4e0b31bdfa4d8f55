"""How an item was identified and what became of its values, for whoever asks why."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.cmdb.records import Value


@dataclass(frozen=True, slots=True)
class Attempt:
    """One element of `identificationAttempts`."""

    identifier: str
    result: str
    attributes: tuple[str, ...] = ()
    table: str | None = None
    hybrid_attributes: tuple[str, ...] = ()
    info: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A CI that an attempt came upon, and why it was or was not the one."""

    sys_id: Value
    title: str
    domain: Value
    reason: str
    is_match: bool


@dataclass(frozen=True, slots=True)
class AttemptExplanation:
    """An attempt with every CI it came upon."""

    attempt: Attempt
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class AttributeExplanation:
    """Why an attribute of an updated CI has the value that it has after the payload."""

    attribute: str
    sent: Value
    value: Value
    """What the CI has in the end."""
    winner: str | None
    """The source whose value that is; None where no rule ever kept it."""
    rule: str
    """The rule that decided; empty where none governs the attribute."""
    reason: str
    others: tuple[str, ...]
    """Why the other sources and rules did not, one sentence each."""


@dataclass(frozen=True, slots=True)
class ItemExplanation:
    """How one item of the payload was identified, and what became of its values where the CI was there before."""

    indices: tuple[int, ...]
    class_name: str
    operation: str
    sys_id: str
    domain: Value
    """Of the CI that was matched, or else that of the caller, in which it is inserted."""
    errors: tuple[str, ...]
    """The codes of what keeps it from being written."""
    warnings: tuple[str, ...]
    """What is taken without being used, in the words of the response."""
    attempts: tuple[AttemptExplanation, ...]
    attributes: tuple[AttributeExplanation, ...] = ()
