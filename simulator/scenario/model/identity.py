"""Steps about who an instance is to the broker: its certificate, and what it does in another's name."""

from __future__ import annotations

from typing import Self

from pydantic import Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from simulator.scenario.model.values import (
    InstanceName,
    Instances,
    Part,
    TheApplication,
    TheCapability,
    TheOperation,
)
from simulator.transport.certificate import Certificate


class CertificateStep(Part):
    """Issues instances a new certificate, revokes the one that they have, or replaces it by one that is no good.

    Instances that run connect anew, with that certificate.
    """

    on: Instances = Field(description="the instances")
    state: Certificate = Field(description="the certificate that they have from now on")


class ImpersonateStep(Part):
    """An instance publishes in another's name: to the recipient's inbox, as if from the other, signed by itself.

    Left to itself the step expects that this is refused.
    """

    sender: InstanceName = Field(alias="from", description="the instance that does it")
    name: InstanceName = Field(alias="as", description="the instance in whose name it does")
    to: InstanceName = Field(description="the recipient")
    application: TheApplication
    capability: TheCapability
    operation: TheOperation
    payload: dict[str, JsonValue] = Field(default_factory=dict, description="any mapping")
    own_topic: bool = Field(
        default=False,
        description="whether it publishes on its own topic, which no broker forbids, and only the envelope names "
        "the other: the recipient refuses that (`sender_mismatch`)",
    )

    @model_validator(mode="after")
    def _three_parties(self) -> Self:
        if self.name == self.sender:
            raise PydanticCustomError("impersonate", "`as` is the instance itself; expected another one")
        if self.name == self.to:
            raise PydanticCustomError("impersonate", "`as` is the recipient; nobody gets anything from itself")
        return self
