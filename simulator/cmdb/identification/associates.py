"""The lookup and related records of an item: which of them the CI has already."""

from __future__ import annotations

from collections.abc import Hashable

from simulator.cmdb.call import Call
from simulator.cmdb.duplicates import duplicates
from simulator.cmdb.messages import trouble
from simulator.cmdb.preparation.criteria import criterion, whole
from simulator.cmdb.records import Record, Value
from simulator.cmdb.work import Equals, SubWork, Work

Made = dict[Hashable, str]
"""By what records of this call are found that are to be inserted, their sys_ids."""


def settle(works: list[Work], made: Made, call: Call) -> None:
    """Match the records of identified items by their entries' attributes and their reference to the CI.

    What several items say of one CI may be the same new record, too.
    """
    for work in works:
        for sub in work.subs:
            if work.match is not None:
                call.index.want(*_place(sub))
            source = sub.item.source
            if source.name and source.key:
                call.index.want("sys_object_source", ("name", "id"), (source.name, source.key))
    call.index.fetch()
    for work in works:
        for sub in work.subs:
            if work.match is not None:
                _match(sub, call)
            if sub.match is not None:
                sub.sys_id = sub.match["sys_id"] or ""
            elif work.match is None:  # no other item of the call leads to this CI
                sub.sys_id = call.new_id()
            else:
                place = _place(sub)
                sub.sys_id = made.get(place) or made.setdefault(place, call.new_id())


def _match(sub: SubWork, call: Call) -> None:
    entry, work = sub.entry, sub.owner
    assert entry is not None
    assert work.rule is not None
    rows = [row for row in call.index.found(*_place(sub)) if call.sees(entry.table, row)]
    if not sub.is_lookup:
        rows = [row for row in rows if entry.condition.holds(call.view(entry.table, row))]
    sub.match = min(rows, key=duplicates.age, default=None)
    # One that is tagged may be written, but has been told already.
    rows = [row for row in rows if call.counts(entry.table, row)]
    if len(rows) < 2:
        return
    if sub.is_lookup and not duplicates.are_tolerable(call.model, len(rows)):
        fields, table = ", ".join(entry.attributes), entry.table
        work.errors += (trouble("lookup_duplicates", table=table, fields=fields, field=entry.referenced_field),)
    already = {each.table: each for each in work.equals}  # What identification came upon says more.
    if entry.table not in already and call.model.wants_lookup_tasks(entry.table, work.rule.applies_to):
        ordered: tuple[Record, ...] = tuple(sorted(rows, key=duplicates.age))
        work.equals += (Equals(ordered, entry.table, entry.attributes, marked=False),)


def _place(sub: SubWork) -> tuple[str, tuple[str, ...], tuple[Value, ...]]:
    """Where the records are that have the same attributes and refer to the same CI."""
    entry = sub.entry
    assert entry is not None
    by = criterion(sub.item, entry) or whole(sub.item, entry)
    return entry.table, (*by.attributes, entry.referenced_field), (*by.values, sub.owner.sys_id)
