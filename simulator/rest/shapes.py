"""How records look in an answer: the three display modes, with links or without ("Table API")."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.cmdb import conditions
from simulator.cmdb.columns import Column
from simulator.cmdb.hierarchy import Hierarchy
from simulator.cmdb.records import Record
from simulator.protocol.http import Request
from simulator.store.records import Records

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

    @property
    def own_fields(self) -> frozenset[str]:
        """The fields of the records themselves that are needed for it; none: all."""
        return frozenset(name.partition(".")[0] for name in self.fields)

    @classmethod
    def of(cls, request: Request) -> Look:
        """Read it from the parameters; anything else than `true` and `all` is the default."""
        mode = request.parameter("sysparm_display_value").lower()
        fields = (name.strip() for name in request.parameter("sysparm_fields").split(","))
        return cls(
            mode if mode in ("true", "all") else "false",
            not request.asks("sysparm_exclude_reference_link"),
            tuple(dict.fromkeys(name for name in fields if name)),
            request.base,
        )


@dataclass(frozen=True, slots=True)
class _Cells:
    """The values of one field, a record each, with what is needed to show them."""

    column: Column
    values: Sequence[str]


def shaped(records: Sequence[Record], table: str, look: Look, store: Records, hierarchy: Hierarchy) -> list[Shape]:
    """The records as the request wants to see them; fields that there are not are left out."""
    cells_by_name = _Walk(store, hierarchy).cells(records, table, look.fields)
    titles = _Titles(cells_by_name.values() if look.mode != "false" else (), store, hierarchy)
    columns = [_shapes(cells, look, titles) for cells in cells_by_name.values()]
    return [dict(zip(cells_by_name, row, strict=True)) for row in zip(*columns, strict=True)] or [
        {} for _ in records
    ]


def shown_values(table: str, name: str, values: Sequence[str], store: Records, hierarchy: Hierarchy) -> list[str]:
    """What people see of these values of a field."""
    *_, (field, holder) = conditions.steps(name, table, hierarchy)
    column = hierarchy.column(holder or table, field)
    if column is None:
        return list(values)
    cells = _Cells(column, values)
    return _Titles([cells], store, hierarchy).of(cells)


class _Walk:
    """Follows references from records to others, all of a field at once."""

    def __init__(self, store: Records, hierarchy: Hierarchy) -> None:
        self._store, self._hierarchy = store, hierarchy

    def cells(self, records: Sequence[Record], table: str, fields: Iterable[str]) -> dict[str, _Cells]:
        """What the records have in these fields; in all that they have where none is named."""
        every = {name: self._cells(records, table, name) for name in fields or (records[0] if records else ())}
        return {name: cells for name, cells in every.items() if cells is not None}

    def _cells(self, records: Sequence[Record], table: str, name: str) -> _Cells | None:
        *way, (last, holder) = conditions.steps(name, table, self._hierarchy)
        column = None if holder is None else self._hierarchy.column(holder, last)
        if column is None or (not way and records and last not in records[0]):
            return None
        here: Sequence[Record] = records
        for field, at in way:
            referred = self._hierarchy.references(at or "")[field]
            others = self._store.by_id(
                referred, {id_ for record in here if (id_ := record.get(field))}, self._hierarchy
            )
            here = [others.get(record.get(field) or "", {}) for record in here]
        return _Cells(column, [record.get(last) or "" for record in here])


class _Titles:
    """What people call the records that are referred to, and the classes."""

    def __init__(self, every: Iterable[_Cells], store: Records, hierarchy: Hierarchy) -> None:
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
            return [column.shown(value) for value in cells.values]
        names = self._titles.get(column.reference, {}) if column.reference else self._labels
        return [names.get(value, value) for value in cells.values]


def _shapes(cells: _Cells, look: Look, titles: _Titles) -> Sequence[Any]:
    reference = cells.column.reference if look.has_links else None
    if look.mode == "false" and reference is None:  # nearly all of them
        return cells.values
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
