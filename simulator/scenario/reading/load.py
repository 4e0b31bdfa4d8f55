"""A scenario file as a checked scenario, or everything that is wrong with it, each with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import get_args

from pydantic import ValidationError

from simulator.errors import Problem, ScenarioError
from simulator.report.naming import with_combination
from simulator.scenario.interpolation import filled
from simulator.scenario.model import Scenario, Step, WrittenScenario
from simulator.scenario.model.names import Names
from simulator.scenario.reading.attachments import attach
from simulator.scenario.reading.beginnings import Beginnings, beginnings_of
from simulator.scenario.reading.expansion import expanded, with_further_steps
from simulator.scenario.reading.library import include
from simulator.scenario.reading.parts import with_parts
from simulator.scenario.reading.place import DataPath, Place
from simulator.scenario.reading.problems import problems_of
from simulator.scenario.reading.scope import At, on_line
from simulator.scenario.reading.source import Source, parse
from simulator.scenario.reading.variables import Settings, names_in
from simulator.store.setups.document import read_file

NONE_SET: Settings = {}


@dataclass(frozen=True, slots=True)
class LoadedScenario:
    """A scenario that can be run, and where its parts stand in the file."""

    scenario: Scenario
    source: Source
    beginnings: Beginnings
    """The kept files that its instances begin with."""

    @property
    def file(self) -> str:
        """The file as it was named by whoever loaded it."""
        return self.source.file

    @property
    def combination(self) -> str:
        """Which of its file's matrix this is; empty where that has none."""
        return self.source.combination

    @property
    def told_file(self) -> str:
        """The file as people are told it, with which of its matrix this is."""
        return with_combination(self.file, self.combination)

    def line(self, *path: str | int) -> int:
        """The line of a part, such as `line("steps", 3)` or `line("expect", 0)`; indexes count from 0.

        Of what stands in another file, that of what includes it.
        """
        return self.place(*path).outermost.line

    def place(self, *path: str | int) -> Place:
        """Where a part stands, or what there is around it."""
        return self.source.values[self.source.nearest(path)]

    def until(self, line: int | None) -> LoadedScenario:
        """The scenario up to that line of the file; None: all of it.

        So without the first step that begins below it and all that come after, and without what is expected there.
        """
        if line is None:
            return self
        data = self.source.data
        assert isinstance(data, dict), "it was checked"
        left = {key: self._number_until(line, key) for key in ("steps", "expect", "eventually")}
        source = replace(self.source, data=data | {key: data[key][:it] for key, it in left.items() if key in data})
        scenario = self.scenario.model_copy(
            update={key: getattr(self.scenario, key)[:it] for key, it in left.items()}
        )
        return LoadedScenario(scenario, source, self.beginnings)

    def _number_until(self, line: int, key: str) -> int:
        places = (self.source.values[key, index] for index in range(len(getattr(self.scenario, key))))
        return sum(1 for _ in takewhile(lambda place: place.outermost.line <= line, places))


def load(path: Path, kept: Path | None = None, settings: Settings = NONE_SET) -> LoadedScenario:
    """Reads and checks a scenario file; raises a ScenarioError with all problems of the file.

    With *kept* all instances begin with their files in that directory, whatever the file says. *settings* are
    values for its variables. Of a matrix they must leave one combination.
    """
    return read(path).only(settings, kept)


def load_text(
    text: str, file_name: str, kept: Path | None = None, settings: Settings = NONE_SET
) -> LoadedScenario:
    """Checks the text of a scenario file, like `load`."""
    return ScenarioFile.of(text, file_name).only(settings, kept)


def load_all(path: Path, settings: Settings = NONE_SET) -> list[LoadedScenario]:
    """Reads and checks a scenario file, like `load`; a scenario for each combination of its matrix."""
    return read(path).all(settings)


def read(path: Path) -> ScenarioFile:
    """A file that is YAML. Raises ScenarioError."""
    return ScenarioFile.of(read_file(path), str(path))


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """A scenario file as it is written, which may be several scenarios."""

    source: Source
    """With what it includes of other files, but for their steps."""

    @classmethod
    def of(cls, text: str, file_name: str) -> ScenarioFile:
        """The file with that text. Raises ScenarioError for what can be read as nothing."""
        return cls(with_parts(parse(text, file_name)))

    @property
    def names(self) -> list[str]:
        """Which values *settings* can have."""
        return names_in(At(self.source, ()))

    def all(self, settings: Settings, kept: Path | None = None) -> list[LoadedScenario]:
        """A scenario for each combination. Raises ScenarioError with what is wrong with any."""
        found, problems = list[LoadedScenario](), dict[Problem, list[str]]()
        plain = expanded(self.source, settings)
        for source in plain:
            try:
                found.append(_checked(source, kept))
            except ScenarioError as error:
                for problem in dict.fromkeys(error.problems):
                    problems.setdefault(problem, []).append(source.combination)
        if problems:
            number = len(plain)
            raise ScenarioError([_of_some(problem, which, number) for problem, which in problems.items()])
        return found

    def plain(self, settings: Settings) -> list[Source]:
        """What each combination is with everything in its place and written out; checked. Raises ScenarioError."""
        self.all(settings)
        return expanded(self.source, settings)

    def only(self, settings: Settings, kept: Path | None = None) -> LoadedScenario:
        """The only one. Raises ScenarioError where there are several."""
        every = self.all(settings, kept)
        if len(every) > 1:
            at = At(self.source, ("matrix",)).key
            known = "; ".join(" ".join(f"--set {it}" for it in one.source.settings) for one in every[:_NAMED])
            more = f"; and {len(every) - _NAMED} more" if len(every) > _NAMED else ""
            message = f"matrix: expected one combination, got {len(every)}; choose one with {known}{more}"
            raise ScenarioError([self.source.problem(at, message)])
        return every[0]


_NAMED = 5
"""Combinations."""


def _of_some(problem: Problem, combinations: Sequence[str], number: int) -> Problem:
    """A problem, with the combinations that have it where not all of them do."""
    if len(combinations) == number:
        return problem
    more = f" and {len(combinations) - 1} more" if len(combinations) > 1 else ""
    return replace(problem, message=f"{problem.message} [{combinations[0]}{more}]")


def _checked(source: Source, kept: Path | None) -> LoadedScenario:
    source = attach(include(source), Path(source.file).parent)
    if kept is not None and isinstance(source.data, dict):
        source = replace(source, data={**source.data, "from": str(kept.absolute())})
    return check(source)


def load_steps(text: str, file_name: str, to: LoadedScenario) -> LoadedScenario:
    """The scenario with further steps, which *text* has as a list; raises a ScenarioError with all their problems.

    The new steps stand where they are in *text*, which goes by *file_name*; files that they name are looked for
    in the scenario's folder.
    """
    known = to.source
    begun = known.data
    assert isinstance(begun, dict), "it was checked"
    added = parse(text, file_name)
    if not isinstance(added.data, list):
        raise ScenarioError([added.problem(added.values[()], "expected a list of steps")])
    first = len(begun["steps"])

    def moved(places: Mapping[DataPath, Place]) -> dict[DataPath, Place]:
        return {("steps", first + int(path[0]), *path[1:]): place for path, place in places.items() if path}

    source = replace(
        known,
        file=file_name,
        values={**known.values, **moved(added.values)},
        keys={**known.keys, **moved(added.keys)},
        problems=added.problems,
    )
    folder = Path(known.file).parent
    source = attach(with_further_steps(source, added.data, folder), folder)
    scenario, problems = _scenario_of(source, to.scenario.steps)
    if problems:
        raise ScenarioError(problems)
    return LoadedScenario(scenario, source, to.beginnings)


def check(source: Source) -> LoadedScenario:
    """Checks the data of a scenario file, like `load`."""
    scenario, problems = _scenario_of(source)
    beginnings, wrong = beginnings_of(scenario, Path(source.file).parent)
    problems += [
        source.problem(source.values[source.nearest(path)], f"{source.shown(path)}: {message}")
        for path, message in wrong
    ]
    if problems:
        raise ScenarioError(problems)
    return LoadedScenario(scenario, source, beginnings)


def _scenario_of(source: Source, checked: Sequence[Step] = ()) -> tuple[Scenario, list[Problem]]:
    """What the data say, and what is wrong with them all the same. Raises ScenarioError where they say nothing.

    The first of the steps are *checked* already: who gives a fleet a thousand, one by one, does not wait for each.
    """
    problems = [*source.problems, *_missing_applications(source), *_wrong_message_names(source)]
    data = filled(source.data, {})
    try:
        names = Names.of(data)
        if checked and isinstance(data, dict):
            data = {**data, "steps": [*checked, *data["steps"][len(checked) :]]}
        scenario = Scenario.model_validate(data, context=names, by_alias=True, by_name=False)
    except ValidationError as error:
        found = [
            it
            for it in problems_of(error, source, WrittenScenario)
            if (it.file, it.line, it.column) not in source.unfilled
        ]
        raise ScenarioError([*problems, *found]) from error
    return scenario, problems


# -- what no part can see by itself ---------------------------------------------------------------------


_NEEDS_APPLICATION = {
    verb
    for verb, field in Step.model_fields.items()
    for kind in get_args(field.annotation)
    if "application" in getattr(kind, "model_fields", ())
}
"""The steps that are about an application; CMDBs, time and faults are there without any."""


def _missing_applications(source: Source) -> Iterator[Problem]:
    """Whether applications are needed, and there are none."""
    match source.data:
        case {"applications": defined} if defined != {}:
            return
        case {"steps": [_, *_] as steps} if not any(
            isinstance(it, dict) and _NEEDS_APPLICATION & {*it} for it in steps
        ):
            return
        case {**_others}:
            missing = "the key 'applications' is missing, and `include` names none"
            yield source.problem(source.values[()], missing)


def _wrong_message_names(source: Source) -> Iterator[Problem]:
    """Names that two steps give their messages, and expectations of messages that are only sent later."""
    place_by_name: dict[str, Place] = {}
    expected_early: list[tuple[str, DataPath]] = []
    for path, step in _steps(source.data):
        for name, where in _names_given(path, step):
            place = source.values[where]
            if name in place_by_name:
                message = _named_twice(name, place_by_name[name], place)
                yield source.problem(place, f"{source.shown(where)}: {message}")
            place_by_name.setdefault(name, place)
        expected = _expected_messages(path, step)
        expected_early += [(name, where) for name, where in expected if name not in place_by_name]
    for name, path in expected_early:
        if name in place_by_name:  # else there is no such message at all, which is reported with the other names
            message = (
                f"the message {name!r} is only sent later, {on_line(place_by_name[name], source.values[path])}"
            )
            yield source.problem(source.values[path], f"{source.shown(path)}: {message}")


def _named_twice(name: str, first: Place, again: Place) -> str:
    if (first.file, first.line, first.column) == (again.file, again.line, again.column):
        return f"each pass of a loop names a message {name!r}; a value makes it one, as in `{name}-${{n}}`"
    where = f"line {first.line}" if first.file == again.file else f"{first.file}:{first.line}"
    return f"the message on {where} is already named {name!r}"


def _steps(data: object) -> Iterator[tuple[DataPath, object]]:
    match data:
        case {"steps": [*steps]}:
            yield from ((("steps", index), step) for index, step in enumerate(steps))


def _names_given(path: DataPath, step: object) -> Iterator[tuple[str, DataPath]]:
    match step:
        case {"send": {"as": str(name)}}:
            yield name, (*path, "send", "as")
        case {"share_data": {"as": str(name)}}:
            yield name, (*path, "share_data", "as")


def _expected_messages(path: DataPath, step: object) -> Iterator[tuple[str, DataPath]]:
    match step:
        case {"expect": [*expectations]}:
            for index, expectation in enumerate(expectations):
                match expectation:
                    case {"message": str(name)}:
                        yield name, (*path, "expect", index, "message")
