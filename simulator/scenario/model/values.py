"""The kinds of values in a scenario file: names that must exist, durations, shares, one or more of a kind."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from simulator.scenario.model.names import (
    JOURNAL_FIELDS,
    ONLY_ONE,
    known_application,
    known_applications,
    known_capability,
    known_instance,
    known_instances,
    known_message,
    known_operation,
    known_snapshot,
    known_table,
    without_groups,
)


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


InstanceName = Annotated[str, AfterValidator(known_instance)]
"""The name of one instance, or of a group that is one instance."""
ApplicationName = Annotated[str, AfterValidator(known_application)]
TheApplication = Annotated[
    ApplicationName,
    Field(default=ONLY_ONE, validate_default=True, description="left out: the only one there is"),
]
TheCapability = Annotated[
    str,
    AfterValidator(known_capability),
    Field(default=ONLY_ONE, validate_default=True, description="left out: the application's only one"),
]
TheOperation = Annotated[
    str,
    AfterValidator(known_operation),
    Field(default=ONLY_ONE, validate_default=True, description="left out: the capability's only one"),
]
TheApplications = Annotated[
    list[str],
    BeforeValidator(_as_list),
    AfterValidator(known_applications),
    Field(default=ONLY_ONE, validate_default=True, description="one or a list; left out: all there are"),
]
MessageName = Annotated[str, AfterValidator(known_message)]
SnapshotName = Annotated[str, AfterValidator(known_snapshot)]


class _NamesOfTables:
    """Their JSON Schema, for which alone all of trust is not imported."""

    def __get_pydantic_json_schema__(self, _: CoreSchema, __: GetJsonSchemaHandler) -> JsonSchemaValue:
        from simulator.scenario.model import rows

        others = ("sys_user", "sys_user_group", "sys_object_source", "sys_rel_source")
        of_the_cmdb = "^(?!sn_|sys_)[a-z][a-z0-9_]*$"  # and classes of its own
        return {"type": "string", "anyOf": [{"enum": [*rows.TABLES, *others]}, {"pattern": of_the_cmdb}]}


TableName = Annotated[str, AfterValidator(known_table), _NamesOfTables()]
JournalField = Annotated[str, WithJsonSchema({"type": "string", "enum": list(JOURNAL_FIELDS)})]
"""Checked with its value."""

_DURATION = re.compile(
    r"(?=[0-9])(?:([0-9]{1,4})d)?(?:([0-9]{1,5})h)?(?:([0-9]{1,6})m)?"
    r"(?:([0-9]{1,8}(?:\.[0-9]{1,6})?)s)?(?:([0-9]{1,9})ms)?"
)
"""As many digits as keep the fleet's clock within the years that Python knows."""


def duration(value: object) -> timedelta:
    """The span that a file writes as 1d12h, 30s and so on."""
    found = _DURATION.fullmatch(value.replace(" ", "")) if isinstance(value, str) and value else None
    if found is None:
        raise PydanticCustomError(
            "duration",
            "expected a duration such as 500ms, 30s, 10m, 24h or 1d12h, got {got}",
            {"got": repr(value)},
        )
    days, hours, minutes, seconds, milliseconds = (float(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, milliseconds=milliseconds)


_WITH_SPACES = re.sub(r"\)(d|h|ms?|s)\)\?", r") *\1)? *", _DURATION.pattern)
Duration = Annotated[
    timedelta,
    BeforeValidator(duration),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_WITH_SPACES}$",
            "patternErrorMessage": "expected a duration such as 500ms, 30s, 10m, 24h or 1d12h",
            "examples": ["30s", "10m", "24h"],
        }
    ),
]


Instances = Annotated[
    list[Annotated[str, AfterValidator(known_instances)]],
    Field(min_length=1),
    BeforeValidator(_as_list),
    AfterValidator(without_groups),
]
"""Instances by name, each once, with the members of the groups that are named."""


def on_only(value: object) -> object:
    """A step that needs no more than its instances, which then may be all that is written."""
    return {"on": value} if isinstance(value, str | list) else value


class Part(BaseModel):
    """A part of a scenario: unknown keys are errors, and nothing changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, populate_by_name=True)


class ByUser(Part):
    """What an administrator does, who is a user of the instance."""

    taken_by: str = Field(
        default="admin",
        alias="as",
        description="the user who does it, with the [role](#who-does-it) for it",
    )
