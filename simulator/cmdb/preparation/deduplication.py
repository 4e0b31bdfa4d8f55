"""Equal items within one payload: they become one, or the payload is refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator

from simulator.cmdb.call import Call
from simulator.cmdb.items import Pointer, Prepared, PreparedItems, PreparedSub
from simulator.cmdb.messages import Trouble, trouble
from simulator.cmdb.preparation.criteria import can_run, criterion, lookups, own, own_values
from simulator.cmdb.preparation.partials import tellers
from simulator.cmdb.text import fold, fold_key

_Key = tuple[str, Hashable]
"""An identifier entry, and an item's values for it."""

_Criterion = tuple[str, Hashable, tuple[str, ...]]
"""An identifier entry, the item's values for it, and the names of those values."""


class Deduplicator:
    """Finds equal items among *items*, which it keeps as they are by now: the equal ones as one."""

    def __init__(self, items: PreparedItems, call: Call) -> None:
        self.items = dict(items)
        self._call = call
        self._merges = call.options.deduplicate_payloads
        self._keys: set[_Key] = set()
        """All by which items so far can be compared."""
        self._alone: list[tuple[int, list[_Criterion]]] = []
        """Items that share none of these with another, and are not yet in `_seen`."""
        self._seen: dict[_Key, dict[tuple[str, ...], int]] = {}
        """The other items, by each key and the entries that they could use before it."""
        self._known: dict[int, list[tuple[_Key, tuple[str, ...]]]] = defaultdict(list)
        """Where each of them is there."""
        self._taken: list[Prepared] = []
        """The same items as they were when their turn came."""
        self._turns: dict[int, list[int]] = {}
        """Which of those each item is made of."""
        self._standing: dict[Pointer, Pointer] = {}
        """By a record of the payload the equal one that stands for it."""
        self.refusal: Trouble | None = None

    def stand_in(self, pointer: Pointer) -> Pointer:
        """The record itself, or the equal one that stands for it."""
        while pointer in self._standing:
            pointer = self._standing[pointer]
        return pointer

    def take(self, places: Iterable[int]) -> None:
        """Compare these items with each other and with those before; hosts come before what depends on them."""
        taken: list[tuple[int, list[_Criterion]]] = []
        for place in places:
            ready = self.items[place]
            if ready.errors:
                continue
            if ready.subs:
                ready = self.items[place] = self._with_subs_compared(ready)
            if ready.host is not None:
                ready = self.items[place] = ready._replace(host=self.stand_in(Pointer(ready.host)).item)
            taken.append((place, _criteria(ready, self._call)))
        keys = [(entry, values) for _, criteria in taken for entry, values, _ in criteria]
        own = set(keys)
        if len(own) == len(keys) and own.isdisjoint(self._keys):  # nearly always: nobody has anything in common
            self._alone += taken
        else:
            for place, criteria in (*self._alone, *taken):
                self._compare(place, criteria)
            self._alone = []
        self._keys |= own

    def _compare(self, place: int, criteria: Iterable[_Criterion]) -> None:
        self._turns[place] = [len(self._taken)]
        self._taken.append(self.items[place])
        for key, before, fields in _in_order(criteria):
            equal = self._equal(key, before)
            if equal is not None:
                self._found(equal, place, fields)
                return
            self._know(place, key, before)

    def _equal(self, key: _Key, before: tuple[str, ...]) -> int | None:
        """The item that is equal to one of this key by the first entry that both can use, if there is one.

        An entry that both could use before it has set them apart.
        """
        known = self._seen.get(key, {}).items()
        return next((place for used, place in known if not set(used).intersection(before)), None)

    def _know(self, place: int, key: _Key, before: tuple[str, ...]) -> None:
        """Have later items be compared with this one by *key*, if no other is known by that already."""
        if self._seen.setdefault(key, {}).setdefault(before, place) == place:
            self._known[place].append((key, before))

    def _found(self, one: int, other: int, fields: tuple[str, ...]) -> None:
        if self._merges:
            self._merge(one, other)
            return
        earlier, later = self.items[one], self.items[other]
        first, second = earlier.item.indices[0], later.item.indices[0]
        for ready, index in ((earlier, second), (later, first)):
            self.items[ready.place] = ready._replace(duplicate_indices=(*ready.duplicate_indices, index))
        self.refusal = self.refusal or trouble(
            "duplicate_items", first=first, second=second, kind=later.item.class_name, fields=", ".join(fields)
        )

    def _merge(self, one: int, other: int) -> None:
        """Have one item of two; by what either had others are equal to it, and by what it has now set apart.

        What was equal to neither may be equal to the two together, and goes into the same item.
        """
        keys: dict[_Key, None] = {}
        third: int | None = other
        while third is not None:
            for place in (one, third):
                for key, before in self._known.pop(place, ()):
                    del self._seen[key][before]
                    keys[key] = None
            merged = self._united(one, third)
            criteria = _criteria(merged, self._call)
            keys |= dict.fromkeys((entry, values) for entry, values, _ in criteria)
            before_entry = {key[0]: before for key, before, _ in _in_order(criteria)}
            # By what it can no longer be looked for, only what has nothing else in common with it is equal.
            last = tuple([entry for entry, _, _ in criteria])
            equals = (self._equal(key, before_entry.get(key[0], last)) for key in keys)
            one, third = merged.place, next((place for place in equals if place is not None), None)
        for key in keys:
            self._know(one, key, before_entry.get(key[0], last))
        self._keys.update(keys)

    def _united(self, one: int, other: int) -> Prepared:
        """The two as one in the place of the earlier; what they say goes together in the order of the payload."""
        earlier, later = sorted((self._turns.pop(one), self._turns.pop(other)))
        turns = sorted(earlier + later)
        first = self._taken[turns[0]].place
        united, done = self.items[first], len(earlier)
        if turns[:done] != earlier:  # others that went into the first came after one of these
            united, done = self._taken[turns[0]], 1
        for turn in turns[done:]:
            united = self._merged(united, self._taken[turn])
        del self.items[other if first == one else one]
        self.items[first], self._turns[first] = united, turns
        return united

    def _merged(self, earlier: Prepared, later: Prepared) -> Prepared:
        """The *earlier* item with what the *later* one says."""
        self._standing[Pointer(later.place)] = Pointer(earlier.place)
        for sub in later.subs:
            self._standing[Pointer(later.place, sub.number)] = Pointer(earlier.place, sub.number)
        # What was stored gives way to what was sent.
        under, over = (later.item, earlier.item) if later.added else (earlier.item, later.item)
        is_a, kind = self._call.model.hierarchy.is_a, later.item.class_name
        item = earlier.item._replace(
            class_name=kind if is_a(kind, earlier.item.class_name) else earlier.item.class_name,
            values={**under.values, **over.values},
            told_by=tellers(under, over, over.values),
            indices=earlier.item.indices + later.item.indices,
        )
        known = {each.identity for each in earlier.sources}
        whole = earlier.with_item(item)._replace(
            merged_ids=earlier.merged_ids + later.merged_ids,
            warnings=earlier.warnings + later.warnings,
            sources=earlier.sources + tuple([each for each in later.sources if each.identity not in known]),
            subs=tuple(sorted((*earlier.subs, *later.subs), key=lambda sub: not sub.is_lookup)),
        )
        return self._with_subs_compared(whole)

    def _with_subs_compared(self, ready: Prepared) -> Prepared:
        """The item; its equal lookup or related records are one, or an error of it."""
        seen: dict[Hashable, PreparedSub] = {}
        for sub in ready.subs:
            key = _sub_key(sub)
            earlier = seen.setdefault(key, sub)
            if earlier is sub:
                continue
            if self._merges:
                self._standing[Pointer(ready.place, sub.number)] = Pointer(ready.place, earlier.number)
                values = {**earlier.item.values, **sub.item.values}
                item = earlier.item._replace(values=values, indices=earlier.item.indices + sub.item.indices)
                seen[key] = earlier._replace(item=item)
            else:
                ready = _refused(ready, earlier, sub)
        return ready._replace(subs=tuple(seen.values())) if self._merges else ready


def _refused(ready: Prepared, earlier: PreparedSub, later: PreparedSub) -> Prepared:
    """The item with the error that two of its records are equal."""
    assert later.entry is not None
    skipped = 0 if later.is_lookup else len(ready.item.lookup)
    (index, first), (_, second) = earlier.item.indices[0], later.item.indices[0]
    if later.is_lookup:
        ready = ready._replace(duplicate_lookups=(*ready.duplicate_lookups, (first, second)))
    if ready.errors:
        return ready
    key = "duplicate_lookups" if later.is_lookup else "duplicate_related"
    places = {"first": first - skipped, "second": second - skipped}
    return ready.with_errors(trouble(key, **places, index=index, fields=",".join(later.entry.attributes)))


def _in_order(criteria: Iterable[_Criterion]) -> Iterator[tuple[_Key, tuple[str, ...], tuple[str, ...]]]:
    """Each as a key, with the entries before it and the names of its values."""
    before: tuple[str, ...] = ()
    for entry, values, fields in criteria:
        yield (entry, values), before, fields
        if entry != "source":  # A second key of one record at its source is no second record.
            before += (entry,)


def _criteria(ready: Prepared, call: Call) -> list[_Criterion]:
    """By what the item can be compared with others, in the order in which it would be identified."""
    found: list[_Criterion] = []
    sys_id = ready.item.values.get("sys_id")
    if sys_id:
        found.append(("sys_id", fold(sys_id), ("sys_id",)))
    if ready.sources:
        within = call.model.numbered_as(ready.item.class_name)
        found += [("source", (within, source.identity), _BY_SOURCE) for source in ready.sources]
    if ready.rule is None:
        return found
    for entry in ready.rule.entries:
        if not entry.is_lookup:
            by = own(ready, entry)
            if by is not None:
                found.append((entry.sys_id, (ready.host, by), by.attributes))
        elif can_run(call.model, ready, entry):
            records = frozenset(lookups(call.model, ready, entry))
            found.append((entry.sys_id, (own_values(ready.item, entry), records), entry.attributes))
    return found


_BY_SOURCE = ("source_name", "source_native_key")


def _sub_key(sub: PreparedSub) -> Hashable:
    assert sub.entry is not None
    by = criterion(sub.item, sub.entry)
    if by is not None:
        return sub.is_lookup, sub.entry.sys_id, by
    values = sub.item.values
    return sub.is_lookup, sub.class_name, frozenset(zip(values, fold_key(tuple(values.values())), strict=True))
