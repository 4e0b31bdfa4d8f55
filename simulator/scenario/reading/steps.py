"""The steps of a file, written out one by one: loops pass by pass, with the values of each in their places."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count, product
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from simulator.errors import ScenarioError
from simulator.scenario.interpolation import filled, in_words, names_asked
from simulator.scenario.model import MAX_STEPS, ForEach, HubStep, IncludeStep, Part, PipelineStep, Repeat
from simulator.scenario.reading.attachments import NAMING_FILES
from simulator.scenario.reading.parts import mapping_of, part_of_steps
from simulator.scenario.reading.place import DataPath, Place
from simulator.scenario.reading.problems import problems_of
from simulator.scenario.reading.scope import At, Names, Sheet, Value, on_line, parts_of, unknown_variable
from simulator.scenario.reading.series import values_of
from simulator.scenario.reading.source import Source
from simulator.scenario.reading.topologies import Keys, steps_of_hub, steps_of_pipeline
from simulator.scenario.reading.variables import Variables, check_name
from simulator.scenario.suggestion import did_you_mean

P = TypeVar("P", bound=Part)
T = TypeVar("T")


class Captures:
    """The names under which steps capture values: as they are written in the file, and one by one."""

    def __init__(
        self, items: Iterable[tuple[int, object]], sheet: Sheet, at: At, known: Collection[str] = ()
    ) -> None:
        """*items* are the steps as they are written, by their indexes; *known* is what others have captured."""
        self._sheet = sheet
        self._place_by_name: dict[str, Place] = {}
        """Where a name is captured first; in the file, whether or not that was written out."""
        self._taken = set(known)
        self._place_by_name.update(dict.fromkeys(known, at.place))
        """Of values of their own, for each pass of a loop captures anew."""
        for path in _captures_in(items, at.path):
            self._place_by_name.setdefault(str(path[-1]), replace(at, path=path).key)

    def new(self, name: str, at: At, scope: Scope) -> str:
        """What a value is called that is captured under this name; a name that cannot be is reported."""
        check_name(name, at.key, self._sheet)
        if scope.value(name) is not None:
            self._sheet.report(at.key, f"the name {name!r} stands for something else already")
        elif scope.captured(name) is not None:
            where = on_line(self._place_by_name[name], at.key)
            self._sheet.report(at.key, f"{name!r} is captured already, {where}")
        called = next(it for it in chain([name], (f"{name}_{n}" for n in count(2))) if it not in self._taken)
        self._taken.add(called)
        self._place_by_name.setdefault(name, at.key)
        scope.blocks[-1][name] = called
        return called

    def missing(self, name: str, *, is_after: bool) -> str | None:
        """Why a name that is captured somewhere is not known at a place, *is_after* all steps or among them."""
        if name not in self._place_by_name:
            return None
        line = self._place_by_name[name].line
        if is_after or name in self._taken:
            return f"{name!r} is captured on line {line}, for the steps after it in its own loop"
        return f"{name!r} is only captured later, on line {line}"


def _captures_in(items: Iterable[tuple[int, object]], path: DataPath) -> Iterator[DataPath]:
    """The paths of the names that steps capture, also those in loops."""
    for index, item in items:
        if isinstance(item, Mapping):
            capture = item.get("capture")
            for name in capture if isinstance(capture, Mapping) else ():
                yield (*path, index, "capture", name)
            steps = item.get("steps")
            if isinstance(steps, list):
                yield from _captures_in(enumerate(steps), (*path, index, "steps"))


@dataclass(frozen=True, slots=True)
class Scope:
    """The names at a place among the steps: those of the file, those of the loops around, and what is captured."""

    outer: Names
    captures: Captures
    values: Mapping[str, Value] = field(default_factory=dict)
    blocks: tuple[dict[str, str], ...] = ()
    """What was captured so far, in the file and in each loop around; none: what is here knows nothing of it."""
    is_after: bool = False
    """Whether it is about the end, after all steps."""

    def value(self, name: str) -> Value | None:
        """See Names.value."""
        return self.values[name] if name in self.values else self.outer.value(name)

    def captured(self, name: str) -> str | None:
        """See Names.captured."""
        return next((block[name] for block in self.blocks if name in block), None)

    def known(self) -> Iterator[str]:
        """See Names.known."""
        yield from self.values
        yield from chain(*self.blocks)
        yield from self.outer.known()

    def missing(self, name: str) -> str:
        """See Names.missing."""
        said = self.captures.missing(name, is_after=self.is_after)
        return said or unknown_variable(name, self.known())

    def inside(self, values: Mapping[str, Value]) -> Scope:
        """With further values, those of a pass, which captures its own."""
        return replace(self, values={**self.values, **values}, blocks=(*self.blocks, {}))


def _at_home(step: T, at: At) -> T:
    """A step of an included file, with the path of a file that it names as the scenario itself would name it."""
    if at.within is None or not isinstance(step, dict):
        return step
    home = Path(at.within.outermost.file).parent
    for verb in NAMING_FILES:
        match step.get(verb):
            case {"from": str(name), **rest} if not os.path.isabs(name):
                step[verb] = {**rest, "from": os.path.join(os.path.relpath(at.folder, home), name)}
    return step


def _steps_in(item: Mapping[str, object]) -> Sequence[object]:
    steps = item.get("steps")
    return steps if isinstance(steps, list) else ()


class Steps:
    """The steps that were written out so far."""

    def __init__(self, sheet: Sheet, first: int = 0) -> None:
        """*first*: the index of the first of them."""
        self.made: list[object] = []
        self._sheet = sheet
        self._first = first
        self._passes = 0

    def add(self, items: Iterable[tuple[int, Any]], at: At, scope: Scope) -> None:
        """Writes out what stands there, by its index. Raises ScenarioError for more than anybody means."""
        for index, item in items:
            inner = at.inside(index)
            match item:
                case {"repeat": _}:
                    self._repeat(item, inner, scope)
                case {"for_each": _}:
                    self._for_each(item, inner, scope)
                case {"include": _}:
                    self._include(item, inner, scope)
                case {"hub": _}:
                    hub, written = self._read(HubStep, item, inner, scope, has_steps=False)
                    self._topology(steps_of_hub(hub.hub, written) if hub else (), inner.inside("hub"))
                case {"pipeline": _}:
                    pipeline, written = self._read(PipelineStep, item, inner, scope, has_steps=False)
                    made = steps_of_pipeline(pipeline.pipeline, written) if pipeline else ()
                    self._topology(made, inner.inside("pipeline"))
                case _:
                    self._check(inner, len(self.made) + 1)
                    self.made.append(self._step(item, inner, ("steps", self._first + len(self.made)), scope))

    def _step(self, item: object, at: At, new: DataPath, scope: Scope) -> object:
        if not isinstance(item, Mapping) or not isinstance(item.get("capture"), Mapping):
            return _at_home(self._sheet.write(item, at, new, scope), at)
        written = self._sheet.mapping(item, at, new, scope, left_out=frozenset({"capture"}))
        inner, captured = at.inside("capture"), (*new, "capture")
        self._sheet.place(inner, captured)
        made = self._sheet.mapping(item["capture"], inner, captured, scope)
        names = {name: scope.captures.new(name, inner.inside(name), scope) for name in made}
        for name, called in names.items():
            self._sheet.rename((*captured, name), (*captured, called))
        return {**_at_home(written, at), "capture": {names[name]: path for name, path in made.items()}}

    def _repeat(self, item: Mapping[str, object], at: At, scope: Scope) -> None:
        loop, _ = self._read(Repeat, item, at, scope)
        if loop is None:
            return
        if loop.name is not None and not self._is_new(loop.name, at.inside("as").place, scope):
            return
        for number in range(1, loop.repeat + 1):
            values = {} if loop.name is None else {loop.name: Value(number)}
            self._take(_steps_in(item), at, scope.inside(values))

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
            self._take(_steps_in(item), at, scope.inside(dict(zip(loop.for_each, values, strict=True))))

    def _topology(self, steps: Iterable[tuple[str, Keys]], at: At) -> None:
        """Steps that stand for one in short, where that stands, with its values."""
        for verb, keys in steps:
            self._check(at, len(self.made) + 1)
            new: DataPath = ("steps", self._first + len(self.made))
            self._sheet.place(at, new)
            self._sheet.place(at, (*new, verb))
            made = {key: self._put(value, at.place, (*new, verb, key)) for key, value in keys.items() if key}
            self.made.append({verb: made or self._put(keys[""], at.place, (*new, verb))})

    def _put(self, value: Value | list[Value], at: Place, new: DataPath) -> object:
        if isinstance(value, Value):
            return self._sheet.put(value, (), value.places.get((), at), new)
        return [self._put(it, at, (*new, index)) for index, it in enumerate(value)]

    def _include(self, item: Mapping[str, object], at: At, scope: Scope) -> None:
        found, written = self._read(IncludeStep, item, at, scope, has_steps=False)
        if found is None:
            return
        named = at.inside("include")
        self._passes += 1
        self._check(at, self._passes)
        try:
            part = part_of_steps(found.include, named)
        except ScenarioError as error:
            self._sheet.problems += [it for it in error.problems if it not in self._sheet.problems]
            return
        inner = At(part, (), within=named.place)
        given = {name: written.part(("with", name)) for name in found.values}
        variables = Variables(inner, self._sheet, given, outer=scope)
        known = [*variables.own(), *names_asked(part.data)]
        for name in given:
            if name not in known:
                hint = did_you_mean(name, known)
                self._sheet.report(at.inside("with").inside(name).key, f"{part.file} asks for no {name!r}{hint}")
        variables.check()
        self._sheet.problems += [it for it in part.problems if it not in self._sheet.problems]
        steps = _steps_in(mapping_of(part))
        self.add(enumerate(steps), inner.inside("steps"), replace(scope, outer=variables, values={}))

    def _take(self, items: Iterable[object], at: At, scope: Scope) -> None:
        self._passes += 1
        self._check(at, self._passes)
        self.add(enumerate(items), at.inside("steps"), scope)

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

    def _read(
        self, kind: type[P], item: Mapping[str, object], at: At, scope: Scope, *, has_steps: bool = True
    ) -> tuple[P | None, Value]:
        """What is written in short, checked but for the steps in it; None where it is wrong, which is reported."""
        number = len(self._sheet.problems)
        steps = item.get("steps")
        if has_steps and (not isinstance(steps, list) or not steps):
            got = in_words(steps) if steps != [] else "none"
            self._sheet.report(at.inside("steps"), f"expected a list of `steps` to take, got {got}")
        alone = {key: it for key, it in item.items() if key != "steps" or not has_steps}
        value = self._sheet.aside(alone, at, scope)
        if len(self._sheet.problems) > number:
            return None, value
        source = Source(at.source.file, value.data, value.places, value.keys, ())
        try:
            return kind.model_validate(filled(value.data, {}), by_alias=True, by_name=False), value
        except ValidationError as error:
            self._sheet.problems += problems_of(error, source, kind)
            return None, value
