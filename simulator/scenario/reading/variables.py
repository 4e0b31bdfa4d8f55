"""The variables of a file and the combinations of its matrix: what `${...}` stands for in all of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from simulator.errors import ScenarioError
from simulator.scenario.interpolation import NAME, escaped, filled, in_words
from simulator.scenario.reading.place import Place
from simulator.scenario.reading.scope import BROKEN, At, Names, Sheet, Value, parts_of, unknown_variable
from simulator.scenario.reading.source import parse
from simulator.scenario.suggestion import did_you_mean

Settings = Mapping[str, str]
"""What --set is given: the values by their names, as YAML."""

MAX_COMBINATIONS = 1000
"""Of one matrix: all of them are loaded before anything is started."""

_ENTRIES = ("exclude", "include")


@dataclass(frozen=True, slots=True)
class Combination:
    """What the variables of a file stand for, of a matrix in one of its combinations."""

    variables: Variables
    sheet: Sheet
    """On which the file is written out with these values."""
    label: str = ""
    """Such as "version=1.5.0, mode=strict"; empty without a matrix."""
    settings: tuple[str, ...] = ()
    """What --set is given for the same again."""


class Variables:
    """The names under `vars`, and others whose values are given; each is worked out when it is first asked for."""

    def __init__(
        self,
        at: At,
        sheet: Sheet,
        given: Mapping[str, Value],
        outer: Names | None = None,
        later: Collection[str] = (),
    ) -> None:
        """*at*: the file. What is *given* goes before its `vars`, and so do names further out."""
        self._at = at.inside("vars")
        self._written = _mapping_in(at.source.data, "vars")
        self._later = later
        """What only has a value when the matrix is made."""
        self._sheet = sheet
        self._values: dict[str, Value] = dict(given)
        self._outer = outer
        self._under_way: list[str] = []

    def value(self, name: str) -> Value | None:
        """See Names.value."""
        if name in self._values:
            return self._values[name]
        if self._outer is not None and (found := self._outer.value(name)) is not None:
            return found
        if name in self._under_way or name not in self._written:
            return None
        self._under_way.append(name)
        number = len(self._sheet.problems)
        value = self._sheet.aside(self._written[name], self._at.inside(name), self)
        self._under_way.pop()
        self._values[name] = value if len(self._sheet.problems) == number else BROKEN
        return self._values[name]

    def captured(self, name: str) -> str | None:
        """See Names.captured."""
        return self._outer.captured(name) if self._outer is not None and not self._under_way else None

    def known(self) -> Iterator[str]:
        """See Names.known."""
        yield from self._values
        yield from self._written
        if self._outer is not None:
            yield from self._outer.known()

    def missing(self, name: str) -> str:
        """See Names.missing."""
        if name in self._under_way:
            circle = [*self._under_way[self._under_way.index(name) :], name]
            return f"the variable {name!r} is made of itself: {' -> '.join(circle)}"
        if name in self._later:
            return f"{name!r} is one of the matrix, which is made before it has a value"
        return unknown_variable(name, self.known())

    def own(self) -> list[str]:
        """The names that stand under `vars`."""
        return list(self._written)

    def check(self) -> None:
        """Works all of them out, so that all that is wrong is reported."""
        for name in self._written:
            self.value(name)


def names_in(at: At) -> list[str]:
    """The names that --set can give another value: the variables of a file and those of its matrix."""
    return [*_mapping_in(at.source.data, "vars"), *_names_of_matrix(at)]


def combinations(at: At, sheet: Sheet, settings: Settings) -> list[Combination]:
    """What the variables of a file stand for in each combination of its matrix; without one there is one.

    A name of the matrix that is set has this one value. Raises ScenarioError where no combination is left.
    """
    _check_names(at, sheet)
    names = _names_of_matrix(at)
    given = {name: _given(name, text, at, sheet) for name, text in settings.items()}
    told = {name: f"{name}={text}" for name, text in settings.items()}
    if not names:
        if _has_matrix(at):
            sheet.report(at.inside("matrix"), "matrix: expected at least one name with its values, got none")
        own = Sheet()
        return [Combination(Variables(at, own, given), own, settings=tuple(told.values()))]
    matrix = _Matrix(at.inside("matrix"), sheet, Variables(at, sheet, given, later=names), names, given)
    made = []
    for values in matrix.combinations():
        said = {name: _said(value) for name, value in zip(names, values, strict=True)}
        label = ", ".join(f"{name}={text}" for name, text in said.items())
        chosen = told | {name: f"{name}={_as_yaml(value)}" for name, value in zip(names, values, strict=True)}
        own = Sheet()
        variables = Variables(at, own, given | dict(zip(names, values, strict=True)))
        made.append(Combination(variables, own, label, tuple(chosen.values())))
    return made


class _Matrix:
    """The values of each name, and what is left out and put in."""

    def __init__(
        self, at: At, sheet: Sheet, variables: Variables, names: Sequence[str], given: Mapping[str, Value]
    ) -> None:
        self._at = at
        self._sheet = sheet
        self._variables = variables
        self._names = names
        self._given = given
        self._written = _mapping_in(at.source.data, "matrix")
        self._listed = {name: self._values(name) for name in names}

    def combinations(self) -> list[tuple[Value, ...]]:
        """All of them, in the order of the names and values. Raises ScenarioError where there are none."""
        lists = [[self._given[name]] if name in self._given else self._listed[name] for name in self._names]
        excluded, included = self._entries("exclude"), self._entries("include")
        number = 1
        for values in lists:
            number *= len(values)
        if number > MAX_COMBINATIONS:
            self._sheet.stop(self._at, f"matrix: expected at most {MAX_COMBINATIONS} combinations, got {number}")
        every = [it for it in product(*lists) if not any(map(self._is_like, excluded, [it] * len(excluded)))]
        for entry in included:
            one = tuple(entry.get(name, BROKEN) for name in self._names)
            is_set = all(same(entry[name], it) for name, it in self._given.items() if name in entry)
            if BROKEN not in one and is_set and not any(_are_same(one, other) for other in every):
                every.append(one)
        if not every:
            self._sheet.stop(self._at, "matrix: all of its combinations are excluded")
        return every

    def _is_like(self, entry: Mapping[str, Value], values: Sequence[Value]) -> bool:
        by_name = dict(zip(self._names, values, strict=True))
        return bool(entry) and all(same(value, by_name[name]) for name, value in entry.items())

    def _values(self, name: str) -> list[Value]:
        at = self._at.inside(name)
        value = self._sheet.aside(self._written[name], at, self._variables)
        if not isinstance(value.data, list):
            self._sheet.report(at, f"matrix.{name}: expected a list of values, got {in_words(value.data)}")
            return [BROKEN]
        if not value.data:
            self._sheet.report(at, f"matrix.{name}: expected at least one value, got none")
            return [BROKEN]
        values = parts_of(value)
        for index, it in enumerate(values):
            if any(same(it, other) for other in values[:index]):
                self._sheet.report(at.inside(index), f"matrix.{name}: {_said(it)} is here twice")
        return values

    def _entries(self, kind: str) -> list[dict[str, Value]]:
        """The combinations that are listed under `exclude` or `include`; without what is wrong with them."""
        if kind not in self._written:
            return []
        at = self._at.inside(kind)
        listed = self._written[kind]
        if not isinstance(listed, list):
            self._sheet.report(at, f"matrix.{kind}: expected a list of combinations, got {in_words(listed)}")
            return []
        return [self._entry(kind, item, at.inside(index)) for index, item in enumerate(listed)]

    def _entry(self, kind: str, item: object, at: At) -> dict[str, Value]:
        if not isinstance(item, Mapping) or not item:
            got = in_words(item) if item != {} else "none"
            self._sheet.report(at, f"matrix.{kind}: expected values by their names, got {got}")
            return {}
        found: dict[str, Value] = {}
        for name, written in item.items():
            inner = at.inside(name)
            if name not in self._names:
                message = f"matrix.{kind}: the matrix has no {name!r}{did_you_mean(name, self._names)}"
                self._sheet.report(inner.key, message)
                continue
            value = self._sheet.aside(written, inner, self._variables)
            there_are = self._listed[name]
            if kind == "exclude" and BROKEN not in there_are and not any(same(value, it) for it in there_are):
                known = did_you_mean(_said(value), map(_said, there_are))
                self._sheet.report(inner, f"matrix.exclude: {name} is never {_said(value)}{known}")
            found[name] = value
        if kind == "include" and (missing := [name for name in self._names if name not in item]):
            self._sheet.report(at, f"matrix.include: expected a value for {', '.join(missing)} as well")
        return found


def same(one: Value, other: Value) -> bool:
    """Whether two values are one; true is not 1."""
    return one.data == other.data and json.dumps(one.data) == json.dumps(other.data)


def _are_same(one: Sequence[Value], other: Sequence[Value]) -> bool:
    return all(map(same, one, other))


_LONGEST = 40


def _said(value: Value) -> str:
    """A value as part of a label."""
    text = value.written(()) if isinstance(value.data, int | float) else ""
    if not text:
        data = filled(value.data, {})
        text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _as_yaml(value: Value) -> str:
    """A value as --set takes it."""
    data = filled(value.data, {})
    if not isinstance(data, str):
        return value.written(()) if isinstance(data, int | float) and value.written(()) else json.dumps(data)
    try:
        is_plain = parse(data, "--set").data == data
    except ScenarioError:
        is_plain = False
    return data if is_plain else json.dumps(data, ensure_ascii=False)


def _given(name: str, text: str, at: At, sheet: Sheet) -> Value:
    """The value that --set gives, which is read as YAML."""
    if name not in names_in(at):
        known = did_you_mean(name, names_in(at))
        sheet.report(at.inside("vars"), f"--set {name}={text}: there is no variable {name!r}{known}")
    if not text:
        return Value("")
    try:
        source = parse(text, f"--set {name}")
        problems = [*source.problems]
    except ScenarioError as error:
        problems = error.problems
    for problem in problems:
        sheet.report(Place(problem.file, problem.line, problem.column), problem.message)
    return BROKEN if problems else Value(escaped(source.data), source.values, source.keys)


def _check_names(at: At, sheet: Sheet) -> None:
    names = _names_of_matrix(at)
    for part in ("vars", "matrix"):
        inner, data = at.inside(part), at.source.data
        if isinstance(data, Mapping) and part in data and not isinstance(data[part], Mapping):
            expected = "values by their names" if part == "vars" else "lists of values by their names"
            sheet.report(inner, f"{part}: expected {expected}, got {in_words(data[part])}")
        for name in _mapping_in(data, part):
            check_name(name, inner.inside(name).key, sheet)
            if part == "vars" and name in names:
                line = at.inside("matrix").inside(name).key.line
                sheet.report(inner.inside(name).key, f"{name!r} is in the matrix as well, on line {line}")


def check_name(name: str, place: Place, sheet: Sheet) -> None:
    """Reports what cannot be asked for by `${...}`."""
    if not NAME.fullmatch(name):
        message = f"expected a name of letters, digits, - and _, beginning with a letter, got {name!r}"
        sheet.report(place, message)


def _has_matrix(at: At) -> bool:
    return isinstance(at.source.data, Mapping) and isinstance(at.source.data.get("matrix"), Mapping)


def _names_of_matrix(at: At) -> list[str]:
    return [name for name in _mapping_in(at.source.data, "matrix") if name not in _ENTRIES]


def _mapping_in(data: object, key: str) -> Mapping[str, object]:
    found = data.get(key) if isinstance(data, Mapping) else None
    return found if isinstance(found, Mapping) else {}
