"""A step on the REST API of an instance."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue
from pydantic_core import PydanticCustomError

from simulator.scenario.model.values import Instances, Part


def _path(value: str) -> str:
    if not value.startswith("/"):
        raise PydanticCustomError(
            "path", "expected a path such as /api/now/table/sys_user, got {got}", {"got": repr(value)}
        )
    return value


class RequestStep(Part):
    """A request to the REST API, as a client makes it."""

    on: Instances = Field(description="the instances that are asked, each the same")
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = Field(
        default="GET", description="left out: GET"
    )
    path: Annotated[str, AfterValidator(_path)] = Field(
        description="with the query, as in `/api/now/table/sys_user?sysparm_limit=1`"
    )
    user: str = Field(default="admin", alias="as", description="who asks")
    password: str | None = Field(default=None, description="left out: the user's name, which is where all begin")
    headers: dict[str, str] = Field(default_factory=dict, description="further headers")
    body: JsonValue = Field(default=None, description="sent as JSON, a text as it is; left out: no body")
    status: Annotated[int, Field(ge=100, le=599)] | None = Field(
        default=None,
        description="the status of the answer; left out: any below 400, and where a fault keeps the instance down "
        "it is asked again until that ends",
    )
    answer: JsonValue = Field(
        default=None, description="what the answer must have: of a mapping its keys count, a list as a whole"
    )
