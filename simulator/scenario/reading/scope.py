"""What names stand for where a `${...}` is written, and the sheet on which a file's data are written anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn, Protocol

from simulator.errors import Problem, ScenarioError
from simulator.scenario.interpolation import (
    Asked,
    NowhereError,
    UnreadableError,
    asks,
    pieces_of,
    text_of,
    value_at,
)
from simulator.scenario.reading.place import DataPath, Place
from simulator.scenario.reading.source import Source
from simulator.scenario.suggestion import did_you_mean
from simulator.store.setups.document import MAX_DEPTH

MAX_EXPANDED = 500_000
"""Values of one scenario, with everything in its place: read in seconds, and a few for each of very many steps."""


@dataclass(frozen=True, slots=True)
class Value:
    """What a name stands for: data, in which `${` is only text, and where its parts are written."""

    data: object
    places: Mapping[DataPath, Place] = field(default_factory=dict)
    keys: Mapping[DataPath, Place] = field(default_factory=dict)

    def part(self, path: DataPath) -> Value:
        """The part of it to which the path leads."""
        size = len(path)
        places = {at[size:]: place for at, place in self.places.items() if at[:size] == path}
        keys = {at[size:]: place for at, place in self.keys.items() if at[:size] == path}
        return Value(value_at(self.data, path, ""), places, keys)

    def written(self, path: DataPath) -> str:
        """A scalar as its author wrote it, so that 1.10 does not become 1.1; empty where nobody did."""
        place = self.places.get(path)
        return place.written if place else ""


BROKEN = Value(None)
"""The value of a name of which a problem is told already."""


class Names(Protocol):
    """What a `${...}` may ask for at some place of a file."""

    def value(self, name: str) -> Value | None:
        """What it stands for; None: there is no such name."""

    def captured(self, name: str) -> str | None:
        """What the value is called that is captured under this name before; None: there is none."""

    def known(self) -> Iterator[str]:
        """All names there are."""

    def missing(self, name: str) -> str:
        """What to say of a name that there is not."""


@dataclass(frozen=True, slots=True)
class At:
    """A part of a file: where it is in its source."""

    source: Source
    path: DataPath
    within: Place | None = None
    """What includes the file."""
    beside: Path | None = None
    """The folder of the files that are named in what is no file itself."""

    def inside(self, part: str | int) -> At:
        """What is at that key or index."""
        return replace(self, path=(*self.path, part))

    @property
    def place(self) -> Place:
        """Where it is written."""
        values = self.source.values
        return self._of(values.get(self.path) or values[self.source.nearest(self.path)])

    @property
    def key(self) -> Place:
        """Where its key is written, or itself where it has none."""
        found = self.source.keys.get(self.path)
        return self.place if found is None else self._of(found)

    def _of(self, it: Place) -> Place:
        return Place(it.file, it.line, it.column, it.written, it.path or self.path, it.within or self.within)

    @property
    def folder(self) -> Path:
        """Where the files are that it names."""
        return Path(self.place.file).parent if self.beside is None else self.beside


class Sheet:
    """On which data are written anew: what their parts are, where they come from, and what is wrong with them."""

    def __init__(self) -> None:
        self.values: dict[DataPath, Place] = {}
        self.keys: dict[DataPath, Place] = {}
        self.problems: list[Problem] = []
        self.unfilled: set[tuple[str, int, int]] = set()
        """Where a text still asks for a value, which is told: nothing more is to be said of it."""
        self._written = 0

    def report(self, at: At | Place, message: str) -> None:
        """Something that is wrong there."""
        place = at.place if isinstance(at, At) else at
        problem = Problem(place.file, place.line, place.column, message)
        if problem not in self.problems[-50:]:  # a loop meets the same thing again and again
            self.problems.append(problem)

    def report_of_files(self, at: Place, problems: Sequence[Problem]) -> None:
        """What is wrong with a file that is named there; that there is none stands where it is named."""
        for problem in problems:
            if is_there(Path(problem.file)):
                self.problems.append(problem)
            else:
                self.report(at, f"{problem.file}: {problem.message}")

    def stop(self, at: At | Place, message: str) -> NoReturn:
        """Something that lets nothing be said of the rest. Raises ScenarioError."""
        self.report(at, message)
        raise ScenarioError(self.problems)

    def write(self, data: object, at: At, new: DataPath, names: Names) -> object:
        """The data of that part with all values in their places; they stand at *new* from now on."""
        self._note(at.place, new)
        match data:
            case str():
                return self._text(data, at, new, names)
            case Mapping():
                return self.mapping(data, at, new, names)
            case list():
                return [
                    self.write(item, at.inside(index), (*new, index), names) for index, item in enumerate(data)
                ]
        return data

    def place(self, at: At, new: DataPath) -> None:
        """Notes that what is at *new* comes from there."""
        self._note(at.place, new)
        if at.path in at.source.keys:
            self.keys[new] = at.key

    def rename(self, old: DataPath, new: DataPath) -> None:
        """Notes that a key with a value that has no parts is called otherwise."""
        for places in (self.values, self.keys):
            if old in places:
                places[new] = places[old]

    def mapping(
        self,
        data: Mapping[str, object],
        at: At,
        new: DataPath,
        names: Names,
        left_out: frozenset[str] = frozenset(),
    ) -> dict[str, object]:
        """The same of a mapping, without some of its keys."""
        self._note(at.place, new)
        made: dict[str, object] = {}
        for key, item in data.items():
            if key in left_out:
                continue
            inner = at.inside(key)
            name = self._key(key, inner, names)
            if name in made:
                self.report(inner.key, f"the key {name!r} is here twice, with the values in their places")
                continue
            self.keys[*new, name] = inner.key
            made[name] = self.write(item, inner, (*new, name), names)
        return made

    def put(self, value: Value, path: DataPath, at: Place, new: DataPath) -> object:
        """A part of a value in the place of a `${...}`: what is inside of it stands where it was written."""
        data = value_at(value.data, path, "")
        self._note(replace(at, written=value.written(path) or str(data)), new)
        self._copy(data, value, path, new)
        return data

    def _copy(self, data: object, value: Value, path: DataPath, new: DataPath) -> None:
        inner = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
        for part, item in inner:
            self._note(value.places.get((*path, part)), (*new, part))
            if (*path, part) in value.keys:
                self.keys[*new, part] = value.keys[*path, part]
            self._copy(item, value, (*path, part), (*new, part))

    def _note(self, place: Place | None, new: DataPath) -> None:
        self._written += 1
        if place is not None:
            self.values[new] = place
        at = place or next(iter(self.values.values()))
        if self._written > MAX_EXPANDED:
            self.stop(at, f"more than {MAX_EXPANDED} values, with everything in its place")
        if len(new) > MAX_DEPTH:
            self.stop(at, f"nested deeper than {MAX_DEPTH} levels, with everything in its place")

    def aside(self, data: object, at: At, names: Names) -> Value:
        """The value of a part that is not itself written down."""
        other = Sheet()
        other.problems, other.unfilled, other._written = self.problems, self.unfilled, self._written
        made = other.write(data, at, (), names)
        self._written = other._written
        return Value(made, other.values, other.keys)

    def _text(self, text: str, at: At, new: DataPath, names: Names) -> object:
        place = at.place
        match self._pieces(text, place, names):
            case [(Value() as value, Asked(path=path))]:
                return self.put(value, path, place, new)
            case None:
                if asks(text):
                    self.unfilled.add((place.file, place.line, place.column))
                return text
            case pieces:
                return self._joined(pieces, text, place)

    def _key(self, key: str, at: At, names: Names) -> str:
        pieces = self._pieces(key, at.key, names) if asks(key) else None
        if pieces is None:
            return key
        made = self._joined(pieces, key, at.key)
        if any(asked is not None and isinstance(it, str) for it, asked in pieces):
            self.report(at.key, "a value that is captured is only known when it runs, and cannot be in a key")
        return made

    def _pieces(self, text: str, place: Place, names: Names) -> list[tuple[Value | str, Asked | None]] | None:
        """What a text consists of, values with what asks for them; None where something is wrong with it."""
        if not asks(text):
            return None
        try:
            pieces: list[tuple[Value | str, Asked | None]] = [
                (self._found(piece, names), piece) if isinstance(piece, Asked) else (piece, None)
                for piece in pieces_of(text)
            ]
            return None if any(it is BROKEN for it, _ in pieces) else pieces
        except UnreadableError as error:
            self.report(place, str(error))
        except NowhereError as error:
            self.report(place, f"there is no ${{{error.wanted}}}: {error.seen}")
        return None

    def _found(self, asked: Asked, names: Names) -> Value | str:
        """What it stands for: a value, or the text by which a captured one is asked for."""
        value, captured = names.value(asked.name), names.captured(asked.name)
        if value is not None:
            if value is BROKEN:
                return value
            value_at(value.data, asked.path, asked.name)  # says what is wrong with the path
            return value
        if captured is None:
            raise UnreadableError(names.missing(asked.name))
        return Asked(captured, asked.path).written

    def _joined(self, pieces: list[tuple[Value | str, Asked | None]], text: str, place: Place) -> str:
        made = ""
        try:
            for it, asked in pieces:
                said = it if isinstance(it, str) else _said(it, asked)
                if made.endswith("$") and said.startswith("{"):  # which together would ask for something
                    made += "$"
                made += said
        except NowhereError as error:
            self.report(place, f"{error.wanted}: {error.seen}")
            self.unfilled.add((place.file, place.line, place.column))
            return text
        return made


def is_there(file: Path) -> bool:
    """Whether there is such a file."""
    try:
        return file.exists()
    except (OSError, ValueError):  # such a name is none
        return False


def _said(value: Value, asked: Asked | None) -> str:
    """A value as part of a text: a number as its author wrote it."""
    assert asked is not None, "a value was asked for"
    part = value_at(value.data, asked.path, asked.name)
    said = text_of(part, asked.written)
    is_number = isinstance(part, int | float) and not isinstance(part, bool)
    return (value.written(asked.path) or said) if is_number else said


def parts_of(value: Value) -> list[Value]:
    """The entries of a list, each as a value."""
    assert isinstance(value.data, list), "it was looked at"
    places: list[dict[DataPath, Place]] = [{} for _ in value.data]
    keys: list[dict[DataPath, Place]] = [{} for _ in value.data]
    for into, found in ((places, value.places), (keys, value.keys)):
        for path, place in found.items():
            if path:
                into[int(path[0])][path[1:]] = place
    return [Value(*it) for it in zip(value.data, places, keys, strict=True)]


def on_line(place: Place, seen_from: Place) -> str:
    """Where something stands, for a message about something else."""
    return f"on line {place.line}" if place.file == seen_from.file else f"in {place.file}:{place.line}"


def unknown_variable(name: str, known: Iterable[str]) -> str:
    """What to say of a name that there is not."""
    return f"there is no variable {name!r}{did_you_mean(name, known)}"
