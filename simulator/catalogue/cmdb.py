"""Refusals about what the CMDB accepts, and what people may do with its records."""

from __future__ import annotations

from simulator.catalogue.meaning import Meaning
from simulator.refusal import RefusalCode

CMDB: dict[RefusalCode, Meaning] = {
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
