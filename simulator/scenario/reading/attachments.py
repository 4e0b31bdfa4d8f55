"""Files beside a scenario that its steps name: setups and payloads of the CMDB, put in their places.

What is wrong with such a file is reported where it stands in that file. A step that has taken in a file looks as
if its author had written the content there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from simulator.errors import Problem, ScenarioError
from simulator.scenario.interpolation import escaped
from simulator.scenario.reading.place import DataPath
from simulator.scenario.reading.problems import problems_of
from simulator.scenario.reading.scope import is_there
from simulator.scenario.reading.source import Source, parse
from simulator.store.setups.document import read_file
from simulator.store.setups.setup import Setup

NAMING_FILES = {"configure_cmdb": "setup", "identify": "payload"}
"""The steps that can name a file, and the key under which its content belongs."""


def attach(source: Source, folder: Path) -> Source:
    """The scenario with the content of the files that its steps name, as they are called in *folder*."""
    steps = list(_steps(source.data))
    if not steps:
        return source
    problems: list[Problem] = []
    origins: dict[DataPath, DataPath] = {path: path for path in source.values}
    data = _copied(source.data)
    for index, verb, name in steps:
        where: DataPath = ("steps", index, verb, "from")
        file = folder / name
        try:
            content = _setup(file) if verb == "configure_cmdb" else _payload(file)
        except ScenarioError as error:
            problems += [_placed(problem, file, source, where) for problem in error.problems]
            continue
        step = data["steps"][index] = {**data["steps"][index]}
        step[verb] = {key: value for key, value in step[verb].items() if key != "from"} | {
            NAMING_FILES[verb]: escaped(content)
        }
        origins[*where[:-1], NAMING_FILES[verb]] = origins.pop(where)
    return replace(source.rearranged(data, origins), problems=(*source.problems, *problems))


def _steps(data: object) -> Iterator[tuple[int, str, str]]:
    """Where a file is named and nothing is written in its place."""
    match data:
        case {"steps": [*steps]}:
            for index, step in enumerate(steps):
                match step:
                    case {"configure_cmdb": {"from": str(name), **rest}} if "setup" not in rest:
                        yield index, "configure_cmdb", name
                    case {"identify": {"from": str(name), **rest}} if "payload" not in rest:
                        yield index, "identify", name


def _copied(data: object) -> dict[str, list[dict[str, dict[str, object]]]]:
    assert isinstance(data, dict), "it has steps"
    return {**data, "steps": list(data["steps"])}


def _placed(problem: Problem, file: Path, source: Source, where: DataPath) -> Problem:
    """A problem of a file; that there is none stands where the scenario names it."""
    return (
        problem
        if is_there(file)
        else source.problem(source.values[where], f"{source.shown(where)}: {problem.file}: {problem.message}")
    )


def _setup(file: Path) -> object:
    """A setup as data. Raises ScenarioError with all that is wrong with it."""
    found = parse(read_file(file), str(file))
    problems = [*found.problems]
    try:
        Setup.model_validate(found.data)
    except ValidationError as error:
        problems += problems_of(error, found, Setup)
    if problems:
        raise ScenarioError(problems)
    return found.data


def _payload(file: Path) -> str:
    """The text of a request's body, which must be JSON. Raises ScenarioError."""
    text = read_file(file)
    try:
        json.loads(text)
    except RecursionError as error:
        raise ScenarioError([Problem(str(file), 1, 1, "not valid JSON: nested too deeply")]) from error
    except ValueError as error:
        line, column = (error.lineno, error.colno) if isinstance(error, json.JSONDecodeError) else (1, 1)
        raise ScenarioError([Problem(str(file), line, column, f"not valid JSON: {error}")]) from error
    return text
