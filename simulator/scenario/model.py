"""The format of a scenario file, as types. The descriptions here are the format's documentation (format.py)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from simulator.decision import RefusalCode
from simulator.journal import Outcome
from simulator.protocol.messages import OperationKind
from simulator.runtime.faults import CrashPoint, DiskState
from simulator.scenario.references import (
    COLUMNS_BY_TABLE,
    JOURNAL_FIELDS,
    ONLY_ONE,
    did_you_mean,
    known_application,
    known_capability,
    known_column,
    known_instance,
    known_journal_field,
    known_message,
    known_operation,
    known_table,
)
from simulator.trust.profile import SyncState

T = TypeVar("T")

# -- kinds of values ------------------------------------------------------------------------------------

InstanceName = Annotated[str, AfterValidator(known_instance)]
ApplicationName = Annotated[str, AfterValidator(known_application)]
_Application = Annotated[
    ApplicationName,
    Field(default=ONLY_ONE, validate_default=True, description="left out: the only one there is"),
]
_Capability = Annotated[
    str,
    AfterValidator(known_capability),
    Field(default=ONLY_ONE, validate_default=True, description="left out: the application's only one"),
]
_Operation = Annotated[
    str,
    AfterValidator(known_operation),
    Field(default=ONLY_ONE, validate_default=True, description="left out: the capability's only one"),
]
MessageName = Annotated[str, AfterValidator(known_message)]
TableName = Annotated[
    str, AfterValidator(known_table), WithJsonSchema({"type": "string", "enum": list(COLUMNS_BY_TABLE)})
]
ColumnName = Annotated[str, AfterValidator(known_column)]
JournalField = Annotated[
    str, AfterValidator(known_journal_field), WithJsonSchema({"type": "string", "enum": list(JOURNAL_FIELDS)})
]

_DURATION = re.compile(
    r"(?=[0-9])(?:([0-9]{1,4})d)?(?:([0-9]{1,5})h)?(?:([0-9]{1,6})m)?"
    r"(?:([0-9]{1,8}(?:\.[0-9]{1,6})?)s)?(?:([0-9]{1,9})ms)?"
)
"""As many digits as keep the fleet's clock within the years that Python knows."""


def _duration(value: object) -> timedelta:
    found = _DURATION.fullmatch(value.replace(" ", "")) if isinstance(value, str) and value else None
    if found is None:
        raise PydanticCustomError(
            "duration",
            "expected a duration such as 500ms, 30s, 10m, 24h or 1d12h, got {got}",
            {"got": repr(value)},
        )
    days, hours, minutes, seconds, milliseconds = (float(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, milliseconds=milliseconds)


Duration = Annotated[
    timedelta, BeforeValidator(_duration), WithJsonSchema({"type": "string", "examples": ["30s", "10m", "24h"]})
]


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


OneOrMore = Annotated[list[T], BeforeValidator(_as_list), Field(min_length=1)]
"""One value or a list of them."""


class Part(BaseModel):
    """A part of a scenario: unknown keys are errors, and nothing changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


# -- the topology ---------------------------------------------------------------------------------------


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


class InstanceDefinition(Part):
    """An instance. In short: its name and its environment, as in `prod1: production`."""

    environment: Environment = Field(description="test and development are non-production instances")
    account: HostName = Field(default="acme", description="the customer account it belongs to")
    release: str = Field(default="Zurich", description="its release family")
    applications: dict[ApplicationName, str | None] | None = Field(
        default=None,
        description="the installed applications, each with its version, or with none for the version that "
        "`applications` defines; left out: all of them",
    )


def _instance_definition(value: object) -> object:
    return {"environment": value} if isinstance(value, str) else value


_InstanceDefinition = Annotated[
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
    """An enabled application: one that owns a trust profile."""

    version: str = Field(default="1.0.0", description="the version that is installed")
    capabilities: dict[str, CapabilityDefinition] = Field(description="its capabilities, by name", min_length=1)


# -- steps ----------------------------------------------------------------------------------------------


class NameManagerStep(Part):
    """Manager Instances > New, on the managed side, whose administrator thereby consents.

    The manager approves by itself after the auto-approval delay.
    """

    on: OneOrMore[InstanceName] = Field(description="the instances to be managed")
    application: _Application
    manager: InstanceName = Field(description="the instance that is to manage them")


class RequestManagementStep(Part):
    """Managed Instances > Add managed instances > Send Requests, on the manager."""

    on: InstanceName = Field(description="the manager")
    application: _Application
    instances: OneOrMore[InstanceName] = Field(description="the instances to be managed")


class ManagerAnswerStep(Part):
    """Approve, reject or delete a manager's record, on the managed side."""

    on: OneOrMore[InstanceName] = Field(description="the managed instances")
    application: _Application
    manager: InstanceName = Field(description="the manager whose record it is")


class ProfileItemKey(Part):
    """Which item of a trust profile; several trusting or trusted instances make one item each."""

    on: InstanceName = Field(description="the manager, where the profile is kept")
    application: _Application
    capability: _Capability
    trusting: OneOrMore[InstanceName] = Field(description="who trusts")
    trusted: OneOrMore[InstanceName] = Field(description="who is trusted")


class SaveProfileItemStep(ProfileItemKey):
    """Trust Profile Items > New, or a change to the item with the same key; nothing is distributed yet."""

    version: str | None = Field(
        default=None, description="the Application Capability Version; left out: the one that is defined"
    )
    active: bool = Field(default=True, description="false: the item is kept and not applied")
    description: str = Field(default="", description="any text")


class DeleteProfileItemStep(ProfileItemKey):
    """Deletes an item; the trust it led to goes with the next sync."""


class SyncTrustProfilesStep(Part):
    """The button Sync Trust Profiles, on the manager."""

    on: InstanceName = Field(description="the manager")
    application: _Application


class TrustRecordStep(Part):
    """A trust record by hand, on the trustor; several trustees make one record each."""

    on: OneOrMore[InstanceName] = Field(description="the trustors")
    application: _Application
    capability: _Capability
    trustee: OneOrMore[InstanceName] = Field(description="who is trusted")


class CreateTrustRecordStep(TrustRecordStep):
    """Creates a trust record by hand, on the trustor."""

    version: str | None = Field(
        default=None, description="the Application Capability Version; left out: the one that is defined"
    )


class DeleteTrustRecordStep(TrustRecordStep):
    """Deletes a trust record, on the trustor."""


class SendStep(Part):
    """An application sends one operation; several senders and recipients make one message for each pair."""

    sender: OneOrMore[InstanceName] = Field(alias="from", description="the senders")
    to: OneOrMore[InstanceName] = Field(description="the recipients")
    application: _Application
    capability: _Capability
    operation: _Operation
    payload: dict[str, JsonValue] = Field(default_factory=dict, description="any mapping")
    unchecked: bool = Field(
        default=False,
        description="send without the sender's look at its own tables, so that the receiver's gate has to decide",
    )
    name: str | None = Field(default=None, alias="as", description="a name to refer to the message later")


# -- faults ---------------------------------------------------------------------------------------------


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

    sender: OneOrMore[InstanceName] | None = Field(default=None, alias="from", description="left out: everybody")
    to: OneOrMore[InstanceName] | None = Field(default=None, description="left out: everybody")


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
        description="now, or with its next envelope: in_transaction, after_commit or after_publish. Live: now",
    )


class ClockDefinition(Part):
    """An instance's clock is off."""

    instance: InstanceName = Field(description="the instance whose clock it is")
    ahead: Duration = Field(default=timedelta(0), description="how far it is ahead of the others")
    behind: Duration = Field(default=timedelta(0), description="how far it is behind the others")
    drift: float = Field(default=0, ge=-0.5, le=0.5, description="seconds that it gains a second")


class DiskDefinition(Part):
    """An instance can commit nothing."""

    instance: InstanceName = Field(description="the instance whose disk it is")
    state: DiskState = Field(default=DiskState.FULL, description="full or locked")


class FaultStep(Part):
    """Something goes wrong: one of the kinds, from `after` until it has lasted `for`."""

    partition: list[OneOrMore[InstanceName]] | None = Field(
        default=None, description="groups of instances that do not reach each other", min_length=2
    )
    isolate: OneOrMore[InstanceName] | None = Field(
        default=None, description="instances that neither reach nor are reached by any other"
    )
    cut: Way | None = Field(default=None, description="nothing arrives on this way; the way back is open")
    hold: Way | None = Field(default=None, description="what is on this way arrives when the fault ends, in order")
    weather: WeatherDefinition | None = Field(default=None, description="a bad network")
    broker_outage: Literal[True] | None = Field(default=None, description="the broker is away")
    crash: CrashDefinition | None = Field(default=None, description="an instance dies")
    pause: OneOrMore[InstanceName] | None = Field(
        default=None, description="instances that do nothing, while what reaches them waits"
    )
    clock: ClockDefinition | None = Field(default=None, description="a clock is off")
    disk: DiskDefinition | None = Field(default=None, description="a disk fails")
    after: Duration = Field(default=timedelta(0), description="when it begins; left out: now")
    lasts: Duration | None = Field(default=None, alias="for", description="left out: until a `calm` step")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = self._kinds()
        if len(kinds) != 1:
            got = ", ".join(kinds) or "none"
            raise PydanticCustomError("fault", "expected one kind of fault, got {got}", {"got": got})
        return self

    def _kinds(self) -> list[str]:
        fields = type(self).model_fields
        return [name for name in fields if name not in {"after", "lasts"} and getattr(self, name) is not None]

    @property
    def kind(self) -> str:
        """The one kind of this fault."""
        return self._kinds()[0]


# -- expectations ---------------------------------------------------------------------------------------


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

    @model_validator(mode="after")
    def _one_outcome(self) -> Self:
        if (self.outcome is None) == (self.refused is None):
            raise PydanticCustomError("outcome", "expected either `outcome` or `refused`")
        return self


class MessageExpectation(OutcomeExpectation):
    """What became of the messages of a send step."""

    message: MessageName = Field(description="the name that the send step gave with `as`")


class TableExpectation(Timed):
    """What stands in a table of an instance; references are written as instance names."""

    table: TableName = Field(description="the table's name, such as sn_mif_trusting_instance")
    on: OneOrMore[InstanceName] = Field(description="the instance, or several that must all fulfil it")
    where: dict[ColumnName, JsonValue] = Field(
        default_factory=dict, description="only rows with these values count"
    )
    rows: list[dict[ColumnName, JsonValue]] | None = Field(
        default=None, description="exactly these rows, in any order; columns left out are not compared"
    )
    count: int | None = Field(
        default=None, ge=0, description="how many rows; without `rows` and `count`: at least one"
    )


SyncResult = Annotated[
    Annotated[SyncState, Tag("<state>")] | Annotated[dict[Literal["refused"], RefusalCode], Tag("<refusal>")],
    Discriminator(lambda value: "<refusal>" if isinstance(value, Mapping) else "<state>"),
]


class SyncExpectation(Timed):
    """The manager's result of its last sync."""

    sync: ApplicationName = Field(description="the application")
    on: InstanceName = Field(description="the manager")
    results: dict[InstanceName, SyncResult] = Field(
        description="per instance: synced, pending, not_managed, stale, refused, or `refused:` with a code",
        min_length=1,
    )


class JournalExpectation(Timed):
    """What stands in an instance's journal."""

    journal: InstanceName = Field(description="the instance")
    where: dict[JournalField, JsonValue] = Field(
        default_factory=dict,
        description="only entries with these values count; the fields are " + ", ".join(JOURNAL_FIELDS),
    )
    count: int | None = Field(default=None, ge=0, description="how many entries; left out: at least one")


EXPECTATION_KINDS = ("message", "table", "sync", "journal")


def _kind_of_expectation(value: object) -> str | None:
    keys = value if isinstance(value, Mapping) else ()
    return next((f"<{kind}>" for kind in EXPECTATION_KINDS if kind in keys), None)


# Tags appear in the locations of pydantic's errors; in <> they cannot be taken for a key of the file.
Expectation = Annotated[
    Annotated[MessageExpectation, Tag("<message>")]
    | Annotated[TableExpectation, Tag("<table>")]
    | Annotated[SyncExpectation, Tag("<sync>")]
    | Annotated[JournalExpectation, Tag("<journal>")],
    Discriminator(
        _kind_of_expectation,
        custom_error_type="expectation",
        custom_error_message="expected an expectation with one of the keys: message, table, sync, journal",
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


# -- a step, and the whole ------------------------------------------------------------------------------


class Step(Part):
    """One step: a verb, and what is expected of it; or only what is expected at this point.

    A verb that needs nothing more may stand alone, as in `- settle`.
    """

    name_manager: NameManagerStep | None = None
    request_management: RequestManagementStep | None = None
    approve_manager: ManagerAnswerStep | None = Field(
        default=None, description="approves a manager's record that awaits approval, on the managed side"
    )
    reject_manager: ManagerAnswerStep | None = Field(
        default=None, description="rejects a manager's record that awaits approval, on the managed side"
    )
    delete_manager: ManagerAnswerStep | None = Field(
        default=None, description="deletes a manager's record on the managed side, which ends the management"
    )
    save_profile_item: SaveProfileItemStep | None = None
    delete_profile_item: DeleteProfileItemStep | None = None
    sync_trust_profiles: SyncTrustProfilesStep | None = None
    create_trust_record: CreateTrustRecordStep | None = None
    delete_trust_record: DeleteTrustRecordStep | None = None
    send: SendStep | None = None
    advance: Duration | None = Field(default=None, description="moves the fleet's clock forward")
    settle: Duration | None = Field(
        default=None,
        description="waits until nothing is due anywhere, at most this long; alone: 30s. What waits for an "
        "instance that is not running is not due",
    )
    stop: OneOrMore[InstanceName] | None = Field(default=None, description="stops instances in good order")
    kill: OneOrMore[InstanceName] | None = Field(default=None, description="kills instances with SIGKILL")
    start: OneOrMore[InstanceName] | None = Field(default=None, description="starts instances that were stopped")
    stop_broker: Literal[True] | None = Field(default=None, description="stops the broker")
    start_broker: Literal[True] | None = Field(default=None, description="starts the broker again")
    fault: FaultStep | None = Field(default=None, description="lets something go wrong")
    calm: Literal[True] | None = Field(default=None, description="ends all faults that still last")
    expect: StepExpectation | None = Field(
        default=None,
        description="what becomes of this step (an outcome, or a mapping), or a list of what must hold after it; "
        "left out: an administrator's action must be processed, a message may end in any way",
    )

    @model_validator(mode="after")
    def _one_verb(self) -> Self:
        verbs = self._verbs()
        empty = sorted(name for name in self.model_fields_set if getattr(self, name) is None)
        if empty:
            raise PydanticCustomError("verb", "expected a value after `{verb}:`", {"verb": empty[0]})
        if len(verbs) > 1:
            raise PydanticCustomError("verb", "expected one verb, got {got}", {"got": ", ".join(verbs)})
        if not verbs and not isinstance(self.expect, list):
            raise PydanticCustomError("verb", "expected a verb, or `expect` with a list")
        if verbs and verbs[0] in _WITHOUT_OUTCOME and isinstance(self.expect, OutcomeExpectation):
            raise PydanticCustomError(
                "verb", "{verb} has no outcome; expected `expect` with a list", {"verb": verbs[0]}
            )
        return self

    def _verbs(self) -> list[str]:
        return [name for name in type(self).model_fields if name != "expect" and getattr(self, name) is not None]

    @property
    def verb(self) -> str:
        """The one verb of this step, or `expect`."""
        return next(iter(self._verbs()), "expect")


_WITHOUT_OUTCOME = {"advance", "settle", "stop", "kill", "start", "stop_broker", "start_broker", "fault", "calm"}
_ALONE: dict[str, Any] = {"settle": "30s", "stop_broker": True, "start_broker": True, "calm": True}


def _step(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value not in _ALONE:
        raise PydanticCustomError(
            "verb", "expected a step, got {got}{hint}", {"got": repr(value), "hint": did_you_mean(value, _ALONE)}
        )
    return {value: _ALONE[value]}


_Step = Annotated[
    Step,
    BeforeValidator(_step, json_schema_input_type=Literal["settle", "stop_broker", "start_broker", "calm"] | Step),
]


class Scenario(Part):
    """A scenario file."""

    name: str = Field(description="what the scenario shows, in a line")
    description: str = Field(default="", description="what it is about, at any length")
    auto_approval: Duration = Field(
        default=timedelta(minutes=5),
        description="how long a manager takes to auto-approve an instance that named it; left out: 5m",
    )
    patience: Duration = Field(
        default=timedelta(seconds=30),
        description="how long an expectation without `within` waits until nothing is due any more, in fleet time; "
        "left out: 30s",
    )
    seed: str = Field(default="trustsim", description="what the signing keys are derived from")
    instances: dict[HostName, _InstanceDefinition] = Field(description="the instances, by name", min_length=1)
    applications: dict[str, ApplicationDefinition] = Field(description="the applications, by name", min_length=1)
    steps: list[_Step] = Field(description="what happens, in order", min_length=1)
    expect: list[Expectation] = Field(default_factory=list, description="what must hold at the end")
