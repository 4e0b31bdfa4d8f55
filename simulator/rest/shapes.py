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
class _Cell:
    """A value with what is needed to show it."""

    column: Column
    value: str
    reference: str | None


def shaped(records: Sequence[Record], table: str, look: Look, store: Records, hierarchy: Hierarchy) -> list[Shape]:
    """The records as the request wants to see them; fields that there are not are left out."""
    every = _Walk(store, hierarchy).rows(records, table, look.fields)
    titles = _Titles(every if look.mode != "false" else (), store, hierarchy)
    return [{name: _shape(cell, look, titles) for name, cell in row.items()} for row in every]


def shown_values(table: str, name: str, values: Sequence[str], store: Records, hierarchy: Hierarchy) -> list[str]:
    """What people see of these values of a field."""
    *_, (field, holder) = conditions.steps(name, table, hierarchy)
    column = hierarchy.column(holder or table, field)
    if column is None:
        return list(values)
    rows = [{name: _Cell(column, value, column.reference)} for value in values]
    titles = _Titles(rows, store, hierarchy)
    return [titles.of(row[name]) for row in rows]


class _Walk:
    """Follows references from records to others, all of a field at once."""

    def __init__(self, store: Records, hierarchy: Hierarchy) -> None:
        self._store, self._hierarchy = store, hierarchy

    def rows(self, records: Sequence[Record], table: str, fields: Iterable[str]) -> list[dict[str, _Cell]]:
        """By record the cells of these fields; of all that it has where none is named."""
        found: list[dict[str, _Cell]] = [{} for _ in records]
        for name in fields or (records[0] if records else ()):
            for row, cell in zip(found, self._cells(records, table, name), strict=True):
                if cell is not None:
                    row[name] = cell
        return found

    def _cells(self, records: Sequence[Record], table: str, name: str) -> list[_Cell | None]:
        here: list[Record | None] = list(records)
        *way, (last, holder) = conditions.steps(name, table, self._hierarchy)
        column = None if holder is None else self._hierarchy.column(holder, last)
        if holder is None or column is None or (not way and records and last not in records[0]):
            return [None] * len(records)
        for field, at in way:
            referred = self._hierarchy.references(at or "")[field]
            ids = {value for record in here if record is not None and (value := record.get(field))}
            others = self._store.by_id(referred, ids, self._hierarchy)
            here = [None if record is None else others.get(record.get(field) or "") for record in here]
        reference = column.reference
        return [_Cell(column, (record or {}).get(last) or "", reference) for record in here]


class _Titles:
    """What people call the records that are referred to, and the classes."""

    def __init__(self, rows: Sequence[dict[str, _Cell]], store: Records, hierarchy: Hierarchy) -> None:
        ids: dict[str, set[str]] = defaultdict(set)
        classes: set[str] = set()
        for row in rows:
            for cell in row.values():
                if cell.reference and cell.value:
                    ids[cell.reference].add(cell.value)
                elif cell.column.element == _CLASS:
                    classes.add(cell.value)
        self._titles = {table: store.titles(table, some, hierarchy) for table, some in ids.items()}
        self._labels = store.labels(classes) if classes else {}

    def of(self, cell: _Cell) -> str:
        if cell.reference:
            return self._titles.get(cell.reference, {}).get(cell.value, cell.value)
        if cell.column.element == _CLASS:
            return self._labels.get(cell.value, cell.value)
        return cell.column.shown(cell.value)


def _shape(cell: _Cell, look: Look, titles: _Titles) -> Any:
    is_linked = bool(cell.reference and cell.value) and look.has_links
    if look.mode == "all":
        shape: Shape = {"display_value": titles.of(cell), "value": cell.value}
    elif not is_linked:
        return titles.of(cell) if look.mode == "true" else cell.value
    else:
        shape = {"display_value": titles.of(cell)} if look.mode == "true" else {"value": cell.value}
    return {**shape, "link": f"{look.base}/api/now/table/{cell.reference}/{cell.value}"} if is_linked else shape
