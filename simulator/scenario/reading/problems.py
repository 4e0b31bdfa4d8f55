"""What pydantic finds wrong with a document, in our words and with its place in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, Tag, ValidationError
from pydantic_core import ErrorDetails

from simulator.errors import Problem
from simulator.scenario.interpolation import asks
from simulator.scenario.model import EXPECTATION_KINDS, IN_SHORT, Step
from simulator.scenario.reading.place import DataPath, Place
from simulator.scenario.reading.source import Source
from simulator.scenario.suggestion import NONE_DEFINED, did_you_mean
from simulator.store.cmdb.parts import NAME, SYS_ID


@dataclass(frozen=True, slots=True)
class _Finding:
    """An error of pydantic's, and the part of the file that it is about."""

    details: ErrorDetails
    path: DataPath
    is_about_key: bool

    @classmethod
    def of(cls, details: ErrorDetails, source: Source) -> _Finding:
        on_key = details["type"] == "extra_forbidden" or details["loc"][-1:] == ("[key]",)
        return cls(details, source.nearest(details["loc"]), on_key)


def problems_of(error: ValidationError, source: Source, root: type[BaseModel]) -> Iterator[Problem]:
    """Everything that is wrong with the data of *source*, which should be a *root*."""
    findings = [_Finding.of(details, source) for details in error.errors(include_url=False)]
    reported: set[tuple[Place, str]] = set()
    # The members of a union each have their say about one value, one after the other.
    for (path, is_about_key), found in groupby(findings, key=lambda finding: (finding.path, finding.is_about_key)):
        place = source.keys.get(path, source.values[path]) if is_about_key else source.values[path]
        where = source.shown(path, up=int(is_about_key))
        group = list(found)
        for message in _messages([finding.details for finding in group], source.values[path].written, root):
            if any(asks(finding.details["input"]) for finding in group):
                message += "; what is captured is known when the steps are taken, and cannot stand here"
            if (place, message) not in reported:  # else it is seen again through an alias
                reported.add((place, message))
                yield source.problem(place, f"{where}: {message}" if where else message)


def _messages(said: list[ErrorDetails], written: str, root: type[BaseModel]) -> Iterator[str]:
    """What is wrong with one value or key, of which all of this was *said* and which is *written* like this."""
    choices = [details for details in said if details["type"] in ("enum", "literal_error")]
    if choices:
        yield _unknown_choice(choices, written)
        return
    for details in said:
        if not _is_consequence(details):
            yield _message(details, written, root)


def _is_consequence(details: ErrorDetails) -> bool:
    """Whether a name is only unknown because the part that should define it is missing or wrong itself."""
    known = details.get("ctx", {})
    return known.get("hint") == NONE_DEFINED and known.get("what") not in {"message", "snapshot"}


def _unknown_choice(choices: list[ErrorDetails], written: str) -> str:
    expected = ", ".join(choice["ctx"]["expected"] for choice in choices)
    values = re.findall(r"'([^']*)'", expected)
    got = choices[0]["input"]
    if isinstance(got, str) and values:
        return f"unknown value {got!r}{did_you_mean(got, values)}"
    return f"expected {'one of ' + ', '.join(values) if values else expected.lower()}, got {_got(got, written)}"


def _message(details: ErrorDetails, written: str, root: type[BaseModel]) -> str:
    got = details["input"]
    match details["type"]:
        case "missing":
            return f"the key {details['loc'][-1]!r} is missing"
        case "extra_forbidden":
            return _unknown_key(details["loc"], root)
        case "expectation":
            return details["msg"] + _similar_kind(got)
        case "string_type" if isinstance(got, int | float):
            return f'expected a text, got {_got(got, written)}; quote it: "{written}"'
        case "too_short" if details["ctx"]["min_length"] > 1:
            return (
                f"expected at least {details['ctx']['min_length']} entries, got {details['ctx']['actual_length']}"
            )
        case "too_short":
            return "expected at least one entry, got none"
        case "greater_than_equal":
            return f"expected {details['ctx']['ge']} or more, got {_got(got, written)}"
        case "less_than_equal":
            return f"expected at most {details['ctx']['le']}, got {_got(got, written)}"
        case "string_pattern_mismatch":
            pattern = details["ctx"]["pattern"]
            return f"expected {_PATTERNS.get(pattern, f'a text like {pattern}')}, got {_got(got, written)}"
        case kind if kind in _EXPECTED:
            return f"expected {_EXPECTED[kind]}, got {_got(got, written)}"
    return details["msg"]  # our own words, from the format's validators


_EXPECTED = {
    "string_type": "a text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
}
"""What was expected, by the kinds of pydantic's errors that say no more than this."""


_PATTERNS = {NAME: "small letters, digits and _, beginning with a letter", SYS_ID: "32 hexadecimal digits"}
"""What the patterns in setups of CMDBs ask for."""


def _got(value: object, written: str) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return written
        case int() | float():
            return f"the number {written}"
        case str() if len(value) > 40:
            return repr(value[:37] + "...")
        case str():
            return repr(value)
        case Mapping():
            return "a mapping"
    return "a list"


def _similar_kind(value: object) -> str:
    hints = [did_you_mean(key, EXPECTATION_KINDS) for key in value] if isinstance(value, Mapping) else []
    return next((hint for hint in hints if "did you mean" in hint), "")


def _unknown_key(location: DataPath, root: type[BaseModel]) -> str:
    part, key = _part_at(location[:-1], root), str(location[-1])
    keys = [field.alias or name for name, field in part.model_fields.items()]
    keys += IN_SHORT if part is Step else ()
    return f"there is no {'step' if part is Step else 'key'} {key!r}{did_you_mean(key, keys)}"


# -- from a place in the data to its type ---------------------------------------------------------------


_Member = tuple[str, Any]
"""A member of a union: its tag and its type, for which Python has no type."""


def _part_at(location: DataPath, root: type[BaseModel]) -> type[BaseModel]:
    """The type of the mapping at one of pydantic's locations, which name the members of unions by their tags."""
    members: list[_Member] = [("", root)]
    for step in location:
        tagged = [(tag, member) for tag, member in members if tag == step]
        inner = [member for _, kind in members for member in _members(_inside(kind, step))]
        members = tagged or inner
    part: type[BaseModel] = next(kind for _, kind in members if _is_part(kind))
    return part


def _members(kind: Any) -> list[_Member]:
    """The types that *kind* is a union of, or itself, without annotations, each with its tag if it has one."""
    if get_origin(kind) is Annotated:
        bare, *annotations = get_args(kind)
        tag = next((annotation.tag for annotation in annotations if isinstance(annotation, Tag)), "")
        return [(tag or inner_tag, member) for inner_tag, member in _members(bare)]
    if get_origin(kind) in (Union, UnionType):
        return [member for argument in get_args(kind) for member in _members(argument)]
    return [("", kind)]


def _inside(kind: Any, key: str | int) -> Any:
    """The type of the value at *key* in a value of this type; None if there is no such value."""
    if _is_part(kind):
        fields = kind.model_fields.items()
        return next((field.annotation for name, field in fields if (field.alias or name) == key), None)
    if get_origin(kind) in (list, dict):
        return get_args(kind)[-1]
    return None


def _is_part(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
