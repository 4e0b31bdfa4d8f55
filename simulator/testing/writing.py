"""Calls of verbs as the text of steps, which then are checked and taken as those of a file are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel

from simulator.scenario.interpolation import escaped
from simulator.scenario.model import BESIDE_THE_VERB, Step

_ACTORS = ("from", "on")
"""The keys by which a step says who acts; the first that there is does."""


def part_of(verb: str) -> type[BaseModel] | None:
    """The type of a verb's value where that has keys."""
    for kind in get_args(Step.model_fields[verb].annotation):
        bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
        if isinstance(bare, type) and issubclass(bare, BaseModel):
            return bare
    return None


def actor_of(verb: str) -> str | None:
    """The field of a verb's value that says who acts."""
    part = part_of(verb)
    if part is None:
        return None
    fields = {field.alias or name: name for name, field in part.model_fields.items() if field.is_required()}
    return next((fields[key] for key in _ACTORS if key in fields), None)


def step_text(verb: str, actor: str | None, values: Mapping[str, Any]) -> str:
    """One step as the only one of a list; *values* by the names of fields, without those that are left out.

    What a test gives is as it is: `${` in it stands for nothing.
    """
    beside = {name: values[name] for name in BESIDE_THE_VERB if values.get(name) not in (None, False)}
    given = {name: value for name, value in values.items() if name not in BESIDE_THE_VERB and value is not None}
    return literally([{verb: _value(verb, actor, given), **beside}])


def literally(data: object) -> str:
    """Data of a test as text that a loader reads, in which nothing stands for anything else."""
    return written(escaped(json.loads(written(data))))


def written(data: object) -> str:
    """Any data of a scenario as text that a loader reads."""
    return json.dumps(data, ensure_ascii=False, default=_plain)


def _value(verb: str, actor: str | None, given: Mapping[str, Any]) -> object:
    part = part_of(verb)
    if part is None:
        return next(iter(given.values()), True if actor is None else actor)
    fields = part.model_fields
    value = {fields[name].alias or name: it for name, it in given.items() if it != fields[name].default}
    if (field := actor_of(verb)) is not None:
        value[fields[field].alias or field] = actor
    return value


def _plain(value: object) -> object:
    match value:
        case timedelta():
            return f"{value.total_seconds():f}s"
        case Mapping():
            return dict(value)
        case Iterable():
            return list(value)
    raise TypeError(f"a scenario has nothing like {value!r}")
