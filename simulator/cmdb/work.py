"""What the engine knows of one payload item while it works on it."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.cmdb.messages import Trouble
from simulator.cmdb.payload import Item, SourceInfo, SubItem
from simulator.cmdb.records import Record, Value
from simulator.cmdb.rules.identifiers import Criterion, Dependency, Entry, Rule

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


@dataclass(frozen=True, slots=True)
class Info:
    """One element of `info`: a change of class that was not made."""

    code: str
    message: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Equals:
    """Records of *table* that are equal in *attributes*, oldest first; *marked*: as CIs, by `duplicate_of`."""

    records: tuple[Record, ...]
    table: str
    attributes: tuple[str, ...]
    marked: bool


@dataclass(slots=True, eq=False)
class SubWork:
    """An element of `lookup` or `related` on its way; *owner* is the item that it came with."""

    item: SubItem
    owner: Work
    is_lookup: bool
    entry: Entry | None = None
    match: Record | None = None
    operation: str | None = None
    sys_id: str = UNKNOWN

    @property
    def added(self) -> bool:
        """Whether it came from a stored partial payload, not from the request."""
        return not self.item.indices

    @property
    def class_name(self) -> str:
        """The class of the record."""
        return self.item.class_name

    @property
    def errors(self) -> tuple[Trouble, ...]:
        """The owner's: one is not written without the other."""
        return self.owner.errors


@dataclass(slots=True, eq=False)
class Work:
    """An item on its way; filled in from step to step."""

    item: Item
    class_name: str
    """The class of the CI once the item is processed: the item's, or the one that the CI keeps."""
    rule: Rule | None = None
    subs: tuple[SubWork, ...] = ()
    sources: tuple[SourceInfo, ...] = ()
    """The record's keys at its sources: one, or those of all the items that went into this one."""
    criteria: dict[str, Criterion | None] | None = None
    """By what its entries look for it, as far as that has been asked since its values were last filled in."""
    host: Work | None = None
    dependency: Dependency | None = None
    attempts: tuple[Attempt, ...] = ()
    explanations: tuple[AttemptExplanation, ...] = ()
    match: Record | None = None
    """The CI that the item leads to, of the class that earlier items of the payload have given it."""
    entry_id: str = UNKNOWN
    equals: tuple[Equals, ...] = ()
    operation: str = "INSERT"
    sys_id: str = UNKNOWN
    masked: tuple[str, ...] = ()
    errors: tuple[Trouble, ...] = ()
    warnings: tuple[Trouble, ...] = ()
    info: tuple[Info, ...] = ()
    reconciled: tuple[AttributeExplanation, ...] = ()
    duplicate_indices: tuple[int, ...] = ()
    duplicate_lookups: tuple[tuple[int, int], ...] = ()
    """The places of equal lookup records in pairs, the first of them with each of the others."""
    merged_ids: tuple[str, ...] = ()
    partial_ids: tuple[str, ...] = ()
    incomplete_ids: tuple[str, ...] = ()

    @property
    def added(self) -> bool:
        """Whether it came from a stored partial payload, not from the request."""
        return not self.item.indices

    @classmethod
    def of(cls, item: Item) -> Work:
        """The work that an item is, before anything is known of it."""
        work = cls(item, item.class_name)
        if item.lookup or item.related:
            lookup = [SubWork(each, work, is_lookup=True) for each in item.lookup]
            work.subs = (*lookup, *[SubWork(each, work, is_lookup=False) for each in item.related])
        if item.source.name and item.source.key:
            work.sources = (item.source,)
        return work


Part = Work | SubWork
"""What a relation or a reference of the payload can point at."""


def owner_of(part: Part) -> Work:
    """The item that a record of the payload is, or came with."""
    return part if isinstance(part, Work) else part.owner
