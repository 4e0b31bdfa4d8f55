"""The rows that an import has got, from an instance or from files: texts by column, references as sys_ids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from simulator.errors import SourceError
from simulator.importing.tables import TABLES

Row = Mapping[str, str]

_TRUE = ("true", "1")


class Rows:
    """By table the rows, each once, in the order of their sys_ids: wherever they come from, they are the same."""

    def __init__(self, rows_by_table: Mapping[str, Iterable[Row]]) -> None:
        self._by_id = {
            table: {row["sys_id"]: row for row in sorted(rows, key=lambda row: row["sys_id"])}
            for table, rows in rows_by_table.items()
        }
        self._called: dict[str, Mapping[str, list[str]]] = {}
        for table in self._by_id:
            references = TABLES[table].references
            for sys_id, row in self._by_id[table].items():
                found = {name: self._sys_id(to, row.get(name, ""), table) for name, to in references.items()}
                self._by_id[table][sys_id] = {**row, **found}

    def of(self, table: str) -> list[Row]:
        """The rows of a table; none of one that there is not."""
        return [*self._by_id.get(table, {}).values()]

    def has(self, *tables: str) -> bool:
        """Whether all of the tables were read: what is not in one of these, the instance has not."""
        return all(table in self._by_id for table in tables)

    def get(self, table: str, sys_id: str) -> Row:
        """The row with that sys_id; an empty one where there is none."""
        return self._by_id.get(table, {}).get(sys_id, {})

    def name(self, table: str, sys_id: str) -> str:
        """What a record that is referred to is called; what has led to none stays as it is."""
        return self.get(table, sys_id).get("name") or sys_id

    def _sys_id(self, table: str, value: str, by: str) -> str:
        """The record that a reference leads to, which an export may have named by what people call it."""
        if not value or value in self._by_id.get(table, {}):
            return value
        if table not in self._called:
            self._called[table] = self._by_name(table)
        found = self._called[table].get(value, [])
        if len(found) > 1:
            raise SourceError(
                f"{by} refers to {value} of {table}, and {len(found)} records are called so; "
                "export with values: sysparm_display_value=false or all"
            )
        return found[0] if found else value

    def _by_name(self, table: str) -> Mapping[str, list[str]]:
        """The sys_ids by what people call the records; what is called first so, as a user's id, comes first."""
        found: dict[str, list[str]] = {}
        for column in TABLES[table].called:
            of_column = defaultdict(list)
            for sys_id, row in self._by_id.get(table, {}).items():
                of_column[row.get(column, "")].append(sys_id)
            found = {**of_column, **found}
        return found


def row_of(cells: Mapping[str, Any]) -> dict[str, str]:
    """A row as the Table API gives it, in any of its display modes, as the values of its columns."""
    return {name: _value(cell) for name, cell in cells.items()}


def _value(cell: Any) -> str:
    match cell:
        case {"value": value}:
            return _value(value)
        case {"link": str(link)}:  # what people see, and where it leads
            return _of_link(link)
        case {"display_value": value}:
            return _value(value)
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
    return str(cell)


def _of_link(link: str) -> str:
    """The value of a reference by its link: the sys_id at its end, or a name, as of types and tables."""
    parts = urlsplit(link)
    named = parse_qs(parts.query).get("name")
    return named[0] if named else parts.path.rpartition("/")[2]


def is_true(row: Row, column: str, *, default: bool = False) -> bool:
    """A truth value; *default* where the row says nothing."""
    text = row.get(column, "").lower()
    return text in _TRUE if text else default


def number(row: Row, column: str, default: int) -> int:
    """A whole number, which people may see with commas between its thousands."""
    text = row.get(column, "").replace(",", "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default


def names(text: str) -> list[str]:
    """The names in a list with commas, each once."""
    return [*dict.fromkeys(name for each in text.split(",") if (name := each.strip()))]
