"""The known ways in which trust between instances fails, and where a scenario meets each of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """One of the numbered failure modes."""

    number: str
    what: str
    scenario: str = ""
    """The name of the shipped scenario that shows it; empty where none can."""
    how: str = ""
    """The fault or the expectation that shows it; where there is no scenario, the reason."""


FAILURES = (
    Failure("F1", "no manager of the trust profile", "manual-trust-without-manager", "trust by hand"),
    Failure("F2", "the receiver does not trust the sender", "documented-example", "`no_trust_record`"),
    Failure("F3", "the managed side has not approved", "roles-and-rules", "`pending_approval`"),
    Failure("F4", "the managed side has rejected", "revocation-and-change-of-manager", "`rejected`, asked again"),
    Failure("F5", "the managed side deletes its manager", "revocation-and-change-of-manager", "`revoked`"),
    Failure("F6", "an instance would be managing and managed", "roles-and-rules", "`managing_and_managed`"),
    Failure("F7", "non-production would manage production", "roles-and-rules", "`subprod_manages_prod`"),
    Failure("F8", "a second manager for an application", "roles-and-rules", "`second_manager`"),
    Failure("F9", "an instance of another account", "roles-and-rules", "`other_account`"),
    Failure("F10", "ADCv2 does not support TLS", "readiness", "`tls_not_supported`"),
    Failure("F11", "the mTLS plugin is missing or too new", "readiness", "`plugin_missing`, `plugin_too_new`"),
    Failure("F12", "GCC, on-premises, domain-separated", "", "the simulated instances have no kinds of hosting"),
    Failure("F13", "application versions differ", "ai-control-tower", "`application_differs`"),
    Failure("F14", "ReleaseOps: trust profile errors", "ten-development-one-qa-one-production", "as F3"),
    Failure(
        "F15",
        "a profile is incomplete",
        "documented-example",
        "`trustsim doctor` says so; the banner is not shown",
    ),
    Failure("F16", "access is not granted", "data-sharing", "`access_not_granted`"),
    Failure("F17", "the peer's release is too old", "readiness", "`release_too_old`"),
    Failure("F18", "promoted or demoted: back to the defaults", "data-sharing", "`promote`, `demote`"),
    Failure("F19", "propagation is slow", "documented-example", "`advance: 10m` until it is `auto_approved`"),
    Failure("F20", "unsigned asynchronous messages", "transport-defects", "`defect: unsigned`"),
    Failure("F21", "polling the topic fails", "transport-defects", "`defect: poll_failing`"),
    Failure("F22", "stale connection rows stay", "transport-defects", "`defect: stale_connection`"),
    Failure("F23", "duplicate connection rows", "transport-defects", "`defect: duplicate_connection`"),
    Failure("F24", "a clone ignores preservers", "clone-and-restore", "a clone without `preserve_trust: true`"),
    Failure(
        "F25", "a clone without the transport's tables", "clone-and-restore", "keys and connections never travel"
    ),
    Failure("F26", "topic names are truncated", "transport-defects", "`defect: truncated_topic`"),
    Failure("F27", "the signing key is lost", "transport-defects", "`defect: signing_key_lost`"),
    Failure("F28", "the broker is down or slow", "broker-restarts-in-mid-flight", "`stop_broker`"),
    Failure("F29", "a self-hosted instance", "", "the simulated instances have no kinds of hosting; see F28"),
    Failure("F30", "no certificate with a custom URL", "certificates-that-fail", "`certificate_required`"),
    Failure("F31", "the application is missing on one side", "versions-and-directions", "`application_missing`"),
    Failure(
        "F32", "the audit log shows all as removed", "", "a display of AI Control Tower; nothing else differs"
    ),
    Failure("F33", "an instance is renamed", "rename-and-upgrade", "`name_taken`"),
    Failure(
        "F34", "stale connections after a clone", "clone-and-restore", "the others are asked; see F22 and F23"
    ),
    Failure("F35", "a profile item is inactive", "profile-changes", "`active: false`"),
)
