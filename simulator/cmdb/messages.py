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
    "source": (
        "INVALID_INPUT_DATA",
        (
            "In payload invalid data source [{source}] exist. You need to provide a valid choice value"
            " from field [discovery_source] in table [cmdb_ci]"
        ),
    ),
    # Published responses show a warning for such a field, and neither its code nor its text.
    "field": ("INVALID_INPUT_DATA", "No such field [{field}] in table [{table}]. Its value is ignored"),
    "relation_type": (
        "INVALID_INPUT_DATA",
        (
            "No such relationship with name [{name}] exist in table [cmdb_rel_type]. If out-of-box"
            " relationship for [{name}] has been removed or renamed, it should be restored"
        ),
    ),
    "relation_index": (
        "INVALID_INPUT_DATA",
        "Payload relations '{relation}' has invalid parent / child record index: [{index}]",
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
    "loop": ("QUALIFICATION_LOOP", "Found a loop of dependent items in the payload at '{item}'"),
    "host": (
        "ABANDONED",
        "Abandoning processing payload item '{item}', since its depends on payload item '{host}' has errors",
    ),
    "payload": ("ABANDONED", "Detected error while processing payload from {source}"),
    "relation": ("ABANDONED", "While processing relations encountered errors in payload item: {item}"),
    "parsing": ("ABANDONED", "Error occurred during parsing input json payload: {problem}"),
    "reclassification": (
        "RECLASSIFICATION_NOT_ALLOWED",
        "CI Reclassification not allowed from class: [{kind}] to [{to_class}]",
    ),
    "insert": (
        "INSERT_NOT_ALLOWED_FOR_SOURCE",
        "Insert into [{kind}] is blocked for data source [{source}] by IRE data source rule",
    ),
}
"""Code and pattern by the name the engine uses for the situation."""

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
    """One element of `errors` or `warnings`."""

    error: str
    message: str


def trouble(key: str, **parts: object) -> Trouble:
    """The text for the situation *key*, filled in."""
    code, pattern = TEXT_BY_KEY[key]
    return Trouble(code, pattern.format(**parts))
