"""A scenario file as a checked scenario, or everything that is wrong with it, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import Tag, ValidationError
from pydantic_core import ErrorDetails

from simulator.errors import Problem, ScenarioError
from simulator.scenario.model import Part, Scenario, Step
from simulator.scenario.references import NONE_DEFINED, Names, did_you_mean
from simulator.scenario.source import DataPath, Place, Source, parse, read


@dataclass(frozen=True, slots=True)
class LoadedScenario:
    """A scenario that can be run, and where its parts stand in the file."""

    scenario: Scenario
    source: Source

    @property
    def file(self) -> str:
        """The file as it was named by whoever loaded it."""
        return self.source.file

    def line(self, *path: str | int) -> int:
        """The line of a part, such as `line("steps", 3)` or `line("expect", 0)`; indexes count from 0."""
        return self.source.values[self.source.nearest(path)].line


def load(path: Path) -> LoadedScenario:
    """Reads and checks a scenario file; raises a ScenarioError with all problems of the file."""
    return load_text(read(path), str(path))


def load_text(text: str, file_name: str) -> LoadedScenario:
    """Checks the text of a scenario file, like `load`."""
    source = parse(text, file_name)
    problems = [*source.problems, *_wrong_message_names(source)]
    try:
        scenario = Scenario.model_validate(
            source.data, context=Names.of(source.data), by_alias=True, by_name=False
        )
    except ValidationError as error:
        raise ScenarioError([*problems, *_problems(error, source)]) from error
    if problems:
        raise ScenarioError(problems)
    return LoadedScenario(scenario, source)


# -- what no single part can see ------------------------------------------------------------------------


def _wrong_message_names(source: Source) -> Iterator[Problem]:
    """Names that two send steps give, and expectations of messages that are only sent later."""
    steps = source.data.get("steps") if isinstance(source.data, dict) else None
    line_by_name: dict[str, int] = {}
    early: list[tuple[str, DataPath]] = []
    for index, step in enumerate(steps if isinstance(steps, list) else []):
        match step:
            case {"send": {"as": str(name)}}:
                path = ("steps", index, "send", "as")
                if name in line_by_name:
                    message = f"the message on line {line_by_name[name]} is already named {name!r}"
                    yield source.problem(source.values[path], f"{_shown(path)}: {message}")
                else:
                    line_by_name[name] = source.values[path].line
        for name, path in _expected_messages(step, ("steps", index)):
            if name not in line_by_name:
                early.append((name, path))
    for name, path in early:
        if name in line_by_name:
            message = f"the message {name!r} is only sent later, on line {line_by_name[name]}"
            yield source.problem(source.values[path], f"{_shown(path)}: {message}")


def _expected_messages(step: object, path: DataPath) -> Iterator[tuple[str, DataPath]]:
    match step:
        case {"expect": [*expectations]}:
            for index, expectation in enumerate(expectations):
                match expectation:
                    case {"message": str(name)}:
                        yield name, (*path, "expect", index, "message")


# -- pydantic's errors in our words ---------------------------------------------------------------------

_ON_KEY = "[key]"
"""What pydantic appends to the place of a value when it means the value's key."""


def _problems(error: ValidationError, source: Source) -> Iterator[Problem]:
    reported: set[tuple[Place, str]] = set()
    errors = (details for details in error.errors(include_url=False) if not _is_consequence(details))
    # The members of a union each have their say about one value, one after the other.
    for _, said in groupby(errors, key=lambda details: (_key_path(details), source.nearest(details["loc"]))):
        for path, place, message in _explain(list(said), source):
            if (place, message) not in reported:  # else it is an alias of what was already reported
                reported.add((place, message))
                yield source.problem(place, f"{_shown(path)}: {message}" if path else message)


def _explain(said: list[ErrorDetails], source: Source) -> Iterator[tuple[DataPath, Place, str]]:
    """What is wrong, with the path to show and the place, for all errors about the same value or key."""
    path = source.nearest(said[0]["loc"])
    choices = [details for details in said if details["type"] in ("enum", "literal_error")]
    if choices and choices[0]["input"] is not True and choices[0]["ctx"]["expected"] != "True":
        key = _key_path(choices[0])
        at = (source.keys[path], path[:-1]) if key is not None else (source.values[path], path)
        yield at[1], at[0], _unknown_choice(choices, source.values[path])
        return
    for details in said:
        yield _place_and_message(details, path, source)


def _x() -> None: ...
