"""One thing that is wrong with the rules or the data of a CMDB, and how bad each kind is."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.advice.checks.finding import Severity


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with the record *sys_id*: of a rule, or one that shows what a rule does."""

    code: str
    sys_id: str
    found: str


SEVERITY_BY_CODE = {
    # the engine refuses, or the rule does nothing
    "rule_class_unknown": Severity.ERROR,
    "rule_attribute_unknown": Severity.ERROR,
    "attribute_not_governed": Severity.ERROR,
    "rule_source_unknown": Severity.ERROR,
    "second_identifier": Severity.ERROR,
    "no_active_entry": Severity.ERROR,
    "lookup_in_dependent_rule": Severity.ERROR,
    "class_in_independent_rule": Severity.ERROR,
    "dependent_rule_on_other_table": Severity.ERROR,
    "dependency_missing": Severity.ERROR,
    "overrides_nothing": Severity.ERROR,
    # it works, and probably not as it is meant
    "unreachable_entry": Severity.WARNING,
    "entry_order_tie": Severity.WARNING,
    "priority_tie": Severity.WARNING,
    "dependency_too_deep": Severity.WARNING,
    "staleness_zero": Severity.WARNING,
    "null_without_attribute": Severity.WARNING,
    "placeholder_value": Severity.WARNING,
    "weaker_fallback": Severity.WARNING,
    "name_repeats": Severity.WARNING,
    "ancestor_tags_duplicates": Severity.WARNING,
    # worth knowing
    "entry_removed": Severity.NOTE,
    "access_removed": Severity.NOTE,
    "attribute_removed": Severity.NOTE,
    "lookup_entry": Severity.NOTE,
    "exact_count": Severity.NOTE,
}
