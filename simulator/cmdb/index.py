"""Rows read ahead of need: many keys, one query for each table and set of columns."""

from __future__ import annotations

from collections.abc import Container, Iterable

from simulator.cmdb.records import Reader, Record, Value, of_class
from simulator.cmdb.text import Key, fold_key


class Place:
    """The rows of a table by what they have in some columns; its keys are folded already."""

    __slots__ = ("_rows", "wanted")

    def __init__(self) -> None:
        self._rows: dict[Key, list[Record]] = {}
        self.wanted: dict[Key, Key] = {}
        """As they came, by the folded ones."""

    def want(self, folded: Key, key: Key) -> None:
        """Have the next `Index.fetch` read the rows with this key."""
        if folded not in self._rows:
            self.wanted[folded] = key

    def found(self, folded: Key) -> list[Record]:
        """The rows read for a key that was wanted."""
        return self._rows.get(folded, _NONE)

    def put(self, columns: tuple[str, ...], rows: Iterable[Record]) -> None:
        """Take what was read for all that is wanted."""
        known = self._rows
        for folded in self.wanted:
            known[folded] = []
        for row in rows:
            known.setdefault(fold_key(tuple(map(row.get, columns))), []).append(row)
        self.wanted = {}


_NONE: list[Record] = []


class Index:
    """Collects the wanted keys, reads them at once and finds rows in memory; a key's case does not matter.

    Records of *other_tables* that have no class get the table as theirs ("IRE support for non-CMDB tables"). Of
    CIs only the *fields* are read, where it is known which are asked for.
    """

    def __init__(self, reader: Reader, other_tables: Container[str], fields: frozenset[str] | None = None) -> None:
        self._reader, self._other_tables, self._fields = reader, other_tables, fields
        self._places: dict[tuple[str, tuple[str, ...]], Place] = {}

    def place(self, table: str, columns: tuple[str, ...]) -> Place:
        """Where the rows of *table* are found by these columns; for whoever asks for many."""
        known = self._places.get((table, columns))
        if known is None:
            known = self._places[table, columns] = Place()
        return known

    def want(self, table: str, columns: tuple[str, ...], key: Key) -> None:
        """Have the next `fetch` read the rows of *table* with this *key*."""
        self.place(table, columns).want(fold_key(key), key)

    def fetch(self) -> None:
        """Read all that is wanted: one query for each table and set of columns."""
        for (table, columns), place in self._places.items():
            if place.wanted:
                found = self._reader.rows(table, columns, list(place.wanted.values()), self._fields)
                place.put(columns, of_class(table, found) if table in self._other_tables else found)

    def found(self, table: str, columns: tuple[str, ...], key: Key) -> list[Record]:
        """The rows read for a key that was wanted."""
        return self.place(table, columns).found(fold_key(key))

    def ci(self, sys_id: Value, top: str = "cmdb_ci") -> Record | None:
        """The configuration item, or the record of another table, read by its sys_id."""
        rows = self.place(top, _BY_ID).found((sys_id and sys_id.lower(),))
        return rows[0] if rows else None

    def want_ci(self, sys_id: Value, top: str = "cmdb_ci") -> None:
        """Have the next `fetch` read a configuration item, or a record of another table."""
        if sys_id:
            self.place(top, _BY_ID).want((sys_id.lower(),), (sys_id,))

    def row(self, table: str, sys_id: Value) -> Record | None:
        """A record that conditions walk to, read at once: only the condition itself says which; each once."""
        if not sys_id:
            return None
        self.want(table, _BY_ID, (sys_id,))
        self.fetch()
        return next(iter(self.found(table, _BY_ID, (sys_id,))), None)

    def whole(self, cis: Iterable[Record]) -> dict[Value, Record]:
        """These CIs with all their fields, by sys_id."""
        keys = [(row["sys_id"],) for row in cis]
        return {row["sys_id"]: row for row in self._reader.rows("cmdb_ci", _BY_ID, keys)}

    def is_empty(self, table: str) -> bool:
        """Whether *table* has no rows at all; asked at once, and cheaper than any key."""
        return self._reader.is_empty(table)


_BY_ID = ("sys_id",)
