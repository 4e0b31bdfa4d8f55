"""What an instance knows: rows by table and key, as values.

The store keeps the same rows in SQLite and is the truth; these tables are what was loaded from it, and take
every change after it was committed. They hold what decisions about trust need, which is small.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar, TypeVar, cast

Key = tuple[str, ...]


class Row:
    """One row of a table; a subclass is a frozen dataclass whose fields are the table's columns."""

    __slots__ = ()
    TABLE: ClassVar[str]
    KEY: ClassVar[tuple[str, ...]]
    """The columns that identify a row; there is at most one row with the same values in them."""
    INDEXED: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """The columns, besides those of KEY, by which one row is looked for where there may be thousands."""
    IS_TRACED: ClassVar[bool] = False
    """Whether an instance notes every change of a row: what people ask the reason for."""
    IS_READ: ClassVar[bool] = True
    """Whether decisions read this table; one that they only add to stays in the store and out of memory."""

    @property
    def key(self) -> Key:
        """This row's values of the KEY columns."""
        return tuple([getattr(self, column) for column in self.KEY])


R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Put:
    """The row is in its table from now on, in the place of the one with the same key."""

    row: Row


@dataclass(frozen=True, slots=True)
class Delete:
    """The row with this key is not in its table any more; it is no fault when it never was."""

    row_type: type[Row]
    key: Key


Change = Put | Delete

Traced = tuple[Row | None, Row | None]
"""A row before and after a change; None: there is none."""


@dataclass(frozen=True, slots=True)
class Property(Row):
    """A system property of an instance."""

    TABLE = "sys_properties"
    KEY = ("name",)
    name: str
    value: str


class Tables:
    """All rows of one instance that decisions read; iteration is in the order in which keys first came."""

    def __init__(self, owner: str, rows: Iterable[Row] = ()) -> None:
        self.owner = owner
        """The id of the instance whose tables these are."""
        self._rows: dict[type[Row], Mapping[Key, Any]] = {}
        self._shared: set[type[Row]] = set()
        self._indexes: dict[type[Row], dict[tuple[str, ...], _Index]] = {}
        """Made when they are first asked; most tables never are."""
        self.apply([Put(row) for row in rows])

    def share(self, row_type: type[R], rows: Mapping[Key, R]) -> None:
        """Takes a whole table that the instances of a process have in common, and that stays as it is."""
        self._rows[row_type] = rows
        self._shared.add(row_type)
        self._indexes.pop(row_type, None)

    def get(self, row_type: type[R], *key: str) -> R | None:
        """The row with this key, or None."""
        rows = self._rows.get(row_type)
        return None if rows is None else rows.get(key)

    def all(self, row_type: type[R], **columns: object) -> list[R]:
        """The rows whose named columns have these values."""
        rows = self._rows.get(row_type, {}).values()
        if not columns:
            return list(rows)
        return [row for row in rows if all(getattr(row, name) == value for name, value in columns.items())]

    def first(self, row_type: type[R], **columns: object) -> R | None:
        """One of the rows whose columns, which are INDEXED together, have these values: the oldest; or None."""
        indexes = self._indexes.get(row_type)
        index = None if indexes is None else indexes.get(tuple(columns))
        if index is None:
            index = self._make_index(row_type, tuple(columns))
        return cast("R | None", index.first(tuple(columns.values())))

    def property(self, name: str, default: str) -> str:
        """The value of a system property, or *default* where it is not set."""
        found = self.get(Property, name)
        return found.value if found else default

    def apply(self, changes: Sequence[Change]) -> list[Traced]:
        """Makes *changes* true here; returns what has become different in tables that are traced."""
        traced: list[Traced] = []
        row_type: type[Row]
        after: Row | None
        for change in changes:
            match change:
                case Put(row) if row.IS_READ:
                    row_type, rows, key = type(row), self._to_put(type(row)), row.key
                    before, after = rows.get(key), row
                    rows[key] = row
                case Put():
                    continue
                case Delete(row_type, key):
                    before, after = self._to_delete(row_type).pop(key, None), None
            self._index(row_type, before, after)
            if row_type.IS_TRACED and before != after:
                traced.append((before, after))
        return traced

    def after(self, changes: Sequence[Change]) -> Tables:
        """What these tables would be after *changes*; they themselves stay as they are."""
        tables = Tables(self.owner)
        for row_type, rows in self._rows.items():
            tables.share(row_type, rows)
        tables.apply(changes)
        return tables

    def _make_index(self, row_type: type[Row], names: tuple[str, ...]) -> _Index:
        assert names in row_type.INDEXED, f"{row_type.TABLE} is not looked for by {names}"
        index = _Index(names, self._rows.get(row_type, {}).values())
        self._indexes.setdefault(row_type, {})[names] = index
        return index

    def _index(self, row_type: type[Row], before: Row | None, after: Row | None) -> None:
        """Lets the indexes follow when a row takes the place of another, comes or goes."""
        for index in self._indexes.get(row_type, {}).values():
            index.replace(before, after)

    def _to_put(self, row_type: type[Row]) -> dict[Key, Any] | _Overlay:
        """The rows of one table, to be added to and replaced; those that are shared are not copied for that."""
        if row_type in self._shared:
            self._shared.discard(row_type)
            self._rows[row_type] = _Overlay(self._rows[row_type])
        return cast("dict[Key, Any] | _Overlay", self._rows.setdefault(row_type, {}))

    def _to_delete(self, row_type: type[Row]) -> dict[Key, Any]:
        """The rows of one table, to be removed."""
        rows = self._rows.setdefault(row_type, {})
        if row_type in self._shared or isinstance(rows, _Overlay):
            self._shared.discard(row_type)
            self._rows[row_type] = rows = dict(rows)
        return cast("dict[Key, Any]", rows)


class _Overlay(Mapping[Key, Any]):
    """A table that is shared, with the rows that came or changed here: in the order in which keys first came.

    A copy for each instance of a fleet whose members all hear of a change would take the square of its size.
    """

    __slots__ = ("_here", "_shared")

    def __init__(self, shared: Mapping[Key, Any]) -> None:
        self._shared = shared
        self._here: dict[Key, Any] = {}

    def __getitem__(self, key: Key) -> Any:
        return self._here[key] if key in self._here else self._shared[key]

    def __setitem__(self, key: Key, row: Any) -> None:
        self._here[key] = row

    def __iter__(self) -> Iterator[Key]:
        return chain(self._shared, (key for key in self._here if key not in self._shared))

    def __len__(self) -> int:
        return len(self._shared) + sum(key not in self._shared for key in self._here)


class _Index:
    """The rows of one table by some of their columns, each group in the order in which its keys first came."""

    def __init__(self, columns: tuple[str, ...], rows: Iterable[Row]) -> None:
        self._columns = columns
        self._groups: dict[tuple[object, ...], dict[Key, Row]] = {}
        for row in rows:
            self.replace(None, row)

    def first(self, values: tuple[object, ...]) -> Row | None:
        """The first row of the group with these values in the columns."""
        group = self._groups.get(values)
        return next(iter(group.values()), None) if group else None

    def replace(self, before: Row | None, after: Row | None) -> None:
        """*after* takes the place of *before*, which has the same key; None: there is none."""
        old, new = self._values(before), self._values(after)
        if before is not None and old != new:
            self._groups[old].pop(before.key)
        if after is not None:
            self._groups.setdefault(new, {})[after.key] = after

    def _values(self, row: Row | None) -> tuple[object, ...]:
        return () if row is None else tuple([getattr(row, column) for column in self._columns])
