"""How far things are between instances, in the words of the product."""

from __future__ import annotations

from enum import StrEnum


class Approval(StrEnum):
    """How far a relation is, on either side; the words are the product's (S3, S7)."""

    PENDING_APPROVAL = "pending_approval"
    AWAITING_MANAGER_CONFIRMATION = "awaiting_manager_confirmation"
    APPROVED = "approved"
    AUTO_APPROVED = "auto_approved"
    REJECTED = "rejected"
    REVOKED = "revoked"

    @property
    def is_in_force(self) -> bool:
        """Whether both sides have consented."""
        return self is Approval.APPROVED or self is Approval.AUTO_APPROVED


IN_FORCE = tuple(approval for approval in Approval if approval.is_in_force)


class SyncState(StrEnum):
    """What became of the last sync at one instance."""

    SYNCED = "synced"
    PENDING = "pending"
    REFUSED = "refused"
    NOT_MANAGED = "not_managed"
    STALE = "stale"
    """The instance did not take it in within 36 hours; it has to be synced again (Q16)."""
