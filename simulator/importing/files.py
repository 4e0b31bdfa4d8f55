"""Exports in files: JSON as the Table API gives it, XML as lists are exported; the rows of each by table."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

from simulator.errors import Problem, ScenarioError
from simulator.importing.rows import Row, row_of
from simulator.importing.tables import TABLES
from simulator.store.setups.document import MAX_BYTES_OF_DATA, read_file

_KEPT_ACTIONS = frozenset({"", "INSERT", "UPDATE", "INSERT_OR_UPDATE"})


def read_files(paths: Iterable[Path]) -> dict[str, list[Row]]:
    """The rows of all files by table; those of other tables are left out. Raises ScenarioError."""
    found: dict[str, list[Row]] = defaultdict(list)
    for path in paths:
        text = read_file(path, MAX_BYTES_OF_DATA)
        read = _read_xml if text.lstrip().startswith("<") else _read_json
        for table, row in read(text, path):
            if not row.get("sys_id"):
                raise _problem(path, f"a row of {table} has no sys_id; export it with all columns")
            found[table].append({name: row.get(name, "") for name in ("sys_id", *TABLES[table].columns)})
    return found


def _problem(path: Path, message: str, line: int = 1, column: int = 1) -> ScenarioError:
    return ScenarioError([Problem(str(path), line, column, message)])


# -- JSON -----------------------------------------------------------------------------------------------


def _read_json(text: str, path: Path) -> Iterator[tuple[str, Row]]:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"expected JSON of the Table API or XML of a list: {error.msg}"
        raise _problem(path, message, error.lineno, error.colno) from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, or nested without end
        raise _problem(path, f"expected JSON of the Table API: {error}") from error
    match content:
        case {"result": [*records]} | {"records": [*records]}:
            pass
        case {"result": {**record}}:
            records = [record]
        case {"error": error}:
            raise _problem(path, f"it holds an instance's error: {json.dumps(error)[:200]}")
        case _:
            raise _problem(path, 'expected {"result": [...]} as the Table API gives it')
    if not all(isinstance(record, dict) for record in records):
        raise _problem(path, 'expected an object for every record of "result"')
    table = _table_of(path, records)
    yield from ((table, row_of(record)) for record in records)


def _table_of(path: Path, records: list[dict[str, Any]]) -> str:
    """The table that the file is named by, otherwise the one of which all records say they are."""
    name = re.match(r"[a-z_]*", path.name.lower())
    if name and name[0].rstrip("_") in TABLES:
        return name[0].rstrip("_")
    classes = {row_of(record).get("sys_class_name", "") for record in records}
    if len(classes) == 1 and (table := classes.pop()) in TABLES:
        return table
    raise _problem(path, f"of which table are these? Name the file by it, one of: {', '.join(TABLES)}")


# -- XML ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Unload:
    """What has been read of an `<unload>`: tables below it, and columns below these."""

    path: Path
    rows: list[tuple[str, Row]] = field(default_factory=list)
    _depth: int = 0
    _table: str = ""
    _is_kept: bool = False
    _row: dict[str, str] = field(default_factory=dict)
    _texts: list[str] = field(default_factory=list)

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._depth += 1
        if self._depth == 1 and name not in ("unload", "xml"):
            raise _problem(self.path, f"expected <unload> or <xml>, as lists are exported, got <{name}>")
        if self._depth == 2:
            self._table, self._row = name, {}
            self._is_kept = name in TABLES and attributes.get("action", "") in _KEPT_ACTIONS
        self._texts = []

    def text(self, text: str) -> None:
        """Text comes, perhaps in pieces."""
        if self._depth == 3:
            self._texts.append(text)

    def end(self, name: str) -> None:
        """An element ends."""
        if self._depth == 3:
            self._row[name] = "".join(self._texts)
        elif self._depth == 2 and self._is_kept:
            self.rows.append((self._table, self._row))
        self._depth -= 1
        self._texts = []

    def refuse(self, *_: object) -> None:
        """A document type begins: entities could read files, or grow without end."""
        raise _problem(self.path, "it has a document type (<!DOCTYPE>), which no export has, and is not read")


def _read_xml(text: str, path: Path) -> list[tuple[str, Row]]:
    unload, parser = _Unload(path), expat.ParserCreate("utf-8")
    parser.StartElementHandler, parser.EndElementHandler = unload.begin, unload.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = unload.text, unload.refuse
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        message = f"not valid XML: {expat.ErrorString(error.code)}"
        raise _problem(path, message, error.lineno, error.offset + 1) from error
    return unload.rows
