"""The steps of a file, written out one by one: loops pass by pass, with the values of each in their places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import TypeVar

from pydantic import ValidationError

from simulator.errors import ScenarioError
from simulator.scenario.interpolation import filled, in_words
from simulator.scenario.model import MAX_STEPS, ForEach, Part, Repeat
from simulator.scenario.reading.problems import problems_of
from simulator.scenario.reading.scope import At, Names, Sheet, Value, parts_of, unknown_variable
from simulator.scenario.reading.series import values_of
from simulator.scenario.reading.source import Place, Source
from simulator.scenario.reading.variables import check_name

P = TypeVar("P", bound=Part)


@dataclass(frozen=True, slots=True)
class Scope:
    """The names at a place among the steps: those of the file, and those of the loops around."""

    outer: Names
    values: Mapping[str, Value] = field(default_factory=dict)

    def value(self, name: str) -> Value | None:
        """See Names.value."""
        return self.values[name] if name in self.values else self.outer.value(name)

    def captured(self, name: str) -> str | None:
        """See Names.captured."""
        return self.outer.captured(name)

    def known(self) -> Iterator[str]:
        """See Names.known."""
        yield from self.values
        yield from self.outer.known()

    def missing(self, name: str) -> str:
        """See Names.missing."""
        return unknown_variable(name, self.known())

    def inside(self, values: Mapping[str, Value]) -> Scope:
        """With further values, those of a pass."""
        return replace(self, values={**self.values, **values})


class Steps:
    """The steps that were written out so far."""

    def __init__(self, sheet: Sheet) -> None:
        self.made: list[object] = []
        self._sheet = sheet
        self._passes = 0

    def add(self, items: object, at: At, scope: Scope) -> None:
        """Writes out what stands there. Raises ScenarioError for more than anybody means."""
        assert isinstance(items, list), "it was looked at"
        for index, item in enumerate(items):
            inner = at.inside(index)
            match item:
                case {"repeat": _}:
                    self._repeat(item, inner, scope)
                case {"for_each": _}:
                    self._for_each(item, inner, scope)
                case _:
                    self._check(inner, len(self.made) + 1)
                    self.made.append(self._sheet.write(item, inner, ("steps", len(self.made)), scope))

    def _repeat(self, item: Mapping[str, object], at: At, scope: Scope) -> None:
        loop, _ = self._read(Repeat, item, at, scope)
        if loop is None:
            return
        if loop.name is not None and not self._is_new(loop.name, at.inside("as").place, scope):
            return
        for number in range(1, loop.repeat + 1):
            values = {} if loop.name is None else {loop.name: Value(number)}
            self._take(item["steps"], at, scope.inside(values))

    def _for_each(self, item: Mapping[str, object], at: At, scope: Scope) -> None:
        loop, written = self._read(ForEach, item, at, scope)
        if loop is None:
            return
        lists: list[list[Value]] = []
        for name, series in loop.for_each.items():
            inner = at.inside("for_each").inside(name)
            if not self._is_new(name, inner.key, scope):
                continue
            try:
                if isinstance(series, list):
                    lists.append(parts_of(written.part(("for_each", name))))
                else:
                    lists.append(values_of(series, inner.folder))
            except ScenarioError as error:
                self._sheet.report_of_files(inner.place, error.problems)
        if len(lists) < len(loop.for_each):
            return
        for values in product(*lists):
            self._take(item["steps"], at, scope.inside(dict(zip(loop.for_each, values, strict=True))))

    def _take(self, items: object, at: At, scope: Scope) -> None:
        self._passes += 1
        self._check(at, self._passes)
        self.add(items, at.inside("steps"), scope)

    def _check(self, at: At, number: int) -> None:
        if number > MAX_STEPS:
            self._sheet.stop(at, f"more than {MAX_STEPS} steps, with all loops written out")

    def _is_new(self, name: str, place: Place, scope: Scope) -> bool:
        """Whether a loop can give its values this name; if not, that is reported."""
        check_name(name, place, self._sheet)
        if name in scope.known():
            self._sheet.report(place, f"the name {name!r} stands for something else already")
            return False
        return True

    def _read(self, kind: type[P], item: Mapping[str, object], at: At, scope: Scope) -> tuple[P | None, Value]:
        """What is written in short, checked but for the steps in it; None where it is wrong, which is reported."""
        number = len(self._sheet.problems)
        steps = item.get("steps")
        if not isinstance(steps, list) or not steps:
            got = in_words(steps) if steps != [] else "none"
            self._sheet.report(at.inside("steps"), f"expected a list of `steps` to take, got {got}")
        value = self._sheet.aside({key: it for key, it in item.items() if key != "steps"}, at, scope)
        if len(self._sheet.problems) > number:
            return None, value
        source = Source(at.source.file, value.data, value.places, value.keys, ())
        try:
            return kind.model_validate(filled(value.data, {}), by_alias=True, by_name=False), value
        except ValidationError as error:
            self._sheet.problems += problems_of(error, source, kind)
            return None, value
