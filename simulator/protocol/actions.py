"""What happens to an instance from inside: an administrator's action, an application's send, a timer.

They travel in envelopes like a peer's messages, so that one path carries all; they are never on the wire.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulator.protocol.cmdb import CmdbRows, ToldAction
from simulator.protocol.messages import InstanceTypeName, Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Administered:
    """What an administrator does, who is a user of this instance."""

    taken_by: str = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnApplication(Administered):
    """What an administrator does about one application; a kind of action says its own `kind`."""

    kind: str
    application: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OnManager(OnApplication):
    """The same on a managed instance, about its manager."""

    manager: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OnInstance(OnApplication):
    """The same about another instance."""

    instance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCapability(OnApplication):
    """The same about one capability of the application."""

    capability: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NameManager(OnManager):
    """Manager Instances > New, on the managed instance."""

    kind: Literal["name_manager"] = "name_manager"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestManagement(OnInstance):
    """Managed Instances > Add managed instances > Send Requests, on the manager."""

    kind: Literal["request_management"] = "request_management"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveManager(OnManager):
    """Approve Manager Instance, on the managed instance."""

    kind: Literal["approve_manager"] = "approve_manager"


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectManager(OnManager):
    """Reject Manager Instance, on the managed instance."""

    kind: Literal["reject_manager"] = "reject_manager"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteManager(OnManager):
    """Deletes the row in Manager Instances, on the managed instance."""

    kind: Literal["delete_manager"] = "delete_manager"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteManaged(OnInstance):
    """Deletes a managed instance's record, on the manager."""

    kind: Literal["delete_managed"] = "delete_managed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveProfileItem(OnCapability):
    """Application Trust Profiles > Trust Profile Items > New, or a change to an item with the same key."""

    kind: Literal["save_profile_item"] = "save_profile_item"
    version: str
    """Empty: the one that this instance has installed."""
    trusting: str
    trusted: str
    active: bool = True
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteProfileItem(OnCapability):
    """Deletes one line of a trust profile."""

    kind: Literal["delete_profile_item"] = "delete_profile_item"
    trusting: str
    trusted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncTrustProfiles(OnApplication):
    """The button Sync Trust Profiles, on the manager."""

    kind: Literal["sync_trust_profiles"] = "sync_trust_profiles"
    application: str
    """Empty: all whose profiles it keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTrustRecord(OnCapability):
    """A trust record by hand, on the trustor."""

    kind: Literal["create_trust_record"] = "create_trust_record"
    version: str
    """Empty: the one that this instance has installed."""
    trustee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteTrustRecord(OnCapability):
    """Deletes a trust record, on the trustor."""

    kind: Literal["delete_trust_record"] = "delete_trust_record"
    trustee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """An application sends one operation to one instance; `unchecked` skips the sender's own look-up."""

    kind: Literal["send"] = "send"
    application: str
    capability: str
    operation: str
    recipient: str
    payload: Payload
    unchecked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSettings(OnCapability):
    """Changes an application's settings, on the instance that they are for."""

    kind: Literal["change_settings"] = "change_settings"
    payload: Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class SetGrantAccess(OnInstance):
    """Trust Configuration > Grant access, on the grantor."""

    kind: Literal["set_grant_access"] = "set_grant_access"
    grant: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetIsGrantingAccess(OnInstance):
    """Trust Configuration > Is granting access, on the grantee, who may not."""

    kind: Literal["set_is_granting_access"] = "set_is_granting_access"
    granting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareData:
    """An application shares data with an instance that is granted access."""

    kind: Literal["share_data"] = "share_data"
    application: str
    recipient: str
    payload: Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeType:
    """Promotes or demotes this instance; `environment` is the label that goes with the new type."""

    kind: Literal["change_type"] = "change_type"
    type: InstanceTypeName
    environment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """Gives this instance another name."""

    kind: Literal["rename"] = "rename"
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """Brings this instance to another release family."""

    kind: Literal["upgrade"] = "upgrade"
    release: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloneOver:
    """The data of another instance takes the place of this one's; who it is stays."""

    kind: Literal["clone_over"] = "clone_over"
    source: str
    release: str
    """The source's, which comes along."""
    preserve_trust: bool
    """Whether this instance's own tables of trust stay (data preservers)."""
    rows: Payload
    """The source's rows by table."""
    cmdb: CmdbRows
    """The same of its CMDB; nothing where that was never used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """This instance is as it was when a snapshot was taken."""

    kind: Literal["restore"] = "restore"
    rows: Payload
    """Its rows at that time, by table."""
    cmdb: CmdbRows
    """The same of its CMDB; nothing where that had never been used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decommission:
    """This instance is given up."""

    kind: Literal["decommission"] = "decommission"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallPlugin:
    """Support installs a plugin on this instance."""

    kind: Literal["install_plugin"] = "install_plugin"
    plugin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallApplication(OnApplication):
    """An administrator installs an application."""

    kind: Literal["install_application"] = "install_application"
    rows: Payload
    """The application and what it offers, by table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradeApplication(OnApplication):
    """An administrator brings an installed application to another version."""

    kind: Literal["upgrade_application"] = "upgrade_application"
    version: str
    capabilities: dict[str, str]
    """The versions of those of its capabilities that change with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveApplication(OnApplication):
    """An administrator uninstalls an application."""

    kind: Literal["remove_application"] = "remove_application"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnableTls:
    """Support enables ADCv2 mutual TLS for this instance."""

    kind: Literal["enable_tls"] = "enable_tls"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignUser(OnInstance):
    """Says as which user of this instance, and under which data source, a peer's data goes into the CMDB."""

    kind: Literal["assign_user"] = "assign_user"
    user: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveDesignation:
    """A timer on the manager: the auto-approval of an instance that named it has become due."""

    kind: Literal["approve_designation"] = "approve_designation"
    application: str
    instance: str


Action = (
    NameManager
    | RequestManagement
    | ApproveManager
    | RejectManager
    | DeleteManager
    | DeleteManaged
    | SaveProfileItem
    | DeleteProfileItem
    | SyncTrustProfiles
    | CreateTrustRecord
    | DeleteTrustRecord
    | Send
    | ChangeSettings
    | SetGrantAccess
    | SetIsGrantingAccess
    | ShareData
    | ChangeType
    | Rename
    | Upgrade
    | CloneOver
    | Restore
    | Decommission
    | InstallPlugin
    | EnableTls
    | InstallApplication
    | UpgradeApplication
    | RemoveApplication
    | AssignUser
    | ToldAction
)
Timer = ApproveDesignation
