"""Refusals on the way in: who sent it, who may connect, who may act on an instance, who can take part at all."""

from __future__ import annotations

from simulator.catalogue.meaning import Meaning
from simulator.refusal import RefusalCode

CONNECTION: dict[RefusalCode, Meaning] = {
    RefusalCode.SIGNATURE_INVALID: Meaning(
        "an envelope is not signed with the key of the instance it claims to come from",
        "The receiver validates the sender's instance signature on every message, before any other look at it.",
        "S16, F20",
        "a byte was changed on the way, somebody sends in another's name, or the sender's layer does not sign",
        "the sender's administrator restores its signing key; what was spoiled on its way comes again by itself",
    ),
    RefusalCode.UNKNOWN_SENDER: Meaning(
        "the sender is not in the instance directory",
        "Only instances that the directory of the receiver lists are heard.",
        "S3",
        "a client of your own uses an id that the topology does not have",
        "send as an instance of the directory",
    ),
    RefusalCode.SENDER_MISMATCH: Meaning(
        "an envelope comes on the topic of another instance than it claims to come from",
        "Sender of the topic, sender of the envelope and signature agree, or the receiver looks no further.",
        "S17",
        "an instance that may publish as itself sends in another's name",
        "send as the instance itself, on its own topic",
        "certificates-that-fail",
    ),
    RefusalCode.NOT_ADDRESSED: Meaning(
        "an envelope reaches an instance other than its recipient",
        "A signed envelope is for the recipient it names and for nobody else.",
        "design",
        "somebody has published it to another's topic",
        "the sender sends an envelope of its own to that instance",
    ),
    RefusalCode.OTHER_ACCOUNT: Meaning(
        "the two instances belong to different customer accounts",
        "Management and trust exist between instances of the same account and customer only.",
        "S3, F9",
        "an instance of another account was chosen",
        "the administrator chooses an instance of the own account",
        "roles-and-rules",
    ),
    RefusalCode.INSTANCE_RETIRED: Meaning(
        "one of the two instances has been decommissioned",
        "A decommissioned instance takes no part in trust any more; what it had with others has ended.",
        "design",
        "a profile item, a request or an application still names an instance that is gone",
        "the administrator chooses an instance that is in operation, and deletes what still names the other",
        "decommission",
    ),
    RefusalCode.CERTIFICATE_REQUIRED: Meaning(
        "an instance without a certificate would connect",
        "Connections are authenticated by the mutual TLS certificate of the instance; without one there is none.",
        "S17, S6",
        "the instance was never given a certificate",
        "its administrator has the fleet's certificate authority issue one",
        "certificates-that-fail",
    ),
    RefusalCode.CERTIFICATE_EXPIRED: Meaning(
        "an instance would connect with a certificate that has expired",
        "Connections are authenticated by the mutual TLS certificate of the instance, while that is valid.",
        "S17, F27",
        "the certificate should have been renewed and was not",
        "its administrator has the fleet's certificate authority issue a new one",
        "certificates-that-fail",
    ),
    RefusalCode.CERTIFICATE_REVOKED: Meaning(
        "an instance would connect with a certificate that was revoked",
        "Connections are authenticated by the mutual TLS certificate of the instance, unless it was revoked.",
        "S17",
        "the authority was told that the key is no longer the instance's alone",
        "its administrator has the fleet's certificate authority issue one for a new key",
        "certificates-that-fail",
    ),
    RefusalCode.UNKNOWN_CA: Meaning(
        "an instance would connect with a certificate of another authority",
        "Connections are authenticated by the mutual TLS certificate of the instance, from a known authority.",
        "S17",
        "a certificate of the instance's own making, or of another environment, was installed",
        "its administrator has the fleet's certificate authority issue one",
        "certificates-that-fail",
    ),
    RefusalCode.TOPIC_DENIED: Meaning(
        "with `--tls`: an instance publishes in another's name, and the broker knows better",
        "Topics are confined to the customer and to the identity in the certificate.",
        "S17",
        "an instance sends in another's name",
        "the instance publishes as itself",
    ),
    RefusalCode.NOT_ADMINISTRATOR: Meaning(
        "a user without the role for it takes an administrator's action",
        "Multi-Instance Management is for admin and sn_mif.mif_admin, which sn_amf.amf_core_admin contains; "
        "applications are installed by admin.",
        "S2, S3, S12",
        "the user has a role of an application, such as one to run its setup, and none for the instance",
        "an administrator of the instance gives the user the role, or acts instead",
        "administrators-and-their-roles",
    ),
    RefusalCode.RELEASE_TOO_OLD: Meaning(
        "the instance's release is older than Yokohama",
        "Cross-instance application trust came with Yokohama.",
        "S1",
        "an instance was left out of the last upgrade",
        "its administrator upgrades it, with a Now Support ticket",
        "readiness",
    ),
    RefusalCode.TLS_NOT_SUPPORTED: Meaning(
        "adcv2/supports_tls of the instance is not true",
        "All participating instances need ADCv2 mutual TLS.",
        "S6, F10",
        "the precondition was not checked on this instance",
        "its administrator has it enabled, with a Now Support ticket",
        "readiness",
    ),
    RefusalCode.PLUGIN_MISSING: Meaning(
        "com.glide.mif or com.glide.mif.mtls is not installed on the instance",
        "All participating instances, production and non-production, need the plugins.",
        "S6, F11",
        "the plugin was ordered for production only",
        "its administrator has it installed, with a Now Support ticket",
        "readiness",
    ),
    RefusalCode.PLUGIN_TOO_NEW: Meaning(
        "com.glide.mif.mtls has not been installed for a day",
        "After the installation of the mTLS plugin 24 hours have to pass.",
        "S6, Q23, F11",
        "set-up went on the day on which the plugin came",
        "the administrator waits until the plugin has been there for a day",
        "readiness",
    ),
}
