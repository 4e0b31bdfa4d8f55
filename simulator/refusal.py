"""Every definite no, and what it is told with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RefusalCode(StrEnum):
    """Every definite no. The value is stable: scenarios, journals and peers on the wire use it."""

    # Who sent it
    SIGNATURE_INVALID = "signature_invalid"
    UNKNOWN_SENDER = "unknown_sender"
    SENDER_MISMATCH = "sender_mismatch"
    NOT_ADDRESSED = "not_addressed"
    OTHER_ACCOUNT = "other_account"
    INSTANCE_RETIRED = "instance_retired"
    # Who may connect
    CERTIFICATE_REQUIRED = "certificate_required"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_REVOKED = "certificate_revoked"
    UNKNOWN_CA = "unknown_ca"
    TOPIC_DENIED = "topic_denied"
    # Who may act on an instance
    NOT_ADMINISTRATOR = "not_administrator"
    # Who can take part
    RELEASE_TOO_OLD = "release_too_old"
    TLS_NOT_SUPPORTED = "tls_not_supported"
    PLUGIN_MISSING = "plugin_missing"
    PLUGIN_TOO_NEW = "plugin_too_new"
    # Who may manage whom
    UNKNOWN_INSTANCE = "unknown_instance"
    SELF_MANAGEMENT = "self_management"
    MANAGING_AND_MANAGED = "managing_and_managed"
    SECOND_MANAGER = "second_manager"
    SUBPROD_MANAGES_PROD = "subprod_manages_prod"
    NO_SUCH_REQUEST = "no_such_request"
    NOT_MY_MANAGER = "not_my_manager"
    NOT_MY_MANAGED = "not_my_managed"
    RELATION_LOST = "relation_lost"
    NAME_TAKEN = "name_taken"
    # What a profile may say
    SELF_TRUST = "self_trust"
    NO_SUCH_ITEM = "no_such_item"
    PROFILE_IS_MANAGED = "profile_is_managed"
    STALE_REVISION = "stale_revision"
    # What trust allows
    NO_SUCH_RECORD = "no_such_record"
    NO_TRUST_RECORD = "no_trust_record"
    NO_TRUSTING_INSTANCE = "no_trusting_instance"
    VERSION_MISMATCH = "version_mismatch"
    APPLICATION_TOO_OLD = "application_too_old"
    APPLICATION_DIFFERS = "application_differs"
    APPLICATION_MISSING = "application_missing"
    APPLICATION_INSTALLED = "application_installed"
    CAPABILITY_UNKNOWN = "capability_unknown"
    OPERATION_UNKNOWN = "operation_unknown"
    WRONG_DIRECTION = "wrong_direction"
    UNSOLICITED_ANSWER = "unsolicited_answer"
    SETTINGS_ARE_READ_ONLY = "settings_are_read_only"
    MESSAGE_TOO_LARGE = "message_too_large"
    # What data sharing allows
    NO_DATA_SHARING = "no_data_sharing"
    ACCESS_NOT_GRANTED = "access_not_granted"
    MIRROR_IS_READ_ONLY = "mirror_is_read_only"
    # What the CMDB accepts
    NO_ASSIGNED_USER = "no_assigned_user"
    USER_UNKNOWN = "user_unknown"
    ROLE_MISSING = "role_missing"
    DOMAIN_NOT_SELECTABLE = "domain_not_selectable"
    OPTIONS_INVALID = "options_invalid"
    SETUP_INVALID = "setup_invalid"
    # What people may do with records
    RECORD_UNKNOWN = "record_unknown"
    RECORD_NOT_VISIBLE = "record_not_visible"
    EDIT_INVALID = "edit_invalid"
    DUPLICATE_OF_INVALID = "duplicate_of_invalid"
    MAIN_HAS_DUPLICATES = "main_has_duplicates"
    NOT_IN_TASK = "not_in_task"
    TASK_CLOSED = "task_closed"


UNAUTHENTIC = frozenset(
    {
        RefusalCode.SIGNATURE_INVALID,
        RefusalCode.UNKNOWN_SENDER,
        RefusalCode.SENDER_MISMATCH,
        RefusalCode.NOT_ADDRESSED,
    }
)
"""The codes that say: whoever sent this copy, the envelope's sender may still deliver a true one."""


UNREADY = frozenset(
    {
        RefusalCode.RELEASE_TOO_OLD,
        RefusalCode.TLS_NOT_SUPPORTED,
        RefusalCode.PLUGIN_MISSING,
        RefusalCode.PLUGIN_TOO_NEW,
    }
)
"""The codes that say: this instance can take part in nothing, whatever the message says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A no, with its reason: what was found, the smallest change that would allow it, and who must make it."""

    code: RefusalCode
    found: str
    """The record that decided, or the nearest one that would have matched and the field in which it differs."""
    change: str
    who: str
    """A role on an instance, such as "an administrator of prod1"."""

    @property
    def explanation(self) -> str:
        """The whole reason in two sentences."""
        return f"{self.found} To allow it, {self.who} must {self.change}."
