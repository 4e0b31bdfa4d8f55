"""What `for_each` goes through: the values of a list, files by a pattern, the lines or rows of a file."""

from __future__ import annotations

import csv
import glob
import json
from collections.abc import Iterator
from pathlib import Path

from simulator.errors import Problem, ScenarioError
from simulator.scenario.interpolation import escaped
from simulator.scenario.model import FilesSeries, LinesSeries, RowsSeries
from simulator.scenario.reading.place import Place
from simulator.scenario.reading.scope import Value
from simulator.scenario.reading.source import parse
from simulator.store.setups.document import MAX_BYTES_OF_DATA, read_file

FileSeries = FilesSeries | LinesSeries | RowsSeries


def values_of(series: FileSeries, folder: Path) -> list[Value]:
    """The values, of files as seen from *folder*. Raises ScenarioError, for no values too."""
    match series:
        case FilesSeries(files=pattern):
            named, found = pattern, [_of_file(folder, name) for name in _matching(pattern, folder)]
        case LinesSeries(lines=named):
            found = list(_of_lines(folder / named))
        case RowsSeries(rows=named):
            found = list(_of_rows(folder / named))
    if not found:
        what = "file like this" if isinstance(series, FilesSeries) else "value in this file"
        raise ScenarioError([Problem(str(folder / named), 1, 1, f"there is no {what}")])
    return found


def _matching(pattern: str, folder: Path) -> list[str]:
    try:
        names = glob.glob(pattern, root_dir=folder, recursive=True)
    except (OSError, ValueError):  # no name of anything
        names = []
    return sorted(name for name in names if (folder / name).is_file())


def _of_file(folder: Path, name: str) -> Value:
    """Its name, its path and its content: JSON and YAML as data, anything else as text."""
    path = folder / name
    text = read_file(path, MAX_BYTES_OF_DATA)
    about = {"name": path.stem, "path": name}
    content: object = text
    if path.suffix in {".yaml", ".yml"}:
        source = parse(text, str(path))
        if source.problems:
            raise ScenarioError([*source.problems])
        places = {("content", *at): place for at, place in source.values.items()}
        keys = {("content", *at): place for at, place in source.keys.items()}
        return Value(escaped({**about, "content": source.data}), places, keys)
    if path.suffix == ".json":
        content = _json(text, str(path), 1)
    return Value(escaped({**about, "content": content}), {(): Place(str(path), 1, 1)})


def _of_lines(path: Path) -> Iterator[Value]:
    """JSON lines: a value a line; empty ones are none."""
    for number, line in enumerate(read_file(path, MAX_BYTES_OF_DATA).splitlines(), 1):
        if line.strip():
            yield Value(escaped(_json(line, str(path), number)), {(): Place(str(path), number, 1)})


def _of_rows(path: Path) -> Iterator[Value]:
    """CSV with a head: a mapping of texts a row."""
    reader = csv.reader(read_file(path, MAX_BYTES_OF_DATA).splitlines(keepends=True), strict=True)
    try:
        head = next(reader, [])
        for row in reader:
            if len(row) != len(head) and row:
                message = f"expected {len(head)} values, as in the first line, got {len(row)}"
                raise ScenarioError([Problem(str(path), reader.line_num, 1, message)])
            if row:
                place = Place(str(path), reader.line_num, 1)
                yield Value(escaped(dict(zip(head, row, strict=True))), {(): place})
    except csv.Error as error:
        raise ScenarioError([Problem(str(path), reader.line_num, 1, f"not valid CSV: {error}")]) from error


def _json(text: str, file: str, line: int) -> object:
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ScenarioError([Problem(file, line, 1, "not valid JSON: nested too deeply")]) from error
    except json.JSONDecodeError as error:
        at = line + error.lineno - 1
        raise ScenarioError([Problem(file, at, error.colno, f"not valid JSON: {error.msg}")]) from error
    except ValueError as error:  # a number of very many digits
        raise ScenarioError([Problem(file, line, 1, f"not valid JSON: {error}")]) from error
