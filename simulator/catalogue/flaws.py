"""What can be wrong with the rules and data of a CMDB: each code and what it means."""

from __future__ import annotations

from simulator.catalogue.meaning import Meaning

_DATA_MANAGER = "the CMDB administrator"

FLAWS: dict[str, Meaning] = {
    "rule_class_unknown": Meaning(
        "a rule is about a class or table that there is not",
        "A rule applies to a class of the CMDB and to the classes that extend it.",
        "Identification rules; Reconciliation rules",
        "a typing mistake, or a class of a plugin that is not installed",
        f"{_DATA_MANAGER} corrects the name or declares the class",
    ),
    "rule_attribute_unknown": Meaning(
        "a rule names an attribute that its class or table does not have",
        "Criteria, attributes and conditions are fields of the rule's class or of the lookup table.",
        "Identification rules; Reconciliation rules",
        "the attribute is a subclass's, or has another name",
        f"{_DATA_MANAGER} corrects the attribute, or puts the rule on the class that has it",
    ),
    "attribute_not_governed": Meaning(
        "a reconciliation rule names a field that no rule can be about",
        "System fields and those that the engine keeps itself, such as discovery_source, are not reconciled.",
        "Create a CI reconciliation rule",
        "all fields of a form were taken over",
        f"{_DATA_MANAGER} takes the field out of the rule",
    ),
    "rule_source_unknown": Meaning(
        "a rule is about a data source that is no active choice of cmdb_ci.discovery_source",
        "Only a source that is a choice of discovery_source can send payloads, so no source satisfies the rule.",
        "Identification and Reconciliation API; Create a CI reconciliation rule",
        "a typing mistake, or the connector that registers the source is not installed",
        f"{_DATA_MANAGER} adds the choice, or corrects the rule",
    ),
    "second_identifier": Meaning(
        "a class has several active identification rules",
        "A class has one identification rule; which of several counts is not said.",
        "Identification rules",
        "a rule was copied and the old one was not deactivated",
        f"{_DATA_MANAGER} deactivates all but one",
    ),
    "no_active_entry": Meaning(
        "an active identification rule has no active entry",
        "At least one identifier entry must be active; without one no payload item has what it takes.",
        "Create a CI identification rule",
        "the entries were deactivated instead of the rule",
        f"{_DATA_MANAGER} activates an entry, or deactivates the rule",
    ),
    "lookup_in_dependent_rule": Meaning(
        "a dependent rule has a lookup entry",
        "Lookup entries are not supported for dependent rules: NO_LOOKUP_RULES_FOR_DEPENDENT_CI.",
        "Identification rules; IRE error messages",
        "the rule was made of an independent one",
        f"{_DATA_MANAGER} makes it a regular entry of the rule's class",
    ),
    "dependent_rule_on_other_table": Meaning(
        "a dependent rule is for a table that holds no CIs, such as cmn_location",
        "Only independent identification rules are supported for non-CMDB tables: IDENTIFICATION_RULE_MISSING.",
        "Create an identification rule for a non-CMDB table",
        "the rule was made of one for CIs",
        f"{_DATA_MANAGER} makes the rule independent",
    ),
    "class_in_independent_rule": Meaning(
        "an independent rule has sys_class_name among its criteria",
        "sys_class_name is no criterion of an independent rule: NO_CLASS_NAME_FOR_INDEPENDENT_CI.",
        "Identification rules; IRE error messages",
        "the entry was copied from a dependent rule",
        f"{_DATA_MANAGER} takes sys_class_name out of the entry",
    ),
    "dependency_missing": Meaning(
        "a class has a dependent rule, and neither a hosting nor a containment rule says on what it depends",
        "A dependent CI is identified under its host only: METADATA_RULE_MISSING.",
        "CMDB dependent relationship rules; IRE error messages",
        "the class is new, and only its identification rule was made",
        f"{_DATA_MANAGER} adds a hosting or containment rule for the class",
    ),
    "overrides_nothing": Meaning(
        "a rule overrides a record that its domain does not run",
        "An override replaces a rule of a domain above it or of global.",
        "Process administration in domain separation",
        "the overridden rule was deleted, or is in the same domain or in one below",
        f"{_DATA_MANAGER} corrects sys_overrides, or clears it",
    ),
    "unreachable_entry": Meaning(
        "an entry can only find what an entry before it has found already",
        "Entries are tried in their order until one matches. One that asks the same table for the same attributes"
        " and more can find nothing where the earlier one has found nothing.",
        "Identification rules",
        "the more exact entry was put after the coarser one",
        f"{_DATA_MANAGER} gives the entry with more attributes the lower order, or removes it",
    ),
    "entry_order_tie": Meaning(
        "two entries of a rule have the same order",
        "Entries of the same priority are tried in random order.",
        "Identification rules",
        "the order was left at what the form suggests",
        f"{_DATA_MANAGER} gives every entry an order of its own",
    ),
    "priority_tie": Meaning(
        "two sources have the same priority for an attribute of a class",
        "The lower number wins; between equal ones whoever comes last writes.",
        "Reconciliation rules",
        "the priority was left at what the form suggests",
        f"{_DATA_MANAGER} ranks the sources",
    ),
    "dependency_too_deep": Meaning(
        "a class depends on a class that depends on another, more than two levels deep",
        "Dependencies should be one level deep, and at most two: every level has to be in each payload.",
        "General guidelines for using CMDB Identification",
        "every relation of a model was made a dependency",
        f"{_DATA_MANAGER} makes a class in between independent",
    ),
    "staleness_zero": Meaning(
        "a data refresh rule has an effective duration of nothing",
        "A value is stale once its duration is over; a text that does not begin with a number counts as 0.",
        "Create a data refresh rule",
        "the duration was left empty, or written in words",
        f"{_DATA_MANAGER} writes a number of days, or removes the rule",
    ),
    "null_without_attribute": Meaning(
        "a rule lets a source empty an attribute that is not among the rule's attributes",
        "An attribute in Update with Null counts only where the rule is about it.",
        "Create a CI reconciliation rule",
        "the attribute was added to one list only",
        f"{_DATA_MANAGER} adds it to the rule's attributes too",
    ),
    "placeholder_value": Meaning(
        "a criterion has a value that stands for none, such as Default string",
        "Devices that say the same of themselves are taken for one device.",
        "General guidelines for using CMDB Identification",
        "the vendor has left the firmware's default, and the discovery sends it on",
        "the integration's administrator leaves the value out of the payload",
    ),
    "weaker_fallback": Meaning(
        "a dependent rule falls back to an ancestor's rule that asks for fewer attributes",
        "With allow_fallback the ancestor's rule is tried after the class's own, on what that misses.",
        "Identification rules",
        "the box was ticked so that incomplete items are not rejected",
        f"{_DATA_MANAGER} switches the fallback off, or has the integration send what the own rule asks for",
    ),
    "name_repeats": Meaning(
        "a rule has an entry by name alone, and several CIs of its class have the same name",
        "An entry that finds several CIs takes the oldest and tags the others as duplicates.",
        "Identification rules; Detecting duplicate CIs",
        "names are given by people or by images, or the entry is the last resort of a rule by serial number",
        f"{_DATA_MANAGER} adds what tells them apart to the entry, or deactivates it",
    ),
    "ancestor_tags_duplicates": Meaning(
        "an ancestor's rule takes for one what a class's own rule keeps apart",
        "A payload of the ancestor's class is identified by the ancestor's rule, also among the CIs of subclasses;"
        " where it finds several, all but the oldest are tagged as duplicates.",
        "Identification rules; Detecting duplicate CIs",
        "the class was given a rule of its own because the ancestor's did not fit",
        f"{_DATA_MANAGER} has all sources send the class itself, or gives both rules the same criteria",
    ),
    "entry_removed": Meaning(
        "a rule that is given again no longer has an entry",
        "The entries that a setup gives for a rule take the place of those that the rule had.",
        "Identification rules",
        "only the entry to add was written, as if the others stayed by themselves",
        f"{_DATA_MANAGER} gives the entry too, if it is to stay",
    ),
    "access_removed": Meaning(
        "a user, group or domain that is given again no longer has, sees or contains something",
        "A list that a setup gives takes the place of the list that was there; one that it leaves out stays.",
        "Visibility domains and Contains domains; Domain assignment",
        "access was withdrawn, or only what is to be added was written",
        "the administrator gives it too, if it is to stay",
    ),
    "attribute_removed": Meaning(
        "a class that is given again no longer has an attribute",
        "The attributes that a setup gives for a class take the place of the class's own; inherited ones stay.",
        "CMDB tables; Identification rules",
        "only the attribute to add was written, as if the others stayed by themselves",
        f"{_DATA_MANAGER} gives the attribute too, if it is to stay",
    ),
    "lookup_entry": Meaning(
        "an entry searches another table than the rule's class",
        "A lookup needs a search in the lookup table and one for the CIs that it refers to, for every item.",
        "Identification rules; General guidelines for using CMDB Identification",
        "serial numbers or adapters identify what has no attribute of its own for it",
        f"{_DATA_MANAGER} puts entries on the class's own attributes before it where there are any",
    ),
    "exact_count": Meaning(
        "a lookup entry enforces an exact count",
        "With it a CI matches only if it has every lookup record of the payload: one that is new makes a new CI.",
        "Identification rules; Detecting duplicate CIs",
        "it is on unless it is switched off",
        f"{_DATA_MANAGER} switches it off where sources send lists of different length",
    ),
}
