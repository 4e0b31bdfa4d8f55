"""What `trustsim run --json` writes: read back as the runs that it was written of, and described by a schema."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import Discriminator, Tag, TypeAdapter, ValidationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from simulator.report.result import BrokenRun, Run, RunResult, Verdict


def _kind(run: Any) -> str:
    has_error = "error" in run if isinstance(run, dict) else isinstance(run, BrokenRun)
    return "broken" if has_error else "run"


_RUNS: TypeAdapter[list[Run]] = TypeAdapter(
    list[Annotated[Annotated[RunResult, Tag("run")] | Annotated[BrokenRun, Tag("broken")], Discriminator(_kind)]]
)


def runs_of(text: str) -> list[Run]:
    """The runs that were written so. Raises ValueError, which says what is wrong and where."""
    try:
        return [_checked(run, at) for at, run in enumerate(_RUNS.validate_python(json.loads(text)))]
    except ValidationError as error:
        first = error.errors()[0]
        where = "".join(f"[{it}]" if isinstance(it, int) else f".{it}" for it in first["loc"] if it not in _TAGS)
        raise ValueError(f"{where.removeprefix('.') or 'the whole of it'}: {first['msg']}") from error
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


_TAGS = {"run", "broken"}


def _checked(run: Run, at: int) -> Run:
    """The run, whose moments can be held against each other. Raises ValueError."""
    if isinstance(run, RunResult):
        moments = [run.began, run.ended, *(moment for step in run.steps for moment in (step.began, step.ended))]
        moments += [it.at for them in (run.journal, run.alterations, run.answers) for it in them]
        moments += [it.sent_at for it in run.undelivered]
        if any(moment.tzinfo is None for moment in moments):
            raise ValueError(f"[{at}]: a time without its offset from UTC, such as +00:00")
    return run


def results_schema() -> dict[str, Any]:
    """The JSON Schema of the results, draft 2020-12."""
    schema = _RUNS.json_schema(mode="serialization", schema_generator=_ResultsSchema)
    verdict = {"$ref": "#/$defs/Verdict"}
    types: dict[str, dict[str, Any]] = schema["$defs"]
    _add(
        types["RunResult"], verdict=verdict, replay={"type": "string", "description": "The command for it again."}
    )
    _add(types["StepResult"], verdict=verdict)
    nothing = {"type": "array", "maxItems": 0}
    _add(types["BrokenRun"], verdict={"const": "error"}, steps=nothing, journal=nothing)
    types["Verdict"] = {"enum": [*Verdict], "type": "string"}
    title = "Results of trustsim run, as --json writes them"
    return {"$schema": _ResultsSchema.schema_dialect, "$id": "urn:trustsim:results", **schema, "title": title}


def _add(described: dict[str, Any], **properties: object) -> None:
    """Adds what is written besides what a type keeps, because it follows from that."""
    described["properties"] |= properties
    described["required"] += properties


class _ResultsSchema(GenerateJsonSchema):
    """Describes moments as they are written."""

    def datetime_schema(self, schema: core_schema.DatetimeSchema) -> JsonSchemaValue:
        """Always in UTC."""
        return {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?\+00:00$"}

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never: it would repeat the key."""
        return False
