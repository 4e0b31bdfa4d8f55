"""Rows read ahead of need: many keys, one query for each table and set of columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container

from simulator.cmdb.records import Reader, Record, Value, of_class
from simulator.cmdb.text import Key, fold_key


class Index:
    """Collects the wanted keys, reads them at once and finds rows in memory; a key's case does not matter.

    Records of *other_tables* that have no class get the table as theirs ("IRE support for non-CMDB tables").
    """

    def __init__(self, reader: Reader, other_tables: Container[str]) -> None:
        self._reader, self._other_tables = reader, other_tables
        self._wanted: dict[tuple[str, tuple[str, ...]], dict[Key, Key]] = defaultdict(dict)
        self._rows: dict[tuple[str, tuple[str, ...]], dict[Key, list[Record]]] = defaultdict(dict)

    def want(self, table: str, columns: tuple[str, ...], key: Key) -> None:
        """Have the next `fetch` read the rows of *table* with this *key*."""
        place, folded = (table, columns), fold_key(key)
        if folded not in self._rows[place]:
            self._wanted[place][folded] = key

    def fetch(self) -> None:
        """Read all that is wanted: one query for each table and set of columns."""
        for (table, columns), keys in self._wanted.items():
            rows = self._rows[table, columns]
            for folded in keys:
                rows[folded] = []
            found = self._reader.rows(table, columns, list(keys.values()))
            for row in of_class(table, found) if table in self._other_tables else found:
                rows.setdefault(fold_key(tuple([row.get(column) for column in columns])), []).append(row)
        self._wanted.clear()

    def found(self, table: str, columns: tuple[str, ...], key: Key) -> list[Record]:
        """The rows read for a key that was wanted."""
        return self._rows[table, columns].get(fold_key(key), [])

    def ci(self, sys_id: Value, top: str = "cmdb_ci") -> Record | None:
        """The configuration item, or the record of another table, read by its sys_id."""
        return next(iter(self.found(top, ("sys_id",), (sys_id,))), None)

    def want_ci(self, sys_id: Value, top: str = "cmdb_ci") -> None:
        """Have the next `fetch` read a configuration item, or a record of another table."""
        if sys_id:
            self.want(top, ("sys_id",), (sys_id,))

    def row(self, table: str, sys_id: Value) -> Record | None:
        """A record that conditions walk to, read at once: only the condition itself says which; each once."""
        if not sys_id:
            return None
        self.want(table, ("sys_id",), (sys_id,))
        self.fetch()
        return next(iter(self.found(table, ("sys_id",), (sys_id,))), None)

    def is_empty(self, table: str) -> bool:
        """Whether *table* has no rows at all; asked at once, and cheaper than any key."""
        return self._reader.is_empty(table)
