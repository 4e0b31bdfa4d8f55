"""A file as the plain scenario it stands for: values in the places of `${...}`, and every step written out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from simulator.scenario.interpolation import OPENS
from simulator.scenario.model import IN_SHORT
from simulator.scenario.reading.scope import At, Sheet
from simulator.scenario.reading.source import Source
from simulator.scenario.reading.steps import Captures, Scope, Steps
from simulator.scenario.reading.topologies import with_counted
from simulator.scenario.reading.variables import Combination, Settings, Variables, combinations

_ONLY_WRITTEN = frozenset({"vars", "matrix"})
"""The keys of a file that a plain scenario has not."""

_SHORT = {*IN_SHORT, "capture"}

_AT_THE_END = frozenset({"expect", "eventually"})


def expanded(source: Source, settings: Settings) -> list[Source]:
    """The plain scenarios of a file: one for each combination of its matrix. Raises ScenarioError."""
    if not isinstance(source.data, Mapping) or (not settings and _is_plain(source.data)):
        return [source]
    at, sheet = At(source, ()), Sheet()
    found = combinations(at, sheet, settings)
    told = replace(source, problems=(*source.problems, *sheet.problems))
    return [_written_out(told, combination) for combination in found]


def _is_plain(data: Mapping[str, object]) -> bool:
    """Whether the file says all that it says without anything that would have to be written out."""
    steps = data.get("steps")
    in_short = (
        [it for it in steps if isinstance(it, Mapping) and _SHORT & it.keys()] if isinstance(steps, list) else []
    )
    instances = data.get("instances")
    is_counted = isinstance(instances, Mapping) and any(
        isinstance(it, Mapping) and "count" in it for it in instances.values()
    )
    return not is_counted and not in_short and not _ONLY_WRITTEN & data.keys() and not _asks(data)


def _asks(data: object) -> bool:
    """Whether there is a `${` in it."""
    match data:
        case str():
            return OPENS in data
        case Mapping():
            return any(_asks(key) or _asks(item) for key, item in data.items())
        case list():
            return any(map(_asks, data))
    return False


def _written_out(source: Source, combination: Combination) -> Source:
    sheet, variables = combination.sheet, combination.variables
    assert isinstance(source.data, Mapping), "else it is taken as it is"
    variables.check()
    at, written = At(source, ()), source.data.get("steps")
    items = list(enumerate(written)) if isinstance(written, list) else []
    steps, captures = Steps(sheet), Captures(items, sheet, at.inside("steps"))
    among = Scope(variables, captures, blocks=({},))
    sheet.place(at, ())
    if items:
        inner = at.inside("steps")
        sheet.place(inner, ("steps",))
        steps.add(items, inner, among)
        if not steps.made:  # what keeps all from being made is told
            sheet.unfilled.add((inner.place.file, inner.place.line, inner.place.column))
    data: dict[str, object] = {}
    for key, item in source.data.items():
        if key == "steps" and items:
            data[key] = steps.made
        elif key not in _ONLY_WRITTEN:
            # What was captured is known in the end, and not of what must hold all along.
            blocks = among.blocks if key in _AT_THE_END else ()
            names = replace(among, blocks=blocks, is_after=True)
            data[key] = sheet.write(item, at.inside(key), (key,), names)
            sheet.place(at.inside(key), (key,))
    data = with_counted(data, at, sheet)
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


def with_further_steps(source: Source, added: Sequence[object], folder: Path) -> Source:
    """A plain scenario with the steps that were *added* written out behind its own, at whose places they stand.

    They know what its steps capture. Files that they name are in that folder.
    """
    begun, sheet = source.data, Sheet()
    assert isinstance(begun, dict), "it was checked"
    first, at = len(begun["steps"]), At(source, ("steps",), beside=folder)
    known = {name: name for step in begun["steps"] if isinstance(step, dict) for name in step.get("capture", ())}
    items = list(enumerate(added, first))
    variables = Variables(At(replace(source, data={}), ()), sheet, {})
    steps, captures = Steps(sheet, first), Captures(items, sheet, at, known)
    steps.add(items, at, Scope(variables, captures, blocks=(known,)))
    return replace(
        source,
        data={**begun, "steps": [*begun["steps"], *steps.made]},
        values={**source.values, **sheet.values},
        keys={**source.keys, **sheet.keys},
        problems=(*source.problems, *sheet.problems),
        unfilled=frozenset(sheet.unfilled),
    )
