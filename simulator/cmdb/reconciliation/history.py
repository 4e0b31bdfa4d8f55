"""What sources said of configuration items before, and what this payload adds to it."""

from __future__ import annotations

from simulator.cmdb.call import Call
from simulator.cmdb.records import ChangeSet, Record, Value

Key = tuple[Value, ...]


class Ledger:
    """A table with one row for each CI, attribute and value of the *further* key columns.

    Rows of CIs that are wanted are read ahead, all with one query; what is put counts at once, for later items of
    the payload too.
    """

    def __init__(
        self,
        table: str,
        further: tuple[str, ...],
        call: Call,
        changes: ChangeSet,
    ) -> None:
        self._table, self._key = table, ("attribute", *further)
        self._index, self._changes, self._new_id, self._stamp = call.index, changes, call.new_id, call.stamp
        self._rows_by_ci: dict[str, dict[Key, Record]] = {}
        self._new: set[Value] = set()

    def want(self, sys_id: str) -> None:
        """Have the index's next `fetch` read what there is about the CI."""
        self._index.want(self._table, ("record",), (sys_id,))

    def rows(self, sys_id: str, attribute: str) -> list[Record]:
        """The rows about an attribute of a CI; none for a CI that was not wanted, such as a new one."""
        return [row for key, row in self._of_ci(sys_id).items() if key[0] == attribute]

    def put(self, sys_id: str, values: Record) -> None:
        """Have the row with the key in *values* say what they say, whether it is there already or not."""
        rows = self._of_ci(sys_id)
        key = tuple(values.get(column) for column in self._key)
        row = rows.get(key)
        if row is None:
            row = rows[key] = {"sys_id": self._new_id(), "sys_created_on": self._stamp, "record": sys_id, **values}
            self._new.add(row["sys_id"])
            self._changes.inserts[self._table].append(row)
            return
        changed = {column: value for column, value in values.items() if row.get(column) != value}
        row.update(changed)
        if changed and row["sys_id"] not in self._new:
            self._changes.updates[self._table].setdefault(row["sys_id"] or "", {}).update(changed)

    def _of_ci(self, sys_id: str) -> dict[Key, Record]:
        rows = self._rows_by_ci.get(sys_id)
        if rows is None:
            found = self._index.found(self._table, ("record",), (sys_id,))
            # Rows that were put there by hand may say a thing twice: the later one counts.
            found = sorted(found, key=lambda row: row.get("updated_on") or "")
            rows = {tuple(row.get(column) for column in self._key): dict(row) for row in found}
            self._rows_by_ci[sys_id] = rows
        return rows
