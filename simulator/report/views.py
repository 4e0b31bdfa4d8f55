"""The product's own views of the tables of trust, as data: which columns each shows, and by which labels.

Every view shows rows that are mappings, wherever they come from: a store, a result, a fleet that is up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.trust.management import Managed, ManagedBy
from simulator.trust.profile import ProfileItem, TrustProfile
from simulator.trust.record import TrustingInstance, TrustRecord
from simulator.trust.sharing import TrustConfig
from simulator.trust.states import Approval, SyncState
from simulator.trust.sync import SyncStatus


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a view."""

    name: str
    """That of the table's column."""
    label: str
    words: Mapping[str, str] = field(default_factory=dict)
    """What people read in the place of a value; all others are read as they are."""

    def read(self, row: Mapping[str, object]) -> str:
        """What people read in this column of the row."""
        value = row.get(self.name)
        if value is None:
            return ""
        text = str(int(value) if isinstance(value, bool) else value)
        return self.words.get(text, text)


@dataclass(frozen=True, slots=True)
class View:
    """A list of the product."""

    title: str
    table: str
    columns: tuple[Column, ...]
    related: tuple[str, ...] = ()
    """The views whose lists stand below it."""


_FLAG = {"0": "false", "1": "true"}

_APPROVAL: Mapping[str, str] = {
    Approval.PENDING_APPROVAL: "Pending approval",
    Approval.AWAITING_MANAGER_CONFIRMATION: "Awaiting Manager Confirmation",
    Approval.APPROVED: "Approved",
    Approval.AUTO_APPROVED: "Auto-Approved",
    Approval.REJECTED: "Rejected",
    Approval.REVOKED: "Revoked",
}

_SYNC: Mapping[str, str] = {
    SyncState.SYNCED: "Synced",
    SyncState.PENDING: "Pending",
    SyncState.REFUSED: "Refused",
    SyncState.NOT_MANAGED: "Not managed",
    SyncState.STALE: "Stale",
}

_APPLICATION = Column("application", "Application")
_CAPABILITY = Column("capability", "Capability")
_VERSION = Column("version", "Application Capability Version")

VIEWS: Mapping[str, View] = {
    "manager-instances": View(
        "Manager Instances",
        ManagedBy.TABLE,
        (
            _APPLICATION,
            Column("manager_instance", "Manager Instance"),
            Column("approval", "Approval", _APPROVAL),
            Column("reason", "Reason"),
        ),
    ),
    "managed-instances": View(
        "Managed Instances",
        Managed.TABLE,
        (
            _APPLICATION,
            Column("managed_instance", "Managed Instance"),
            Column("status", "Status", _APPROVAL),
            Column("reason", "Reason"),
        ),
    ),
    "trust-table": View(
        "Trust table",
        TrustRecord.TABLE,
        (_APPLICATION, _CAPABILITY, Column("trusted_instance", "Trustee instance")),
    ),
    "trusting-instances": View(
        "Trusting Instances",
        TrustingInstance.TABLE,
        (_APPLICATION, _CAPABILITY, Column("trusting_instance", "Trusting Instance"), _VERSION),
    ),
    "application-trust-profiles": View(
        "Application Trust Profiles",
        TrustProfile.TABLE,
        (
            Column("name", "Name"),
            _APPLICATION,
            Column("manager_instance", "Manager Instance"),
            Column("revision", "Revision"),
        ),
        related=("trust-profile-items", "sync-status"),
    ),
    "trust-profile-items": View(
        "Trust Profile Items",
        ProfileItem.TABLE,
        (
            _CAPABILITY,
            _APPLICATION,
            _VERSION,
            Column("active", "Active", _FLAG),
            Column("trusting_instance", "Trusting Instance"),
            Column("trusted_instance", "Trusted Instance"),
            Column("description", "Description"),
        ),
    ),
    "sync-status": View(
        "Sync status",
        SyncStatus.TABLE,
        (
            _APPLICATION,
            Column("instance", "Instance"),
            Column("status", "Status", _SYNC),
            Column("revision", "Revision"),
            Column("code", "Code"),
            Column("detail", "Detail"),
        ),
    ),
    "trust-configuration": View(
        "Trust Configuration",
        TrustConfig.TABLE,
        (
            _APPLICATION,
            Column("instance", "Instance"),
            Column("grant_access", "Grant access", _FLAG),
            Column("is_granting_access", "Is granting access", _FLAG),
        ),
    ),
}
"""By the name under which a view is asked for: its title in small letters, with hyphens."""


def view_called(text: str) -> str | None:
    """The name of the view that is called so, by its name or its title; None: it may be a table."""
    name = "-".join(text.casefold().replace("_", " ").replace("-", " ").split())
    return name if name in VIEWS else None
