"""What a careful administrator finds in a scenario beyond what will be refused: each code and what it means."""

from __future__ import annotations

from simulator.catalogue.meaning import Meaning

FINDINGS: dict[str, Meaning] = {
    "no_manager": Meaning(
        "an instance keeps a trust profile and manages nobody for its application",
        "Without a manager nothing is distributed: trust records are created by hand on each instance.",
        "S1, F1",
        "the managed instances were never connected, or are connected for another application",
        "each managed instance names the manager, or the manager asks and each approves",
    ),
    "approval_missing": Meaning(
        "a manager asks to manage an instance, and nobody there approves it",
        "A request stays pending until the managed side's administrator approves or rejects it.",
        "S3, F3",
        "the managed side's administrator was not told",
        "the managed side's administrator selects Approve Manager Instance",
    ),
    "not_managed": Meaning(
        "the trusting instance of a profile item is not managed by the instance that keeps the profile",
        "A profile reaches managed instances only; the others are skipped.",
        "S1, Q13",
        "one instance of many was forgotten",
        "the trusting instance's administrator names the manager, and the profile is synced again",
        "profile-changes",
    ),
    "sync_too_early": Meaning(
        "a profile is synced before its manager has approved those that have named it",
        "The manager approves by itself some minutes after it was named; a sync reaches those it manages then.",
        "S7, Q13",
        "everything was done in one go",
        "the manager's administrator waits for the approval (`advance`), and syncs then",
    ),
    "not_mentioned": Meaning(
        "an instance is named by no step and no expectation",
        "Trust is set up for each instance; one that is left out takes no part.",
        "S1",
        "one instance of many was forgotten",
        "the author adds it to the steps that its like are in, or removes it",
    ),
    "begins_with_files": Meaning(
        "instances begin with files that an earlier run has kept",
        "What a step comes to depends on what stands in those files.",
        "design",
        "the scenario goes on where another one has ended",
        "nothing: `trustsim run` says what it comes to",
    ),
    "race_left": Meaning(
        "a step that does not wait looks at tables which an earlier step may still be changing",
        "A message may end in any way unless the file says that it is to be processed, so nothing is waited for.",
        "design",
        "the file does not say what is expected of the message",
        "the author expects it to be processed, or puts `settle` before it; or says `at_once` for a race",
    ),
    "fault_not_followed": Meaning(
        "a fault, or an instance or a broker that is away, comes before a step that is to be processed",
        "The doctor runs nothing: how long a fault lasts, and what arrives in spite of it, a run tells.",
        "design",
        "the scenario lets something go wrong, mostly on purpose",
        "the author runs it: `trustsim run --virtual` takes no time",
    ),
    "never_synced": Meaning(
        "a profile item is saved, and the profile is not synced afterwards",
        "Nothing is distributed before somebody selects Sync Trust Profiles.",
        "S6, Q22",
        "the last click was forgotten",
        "the manager's administrator selects Sync Trust Profiles",
    ),
    "profile_takes_over": Meaning(
        "a trust record is created by hand that a profile item has too",
        "The profile owns a record that it has an item for, and removes it with the item.",
        "Q10",
        "trust was set up by hand before there was a manager",
        "the trustor's administrator leaves it to the profile",
    ),
    "trust_too_late": Meaning(
        "something is sent before the trust that it needs is there",
        "Trust is looked at when something is sent and when it is taken in.",
        "S1, F2",
        "the steps are in the wrong order",
        "the trust is synced, or created, before",
    ),
    "unused_trust": Meaning(
        "trust is set up, and nothing that is sent needs it",
        "Trust is for what an application does with it; what nobody needs is only a risk.",
        "S1",
        "it was copied from elsewhere, or the direction is wrong",
        "the administrator deletes the item or the record, or turns it round",
    ),
    "source_unknown": Meaning(
        "something is identified under a data source that the CMDB does not know",
        "A data source is a choice of discovery_source; all items under another one are rejected, with HTTP 200.",
        "R1, R4",
        "the source was never registered, or is misspelt",
        "the instance's administrator adds the data source",
    ),
    "class_unknown": Meaning(
        "a payload has an item of a class that the CMDB does not have",
        "Without a class there is no identification rule, and the item is rejected, with HTTP 200.",
        "R1, R4",
        "the class is misspelt, or a plugin that brings it is missing",
        "the instance's administrator declares the class, or the sender corrects its name",
    ),
    "mode_switched": Meaning(
        "platform mode is switched on where CIs were identified in strict mode before",
        "CIs that were unique are found as duplicates when identification then runs from another domain.",
        "R2",
        "it was taken for a mere setting",
        "the administrator looks for equal CIs of different domains first, or stays with strict mode",
        "mode-switch-finds-duplicates",
    ),
}
