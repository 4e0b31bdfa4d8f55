"""A scenario file as people write it, with variables and a matrix, of which plain scenarios are made."""

from __future__ import annotations

from pydantic import ConfigDict, Field, JsonValue

from simulator.scenario.model.scenario import Scenario
from simulator.scenario.model.values import Part


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


class WrittenScenario(Scenario):
    """A scenario file."""

    vars: dict[str, JsonValue] = Field(
        default_factory=dict, description="[variables](#variables): values of any kind, by their names"
    )
    matrix: Matrix | None = Field(
        default=None, description="lists of values by their names: a [result for each combination](#matrix)"
    )
