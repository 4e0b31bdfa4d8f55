"""The JSON Schema of scenario files, for editors, from the types in model/."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from simulator.scenario.model import IN_SHORT, ScenarioPart, WrittenScenario


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file, draft 2020-12. It cannot check names; `trustsim validate` does."""
    return _schema_of(WrittenScenario, "urn:trustsim:scenario", "A trustsim scenario")


def part_schema() -> dict[str, Any]:
    """The same of a file that scenarios include."""
    return _schema_of(ScenarioPart, "urn:trustsim:part", "A part of trustsim scenarios")


def _schema_of(kind: type[BaseModel], called: str, title: str) -> dict[str, Any]:
    schema = _with_variables(kind.model_json_schema(schema_generator=_EditorSchema))
    _tell_what_was_meant(schema)
    return {"$schema": _EditorSchema.schema_dialect, "$id": called, **schema, "title": title}


_VARIABLE = "Variable"
_FROM_VARIABLE = {"$ref": f"#/$defs/{_VARIABLE}"}


def _with_variables(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with `${...}` wherever a file can have it: in the place of every value, and in keys."""
    definitions: dict[str, Any] = schema["$defs"]
    for part in (schema, *definitions.values()):
        _allow_inside(part, definitions)
    definitions[_VARIABLE] = {
        "type": "string",
        "pattern": r"\$\{[^{}]+\}",
        "description": "the value of a variable",
    }
    return schema


def _allow_inside(part: dict[str, Any], definitions: dict[str, Any]) -> None:
    for kind in ("properties", "patternProperties"):
        for key, value in part.get(kind, {}).items():
            part[kind][key] = _allowed(value, definitions)
    for key in ("items", "additionalProperties", "propertyNames"):
        if isinstance(part.get(key), dict):
            part[key] = _allowed(part[key], definitions)
    for choice in part.get("anyOf", ()):
        _allow_inside(choice, definitions)


def _allowed(value: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """A value, or what stands for one; what is said of it stays outside, where editors look."""
    _allow_inside(value, definitions)
    if _takes_any_text(value, definitions):
        return value
    said: dict[str, Any] = {key: value.pop(key) for key in ("description", "default", "examples") if key in value}
    if "$ref" in value and (about := _referred(value, definitions).get("description")):
        said.setdefault("description", about)
    return {"anyOf": [*(value["anyOf"] if value.keys() == {"anyOf"} else [value]), _FROM_VARIABLE], **said}


def _referred(value: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = definitions[value["$ref"].rsplit("/", 1)[1]]
    return found


def _takes_any_text(value: dict[str, Any], definitions: dict[str, Any]) -> bool:
    if "$ref" in value:
        return _takes_any_text(_referred(value, definitions), definitions)
    if "anyOf" in value:
        return any(_takes_any_text(choice, definitions) for choice in value["anyOf"])
    is_text = value.get("type", "string") == "string"
    return is_text and not value.keys() & {"pattern", "enum", "const", "anyOf", "oneOf", "allOf", "properties"}


# -- what editors say of mistakes -----------------------------------------------------------------------


def _tell_what_was_meant(schema: dict[str, Any]) -> None:
    """Lets an editor speak of the one thing that somebody has begun to write, and not of all that it could be.

    A mapping among steps is a step, or what the key of something in short says, so that only this is told of it; a
    key that is nearly a verb says which one.
    """
    definitions: dict[str, Any] = schema["$defs"]
    _tell_near_keys(definitions["Step"], IN_SHORT)
    _tell_near_keys(schema)
    for part in (schema, *definitions.values()):
        steps = part.get("properties", {}).get("steps", {})
        for each in steps.get("anyOf", ()):
            if each.get("type") == "array":
                each["items"] = _by_kind(each["items"]["anyOf"], definitions)


def _by_kind(choices: Sequence[dict[str, Any]], definitions: dict[str, Any]) -> dict[str, Any]:
    """What may stand among steps: a text, or the one kind of mapping that the keys of this one name."""
    mapping: dict[str, Any] = {"$ref": "#/$defs/Step"}
    others = [choice for choice in choices if choice != mapping]
    for choice in choices:
        key = next((it for it in IN_SHORT if "$ref" in choice and it in _required(choice, definitions)), None)
        if key is not None:
            others.remove(choice)
            mapping = {"if": {"required": [key]}, "then": choice, "else": mapping}
    return {"if": {"type": "object"}, "then": mapping, "else": {"anyOf": others}}


def _required(choice: dict[str, Any], definitions: dict[str, Any]) -> Sequence[str]:
    required: Sequence[str] = _referred(choice, definitions).get("required", ())
    return required


_SHORTEST = 4
"""Characters of a key of which one may be wrong; of a shorter one that would be half of it."""


def _tell_near_keys(part: dict[str, Any], further: Sequence[str] = ()) -> None:
    """Says of keys with one slip which was meant; *further* ones are keys of what may stand in its place.

    A value that nobody writes is wanted of them, for every checker tells what is wanted; `errorMessage` is shown
    by VS Code and yaml-language-server instead of that.
    """
    keys = [*part["properties"], *further]
    part["patternProperties"] = part.get("patternProperties", {}) | {
        _near(key, keys): {"const": meant, "errorMessage": meant, "doNotSuggest": True}
        for key in keys
        if len(key) >= _SHORTEST and (meant := f"there is no key of this name; did you mean {key}?")
    }


def _near(key: str, keys: Sequence[str]) -> str:
    """The pattern of what may come of a key with one slip, and is none of the keys itself."""
    slips = "|".join(_slips(key))
    known = [each for each in keys if re.fullmatch(slips, each)]
    return f"^(?!(?:{'|'.join(known)})$)(?:{slips})$"


def _slips(key: str) -> list[str]:
    """With one character too few, too many, another or in the wrong place."""
    cuts = [(key[:index], key[index:]) for index in range(len(key) + 1)]
    less = [before + after[1:] for before, after in cuts if after]
    other = [f"{before}.{after[1:]}" for before, after in cuts if after]
    more = [f"{before}.{after}" for before, after in cuts]
    swapped = [before + after[1] + after[0] + after[2:] for before, after in cuts if len(after) > 1]
    return list(dict.fromkeys([*less, *other, *more, *swapped]))


class _EditorSchema(GenerateJsonSchema):
    """Describes what an author may write, where pydantic by itself describes what becomes of it."""

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        """A list that may also be one value, as of instances, is either."""
        written = super().function_before_schema(schema)
        return {"anyOf": [written["items"], written]} if schema["schema"]["type"] == "list" else written

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Only a default that an author could write is one for an editor; else the key is left out."""
        value = schema["schema"]
        match schema.get("default"):
            case None if value["type"] == "nullable":
                return self.generate_inner(value["schema"])
            case None | "" | timedelta():
                return self.generate_inner(value)
        return super().default_schema(schema)

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never: it would repeat the key."""
        return False
