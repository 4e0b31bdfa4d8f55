"""What must hold after a step, or at the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    JsonValue,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

from simulator.journal import Outcome
from simulator.refusal import RefusalCode
from simulator.scenario.model.choices import as_choice, known_columns, known_fields
from simulator.scenario.model.names import (
    JOURNAL_FIELDS,
    each_of_groups,
)
from simulator.scenario.model.values import (
    ApplicationName,
    Duration,
    InstanceName,
    Instances,
    JournalField,
    MessageName,
    Part,
    TableName,
)
from simulator.trust.states import SyncState


class Timed(Part):
    """When an expectation must hold. Without `within`: when nothing is due any more."""

    within: Duration | None = Field(default=None, description="how long to wait for it, in fleet time")
    never: bool = Field(default=False, description="true: it must not hold, now or until the wait is over")


class OutcomeExpectation(Timed):
    """What became of a message or an action."""

    outcome: Outcome | Literal["pending"] | None = Field(
        default=None, description="processed, refused or expired; or pending: nothing has become of it yet"
    )
    refused: RefusalCode | None = Field(default=None, description="it was refused, with this code")
    by: InstanceName | None = Field(default=None, description="the instance that decided")
    because: str | None = Field(default=None, description="words that the explanation contains")
    response: dict[str, JsonValue] | None = Field(
        default=None,
        description="what the CMDB has answered, and so that it was processed: of mappings the keys that are "
        "named here, lists element by element and as long as here, `null` for a key that is not there",
    )

    @model_validator(mode="after")
    def _one_outcome(self) -> Self:
        if self.response is not None and (self.refused or self.outcome not in {None, Outcome.PROCESSED}):
            raise PydanticCustomError("outcome", "expected `response` only of what was processed")
        if (self.outcome is None and self.response is None) == (self.refused is None):
            raise PydanticCustomError("outcome", "expected either `outcome` or `refused`")
        return self

    @property
    def wanted(self) -> str:
        """The outcome that is expected."""
        return "refused" if self.refused else self.outcome or Outcome.PROCESSED


class MessageExpectation(OutcomeExpectation):
    """What became of the messages of a send step."""

    message: MessageName = Field(description="the name that the send step gave with `as`")


Columns = Annotated[dict[str, JsonValue], AfterValidator(known_columns)]
Fields = Annotated[dict[JournalField, JsonValue], AfterValidator(known_fields)]


class TableExpectation(Timed):
    """What stands in a table of an instance.

    References are written as instance names: as the scenario calls them, or by the name that they have now. Values
    of CIs are read by the types of their columns, as in payloads; a choice may be given by its label.
    """

    table: TableName = Field(description="the table's name, such as sn_mif_trusting_instance")
    on: Instances = Field(description="the instance, or several that must all fulfil it")
    where: Columns = Field(default_factory=dict, description="only rows with these values count")
    rows: list[Columns] | None = Field(
        default=None, description="exactly these rows, in any order; columns left out are not compared"
    )
    count: int | None = Field(
        default=None, ge=0, description="how many rows; without `rows` and `count`: at least one"
    )


SyncResult = Annotated[
    Annotated[SyncState, BeforeValidator(lambda value: as_choice(value, list(SyncState))), Tag("<state>")]
    | Annotated[dict[Literal["refused"], RefusalCode], Tag("<refusal>")],
    Discriminator(lambda value: "<refusal>" if isinstance(value, Mapping) else "<state>"),
]


class SyncExpectation(Timed):
    """The manager's result of its last sync."""

    sync: ApplicationName = Field(description="the application")
    on: InstanceName = Field(description="the manager")
    results: Annotated[dict[InstanceName, SyncResult], BeforeValidator(each_of_groups)] = Field(
        description="per instance: synced, pending, not_managed, stale, refused, or `refused:` with a code",
        min_length=1,
    )


class JournalExpectation(Timed):
    """What stands in an instance's journal."""

    journal: InstanceName = Field(description="the instance")
    where: Fields = Field(
        default_factory=dict,
        description="only entries with these values count; the fields are " + ", ".join(JOURNAL_FIELDS),
    )
    count: int | None = Field(default=None, ge=0, description="how many entries; left out: at least one")


ConnectionRefusal = Literal[
    RefusalCode.CERTIFICATE_REQUIRED,
    RefusalCode.CERTIFICATE_EXPIRED,
    RefusalCode.CERTIFICATE_REVOKED,
    RefusalCode.UNKNOWN_CA,
]


class ConnectionExpectation(Timed):
    """Whether the broker lets an instance in."""

    connection: InstanceName = Field(description="the instance, which is running")
    refused: ConnectionRefusal | None = Field(
        default=None,
        description="the code with which the broker refuses its certificate; left out: it does not refuse it",
    )


EXPECTATION_KINDS = ("message", "table", "sync", "journal", "connection")


def _kind_of_expectation(value: object) -> str | None:
    keys = value if isinstance(value, Mapping) else ()
    return next((f"<{kind}>" for kind in EXPECTATION_KINDS if kind in keys), None)


# Tags appear in the locations of pydantic's errors; in <> they cannot be taken for a key of the file.
Expectation = Annotated[
    Annotated[MessageExpectation, Tag("<message>")]
    | Annotated[TableExpectation, Tag("<table>")]
    | Annotated[SyncExpectation, Tag("<sync>")]
    | Annotated[JournalExpectation, Tag("<journal>")]
    | Annotated[ConnectionExpectation, Tag("<connection>")],
    Discriminator(
        _kind_of_expectation,
        custom_error_type="expectation",
        custom_error_message=f"expected an expectation with one of the keys: {', '.join(EXPECTATION_KINDS)}",
    ),
]


def _outcome_expectation(value: object) -> object:
    return {"outcome": value} if isinstance(value, str) else value


StepExpectation = Annotated[
    Annotated[
        OutcomeExpectation,
        BeforeValidator(
            _outcome_expectation, json_schema_input_type=Outcome | Literal["pending"] | OutcomeExpectation
        ),
        Tag("<outcome>"),
    ]
    | Annotated[list[Expectation], Tag("<list>")],
    Discriminator(lambda value: "<list>" if isinstance(value, list) else "<outcome>"),
]


def _untimed(expectation: Timed) -> Timed:
    if expectation.within is not None or expectation.never:
        raise PydanticCustomError("timed", "`within` and `never` mean nothing here: it is looked at all the time")
    return expectation


def _bound(expectation: Timed) -> Timed:
    if expectation.within is None or expectation.never:
        raise PydanticCustomError("unbound", "expected `within`, until when it must hold, and no `never`")
    return expectation


UntimedExpectation = Annotated[Expectation, AfterValidator(_untimed)]
"""For what is looked at after every step of every instance."""

BoundExpectation = Annotated[Expectation, AfterValidator(_bound)]
"""For what must come true in time."""
