"""How records look in an answer: the three display modes, with links or without ("Table API")."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from simulator.cmdb.classes.columns import Column
from simulator.cmdb.classes.hierarchy import Hierarchy
from simulator.cmdb.conditions import conditions
from simulator.cmdb.records import Record
from simulator.rest.call import Call
from simulator.rest.callers.access import Access
from simulator.rest.times import AS_KEPT, USED, Times
from simulator.store.records.records import Records

Shape = dict[str, Any]

_CLASS = "sys_class_name"


@dataclass(frozen=True, slots=True)
class Look:
    """How a request wants records shown."""

    mode: str
    """`true`, `false` or `all`: what people read, what the record holds, or both."""
    has_links: bool
    fields: tuple[str, ...]
    """The fields to show, perhaps of records that are referred to; none: all."""
    base: str
    """What links begin with."""
    times: Times = AS_KEPT
    """How people read times."""

    @property
    def own_fields(self) -> frozenset[str]:
        """The fields of the records themselves that are needed for it; none: all."""
        return frozenset(name.partition(".")[0] for name in self.fields)

    @classmethod
    def of(cls, call: Call) -> Look:
        """Read it from the parameters; anything else than `true` and `all` is the default."""
        request = call.request
        mode = request.parameter("sysparm_display_value").lower()
        fields = (name.strip() for name in request.parameter("sysparm_fields").split(","))
        return cls(
            mode if mode in ("true", "all") else "false",
            not request.asks("sysparm_exclude_reference_link"),
            tuple(dict.fromkeys(name for name in fields if name)),
            request.base,
            times_of(call) if mode in ("true", "all") else AS_KEPT,
        )


def times_of(call: Call) -> Times:
    """How the caller reads times."""
    desk, user = call.desk, call.caller.sys_id
    record = desk.records.by_id("sys_user", [user], desk.model.hierarchy, USED).get(user, {})
    return Times.of(record, desk.model.properties)


class _Cells(NamedTuple):  # there is one for each field of each answer, and no other kind is made as quickly
    """The values of one field, a record each, with what is needed to show them."""

    column: Column
    values: Sequence[str]
    absent: frozenset[int] = frozenset()
    """The places of the records that do not show the field, for the caller may not read it."""


def shaped(
    records: Sequence[Record], table: str, look: Look, store: Records, hierarchy: Hierarchy, access: Access
) -> list[Shape]:
    """The records as the request wants to see them; fields that there are not, or not to read, are left out."""
    cells_by_name = _Walk(store, hierarchy, access).cells(records, table, look.fields)
    titles = _Titles(cells_by_name.values() if look.mode != "false" else (), look.times, store, hierarchy)
    columns = [
        _shapes(cells, look, titles) if look.mode != "false" or cells.column.reference else cells.values
        for cells in cells_by_name.values()
    ]
    rows = [dict(zip(cells_by_name, row, strict=True)) for row in zip(*columns, strict=True)] or [
        {} for _ in records
    ]
    for name, cells in cells_by_name.items():
        for place in cells.absent:
            del rows[place][name]
    return rows


def shown_values(
    table: str, name: str, values: Sequence[str], look: Look, store: Records, hierarchy: Hierarchy
) -> list[str]:
    """What people see of these values of a field."""
    *_, (field, holder) = conditions.steps(name, table, hierarchy)
    column = hierarchy.column(holder or table, field)
    if column is None:
        return list(values)
    cells = _Cells(column, values)
    return _Titles([cells], look.times, store, hierarchy).of(cells)


class _Walk:
    """Follows references from records to others, all of a field at once."""

    def __init__(self, store: Records, hierarchy: Hierarchy, access: Access) -> None:
        self._store, self._hierarchy, self._access = store, hierarchy, access

    def cells(self, records: Sequence[Record], table: str, fields: Iterable[str]) -> dict[str, _Cells]:
        """What the records have in these fields; in all that they have where none is named."""
        first = chain.from_iterable(records if self._access.closes_fields else records[:1])
        found: dict[str, _Cells] = {}
        for name in fields or dict.fromkeys(first):
            if self._access.closes_fields or "." in name:
                cells = self._walked(records, table, name)
            else:  # nearly always: all records have the same fields
                column = self._hierarchy.column(table, name)
                is_there = not records or name in records[0]
                cells = _Cells(column, [one.get(name) or "" for one in records]) if column and is_there else None
            if cells is not None:
                found[name] = cells
        return found

    def _walked(self, records: Sequence[Record], table: str, name: str) -> _Cells | None:
        *way, (last, holder) = conditions.steps(name, table, self._hierarchy)
        column = None if holder is None else self._hierarchy.column(holder, last)
        if column is None:
            return None
        here: Sequence[Record] = records
        for field, at in way:
            referred = self._hierarchy.references(at or "")[field]
            others = self._readable(referred, {id_ for record in here if (id_ := record.get(field))})
            here = [
                record if record is _CLOSED else others.get(record.get(field) or "", _NOTHING) for record in here
            ]
        absent = {at for at, it in enumerate(here) if it is not _NOTHING and last not in it}
        if absent and len(absent) == len(here):
            return None
        return _Cells(column, [record.get(last) or "" for record in here], frozenset(absent))

    def _readable(self, table: str, sys_ids: Iterable[str]) -> dict[str, Record]:
        """The records with what the caller may read of them."""
        found = self._store.by_id(table, sys_ids, self._hierarchy)
        return {sys_id: next(iter(self._access.readable(table, [one])), _CLOSED) for sys_id, one in found.items()}


_NOTHING: Record = {}
"""Where a reference leads that is empty."""

_CLOSED: Record = {}
"""What the caller sees of a record that is not to be read."""


class _Titles:
    """What people call the records that are referred to, and the classes; and how they read times."""

    def __init__(self, every: Iterable[_Cells], times: Times, store: Records, hierarchy: Hierarchy) -> None:
        self._times = times
        ids: dict[str, set[str]] = defaultdict(set)
        classes: set[str] = set()
        for cells in every:
            if cells.column.reference:
                ids[cells.column.reference].update(filter(None, cells.values))
            elif cells.column.element == _CLASS:
                classes.update(cells.values)
        self._titles = {table: store.titles(table, some, hierarchy) for table, some in ids.items()}
        self._labels = store.labels(classes) if classes else {}

    def of(self, cells: _Cells) -> list[str]:
        """What people see of these values."""
        column = cells.column
        if not column.reference and column.element != _CLASS:
            return self._times.shown(column, cells.values)
        names = self._titles.get(column.reference, {}) if column.reference else self._labels
        return [names.get(value, value) for value in cells.values]


def _shapes(cells: _Cells, look: Look, titles: _Titles) -> Sequence[Any]:
    reference = cells.column.reference if look.has_links else None
    shown = cells.values if look.mode == "false" else titles.of(cells)
    return [_shape(*each, reference, look) for each in zip(cells.values, shown, strict=True)]


def _shape(value: str, shown: str, reference: str | None, look: Look) -> Any:
    is_linked = bool(reference and value)
    if look.mode == "all":
        shape: Shape = {"display_value": shown, "value": value}
    elif not is_linked:
        return shown
    else:
        shape = {"display_value" if look.mode == "true" else "value": shown}
    return {**shape, "link": f"{look.base}/api/now/table/{reference}/{value}"} if is_linked else shape
