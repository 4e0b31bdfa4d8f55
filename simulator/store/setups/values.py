"""The values of records that a setup gives, as their columns have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from simulator.cmdb.classes.columns import Column
from simulator.cmdb.records import Record
from simulator.cmdb.text import are_same
from simulator.errors import StoreError
from simulator.store.cmdb.model import load_hierarchy
from simulator.store.cmdb.store import CmdbStore

_NO_RECORDS = frozenset({"Unknown", "global"})
"""What references hold that lead to no record, and domains that to none of theirs."""


class Values:
    """Reads values in all forms that people write; a reference may be a sys_id or what its record is called."""

    def __init__(self, store: CmdbStore, records: Mapping[str, Sequence[Record]]) -> None:
        self._store, self._records = store, records
        self._hierarchy = load_hierarchy(store)

    def read(self, table: str, record: Record, where: str) -> Record:
        """The record's values in the form in which records keep them, references as they are given.

        Raises StoreError naming the place.
        """
        return {
            name: value and _read(self._hierarchy.column(table, name), value, f"{where}.{name}")
            for name, value in record.items()
        }

    def resolve(self, table: str, record: Record, where: str) -> Record:
        """The record with the sys_ids of what it refers to: also of records that stand before it in its table.

        Raises StoreError naming the place.
        """
        columns = {name: self._hierarchy.column(table, name) for name, value in record.items() if value}
        references = {
            name: column.reference
            for name, column in columns.items()
            if column is not None and column.reference is not None and name != "sys_domain"
        }
        found = {name: self._sys_id(to, record[name] or "", f"{where}.{name}") for name, to in references.items()}
        return {**record, **found}

    def default(self, table: str, element: str, text: str, where: str) -> str:
        """A default as new records have it: the value itself, for nothing here is run. Raises StoreError."""
        if text.startswith("javascript:"):
            raise StoreError(f"{where}: expected a value, got the script {text!r}; scripts are not run")
        column = self._hierarchy.column(table, element)
        read = _read(column, text, where)
        referred = None if column is None else column.reference
        return read if referred is None else self._sys_id(referred, read, where)

    def _sys_id(self, table: str, value: str, where: str) -> str:
        """The sys_id of the record that a reference leads to, be it there already or in this setup."""
        display = self._hierarchy.display(table)
        if value in _NO_RECORDS or any(record.get("sys_id") == value for record in self._of_setup(table)):
            return value
        for column in ("sys_id", display):
            found = self._store.rows(table, (column,), [(value,)])
            if found:
                return found[0]["sys_id"] or ""
        named = [record for record in self._of_setup(table) if are_same(record.get(display), value)]
        if not named or named[0].get("sys_id") is None:
            raise StoreError(
                f"{where}: expected the sys_id or the {display} of a record of {table}, got {value!r}; "
                "give that record before this one, or with a sys_id"
            )
        return named[0]["sys_id"] or ""

    def _of_setup(self, table: str) -> Iterator[Record]:
        """The records of the setup that are of a class or table."""
        for name, records in self._records.items():
            if self._hierarchy.is_a(name, table):
                yield from records


def _read(column: Column | None, value: str, where: str) -> str:
    if column is None or column.element in ("sys_id", "sys_domain"):
        return value  # a setup may choose any sys_id, and names the domains of its records
    read = column.read(value)
    if read is None:
        raise StoreError(f"{where}: expected {column.expected}, got {value!r}; correct the value")
    return read
