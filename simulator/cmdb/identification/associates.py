"""The lookup and related records of an item: which of them the CI has already."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import NamedTuple

from simulator.cmdb.call import Call
from simulator.cmdb.duplicates import duplicates
from simulator.cmdb.items import Equals, IdentifiedSub, Prepared, PreparedSub, Troubles
from simulator.cmdb.messages import trouble
from simulator.cmdb.preparation.criteria import criterion, whole
from simulator.cmdb.records import Record, Value

Made = dict[Hashable, str]
"""By what records of this call are found that are to be inserted, their sys_ids."""


class Host(NamedTuple):
    """An item with such records, and the CI that it leads to: one that is there, or one that is to be inserted."""

    ready: Prepared
    is_there: bool
    sys_id: str
    equals: tuple[Equals, ...]
    """What identification came upon."""


class Associates(NamedTuple):
    """The records of one item, and what is wrong with those that the CI has."""

    subs: tuple[IdentifiedSub, ...] = ()
    equals: tuple[Equals, ...] = ()
    """What identification came upon included."""
    errors: Troubles = ()


def settle(hosts: Iterable[Host], made: Made, call: Call) -> dict[int, Associates]:
    """Match the records of identified items by their entries' attributes and their reference to the CI.

    What several items say of one CI may be the same new record, too. By the places of the items.
    """
    hosts = [host for host in hosts if host.ready.subs]
    for host in hosts:
        for sub in host.ready.subs:
            if host.is_there:
                call.index.want(*_place(sub, host.sys_id))
            source = sub.item.source
            if source.name and source.key:
                call.index.want("sys_object_source", ("name", "id"), (source.name, source.key))
    call.index.fetch()
    return {host.ready.place: _settle(host, made, call) for host in hosts}


def _settle(host: Host, made: Made, call: Call) -> Associates:
    subs: list[IdentifiedSub] = []
    found = Associates(equals=host.equals)
    for sub in host.ready.subs:
        rows = _rows(sub, host.sys_id, call) if host.is_there else []
        match = min(rows, key=duplicates.age, default=None)
        found = _with_duplicates(found, sub, rows, host, call)
        if match is not None:
            sys_id = match["sys_id"] or ""
        else:
            place = _place(sub, host.sys_id)
            sys_id = made.get(place) or made.setdefault(place, call.new_id())
        subs.append(IdentifiedSub(sub, match, sys_id))
    return found._replace(subs=tuple(subs))


def _rows(sub: PreparedSub, ci: str, call: Call) -> list[Record]:
    """The records of the CI that are such a one."""
    entry = sub.entry
    assert entry is not None
    rows = [row for row in call.index.found(*_place(sub, ci)) if call.sees(entry.table, row)]
    if sub.is_lookup:
        return rows
    return [row for row in rows if entry.condition.holds(call.view(entry.table, row))]


def _with_duplicates(
    so_far: Associates, sub: PreparedSub, rows: list[Record], host: Host, call: Call
) -> Associates:
    """What is wrong with the records, if several of the CI's are one record of the item."""
    entry, rule = sub.entry, host.ready.rule
    if len(rows) < 2 or entry is None or rule is None:
        return so_far
    # One that is tagged may be written, but has been told already.
    rows = [row for row in rows if call.counts(entry.table, row)]
    if len(rows) < 2:
        return so_far
    equals, errors = so_far.equals, so_far.errors
    if sub.is_lookup and not duplicates.are_tolerable(call.model, len(rows)):
        fields, table = ", ".join(entry.attributes), entry.table
        errors += (trouble("lookup_duplicates", table=table, fields=fields, field=entry.referenced_field),)
    already = {each.table for each in equals}  # What identification came upon says more.
    if entry.table not in already and call.model.wants_lookup_tasks(entry.table, rule.applies_to):
        ordered = tuple(sorted(rows, key=duplicates.age))
        equals += (Equals(ordered, entry.table, entry.attributes, marked=False),)
    return so_far._replace(equals=equals, errors=errors)


def _place(sub: PreparedSub, ci: str) -> tuple[str, tuple[str, ...], tuple[Value, ...]]:
    """Where the records are that have the same attributes and refer to the same CI."""
    entry = sub.entry
    assert entry is not None
    by = criterion(sub.item, entry) or whole(sub.item, entry)
    return entry.table, (*by.attributes, entry.referenced_field), (*by.values, ci)
