"""What an instance knows: rows by table and key, as values.

The store keeps the same rows in SQLite and is the truth; these tables are what was loaded from it, and take
every change after it was committed. They hold what decisions about trust need, which is small.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar, cast

Key = tuple[str, ...]


class Row:
    """One row of a table; a subclass is a frozen dataclass whose fields are the table's columns."""

    __slots__ = ()
    TABLE: ClassVar[str]
    KEY: ClassVar[tuple[str, ...]]
    """The columns that identify a row; there is at most one row with the same values in them."""
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
        self._rows: dict[type[Row], dict[Key, Row]] = {}
        self._shared: set[type[Row]] = set()
        self.apply([Put(row) for row in rows])

    def share(self, row_type: type[R], rows: Mapping[Key, R]) -> None:
        """Takes a whole table that the instances of a process have in common; copied before the first change."""
        self._rows[row_type] = cast("dict[Key, Row]", rows)
        self._shared.add(row_type)

    def get(self, row_type: type[R], *key: str) -> R | None:
        """The row with this key, or None."""
        return cast("R | None", self._rows.get(row_type, {}).get(key))

    def all(self, row_type: type[R], **columns: object) -> list[R]:
        """The rows whose named columns have these values."""
        rows = cast("Iterable[R]", self._rows.get(row_type, {}).values())
        return [row for row in rows if all(getattr(row, name) == value for name, value in columns.items())]

    def property(self, name: str, default: str) -> str:
        """The value of a system property, or *default* where it is not set."""
        found = self.get(Property, name)
        return found.value if found else default

    def apply(self, changes: Sequence[Change]) -> None:
        """Makes *changes* true here; the caller has committed them to the store."""
        for change in changes:
            match change:
                case Put(row) if row.IS_READ:
                    self._own(type(row))[row.key] = row
                case Put():
                    pass
                case Delete(row_type, key):
                    self._own(row_type).pop(key, None)

    def _own(self, row_type: type[Row]) -> dict[Key, Row]:
        """The rows of one table, to be changed."""
        if row_type in self._shared:
            self._shared.discard(row_type)
            self._rows[row_type] = dict(self._rows[row_type])
        return self._rows.setdefault(row_type, {})
