"""Steps in which something goes wrong."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from simulator.runtime.kinds import CrashPoint, DiskState
from simulator.scenario.model.values import Duration, InstanceName, Instances, Part


def _share(value: object) -> object:
    """A share between 0 and 1, also written as a percentage."""
    if isinstance(value, str) and (found := re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,4})?) ?%", value)):
        value = float(found[1]) / 100
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise PydanticCustomError("share", "expected a share such as 30% or 0.3, got {got}", {"got": repr(value)})
    return value


Share = Annotated[
    float,
    BeforeValidator(_share),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": "%$"}]}
    ),
]


class Way(Part):
    """The way between instances; what is left out stands for all of them."""

    sender: Instances | None = Field(default=None, alias="from", description="left out: everybody")
    to: Instances | None = Field(default=None, description="left out: everybody")


class DelayDefinition(Part):
    """How much longer a payload takes."""

    least: Duration = Field(default=timedelta(0), description="at least; left out: 0s")
    most: Duration | None = Field(default=None, description="at most, evenly drawn; left out: always `least`")
    average: Duration | None = Field(
        default=None, description="on top of `least` and exponentially drawn, in the place of `most`"
    )

    @model_validator(mode="after")
    def _one_spread(self) -> Self:
        if self.most is not None and self.average is not None:
            raise PydanticCustomError("delay", "expected `most` or `average`, got both")
        if self.most is not None and self.most < self.least:
            raise PydanticCustomError("delay", "`most` is less than `least`")
        return self


class WeatherDefinition(Way):
    """What becomes of payloads on their way; every share is drawn for each payload."""

    loss: Share = Field(default=0, description="the share that is lost")
    burst: int = Field(
        default=1, ge=1, le=1000, description="how many payloads in a row a loss takes; left out: 1"
    )
    duplicate: Share = Field(default=0, description="the share that arrives twice")
    reorder: Share = Field(default=0, description="the share that is overtaken by later ones")
    corrupt: Share = Field(default=0, description="the share in which a byte is changed")
    replay: Share = Field(default=0, description="the share after which an old payload comes once more")
    delay: DelayDefinition | None = Field(default=None, description="how much longer payloads take")


class CrashDefinition(Part):
    """An instance dies; when the fault ends it is started again."""

    instance: InstanceName = Field(description="the instance that dies")
    point: CrashPoint = Field(
        default=CrashPoint.NOW,
        description="now, or with its next envelope: in_transaction, after_commit or after_publish",
    )


class ClockDefinition(Part):
    """An instance's clock steps when the fault begins, is off from then on, and steps back when the fault ends."""

    instance: InstanceName = Field(description="the instance whose clock it is")
    ahead: Duration = Field(default=timedelta(0), description="how far it is ahead of the others")
    behind: Duration = Field(default=timedelta(0), description="how far it is behind the others")
    drift: float = Field(default=0, ge=-0.5, le=0.5, description="seconds that it gains a second")


class DiskDefinition(Part):
    """An instance can commit nothing."""

    instance: InstanceName = Field(description="the instance whose disk it is")
    state: DiskState = Field(default=DiskState.FULL, description="full or locked")


class SlowDiskDefinition(Part):
    """An instance's transactions take longer, and it does one after the other."""

    instance: InstanceName = Field(description="the instance whose disk it is")
    by: Duration = Field(description="how much longer each transaction takes")


class Defect(StrEnum):
    """A defect of the product's transport that is known from its release notes."""

    UNSIGNED = "unsigned"
    SIGNING_KEY_LOST = "signing_key_lost"
    POLL_FAILING = "poll_failing"
    STALE_CONNECTION = "stale_connection"
    TRUNCATED_TOPIC = "truncated_topic"
    DUPLICATE_CONNECTION = "duplicate_connection"


class DefectDefinition(Part):
    """A known defect of the transport."""

    kind: Defect = Field(
        description="`unsigned`: what the instances send has no signature (F20); `signing_key_lost`: it is "
        "signed with a key that nobody knows (F27); `poll_failing`: they take nothing in, and later all of it "
        "(F21); `stale_connection` and `truncated_topic`: what they send goes where nobody listens (F22, F26); "
        "`duplicate_connection`: it leaves twice (F23)"
    )
    on: Instances = Field(description="the instances whose transport it is")
    to: Instances | None = Field(
        default=None, description="only what they send to these is affected; left out: all"
    )

    @model_validator(mode="after")
    def _to_somebody(self) -> Self:
        if self.kind is Defect.POLL_FAILING and self.to is not None:
            raise PydanticCustomError("defect", "expected no `to` with poll_failing, which is about what arrives")
        return self


class HttpDefinition(Part):
    """The REST API of instances is slow, answers with an error, or limits how often it is asked."""

    on: Instances = Field(description="the instances whose API it is")
    status: Annotated[int, Field(ge=400, le=599)] | None = Field(
        default=None, description="the status of every answer, such as 503; left out: the API answers itself"
    )
    rate: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="how many requests it answers in an hour; those beyond get 429 with its headers"
    )
    delay: Duration = Field(default=timedelta(0), description="how much longer each answer takes")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.status is None and self.rate is None and not self.delay:
            raise PydanticCustomError("http", "expected `status`, `rate` or `delay`")
        return self


class FaultStep(Part):
    """Something goes wrong: one of the kinds, from `after` until it has lasted `for`."""

    partition: list[Instances] | None = Field(
        default=None, description="groups of instances that do not reach each other", min_length=2
    )
    isolate: Instances | None = Field(
        default=None, description="instances that neither reach nor are reached by any other"
    )
    cut: Way | None = Field(default=None, description="nothing arrives on this way; the way back is open")
    hold: Way | None = Field(default=None, description="what is on this way arrives when the fault ends, in order")
    weather: WeatherDefinition | None = Field(default=None, description="a bad network")
    defect: DefectDefinition | None = Field(default=None, description="a known defect of the product's transport")
    broker_outage: Literal[True] | None = Field(default=None, description="the broker is away")
    crash: CrashDefinition | None = Field(default=None, description="an instance dies")
    pause: Instances | None = Field(
        default=None, description="instances that do nothing, while what reaches them waits"
    )
    clock: ClockDefinition | None = Field(default=None, description="a clock is off")
    disk: DiskDefinition | None = Field(default=None, description="a disk fails")
    slow_disk: SlowDiskDefinition | None = Field(default=None, description="a disk is slow")
    http: HttpDefinition | None = Field(default=None, description="a REST API that fails its clients")
    after: Duration = Field(default=timedelta(0), description="when it begins; left out: now")
    lasts: Duration | None = Field(default=None, alias="for", description="left out: until a `calm` step")
    must_touch: bool = Field(
        default=False,
        description="true: it is not met where the fault has touched no message; else a report warns",
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = self._kinds()
        if len(kinds) != 1:
            got = ", ".join(kinds) or "none"
            raise PydanticCustomError("fault", "expected one kind of fault, got {got}", {"got": got})
        return self

    def _kinds(self) -> list[str]:
        fields = type(self).model_fields
        return [
            name
            for name in fields
            if name not in {"after", "lasts", "must_touch"} and getattr(self, name) is not None
        ]

    @property
    def kind(self) -> str:
        """The one kind of this fault."""
        return self._kinds()[0]
