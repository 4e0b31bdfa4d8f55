"""What one instance can say to another: a closed union, numbered as in the trust facts (M1 to M11).

M1 to M8 and M10 are framework messages: they build trust and so cannot depend on it. Only a capability message
and its answer need application trust, and shared data needs a grant. A receipt confirms delivery and is not itself
confirmed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from simulator.protocol.operations import OperationKind

Payload = dict[str, JsonValue]
"""What an application sends: any JSON object."""


Revision = Annotated[int, Field(ge=0, lt=2**63)]
"""Of a trust profile or a grant; as large as the store can hold."""


InstanceTypeName = Literal["production", "non_production"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfApplication:
    """What two instances have to do with each other is always about one application.

    The order of fields is that of the JSON on the wire: a kind of message says its own `kind`, which stays first.
    """

    kind: str
    application: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCapability(OfApplication):
    """The same of one capability of it."""

    capability: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementRequest(OfApplication):
    """M1, manager to managed: let me manage this application on you."""

    kind: Literal["management_request"] = "management_request"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementDecision(OfApplication):
    """M2, managed to manager: the answer to M1. `refusal` is a code where a rule, not a person, said no."""

    kind: Literal["management_decision"] = "management_decision"
    approved: bool
    refusal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerDesignation(OfApplication):
    """M3, managed to manager: I name you my manager for this application."""

    kind: Literal["manager_designation"] = "manager_designation"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerConfirmation(OfApplication):
    """M4, manager to managed: I am your manager now, or (with a code) I cannot be."""

    kind: Literal["manager_confirmation"] = "manager_confirmation"
    refusal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementRevoked(OfApplication):
    """M5, managed to manager: you no longer manage this application on me.

    `refusal` is the code of the rule that has ended it; None: an administrator has.
    """

    kind: Literal["management_revoked"] = "management_revoked"
    refusal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementEnded(OfApplication):
    """Manager to managed: I no longer manage this application on you, nor want to (Q9)."""

    kind: Literal["management_ended"] = "management_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncItem:
    """One active line of a trust profile, as its trusting instance receives it."""

    capability: str
    version: str
    trusted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustProfileSync(OfApplication):
    """M6, manager to managed: all active items in which you are the trusting instance, and nothing else."""

    kind: Literal["trust_profile_sync"] = "trust_profile_sync"
    revision: Revision
    items: tuple[SyncItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustSyncResult(OfApplication):
    """M7, managed to manager: what became of M6; `refusal` is the code when nothing was applied.

    `refused_items` maps "capability > trusted instance" to the code of each item that was left out.
    """

    kind: Literal["trust_sync_result"] = "trust_sync_result"
    revision: Revision
    refusal: str | None = None
    refused_items: dict[str, str] = field(default_factory=dict)
    newest: Revision = 0
    """The revision that the sender has instead, where that is why it refuses; 0: it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustGranted(OfCapability):
    """M8, trustor to trustee: a trust record for you exists, with this version."""

    kind: Literal["trust_granted"] = "trust_granted"
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustRemoved(OfCapability):
    """M8, trustor to trustee: the trust record for you is gone."""

    kind: Literal["trust_removed"] = "trust_removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceChanged:
    """To every instance of the account: this is what I am from now on; id, account and key never change."""

    kind: Literal["instance_changed"] = "instance_changed"
    name: str
    type: InstanceTypeName
    environment: str
    release: str
    retired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Relations(OfApplication):
    """To every instance of the account, after a clone or a restore: how I see what is between us. And you?"""

    kind: Literal["relations"] = "relations"
    trusts: dict[str, str]
    """By capability, the version of the trust record that the sender has for the recipient."""
    manages: bool
    """Whether the sender manages the application on the recipient."""
    is_managed: bool
    """Whether the recipient manages it on the sender."""
    revision: Revision
    """The newest one of the recipient's profile that the sender has; 0: none."""
    grants: bool | None
    """Grant access for the recipient; None: the application takes no part in data sharing."""
    wants_answer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityMessage:
    """M9: one operation of a capability. `operation_kind` is what the sender takes it for; the receiver checks."""

    kind: Literal["capability_message"] = "capability_message"
    application: str
    application_version: str
    """What is installed at the sender."""
    capability: str
    version: str
    operation: str
    operation_kind: OperationKind
    payload: Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityAnswer(OfCapability):
    """What a trustor answers to a message operation; `request` is the id of the envelope that asked."""

    kind: Literal["capability_answer"] = "capability_answer"
    operation: str
    request: str
    payload: Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantState(OfApplication):
    """M10, grantor to grantee: whether I grant you access to this application's data.

    `revision` counts what the grantor has said of it; it tells the grantor whether an expired state was the last.
    """

    kind: Literal["grant_state"] = "grant_state"
    granted: bool
    revision: Revision


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedData(OfApplication):
    """M11, grantor to grantee: data of an application, of which I grant you access."""

    kind: Literal["shared_data"] = "shared_data"
    payload: Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """These envelopes are committed here; without ids: I am (again) here, send what you hold for me."""

    kind: Literal["receipt"] = "receipt"
    envelope_ids: tuple[str, ...]


FrameworkMessage = (
    ManagementRequest
    | ManagementDecision
    | ManagerDesignation
    | ManagerConfirmation
    | ManagementRevoked
    | ManagementEnded
    | TrustProfileSync
    | TrustSyncResult
    | TrustGranted
    | TrustRemoved
    | InstanceChanged
    | Relations
    | GrantState
)
ApplicationMessage = CapabilityMessage | CapabilityAnswer | SharedData
PeerMessage = FrameworkMessage | ApplicationMessage
WireMessage = PeerMessage | Receipt
"""All that a peer may send; an administrator's action or a timer never comes over the wire."""
