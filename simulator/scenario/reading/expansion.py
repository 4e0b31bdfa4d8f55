"""A file as the plain scenario it stands for: values in the places of `${...}`, and every step written out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from simulator.scenario.interpolation import OPENS
from simulator.scenario.model import IN_SHORT
from simulator.scenario.reading.scope import At, Sheet
from simulator.scenario.reading.source import Source
from simulator.scenario.reading.steps import Scope, Steps
from simulator.scenario.reading.variables import Combination, Settings, combinations

_ONLY_WRITTEN = frozenset({"vars", "matrix"})
"""The keys of a file that a plain scenario has not."""

_SHORT = _ONLY_WRITTEN | {*IN_SHORT}


def expanded(source: Source, settings: Settings) -> list[Source]:
    """The plain scenarios of a file: one for each combination of its matrix. Raises ScenarioError."""
    if not isinstance(source.data, Mapping) or (not settings and _is_plain(source.data)):
        return [source]
    at, sheet = At(source, ()), Sheet()
    found = combinations(at, sheet, settings)
    told = replace(source, problems=(*source.problems, *sheet.problems))
    return [_written_out(told, combination) for combination in found]


def _is_plain(data: object) -> bool:
    """Whether the file says all that it says without anything that would have to be written out."""
    match data:
        case str():
            return OPENS not in data
        case Mapping():
            return all(key not in _SHORT and _is_plain(key) and _is_plain(item) for key, item in data.items())
        case list():
            return all(map(_is_plain, data))
    return True


def _written_out(source: Source, combination: Combination) -> Source:
    sheet, variables = combination.sheet, combination.variables
    assert isinstance(source.data, Mapping), "else it is taken as it is"
    variables.check()
    at, steps = At(source, ()), source.data.get("steps")
    data = sheet.mapping(source.data, at, (), variables, left_out=_ONLY_WRITTEN | {"steps"})
    if isinstance(steps, list) and steps:
        written = Steps(sheet)
        inner = at.inside("steps")
        sheet.place(inner, ("steps",))
        written.add(steps, inner, Scope(variables))
        data["steps"] = written.made
        if not written.made:  # what keeps all from being made is told
            sheet.unfilled.add((inner.place.file, inner.place.line, inner.place.column))
    elif "steps" in source.data:
        data["steps"] = sheet.write(steps, at.inside("steps"), ("steps",), variables)
    data = {key: data[key] for key in source.data if key in data} | data  # in the order of the file
    return replace(
        source,
        data=data,
        values=sheet.values,
        keys=sheet.keys,
        problems=(*source.problems, *sheet.problems),
        unfilled=frozenset(sheet.unfilled),
        combination=combination.label,
        settings=combination.settings,
    )
