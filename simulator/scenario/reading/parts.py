"""Parts of other files: what they define becomes part of a scenario, and steps of theirs stand among its own.

What is included still stands in its own file, for whoever asks for its place.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from simulator.errors import Problem, ScenarioError
from simulator.scenario.interpolation import OPENS, in_words
from simulator.scenario.model import DEFINED_BY_PARTS, HELD_BY_PARTS
from simulator.scenario.reading.place import DataPath, Place
from simulator.scenario.reading.scope import At, Sheet, is_there
from simulator.scenario.reading.source import Source, parse
from simulator.scenario.suggestion import did_you_mean
from simulator.store.setups.document import read_file

_OF_A_PART = ("vars", "include", *DEFINED_BY_PARTS, *HELD_BY_PARTS)
_SUFFIXES = (".yaml", ".yml")


def with_parts(source: Source) -> Source:
    """The file with what the files say that it includes at its top; what is wrong with them is told with it."""
    if not isinstance(source.data, Mapping) or not any(map(is_file, _included(source.data))):
        return source
    merging = _Merging(source)
    merging.include(At(source, ()), (source.file,))
    return merging.whole()


def is_file(name: object) -> bool:
    """Whether what is included by that name is a file, and no application of the library."""
    return isinstance(name, str) and name.endswith(_SUFFIXES)


def part_of_steps(named: str, at: At) -> Source:
    """The file of steps that is named there. Raises ScenarioError, also where it includes itself."""
    path = at.folder / named
    chain, place = [at.place.file], at.within
    while place is not None:
        chain.append(place.file)
        place = place.within
    source = _read(path, at, chain[::-1])
    data = mapping_of(source)
    keys, steps = data.keys(), data.get("steps")
    if "name" in keys or "instances" in keys:
        raise _wrong(at, f"{path} is a whole scenario; what stands among steps has `steps` and perhaps `vars`")
    for key in keys - {"steps", "vars"}:
        hint = did_you_mean(str(key), ["steps", "vars"])
        raise _wrong(
            At(source, (key,)), f"there is no key {key!r} in a part that stands among steps{hint}", is_key=True
        )
    if not isinstance(steps, list) or not steps:
        got = in_words(steps) if steps != [] else "none"
        raise _wrong(At(source, ("steps",)), f"expected a list of `steps` to take, got {got}")
    return source


def mapping_of(source: Source) -> Mapping[str, object]:
    """The data of a file of which it is known that they are a mapping."""
    assert isinstance(source.data, Mapping), "it was looked at"
    return source.data


def _read(path: Path, at: At, chain: Sequence[str]) -> Source:
    """The file; *chain* are those by which one comes to it, the scenario's own first. Raises ScenarioError."""
    if os.path.realpath(path) in map(os.path.realpath, chain):
        raise _wrong(at, f"{path} includes itself, by way of {' -> '.join(chain)}")
    try:
        source = parse(read_file(path), str(path))
    except ScenarioError as error:
        if is_there(path) and not path.is_dir():
            raise
        raise ScenarioError(
            [at.source.problem(at.place, f"{problem.file}: {problem.message}") for problem in error.problems]
        ) from error
    if not isinstance(source.data, Mapping):
        raise _wrong(
            At(source, ()), f"expected a part of a scenario, which is a mapping, got {in_words(source.data)}"
        )
    return source


def _wrong(at: At, message: str, *, is_key: bool = False) -> ScenarioError:
    place = at.key if is_key else at.place
    return ScenarioError([Problem(place.file, place.line, place.column, message)])


def _included(data: Mapping[str, object]) -> list[object]:
    included = data.get("include")
    return included if isinstance(included, list) else []


class _Merging:
    """A file, to which the parts are added that it includes: their parts first, its own last."""

    def __init__(self, source: Source) -> None:
        assert isinstance(source.data, Mapping), "it was looked at"
        self._source = source
        self._sheet = Sheet()
        self._defined: dict[str, dict[str, object]] = {key: {} for key in ("vars", *DEFINED_BY_PARTS)}
        self._held: dict[str, list[object]] = {key: [] for key in HELD_BY_PARTS}
        self._applications: list[object] = []
        self._home = Path(source.file).parent

    def include(self, at: At, chain: tuple[str, ...]) -> None:
        """Adds what a file includes, and then what it says itself."""
        for index, name in enumerate(_included(mapping_of(at.source))):
            inner = at.inside("include").inside(index)
            if not is_file(name):
                if name not in self._applications or at.within is None:
                    self._sheet.place(inner, ("include", len(self._applications)))
                    self._applications.append(name)
                continue
            try:
                self._include(str(name), inner, chain)
            except ScenarioError as error:
                self._sheet.problems += error.problems
        self._add(at)

    def _include(self, name: str, at: At, chain: tuple[str, ...]) -> None:
        if OPENS in name:
            raise _wrong(at, "expected the name of a file without ${...}, for variables may come from it")
        path = at.folder / name
        part = _read(path, at, chain)
        data = mapping_of(part)
        if "steps" in data:
            what = "is a whole scenario" if "name" in data else "has steps"
            hint = "; a part with steps stands among the steps, as in `- include: steps.yaml`"
            raise _wrong(at, f"{path} {what}, and cannot be included at the top{hint}")
        for key in data.keys() - set(_OF_A_PART):
            inner = At(part, (key,), within=at.place)
            hint = did_you_mean(str(key), _OF_A_PART)
            self._sheet.report(inner.key, f"there is no key {key!r} in a part of a scenario{hint}")
        self._sheet.problems += part.problems
        self.include(At(part, (), within=at.place), (*chain, str(path)))

    def _add(self, at: At) -> None:
        data = mapping_of(at.source)
        for key, defined in self._defined.items():
            found = data.get(key)
            if isinstance(found, Mapping):
                self._note(at.inside(key), (key,))
                for name, value in found.items():
                    self._define(key, str(name), value, at.inside(key).inside(name), defined)
        for key, held in self._held.items():
            found = data.get(key)
            if isinstance(found, list):
                self._note(at.inside(key), (key,))
                for index, value in enumerate(found):
                    self._note_all(value, at.inside(key).inside(index), (key, len(held)))
                    held.append(value)

    def _define(self, key: str, name: str, value: object, at: At, defined: dict[str, object]) -> None:
        if name in defined:
            first = self._sheet.keys[key, name]
            is_own = at.within is None
            if key != "vars" or not is_own:  # a file's own variables go before those that it includes
                where = f"{first.file}:{first.line}"
                self._sheet.report(at.key, f"{key}: {name!r} is defined in {where} already")
                return
        match key, value:
            case "instances", {"from": str(kept), **rest} if not os.path.isabs(kept):
                value = (
                    {**rest, "from": os.path.join(os.path.relpath(at.folder, self._home), kept)}
                    if at.within
                    else value
                )
        self._note_all(value, at, (key, name))
        defined[name] = value

    def _note(self, at: At, new: DataPath) -> None:
        self._sheet.place(at, new)

    def _note_all(self, value: object, at: At, new: DataPath) -> None:
        self._note(at, new)
        inner: Iterator[tuple[str | int, object]] = iter(())
        if isinstance(value, Mapping):
            inner = iter(value.items())
        elif isinstance(value, list):
            inner = iter(enumerate(value))
        for part, item in inner:
            self._note_all(item, at.inside(part), (*new, part))

    def whole(self) -> Source:
        """The file with all of it."""
        source, own = self._source, mapping_of(self._source)
        made = {key: it for key, it in (self._defined | self._held).items() if it}
        # What is wrong about the file's own stays as it is, for its problem to be told.
        made = {key: it for key, it in made.items() if isinstance(own.get(key, it), type(it))}
        replaced = {"include", *made}
        kept_values = {at: it for at, it in source.values.items() if not at or at[0] not in replaced}
        kept_keys = {at: it for at, it in source.keys.items() if at[0] not in made}
        include: dict[DataPath, Place] = {("include",): source.values["include",]} if self._applications else {}
        return replace(
            source,
            data={
                key: it
                for key, it in {**own, **made, "include": self._applications}.items()
                if it or key != "include"
            },
            values={**kept_values, **include, **self._sheet.values},
            keys={**kept_keys, **self._sheet.keys},
            problems=(*source.problems, *self._sheet.problems),
        )
