"""The JSON Schema of scenario files, for editors, from the types in model/."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from simulator.scenario.model import Scenario


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file, draft 2020-12. It cannot check names; `trustsim validate` does."""
    schema = Scenario.model_json_schema(schema_generator=_EditorSchema)
    return {"$schema": _EditorSchema.schema_dialect, **schema, "title": "A trustsim scenario"}


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
