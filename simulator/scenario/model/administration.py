"""Steps that administrators and applications take on an instance."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    Field,
    JsonValue,
)

from simulator.scenario.model.names import known_capability
from simulator.scenario.model.topology import HostName, ReleaseName
from simulator.scenario.model.values import (
    ByUser,
    InstanceName,
    Instances,
    Part,
    TheApplication,
    TheApplications,
    TheCapability,
    TheOperation,
)
from simulator.trust.readiness import PluginId

CapabilityVersions = dict[Annotated[str, AfterValidator(known_capability)], str]


class NameManagerStep(ByUser):
    """Manager Instances > New, on the managed side, whose administrator thereby consents.

    The manager approves by itself after the auto-approval delay.
    """

    on: Instances = Field(description="the instances to be managed")
    application: TheApplication
    manager: InstanceName = Field(description="the instance that is to manage them")


class RequestManagementStep(ByUser):
    """Managed Instances > Add managed instances > Send Requests, on the manager."""

    on: InstanceName = Field(description="the manager")
    application: TheApplication
    instances: Instances = Field(description="the instances to be managed")


class DeleteManagedStep(RequestManagementStep):
    """Deletes managed instances' records on the manager, which ends management or takes a request back (Q9)."""


class ManagerAnswerStep(ByUser):
    """Approve, reject or delete a manager's record, on the managed side."""

    on: Instances = Field(description="the managed instances")
    application: TheApplication
    manager: InstanceName = Field(description="the manager whose record it is")


class ProfileItemKey(ByUser):
    """Which item of a trust profile; several trusting or trusted instances make one item each."""

    on: InstanceName = Field(description="the manager, where the profile is kept")
    application: TheApplication
    capability: TheCapability
    trusting: Instances = Field(description="who trusts")
    trusted: Instances = Field(description="who is trusted")


class SaveProfileItemStep(ProfileItemKey):
    """Trust Profile Items > New, or a change to the item with the same key; nothing is distributed yet."""

    version: str | None = Field(
        default=None, description="the Application Capability Version; left out: the one that is installed there"
    )
    active: bool = Field(default=True, description="false: the item is kept and not applied")
    description: str = Field(default="", description="any text")


class DeleteProfileItemStep(ProfileItemKey):
    """Deletes an item; the trust it led to goes with the next sync."""


class SyncTrustProfilesStep(ByUser):
    """The button Sync Trust Profiles, on the manager, for the profiles that it keeps. In short: the manager."""

    on: InstanceName = Field(description="the manager")
    application: TheApplications


class TrustRecordStep(ByUser):
    """A trust record by hand, on the trustor; several trustees make one record each."""

    on: Instances = Field(description="the trustors")
    application: TheApplication
    capability: TheCapability
    trustee: Instances = Field(description="who is trusted")


class CreateTrustRecordStep(TrustRecordStep):
    """Creates a trust record by hand, on the trustor."""

    version: str | None = Field(
        default=None, description="the Application Capability Version; left out: the one that is installed there"
    )


class DeleteTrustRecordStep(TrustRecordStep):
    """Deletes a trust record, on the trustor."""


class SendStep(Part):
    """An application sends one operation; several senders and recipients make one message for each pair."""

    sender: Instances = Field(alias="from", description="the senders")
    to: Instances = Field(description="the recipients")
    application: TheApplication
    capability: TheCapability
    operation: TheOperation
    payload: dict[str, JsonValue] = Field(default_factory=dict, description="any mapping")
    fill: int = Field(
        default=0, ge=0, le=10_000_000, description="adds so many characters to the payload, to make it large"
    )
    unchecked: bool = Field(
        default=False,
        description="send without the sender's look at its own tables, so that the receiver's gate has to decide",
    )
    name: str | None = Field(default=None, alias="as", description="a name to refer to the message later")


class ChangeSettingsStep(ByUser):
    """Changes an application's settings, such as preferences; those that another instance has sent stay."""

    on: Instances = Field(description="the instances whose settings they are")
    application: TheApplication
    capability: TheCapability
    payload: dict[str, JsonValue] = Field(description="the settings, any mapping")


class TrustConfigStep(ByUser):
    """A row of Trust Configuration; several instances make one row for each pair."""

    on: Instances = Field(description="where the row is edited")
    application: TheApplication
    instance: Instances = Field(description="the other instance, which the row is about")


class SetGrantAccessStep(TrustConfigStep):
    """Trust Configuration > Grant access, on the grantor, which customises it."""

    grant: bool = Field(description="whether `instance` is granted access to the application's data of `on`")


class SetIsGrantingAccessStep(TrustConfigStep):
    """Trust Configuration > Is granting access, which is read-only: refused, with who can change it."""

    granting: bool = Field(description="what somebody would like it to be")


class ShareDataStep(Part):
    """An application shares data with instances that are granted access; one message for each pair."""

    sender: Instances = Field(alias="from", description="the grantors, whose data it is")
    to: Instances = Field(description="the grantees")
    application: TheApplication
    payload: dict[str, JsonValue] = Field(default_factory=dict, description="any mapping")
    name: str | None = Field(default=None, alias="as", description="a name to refer to the message later")


class InstallPluginStep(Part):
    """Support installs a plugin; the one for mutual TLS counts when it has been there for `mtls_wait`.

    In short: the instances.
    """

    on: Instances = Field(description="the instances")
    plugin: PluginId = Field(default="com.glide.mif.mtls", description="left out: com.glide.mif.mtls")


class InstallApplicationStep(ByUser):
    """Installs an application; what it offers is as `applications` defines it. In short: the instances."""

    on: Instances = Field(description="the instances")
    application: TheApplication
    version: str | None = Field(default=None, description="its version; left out: the one that is defined")
    capabilities: CapabilityVersions = Field(
        default_factory=dict,
        description="Application Capability Versions by the name of the capability; left out: as defined",
    )


class UpgradeApplicationStep(ByUser):
    """Brings an installed application to another version."""

    on: Instances = Field(description="the instances")
    application: TheApplication
    to: str = Field(description="its version from now on")
    capabilities: CapabilityVersions = Field(
        default_factory=dict,
        description="the Application Capability Versions that change with it, by the name of the capability",
    )


class RemoveApplicationStep(ByUser):
    """Uninstalls an application: what belongs to it goes too, also at the others. In short: the instances."""

    on: Instances = Field(description="the instances")
    application: TheApplication


class RenameStep(Part):
    """Gives an instance another name. A scenario goes on calling it as it did, and so do its reports.

    Expectations may use the new name too: it is met where the instance that is looked at has heard of it.
    """

    on: InstanceName = Field(description="the instance")
    to: HostName = Field(description="its name from now on")


class UpgradeStep(Part):
    """Brings instances to another release."""

    on: Instances = Field(description="the instances")
    to: ReleaseName = Field(description="their release family from now on")


class CloneStep(Part):
    """Clones one instance's applications and data over another's; who the target is stays as it is."""

    source: InstanceName = Field(alias="from", description="the instance that is cloned")
    to: InstanceName = Field(description="the target, whose data is replaced")
    preserve_trust: bool = Field(
        default=False,
        description="whether data preservers keep the target's own tables of trust; without, the source's rows "
        "come along, are recognised as another instance's and put in quarantine (Q20)",
    )


class SnapshotStep(Part):
    """Remembers the rows of an instance as they are now, to restore it later."""

    on: InstanceName = Field(description="the instance")
    name: str = Field(alias="as", description="a name to refer to the snapshot later")


class DemoteStep(Part):
    """Demotes production instances; what the rules no longer allow ends (Q19). In short: the instances."""

    on: Instances = Field(description="the instances")
    to: Literal["test", "development"] = Field(default="development", description="what they are for from now on")
