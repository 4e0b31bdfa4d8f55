"""The fixed texts of the engine, as the "IRE error messages" page prints them."""

from __future__ import annotations

from dataclasses import dataclass

TEXT_BY_KEY: dict[str, tuple[str, str]] = {
    "rule": ("IDENTIFICATION_RULE_MISSING", "Identity Rule Missing for table [{table}]"),
    "attributes": (
        "MISSING_MATCHING_ATTRIBUTES",
        (
            "In payload missing minimum set of input values for criterion (matching) attributes from"
            " identify rule for table [{table}]. Add these input values in payload item '{item}'"
        ),
    ),
    "class_as_criterion": (
        "NO_CLASS_NAME_FOR_INDEPENDENT_CI",
        "Cannot have 'sys_class_name' as a key field in an Independent Identity Rule on '{table}'",
    ),
    "lookup_rule": (
        "IDENTIFICATION_RULE_FOR_LOOKUP_MISSING",
        "Identity Rule for table [{table}] missing Lookup Rule for class [{kind}]",
    ),
    "related_rule": (
        "IDENTIFICATION_RULE_FOR_RELATED_ITEM_MISSING",
        "Identity Rule for table [{table}] missing Related Rule for class [{kind}]",
    ),
    "dependent_lookup": (
        "NO_LOOKUP_RULES_FOR_DEPENDENT_CI",
        "Cannot have Lookup Rule for a Dependent Identity Rule on '{table}'",
    ),
    "sys_id": (
        "INVALID_INPUT_DATA",
        (
            "Found invalid sys_id in payload. No record with sys_id [{sys_id}] exist in table [{table}]"
            " or is a duplicate record with [duplicate_of] field set to a main CI"
        ),
    ),
    "no_source": (
        "INVALID_INPUT_DATA",
        (
            "In payload no data source exist. You need to provide choice value from choice field"
            " [discovery_source] in table [cmdb_ci]"
        ),
    ),
    "source": (
        "INVALID_INPUT_DATA",
        (
            "In payload invalid data source [{source}] exist. You need to provide a valid choice value"
            " from field [discovery_source] in table [cmdb_ci]"
        ),
    ),
    # Published responses show a warning for an unknown field, and neither its code nor its text; the warnings
    # about values that cannot be used follow it.
    "field": ("INVALID_INPUT_DATA", "No such field [{field}] in table [{table}]. Its value is ignored"),
    "domain_field": (
        "INVALID_INPUT_DATA",
        "Field [{field}] in table [{table}] follows from the caller. Its value is ignored",
    ),
    "value": (
        "INVALID_INPUT_DATA",
        "Value [{value}] for field [{field}] in table [{table}] is not {expected}. It is ignored",
    ),
    "display_value": (
        "INVALID_INPUT_DATA",
        "No record with display value [{value}] for field [{field}] in table [{table}]. The value is ignored",
    ),
    "reference": (
        "INVALID_INPUT_DATA",
        "No item with internal_id [{internal_id}] in payload to refer to in field [{field}]. It is ignored",
    ),
    "relation_type": (
        "INVALID_INPUT_DATA",
        (
            "No such relationship with name [{name}] exist in table [cmdb_rel_type]. If out-of-box"
            " relationship for [{name}] has been removed or renamed, it should be restored"
        ),
    ),
    "relation_index": (
        "INVALID_INPUT_DATA",
        "Payload relations '{relation}' has invalid {role} record index: [{index}]",
    ),
    "relation_types": (
        "DUPLICATE_RELATIONSHIP_TYPES",
        (
            "Duplicate relationship type records exists with name [{name}] in table [cmdb_rel_type]"
            " having sys_ids: [{sys_ids}]"
        ),
    ),
    "duplicate_items": (
        "DUPLICATE_PAYLOAD_RECORDS",
        (
            "Found duplicate items in the payload (index {first} and {second}), using className [{kind}]"
            " and fields [{fields}]. Remove duplicate items from payload"
        ),
    ),
    "duplicate_lookups": (
        "DUPLICATE_LOOKUP_PAYLOAD",
        "Found duplicate Lookup items ({first} and {second}) in the payload index {index} using fields {fields}",
    ),
    "duplicate_related": (
        "DUPLICATE_RELATED_PAYLOAD",
        "Found duplicate Related items ({first} and {second}) in the payload index {index} using fields {fields}",
    ),
    "duplicates": (
        "MULTIPLE_DUPLICATE_RECORDS",
        "Found duplicate records in table [{table}] using fields [{fields}]",
    ),
    "dependent_duplicates": (
        "MULTI_MATCH",
        (
            "Duplicate dependent records found having relationship [{relation}] with same CI"
            " (className:[{kind}], sysId:[{sys_id}])"
        ),
    ),
    "several_relations": (
        "MULTI_MATCH",
        "Found multiple relations between payload items: '{first}' and '{second}'",
    ),
    "lookup_duplicates": (
        "MULTI_MATCH",
        "Found duplicate records in lookup table [{table}] using fields [{fields}] and reference field [{field}]",
    ),
    "mandatory": (
        "REQUIRED_ATTRIBUTE_EMPTY",
        "Missing mandatory field [{field}] in table [{table}]. Add input value for mandatory field in payload",
    ),
    "dependency": (
        "MISSING_DEPENDENCY",
        (
            "In payload no relations defined for dependent class [{kind}] that matches any"
            " containment/hosting rules: [{rules}]. Add appropriate relations in payload for '{item}'"
        ),
    ),
    "metadata": (
        "METADATA_RULE_MISSING",
        (
            "No containment or hosting rules defined for dependent class [{kind}]. Add"
            " containment/hosting rules for '{kind}'"
        ),
    ),
    "dependencies": (
        "MULTIPLE_DEPENDENCIES",
        "Found multiple dependent relation items [{first}] and [{second}] in payload",
    ),
    "paths": (
        "MULTIPLE_DEPENDENCIES",
        "Multiple paths leading to the same destination: {first} -> {second}",
    ),
    "loop": ("QUALIFICATION_LOOP", "Qualification chain has loop that contains relation '{relation}'"),
    "qualifier_paths": (
        "TYPE_CONFLICT_IN_QUALIFICATION",
        (
            "Invalid payload, qualification chain has multiple possible paths for payload items:"
            " '{first}' and '{second}'"
        ),
    ),
    # The code is documented, its text is not.
    "qualifier_end": ("RELATION_CHAIN_ENDS_AT_QUALIFIER", "Relation chain ends at qualifier '{item}'"),
    "host": (
        "ABANDONED",
        "Abandoning processing payload item '{item}', since its depends on payload item '{host}' has errors",
    ),
    "payload": ("ABANDONED", "Detected error while processing payload from {source}"),
    "relation": ("ABANDONED", "While processing relations encountered errors in payload item: {item}"),
    # The documents say that relations with such tables, and dependent rules for them, are not supported, and what
    # columns hold no value twice the database says; no text of the engine's is published for any of them.
    "relation_table": (
        "INVALID_INPUT_DATA",
        "Payload relations '{relation}' has a {role} of non-CMDB table [{table}], which supports no relationships",
    ),
    "dependent_table": (
        "IDENTIFICATION_RULE_MISSING",
        (
            "Identity Rule Missing for table [{table}]. The Identity Rule [{rule}] is dependent, and a non-CMDB"
            " table supports independent ones only"
        ),
    ),
    "unique": (
        "INVALID_INPUT_DATA",
        "Unique Key violation: a record with {field} [{value}] exists in table [{table}]",
    ),
    "parsing": ("ABANDONED", "Error occurred during parsing input json payload: {problem}"),
    "reclassification": (
        "RECLASSIFICATION_NOT_ALLOWED",
        "CI Reclassification not allowed from class: [{kind}] to [{to_class}]. {reason}",
    ),
    "insert": (
        "INSERT_NOT_ALLOWED_FOR_SOURCE",
        "Insert into [{kind}] is blocked for data source [{source}] by IRE data source rule",
    ),
}
"""Code and pattern by the name the engine uses for the situation."""

NEVER_SENT: dict[str, str] = {
    "LOCK_TIMEOUT": "an instance works on one payload at a time, so no lock is ever waited for",
    "NO_IDENTIFIER_KEYS": "the fault that made it was mended in Xanadu",
    "ABANDONED: Can't find matched record with sys_id [<id>] in table [<t>]": (
        "what was read is still there at the commit, which is of the same transaction"
    ),
    "ABANDONED: Identification engine API got called recursively, aborting...": (
        "nothing that a commit sets off calls the engine again"
    ),
    "ABANDONED: Abandoned due to too many errors": "seen in a response, and how many are too many is not known",
}
"""The documented errors that cannot occur here, and why."""

PARTIAL_CODES = frozenset(
    {
        "MISSING_MATCHING_ATTRIBUTES",
        "REQUIRED_ATTRIBUTE_EMPTY",
        "MISSING_DEPENDENCY",
        "INSERT_NOT_ALLOWED_FOR_SOURCE",
    }
)
"""What a partial item may lack: "Identification and Reconciliation engine (IRE)"."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One element of `errors` or `warnings`: a situation and what it is about; it becomes text in the response."""

    key: str
    """The situation, by its key in TEXT_BY_KEY."""
    parts: tuple[tuple[str, object], ...]

    @property
    def error(self) -> str:
        """The product's code."""
        return TEXT_BY_KEY[self.key][0]

    @property
    def message(self) -> str:
        """The product's text, filled in."""
        return TEXT_BY_KEY[self.key][1].format(**dict(self.parts))


def trouble(key: str, **parts: object) -> Trouble:
    """The situation *key*, with the values that its text names."""
    return Trouble(key, tuple(parts.items()))
