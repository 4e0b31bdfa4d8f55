"""Qualifiers: CIs of `cmdb_ci_qualifier` that stand between two others and say more of their relation.

Two CIs have one chain of qualifiers for a type of relation at most; where a payload brings another chain than the
one that is stored, the stored one is changed to match ("Relation qualifier", "Identification rules").
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from simulator.cmdb.call import Call
from simulator.cmdb.items import Link, Pointer, PreparedItems, Troubles
from simulator.cmdb.messages import Trouble, trouble
from simulator.cmdb.payload import Item
from simulator.cmdb.preparation.relations import Tie

CLASS = "cmdb_ci_qualifier"


def is_qualifier(item: Item, call: Call) -> bool:
    """Whether the record is a qualifier: it has no identity but its place in a chain."""
    return CLASS in call.model.hierarchy.chain(item.class_name)


def tie(links: Iterable[Link], items: PreparedItems, call: Call) -> tuple[list[Tie], dict[int, Troubles]]:
    """What the relations tie together; and for each qualifier that ties nothing together its errors."""
    chains = _Chains(links, items, call)
    ties = [found for each in links if (found := chains.tie(each)) is not None]
    return ties, chains.errors()


class _Chains:
    """The qualifiers of a payload, followed from each relation that leads to the first of a chain."""

    def __init__(self, links: Iterable[Link], items: PreparedItems, call: Call) -> None:
        self._call, self._items = call, items
        self._qualifiers = {each.place for each in items.values() if is_qualifier(each.item, call)}
        self._after: dict[Pointer, list[Link]] = defaultdict(list)
        for each in links:
            self._after[each.parent].append(each)
        self._chained: set[int] = set()
        self._errors: dict[int, list[Trouble]] = defaultdict(list)

    def tie(self, first: Link) -> Tie | None:
        """What the relation ties together; None for one inside of a chain, and for a chain without an end."""
        if self._is_qualifier(first.parent):
            return None
        qualifiers, end = self._follow(first)
        return None if end is None else Tie(first.parent, end, first.type, tuple(qualifiers), first.text)

    def errors(self) -> dict[int, Troubles]:
        """By the places of qualifiers, once all relations are followed."""
        for place in sorted(self._qualifiers - self._chained):
            if not self._items[place].errors:
                self._errors[place].append(self._without_end(place))
        return {place: tuple(found) for place, found in self._errors.items()}

    def _is_qualifier(self, pointer: Pointer) -> bool:
        return pointer.sub is None and pointer.item in self._qualifiers

    def _without_end(self, place: int) -> Trouble:
        return trouble("qualifier_end", item=self._call.echo(self._items[place]))

    def _follow(self, first: Link) -> tuple[list[int], Pointer | None]:
        """The qualifiers from the *first* relation on, and what stands at their end."""
        found: list[int] = []
        at = first
        while self._is_qualifier(at.child):
            qualifier = at.child.item
            if qualifier in found:
                self._errors[qualifier].append(trouble("loop", relation=at.type))
                return found, None
            taken = qualifier in self._chained
            found.append(qualifier)
            self._chained.add(qualifier)
            following = self._after[at.child]
            if not following:
                self._errors[qualifier].append(self._without_end(qualifier))
                return found, None
            if taken or len(following) > 1 or following[0].type != first.type:
                ends = [each.item for each in (at.parent, following[-1].child) if each.sub is None]
                texts = [self._call.echo(self._items[place]) for place in (*ends, qualifier)]
                self._errors[qualifier].append(trouble("qualifier_paths", first=texts[0], second=texts[1]))
                return found, None
            at = following[0]
        return found, at.child
