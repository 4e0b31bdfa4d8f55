"""What a setup says of rows that may be there already: what it leaves out stays, a list takes a list's place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from simulator.cmdb.records import ChangeSet, Record, Value
from simulator.protocol.envelope import derive_id
from simulator.store.cmdb.parts import Part
from simulator.store.cmdb.rows import SqlRow
from simulator.store.cmdb.store import CmdbStore
from simulator.store.setups.recognition import identifying

SetupPath = tuple[str | int, ...]
"""Where something is in a setup."""


@dataclass(frozen=True, slots=True)
class Removal:
    """Something that a list had, and has no longer as it was given again; *code* is that of the finding."""

    code: str
    path: SetupPath
    found: str
    table: str
    sys_id: str
    """Of the row that is gone, and of the one that comes when a list has it again."""


@dataclass(frozen=True, slots=True)
class Configured:
    """What has become of a setup."""

    path_by_id: dict[str, SetupPath] = field(default_factory=dict)
    """Where in the setup the rules and records are, by their sys_ids."""
    removals: list[Removal] = field(default_factory=list)


def leaves_out(part: Part, name: str) -> bool:
    """Whether the setup does not say *name* of a thing, which is another matter than an empty list."""
    return name not in part.model_fields_set


class Restatement:
    """Writes a setup's rows and remembers what becomes of them; to be used in a transaction."""

    def __init__(self, store: CmdbStore, now: datetime) -> None:
        self.store = store
        self.result = Configured()
        self._now = now

    def put(
        self, table: str, rows: list[SqlRow], unsaid: Collection[str] = (), paths: Iterable[SetupPath] = ()
    ) -> list[str]:
        """Writes rows that stand at these places of the setup, and gives their sys_ids.

        A row that is there already keeps the columns that are *unsaid* or not among the row's.
        """
        ids = [str(row["sys_id"]) for row in rows]
        before = {row["sys_id"]: row for row in self.store.rows(table, ("sys_id",), [(each,) for each in ids])}
        written = [
            _over(before[sys_id], row, unsaid) if sys_id in before else row
            for sys_id, row in zip(ids, rows, strict=True)
        ]
        self.store.add_rows({table: written}, changed_at=self._now)
        self.result.path_by_id.update(zip(ids, paths, strict=False))
        return ids

    def put_named(
        self, table: str, rows: list[SqlRow], unsaid: Collection[str] = (), paths: Iterable[SetupPath] = ()
    ) -> list[str]:
        """See `put`; a row is the one with its identifying values, whatever that one's sys_id is."""
        columns = identifying(self.store, table)
        found = []
        for row in rows:
            known = self.store.rows(table, columns, [tuple(str(row[column]) for column in columns)])
            is_there = not known or any(each["sys_id"] == row["sys_id"] for each in known)
            found.append(row if is_there else {**row, "sys_id": known[0]["sys_id"]})
        return self.put(table, found, unsaid, paths)

    def delete(
        self, table: str, rows: list[Record], code: str, path: SetupPath, found: Callable[[Record], str]
    ) -> None:
        """Takes away rows that a list does not name any more, and remembers it in words."""
        self.drop(table, rows)
        gone = [Removal(code, path, found(row), table, row["sys_id"] or "") for row in rows]
        self.result.removals.extend(gone)

    def drop(self, table: str, rows: list[Record]) -> None:
        """Takes away rows of which there is nothing to say."""
        changes = ChangeSet()
        changes.deletes[table] = [row["sys_id"] or "" for row in rows]
        self.store.apply(changes, self._now)

    def replace_pairs(
        self,
        table: str,
        one: tuple[str, str],
        many: tuple[str, Iterable[str]],
        path: SetupPath,
        found: Callable[[Value], str],
    ) -> None:
        """Makes of what *table* says of one record, a column and its sys_id, exactly these values of a column."""
        (column, sys_id), (other, values) = one, many
        wanted = dict.fromkeys(values)
        known = self.store.rows(table, (column,), [(sys_id,)])
        gone = [row for row in known if row[other] not in wanted]
        self.delete(table, gone, "access_removed", path, lambda row: found(row[other]))
        new = [value for value in wanted if value not in {row[other] for row in known}]
        rows: list[SqlRow] = [
            {"sys_id": derive_id(table, sys_id, value), column: sys_id, other: value} for value in new
        ]
        self.put(table, rows)


def _over(known: Record, row: SqlRow, unsaid: Collection[str]) -> SqlRow:
    """The row over the one that is there; system fields are the file's own."""
    said = {column: value for column, value in row.items() if column not in unsaid}
    kept = {column: value for column, value in known.items() if not column.startswith("sys_") or column in _KEPT}
    return {**kept, **said}


_KEPT = ("sys_id", "sys_class_name", "sys_domain", "sys_domain_path", "sys_overrides")
"""The columns whose names are like those of the fields that the file keeps by itself, and that are none."""
