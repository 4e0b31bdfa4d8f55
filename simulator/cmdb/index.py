"""Rows read ahead of need: many keys, one query for each table and set of columns."""

from __future__ import annotations

from collections import defaultdict

from simulator.cmdb.records import Reader, Record, Value
from simulator.cmdb.text import Key, fold_key


class Index:
    """Collects the wanted keys, reads them at once and finds rows in memory; a key's case does not matter."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
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
            for row in self._reader.rows(table, columns, list(keys.values())):
                rows.setdefault(fold_key(tuple([row.get(column) for column in columns])), []).append(row)
        self._wanted.clear()

    def found(self, table: str, columns: tuple[str, ...], key: Key) -> list[Record]:
        """The rows read for a key that was wanted."""
        return self._rows[table, columns].get(fold_key(key), [])

    def ci(self, sys_id: Value) -> Record | None:
        """The configuration item read by its sys_id."""
        return next(iter(self.found("cmdb_ci", ("sys_id",), (sys_id,))), None)

    def want_ci(self, sys_id: Value) -> None:
        """Have the next `fetch` read a configuration item."""
        if sys_id:
            self.want("cmdb_ci", ("sys_id",), (sys_id,))

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
