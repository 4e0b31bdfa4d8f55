"""The JSON Schema of scenario files, for editors, from the types in model/."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from simulator.scenario.model import WrittenScenario


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file, draft 2020-12. It cannot check names; `trustsim validate` does."""
    schema = _with_variables(WrittenScenario.model_json_schema(schema_generator=_EditorSchema))
    return {"$schema": _EditorSchema.schema_dialect, **schema, "title": "A trustsim scenario"}


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
