"""Refusals about who manages whom."""

from __future__ import annotations

from simulator.catalogue.meaning import Meaning
from simulator.refusal import RefusalCode

MANAGEMENT: dict[RefusalCode, Meaning] = {
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
}
