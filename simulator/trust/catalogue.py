"""Every refusal code explained: when it is given, by which rule, why that mostly happens, and what mends it.

The page of the scenario format, `trustsim explain` and every report take their words from here.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.refusal import RefusalCode


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one code means."""

    when: str
    """When it is given; follows "refused when"."""
    rule: str
    source: str
    """Where the rule is from: a page (S, R), a failure mode (F) or an open question (Q); see
    simulator/docs/sources.md."""
    cause: str
    """What mostly leads to it."""
    remedy: str
    """The change that mends it, and who makes it."""
    scenario: str = ""
    """The name of a shipped scenario that shows it; empty where only a fault or a foreign client leads to it."""


MEANINGS: dict[RefusalCode, Meaning] = {
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
    RefusalCode.UNKNOWN_INSTANCE: Meaning(
        "an action or a message names an instance that is not in the instance directory",
        "Only instances of the directory can be named.",
        "S3, Q14",
        "a trust profile was written for an instance that is gone, or not yet there",
        "the administrator names an instance of the directory",
    ),
    RefusalCode.SELF_MANAGEMENT: Meaning(
        "an instance is named as its own manager",
        "No instance manages itself.",
        "Q25",
        "the same name stands on both sides",
        "the administrator names another instance",
        "roles-and-rules",
    ),
    RefusalCode.MANAGING_AND_MANAGED: Meaning(
        "an instance would be both managing and managed",
        'An instance must not be both; "Managing and Managed Check" keeps the record from being saved.',
        "S1, F6, Q6",
        "a sub-prod that manages others is given a manager, or the other way round, for any application",
        "the administrator ends one of the two roles first",
        "roles-and-rules",
    ),
    RefusalCode.SECOND_MANAGER: Meaning(
        "the application on this instance already has a manager",
        "An application within an instance has at most one manager at a time.",
        "S1, F8",
        "the manager is to change, and the old one's record is still there",
        "the managed side's administrator deletes the old manager's record",
        "roles-and-rules",
    ),
    RefusalCode.SUBPROD_MANAGES_PROD: Meaning(
        "a non-production instance would manage a production one",
        'Non-production never manages production; "Prevent subprod from managing prod" keeps it from being saved.',
        "S2, S9, F7",
        "the roles were mixed up, or one of the two was promoted or demoted",
        "the administrator chooses a production instance as manager",
        "promote-and-demote",
    ),
    RefusalCode.NO_SUCH_REQUEST: Meaning(
        "there is no record of this manager, or none that awaits approval",
        "Only a request that is pending can be approved or rejected; a rejected one is only mended by a new one.",
        "S3, S12",
        "the request has not arrived yet, was answered before, or was sent for another application",
        "the manager's administrator sends a new request",
        "revocation-and-change-of-manager",
    ),
    RefusalCode.NOT_MY_MANAGER: Meaning(
        "a profile comes from an instance that does not manage this application here",
        "Only the approved manager of the application distributes its trust profile.",
        "S1, S3",
        "the managed side has deleted the manager's record, and the manager does not know yet",
        "the managed side's administrator names or approves that manager",
        "revocation-and-change-of-manager",
    ),
    RefusalCode.NOT_MY_MANAGED: Meaning(
        "an instance is spoken of as managed that this one has no record of",
        "A decision counts where a request was made, and only a record that is there can be deleted.",
        "S3",
        "the request was taken back, or made by somebody who has been replaced since, such as a restored instance",
        "the manager's administrator sends a new request",
    ),
    RefusalCode.RELATION_LOST: Meaning(
        "the other side does not know of the management relation any more",
        "Management takes the consent of both sides, so a relation that only one of them knows is none.",
        "Q20",
        "one of the two was cloned over without preserving its tables of trust, or restored from an older state",
        "the managed side's administrator names the manager again, or the manager's sends a new request",
        "clone-and-restore",
    ),
    RefusalCode.NAME_TAKEN: Meaning(
        "an instance would get a name that the directory has for another one",
        "A name that is still registered for one instance cannot be given to another.",
        "F33, Q21",
        "a clone or a replacement is to take over the name of its predecessor",
        "the administrator chooses another name, or has the other instance renamed first",
        "rename-and-upgrade",
    ),
    RefusalCode.SELF_TRUST: Meaning(
        "an instance would trust itself",
        "Trust is between two instances.",
        "S1",
        "the same instance stands on both sides of an item",
        "the administrator names another instance",
        "roles-and-rules",
    ),
    RefusalCode.NO_SUCH_ITEM: Meaning(
        "there is no profile item with this key",
        "Only an item that is there can be deleted.",
        "S6",
        "it was deleted before, or has another capability",
        "the administrator looks at the items of the profile",
        "profile-changes",
    ),
    RefusalCode.PROFILE_IS_MANAGED: Meaning(
        "the profile belongs to a manager and is edited there",
        "Items are added and edited on the manager.",
        "S6",
        "an item was saved on a managed instance",
        "the manager's administrator edits the profile and syncs it; or trust is created by hand",
        "roles-and-rules",
    ),
    RefusalCode.STALE_REVISION: Meaning(
        "a synced profile is older than the one that is here",
        "The revisions of a profile never go back.",
        "Q17",
        "an old sync was delayed, or its manager was restored from an older file",
        "the manager's administrator selects Sync Trust Profiles again",
    ),
    RefusalCode.NO_SUCH_RECORD: Meaning(
        "there is no trust record with this key",
        "Only a record that is there can be deleted.",
        "S1",
        "it was deleted before, or stands in the table of the other side",
        "the administrator looks at the trust table of the trustor",
        "profile-changes",
    ),
    RefusalCode.NO_TRUST_RECORD: Meaning(
        "the trustor has no trust record for the trustee",
        "What a trustee asks is acted on, and a trustor's data leaves, only where the trustor trusts the trustee "
        "for that application and capability.",
        "S1, F1, F2",
        "trust is missing, runs the other way, or the profile was not synced",
        "the manager's administrator adds an active item and syncs, or the trustor's creates a trust record",
        "documented-example",
    ),
    RefusalCode.NO_TRUSTING_INSTANCE: Meaning(
        "the trustee's Trusting Instances do not list the trustor",
        "Trust is looked at before anything is sent or taken in, at the trustee in Trusting Instances.",
        "S1, S6",
        "trust is missing, runs the other way, or the news of it is still on its way",
        "the manager's administrator adds an active item and syncs, or the trustor's creates a trust record",
        "documented-example",
    ),
    RefusalCode.VERSION_MISMATCH: Meaning(
        "the capability's version differs from the trusted or the installed one",
        "Message, trust and receiver have the same Application Capability Version.",
        "S6, Q15, F13",
        "the application was upgraded on one side only, or the profile item was not changed with it",
        "the administrators align the versions, production included",
        "versions-and-directions",
    ),
    RefusalCode.APPLICATION_TOO_OLD: Meaning(
        "one side has a version of the application that is older than the oldest that takes part",
        "Both sides are at or above the application's minimum version.",
        "S8, F13",
        "a sub-prod was upgraded first, and production was not",
        "the administrator of the older side upgrades the application, production included",
        "ai-control-tower",
    ),
    RefusalCode.APPLICATION_DIFFERS: Meaning(
        "the two sides have different versions of an application that must be the same on both",
        "The core version of AI Control Tower is the same on both sides.",
        "S8, F13",
        "an upgrade has reached one side only",
        "the administrators install the same version",
        "ai-control-tower",
    ),
    RefusalCode.APPLICATION_MISSING: Meaning(
        "the application is not installed",
        "The enabled application is installed on every participating instance.",
        "S6, S10",
        "it was installed on the manager only",
        "the administrator installs it",
        "versions-and-directions",
    ),
    RefusalCode.APPLICATION_INSTALLED: Meaning(
        "an application would be installed that is there already",
        "An application is installed once on an instance; another version comes by an upgrade.",
        "design",
        "it came with a clone, or somebody else has installed it",
        "the administrator upgrades it, or leaves it as it is",
        "development-first-production-later",
    ),
    RefusalCode.CAPABILITY_UNKNOWN: Meaning(
        "the installed application does not offer the capability",
        "Trust is for a capability that the application offers.",
        "S1",
        "an older version of the application is installed",
        "the administrators align the versions of the application",
    ),
    RefusalCode.OPERATION_UNKNOWN: Meaning(
        "the capability does not offer the operation",
        "A capability is a bundle of operations, and only these can be asked for.",
        "S1",
        "an older version of the application is installed",
        "the administrators align the versions of the application",
    ),
    RefusalCode.WRONG_DIRECTION: Meaning(
        "the two sides disagree on whether the operation is a message or data",
        "A message needs the receiver's trust in the sender, data the sender's trust in the receiver.",
        "S1",
        "the two have different versions of the application",
        "the administrators align the versions of the application",
    ),
    RefusalCode.UNSOLICITED_ANSWER: Meaning(
        "an answer comes to a request that is not open",
        "An answer belongs to a request, and only the first one counts.",
        "design",
        "the request has expired, or was restored away",
        "nothing has to be done; ask again if the answer is needed",
    ),
    RefusalCode.SETTINGS_ARE_READ_ONLY: Meaning(
        "somebody changes settings that another instance has sent",
        "Preferences that are configured and enabled from production are read-only at the managed side.",
        "S8, S9",
        "a preference is changed where it shows, and not where it comes from",
        "the sending instance's administrator changes them there and sends them again",
        "ai-control-tower",
    ),
    RefusalCode.MESSAGE_TOO_LARGE: Meaning(
        "a payload is larger than the transport takes, 2 MB with its envelope",
        "The message service takes messages of at most 2 MB.",
        "S17",
        "too much was put into one message",
        "the application sends it in parts",
        "transport-defects",
    ),
    RefusalCode.NO_DATA_SHARING: Meaning(
        "the application takes no part in data sharing",
        "Trust Configuration lists the applications that share data, and no others.",
        "S4",
        "the application has capabilities, which need application trust",
        "the administrator chooses another application, or a capability of this one",
        "several-managers",
    ),
    RefusalCode.ACCESS_NOT_GRANTED: Meaning(
        "the grantor's Trust Configuration does not grant the other instance access",
        "Data is shared only while Grant access is set; by default non-production grants production only.",
        "S4, F16, F18",
        "it is so by default, or a promotion or demotion has reset what was customised",
        "the administrator of the grantor sets Grant access for the other instance",
        "data-sharing",
    ),
    RefusalCode.MIRROR_IS_READ_ONLY: Meaning(
        "somebody edits Is granting access, which only mirrors the grantor's word",
        "Only the grantor edits Grant access, and Is granting access at the other side follows.",
        "S4",
        "somebody who misses data looks for the switch on the wrong side",
        "the administrator of the other instance sets Grant access there",
        "data-sharing",
    ),
    RefusalCode.NO_ASSIGNED_USER: Meaning(
        "a trusted instance's data is for the CMDB and nobody has said as whom it goes there",
        "Data for the CMDB is processed as a user of the receiver, in that user's domain.",
        "design",
        "the trust was set up and the user was forgotten",
        "the receiver's administrator assigns a user to the instance, and the data is sent again",
        "cmdb-over-trust",
    ),
    RefusalCode.USER_UNKNOWN: Meaning(
        "the CMDB is called, or an administrator's action taken, as a user who is not there",
        "Both ask for an active user of the instance (the answer of the API is 401).",
        "R1",
        "the user was deleted or deactivated, or the name is misspelt",
        "the instance's administrator creates the user",
        "domains-strict-and-platform",
    ),
    RefusalCode.ROLE_MISSING: Meaning(
        "the CMDB is used as a user without one of the roles for it",
        "The Identification and Reconciliation API asks for the role itil or asset (its answer is 403), deleting "
        "CIs for sn_cmdb_admin or itil_admin, remediating duplicates for one of these or cmdb_dedup_admin.",
        "R1",
        "an integration's user was created without roles",
        "the instance's administrator gives the user the role",
        "domains-strict-and-platform",
    ),
    RefusalCode.DOMAIN_NOT_SELECTABLE: Meaning(
        "the CMDB is called in a domain that the picker does not offer to the user",
        "The domain picker changes the domain of a session, to one whose data the user sees.",
        "R10",
        "the domain is misspelt, inactive or another customer's",
        "the caller picks another domain, or the instance's administrator lets the user see this one",
        "picked-domain",
    ),
    RefusalCode.OPTIONS_INVALID: Meaning(
        "the options of a call cannot be read",
        "Options are name:value pairs separated by commas (the answer to others is 500).",
        "R1",
        "a value was left out",
        "the caller corrects the options",
        "domains-strict-and-platform",
    ),
    RefusalCode.SETUP_INVALID: Meaning(
        "what an administrator gives the CMDB does not fit what is in it",
        "A class extends a class that is there, a record has its table's columns, a domain its parent.",
        "design",
        "a name is misspelt",
        "the instance's administrator corrects the setup",
        "domains-strict-and-platform",
    ),
    RefusalCode.RECORD_UNKNOWN: Meaning(
        "somebody edits or deletes a record, or works on a task, and there is none with these values",
        "What is not there cannot be opened.",
        "design",
        "a name is misspelt, or the record is gone already",
        "the user names a record that is there",
        "records-live",
    ),
    RefusalCode.RECORD_NOT_VISIBLE: Meaning(
        "the record, or one of a task's, is in a domain whose data the user does not see",
        "A user sees the data of the own domain and of those below it, and what is made visible; nobody changes "
        "what they do not see.",
        "R10",
        "the user belongs to another customer's domain",
        "a user of that domain does it, or the instance's administrator lets the user see it",
        "records-live",
    ),
    RefusalCode.EDIT_INVALID: Meaning(
        "a form would not take the change: the field is not the class's or is read-only, a mandatory one would be "
        "empty, a reference leads nowhere, or no duplicate has the value that the main CI is to take over",
        "System fields are the platform's; a mandatory field has a value; a merge chooses among the values of its "
        "CIs.",
        "design",
        "a field's name is misspelt",
        "the user corrects the change",
        "records-live",
    ),
    RefusalCode.DUPLICATE_OF_INVALID: Meaning(
        "a CI is to be a duplicate of itself, of one in another domain, or of one whose own main CI is unknown",
        "duplicate_of does not lead to the CI itself, across domains or to an unknown main CI.",
        "R7",
        "the wrong CI was chosen as the main one",
        "the user names a main CI of the same domain",
        "duplicates-remediated",
    ),
    RefusalCode.MAIN_HAS_DUPLICATES: Meaning(
        "a CI is deleted that others are duplicates of",
        "A main CI cannot be deleted while duplicates point at it.",
        "R7",
        "the duplicates were tagged by the engine, and nobody has remedied them",
        "the user deletes the duplicates first or clears their duplicate_of; or a task is remediated",
        "duplicates-remediated",
    ),
    RefusalCode.NOT_IN_TASK: Meaning(
        "no CI of a de-duplication task has the values that the main CI is to have, or several have them",
        "The main CI is one of the task's.",
        "R7",
        "duplicates have the same name, so that it names no single one",
        "the user chooses by values that only one of them has",
        "duplicates-remediated",
    ),
    RefusalCode.TASK_CLOSED: Meaning(
        "a task is closed or remediated that is closed already",
        "A task is worked on until it is closed.",
        "design",
        "it was remediated before, and the engine has left another task since",
        "the user takes the task that is open",
        "duplicates-remediated",
    ),
}


def with_rule(code: str, explanation: str) -> str:
    """An explanation and the rule behind it, as reports show it; unchanged for what is no refusal."""
    if code not in set(RefusalCode):
        return explanation
    meaning = MEANINGS[RefusalCode(code)]
    return f"{explanation} Rule: {meaning.rule} [{meaning.source}]"
