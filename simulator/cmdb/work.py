"""What the engine knows of one payload item while it works on it."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.cmdb.identifiers import Dependency, Rule
from simulator.cmdb.messages import Trouble
from simulator.cmdb.payload import Item
from simulator.cmdb.records import Record, Value

UNKNOWN = "Unknown"


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
    domain: Value
    reason: str


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
    attempts: tuple[AttemptExplanation, ...]
    attributes: tuple[AttributeExplanation, ...] = ()


@dataclass(frozen=True, slots=True)
class Info:
    """One element of `info`: a change of class that was not made."""

    code: str
    message: str
    rule: str = ""


@dataclass(slots=True)
class SubResult:
    """What becomes of an element of `lookup` or `related`."""

    class_name: str
    operation: str | None = None
    sys_id: str | None = None


@dataclass(slots=True, eq=False)
class Work:
    """An item on its way; filled in from identification to response."""

    item: Item
    class_name: str
    rule: Rule | None = None
    attempts: list[Attempt] = field(default_factory=list)
    explanations: list[AttemptExplanation] = field(default_factory=list)
    match: Record | None = None
    entry_id: str = UNKNOWN
    duplicates: list[Record] = field(default_factory=list)
    errors: list[Trouble] = field(default_factory=list)
    warnings: list[Trouble] = field(default_factory=list)
    info: list[Info] = field(default_factory=list)
    operation: str = "INSERT"
    sys_id: str = UNKNOWN
    host: Work | None = None
    dependency: Dependency | None = None
    subs: list[SubResult] = field(default_factory=list)
    masked: tuple[str, ...] = ()
    reconciled: list[AttributeExplanation] = field(default_factory=list)
    merged_ids: list[str] = field(default_factory=list)
    partial_ids: list[str] = field(default_factory=list)
    incomplete_ids: list[str] = field(default_factory=list)
    added: bool = False
    """Whether it came from a stored partial payload, not from the request."""
