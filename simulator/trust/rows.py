"""The rows of trust, all together: of every table the type."""

from __future__ import annotations

from simulator.tables import Property, Row
from simulator.trust.application import Application, Capability, Operation
from simulator.trust.assignment import AssignedUser
from simulator.trust.capability import ActedMessage, OpenRequest, ReceivedAnswer, ReceivedData
from simulator.trust.copies import QuarantinedRow
from simulator.trust.directory import DirectoryEntry
from simulator.trust.management import Managed, ManagedBy
from simulator.trust.profile import ProfileItem, TrustProfile
from simulator.trust.readiness import Plugin
from simulator.trust.record import TrustingInstance, TrustRecord
from simulator.trust.settings import Settings
from simulator.trust.sharing import SharingApplication, TrustConfig
from simulator.trust.sync import SyncStatus

ROW_TYPES: tuple[type[Row], ...] = (
    Property,
    Plugin,
    DirectoryEntry,
    Application,
    Capability,
    Operation,
    ManagedBy,
    Managed,
    TrustProfile,
    ProfileItem,
    SyncStatus,
    TrustRecord,
    TrustingInstance,
    AssignedUser,
    ReceivedData,
    ActedMessage,
    OpenRequest,
    ReceivedAnswer,
    Settings,
    SharingApplication,
    TrustConfig,
    QuarantinedRow,
)
"""Every table of trust; the store has a table for each."""
