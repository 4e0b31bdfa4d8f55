"""A step, and the whole file."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

from simulator.journal import Outcome
from simulator.scenario.interpolation import UnreadableError, asked_of
from simulator.scenario.model.administration import (
    ChangeSettingsStep,
    CloneStep,
    CreateTrustRecordStep,
    DeleteManagedStep,
    DeleteProfileItemStep,
    DeleteTrustRecordStep,
    DemoteStep,
    InstallApplicationStep,
    InstallPluginStep,
    ManagerAnswerStep,
    NameManagerStep,
    RemoveApplicationStep,
    RenameStep,
    RequestManagementStep,
    SaveProfileItemStep,
    SendStep,
    SetGrantAccessStep,
    SetIsGrantingAccessStep,
    ShareDataStep,
    SnapshotStep,
    SyncTrustProfilesStep,
    UpgradeApplicationStep,
    UpgradeStep,
)
from simulator.scenario.model.cmdb import AssignUserStep, ConfigureCmdbStep, IdentifyStep
from simulator.scenario.model.expectations import (
    BoundExpectation,
    Expectation,
    OutcomeExpectation,
    StepExpectation,
    UntimedExpectation,
)
from simulator.scenario.model.faults import FaultStep
from simulator.scenario.model.identity import CertificateStep, ImpersonateStep
from simulator.scenario.model.names import each_of_groups, known_group
from simulator.scenario.model.records import (
    AuditStep,
    CloseTaskStep,
    DeleteRecordStep,
    EditRecordStep,
    RemediateStep,
    RetireStep,
)
from simulator.scenario.model.requests import RequestStep
from simulator.scenario.model.topology import AnInstance, ApplicationDefinition, HostName
from simulator.scenario.model.values import Duration, InstanceName, Instances, Part, SnapshotName, on_only
from simulator.scenario.suggestion import did_you_mean


def _short(part: type[Part]) -> BeforeValidator:
    """For a step that may be written as its instances alone."""
    return BeforeValidator(on_only, json_schema_input_type=str | list[str] | part)


def _about(part: type[Part]) -> str:
    """The first paragraph of its description."""
    return (part.__doc__ or "").partition("\n\n")[0]


BESIDE_THE_VERB = frozenset({"expect", "at_once", "capture"})
"""The keys of a step that stand beside its verb."""


def _path_in_answer(path: str) -> str:
    try:
        asked_of(path)
    except UnreadableError:
        message = "expected a path in the answer such as result.items[0].sysId, got {got}"
        raise PydanticCustomError("answer_path", message, {"got": repr(path)}) from None
    return path


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
    delete_managed: DeleteManagedStep | None = None
    save_profile_item: SaveProfileItemStep | None = None
    delete_profile_item: DeleteProfileItemStep | None = None
    sync_trust_profiles: Annotated[SyncTrustProfilesStep, _short(SyncTrustProfilesStep)] | None = Field(
        default=None, description=_about(SyncTrustProfilesStep)
    )
    create_trust_record: CreateTrustRecordStep | None = None
    delete_trust_record: DeleteTrustRecordStep | None = None
    send: SendStep | None = None
    change_settings: ChangeSettingsStep | None = None
    set_grant_access: SetGrantAccessStep | None = None
    set_is_granting_access: SetIsGrantingAccessStep | None = None
    share_data: ShareDataStep | None = None
    configure_cmdb: ConfigureCmdbStep | None = None
    identify: IdentifyStep | None = None
    request: RequestStep | None = None
    assign_user: AssignUserStep | None = None
    edit_record: EditRecordStep | None = None
    retire: RetireStep | None = None
    delete_record: DeleteRecordStep | None = None
    audit: AuditStep | None = None
    close_task: CloseTaskStep | None = None
    remediate: RemediateStep | None = None
    enable_tls: Instances | None = Field(
        default=None, description="support enables ADCv2 mutual TLS, so that adcv2/supports_tls answers true"
    )
    install_plugin: Annotated[InstallPluginStep, _short(InstallPluginStep)] | None = Field(
        default=None, description=_about(InstallPluginStep)
    )
    install_application: Annotated[InstallApplicationStep, _short(InstallApplicationStep)] | None = Field(
        default=None, description=_about(InstallApplicationStep)
    )
    upgrade_application: UpgradeApplicationStep | None = None
    remove_application: Annotated[RemoveApplicationStep, _short(RemoveApplicationStep)] | None = Field(
        default=None, description=_about(RemoveApplicationStep)
    )
    promote: Instances | None = Field(
        default=None, description="makes production instances of non-production ones"
    )
    demote: Annotated[DemoteStep, _short(DemoteStep)] | None = Field(default=None, description=_about(DemoteStep))
    rename: RenameStep | None = None
    upgrade: UpgradeStep | None = None
    clone: CloneStep | None = None
    snapshot: SnapshotStep | None = None
    restore: SnapshotName | None = Field(
        default=None,
        description="restores an instance from a snapshot of itself; what it has sent and received since stays so",
    )
    decommission: Instances | None = Field(
        default=None, description="gives instances up: what they had with others ends on both sides"
    )
    advance: Duration | None = Field(default=None, description="moves the fleet's clock forward")
    settle: Duration | None = Field(
        default=None,
        description="waits until nothing is due anywhere, at most this long; alone: 30s. What waits for an "
        "instance that is not running is not due",
    )
    stop: Instances | None = Field(default=None, description="stops instances in good order")
    kill: Instances | None = Field(default=None, description="kills instances with SIGKILL")
    start: Instances | None = Field(default=None, description="starts instances that were stopped")
    stop_broker: Literal[True] | None = Field(default=None, description="stops the broker")
    start_broker: Literal[True] | None = Field(default=None, description="starts the broker again")
    certificate: CertificateStep | None = None
    impersonate: ImpersonateStep | None = None
    fault: FaultStep | None = Field(default=None, description="lets something go wrong")
    calm: Literal[True] | None = Field(default=None, description="ends all faults that still last")
    expect: StepExpectation | None = Field(
        default=None,
        description="what becomes of this step (an outcome, or a mapping), or a list of what must hold after it; "
        "left out: an administrator's action must be processed, a message may end in any way",
    )

    capture: dict[str, Annotated[str, AfterValidator(_path_in_answer)]] | None = Field(
        default=None,
        description="values of the answer by names, [for later steps](#values-of-answers): "
        "`{ id: result.items[0].sysId }` makes it `${id}`",
    )
    at_once: bool = Field(
        default=False,
        description="true: the step does not wait for what earlier steps have set going, for who wants the race",
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
        if verbs and verbs[0] in WITHOUT_OUTCOME and isinstance(self.expect, OutcomeExpectation):
            raise PydanticCustomError(
                "verb", "{verb} has no outcome; expected `expect` with a list", {"verb": verbs[0]}
            )
        if self.at_once and not (self.has_outcome or self.request):
            raise PydanticCustomError(
                "verb", "{verb} waits for nothing; expected no `at_once`", {"verb": self.verb}
            )
        if self.capture is not None:
            self._check_capture()
        has_response = isinstance(self.expect, OutcomeExpectation) and self.expect.response is not None
        if has_response and self.verb not in _WITH_RESPONSE:
            raise PydanticCustomError(
                "response", "only {verbs} have a `response`", {"verbs": " and ".join(_WITH_RESPONSE)}
            )
        return self

    def _check_capture(self) -> None:
        """Whether there is one answer to capture from."""
        if self.verb not in WITH_ANSWER:
            context = {"verbs": ", ".join(WITH_ANSWER)}
            raise PydanticCustomError(
                "capture", "expected `capture` with one of {verbs}, which are answered", context
            )
        it = self.identify or self.request or self.send
        assert it is not None, "one of these has an answer"
        asked = [(sender, to) for sender in it.sender for to in it.to] if isinstance(it, SendStep) else it.on
        if len(asked) > 1:
            message = "expected one instance with `capture`, got {number}; a loop makes a step of each"
            raise PydanticCustomError("capture", message, {"number": len(asked)})

    def _verbs(self) -> list[str]:
        return [
            name
            for name in type(self).model_fields
            if name not in BESIDE_THE_VERB and getattr(self, name) is not None
        ]

    @property
    def verb(self) -> str:
        """The one verb of this step, or `expect`."""
        return next(iter(self._verbs()), "expect")

    @property
    def has_outcome(self) -> bool:
        """Whether somebody acts in this step, so that something becomes of it."""
        return self.verb != "expect" and self.verb not in WITHOUT_OUTCOME

    @property
    def is_to_be_refused(self) -> bool:
        """Whether the author expects so, with whatever code."""
        expected = self.expect if isinstance(self.expect, OutcomeExpectation) else None
        return expected is not None and expected.wanted == Outcome.REFUSED and not expected.never

    @property
    def sending(self) -> SendStep | ShareDataStep | None:
        """What an application sends in this step, if that is what it is about."""
        return self.send or self.share_data


WITH_ANSWER = ("identify", "request", "send")
"""The verbs of which a value of the answer can be captured."""

_WITH_RESPONSE = ("identify", "send")
WITHOUT_OUTCOME = {
    *(
        "request",
        "snapshot",
        "advance",
        "settle",
        "stop",
        "kill",
        "start",
        "stop_broker",
        "start_broker",
        "certificate",
        "fault",
        "calm",
    )
}
"""The verbs of which nothing becomes at an instance: what happens to it or to the fleet, and requests."""

ALONE: dict[str, Any] = {"settle": "30s", "stop_broker": True, "start_broker": True, "calm": True}
"""What the verbs stand for that may stand alone."""


def _step(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value not in ALONE:
        if value in Step.model_fields:
            raise PydanticCustomError("verb", "expected a value after `{verb}:`", {"verb": value})
        raise PydanticCustomError(
            "verb", "expected a step, got {got}{hint}", {"got": repr(value), "hint": did_you_mean(value, ALONE)}
        )
    return {value: ALONE[value]}


OneStep = Annotated[
    Step,
    BeforeValidator(_step, json_schema_input_type=Literal["settle", "stop_broker", "start_broker", "calm"] | Step),
]


_TAG = re.compile(r"[\w.-]+")


def _tag(word: str) -> str:
    if not _TAG.fullmatch(word):
        raise PydanticCustomError(
            "tag", "expected a word of letters, digits, -, _ and ., got {got}", {"got": repr(word)}
        )
    return word


Label = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$")]
"""A word that fits in an option of `dask worker`."""


class Scenario(Part):
    """A scenario file."""

    name: str = Field(description="what the scenario shows, in a line")
    description: str = Field(default="", description="what it is about, at any length")
    tags: list[Annotated[str, AfterValidator(_tag)]] = Field(
        default_factory=list,
        description="words by which `run`, `validate` and `sweep` [choose](#a-part-of-the-work): `--only slow`",
    )
    auto_approval: Duration = Field(
        default=timedelta(minutes=5),
        description="how long a manager takes to auto-approve an instance that named it; left out: 5m",
    )
    patience: Duration = Field(
        default=timedelta(seconds=30),
        description="how long an expectation without `within` waits until nothing is due any more, in fleet time; "
        "left out: 30s",
    )
    mtls_wait: Duration = Field(
        default=timedelta(hours=24),
        description="how long com.glide.mif.mtls must have been there before an instance takes part; without: 24h",
    )
    seed: str = Field(default="trustsim", description="what the signing keys are derived from")
    kept: str | None = Field(
        default=None,
        alias="from",
        description="a directory that `trustsim run --keep` made, relative to the scenario's own folder: every "
        "instance [begins with its file](#where-it-begins)",
    )
    instances: dict[HostName, AnInstance] = Field(description="the instances, by name", min_length=1)
    groups: dict[Annotated[HostName, AfterValidator(known_group)], Instances] = Field(
        default_factory=dict,
        description="sets of instances, by a name that stands for them wherever instances are named",
    )
    placement: Annotated[dict[InstanceName, dict[Label, Label]], BeforeValidator(each_of_groups)] = Field(
        default_factory=dict,
        description="on a cluster: where an instance or a group is to run, such as `{ zone: eu }`, "
        "which is a worker with the resource `zone:eu`; it means nothing elsewhere",
    )
    include: list[str] = Field(
        default_factory=list,
        description="applications of the [library](#ready-made-applications), by name, as if defined here",
    )
    applications: dict[str, ApplicationDefinition] = Field(
        default={}, description="the applications, by name; needed where a step is about one and none is included"
    )
    steps: list[OneStep] = Field(description="what happens, in order", min_length=1)
    expect: list[Expectation] = Field(default_factory=list, description="what must hold at the end")
    always: list[UntimedExpectation] = Field(
        default_factory=list, description="what holds after every step of every instance"
    )
    never: list[UntimedExpectation] = Field(
        default_factory=list,
        description="what does not hold after any step of any instance; with several instances: on none of them",
    )
    eventually: list[BoundExpectation] = Field(
        default_factory=list,
        description="what holds `within` that time after the steps are over and all faults have ended",
    )
    sometimes: list[UntimedExpectation] = Field(
        default_factory=list, description="what has held at least once in at least one seed of a sweep"
    )

    @property
    def labels(self) -> dict[str, frozenset[str]]:
        """The resources that a worker must have for an instance to run on it, by instance."""
        return {
            name: frozenset(f"{label}:{value}" for label, value in wanted.items())
            for name, wanted in self.placement.items()
        }
