"""The instances of a scenario and the applications on them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    JsonValue,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from simulator.protocol.operations import OperationKind
from simulator.scenario.model.names import known_capability_of, known_release
from simulator.scenario.model.values import ApplicationName, Part, duration
from simulator.transport.certificate import Certificate
from simulator.trust.readiness import RELEASES, PluginId

_HOST_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?")


def _host_name(name: str) -> str:
    if not _HOST_NAME.fullmatch(name):
        raise PydanticCustomError(
            "host_name", "expected letters, digits, - and _, at most 63, got {got}", {"got": repr(name)}
        )
    return name


HostName = Annotated[
    str, AfterValidator(_host_name), WithJsonSchema({"type": "string", "pattern": f"^{_HOST_NAME.pattern}$"})
]
"""A name that can be part of an instance's address, of a file's name and of a topic."""


class Environment(StrEnum):
    """What an instance is for. Trust knows production and non-production; the rest is a label."""

    PRODUCTION = "production"
    TEST = "test"
    DEVELOPMENT = "development"


ReleaseName = Annotated[
    str, AfterValidator(known_release), WithJsonSchema({"type": "string", "enum": list(RELEASES)})
]


def _plugin_age(value: object) -> timedelta | None:
    match value:
        case "installed":
            return LONG_AGO
        case "missing":
            return None
        case str() if value.endswith(" ago"):
            return duration(value.removesuffix(" ago"))
    raise PydanticCustomError(
        "plugin", "expected installed, missing, or since when, as in `2h ago`, got {got}", {"got": repr(value)}
    )


LONG_AGO = timedelta(days=365)
"""How long a plugin has been there of which nothing more is said."""

PluginAge = Annotated[
    timedelta | None,
    BeforeValidator(_plugin_age),
    WithJsonSchema({"type": "string", "examples": ["installed", "missing", "2h ago"]}),
]
"""How long a plugin has been installed; None: it is missing."""


class InstallationDefinition(Part):
    """An application as one instance has it. In short: its version, or nothing for what `applications` defines."""

    version: str | None = Field(default=None, description="its version; left out: the one that is defined")
    capabilities: dict[str, str] = Field(
        default_factory=dict,
        description="Application Capability Versions by the name of the capability, where they are others than "
        "those that are defined",
    )


def _installation(value: object) -> object:
    return value if isinstance(value, Mapping) else {"version": value}


def _known_capabilities(
    installed: dict[str, InstallationDefinition] | None, info: ValidationInfo
) -> dict[str, InstallationDefinition] | None:
    """Validates the names of capabilities by the application that they are said of."""
    wrong: list[InitErrorDetails] = []
    for application, it in (installed or {}).items():
        for name in it.capabilities:
            try:
                known_capability_of(application, name, info)
            except PydanticCustomError as error:
                wrong.append({"type": error, "loc": (application, "capabilities", name, "[key]"), "input": name})
    if wrong:
        raise ValidationError.from_exception_data("applications", wrong)
    return installed


AnInstallation = Annotated[
    InstallationDefinition,
    BeforeValidator(_installation, json_schema_input_type=str | None | InstallationDefinition),
]


class InstanceDefinition(Part):
    """An instance. In short: its name and its environment, as in `prod1: production`."""

    environment: Environment = Field(description="test and development are non-production instances")
    account: HostName = Field(default="acme", description="the customer account it belongs to")
    release: ReleaseName = Field(default="Zurich", description="its release family")
    supports_tls: bool = Field(default=True, description="what adcv2/supports_tls answers")
    plugins: dict[PluginId, PluginAge] = Field(
        default_factory=dict,
        description="com.glide.mif and com.glide.mif.mtls, each `installed` (long ago; so are those left out), "
        "`missing`, or since when, as in `2h ago`",
    )
    certificate: Certificate = Field(
        default=Certificate.VALID,
        description="its certificate; with one that is not valid the broker does not let it in",
    )
    kept: str | None = Field(
        default=None,
        alias="from",
        description="the file that it [begins with](#where-it-begins), relative to the scenario's own folder",
    )
    applications: Annotated[dict[ApplicationName, AnInstallation] | None, AfterValidator(_known_capabilities)] = (
        Field(
            default=None,
            description="the installed applications, each with its version, a mapping, or nothing for what "
            "`applications` defines; left out: all of them",
        )
    )


def _instance_definition(value: object) -> object:
    return {"environment": value} if isinstance(value, str) else value


AnInstance = Annotated[
    InstanceDefinition,
    BeforeValidator(_instance_definition, json_schema_input_type=Environment | InstanceDefinition),
]


class OperationDefinition(Part):
    """An operation of a capability. In short: its name and kind, as in `transfer scan results: data`."""

    kind: OperationKind = Field(
        description="`message`: the trustee asks the trustor to act; `data`: the trustor's data reaches the "
        "trustee"
    )
    answer: dict[str, JsonValue] | None = Field(
        default=None, description="what the trustor answers after it has acted on a message; left out: nothing"
    )
    settings: bool = Field(
        default=False,
        description="true, of a message: it brings settings of the trustor, who only reads them from then on",
    )
    cmdb: bool = Field(
        default=False,
        description="true, of data: the payload goes into the receiver's CMDB, as the "
        "[user that is assigned](#the-cmdb) to the sender there",
    )

    @model_validator(mode="after")
    def _settings_by_message_and_cis_by_data(self) -> Self:
        for key, is_so, kind in (
            ("settings", self.settings, OperationKind.MESSAGE),
            ("cmdb", self.cmdb, OperationKind.DATA),
        ):
            if is_so and self.kind is not kind:
                context = {"key": key, "wanted": str(kind), "kind": str(self.kind)}
                raise PydanticCustomError("kind", "expected `{key}` with `kind: {wanted}`, got {kind}", context)
        return self


def _operation_definition(value: object) -> object:
    return {"kind": value} if isinstance(value, str) else value


_OperationDefinition = Annotated[
    OperationDefinition,
    BeforeValidator(_operation_definition, json_schema_input_type=OperationKind | OperationDefinition),
]


class CapabilityDefinition(Part):
    """A capability that an application offers across instances."""

    version: str = Field(default="1.0.0", description="its Application Capability Version")
    operations: dict[str, _OperationDefinition] = Field(description="its operations, by name", min_length=1)


class ApplicationDefinition(Part):
    """An application with something to offer across instances: capabilities, data sharing, or both."""

    version: str = Field(default="1.0.0", description="the version that is installed")
    minimum_version: str = Field(
        default="", description="the oldest version that takes part, on either side; left out: any"
    )
    same_version: bool = Field(default=False, description="true: both sides have the same version")
    capabilities: dict[str, CapabilityDefinition] = Field(
        default_factory=dict,
        description="its capabilities, by name; left out: none, of an application that only shares data",
        min_length=1,
    )
    data_sharing: bool = Field(
        default=False, description="true: it takes part in first-generation data sharing (Trust Configuration)"
    )

    @model_validator(mode="after")
    def _offers_something(self) -> Self:
        if not self.capabilities and not self.data_sharing:
            raise PydanticCustomError("offers", "expected `capabilities`, or `data_sharing: true`")
        return self
