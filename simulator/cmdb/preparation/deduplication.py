"""Equal items within one payload: they become one, or the payload is refused."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from simulator.cmdb.call import Call
from simulator.cmdb.messages import Trouble, trouble
from simulator.cmdb.preparation.criteria import can_run, criterion, lookups, own, own_values
from simulator.cmdb.text import fold, fold_key
from simulator.cmdb.work import Part, SubWork, Work

_Criterion = tuple[str, Hashable, tuple[str, ...]]
"""An identifier entry, the item's values for it, and the names of those values."""


class Deduplicator:
    """Finds equal items; `standing` maps a record of the payload to the equal one that stands for it now."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._merges = call.options.deduplicate_payloads
        self._keys: set[tuple[str, Hashable]] = set()
        """All by which items so far can be compared."""
        self._alone: list[tuple[Work, list[_Criterion]]] = []
        """Items that share none of these with another, and are not yet in `_seen`."""
        self._seen: dict[tuple[str, Hashable], dict[tuple[str, ...], Work]] = {}
        self.standing: dict[Part, Part] = {}
        self.refusal: Trouble | None = None

    def stand_in(self, part: Part) -> Part:
        """The record itself, or the equal one that stands for it."""
        while part in self.standing:
            part = self.standing[part]
        return part

    def take(self, works: Iterable[Work]) -> None:
        """Compare *works* with each other and with those before; hosts come before what depends on them."""
        taken: list[tuple[Work, list[_Criterion]]] = []
        for work in works:
            if work.errors:
                continue
            if work.subs:
                self._compare_subs(work)
            if work.host is not None:
                host = self.stand_in(work.host)
                assert isinstance(host, Work)
                work.host = host
            taken.append((work, _criteria(work, self._call)))
        keys = [(entry, values) for _, criteria in taken for entry, values, _ in criteria]
        own = set(keys)
        if len(own) == len(keys) and own.isdisjoint(self._keys):  # nearly always: nobody has anything in common
            self._alone += taken
        else:
            for work, criteria in (*self._alone, *taken):
                self._compare(work, criteria)
            self._alone = []
        self._keys |= own

    def _compare(self, work: Work, criteria: list[_Criterion]) -> None:
        before: tuple[str, ...] = ()
        for entry, values, fields in criteria:
            works = self._seen.setdefault((entry, values), {})
            # Equal by the first entry that both can use; one that both could use before it has set them apart.
            earlier = next((one for used, one in works.items() if not set(used).intersection(before)), None)
            if earlier is not None:
                self._found(earlier, work, fields)
                return
            works.setdefault(before, work)
            if entry != "source":  # A second key of one record at its source is no second record.
                before += (entry,)

    def _found(self, earlier: Work, work: Work, fields: tuple[str, ...]) -> None:
        if self._merges:
            self._merge(earlier, work)
            return
        first, second = earlier.item.indices[0], work.item.indices[0]
        earlier.duplicate_indices += (second,)
        work.duplicate_indices += (first,)
        self.refusal = self.refusal or trouble(
            "duplicate_items", first=first, second=second, kind=work.item.class_name, fields=", ".join(fields)
        )

    def _merge(self, earlier: Work, work: Work) -> None:
        self.standing[work] = earlier
        values = {**earlier.item.values, **work.item.values}
        if work.added:  # What was stored gives way to what was sent.
            values = {**work.item.values, **earlier.item.values}
        is_a, kind = self._call.model.hierarchy.is_a, work.item.class_name
        earlier.item = earlier.item._replace(
            class_name=kind if is_a(kind, earlier.item.class_name) else earlier.item.class_name,
            values=values,
            indices=earlier.item.indices + work.item.indices,
        )
        earlier.class_name = earlier.item.class_name
        earlier.criteria = None
        earlier.merged_ids += work.merged_ids
        earlier.warnings += work.warnings
        known = {each.identity for each in earlier.sources}
        earlier.sources += tuple([each for each in work.sources if each.identity not in known])
        for sub in work.subs:
            sub.owner = earlier
        earlier.subs = tuple(sorted((*earlier.subs, *work.subs), key=lambda sub: not sub.is_lookup))
        self._compare_subs(earlier)

    def _compare_subs(self, work: Work) -> None:
        """Equal lookup or related records of one item become one, or are an error of it."""
        seen: dict[Hashable, SubWork] = {}
        for sub in work.subs:
            earlier = seen.setdefault(_sub_key(sub), sub)
            if earlier is sub:
                continue
            if self._merges:
                self.standing[sub] = earlier
                values = {**earlier.item.values, **sub.item.values}
                earlier.item = earlier.item._replace(
                    values=values, indices=earlier.item.indices + sub.item.indices
                )
                work.subs = tuple(each for each in work.subs if each is not sub)
            else:
                self._refuse_sub(work, earlier, sub)

    def _refuse_sub(self, work: Work, earlier: SubWork, sub: SubWork) -> None:
        assert sub.entry is not None
        skipped = 0 if sub.is_lookup else len(work.item.lookup)
        (index, first), (_, second) = earlier.item.indices[0], sub.item.indices[0]
        if sub.is_lookup:
            work.duplicate_lookups += ((first, second),)
        if not work.errors:
            key, fields = (
                "duplicate_lookups" if sub.is_lookup else "duplicate_related",
                ",".join(sub.entry.attributes),
            )
            places = {"first": first - skipped, "second": second - skipped}
            work.errors += (trouble(key, **places, index=index, fields=fields),)


def _criteria(work: Work, call: Call) -> list[_Criterion]:
    """By what the item can be compared with others, in the order in which it would be identified."""
    found: list[_Criterion] = []
    sys_id = work.item.values.get("sys_id")
    if sys_id:
        found.append(("sys_id", fold(sys_id), ("sys_id",)))
    if work.sources:
        within = call.model.numbered_as(work.item.class_name)
        found += [("source", (within, source.identity), _BY_SOURCE) for source in work.sources]
    if work.rule is None:
        return found
    host = None if work.host is None else id(work.host)
    for entry in work.rule.entries:
        if not entry.is_lookup:
            by = own(work, entry)
            if by is not None:
                found.append((entry.sys_id, (host, by), by.attributes))
        elif can_run(call.model, work, entry):
            records = frozenset(lookups(call.model, work, entry).values())
            found.append((entry.sys_id, (own_values(work, entry), records), entry.attributes))
    return found


_BY_SOURCE = ("source_name", "source_native_key")


def _sub_key(sub: SubWork) -> Hashable:
    assert sub.entry is not None
    by = criterion(sub.item, sub.entry)
    if by is not None:
        return sub.is_lookup, sub.entry.sys_id, by
    values = sub.item.values
    return sub.is_lookup, sub.class_name, frozenset(zip(values, fold_key(tuple(values.values())), strict=True))
