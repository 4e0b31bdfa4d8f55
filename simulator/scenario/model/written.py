"""A scenario file as people write it, with variables and a matrix, of which plain scenarios are made."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue
from pydantic_core import PydanticCustomError

from simulator.scenario.model.expectations import BoundExpectation, Expectation, UntimedExpectation
from simulator.scenario.model.scenario import OneStep, Scenario
from simulator.scenario.model.topology import (
    ApplicationDefinition,
    Environment,
    HostName,
    InstanceDefinition,
)
from simulator.scenario.model.values import Duration, Instances, Part


class Matrix(Part):
    """Lists of values by their names, of which the file is run in every combination."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, list[JsonValue]]

    exclude: list[dict[str, JsonValue]] = Field(
        default_factory=list, description="combinations to leave out: all that have these values"
    )
    include: list[dict[str, JsonValue]] = Field(
        default_factory=list, description="further combinations, each with a value for every name"
    )


DEFINED_BY_PARTS = ("instances", "groups", "applications")
HELD_BY_PARTS = ("expect", "always", "never", "eventually", "sometimes")
"""What a file can say that others include, but for variables and its own `include`: by names, and in lists."""

IN_SHORT = ("repeat", "for_each", "include", "hub", "pipeline")
"""The keys of what stands among the steps of a file and is written out as others."""

MAX_COUNT = 10_000
"""Of instances of one kind: ten times as many as the largest customers have."""

MAX_STEPS = 100_000
"""Of one scenario, with all loops written out: a day's work of many instances, and read in a minute."""


class Repeat(Part):
    """Takes steps several times."""

    repeat: int = Field(ge=1, le=MAX_STEPS, description="how many times")
    name: str | None = Field(
        default=None,
        alias="as",
        description="a name for the number of the pass, from 1: with `as: n` it is `${n}`; left out: none",
    )


class RepeatStep(Repeat):
    """Takes steps several times."""

    steps: list[AnyStep] = Field(description="the steps", min_length=1)


class FilesSeries(Part):
    """Files by a pattern, in the order of their names."""

    files: str = Field(description="such as `payloads/*.json`, relative to the file's own folder")


class LinesSeries(Part):
    """The values in a file of JSON lines."""

    lines: str = Field(description="the file")


class RowsSeries(Part):
    """The rows of a CSV file, each a mapping by the names in its first line."""

    rows: str = Field(description="the file")


def _series(value: object) -> object:
    match value:
        case []:
            raise PydanticCustomError("series", "expected at least one entry, got none")
        case list():
            return value
        case {"files": _}:
            return FilesSeries.model_validate(value)
        case {"lines": _}:
            return LinesSeries.model_validate(value)
        case {"rows": _}:
            return RowsSeries.model_validate(value)
    raise PydanticCustomError("series", "expected a list, or a mapping with `files`, `lines` or `rows`")


Series = list[JsonValue] | FilesSeries | LinesSeries | RowsSeries


class ForEach(Part):
    """Takes steps for each of several values."""

    for_each: dict[str, Annotated[Series, BeforeValidator(_series)]] = Field(
        description="the values by a name: with `env: [dev1, dev2]` each is `${env}` once. A list, or `files`, "
        "`lines` or `rows`; of several names every combination",
        min_length=1,
    )


class ForEachStep(ForEach):
    """Takes steps for each of several values."""

    steps: list[AnyStep] = Field(description="the steps", min_length=1)


class IncludeStep(Part):
    """Takes the steps of another file."""

    include: str = Field(
        description="the file, relative to the one that names it; it has `steps` and perhaps `vars`"
    )
    values: dict[str, JsonValue] = Field(
        default_factory=dict,
        alias="with",
        description="values for its variables, which go before what its `vars` says",
    )


_Names = str | list[str]


class _Topology(Part):
    application: str | None = Field(default=None, description="left out: the only one there is")
    capability: _Names | None = Field(
        default=None, description="one or a list, with items for each; left out: the application's only one"
    )
    approval: Duration = Field(
        default=timedelta(minutes=10), description="how long is waited for the managers to approve; left out: 10m"
    )


class Hub(_Topology):
    """One manager, and trust of each instance that it manages in it."""

    manager: str = Field(description="the manager")
    managed: _Names = Field(description="the instances that name it as manager and trust it, or a group")


class HubStep(Part):
    """One manager, and trust of each instance that it manages in it."""

    hub: Hub


class Pipeline(_Topology):
    """Stages from development to production: the last one manages the others, and neighbours trust each other."""

    stages: list[_Names] = Field(description="instances or groups, the last one a single instance", min_length=2)


class PipelineStep(Part):
    """Stages from development to production: the last one manages the others, and neighbours trust each other."""

    pipeline: Pipeline


class WrittenInstance(InstanceDefinition):
    """An instance, or many of one kind."""

    count: int | None = Field(
        default=None,
        ge=1,
        le=MAX_COUNT,
        description="so many: `dev: { count: 3, ... }` is dev1, dev2, dev3 and the group dev; left out: one",
    )


AWrittenInstance = Annotated[
    WrittenInstance,
    BeforeValidator(lambda value: value, json_schema_input_type=Environment | WrittenInstance),
]

AnyStep = OneStep | RepeatStep | ForEachStep | IncludeStep | HubStep | PipelineStep
"""What may stand among the steps of a file."""


class ScenarioPart(Part):
    """A file that scenarios include: what is defined and what holds, or steps."""

    vars: dict[str, JsonValue] = Field(
        default_factory=dict, description="variables, for whoever includes the file and says nothing else of them"
    )
    include: list[str] = Field(default_factory=list, description="applications of the library, and other parts")
    instances: dict[HostName, AWrittenInstance] = Field(default_factory=dict, description="instances, by name")
    groups: dict[HostName, Instances] = Field(default_factory=dict, description="sets of instances, by name")
    applications: dict[str, ApplicationDefinition] = Field(default={}, description="applications, by name")
    steps: list[AnyStep] = Field(
        default_factory=list,
        description="steps, of a file that stands among steps; it has `vars` and nothing else",
    )
    expect: list[Expectation] = Field(default_factory=list, description="what must hold at the end")
    always: list[UntimedExpectation] = Field(default_factory=list, description="see a scenario's `always`")
    never: list[UntimedExpectation] = Field(default_factory=list, description="see a scenario's `never`")
    eventually: list[BoundExpectation] = Field(default_factory=list, description="see a scenario's `eventually`")
    sometimes: list[UntimedExpectation] = Field(default_factory=list, description="see a scenario's `sometimes`")


class WrittenScenario(Scenario):
    """A scenario file."""

    instances: dict[HostName, AWrittenInstance] = Field(  # type: ignore[assignment]
        default_factory=dict,
        description="the instances, by name; here or in a file that is included",
        min_length=1,
    )
    include: list[str] = Field(
        default_factory=list,
        description="applications of the [library](#ready-made-applications), by name, as if defined here, and "
        "[files](#parts-of-other-files)",
    )
    steps: list[AnyStep] = Field(  # type: ignore[assignment]
        description="what happens, in order", min_length=1
    )
    vars: dict[str, JsonValue] = Field(
        default_factory=dict, description="[variables](#variables): values of any kind, by their names"
    )
    matrix: Matrix | None = Field(
        default=None, description="lists of values by their names: a [result for each combination](#matrix)"
    )
