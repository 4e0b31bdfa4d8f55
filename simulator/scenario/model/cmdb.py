"""Steps on the CMDB of an instance."""

from __future__ import annotations

from typing import Self

from pydantic import Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from simulator.scenario.model.values import ByUser, Instances, Part, TheApplication
from simulator.store.setups.setup import Setup


class ConfigureCmdbStep(Part):
    """An administrator gives a CMDB domains, users, sources, classes, rules, records and properties.

    What a setup names that is there already changes to what the setup says: a domain moves in the tree, a property
    has another value. What it leaves out of a thing stays, and a list takes the place of the thing's list.
    """

    on: Instances = Field(description="the instances")
    setup: Setup | None = Field(default=None, description="a [setup](#a-setup)")
    file: str | None = Field(
        default=None, alias="from", description="or a YAML file with one, relative to the scenario's own folder"
    )

    @model_validator(mode="after")
    def _one_setup(self) -> Self:
        if (self.setup is None) == (self.file is None):
            raise PydanticCustomError("setup", "expected either `setup` or `from`")
        return self


class IdentifyStep(Part):
    """A call of the Identification and Reconciliation API, as an integration makes it."""

    on: Instances = Field(description="the instances that are called, each with the same payload")
    user: str = Field(default="admin", description="who calls, and thereby in which domain")
    picked: str | None = Field(
        default=None,
        description="the domain that the user has picked, one that the user sees; left out: the user's own",
    )
    source: str | None = Field(
        default=None, description="the data source, `sysparm_data_source`; left out: none is sent"
    )
    payload: dict[str, JsonValue] | str | None = Field(
        default=None, description="the body of the request: a mapping, or its text as it is sent"
    )
    file: str | None = Field(
        default=None, alias="from", description="or a JSON file with it, relative to the scenario's own folder"
    )
    options: str | None = Field(
        default=None, description="as in `partial_payloads:false,generate_summary:true`; left out: none are sent"
    )
    enhanced: bool = Field(default=False, description="true: the enhanced endpoint, which has options")
    query: bool = Field(default=False, description="true: only ask what would happen, and write nothing")

    @model_validator(mode="after")
    def _one_payload(self) -> Self:
        if (self.payload is None) == (self.file is None):
            raise PydanticCustomError("payload", "expected either `payload` or `from`")
        if self.options is not None and not self.enhanced:
            raise PydanticCustomError("options", "only the enhanced endpoint has options: add `enhanced: true`")
        return self


class AssignUserStep(ByUser):
    """Says as which user a trusted application's data from other instances goes into the CMDB."""

    on: Instances = Field(description="the receivers, whose user it is")
    application: TheApplication
    instance: Instances = Field(description="the instances from which the data comes")
    user: str = Field(description="the user, whose domain decides what the data may touch")
    source: str = Field(description="the data source under which it goes in")
