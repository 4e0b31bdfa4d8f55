"""What the engine knows of the records of a payload: each phase makes new values of those of the phase before.

Prepared    what was sent, the rule it falls under, the item it depends on      preparation/
Identified  the CI that it describes, and what may become of that               identification/
Written     what became of its values                                          commit/
Kept        how an item in trouble waits for a later payload                    commit/keeping.py
Outcome     what is told of it in the end                                      outcome.py, response.py

Items are known by their places in the payload, those that were stored after those that were sent, so none of these
values holds another item: a host is the place of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from simulator.cmdb.explanation import Attempt, AttemptExplanation, AttributeExplanation
from simulator.cmdb.messages import Trouble
from simulator.cmdb.payload import Item, SourceInfo, SubItem
from simulator.cmdb.records import Record, Value
from simulator.cmdb.rules.identifiers import Criterion, Dependency, Entry, Rule

UNKNOWN = "Unknown"

Troubles = tuple[Trouble, ...]


class Pointer(NamedTuple):
    """A record of the payload: the item at a place or, with a number, one of its lookup and related records."""

    item: int
    sub: int | None = None


class PreparedSub(NamedTuple):
    """An element of `lookup` or `related` with the entry for it."""

    number: int
    """Among all such records of the payload."""
    item: SubItem
    is_lookup: bool
    entry: Entry | None = None

    @property
    def added(self) -> bool:
        """Whether it came from a stored partial payload, not from the request."""
        return not self.item.indices

    @property
    def class_name(self) -> str:
        """The class of the record."""
        return self.item.class_name


class Prepared(NamedTuple):
    """An item that is ready to be identified, or the errors for which it is not."""

    place: int
    item: Item
    criteria: dict[str, Criterion | None]
    """By what its entries look for it, as far as that has been asked: a memo of `criteria.own`."""
    rule: Rule | None = None
    subs: tuple[PreparedSub, ...] = ()
    sources: tuple[SourceInfo, ...] = ()
    """The record's keys at its sources: one, or those of all the items that went into this one."""
    host: int | None = None
    dependency: Dependency | None = None
    errors: Troubles = ()
    warnings: Troubles = ()
    duplicate_indices: tuple[int, ...] = ()
    duplicate_lookups: tuple[tuple[int, int], ...] = ()
    """The places of equal lookup records in pairs, the first of them with each of the others."""
    merged_ids: tuple[str, ...] = ()
    """The stored partial payloads that went into it."""

    @property
    def added(self) -> bool:
        """Whether it came from a stored partial payload, not from the request."""
        return not self.item.indices

    @property
    def is_dependent(self) -> bool:
        """Whether it is identified together with the item that it depends on."""
        return self.rule is not None and not self.rule.independent

    @property
    def records(self) -> Iterator[tuple[Pointer, Item | SubItem]]:
        """The item and its lookup and related records."""
        yield Pointer(self.place), self.item
        for sub in self.subs:
            yield Pointer(self.place, sub.number), sub.item

    def class_of(self, pointer: Pointer) -> str:
        """The class that was sent for the item or for one of its lookup and related records."""
        return next(item.class_name for one, item in self.records if one == pointer)

    def with_errors(self, *errors: Trouble) -> Prepared:
        """The same with further errors."""
        return self._replace(errors=self.errors + errors)

    def with_warnings(self, *warnings: Trouble) -> Prepared:
        """The same with further warnings."""
        return self._replace(warnings=self.warnings + warnings)

    def with_item(self, item: Item) -> Prepared:
        """The same with other values, which other criteria follow from."""
        return self._replace(item=item, criteria={})

    def with_value(self, pointer: Pointer, field: str, value: str) -> Prepared:
        """The same with a value filled in, in the item or in one of its lookup and related records."""
        if pointer.sub is None:
            return self.with_item(self.item._replace(values={**self.item.values, field: value}))
        filled = [
            sub._replace(item=sub.item._replace(values={**sub.item.values, field: value}))
            if sub.number == pointer.sub
            else sub
            for sub in self.subs
        ]
        return self._replace(subs=tuple(filled), criteria={})


class Link(NamedTuple):
    """A relation of the payload between two of its records; *place* is its own among the relations."""

    place: int
    parent: Pointer
    child: Pointer
    type: str
    source_name: str | None
    source_feed: str | None
    sent_source: bool
    text: str
    """The relation as it was sent, in JSON."""

    @property
    def ends(self) -> tuple[Pointer, Pointer]:
        """The parent and the child."""
        return self.parent, self.child


class Reference(NamedTuple):
    """One of `referenceItems`: *by* refers to *referenced* in *field*."""

    field: str
    referenced: Pointer
    by: Pointer


class Equals(NamedTuple):
    """Records of *table* that are equal in *attributes*, oldest first; *marked*: as CIs, by `duplicate_of`."""

    records: tuple[Record, ...]
    table: str
    attributes: tuple[str, ...]
    marked: bool


class Info(NamedTuple):
    """One element of `info`: a change of class that was not made."""

    code: str
    message: str
    rule: str = ""


class IdentifiedSub(NamedTuple):
    """A lookup or related record, and the one that the CI has already."""

    ready: PreparedSub
    match: Record | None
    sys_id: str


class Identified(NamedTuple):
    """An item with the CI that it leads to, or with the errors for which nothing is written of it."""

    ready: Prepared
    class_name: str
    """The class of the CI once the item is processed: the item's, or the one that the CI keeps."""
    operation: str = "INSERT"
    sys_id: str = UNKNOWN
    match: Record | None = None
    """The CI that was there, of the class that earlier items of the payload have given it."""
    entry_id: str = UNKNOWN
    attempts: tuple[Attempt, ...] = ()
    explanations: tuple[AttemptExplanation, ...] = ()
    equals: tuple[Equals, ...] = ()
    errors: Troubles = ()
    """Those that it was prepared with included."""
    info: tuple[Info, ...] = ()
    subs: tuple[IdentifiedSub, ...] = ()

    @property
    def place(self) -> int:
        """Of the item in the payload."""
        return self.ready.place

    @property
    def item(self) -> Item:
        """What was sent, with the references that are known by now."""
        return self.ready.item

    @property
    def values(self) -> dict[str, Value]:
        """Those of the item."""
        return self.ready.item.values

    def with_errors(self, *errors: Trouble) -> Identified:
        """The same with further errors."""
        return self._replace(errors=self.errors + errors)

    def with_value(self, pointer: Pointer, field: str, value: str) -> Identified:
        """The same with a value filled in, in the item or in one of its lookup and related records."""
        ready = self.ready.with_value(pointer, field, value)
        sub_by_number = {sub.number: sub for sub in ready.subs}
        subs = [sub._replace(ready=sub_by_number[sub.ready.number]) for sub in self.subs]
        return self._replace(ready=ready, subs=tuple(subs))

    def record(self, pointer: Pointer) -> Identified | IdentifiedSub:
        """The item itself or, of its lookup and related records, the one that is meant."""
        if pointer.sub is None:
            return self
        return next(sub for sub in self.subs if sub.ready.number == pointer.sub)


class Written(NamedTuple):
    """What became of an item that was in order."""

    operation: str
    masked: tuple[str, ...] = ()
    reconciled: tuple[AttributeExplanation, ...] = ()
    sub_operations: tuple[str, ...] = ()
    """Of its lookup and related records."""


class Kept(NamedTuple):
    """How an item in trouble is stored: as one payload, or in several where it is partial with many dependents."""

    operation: str
    sys_ids: tuple[str, ...]

    @property
    def is_partial(self) -> bool:
        """Whether it waits for a later payload: what is wrong with it is then no error but a warning."""
        return self.operation == "INSERT_AS_PARTIAL"


class SubOutcome(NamedTuple):
    """What is told of a lookup or related record."""

    ready: PreparedSub
    sys_id: str
    operation: str | None


class Outcome(NamedTuple):
    """What is told of an item in the end."""

    identified: Identified
    operation: str
    sys_id: str
    entry_id: str
    errors: Troubles
    warnings: Troubles
    masked: tuple[str, ...]
    reconciled: tuple[AttributeExplanation, ...]
    subs: tuple[SubOutcome, ...]
    partial_ids: tuple[str, ...] = ()
    incomplete_ids: tuple[str, ...] = ()

    @property
    def added(self) -> bool:
        """Whether the item came from a stored partial payload, not from the request."""
        return not self.identified.ready.item.indices


class RelationOutcome(NamedTuple):
    """What is told of a relation."""

    place: int
    operation: str | None
    sys_id: str | None
    errors: Troubles
    added: bool


PreparedItems = Mapping[int, Prepared]
"""By their places, in that order."""

IdentifiedItems = Mapping[int, Identified]
"""The same once they are identified."""
